//! The audit: comparing counts with the indexer for every minute, and reading again the minutes that differ.
//!
//! Alerts may be indexed hours late, when a shipper or a manager stalls and recovers. No overlap catches them; this does.

use crate::answer::Page;
use crate::counts::{MINUTE, minute_of, start_of};
use crate::error::{AnswerError, Asked, PollError};
use crate::poller::{Poller, Sink};
use crate::query::{Range, histogram};
use host::Millis;
use std::collections::BTreeMap;

/// What an audit found.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Audit {
    /// Minutes that were compared.
    pub minutes: u64,
    /// Minutes in which the indexer has more alerts than were handed over. They were read again.
    pub behind: u64,
    /// Alerts that the sink accepted from these minutes: late ones, and all others of the same minute.
    pub handed_over: u64,
    /// Minutes in which the indexer has fewer alerts than were handed over: somebody deleted them there.
    pub ahead: u64,
    /// Alerts whose time lies more than an hour in the future. They are read when it comes.
    pub future: u64,
}

/// What a clock may be wrong by before its alerts count as future ones.
const FUTURE: i64 = 60 * MINUTE;
/// The end of the year 9999, beyond which the indexer knows no date.
const TIME_MAX: Millis = Millis(253_402_300_799_999);

impl Poller<'_> {
    /// Compares the counts of all settled minutes of the audit's window, and hands over again every alert of a minute in
    /// which the indexer has more. The sink must recognise those that it had before.
    ///
    /// On an error some minutes may have been handed over; the next audit does the rest.
    pub fn audit(&mut self, sink: &mut Sink<'_>) -> Result<Audit, PollError> {
        self.guarded(|poller, now| poller.compare(now, sink))
    }

    fn compare(&mut self, now: Millis, sink: &mut Sink<'_>) -> Result<Audit, PollError> {
        let mut audit = Audit::default();
        let future = Range::new(Millis(now.0.saturating_add(FUTURE)), TIME_MAX);
        audit.future = self.count(future)?.0;
        let first = self.state.known.counts.first();
        let end = minute_of(self.state.watermark());
        if end <= first {
            return Ok(audit);
        }
        let found = self.minutes(Range::new(start_of(first), start_of(end)))?;
        for minute in first..end {
            let found = found.get(&minute).copied().unwrap_or(0);
            let known = self.state.known.counts.get(minute);
            audit.minutes += 1;
            audit.ahead += u64::from(found < known);
            if known < found {
                audit.behind += 1;
                self.read_minute(minute, sink, &mut audit.handed_over)?;
            }
        }
        Ok(audit)
    }

    fn read_minute(
        &mut self,
        minute: i64,
        sink: &mut Sink<'_>,
        handed_over: &mut u64,
    ) -> Result<(), PollError> {
        let range = Range::new(start_of(minute), start_of(minute + 1));
        let walked = self.walk(range, None, &mut |_, hits| {
            *handed_over += hits.len() as u64;
            sink(&hits).map_err(PollError::Sink)
        })?;
        self.accept_shards(walked.shards)?;
        self.state.known.counts.set(minute, walked.distinct);
        self.is_changed = true;
        Ok(())
    }

    /// How many alerts the indexer has in each minute of `range`. Errs if they do not add up to the range's count.
    fn minutes(&mut self, range: Range) -> Result<BTreeMap<i64, u64>, PollError> {
        const OPERATION: &str = "count minutes";
        let body = |_| histogram(&self.config, range);
        let read = |page: Page<'_>, _| {
            let minutes = page.minutes.iter();
            let minutes = minutes.map(|(start, count)| (minute_of(*start), *count));
            (minutes.collect::<BTreeMap<_, _>>(), page.shards)
        };
        let (minutes, shards) = self.client.search(OPERATION, &self.path, body, read)?;
        self.accept_shards(shards)?;
        let (total, shards) = self.count(range)?;
        self.accept_shards(shards)?;
        let sum: u64 = minutes.values().sum();
        if sum != total {
            let reason = format!("its minutes have {sum} alerts, and their range has {total}");
            return Err(AnswerError::Malformed { reason }).asked(OPERATION);
        }
        Ok(minutes)
    }
}
