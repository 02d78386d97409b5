//! The production pipeline that nobody takes anything from: it publishes what the indexer has, parks what is beyond the cap,
//! and ends.

use super::PAUSE;
use super::foundry::with_pipeline;
use crate::kernel::Exit;
use crate::run::shared::Shared;
use contract::{Actor, Place};
use host::Host;
use pipeline::Failure;

/// Makes passes until every alert of the start is in the queue.
pub(crate) fn run(host: &dyn Host, shared: &Shared, actor: Actor) -> Exit {
    match fill(host, shared, actor) {
        Ok(()) => Exit::OK,
        // Nothing goes wrong while a queue is filled: whatever does is an accident.
        Err(failure) => Exit {
            code: 65,
            text: failure.message,
        },
    }
}

fn fill(host: &dyn Host, shared: &Shared, actor: Actor) -> Result<(), Failure> {
    let later = u64::from(shared.source.total() - shared.source.initial);
    let at_source = || {
        let watch = shared.watch.borrow();
        watch.contract.census().count(Place::Source)
    };
    with_pipeline(host, shared, actor, |_, mut pipeline| {
        while later < at_source() {
            let report = pipeline.pass("fill", &mut |_| Vec::new());
            if let Some(failure) = report.stages.into_iter().find_map(|stage| stage.failure) {
                return Err(failure);
            }
            host.sleep(PAUSE);
        }
        Ok(())
    })
}
