//! Workers side by side: the one place of this program that starts threads for the queue.

use crate::machine::{Machine, Place};
use host::{Millis, Stop};
use pipeline::{Drained, Failure, FailureKind, Job};
use policy::Policy;
use spool::{Spool, SpoolOptions};
use std::thread;

/// The workers of a home. Each has its own handles; they meet on the disk alone, as processes would.
#[derive(Clone)]
pub(crate) struct Crew {
    /// The queue.
    pub(crate) home: Place,
    /// As every opener of it says them.
    pub(crate) options: SpoolOptions,
    /// How many.
    pub(crate) workers: u32,
}

impl Crew {
    /// Has all workers drain the queue, and waits for them.
    ///
    /// A worker that cannot open the queue says so in what it did. Panics if one of them panics.
    pub(crate) fn work(&self, job: &Job<'_, '_>) -> Vec<Drained> {
        let (policy, until, stop) = (job.policy, job.until, job.stop);
        let span = tracing::Span::current();
        thread::scope(|scope| {
            let started: Vec<_> = (1..=self.workers)
                .map(|number| {
                    let span = span.clone();
                    scope.spawn(move || {
                        let _within = span.enter();
                        self.drain(policy, until, stop, number)
                            .unwrap_or_else(|failure| Drained::failed(policy, failure))
                    })
                })
                .collect();
            started
                .into_iter()
                .map(|thread| {
                    thread
                        .join()
                        .unwrap_or_else(|bug| std::panic::resume_unwind(bug))
                })
                .collect()
        })
    }

    fn drain(
        &self,
        policy: &Policy,
        until: Millis,
        stop: Option<&dyn Stop>,
        number: u32,
    ) -> Result<Drained, Failure> {
        let machine = Machine::open().map_err(|error| Failure::new(FailureKind::Io, &error))?;
        let host = machine.host();
        let spool = Spool::open(host, self.home.at(host), self.options)?;
        let job = Job::new(&spool, policy, until).stopped_by(stop);
        Ok(job.drain(&format!("w{number}")))
    }
}

/// A policy is judged by on several threads at once.
const _: () = {
    const fn is_shared<T: Sync>() {}
    is_shared::<Policy>()
};
