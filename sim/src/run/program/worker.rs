//! A worker: claims and completes until the run is over, and starts anew after every failure.

use super::{PAUSE, Patience, abort_of, pass};
use crate::kernel::Exit;
use crate::run::program::poller::ROOT;
use crate::run::shared::Shared;
use crate::run::watch::Report;
use alert::{Alert, Disposition};
use contract::{Actor, PassKind};
use host::{At, Host};
use spool::{Claimed, Judge, Spool, SpoolError, Worker};

/// Works until the run is over.
pub(crate) fn run(host: &dyn Host, shared: &Shared, actor: Actor, name: &str) -> Exit {
    loop {
        match session(host, shared, actor, name) {
            Ok(()) => return Exit::OK,
            Err(SpoolError::BrokenLedger {
                segment,
                line,
                reason,
            }) => {
                return Exit {
                    code: 65,
                    text: format!("{segment}, line {line}: {reason}"),
                };
            }
            Err(_) if shared.watch.borrow().is_over => return Exit::OK,
            Err(_) => host.sleep(PAUSE),
        }
    }
}

fn session(host: &dyn Host, shared: &Shared, actor: Actor, name: &str) -> Result<(), SpoolError> {
    let spool = Spool::init(host, At::new(host.root(), ROOT), shared.options)?;
    let open = || Worker::open(&spool, name);
    let mut worker = pass(shared, actor, PassKind::Recover, open, |_| {
        Report::default()
    })?;
    let mut patience = Patience::new(PAUSE);
    while !shared.watch.borrow().is_over {
        shared.watch.borrow_mut().begin(actor, PassKind::Work);
        let (report, result) = work(&mut worker);
        shared.watch.borrow_mut().end(actor, report);
        result?;
        patience.wait(host, 0 < report.seen);
    }
    Ok(())
}

/// Judges as a policy would: nearly all alerts are benign, and which ones is a function of their bytes.
struct Mostly;

impl Judge for Mostly {
    fn judge(&mut self, alert: &Alert<'_>, _: &mut Vec<u8>) -> Disposition {
        match xxhash_rust::xxh3::xxh3_64(alert.bytes) % 20 {
            0 => Disposition::Review,
            1 => Disposition::KnownFp,
            _ => Disposition::Benign,
        }
    }

    fn policy(&self) -> &str {
        ""
    }
}

/// One pass: until nothing is left that it has not tried.
fn work(worker: &mut Worker<'_>) -> (Report, Result<(), SpoolError>) {
    let mut report = Report::default();
    loop {
        let done = match worker.claim() {
            Ok(Claimed::Nothing) => {
                report.is_empty = true;
                return (report, Ok(()));
            }
            Ok(Claimed::Buckets(claim)) => worker.complete(claim, &mut Mostly),
            Err(error) => Err(error),
        };
        match done {
            Ok(done) => {
                report.seen += done.seen;
                report.vanished += done.vanished;
                report.settled +=
                    done.cased + done.quarantined + done.duplicates + done.vanished + done.held;
            }
            Err(error) => {
                report.abort = Some(abort_of(&error));
                return (report, Err(error));
            }
        }
    }
}
