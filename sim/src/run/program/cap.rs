//! The cap: parks what is beyond it, and brings back what fits, at its rhythm.

use super::{PAUSE, pass, wait_until};
use crate::kernel::Exit;
use crate::run::program::poller::ROOT;
use crate::run::shared::Shared;
use crate::run::watch::Report;
use contract::{Actor, PassKind};
use host::{At, Host};
use spool::cap::{CapPass, enforce, readmit};
use spool::{Spool, SpoolError};

/// Enforces the cap each `every_ns` until the run is over.
pub(crate) fn run(host: &dyn Host, shared: &Shared, actor: Actor, every_ns: u64) -> Exit {
    let mut due = shared.now_ns() + every_ns;
    while wait_until(host, shared, due) {
        if one(host, shared, actor).is_err() {
            host.sleep(PAUSE);
        }
        // Once the queue is to drain, waiting for the rhythm would only stretch virtual time.
        let is_draining = shared.faults_stop_ns() <= shared.now_ns();
        let pause = if is_draining {
            PAUSE.as_nanos() as u64
        } else {
            every_ns
        };
        due = shared.now_ns() + pause.min(every_ns);
    }
    Exit::OK
}

fn one(host: &dyn Host, shared: &Shared, actor: Actor) -> Result<(), SpoolError> {
    let spool = Spool::init(host, At::new(host.root(), ROOT), shared.options)?;
    pass(shared, actor, PassKind::Cap, || enforce(&spool), report)?;
    pass(shared, actor, PassKind::Readmit, || readmit(&spool), report)?;
    Ok(())
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
