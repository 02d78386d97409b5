//! One run: a scenario, an engine, a depth and a seed, played to the end and judged.
//!
//! - [`shared::Shared`] is what the actors have in common; `program/` is what each of them does.
//! - [`watch::Watch`] turns what the machine did into moves for the contract.
//! - [`source::Source`] says which alerts there are; [`remote::Remote`] is the indexer that has them.
//! - `fate` says what goes wrong, and `truth` what health must say of it; `stage` directs all of it.
//!
//! - [`Base`] is the home that runs begin with which start in its midst; `earlier` writes the lives down that it had before.
//!
//! A run is a function of its [`Plan`]: the same plan gives the same [`Outcome`], the trace hash included, on every machine.

mod base;
mod cast;
mod documents;
pub mod drops;
mod earlier;
mod fate;
mod program;
mod refusal;
pub mod remote;
pub mod shared;
pub mod source;
mod stage;
mod story;
mod struck;
mod truth;
pub mod watch;
mod world;

#[cfg(test)]
mod tests;

use crate::kernel::{RunEnd, RunLimit, Seed};
use crate::scenario::{Ends, Engine, Scenario};
use crate::schedule::Timed;
pub use base::Base;
use contract::sometimes::Met;
use contract::{Place, Violation};
use shared::Shared;
use source::Source;
use stage::Stage;
use std::ops::Range;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
pub use story::Told;
use story::{Telling, turning_point};
pub use struck::Struck;
use watch::{IdlePasses, PassLog, RunLog, Windows};

/// What is to be run.
#[derive(Clone, Debug)]
pub struct Plan {
    /// The situation, drawn if it is one of a swarm.
    pub scenario: Scenario,
    /// Whose queue.
    pub engine: Engine,
    /// How many alerts are there from the start.
    pub depth: u64,
    /// Where every choice comes from.
    pub seed: u64,
    /// Stop when each of these predicates is broken; empty: run to the end.
    pub stop_when_broken: Vec<String>,
}

impl Plan {
    /// The run of a seed: what the seed draws, if the scenario is a swarm.
    pub fn of(scenario: &Scenario, engine: Engine, depth: u64, seed: u64) -> Self {
        let drawn = scenario.drawn(seed, depth);
        Plan {
            scenario: drawn.scenario,
            engine,
            depth: drawn.depth,
            seed,
            stop_when_broken: Vec::new(),
        }
    }
}

/// How a run came out.
#[derive(Clone, Debug)]
pub struct Outcome {
    /// Promises that were broken, the first of them in full.
    pub violations: Vec<Violation>,
    /// How many there were.
    pub violation_count: u64,
    /// What nobody planned: panics, ledgers that cannot be read.
    pub accidents: Vec<String>,
    /// Whether the scenario's time was over while alerts were still leaving the queue: then it is not known whether it drains.
    pub is_cut: bool,
    /// Whether it was stopped from outside. Where, no seed says.
    pub is_timed_out: bool,
    /// Dangers that were met.
    pub met: Met,
    /// Dangers of the scenario that struck.
    pub struck: Struck,
    /// The hash of all that happened.
    pub trace_hash: u64,
    /// The hash after each thousand steps.
    pub checkpoints: Vec<u64>,
    /// Steps made.
    pub steps: u64,
    /// Virtual time, in nanoseconds.
    pub time_ns: u64,
    /// The sum over the places.
    pub sum: String,
    /// Alerts in each place, in the order of [`Place::ALL`].
    pub places: [u64; 9],
    /// Of the cases, how many were made in a file of many.
    pub packed: u64,
    /// Alerts that ended in a case, or in the specimens' archive.
    pub finished: u64,
    /// Windows between seeing a name and using it, of the queue's own programs.
    pub windows: Windows,
    /// Passes of whole pipelines that had nothing to do.
    pub idle: IdlePasses,
    /// Passes that ended.
    pub passes: Vec<PassLog>,
    /// Runs of whole pipelines that ended.
    pub runs: Vec<RunLog>,
    /// Exceptions that ended runs of a specimen: virtual time, and what.
    pub crashes: Vec<(u64, String)>,
    /// How often a neighbour took an alert away.
    pub vanished: u64,
    /// Virtual time and pending alerts, once a minute.
    pub depths: Vec<(u64, u64)>,
    /// Memory of the simulated files beside their content, in bytes.
    pub memory: usize,
    /// Simulated files and directories at the end.
    pub inodes: u32,
}

impl Outcome {
    /// Whether the predicate `id` was broken.
    pub fn is_broken(&self, id: &str) -> bool {
        self.violations
            .iter()
            .any(|violation| violation.predicate == id)
    }

    /// Whether nothing was broken and nothing unplanned happened.
    pub fn is_clean(&self) -> bool {
        self.violation_count == 0 && self.accidents.is_empty()
    }
}

/// How many steps a run may make, some ten times what runs make that end: so one that goes on for ever is a failure with a
/// tape. The gate's runs take 20 to 160 steps an alert, and in a day of virtual time 1.5 million in which nothing happens.
fn steps_max(scenario: &Scenario, alerts: u32) -> u64 {
    const LEAST: u64 = 10_000_000;
    const EACH_ALERT: u64 = 500;
    const EACH_DAY: u64 = 5_000_000;
    const DAY_NS: u64 = 24 * 3_600 * 1_000_000_000;
    let days = scenario.clock.run_ns.div_ceil(DAY_NS);
    LEAST + EACH_ALERT * u64::from(alerts) + EACH_DAY * days
}

/// Plays a plan to its end.
///
/// # Panics
/// If the queue that it begins with cannot be filled.
pub fn run(plan: &Plan) -> Outcome {
    let leash = Leash::default();
    let base = base_of(plan, &leash);
    play(plan, base.as_ref(), &leash, &mut None)
}

/// Plays a plan to its end, or until `stop` is set, from `base`, which is [that of the plan](Base::of).
pub fn run_until(plan: &Plan, base: Option<&Base>, stop: &Arc<AtomicBool>) -> Outcome {
    let leash = Leash {
        stop: Arc::clone(stop),
        ..Leash::default()
    };
    play(plan, base, &leash, &mut None)
}

fn base_of(plan: &Plan, leash: &Leash) -> Option<Base> {
    Base::of(plan, &leash.stop).unwrap_or_else(|what| panic!("{what}"))
}

/// What ends a run that does not end by itself.
#[derive(Default)]
struct Leash {
    /// The run stops once it is set.
    stop: Arc<AtomicBool>,
    /// The steps that it may make; `None`: [`steps_max`].
    steps_max: Option<u64>,
}

/// Plays a plan twice, and tells what led to the first violation of `predicate`: what happened to the name that the
/// violating step used, and the last steps before it. Empty if the predicate held.
///
/// # Panics
/// As [`run`].
pub fn tell(plan: &Plan, predicate: &str) -> (Outcome, Vec<Told>) {
    let mut telling = Some(Telling::of_last_steps(predicate));
    let leash = Leash::default();
    let base = base_of(plan, &leash);
    let outcome = play(plan, base.as_ref(), &leash, &mut telling);
    let last = telling.map(Telling::into_told).unwrap_or_default();
    let Some(focus) = turning_point(&last).filter(|_| outcome.is_broken(predicate)) else {
        return (outcome, Vec::new());
    };
    let mut telling = Some(Telling::of_name(predicate, &focus.name));
    play(plan, base.as_ref(), &leash, &mut telling);
    let mut told = telling.map(Telling::into_told).unwrap_or_default();
    told.extend(last);
    told.sort_by_key(|one| (one.time_ns, one.step));
    told.dedup();
    (outcome, told)
}

/// Plays a plan, and tells its steps with these numbers, which begin at 0.
///
/// # Panics
/// As [`run`].
pub fn tell_steps(plan: &Plan, steps: Range<u64>) -> (Outcome, Vec<Told>) {
    let mut telling = Some(Telling::of_steps(steps));
    let leash = Leash::default();
    let base = base_of(plan, &leash);
    let outcome = play(plan, base.as_ref(), &leash, &mut telling);
    (outcome, telling.map(Telling::into_told).unwrap_or_default())
}

fn play(plan: &Plan, base: Option<&Base>, leash: &Leash, telling: &mut Option<Telling>) -> Outcome {
    let seed = Seed(plan.seed);
    let source = Arc::new(match base {
        Some(base) => base.source.clone(),
        None => Source::new(&plan.scenario, plan.engine, plan.depth, seed),
    });
    let shared = Shared::new(&plan.scenario, plan.engine, seed, &source, base);
    let mut machine = world::machine(&shared, base);
    let steps_before = machine.steps();
    let players = cast::players(&plan.scenario, plan.engine);
    let mut stage = Stage::new(&shared, players, plan.stop_when_broken.clone(), &leash.stop);
    stage.telling = telling.take();
    stage.open(&mut machine);
    let limit = RunLimit {
        steps_max: steps_before
            + leash
                .steps_max
                .unwrap_or_else(|| steps_max(&plan.scenario, shared.source.total())),
        time_max_ns: plan.scenario.clock.run_ns,
    };
    let end = machine.run(&mut Timed::new(seed), &mut stage, limit);
    *telling = stage.telling.take();
    let mut watch = shared.watch.borrow_mut();
    let steps = machine.steps();
    let is_endless = end == RunEnd::Limit && limit.steps_max <= steps;
    if is_endless {
        let alerts = shared.source.total();
        stage.accidents.push(format!(
            "it did not end: {steps} steps for {alerts} alerts, and it went on"
        ));
    }
    let is_timed_out = end == RunEnd::Stopped && leash.stop.load(Ordering::Relaxed);
    if is_timed_out {
        stage.accidents.push(format!(
            "it did not end in the real time that a run has: stopped after {steps} steps"
        ));
    }
    let is_late = end == RunEnd::Limit && !is_endless;
    let is_counted = plan.scenario.clock.ends == Ends::Counted && plan.engine == Engine::Spool;
    if is_counted && is_late {
        let sum = watch.contract.sum();
        stage.accidents.push(format!(
            "no count was made, because something was in motion until the scenario's time was over: {sum}"
        ));
    }
    if is_counted && end == RunEnd::Finished {
        stage.accidents.extend(watch.recount(machine.fs()));
    }
    let is_stuck = is_late && watch.is_stuck(plan.scenario.clock.run_ns);
    // While alerts are still leaving the queue, nobody can say whether it drains.
    let is_drained = plan.engine == Engine::Spool && !is_counted;
    let is_cut = is_drained && is_late && !is_stuck && watch.has_work();
    if is_drained && end != RunEnd::Stopped && !is_endless && !is_cut {
        watch.contract.ended(steps, is_stuck, steps);
    }
    let mut struck = struck::at_the_end(&plan.scenario, watch.met, shared.spoiled.get());
    struck.append(&mut shared.struck.borrow_mut());
    struck.append(&mut stage.fate.struck);
    let census = watch.contract.census();
    let finished = census.count(Place::Cased) + census.count(Place::Archived);
    Outcome {
        violations: watch.violations(),
        violation_count: watch.contract.violation_count(),
        accidents: std::mem::take(&mut stage.accidents),
        is_cut,
        is_timed_out,
        met: watch.met,
        struck,
        trace_hash: machine.trace_hash(),
        checkpoints: machine.checkpoints().to_vec(),
        steps: machine.steps(),
        time_ns: machine.now_ns(),
        sum: watch.contract.sum(),
        places: Place::ALL.map(|place| watch.contract.census().count(place)),
        packed: watch.packed_cases,
        finished,
        windows: watch.windows,
        idle: watch.idle,
        passes: std::mem::take(&mut watch.passes),
        runs: std::mem::take(&mut watch.runs),
        crashes: std::mem::take(&mut watch.crashes),
        vanished: watch.vanished,
        depths: std::mem::take(&mut stage.depths),
        memory: machine.fs().memory(),
        inodes: machine.fs().usage().inodes,
    }
}
