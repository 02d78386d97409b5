//! A cap pass on its own rhythm beside the pipeline's: what an operator's timer, or an overlapping run, would be.

use super::foundry::ROOT;
use super::witness::Told;
use super::{PAUSE, Patience, wait_until};
use crate::kernel::Exit;
use crate::run::shared::Shared;
use contract::Actor;
use host::{At, Host};
use pipeline::overflow::{enforce, readmit};
use spool::cap::CapPass;
use spool::{Spool, SpoolError};
use std::time::Duration;

/// Enforces the cap each `every_ns` until the run is over.
pub(crate) fn run(host: &dyn Host, shared: &Shared, actor: Actor, every_ns: u64) -> Exit {
    let mut due = shared.now_ns() + every_ns;
    let mut patience = Patience::new(PAUSE.min(Duration::from_nanos(every_ns)));
    while wait_until(host, shared, due) && !shared.is_closing() {
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

/// A pass each way; how many buckets they settled.
fn one(host: &dyn Host, shared: &Shared, actor: Actor) -> Result<u64, SpoolError> {
    let spool = Spool::init(host, At::new(host.root(), ROOT), shared.options)?;
    let told = Told { shared, actor };
    let shed = enforce(&spool, &told)?;
    let back = readmit(&spool, &told)?;
    let settled = |pass: CapPass| pass.moved_buckets + pass.vanished_buckets + pass.held_buckets;
    Ok(settled(shed) + settled(back))
}
