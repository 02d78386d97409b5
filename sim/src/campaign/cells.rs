//! What runs: cells of scenario, engine and depth, and the seed of each of their runs.

use super::profile::Profile;
use crate::kernel::Seed;
use crate::run::Plan;
use crate::scenario::{Axis, AxisKind, Drawn, Ends, Engine, Pace, Scenario};
use std::sync::Arc;

/// A scenario of a campaign, with what the caller asks of it.
#[derive(Clone, Debug)]
pub struct Request {
    /// The situation.
    pub scenario: Scenario,
    /// How the caller named it: an id or a path.
    pub source: String,
    /// The engines that were asked for; empty: those of the profile.
    pub engines: Vec<Engine>,
    /// The depths.
    pub depths: Vec<u64>,
    /// Whether the caller named them; otherwise they are those of the scenario.
    pub are_depths_asked: bool,
    /// The points of the scenario's axis; empty: those of the scenario.
    pub points: Vec<u64>,
    /// Seeds for each cell, if the caller said; otherwise the profile decides.
    pub seeds: Option<u64>,
}

impl Request {
    /// The scenario as it is run, at each depth, and at each point of its axis where it has one.
    fn situations(&self) -> Vec<Situation> {
        let whole = &self.scenario;
        let axis = whole.axis.as_ref();
        let Some(axis) = axis.filter(|axis| axis.kind != AxisKind::Depth) else {
            let plain = Arc::new(Scenario {
                axis: None,
                ..whole.clone()
            });
            let at = |depth: &u64| Situation {
                scenario: Arc::clone(&plain),
                depth: *depth,
                at: axis.map(|axis| (axis.clone(), *depth)),
            };
            return self.depths.iter().map(at).collect();
        };
        let points = match &self.points[..] {
            [] => &axis.points,
            asked => asked,
        };
        let mut all = Vec::new();
        for point in points {
            let scenario = Arc::new(whole.at(*point));
            let depths = match self.are_depths_asked {
                true => self.depths.clone(),
                false => vec![scenario.queue.initial],
            };
            all.extend(depths.into_iter().map(|depth| Situation {
                scenario: Arc::clone(&scenario),
                depth,
                at: Some((axis.clone(), *point)),
            }));
        }
        all
    }
}

/// A plain scenario at a depth.
struct Situation {
    scenario: Arc<Scenario>,
    depth: u64,
    /// The axis that it lies on, and where.
    at: Option<(Axis, u64)>,
}

/// Why a cell is there.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Role {
    /// A specimen that must fail, or the harness is broken.
    Canary,
    /// A queue that is looked at.
    Explored,
}

/// One scenario, engine and depth, with so many seeds.
#[derive(Clone, Debug)]
pub struct CellPlan {
    /// The situation, its archivers at the pace of the cell.
    pub scenario: Arc<Scenario>,
    /// How the caller named the scenario.
    pub source: String,
    /// Whose queue runs.
    pub engine: Engine,
    /// Files in the queue at the start.
    pub depth: u64,
    /// The pace of the archivers, if the campaign varies it.
    pub pace: Option<Pace>,
    /// The axis of the scenario, and the point of it.
    pub at: Option<(Axis, u64)>,
    /// Distinct seeds.
    pub seeds: u64,
    /// Why it is there.
    pub role: Role,
    /// The predicates that must be broken.
    pub canary: Vec<String>,
    /// A run stops once all of these are broken; empty: it runs to its end.
    pub stop_when_broken: Vec<String>,
}

/// In the gate, cells of deep queues get fewer seeds: a cell handles about so many files, and one seed at the least.
const GATE_FILES: u64 = 100_000;
/// Deeper queues the gate does not drain, unless it is asked to: it has runs that begin at such a depth, and end by a count.
const GATE_DRAINED_MAX: u64 = 100_000;
/// The same for a sweep.
const SWEEP_FILES: u64 = 400_000;
/// Seeds of a canary in the gate: it has to die once.
const GATE_CANARY_SEEDS: u64 = 3;

/// The seeds of a cell that handles about so many files. A run that ends by a count handles few, however deep its queue.
fn seeds_of(scenario: &Scenario, depth: u64, files: u64, profile: Profile) -> u64 {
    let most = match scenario.clock.ends {
        Ends::Drained => (files / depth.max(1)).max(1),
        Ends::Counted => u64::MAX,
    };
    profile.seeds_times() * scenario.sweep.seeds.min(most)
}

impl CellPlan {
    /// What is varied beside engine and depth, as words: the pace of the archivers, the point of an axis. Empty if nothing is.
    pub fn variant(&self) -> String {
        let pace = self
            .pace
            .map(|pace| format!("archiver {}", pace_words(pace)));
        let axis = self
            .at
            .as_ref()
            .filter(|(axis, _)| axis.kind != AxisKind::Depth);
        let point = axis.map(|(axis, point)| format!("{} {point}", axis.kind.name()));
        pace.into_iter().chain(point).collect::<Vec<_>>().join(" ")
    }

    /// The seed of the run `index`: it depends on the campaign's seed and on the cell, and on no other run.
    pub fn seed(&self, campaign: u64, index: u64) -> u64 {
        let CellPlan { engine, depth, .. } = self;
        let (id, variant) = (&self.scenario.id, self.variant());
        Seed(campaign)
            .child(&format!("{id}/{engine}/{depth}/{variant}/{index}"))
            .0
    }

    /// Whether its runs begin with a queue that was filled before.
    pub fn is_filled(&self) -> bool {
        self.scenario.is_filled_for(self.engine)
    }

    /// What the run of a seed draws.
    pub fn drawn(&self, seed: u64) -> Drawn {
        self.scenario.drawn(seed, self.depth)
    }

    /// The run of a seed.
    pub fn plan(&self, seed: u64) -> Plan {
        Plan {
            stop_when_broken: self.stop_when_broken.clone(),
            ..Plan::of(&self.scenario, self.engine, self.depth, seed)
        }
    }
}

/// When a run of `engine` may stop: once everything that it must break is broken, if nothing else is asked of it.
pub fn stop_of(scenario: &Scenario, engine: Engine) -> Vec<String> {
    let is_measured = !scenario.observed.is_empty() || scenario.comparison.is_some();
    if is_measured || is_history(scenario) {
        return Vec::new();
    }
    scenario
        .expect
        .canary
        .get(&engine)
        .cloned()
        .unwrap_or_default()
}

/// Whether every consumer names its own engine: the scenario is a history with several engines in one run.
pub fn is_history(scenario: &Scenario) -> bool {
    !scenario.consumers.is_empty() && scenario.consumers.iter().all(|c| c.engine.is_some())
}

/// The cells of a gate of this profile, canaries first.
///
/// Canaries always run: a gate whose canary is left out proves nothing. Beside them run the engines that were asked for,
/// or the production queue.
pub fn of_gate(requests: &[Request], profile: Profile) -> Vec<CellPlan> {
    let cells = requests.iter();
    let cells = cells.flat_map(|request| gate_cells(request, profile));
    let mut cells: Vec<CellPlan> = cells.collect();
    cells.sort_by_key(|cell| cell.role);
    cells
}

fn gate_cells(request: &Request, profile: Profile) -> Vec<CellPlan> {
    let scenario = &request.scenario;
    let situations = request.situations();
    let mut cells = Vec::new();
    let mut add = |engine, role, canary: &[String]| {
        for Situation {
            scenario,
            depth,
            at,
        } in &situations
        {
            let is_left_out = role == Role::Explored
                && !request.are_depths_asked
                && at.is_none()
                && scenario.clock.ends == Ends::Drained
                && GATE_DRAINED_MAX < *depth;
            if is_left_out {
                continue;
            }
            // Where a home has its alerts behind it, a run handles few, as where it ends by a count.
            let handled = if scenario.past.is_some() { 1 } else { *depth };
            let seeds = seeds_of(scenario, handled, GATE_FILES, profile);
            let seeds = if role == Role::Canary {
                seeds.min(GATE_CANARY_SEEDS)
            } else {
                seeds
            };
            cells.push(CellPlan {
                scenario: Arc::clone(scenario),
                source: request.source.clone(),
                engine,
                depth: *depth,
                pace: None,
                at: at.clone(),
                seeds: request.seeds.unwrap_or(seeds),
                role,
                canary: canary.to_vec(),
                stop_when_broken: stop_of(scenario, engine),
            });
        }
    };
    let canary = &scenario.expect.canary;
    if is_history(scenario) {
        // One run shows what each of its engines breaks, so it is run once and under one name.
        let mut ids: Vec<String> = canary.values().flatten().cloned().collect();
        ids.sort();
        ids.dedup();
        let first = scenario
            .engines()
            .first()
            .copied()
            .unwrap_or(Engine::Legacy);
        add(first, Role::Canary, &ids);
    } else {
        for (engine, ids) in canary {
            add(*engine, Role::Canary, ids);
        }
    }
    let explored = match &request.engines[..] {
        // Along an axis the old queues run for contrast.
        [] if scenario.axis.is_some() => scenario.engines(),
        [] if scenario.engines().contains(&Engine::Spool) => vec![Engine::Spool],
        // A scenario that shows the old queues alone.
        [] => Vec::new(),
        asked => asked.to_vec(),
    };
    for engine in explored {
        let is_there =
            canary.contains_key(&engine) || (is_history(scenario) && engine != Engine::Spool);
        if !is_there {
            add(engine, Role::Explored, &[]);
        }
    }
    cells
}

/// The cells of a sweep: every engine at every depth and pace. A history is played once, whatever engines are in it.
pub fn of_sweep(requests: &[Request]) -> Vec<CellPlan> {
    let mut cells = Vec::new();
    for request in requests {
        let engines = match &request.engines[..] {
            [] if is_history(&request.scenario) => request.scenario.engines()[..1].to_vec(),
            [] => request.scenario.engines(),
            asked => asked.to_vec(),
        };
        let paces = request
            .scenario
            .sweep
            .archiver_paces
            .iter()
            .copied()
            .map(Some);
        let paces: Vec<Option<Pace>> = match paces.len() {
            0 => vec![None],
            _ => paces.collect(),
        };
        let situations = request.situations();
        for pace in paces {
            for engine in &engines {
                for Situation {
                    scenario,
                    depth,
                    at,
                } in &situations
                {
                    let scenario = Arc::new(at_pace(scenario, pace));
                    cells.push(CellPlan {
                        source: request.source.clone(),
                        engine: *engine,
                        depth: *depth,
                        pace,
                        at: at.clone(),
                        seeds: request.seeds.unwrap_or_else(|| {
                            seeds_of(&scenario, *depth, SWEEP_FILES, Profile::Pr)
                        }),
                        role: Role::Explored,
                        canary: scenario
                            .expect
                            .canary
                            .get(engine)
                            .cloned()
                            .unwrap_or_default(),
                        stop_when_broken: stop_of(&scenario, *engine),
                        scenario,
                    });
                }
            }
        }
    }
    cells
}

/// The scenario with all its archivers at one pace.
pub fn at_pace(scenario: &Scenario, pace: Option<Pace>) -> Scenario {
    let mut scenario = scenario.clone();
    if let Some(pace) = pace {
        for archiver in &mut scenario.archivers {
            archiver.pace = pace;
        }
    }
    scenario
}

/// A pace as `--archiver-rate` reads it: `206/min`.
pub fn pace_words(pace: Pace) -> String {
    match pace {
        Pace::Max => "max".to_owned(),
        Pace::EveryNs(interval) => {
            let digits = format!("{:.4}", 60e9 / interval as f64);
            format!("{}/min", digits.trim_end_matches('0').trim_end_matches('.'))
        }
    }
}
