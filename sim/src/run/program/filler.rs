//! The production pipeline that nobody takes anything from: it publishes what the indexer has, parks what is beyond the cap,
//! and ends.

use super::PAUSE;
use super::foundry::{ROOT, intake, lock, policy, settings};
use super::witness::Told;
use crate::kernel::Exit;
use crate::run::remote::Wire;
use crate::run::shared::Shared;
use contract::{Actor, Place};
use host::{At, Host};
use pipeline::{Failure, Pipeline};
use spool::Spool;

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
    let spool = Spool::init(host, At::new(host.root(), ROOT), shared.options)?;
    let wire = Wire { host, shared };
    let told = Told { shared, actor };
    let _lock = lock(&spool)?;
    let intake = intake(host, shared, &wire);
    let opened = Pipeline::open(&spool, policy(), Some(intake), settings(shared))?;
    let mut pipeline = opened.witnessed_by(&told);
    let later = u64::from(shared.source.total() - shared.source.initial);
    let at_source = || {
        let watch = shared.watch.borrow();
        watch.contract.census().count(Place::Source)
    };
    while later < at_source() {
        let report = pipeline.pass("fill", &mut |_| Vec::new());
        if let Some(failure) = report.stages.into_iter().find_map(|stage| stage.failure) {
            return Err(failure);
        }
        host.sleep(PAUSE);
    }
    Ok(())
}
