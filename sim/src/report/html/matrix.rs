//! The matrix: every predicate at every depth, as k failures of n runs.

use super::super::analysis::{Engine, LEVEL, depths_of};
use super::super::model::{Campaign, Checked, Expect};
use super::super::units::{depth, exact_count, percent, percent_number};
use super::block::{Block, Group, Section, Table, Td};
use crate::stats::proportion::{exact, upper_bound_of_none, upper_bound_of_none_at_once, wilson};

/// The section of the matrix: a table over depth for each scenario that has several, and one for all others.
pub(super) fn section(campaign: &Campaign, engines: &[Engine<'_>]) -> Section {
    let mut blocks = Vec::new();
    if engines.is_empty() {
        blocks.push(Block::Empty("No cell was run.".to_owned()));
    } else {
        blocks.push(Block::Prose(
            "Failures of runs; below, the exact one-sided 95 % upper bound of a clean cell, or the rate of a failing one \
             with its 95 % Wilson interval. ✓ held in every run, ✗ failed, ◆ a canary caught as it must be, ○ a canary that \
             survived at this depth."
                .to_owned(),
        ));
        let mut others = Vec::new();
        for of_scenario in engines.chunk_by(|a, b| scenario(a) == scenario(b)) {
            let depths = depths_of(of_scenario);
            if depths.len() < 2 {
                others.extend(of_scenario);
                continue;
            }
            blocks.push(Block::Table(table(of_scenario, &depths, Detail::Short)));
            blocks.push(Block::Table(table(of_scenario, &depths, Detail::Every)));
        }
        if !others.is_empty() {
            blocks.push(Block::Table(other_scenarios(&others)));
        }
        blocks.extend(bounds(campaign).map(Block::Prose));
    }
    if !campaign.sometimes.is_empty() || !campaign.canaries.is_empty() {
        blocks.push(Block::Table(vacuity(campaign)));
    }
    Section {
        id: "matrix",
        title: "Predicates by depth",
        blocks,
    }
}

fn scenario<'a>(engine: &'a Engine<'_>) -> &'a str {
    engine.cells.first().map_or("", |cell| &cell.scenario)
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Detail {
    /// Clean predicates share a row.
    Short,
    /// Each predicate has a row.
    Every,
}

fn table(engines: &[Engine<'_>], depths: &[u64], detail: Detail) -> Table {
    let head = std::iter::once("predicate".to_owned());
    Table {
        caption: format!(
            "{}: k/n by engine, predicate and depth (files).",
            engines.first().map_or("", scenario)
        ),
        fold: (detail == Detail::Every).then(|| "Every predicate in its own row".to_owned()),
        head: head.chain(depths.iter().map(|&d| depth(d))).collect(),
        groups: engines
            .iter()
            .map(|engine| group(engine, depths, detail))
            .collect(),
        figures: true,
    }
}

/// Scenarios that are not about depth: a row for each, with what was broken.
fn other_scenarios(engines: &[&Engine<'_>]) -> Table {
    let rows = engines.iter().flat_map(|engine| {
        engine.cells.iter().map(|one| {
            let held = one
                .predicates
                .iter()
                .filter(|c| c.expect == Expect::Always && c.failed == 0);
            let marked = one
                .predicates
                .iter()
                .filter(|c| c.failed != 0 || c.expect == Expect::MustFail);
            let marked: Vec<&Checked> = marked.collect();
            let (first, more) = match marked.split_first() {
                None => (Td::new("–").class("quiet"), String::new()),
                Some((first, rest)) => {
                    let words = |c: &Checked| format!("{} {}", c.id, cell(c).text);
                    let more: Vec<String> = rest.iter().map(|c| words(c)).collect();
                    (
                        Td {
                            text: words(first),
                            small: String::new(),
                            ..cell(first)
                        },
                        more.join(", "),
                    )
                }
            };
            vec![
                Td::new(&engine.name),
                Td::new(depth(one.depth)),
                Td::new(exact_count(one.runs)),
                Td::new(exact_count(held.count() as u64)),
                first.small(more),
            ]
        })
    });
    let head = [
        "engine and scenario",
        "files",
        "runs",
        "predicates held",
        "broken",
    ];
    Table {
        caption: "Scenarios that are not about depth.".to_owned(),
        head: head.map(str::to_owned).to_vec(),
        groups: vec![Group {
            title: String::new(),
            rows: rows.collect(),
        }],
        ..Table::default()
    }
}

fn group(engine: &Engine<'_>, depths: &[u64], detail: Detail) -> Group {
    let mut ids: Vec<(&str, &str)> = Vec::new();
    for checked in engine.cells.iter().flat_map(|cell| &cell.predicates) {
        if !ids.iter().any(|(id, _)| *id == checked.id) {
            ids.push((&checked.id, &checked.name));
        }
    }
    let is_clean =
        |id: &str| marks(engine, id).all(|c| c.failed == 0 && c.expect == Expect::Always);
    let (clean, marked): (Vec<_>, Vec<_>) = ids
        .into_iter()
        .partition(|(id, _)| detail == Detail::Short && is_clean(id));
    let mut rows: Vec<Vec<Td>> = marked
        .iter()
        .map(|(id, name)| {
            let label = Td::new(*id).small(*name);
            row(engine, depths, label, |checked| checked.id == *id)
        })
        .collect();
    if !clean.is_empty() {
        rows.push(clean_row(engine, depths, &clean));
    }
    if rows.is_empty() {
        let none = Td::new("no predicates").class("quiet");
        rows.push(
            std::iter::once(none)
                .chain(depths.iter().map(|_| absent()))
                .collect(),
        );
    }
    Group {
        title: engine.name.clone(),
        rows,
    }
}

/// One row for predicates that never failed; a cell shows the one with the fewest runs, whose bound is the weakest.
fn clean_row(engine: &Engine<'_>, depths: &[u64], clean: &[(&str, &str)]) -> Vec<Td> {
    let label = match clean {
        [(id, name)] => Td::new(*id).small(*name),
        many => {
            let ids: Vec<&str> = many.iter().map(|(id, _)| *id).collect();
            Td::new(format!("{} clean", many.len())).small(ids.join(" "))
        }
    };
    row(engine, depths, label, |checked| {
        clean.iter().any(|(id, _)| *id == checked.id)
    })
}

fn row(
    engine: &Engine<'_>,
    depths: &[u64],
    label: Td,
    wanted: impl Fn(&Checked) -> bool,
) -> Vec<Td> {
    let cells = depths.iter().map(|&depth| {
        engine
            .cells
            .iter()
            .filter(|cell| cell.depth == depth)
            .flat_map(|cell| &cell.predicates)
            .filter(|checked| wanted(checked))
            .min_by_key(|checked| checked.of)
            .map_or_else(absent, cell)
    });
    std::iter::once(label).chain(cells).collect()
}

fn marks<'a>(engine: &'a Engine<'_>, id: &'a str) -> impl Iterator<Item = &'a Checked> {
    let all = engine.cells.iter().flat_map(|cell| &cell.predicates);
    all.filter(move |checked| checked.id == id)
}

fn absent() -> Td {
    Td::new("–").class("quiet")
}

fn cell(checked: &Checked) -> Td {
    if checked.of == 0 {
        return Td::new("not run").class("quiet");
    }
    let (glyph, class) = match (checked.expect, checked.failed) {
        (Expect::Always, 0) => ("✓", "ok"),
        (Expect::Always, _) => ("✗", "bad"),
        (Expect::MustFail, 0) => ("○", "quiet"),
        (Expect::MustFail, _) => ("◆", "caught"),
        (Expect::Observed, _) => ("·", ""),
    };
    let failed = checked.failed.min(checked.of);
    let small = if failed == 0 {
        format!(
            "≤ {} %",
            percent_number(upper_bound_of_none(checked.of, LEVEL))
        )
    } else if checked.expect == Expect::MustFail {
        percent(failed as f64 / checked.of as f64)
    } else {
        let interval = wilson(failed, checked.of, LEVEL);
        format!(
            "{}\n[{}, {}]",
            percent(failed as f64 / checked.of as f64),
            percent_number(interval.low),
            percent_number(interval.high)
        )
    };
    Td {
        text: format!(
            "{glyph} {}/{}",
            exact_count(checked.failed),
            exact_count(checked.of)
        ),
        small,
        class,
        // The prefix keeps a strange file name from being read as a scheme.
        link: checked.first_tape.as_ref().map(|tape| format!("./{tape}")),
    }
}

/// What the clean cells say together, which is weaker than what each says.
fn bounds(campaign: &Campaign) -> impl Iterator<Item = String> {
    let clean: Vec<u64> = campaign
        .cells
        .iter()
        .flat_map(|cell| &cell.predicates)
        .filter(|c| c.expect == Expect::Always && c.failed == 0 && 0 < c.of)
        .map(|c| c.of)
        .collect();
    clean.iter().min().copied().into_iter().map(move |runs| {
        let cells = clean.len() as u64;
        format!(
            "{} clean cells of at least {} runs: each bounds its failure rate by {} % (one-sided 95 %), all at once by {} % \
             (Bonferroni). The bound holds for this scenario's distribution of faults; it is not the rate of incidents in \
             production.",
            exact_count(cells),
            exact_count(runs),
            percent_number(upper_bound_of_none(runs, LEVEL)),
            percent_number(upper_bound_of_none_at_once(runs, cells, LEVEL))
        )
    })
}

/// What had to happen for the green cells to mean anything.
fn vacuity(campaign: &Campaign) -> Table {
    let sometimes = campaign
        .sometimes
        .iter()
        .map(|goal| happened(Td::new(&goal.goal), goal.runs_seen, goal.runs, true));
    let canaries = campaign.canaries.iter().map(|canary| {
        let must = if canary.must_fail {
            "must be caught"
        } else {
            "may be caught"
        };
        let name = Td::new(format!(
            "{} {} under {}: {must}",
            canary.scenario, canary.engine, canary.predicate
        ));
        happened(name, canary.killed, canary.runs, canary.must_fail)
    });
    let group = |title: &str, rows: Vec<Vec<Td>>| Group {
        title: title.to_owned(),
        rows,
    };
    let groups = [
        group("seen (sometimes)", sometimes.collect()),
        group("canaries", canaries.collect()),
    ];
    Table {
        caption: "What had to happen, or the green cells would prove nothing.".to_owned(),
        head: ["what", "runs", "share (exact 95 %)"]
            .map(str::to_owned)
            .to_vec(),
        groups: groups
            .into_iter()
            .filter(|group| !group.rows.is_empty())
            .collect(),
        figures: true,
        ..Table::default()
    }
}

fn happened(what: Td, seen: u64, runs: u64, must: bool) -> Vec<Td> {
    let (glyph, class) = if 0 < seen || !must {
        ("✓", "ok")
    } else {
        ("✗", "bad")
    };
    let interval = exact(seen.min(runs), runs, LEVEL);
    let (low, high) = (percent_number(interval.low), percent_number(interval.high));
    vec![
        what,
        Td::new(format!(
            "{glyph} {}/{}",
            exact_count(seen),
            exact_count(runs)
        ))
        .class(class),
        Td::new(format!("{low} – {high} %")),
    ]
}
