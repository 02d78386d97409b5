//! A worker: the pipeline's triage and cases, as a process of its own, until the run is over.

use super::foundry::{ROOT, policy};
use super::witness::Told;
use super::{PAUSE, Patience};
use crate::kernel::Exit;
use crate::run::shared::Shared;
use contract::Actor;
use host::{At, Host, Millis};
use pipeline::{Failure, FailureKind, Job};
use spool::Spool;

/// Works until the run is over, and starts anew after every failure.
pub(crate) fn run(host: &dyn Host, shared: &Shared, actor: Actor, name: &str) -> Exit {
    loop {
        match session(host, shared, actor, name) {
            Ok(()) => return Exit::OK,
            Err(failure) if failure.kind == FailureKind::Data => {
                return Exit {
                    code: 65,
                    text: failure.message,
                };
            }
            Err(_) if shared.watch.borrow().is_over => return Exit::OK,
            Err(_) => host.sleep(PAUSE),
        }
    }
}

fn session(host: &dyn Host, shared: &Shared, actor: Actor, name: &str) -> Result<(), Failure> {
    let spool = Spool::init(host, At::new(host.root(), ROOT), shared.options)?;
    let told = Told { shared, actor };
    let job = Job::new(&spool, policy(), Millis(i64::MAX))
        .stopped_by(Some(&shared.closing))
        .witnessed_by(&told);
    let mut patience = Patience::new(PAUSE);
    // Once more when the queue comes to rest: what the life before had in hand is given back.
    loop {
        let drained = job.drain(name);
        if let Some(failure) = drained.triage_failure.or(drained.cases_failure) {
            return Err(failure);
        }
        if shared.watch.borrow().is_over || shared.is_closing() {
            return Ok(());
        }
        patience.wait(host, 0 < drained.completion.seen);
    }
}
