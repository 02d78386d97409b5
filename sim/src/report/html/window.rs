//! The race window against depth, and what it says about depths that nobody ran.

use super::super::analysis::{Engine, FAR_DEPTHS, LEVEL};
use super::super::chart::{Axis, Chart, Dash, Dot, Ink, Layer, Shape, Side, Size};
use super::super::model::Campaign;
use super::super::units::{change, depth, nanos};
use super::block::{Block, Figure, Section, Table};
use crate::stats::growth::{Fit, Growth, Law};

/// Steps of a curve: enough that a bend looks round.
const STEPS: u32 = 48;

/// The section of the race window.
pub(super) fn section(campaign: &Campaign, engines: &[Engine<'_>]) -> Section {
    let measured = engines
        .iter()
        .any(|engine| !engine.window_points().is_empty());
    let blocks = if measured {
        vec![
            Block::Prose(
                "Virtual time from seeing a name in a listing to using it: the longest of each run, median over seeds; bars \
                 from the 5th to the 95th percentile. A window that grows with depth is the latent race; one that depends on \
                 the batch alone has exponent zero (S19)."
                    .to_owned(),
            ),
            Block::Figure(figure(campaign, engines)),
            Block::List(engines.iter().filter_map(sentence).collect()),
        ]
    } else {
        vec![Block::Empty("No race window was measured.".to_owned())]
    };
    Section {
        id: "window",
        title: "Race window against depth",
        blocks,
    }
}

/// The section about depths beyond the data.
pub(super) fn far_section(engines: &[Engine<'_>]) -> Section {
    let rows: Vec<Vec<String>> = engines
        .iter()
        .filter_map(|engine| Some((engine, engine.window.as_ref()?)))
        .flat_map(|(engine, growth)| FAR_DEPTHS.map(|depth| far_row(engine, growth, depth)))
        .collect();
    let blocks = if rows.is_empty() {
        vec![Block::Empty(
            "No law of the race window could be fitted: nothing is extrapolated.".to_owned(),
        )]
    } else {
        let head = [
            "engine",
            "depth",
            "window",
            "95 % prediction",
            "if the rival law holds",
            "beyond the data",
        ];
        vec![
            Block::Prose(
                "What the preferred law of the race window says about depths that nobody ran. The residual of a fit is error of \
                 the model and not noise, so these intervals are too narrow; the rival law shows by how much the model matters. \
                 Not for decisions."
                    .to_owned(),
            ),
            Block::Table(Table::plain("Race window, extrapolated (virtual time).", &head, rows)),
        ]
    };
    Section {
        id: "far",
        title: "Beyond the data",
        blocks,
    }
}

fn far_row(engine: &Engine<'_>, growth: &Growth, far: u64) -> Vec<String> {
    let (best, rival, at) = (growth.best(), growth.rival(), far as f64);
    let band = best.prediction(at, LEVEL);
    let times = at / growth.depths.1;
    vec![
        engine.name.clone(),
        depth(far),
        format!("{} ({})", nanos(best.at(at)), best.law.formula()),
        format!("{} – {}", nanos(band.low), nanos(band.high)),
        format!("{} ({})", nanos(rival.at(at)), rival.law.formula()),
        if 1.0 < times {
            format!("× {}", super::super::units::plain(times))
        } else {
            "within".to_owned()
        },
    ]
}

/// What the fits say about one engine.
fn sentence(engine: &Engine<'_>) -> Option<String> {
    let Some(growth) = &engine.window else {
        let points = engine.window_points().len();
        return (0 < points)
            .then(|| format!("{}: {points} depths are too few for a fit.", engine.name));
    };
    let (best, rival) = (growth.best(), growth.rival());
    let interval = growth.exponent_interval(LEVEL);
    let back_test = engine.window_back_test().map_or_else(
        || "no back-test: fewer than three depths a decade below the deepest".to_owned(),
        |error| {
            format!(
                "back-test, fitted a decade below the deepest: {}",
                change(error)
            )
        },
    );
    let preferred = if best.aicc.is_finite() && rival.aicc.is_finite() {
        format!(
            "{} preferred over {} by AICc {:.1}",
            best.law.formula(),
            rival.law.formula(),
            rival.aicc - best.aicc
        )
    } else {
        "too few depths to prefer a law".to_owned()
    };
    Some(format!(
        "{}: exponent {:.3} [{:.3}, {:.3}] (95 % t interval); {preferred}; {back_test}.",
        engine.name,
        tidy_zero(growth.exponent()),
        tidy_zero(interval.low),
        tidy_zero(interval.high)
    ))
}

/// Three decimals must not read "-0.000".
fn tidy_zero(value: f64) -> f64 {
    if value.abs() < 0.000_5 { 0.0 } else { value }
}

fn figure(campaign: &Campaign, engines: &[Engine<'_>]) -> Figure {
    let fitted = engines.iter().any(|engine| engine.window.is_some());
    let far = if fitted {
        FAR_DEPTHS.last().copied()
    } else {
        None
    };
    let deepest = engines
        .iter()
        .flat_map(|e| e.window_points())
        .map(|p| p.0)
        .fold(0.0, f64::max);
    let mut layers = Vec::new();
    if fitted {
        layers.push(Layer::Beyond {
            from: deepest,
            label: "beyond the data".to_owned(),
        });
    }
    let deadlines = campaign.deadlines.iter().map(|deadline| Layer::Level {
        y: deadline.nanos as f64,
        label: format!("{} ({})", deadline.name, nanos(deadline.nanos as f64)),
    });
    layers.extend(deadlines);
    // The first engine lies on top, where its thin line stays visible.
    for engine in engines.iter().rev() {
        layers.extend(engine_layers(engine));
    }
    let scans = campaign.observed_scans.iter().filter_map(|scan| {
        let window = scan.window_nanos? as f64;
        let label = format!("{} observed", nanos(window));
        Some(Layer::Note {
            x: scan.depth as f64,
            y: window,
            label,
            side: Side::LowerRight,
        })
    });
    layers.extend(scans);
    let x = engines.iter().flat_map(|e| e.window_points()).map(|p| p.0);
    let chart = Chart {
        alt: "Race window against depth, both axes logarithmic".to_owned(),
        size: Size::Full,
        x: Axis::log("depth (files)", x.chain(far.map(|far| far as f64)), |v| {
            depth(v as u64)
        }),
        y: Axis::log_time(
            "race window (virtual time)",
            heights(campaign, engines).into_iter(),
        ),
        layers,
    };
    Figure {
        drawings: vec![chart.svg()],
        caption: "Race window against depth. Solid: the preferred law within the data; dashed, with its 95 % prediction band: \
                  beyond them; dotted: the best rival law. Open diamonds were observed."
            .to_owned(),
    }
}

fn heights(campaign: &Campaign, engines: &[Engine<'_>]) -> Vec<f64> {
    let measured = engines.iter().flat_map(|engine| {
        let summaries = engine.cells.iter().filter_map(|cell| cell.window_nanos);
        summaries
            .flat_map(|summary| [summary.p05, summary.p95])
            .collect::<Vec<_>>()
    });
    let far = engines.iter().filter_map(|engine| {
        let best = engine.window.as_ref()?.best();
        Some(best.at(FAR_DEPTHS[FAR_DEPTHS.len() - 1] as f64))
    });
    let deadlines = campaign
        .deadlines
        .iter()
        .map(|deadline| deadline.nanos as f64);
    let scans = campaign
        .observed_scans
        .iter()
        .filter_map(|scan| scan.window_nanos);
    measured
        .chain(far)
        .chain(deadlines)
        .chain(scans.map(|nanos| nanos as f64))
        .collect()
}

fn engine_layers(engine: &Engine<'_>) -> Vec<Layer> {
    let ink = Ink::Engine(engine.place);
    let mut layers = Vec::new();
    if let Some(growth) = &engine.window {
        let (low, high) = growth.depths;
        let far = FAR_DEPTHS[FAR_DEPTHS.len() - 1] as f64;
        let best = growth.best();
        let band = curve(high, far).map(|x| (x, best.prediction(x, LEVEL)));
        layers.push(Layer::Band {
            ink,
            points: band.collect(),
        });
        if best.law != Law::Constant {
            layers.push(line(ink, Dash::Dotted, growth.rival(), (low, far), None));
        }
        let name = match best.law {
            Law::Constant => format!("{}, constant", engine.name),
            law => format!("{}, grows as {}", engine.name, law.formula()),
        };
        layers.push(line(ink, Dash::Dashed, best, (high, far), None));
        layers.push(line(ink, Dash::Solid, best, (low, high), Some(name)));
    }
    let dots = engine.cells.iter().filter_map(|cell| {
        let window = cell.window_nanos?;
        let bar = crate::stats::Interval {
            low: window.p05,
            high: window.p95,
        };
        Some(Dot {
            x: cell.depth as f64,
            y: window.median,
            bar: Some(bar),
        })
    });
    let name = engine.window.is_none().then(|| engine.name.clone());
    let shape = Shape::of_engine(engine.place);
    layers.push(Layer::Dots {
        ink,
        shape,
        points: dots.collect(),
        name,
    });
    layers
}

fn line(ink: Ink, dash: Dash, fit: &Fit, (from, to): (f64, f64), name: Option<String>) -> Layer {
    let points = curve(from, to).map(|x| (x, fit.at(x))).collect();
    Layer::Line {
        ink,
        dash,
        points,
        name,
    }
}

/// Places from `from` to `to`, evenly on a logarithmic axis.
pub(super) fn curve(from: f64, to: f64) -> impl Iterator<Item = f64> {
    let to = to.max(from);
    (0..=STEPS).map(move |step| from * (to / from).powf(f64::from(step) / f64::from(STEPS)))
}
