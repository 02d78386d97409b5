//! What depth costs: vanished names, work for each file, memory and open handles.

use super::super::analysis::Engine;
use super::super::chart::{Axis, Chart, Dash, Dot, Ink, Layer, Shape, Side, Size};
use super::super::model::{Campaign, Cell, ObservedScan};
use super::super::units::{
    bytes, change, depth, exact_count, percent, percent_number, percent_tick, plain,
};
use super::block::{Block, Figure, Section};
use crate::stats::Interval;
use crate::stats::proportion::wilson;

/// The section of vanished names.
pub(super) fn vanish_section(campaign: &Campaign, engines: &[Engine<'_>]) -> Section {
    let share = |cell: &Cell, vanished: f64| vanished / cell.depth.max(1) as f64;
    let rate = chart(SHARE, Vertical::Zero(percent_tick), engines, |cell| {
        let v = cell.vanished_per_scan?;
        Some((
            share(cell, v.median),
            Some((share(cell, v.p05), share(cell, v.p95))),
        ))
    });
    let count = chart(COUNT, Vertical::Log(plain), engines, |cell| {
        let v = cell.vanished_per_scan?;
        Some((v.median, Some((v.p05, v.p95))))
    });
    let blocks = match (rate, count) {
        (Some(mut rate), Some(mut count)) => {
            add_observed(campaign, &mut rate, &mut count);
            let caption = "Names that were gone when they were used: share of all files, and number in one scan. Median over \
                           seeds, band from the 5th to the 95th percentile. Open diamonds were observed.";
            let figure = Figure {
                drawings: vec![rate.svg(), count.svg()],
                caption: caption.to_owned(),
            };
            vec![
                Block::Figure(figure),
                Block::List(observed_sentences(campaign)),
            ]
        }
        _ => vec![Block::Empty("No vanished names were counted.".to_owned())],
    };
    Section {
        id: "vanish",
        title: "Vanished names",
        blocks,
    }
}

const SHARE: &str = "vanished, share of files";
const COUNT: &str = "vanished in a scan (files)";

/// Adds the observed scans, and makes room for those that lie above every simulated one.
fn add_observed(campaign: &Campaign, rate: &mut Chart, count: &mut Chart) {
    let scans = &campaign.observed_scans;
    let share = |scan: &ObservedScan| scan.vanished as f64 / scan.depth.max(1) as f64;
    for scan in scans {
        let (x, y) = (scan.depth as f64, share(scan));
        let side = Side::Above;
        rate.layers.push(Layer::Note {
            x,
            y,
            label: percent(y),
            side,
        });
        let (y, label) = (scan.vanished as f64, exact_count(scan.vanished));
        count.layers.push(Layer::Note { x, y, label, side });
    }
    let top = rate.y.high();
    rate.y = Axis::from_zero(SHARE, scans.iter().map(share).chain([top]), percent_tick);
    let ends = [count.y.low(), count.y.high()];
    let counts = scans.iter().map(|scan| scan.vanished as f64);
    count.y = Axis::log(COUNT, counts.chain(ends), plain);
}

fn observed_sentences(campaign: &Campaign) -> Vec<String> {
    let scans = campaign.observed_scans.iter().map(|scan| {
        let vanished = scan.vanished.min(scan.depth);
        let interval = wilson(vanished, scan.depth, super::analysis::LEVEL);
        format!(
            "{}: {} of {} = {} (95 % Wilson {}–{} %, too narrow, because files vanish in batches and not one by one).",
            scan.label,
            exact_count(scan.vanished),
            exact_count(scan.depth),
            percent(vanished as f64 / scan.depth.max(1) as f64),
            percent_number(interval.low),
            percent_number(interval.high)
        )
    });
    scans.collect()
}

/// The section of work for each file.
pub(super) fn work_section(engines: &[Engine<'_>]) -> Section {
    let calls = chart(
        "host calls a file",
        Vertical::Zero(plain),
        engines,
        |cell| Some((cell.calls_per_file?, None)),
    );
    let time = chart("virtual time a file", Vertical::Time, engines, |cell| {
        Some((cell.virtual_nanos_per_file?, None))
    });
    let drawings: Vec<String> = [calls, time].iter().flatten().map(Chart::svg).collect();
    let blocks = if drawings.is_empty() {
        vec![Block::Empty("No cost was measured.".to_owned())]
    } else {
        let caption = "Work for each file against depth: calls to the host, and virtual time by the cost model.".to_owned();
        let rises = engines.iter().filter_map(|engine| {
            let points = engine.points(|cell| cell.virtual_nanos_per_file);
            let (first, last) = (points.first()?, points.last()?);
            (0.0 < first.1 && first.0 < last.0).then(|| {
                format!(
                    "{}: from {} to {} files the time for a file changes by {}.",
                    engine.name,
                    depth(first.0 as u64),
                    depth(last.0 as u64),
                    change(last.1 / first.1 - 1.0)
                )
            })
        });
        vec![
            Block::Figure(Figure { drawings, caption }),
            Block::List(rises.collect()),
        ]
    };
    Section {
        id: "cost",
        title: "Cost of a file",
        blocks,
    }
}

/// The section of memory and handles.
pub(super) fn memory_section(engines: &[Engine<'_>]) -> Section {
    let heap = chart("peak heap", Vertical::Bytes, engines, |cell| {
        Some((cell.heap_bytes_peak? as f64, None))
    });
    let handles = chart(
        "open handles, most",
        Vertical::Zero(plain),
        engines,
        |cell| Some((cell.handles_peak? as f64, None)),
    );
    let drawings: Vec<String> = [heap, handles].iter().flatten().map(Chart::svg).collect();
    let blocks = if drawings.is_empty() {
        vec![Block::Empty(
            "Neither memory nor handles were measured.".to_owned(),
        )]
    } else {
        let caption =
            "Peak heap and most open handles against depth. Both must be flat (S16).".to_owned();
        let lines = engines.iter().filter_map(|engine| {
            let (base, each) = engine.heap?;
            let each_words = if each.abs() < 0.05 {
                "0 B".to_owned()
            } else {
                format!("{} B", plain(each))
            };
            Some(format!(
                "{}: {} and {each_words} for each file.",
                engine.name,
                bytes(base.max(0.0))
            ))
        });
        vec![
            Block::Figure(Figure { drawings, caption }),
            Block::List(lines.collect()),
        ]
    };
    Section {
        id: "memory",
        title: "Memory and handles",
        blocks,
    }
}

enum Vertical {
    Time,
    Bytes,
    Log(fn(f64) -> String),
    Zero(fn(f64) -> String),
}

/// A value and the ends of its band, of one cell.
type Reading = (f64, Option<(f64, f64)>);

/// A chart of one value against depth, or `None` if no cell has it.
fn chart(
    label: &str,
    vertical: Vertical,
    engines: &[Engine<'_>],
    read: impl Fn(&Cell) -> Option<Reading>,
) -> Option<Chart> {
    let cells = || engines.iter().flat_map(|engine| &engine.cells);
    let heights: Vec<f64> = cells()
        .filter_map(|cell| read(cell))
        .flat_map(|(value, band)| {
            [
                value,
                band.map_or(value, |b| b.0),
                band.map_or(value, |b| b.1),
            ]
        })
        .collect();
    if heights.is_empty() {
        return None;
    }
    let depths = cells()
        .filter(|cell| read(cell).is_some())
        .map(|cell| cell.depth as f64);
    let heights = heights.into_iter();
    Some(Chart {
        alt: format!("{label} against depth"),
        size: Size::Half,
        x: Axis::log("depth (files)", depths, |v| depth(v as u64)),
        y: match vertical {
            Vertical::Log(words) => Axis::log(label, heights, words),
            Vertical::Time => Axis::log_time(label, heights),
            Vertical::Bytes => Axis::log_bytes(label, heights),
            Vertical::Zero(words) => Axis::from_zero(label, heights, words),
        },
        // The first engine lies on top, where its thin line stays visible.
        layers: engines
            .iter()
            .rev()
            .flat_map(|engine| engine_layers(engine, &read))
            .collect(),
    })
}

fn engine_layers(engine: &Engine<'_>, read: impl Fn(&Cell) -> Option<Reading>) -> Vec<Layer> {
    let ink = Ink::Engine(engine.place);
    let readings: Vec<(f64, Reading)> = engine
        .cells
        .iter()
        .filter_map(|cell| Some((cell.depth as f64, read(cell)?)))
        .collect();
    let band = readings.iter().filter_map(|(x, (_, band))| {
        let (low, high) = (*band)?;
        Some((*x, Interval { low, high }))
    });
    let points: Vec<(f64, f64)> = readings.iter().map(|(x, (y, _))| (*x, *y)).collect();
    let dots = points
        .iter()
        .map(|&(x, y)| Dot { x, y, bar: None })
        .collect();
    let shape = Shape::of_engine(engine.place);
    let name = (!points.is_empty()).then(|| engine.name.clone());
    vec![
        Layer::Band {
            ink,
            points: band.collect(),
        },
        Layer::Line {
            ink,
            dash: Dash::Solid,
            points,
            name: None,
        },
        Layer::Dots {
            ink,
            shape,
            points: dots,
            name,
        },
    ]
}
