//! What the actors of a run do. Each is straight-line code over `&dyn Host`, as any program is.

pub(super) mod cap;
pub(super) mod filler;
pub(crate) mod foundry;
mod judge;
pub(super) mod neighbour;
pub(super) mod secret;
pub(super) mod specimen;
pub(super) mod spoiler;
mod witness;
pub(super) mod worker;
pub(super) mod writer;

use super::shared::Shared;
use contract::Abort;
use host::{Class, Host};
use spool::SpoolError;
use std::time::Duration;

/// How long a program of the queue waits when it has nothing to do, or something failed.
const PAUSE: Duration = Duration::from_secs(1);
/// How long it waits at most when it has had nothing to do for long.
const IDLE_MAX: Duration = Duration::from_secs(60);

/// Waits that double while there is nothing to do, so that six idle days do not take millions of steps.
struct Patience {
    least: Duration,
    next: Duration,
}

impl Patience {
    /// Waits of `least` at first.
    fn new(least: Duration) -> Self {
        Patience { least, next: least }
    }

    /// Waits after a turn, and shortly if that had something to do.
    fn wait(&mut self, host: &dyn Host, was_busy: bool) {
        if was_busy {
            self.next = self.least;
        }
        host.sleep(self.next);
        self.next = (self.next * 2).min(IDLE_MAX).max(self.least);
    }
}

/// What the contract is told of a pass that could not go on.
fn abort_of(error: &SpoolError) -> Abort {
    if matches!(error, SpoolError::Held { .. } | SpoolError::Fenced { .. }) {
        return Abort::Machine;
    }
    match error.class() {
        Class::Vanished => Abort::Vanished,
        Class::Contended => Abort::Contended,
        Class::Poison => Abort::Poison,
        Class::Resource | Class::Fault => Abort::Machine,
    }
}

/// Waits until virtual time `until_ns`, in pieces, so that the program goes home when the run is over. False if it is.
fn wait_until(host: &dyn Host, shared: &Shared, until_ns: u64) -> bool {
    loop {
        if shared.watch.borrow().is_over {
            return false;
        }
        let now = shared.watch.borrow().time_ns();
        if until_ns <= now {
            return true;
        }
        // An hour at a time: a program that sleeps to the end of a run must not keep it from ending.
        host.sleep(Duration::from_nanos(until_ns - now).min(Duration::from_secs(3_600)));
    }
}
