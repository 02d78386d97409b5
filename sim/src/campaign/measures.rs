//! What is measured in the runs of one cell.

use super::execute::Ran;
use crate::report::model::{Cell, Conservation};
use crate::run::Outcome;
use crate::stats::sample::Summary;
use contract::{Abort, PassKind, Place};
use std::collections::BTreeSet;

/// Fills in everything of a cell that is a measure and no judgement.
pub(super) fn measure(cell: &mut Cell, runs: &[&Ran]) {
    let outcomes = || runs.iter().map(|ran| &ran.outcome);
    let hashes: BTreeSet<u64> = outcomes().map(|outcome| outcome.trace_hash).collect();
    cell.distinct_schedules = hashes.len() as u64;
    cell.crashed = outcomes().filter(|outcome| is_crashed(outcome)).count() as u64;
    let windows: Vec<f64> = outcomes()
        .filter(|outcome| 0 < outcome.windows.count)
        .map(|outcome| outcome.windows.nanos_max as f64)
        .collect();
    cell.window_nanos = Summary::of(&windows);
    cell.window_calls_max = outcomes()
        .filter(|outcome| 0 < outcome.windows.count)
        .map(|outcome| u64::from(outcome.windows.calls_max))
        .max();
    let vanished: Vec<f64> = outcomes().filter_map(vanished_per_scan).collect();
    cell.vanished_per_scan = Summary::of(&vanished);
    let sum = |of: &dyn Fn(&Outcome) -> u64| outcomes().map(of).sum::<u64>() as f64;
    let finished = sum(&|outcome| outcome.finished);
    if 0.0 < finished {
        cell.calls_per_file = Some(sum(&|outcome| outcome.steps) / finished);
        cell.virtual_nanos_per_file = Some(sum(&|outcome| worked_ns(outcome)) / finished);
    }
    let inodes = sum(&|outcome| u64::from(outcome.inodes));
    if 0.0 < inodes {
        let memory = sum(&|outcome| outcome.memory as u64);
        cell.simulated_bytes_per_file = Some(memory / inodes);
    }
    cell.conservation = Some(conservation(runs));
}

/// Whether a pass was ended by a name that was gone.
fn is_crashed(outcome: &Outcome) -> bool {
    outcome
        .passes
        .iter()
        .any(|pass| pass.report.abort == Some(Abort::Vanished))
}

/// Names that were gone at their use, in the mean over the passes that saw any.
fn vanished_per_scan(outcome: &Outcome) -> Option<f64> {
    let works = |kind| matches!(kind, PassKind::Work | PassKind::Cap);
    let passes = outcome
        .passes
        .iter()
        .filter(|p| works(p.kind) && 0 < p.report.seen);
    let counts: Vec<f64> = passes.map(|pass| pass.report.vanished as f64).collect();
    (!counts.is_empty()).then(|| counts.iter().sum::<f64>() / counts.len() as f64)
}

/// Virtual time until the last file was finished: a run goes on after that, until faults stop.
fn worked_ns(outcome: &Outcome) -> u64 {
    let settles = |kind| matches!(kind, PassKind::Work | PassKind::Cap);
    let passes = outcome
        .passes
        .iter()
        .filter(|p| settles(p.kind) && 0 < p.report.settled);
    passes
        .map(|pass| pass.time_ns.1)
        .max()
        .unwrap_or(outcome.time_ns)
}

fn conservation(runs: &[&Ran]) -> Conservation {
    let of = |place: Place| {
        runs.iter()
            .map(|ran| ran.outcome.places[place as usize])
            .sum::<u64>()
    };
    let source = of(Place::Source);
    let all: u64 = runs.iter().flat_map(|ran| ran.outcome.places).sum();
    Conservation {
        fetched: all - source,
        // The census counts ids, so a repeat adds nothing to take off again.
        duplicates: 0,
        staged: of(Place::Staged),
        pending: of(Place::Pending),
        claimed: of(Place::Claimed),
        cased: of(Place::Cased),
        overflow: of(Place::Overflow),
        archived: of(Place::Archived),
        quarantined: of(Place::Quarantined),
        vanished: of(Place::Vanished),
    }
}
