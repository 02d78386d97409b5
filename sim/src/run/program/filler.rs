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

/// So many lives with nothing to do end a past: what a start costs then is known.
const IDLE_LIVES: u64 = 12;

/// Makes passes until every alert of the start is in the queue. With a past, it makes one and is started again, as a timer does it,
/// until every alert is finished.
pub(crate) fn run(host: &dyn Host, shared: &Shared, actor: Actor) -> Exit {
    let past = shared.scenario.past;
    let ended = match past {
        Some(_) => live(host, shared, actor),
        None => fill(host, shared, actor),
    };
    let is_all = past.is_none_or(|past| shared.past_lived.get().is_all(past));
    match ended {
        Ok(()) if is_all => Exit::OK,
        Ok(()) => Exit {
            code: 0,
            text: AGAIN.to_owned(),
        },
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

/// What a life of the past ends with that is not the last.
pub(in crate::run) const AGAIN: &str = "again";

/// How much of a past has been lived.
#[derive(Clone, Copy, Debug, Default)]
pub(in crate::run) struct Lived {
    lives: u64,
    /// The last so many had nothing to do.
    idle: u64,
}

impl Lived {
    fn is_all(self, past: Past) -> bool {
        past.lived() <= self.lives && IDLE_LIVES <= self.idle
    }

    /// How long it is until the next life, in nanoseconds.
    pub(in crate::run) fn wait_ns(self, shared: &Shared) -> u64 {
        let rhythm_ns = shared.scenario.past.map_or(0, |past| past.rhythm_ns());
        (self.lives * rhythm_ns).saturating_sub(shared.now_ns())
    }
}

/// One life of the past: the program starts, makes a pass, and ends.
fn live(host: &dyn Host, shared: &Shared, actor: Actor) -> Result<(), Failure> {
    let mut lived = shared.past_lived.get();
    lived.lives += 1;
    // With all that it takes to open the home.
    let before = Before::of(shared, actor);
    let report = with_pipeline(host, shared, actor, |_, mut pipeline| {
        let name = lived.lives.to_string();
        whole(pipeline.pass(&name, &mut |job| vec![job.drain("w1")]))
    })?;
    before.judge(shared, actor, &report, [true, false]);
    let is_finished = is_fetched(shared) && shared.watch.borrow().is_quiet();
    lived.idle = if is_finished { lived.idle + 1 } else { 0 };
    shared.past_lived.set(lived);
    Ok(())
}

/// The report of a pass in which nothing went wrong.
fn whole(mut report: Report) -> Result<Report, Failure> {
    let failure = report.stages.iter_mut().find_map(|one| one.failure.take());
    failure.map_or(Ok(report), Err)
}
