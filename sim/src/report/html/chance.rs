//! The chance of a crash against depth.

use super::super::analysis::{Engine, LEVEL};
use super::super::chart::{Axis, Chart, Dash, Dot, Ink, Layer, Shape, Size};
use super::super::units::{depth, exact_count, fitted_depth, percent_number, percent_tick};
use super::block::{Block, Figure, Group, Section, Table, Td};
use super::window::curve;
use crate::stats::proportion::wilson;

/// The rates whose depth a report names, and their names.
pub(in super::super) const MARKS: [(f64, &str); 3] = [(0.01, "D01"), (0.1, "D10"), (0.5, "D50")];

/// The section of P(crash).
pub(super) fn section(engines: &[Engine<'_>]) -> Section {
    let ran = engines
        .iter()
        .any(|engine| engine.cells.iter().any(|cell| 0 < cell.runs));
    let blocks = if ran {
        vec![
            Block::Prose(
                "The share of runs in which a pass was ended by a name that was gone. With removals at random and a window \
                 proportional to depth it is 1 − exp(−n/n0): not a cliff, but 2.7 decades from 1 % to 99 %. D01, D10 and D50 \
                 are the depths at which 1, 10 and 50 % of the passes crash."
                    .to_owned(),
            ),
            Block::Figure(figure(engines)),
            Block::Table(marks_table(engines)),
            Block::Table(counts_table(engines)),
        ]
    } else {
        vec![Block::Empty(
            "Nothing was run, so nothing crashed.".to_owned(),
        )]
    };
    Section {
        id: "chance",
        title: "Chance of a crash against depth",
        blocks,
    }
}

fn figure(engines: &[Engine<'_>]) -> Figure {
    let depths = engines
        .iter()
        .flat_map(|engine| &engine.cells)
        .map(|cell| cell.depth as f64);
    let chart = Chart {
        alt: "Share of runs that crashed against depth, with fitted curves".to_owned(),
        size: Size::Full,
        x: Axis::log("depth (files)", depths, |v| depth(v as u64)),
        y: Axis::from_zero("P(crash) in one run", std::iter::once(1.0), percent_tick),
        layers: engines.iter().rev().flat_map(engine_layers).collect(),
    };
    Figure {
        drawings: vec![chart.svg()],
        caption: "P(crash) against depth: k/n with 95 % Wilson bars, the complementary log-log fit with its 95 % band, and the \
                  depths of 1, 10 and 50 % with their intervals on the axis."
            .to_owned(),
    }
}

fn engine_layers(engine: &Engine<'_>) -> Vec<Layer> {
    let ink = Ink::Engine(engine.place);
    let mut layers = Vec::new();
    let ends = (engine.cells.first(), engine.cells.last());
    if let (Some(fit), (Some(first), Some(last))) = (&engine.response, ends) {
        let depths = || curve(first.depth as f64, last.depth as f64);
        let band = depths().map(|x| (x, fit.band(x, LEVEL))).collect();
        layers.push(Layer::Band { ink, points: band });
        let points = depths().map(|x| (x, fit.at(x))).collect();
        layers.push(Layer::Line {
            ink,
            dash: Dash::Solid,
            points,
            name: None,
        });
        let within = |x: f64| (first.depth as f64..=last.depth as f64).contains(&x);
        for (rate, name) in MARKS {
            if let Some((x, interval)) = fit.depth_at(rate, LEVEL).filter(|(x, _)| within(*x)) {
                let label = format!("{name} {}", fitted_depth(x));
                layers.push(Layer::Drop {
                    ink,
                    x,
                    y: rate,
                    interval,
                    label,
                });
            }
        }
    }
    let points = engine
        .cells
        .iter()
        .filter(|cell| 0 < cell.runs)
        .map(|cell| {
            let crashed = cell.crashed.min(cell.runs);
            Dot {
                x: cell.depth as f64,
                y: crashed as f64 / cell.runs as f64,
                bar: Some(wilson(crashed, cell.runs, LEVEL)),
            }
        });
    let shape = Shape::of_engine(engine.place);
    let name = Some(engine.name.clone());
    layers.push(Layer::Dots {
        ink,
        shape,
        points: points.collect(),
        name,
    });
    layers
}

fn marks_table(engines: &[Engine<'_>]) -> Table {
    let head = ["engine", "slope on ln depth", "D01", "D10", "D50"];
    Table {
        caption: "Boundaries in files, each with its 95 % interval. The slope is the growth exponent of expected vanishes."
            .to_owned(),
        head: head.map(str::to_owned).to_vec(),
        groups: vec![Group { title: String::new(), rows: engines.iter().map(marks_row).collect() }],
        figures: true,
        ..Table::default()
    }
}

fn marks_row(engine: &Engine<'_>) -> Vec<Td> {
    let name = Td::new(&engine.name);
    let Some(fit) = &engine.response else {
        let crashed: u64 = engine.cells.iter().map(|cell| cell.crashed).sum();
        let why = match crashed {
            0 => "no crash at any depth",
            _ => "crashes and clean runs do not overlap in depth",
        };
        let marks = MARKS.map(|_| Td::new("–").class("quiet"));
        return [name.small(why), Td::new("–").class("quiet")]
            .into_iter()
            .chain(marks)
            .collect();
    };
    let slope = fit.slope_interval(LEVEL);
    let slope_words = format!("[{:.2}, {:.2}]", slope.low, slope.high);
    let slope = Td::new(format!("{:.2}", fit.slope)).small(slope_words);
    let marks = MARKS.map(|(rate, _)| {
        let Some((depth, interval)) = fit.depth_at(rate, LEVEL) else {
            return Td::new("no boundary").class("quiet");
        };
        let (low, high) = (fitted_depth(interval.low), fitted_depth(interval.high));
        Td::new(fitted_depth(depth)).small(format!("[{low}, {high}]"))
    });
    [name, slope].into_iter().chain(marks).collect()
}

fn counts_table(engines: &[Engine<'_>]) -> Table {
    let rows = engines.iter().flat_map(|engine| &engine.cells).map(|cell| {
        let crashed = cell.crashed.min(cell.runs);
        let interval = wilson(crashed, cell.runs, LEVEL);
        vec![
            cell.engine.clone(),
            depth(cell.depth),
            format!("{}/{}", exact_count(cell.crashed), exact_count(cell.runs)),
            format!(
                "[{}, {}] %",
                percent_number(interval.low),
                percent_number(interval.high)
            ),
            exact_count(cell.distinct_schedules),
        ]
    });
    let head = [
        "engine",
        "depth",
        "crashed",
        "95 % Wilson",
        "distinct schedules",
    ];
    Table {
        fold: Some("The counts behind the figure".to_owned()),
        ..Table::plain("Crashed runs by depth.", &head, rows.collect())
    }
}
