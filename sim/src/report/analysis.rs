//! What the statistics say about each engine of a campaign. Text and page read the same answers here.

use super::model::{Campaign, Cell};
use crate::stats::growth::{Growth, back_test};
use crate::stats::response::{Dose, Response};

/// The level of every interval that a report shows.
pub(super) const LEVEL: f64 = 0.95;

/// Depths that the extrapolation speaks about.
pub(super) const FAR_DEPTHS: [u64; 2] = [10_000_000, 100_000_000];

/// One engine, and what its cells say.
pub(super) struct Engine<'a> {
    /// Its name, with the scenario and what was varied where the campaign has several.
    pub(super) name: String,
    /// Its place among the engines, which fixes colour and marker.
    pub(super) place: usize,
    /// Its cells, by depth.
    pub(super) cells: Vec<&'a Cell>,
    /// P(crash) against depth.
    pub(super) response: Option<Response>,
    /// The median race window against depth, in nanoseconds.
    pub(super) window: Option<Growth>,
    /// Heap against depth: bytes at depth zero and bytes for each file.
    pub(super) heap: Option<(f64, f64)>,
}

impl Engine<'_> {
    /// Points of (depth, value), for cells that have the value.
    pub(super) fn points(&self, value: impl Fn(&Cell) -> Option<f64>) -> Vec<(f64, f64)> {
        self.cells
            .iter()
            .filter_map(|cell| Some((cell.depth as f64, value(cell)?)))
            .collect()
    }

    /// The points of the race window.
    pub(super) fn window_points(&self) -> Vec<(f64, f64)> {
        self.points(|cell| Some(cell.window_nanos?.median))
    }

    /// How far the preferred law of the window misses the deepest point when it is fitted a decade below.
    pub(super) fn window_back_test(&self) -> Option<f64> {
        back_test(&self.window_points(), self.window.as_ref()?.best().law)
    }
}

/// The engines of a campaign, each with its scenario and variant, in the order in which they first appear.
pub(super) fn engines(campaign: &Campaign) -> Vec<Engine<'_>> {
    let mut keys: Vec<Key<'_>> = Vec::new();
    for cell in &campaign.cells {
        if !keys.contains(&key(cell)) {
            keys.push(key(cell));
        }
    }
    let has_scenarios = keys.iter().any(|one| one.scenario != keys[0].scenario);
    let engine = |(place, wanted): (usize, Key<'_>)| {
        let here = campaign.cells.iter().filter(|cell| key(cell) == wanted);
        let mut cells: Vec<&Cell> = here.collect();
        cells.sort_by_key(|cell| cell.depth);
        let mut name = wanted.engine.to_owned();
        for (word, is_shown) in [(wanted.variant, true), (wanted.scenario, has_scenarios)] {
            if is_shown && !word.is_empty() {
                name = format!("{name} · {word}");
            }
        }
        analyse(place, name, cells)
    };
    keys.into_iter().enumerate().map(engine).collect()
}

/// The cells that charts may compare: those of the scenario with the most depths. Other scenarios differ in more than depth.
pub(super) fn charted(campaign: &Campaign) -> Campaign {
    let depths = |scenario: &str| {
        let here = campaign
            .cells
            .iter()
            .filter(|cell| cell.scenario == scenario);
        here.map(|cell| cell.depth)
            .collect::<std::collections::BTreeSet<u64>>()
            .len()
    };
    let mut main = campaign.cells.first().map_or("", |cell| &cell.scenario);
    for cell in &campaign.cells {
        if depths(main) < depths(&cell.scenario) {
            main = &cell.scenario;
        }
    }
    retain(campaign, |cell| cell.scenario == main)
}

/// The cells of one variant: the middle one of those that the campaign varies. What is about the queue and not about its
/// neighbours is charted once.
pub(super) fn of_one_variant(campaign: &Campaign) -> Campaign {
    let mut variants: Vec<&str> = Vec::new();
    for cell in &campaign.cells {
        if !variants.contains(&cell.variant.as_str()) {
            variants.push(&cell.variant);
        }
    }
    let main = variants
        .get(variants.len() / 2)
        .copied()
        .unwrap_or_default();
    retain(campaign, |cell| cell.variant == main)
}

/// The same, and every variant of an engine that crashed in it.
pub(super) fn of_one_variant_or_crashed(campaign: &Campaign) -> Campaign {
    let one = of_one_variant(campaign);
    let is_charted = |cell: &Cell| {
        let here = campaign
            .cells
            .iter()
            .filter(|other| key(other) == key(cell));
        one.cells.iter().any(|other| key(other) == key(cell))
            || here.map(|one| one.crashed).sum::<u64>() > 0
    };
    retain(campaign, is_charted)
}

fn retain(campaign: &Campaign, is_kept: impl Fn(&Cell) -> bool) -> Campaign {
    let cells = campaign.cells.iter().filter(|cell| is_kept(cell));
    Campaign {
        cells: cells.cloned().collect(),
        ..campaign.clone()
    }
}

/// What makes cells comparable over depth.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Key<'a> {
    scenario: &'a str,
    engine: &'a str,
    variant: &'a str,
}

fn key(cell: &Cell) -> Key<'_> {
    Key {
        scenario: &cell.scenario,
        engine: &cell.engine,
        variant: &cell.variant,
    }
}

/// Every depth of some engines, once, in order.
pub(super) fn depths_of(engines: &[Engine<'_>]) -> Vec<u64> {
    let cells = engines.iter().flat_map(|engine| &engine.cells);
    let mut depths: Vec<u64> = cells.map(|cell| cell.depth).collect();
    depths.sort_unstable();
    depths.dedup();
    depths
}

fn analyse<'a>(place: usize, name: String, cells: Vec<&'a Cell>) -> Engine<'a> {
    let doses: Vec<Dose> = cells
        .iter()
        .map(|cell| Dose {
            depth: cell.depth,
            failed: cell.crashed.min(cell.runs),
            runs: cell.runs,
        })
        .collect();
    let mut engine = Engine {
        name,
        place,
        cells,
        response: Response::fit(&doses),
        window: None,
        heap: None,
    };
    engine.window = Growth::fit(&engine.window_points());
    let heap = engine.points(|cell| Some(cell.heap_bytes_peak? as f64));
    engine.heap = crate::stats::growth::straight(&heap);
    engine
}
