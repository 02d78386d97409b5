//! Stage 1: from the indexer, and from `inbox/`, into the queue.

use crate::source::{Source, SourceFailure};
use crate::stage::{Counts, Ran};
use crate::time::elapsed_ms;
use host::Millis;
use spool::Spool;
use std::time::Duration;

/// What stage 1 remembers from one pass to the next.
pub(crate) struct Poll {
    /// When the indexer's counts were last compared with ours.
    counts_audited: Millis,
}

/// How far stage 1 goes in one pass.
pub(crate) struct Limits {
    /// It stops once so many alerts wait or are parked.
    pub(crate) backlog_max: u64,
    /// No slice is begun after this time.
    pub(crate) until: Millis,
    /// How often counts are compared.
    pub(crate) count_audit_every: Duration,
}

/// What stage 1 gives.
#[derive(Default)]
pub(crate) struct Polled {
    /// Whether the indexer has more for us now.
    pub(crate) has_more: bool,
}

impl Poll {
    /// The indexer's counts were last compared with ours at this time; at 0 for never.
    pub(crate) fn new(counts_audited: Millis) -> Self {
        Poll { counts_audited }
    }

    /// When the indexer's counts were last compared with ours.
    pub(crate) fn counts_audited(&self) -> Millis {
        self.counts_audited
    }

    /// Takes in what there is, until the indexer has no more for now, or the backlog or the pass's time is at its limit.
    pub(crate) fn run(
        &mut self,
        spool: &Spool<'_>,
        source: &mut Source<'_>,
        limits: &Limits,
    ) -> Ran<Polled> {
        Ran::noting(|counts, polled| {
            let result = self.take_in(spool, source, limits, counts, polled);
            source.settle(result)
        })
    }

    fn take_in(
        &mut self,
        spool: &Spool<'_>,
        source: &mut Source<'_>,
        limits: &Limits,
        counts: &mut Counts,
        polled: &mut Polled,
    ) -> Result<(), SourceFailure> {
        let host = spool.host();
        let adopted = source.adopt_inbox()?;
        counts.taken += adopted.adopted + adopted.quarantined + adopted.vanished + adopted.held;
        counts.given += adopted.adopted;
        counts.errors += adopted.quarantined;
        let mut backlog = spool::depth(spool)?.backlog();
        let Some(mut feed) = source.feed()? else {
            return Ok(());
        };
        while backlog < limits.backlog_max && host.now() <= limits.until {
            let (step, published) = feed.step()?;
            backlog += published.published;
            counts.taken += step.handed_over + step.repeated;
            counts.given += published.published;
            polled.has_more = !step.is_caught_up;
            if step.is_caught_up {
                break;
            }
        }
        let now = host.now();
        let since = elapsed_ms(self.counts_audited, now);
        if limits.count_audit_every.as_millis() <= u128::from(since) {
            let (audit, published) = feed.audit()?;
            counts.taken += audit.handed_over;
            counts.given += published.published;
            counts.errors += audit.ahead;
            self.counts_audited = now;
        }
        Ok(())
    }
}
