//! The cap: parks what is beyond it, and brings back what fits, at its rhythm.

use super::{PAUSE, Patience, pass, wait_until};
use crate::kernel::Exit;
use crate::run::program::poller::ROOT;
use crate::run::shared::Shared;
use crate::run::watch::Report;
use contract::{Actor, PassKind};
use host::{At, Host};
use spool::cap::{CapPass, enforce, readmit};
use spool::{Spool, SpoolError};
use std::time::Duration;

/// Enforces the cap each `every_ns` until the run is over.
pub(crate) fn run(host: &dyn Host, shared: &Shared, actor: Actor, every_ns: u64) -> Exit {
    let mut due = shared.now_ns() + every_ns;
    let mut patience = Patience::new(PAUSE.min(Duration::from_nanos(every_ns)));
    while wait_until(host, shared, due) {
        let done = one(host, shared, actor);
        if done.is_err() {
            host.sleep(PAUSE);
        }
        // Once the queue is to drain, waiting for the rhythm would only stretch virtual time.
        if shared.faults_stop_ns() <= shared.now_ns() {
            patience.wait(host, !matches!(done, Ok(0)));
        } else {
            due = shared.now_ns() + every_ns;
        }
    }
    Exit::OK
}

/// A pass each way; how many names they settled.
fn one(host: &dyn Host, shared: &Shared, actor: Actor) -> Result<u64, SpoolError> {
    let spool = Spool::init(host, At::new(host.root(), ROOT), shared.options)?;
    let shed = pass(shared, actor, PassKind::Cap, || enforce(&spool), report)?;
    let back = pass(shared, actor, PassKind::Readmit, || readmit(&spool), report)?;
    Ok(report(&shed).settled + report(&back).settled)
}

fn report(pass: &CapPass) -> Report {
    let settled = pass.moved_buckets + pass.vanished_buckets + pass.held_buckets;
    Report {
        seen: settled,
        settled,
        vanished: pass.vanished_buckets,
        ..Report::default()
    }
}
