//! The audit: comparing counts with the indexer, and reading again what differs.
//!
//! Alerts may be indexed days late, when a shipper or a manager stalls and recovers. No overlap catches them; this does, as
//! far back as the window goes: hours of the whole window are counted by one request, and the minutes of its last two days
//! by another. Only an hour or a minute that has other alerts than were handed over, by their number, is read again, so what one
//! late alert costs is the hour it lies in.
//!
//! What is older than the window, or than where the poller was told to begin, is not read. It is counted all the same: by
//! as many as there become more, alerts are *out of reach*, and stay so until a backfill reads there.

use crate::answer::Page;
use crate::counts::{MINUTE, floor};
use crate::error::{AnswerError, Asked, PollError};
use crate::poller::{Poller, Sink, before};
use crate::query::{HOUR, Range, TIME_MAX, TIME_MIN, histogram};
use host::Millis;
use std::collections::{BTreeMap, BTreeSet};

/// What an audit found.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Audit {
    /// Since when alerts were compared. What is older is out of reach.
    pub since: Millis,
    /// Hours that were compared.
    pub hours: u64,
    /// Minutes that were compared.
    pub minutes: u64,
    /// Hours and minutes in which the indexer has more alerts than were handed over. They were read again.
    pub behind: u64,
    /// How many more it has there.
    pub late: u64,
    /// Alerts that the sink accepted from there, and from where there are fewer than before: the late ones, and all others of the
    /// same hour or minute.
    pub handed_over: u64,
    /// Hours and minutes in which the indexer has fewer alerts than before: they were deleted there. Told of once.
    pub ahead: u64,
    /// Alerts whose time lies more than an hour in the future. They are read when it comes.
    pub future: u64,
    /// Alerts that were indexed late and lie before `since`, altogether, since a backfill last read there. They are not
    /// handed over.
    pub out_of_reach: u64,
}

/// What a clock may be wrong by before its alerts count as future ones.
const FUTURE: i64 = HOUR;
/// How often buckets are counted until they add up: an alert may be indexed between two counts.
const COUNTS_MAX: u32 = 3;

impl Poller<'_> {
    /// Compares the counts of all settled time of the audit's window, and hands over again every alert of a minute or an
    /// hour in which the indexer has more, or fewer. The sink must recognise those that it had before.
    ///
    /// On an error some may have been handed over; the next audit does the rest.
    pub fn audit(&mut self, sink: &mut Sink<'_>) -> Result<Audit, PollError> {
        self.guarded(|poller| poller.compare(sink))
    }

    fn compare(&mut self, sink: &mut Sink<'_>) -> Result<Audit, PollError> {
        let now = self.peer_now()?;
        self.observe_newest(now)?;
        self.begin_counting(now)?;
        let future = Range::new(Millis(now.0.saturating_add(FUTURE)), TIME_MAX);
        let mut audit = Audit {
            future: self.walker().count(future)?.0,
            out_of_reach: self.count_out_of_reach()?,
            since: self.state.known.counts.first(),
            ..Audit::default()
        };
        let end = floor(self.state.watermark(), MINUTE);
        let counts = &self.state.known.counts;
        let (first, fine) = (counts.first(), counts.fine().min(end));
        let hours = Range::new(first, fine);
        let minutes = Range::new(fine.max(first), end);
        audit.hours = self.compare_buckets(hours, HOUR, sink, &mut audit)?;
        audit.minutes = self.compare_buckets(minutes, MINUTE, sink, &mut audit)?;
        Ok(audit)
    }

    /// Compares each bucket of `unit` milliseconds of a range, and says how many there are.
    fn compare_buckets(
        &mut self,
        range: Range,
        unit: i64,
        sink: &mut Sink<'_>,
        audit: &mut Audit,
    ) -> Result<u64, PollError> {
        if range.to <= range.from {
            return Ok(0);
        }
        let found = self.buckets(range, unit)?;
        let known = self.state.known.counts.starts(range);
        let starts: BTreeSet<Millis> = known.into_iter().chain(found.keys().copied()).collect();
        for start in starts {
            let found = found.get(&start).copied().unwrap_or(0);
            let known = self.state.known.counts.get(start);
            audit.behind += u64::from(known < found);
            audit.late += found.saturating_sub(known);
            audit.ahead += u64::from(found < known);
            if found == known {
                continue;
            }
            if found == 0 {
                // Were the higher count kept, alerts that come late here would have to be more than were deleted.
                self.state.known.counts.set(start, 0);
                self.is_changed = true;
            } else {
                // Fewer may be others too: some were deleted, or were counted twice because they came again under other ids,
                // and others came late since.
                let bucket = self.state.known.counts.bucket(start);
                audit.handed_over += self.read_again(bucket, sink)?.alerts;
            }
        }
        let length = range.to.0.saturating_sub(range.from.0);
        Ok(length.unsigned_abs().div_ceil(unit.unsigned_abs()))
    }

    /// How many alerts the indexer has in each bucket of a range, by where it starts. Errs if they do not add up to the
    /// range's count.
    fn buckets(&mut self, range: Range, unit: i64) -> Result<BTreeMap<Millis, u64>, PollError> {
        const OPERATION: &str = "count alerts by time";
        let mut tries = 1;
        loop {
            let body = |_| histogram(&self.config, range, unit);
            let read = |page: Page<'_>, _| {
                let buckets = page.buckets.iter();
                // The first one starts before the range if that begins within it.
                let buckets = buckets.map(|(start, count)| ((*start).max(range.from), *count));
                (buckets.collect::<BTreeMap<_, _>>(), page.shards)
            };
            let (buckets, shards) = self.client.search(OPERATION, &self.path, body, read)?;
            self.accept_shards(shards)?;
            let (total, shards) = self.walker().count(range)?;
            self.accept_shards(shards)?;
            let sum: u64 = buckets.values().sum();
            if sum == total {
                return Ok(buckets);
            }
            if tries == COUNTS_MAX {
                let reason = format!("its parts have {sum} alerts, and their range has {total}");
                return Err(AnswerError::Malformed { reason }).asked(OPERATION);
            }
            tries += 1;
        }
    }

    /// Learns what the indexer had before the poller came: how many alerts are older than those that are counted; and,
    /// where the window reaches back further than the counts do, how many each hour in between has.
    ///
    /// Those are taken for handed over. A state of before this version kept counts of two days, and had handed over what
    /// is older, as far back as it was told to begin: reading all of it again would be in vain.
    pub(crate) fn begin_counting(&mut self, now: Millis) -> Result<(), PollError> {
        let first = self.state.known.counts.first();
        // Younger alerts may still become visible in the ordinary way.
        let is_settled = first <= before(now, self.config.overlap);
        if self.state.known.below.is_none() && is_settled {
            self.count_below()?;
        }
        let window = before(self.state.watermark(), self.config.audit_window);
        let wanted = window.max(Millis(self.state.known.start));
        let wanted = floor(Millis(wanted.0.saturating_add(HOUR - 1)), HOUR);
        if self.state.known.below.is_none() || first.0 <= wanted.0.saturating_add(HOUR) {
            return Ok(());
        }
        self.count_out_of_reach()?;
        let fine = self.state.known.counts.fine().clamp(wanted, first);
        let mut found = BTreeMap::new();
        for (range, unit) in [
            (Range::new(wanted, fine), HOUR),
            (Range::new(fine, first), MINUTE),
        ] {
            if range.from < range.to {
                found.extend(self.buckets(range, unit)?);
            }
        }
        self.state.known.counts.reach_back(wanted, &found);
        self.count_below()
    }

    fn count_below(&mut self) -> Result<(), PollError> {
        let first = self.state.known.counts.first();
        let (total, shards) = self.walker().count(Range::new(TIME_MIN, first))?;
        self.accept_shards(shards)?;
        self.state.known.below = Some(total);
        self.is_changed = true;
        Ok(())
    }

    /// Counts what became more before the counted time, and says how many alerts are out of reach altogether.
    fn count_out_of_reach(&mut self) -> Result<u64, PollError> {
        if let Some(expected) = self.state.known.below {
            self.count_below()?;
            let found = self.state.known.below.unwrap_or(expected);
            self.state.known.out_of_reach += found.saturating_sub(expected);
        }
        Ok(self.state.known.out_of_reach)
    }

    /// Forgets the counts of what is older than the window, and keeps hours of what is older than two days. What leaves
    /// the window counts among what is older.
    pub(crate) fn age_counts(&mut self) {
        let watermark = self.state.watermark();
        let known = &mut self.state.known;
        known
            .counts
            .fold_before(before(watermark, FINE.min(self.config.audit_window)));
        let oldest = before(watermark, self.config.audit_window);
        let forgotten = known.counts.forget_before(oldest);
        known.below = known.below.map(|below| below.saturating_add(forgotten));
    }
}

/// How long minutes are kept.
const FINE: std::time::Duration = std::time::Duration::from_secs(48 * 60 * 60);
