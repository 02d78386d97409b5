//! A home that the production pipeline has worked in before the run, undisturbed: it has published the alerts of the start, or has
//! made cases of them in many lives. Its machine is switched off, and any number of runs begin with what it leaves.
//!
//! A base is a function of its scenario and depth. All runs that begin with it have the same alerts under the same names; who
//! acts when, and what goes wrong, each draws from its own seed.

use super::cast;
use super::shared::Shared;
use super::source::{Source, before_ms};
use super::stage::Stage;
use super::watch::Watch;
use super::{Plan, earlier, steps_max, world};
use crate::kernel::{Image, RunEnd, RunLimit, Seed};
use crate::scenario::{Costs, Engine, LatencyProfile, Limits, Scenario};
use crate::schedule::Timed;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// A home on the disk of a machine that is off, and where each alert stands.
pub struct Base {
    pub(super) source: Source,
    pub(super) image: Image,
    pub(super) watch: Watch,
}

impl Base {
    /// What the runs of this plan's scenario and depth begin with; `None` where they begin with an empty queue.
    ///
    /// # Errors
    /// In one sentence, if the queue could not be filled, or `stop` was set meanwhile.
    pub fn of(plan: &Plan, stop: &Arc<AtomicBool>) -> Result<Option<Base>, String> {
        if !plan.scenario.is_filled_for(plan.engine) {
            return Ok(None);
        }
        fill(&plan.scenario, plan.depth, stop).map(Some)
    }
}

fn fill(scenario: &Scenario, depth: u64, stop: &Arc<AtomicBool>) -> Result<Base, String> {
    let seed = Seed(depth).child(&scenario.id).child("base");
    let source = Arc::new(Source::new(scenario, Engine::Spool, depth, seed));
    let alone = alone(scenario);
    let shared = Shared::new(&alone, Engine::Spool, seed, &source, None);
    let mut machine = world::machine(&shared, None);
    if let Some(past) = scenario.past.filter(|past| 0 < past.earlier()) {
        let (watch, begun_ms) = (&shared.watch, alone.clock.t0_ms - past.earlier_ms());
        earlier::write(
            &mut machine,
            &mut watch.borrow_mut(),
            past.earlier(),
            begun_ms,
        );
    }
    let mut stage = Stage::new(&shared, cast::filler(), Vec::new(), stop);
    stage.open(&mut machine);
    let limit = RunLimit {
        steps_max: steps_max(&alone, source.total()),
        time_max_ns: alone.clock.run_ns,
    };
    let end = machine.run(&mut Timed::new(seed), &mut stage, limit);
    let accidents = std::mem::take(&mut stage.accidents);
    drop(stage);
    let told = || {
        format!(
            "the queue of {} could not be filled with {depth} alerts",
            scenario.id
        )
    };
    let shared = Rc::into_inner(shared).filter(|_| end == RunEnd::Finished);
    let watch = shared.map(|shared| shared.watch.into_inner());
    match watch {
        _ if stop.load(Ordering::Relaxed) => Err(format!("{} in the time that it had", told())),
        Some(watch) if accidents.is_empty() && watch.contract.violation_count() == 0 => Ok(Base {
            source: Source::clone(&source),
            image: machine.into_image(),
            watch,
        }),
        Some(watch) => {
            let broken = watch.violations().into_iter().map(|one| one.what);
            let what: Vec<String> = accidents.into_iter().chain(broken).collect();
            Err(format!("{}: {}", told(), what.join("; ")))
        }
        None => Err(format!("{}: it did not end", told())),
    }
}

/// The world of a scenario with nobody in it, hours before it starts, on a machine that is fast.
fn alone(scenario: &Scenario) -> Scenario {
    let mut alone = scenario.clone();
    let before_ms = before_ms(scenario);
    alone.clock.t0_ms -= before_ms;
    // A past ends when all of it is finished, which may take longer than it was to; that is still before the start.
    alone.clock.run_ns = before_ms.unsigned_abs() * 1_000_000;
    alone.clock.faults_stop_ns = None;
    alone.health = None;
    alone.machine.latency = LatencyProfile::Tmpfs;
    alone.machine.limits = Limits::default();
    alone.costs = Costs::default();
    alone.indexer.rotations.clear();
    alone.indexer.faults.clear();
    alone.indexer.turns.clear();
    alone.clock_steps.clear();
    alone.crashes.clear();
    alone.power_losses.clear();
    alone.faults.clear();
    alone.short_reads.clear();
    alone.read_only.clear();
    alone.restores.clear();
    alone
}
