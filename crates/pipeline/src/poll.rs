//! Stage 1: from the indexer, and from `inbox/`, into the queue.

use crate::observed::Observed;
use crate::source::{Source, SourceFailure};
use crate::stage::{Counts, Ran};
use crate::time::is_due;
use host::Millis;
use indexer::Observations;
use spool::{Inbox, Spool};
use std::time::Duration;

/// What stage 1 remembers from one pass to the next.
pub(crate) struct Poll {
    /// When the indexer's counts were last compared with ours.
    counts_audited: Millis,
    /// What the indexer told; `None` before it was ever asked.
    observed: Option<Observed>,
}

/// How far stage 1 goes in one pass.
pub(crate) struct Limits {
    /// It stops once so many alerts wait or are parked.
    pub(crate) backlog_max: u64,
    /// When a file in the inbox that is no JSON object is taken all the same.
    pub(crate) inbox_settle: Duration,
    /// How often counts are compared.
    pub(crate) count_audit_every: Duration,
}

/// What stage 1 gives.
#[derive(Default)]
pub(crate) struct Polled {
    /// Whether the indexer has more for us now.
    pub(crate) has_more: bool,
    /// What the inbox held; `None` if it could not be looked at.
    pub(crate) inbox: Option<Inbox>,
}

impl Poll {
    /// The indexer's counts were last compared with ours at this time; at 0 for never. It had told `observed` before.
    pub(crate) fn new(counts_audited: Millis, observed: Option<Observed>) -> Self {
        Poll {
            counts_audited,
            observed,
        }
    }

    /// What the indexer told, in this pass or before; `None` if it was never asked.
    pub(crate) fn observed(&self) -> Option<Observed> {
        self.observed
    }

    /// When the indexer's counts were last compared with ours.
    pub(crate) fn counts_audited(&self) -> Millis {
        self.counts_audited
    }

    /// Takes in what there is, until the indexer has no more for now, or the backlog or the time for the indexer is at its
    /// limit. The inbox comes first: it waits for nobody.
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
        let inbox = source.adopt_inbox(limits.inbox_settle)?;
        let adopted = inbox.adoption;
        counts.errors += u64::from(inbox.held_since.is_some());
        polled.inbox = Some(inbox);
        counts.taken += adopted.adopted + adopted.quarantined + adopted.vanished + adopted.held;
        counts.given += adopted.adopted;
        counts.errors += adopted.quarantined;
        let mut backlog = spool::depth(spool)?.backlog();
        let Some(mut feed) = source.feed()? else {
            return Ok(());
        };
        while backlog < limits.backlog_max && feed.has_time() {
            let (step, published) = feed.step();
            backlog += published.published;
            counts.given += published.published;
            self.note(feed.observations());
            let step = match step {
                // It was slow, and gave something: the next pass goes on from there.
                Err(_) if 0 < counts.given - adopted.adopted && feed.is_over() => {
                    polled.has_more = true;
                    return Ok(());
                }
                other => other?,
            };
            counts.taken += step.handed_over + step.repeated;
            polled.has_more = !step.is_caught_up;
            if step.is_caught_up {
                break;
            }
        }
        let now = spool.host().now();
        let every_ms = u64::try_from(limits.count_audit_every.as_millis()).unwrap_or(u64::MAX);
        if is_due(self.counts_audited, now, every_ms) && !feed.is_over() {
            let (audit, published) = feed.audit();
            counts.given += published.published;
            self.note(feed.observations());
            let audit = audit?;
            counts.taken += audit.handed_over;
            self.observed
                .get_or_insert_default()
                .note_audit(&audit, now);
            self.counts_audited = now;
        }
        Ok(())
    }

    fn note(&mut self, told: Observations) {
        self.observed.get_or_insert_default().note(told);
    }
}
