//! Reading a range of time again, whatever the cursor.

use crate::error::PollError;
use crate::poller::{Poller, Sink, millis};
use crate::query::Range;
use crate::walk::Cut;
use host::Millis;
use std::collections::{BTreeMap, BTreeSet};

/// What was read again.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Backfill {
    /// Documents that the sink accepted. It knows how many alerts of them were new.
    pub alerts: u64,
    /// Slices that were read, each proved by a count.
    pub slices: u64,
}

/// Silence is crossed in slices of up to so many times their configured length.
const STRETCH_MAX: i64 = 1 << 10;

impl Poller<'_> {
    /// Reads the alerts from `from` and before `to`, and hands over all of them: the sink must leave out those that it had.
    ///
    /// Slice by slice, each proved by a count, so memory stays bounded. Moves neither cursor nor watermark. Counts are
    /// corrected where they differ; and if the range begins before the audit's window, nothing is out of reach any more:
    /// whoever chose the range has decided what of it matters. On an error the slices before were handed over, and the
    /// same call may be made again.
    pub fn backfill(
        &mut self,
        from: Millis,
        to: Millis,
        sink: &mut Sink<'_>,
    ) -> Result<Backfill, PollError> {
        self.guarded(|poller| {
            let done = poller.read_again(Range::new(from, to), sink)?;
            if from < poller.state.known.counts.first() && from < to {
                poller.is_changed |= poller.state.known.out_of_reach != 0;
                poller.state.known.out_of_reach = 0;
            }
            Ok(done)
        })
    }

    /// Hands over all alerts of a range, and corrects the counts of those buckets that lie in it wholly and are settled.
    pub(crate) fn read_again(
        &mut self,
        range: Range,
        sink: &mut Sink<'_>,
    ) -> Result<Backfill, PollError> {
        let mut done = Backfill::default();
        let mut found = BTreeMap::<Millis, u64>::new();
        let (mut from, mut stretch) = (range.from, 1);
        while from < range.to {
            let length = millis(self.config.slice).saturating_mul(stretch);
            let to = Millis(from.0.saturating_add(length)).min(range.to);
            let (to, times) = self.read_slice_again(Range::new(from, to), sink)?;
            done.alerts += times.len() as u64;
            done.slices += 1;
            stretch = match times.len() {
                0 => (stretch * 2).min(STRETCH_MAX),
                _ => 1,
            };
            let counts = &self.state.known.counts;
            for time in times {
                if counts.first() <= time {
                    *found.entry(counts.bucket(time).from).or_insert(0) += 1;
                }
            }
            from = to;
        }
        // What is younger is counted when the poller gets there, or looks again.
        let settled = Range::new(range.from, range.to.min(self.state.watermark()));
        self.state.known.counts.replace(settled, &found);
        self.is_changed = true;
        Ok(done)
    }

    /// Reads one slice, or as much of it as a slice may have, and says where it ended and the times of its documents.
    fn read_slice_again(
        &mut self,
        range: Range,
        sink: &mut Sink<'_>,
    ) -> Result<(Millis, Vec<Millis>), PollError> {
        let cut = Cut {
            alerts: self.config.slice_alerts as u64,
            beyond: range.from,
        };
        // A walk that is begun again brings the same documents. The indexer counts them, not alerts.
        let mut documents = BTreeSet::new();
        let walked = self.walker().walk(range, Some(cut), &mut |_, hits| {
            if hits.is_empty() {
                return Ok(());
            }
            sink(&hits).map_err(PollError::Sink)?;
            documents.extend(hits.iter().map(|hit| (hit.time, hit.document)));
            Ok(())
        })?;
        self.accept_shards(walked.shards)?;
        let times = documents.into_iter().map(|(time, _)| time);
        Ok((walked.to, times.filter(|time| *time < walked.to).collect()))
    }
}
