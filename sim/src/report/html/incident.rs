//! The account of the incident against the simulation, and the race itself.

use super::super::chart::{Axis, Chart, Dash, Ink, Layer, Side, Size};
use super::super::model::{
    Campaign, ComparedRow, Figure as Judged, IncidentRow, Observed, Overlay, RowVerdict,
};
use super::super::swimlane::{self, EVENTS_MAX};
use super::super::units::{clock, depth, exact_count};
use super::block::{Block, Figure, Group, Section, Table, Td};

/// Simulated crashes are marked and not named; beyond this many the marks would be a wall.
const SIMULATED_CRASHES_MAX: usize = 24;

/// The section of the account.
pub(super) fn overlay_section(campaign: &Campaign) -> Section {
    let mut blocks = Vec::new();
    match &campaign.overlay {
        Some(overlay) => blocks.push(Block::Figure(figure(overlay))),
        None => blocks.push(Block::Empty(
            "No history of the incident was simulated.".to_owned(),
        )),
    }
    if !campaign.incident.is_empty() {
        blocks.push(Block::Table(table(&campaign.incident)));
    }
    if !campaign.before_and_after.is_empty() {
        blocks.push(Block::Table(comparison(&campaign.before_and_after)));
    }
    if !campaign.unresolved.is_empty() {
        let rows = campaign
            .unresolved
            .iter()
            .map(|fact| vec![fact.id.clone(), fact.note.clone()]);
        let caption = "Where the account contradicts itself. These are printed and not tuned away.";
        blocks.push(Block::Table(Table::plain(
            caption,
            &["fact", "contradiction"],
            rows.collect(),
        )));
    }
    Section {
        id: "incident",
        title: "The incident, simulated and observed",
        blocks,
    }
}

/// The section of the minimal race.
pub(super) fn race_section(campaign: &Campaign) -> Section {
    let blocks = match &campaign.story {
        None => vec![Block::Empty(
            "No race was found, so none is drawn.".to_owned(),
        )],
        Some(race) => {
            let events = race.events.len();
            let drawn = if EVENTS_MAX < events {
                format!(
                    " The last {EVENTS_MAX} of {} events are drawn.",
                    exact_count(events as u64)
                )
            } else {
                String::new()
            };
            let caption = format!(
                "{}. Time runs down; the arrow leads from the listing to the use of the name.{drawn}",
                race.title
            );
            vec![Block::Figure(Figure {
                drawings: vec![swimlane::svg(race)],
                caption,
            })]
        }
    };
    Section {
        id: "race",
        title: "The race, step by step",
        blocks,
    }
}

fn comparison(rows: &[ComparedRow]) -> Table {
    let judged = |figure: &Judged| {
        let (sign, class) = match figure.verdict {
            RowVerdict::Pass => ("✓", "ok"),
            RowVerdict::Miss => ("✗", "bad"),
            RowVerdict::Unresolved | RowVerdict::Info => ("·", "quiet"),
        };
        Td::new(format!("{sign} {}", figure.words)).class(class)
    };
    let rows = rows.iter().map(|row| {
        vec![
            Td::new(&row.what),
            Td::new(&row.before),
            judged(&row.legacy),
            Td::new(&row.after),
            judged(&row.hotfix),
            Td::new(&row.spool),
        ]
    });
    let head = [
        "runs of seven stages",
        "account, before",
        "legacy",
        "account, after",
        "hotfix",
        "production pipeline",
    ];
    Table {
        caption: "Runs before the fix and after it, and passes of the production pipeline in the same situation. Its \
                  stages 3 and 4 are workers beside the passes; its files a minute are those of one worker."
            .to_owned(),
        head: head.map(str::to_owned).to_vec(),
        groups: vec![Group {
            title: String::new(),
            rows: rows.collect(),
        }],
        ..Table::default()
    }
}

fn table(rows: &[IncidentRow]) -> Table {
    let rows = rows.iter().map(|row| {
        let (words, class) = match row.verdict {
            RowVerdict::Pass => ("✓ pass", "ok"),
            RowVerdict::Miss => ("✗ miss", "bad"),
            RowVerdict::Unresolved => ("? unresolved", "doubt"),
            RowVerdict::Info => ("· info", "quiet"),
        };
        vec![
            Td::new(&row.figure).small(&row.note),
            Td::new(&row.account),
            Td::new(&row.simulated),
            Td::new(&row.tolerance),
            Td::new(words).class(class),
        ]
    });
    let head = [
        "figure",
        "account",
        "simulated (virtual)",
        "tolerance",
        "verdict",
    ];
    Table {
        caption: "The account's figures and the simulation's.".to_owned(),
        head: head.map(str::to_owned).to_vec(),
        groups: vec![Group {
            title: String::new(),
            rows: rows.collect(),
        }],
        ..Table::default()
    }
}

fn figure(overlay: &Overlay) -> Figure {
    let mut layers: Vec<Layer> = Vec::new();
    for (place, series) in overlay.series.iter().enumerate() {
        layers.push(Layer::Line {
            // Every second colour is drawn thin, which a jagged history needs.
            ink: Ink::Engine(2 * place),
            dash: Dash::Solid,
            points: series
                .points
                .iter()
                .map(|(minute, depth)| (*minute, *depth as f64))
                .collect(),
            name: Some(series.name.clone()),
        });
    }
    let account = overlay
        .crashes
        .iter()
        .enumerate()
        .map(|(row, crash)| Layer::Cross {
            ink: Ink::Alarm,
            x: crash.minute,
            row: row % 3,
            label: crash.label.clone(),
        });
    layers.extend(account);
    let simulated = overlay.simulated_crashes.iter().take(SIMULATED_CRASHES_MAX);
    layers.extend(simulated.map(|crash| Layer::Cross {
        ink: Ink::Engine(0),
        x: crash.minute,
        row: 3,
        label: String::new(),
    }));
    let notes = overlay
        .observed
        .iter()
        .enumerate()
        .map(|(i, point)| Layer::Note {
            x: point.minute,
            y: point.depth as f64,
            label: exact_count(point.depth),
            side: side(&overlay.observed, i),
        });
    layers.extend(notes);
    let chart = Chart {
        alt: "Depth of the queue over the day of the incident, simulated and observed".to_owned(),
        size: Size::Full,
        x: Axis::clock(
            &format!("time ({})", overlay.day),
            minutes(overlay).into_iter(),
            clock,
        ),
        y: Axis::log("depth (files)", heights(overlay).into_iter(), |v| {
            depth(v as u64)
        }),
        layers,
    };
    Figure {
        drawings: vec![chart.svg()],
        caption: caption(overlay),
    }
}

/// A label stands above its point where the depth falls afterwards, and below where it rises or ends.
fn side(observed: &[Observed], at: usize) -> Side {
    match observed.get(at + 1) {
        Some(next) if next.depth < observed[at].depth => Side::Above,
        _ => Side::Below,
    }
}

fn caption(overlay: &Overlay) -> String {
    let points: Vec<String> = overlay
        .observed
        .iter()
        .map(|point| {
            format!(
                "{} {} ({})",
                clock(point.minute),
                exact_count(point.depth),
                point.label
            )
        })
        .collect();
    let count = overlay.simulated_crashes.len();
    let crashes = match count {
        0 => "no simulated crash".to_owned(),
        _ if SIMULATED_CRASHES_MAX < count => {
            let count = exact_count(count as u64);
            format!("row below: the first {SIMULATED_CRASHES_MAX} of {count} simulated crashes")
        }
        _ => format!("row below: {count} simulated crashes"),
    };
    format!(
        "Depth over the day. Lines are simulated; open diamonds are the account's: {}. Crosses at the top are the account's \
         crashes; {crashes}.",
        points.join(", ")
    )
}

fn minutes(overlay: &Overlay) -> Vec<f64> {
    let series = overlay
        .series
        .iter()
        .flat_map(|series| &series.points)
        .map(|p| p.0);
    let observed = overlay.observed.iter().map(|point| point.minute);
    let crashes = overlay.crashes.iter().chain(&overlay.simulated_crashes);
    series
        .chain(observed)
        .chain(crashes.map(|crash| crash.minute))
        .collect()
}

/// The depths to show. A tenth of the largest depth is left free above it, for the crashes.
fn heights(overlay: &Overlay) -> Vec<f64> {
    let series = overlay
        .series
        .iter()
        .flat_map(|series| &series.points)
        .map(|p| p.1);
    let depths: Vec<f64> = series
        .chain(overlay.observed.iter().map(|point| point.depth))
        .map(|depth| depth as f64)
        .collect();
    let room = depths.iter().copied().fold(0.0, f64::max) * 10.0;
    depths.into_iter().chain([room]).collect()
}
