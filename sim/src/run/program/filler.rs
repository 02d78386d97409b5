//! The production pipeline before a run, undisturbed: it fills the queue of whoever begins in its midst, or lives through the past
//! of a home, and ends.

use super::PAUSE;
use super::foundry::with_pipeline;
use super::judge::Before;
use crate::kernel::Exit;
use crate::run::shared::Shared;
use crate::scenario::Past;
use contract::{Actor, Place};
use host::Host;
use pipeline::{Failure, Report};
use std::time::Duration;

/// So many lives with nothing to do end a past: what a start costs then is known.
const IDLE_LIVES: u64 = 12;

/// Makes passes until every alert of the start is in the queue, or, with a past, finished.
pub(crate) fn run(host: &dyn Host, shared: &Shared, actor: Actor) -> Exit {
    let ended = match shared.scenario.past {
        Some(past) => live(host, shared, actor, past),
        None => fill(host, shared, actor),
    };
    match ended {
        Ok(()) => Exit::OK,
        // Nothing goes wrong before a run: whatever does is an accident.
        Err(failure) => Exit {
            code: 65,
            text: failure.message,
        },
    }
}

/// Whether the indexer has nothing of the start that the queue has not.
fn is_fetched(shared: &Shared) -> bool {
    let later = u64::from(shared.source.total() - shared.source.initial);
    let watch = shared.watch.borrow();
    watch.contract.census().count(Place::Source) <= later
}

fn fill(host: &dyn Host, shared: &Shared, actor: Actor) -> Result<(), Failure> {
    with_pipeline(host, shared, actor, |_, mut pipeline| {
        while !is_fetched(shared) {
            whole(pipeline.pass("fill", &mut |_| Vec::new()))?;
            host.sleep(PAUSE);
        }
        Ok(())
    })
}

/// Starts the program in the rhythm of the past, each time for one pass.
fn live(host: &dyn Host, shared: &Shared, actor: Actor, past: Past) -> Result<(), Failure> {
    let (mut lives, mut idle) = (0_u64, 0);
    while lives < past.lived() || idle < IDLE_LIVES {
        let due_ns = lives * past.rhythm_ns();
        let wait_ns = due_ns.saturating_sub(shared.now_ns());
        host.sleep(Duration::from_nanos(wait_ns));
        lives += 1;
        // With all that it takes to open the home.
        let before = Before::of(shared, actor);
        let report = with_pipeline(host, shared, actor, |_, mut pipeline| {
            let name = lives.to_string();
            whole(pipeline.pass(&name, &mut |job| vec![job.drain("w1")]))
        })?;
        before.judge(shared, actor, &report, [true, false]);
        let is_finished = is_fetched(shared) && shared.watch.borrow().is_quiet();
        idle = if is_finished { idle + 1 } else { 0 };
    }
    Ok(())
}

/// The report of a pass in which nothing went wrong.
fn whole(mut report: Report) -> Result<Report, Failure> {
    let failure = report.stages.iter_mut().find_map(|one| one.failure.take());
    failure.map_or(Ok(report), Err)
}
