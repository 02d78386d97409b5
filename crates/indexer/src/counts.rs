//! How many alerts were handed over, by their time: what the audit compares.
//!
//! Minutes for what is recent and hours for what is older: 90 days take 2,160 hours and at most 2,940 minutes, whatever
//! the number of alerts and however long the poller has been at work.

use crate::query::{HOUR, Range};
use host::Millis;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The counts of alerts from `first` on. Sparse, because a long silence has many minutes.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Counts {
    /// Alerts from this time on are counted, in milliseconds since 1970.
    first: i64,
    /// A whole hour in milliseconds: before it hours are counted, from it on minutes.
    fine: i64,
    /// By their start in milliseconds.
    hours: BTreeMap<i64, u64>,
    minutes: BTreeMap<i64, u64>,
}

/// Milliseconds of a minute.
pub(crate) const MINUTE: i64 = 60_000;

/// When the bucket of so many milliseconds starts that `time` lies in.
pub(crate) fn floor(time: Millis, unit: i64) -> Millis {
    Millis(time.0.div_euclid(unit).saturating_mul(unit))
}

impl Counts {
    /// Counts from `start` on.
    pub(crate) fn from(start: Millis) -> Self {
        Counts {
            first: start.0,
            fine: floor(start, HOUR).0,
            hours: BTreeMap::new(),
            minutes: BTreeMap::new(),
        }
    }

    /// Counts that were kept for each minute since 1970 alone, from the minute `first` on.
    pub(crate) fn of_minutes(first: i64, counts: BTreeMap<i64, u64>) -> Self {
        let start = |minute: i64| minute.saturating_mul(MINUTE);
        let counts = counts.into_iter();
        Counts {
            minutes: counts.map(|(at, count)| (start(at), count)).collect(),
            ..Counts::from(Millis(start(first)))
        }
    }

    /// Where counting begins.
    pub(crate) fn first(&self) -> Millis {
        Millis(self.first)
    }

    /// From where on minutes are counted; hours before.
    pub(crate) fn fine(&self) -> Millis {
        Millis(self.fine)
    }

    /// The bucket that `time` is counted in.
    pub(crate) fn bucket(&self, time: Millis) -> Range {
        let unit = self.unit(time);
        let start = floor(time, unit);
        let end = Millis(start.0.saturating_add(unit));
        Range::new(start.max(self.first()), end)
    }

    fn unit(&self, time: Millis) -> i64 {
        if time.0 < self.fine { HOUR } else { MINUTE }
    }

    fn tier(&mut self, time: Millis) -> &mut BTreeMap<i64, u64> {
        if time.0 < self.fine {
            &mut self.hours
        } else {
            &mut self.minutes
        }
    }

    /// One more alert at `time`. An older one than is counted is left out.
    pub(crate) fn add(&mut self, time: Millis) {
        self.raise(time, 1);
    }

    fn raise(&mut self, time: Millis, by: u64) {
        if self.first <= time.0 {
            let start = floor(time, self.unit(time)).0;
            let count = self.tier(time).entry(start).or_insert(0);
            *count = count.saturating_add(by);
        }
    }

    /// How many alerts the bucket of `time` has.
    pub(crate) fn get(&self, time: Millis) -> u64 {
        let unit = self.unit(time);
        let tier = if unit == HOUR {
            &self.hours
        } else {
            &self.minutes
        };
        tier.get(&floor(time, unit).0).copied().unwrap_or(0)
    }

    /// Says that the bucket of `time` has `count` alerts.
    pub(crate) fn set(&mut self, time: Millis, count: u64) {
        if time.0 < self.first {
            return;
        }
        let start = floor(time, self.unit(time)).0;
        match count {
            0 => self.tier(time).remove(&start),
            _ => self.tier(time).insert(start, count),
        };
    }

    /// The starts of the buckets in `range` that have alerts.
    pub(crate) fn starts(&self, range: Range) -> Vec<Millis> {
        // A bucket that `first` cuts starts, as it is kept, before the range does.
        let within = |tier: &BTreeMap<i64, u64>, unit| {
            let first = floor(range.from, unit).0;
            let keys = tier.range(first..range.to.0.max(first));
            keys.map(|(start, _)| Millis(*start).max(self.first()))
                .collect::<Vec<_>>()
        };
        let mut starts = within(&self.hours, HOUR);
        starts.extend(within(&self.minutes, MINUTE));
        starts
    }

    /// Keeps hours instead of minutes before `time`, as far as these are whole.
    pub(crate) fn fold_before(&mut self, time: Millis) {
        let fine = floor(time, HOUR).0;
        if fine <= self.fine {
            return;
        }
        let rest = self.minutes.split_off(&fine);
        let folded = std::mem::replace(&mut self.minutes, rest);
        self.fine = fine;
        for (start, count) in folded {
            *self.hours.entry(floor(Millis(start), HOUR).0).or_insert(0) += count;
        }
    }

    /// Forgets the hours before that of `time`, and says how many alerts they had.
    pub(crate) fn forget_before(&mut self, time: Millis) -> u64 {
        let first = floor(time, HOUR).0;
        if first <= self.first {
            return 0;
        }
        self.fold_before(Millis(first));
        let rest = self.hours.split_off(&first);
        let forgotten = std::mem::replace(&mut self.hours, rest);
        self.first = first;
        forgotten.values().sum()
    }

    /// Counts from `first` on, which is earlier than before: `found` has what lies between, by time.
    pub(crate) fn reach_back(&mut self, first: Millis, found: &BTreeMap<Millis, u64>) {
        self.first = self.first.min(first.0);
        for (time, count) in found {
            self.raise((*time).max(first), *count);
        }
    }

    /// Takes over the counts of a range that was read again, for the buckets that lie in it wholly.
    pub(crate) fn replace(&mut self, range: Range, found: &BTreeMap<Millis, u64>) {
        let mut starts = self.starts(range);
        starts.extend(found.keys());
        for start in starts {
            let bucket = self.bucket(start);
            if range.from <= bucket.from && bucket.to <= range.to {
                let count = found.get(&bucket.from).copied();
                self.set(bucket.from, count.unwrap_or(0));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Three hours and a half of an alert a minute, from the middle of a minute on.
    fn counts() -> Counts {
        let mut counts = Counts::from(Millis(30 * MINUTE + 7));
        for minute in 30..240 {
            counts.add(Millis(minute * MINUTE + 10));
        }
        counts
    }

    #[test]
    fn old_minutes_become_hours_and_old_hours_a_sum() {
        let mut counts = counts();
        counts.add(Millis(0));
        counts.set(Millis(31 * MINUTE), 4);
        counts.fold_before(Millis(150 * MINUTE));
        let of = |counts: &Counts| [45, 119, 121, 239].map(|m| counts.get(Millis(m * MINUTE)));
        assert_eq!(of(&counts), [33, 60, 1, 1]);
        assert_eq!(
            counts.bucket(Millis(45 * MINUTE)),
            Range::new(Millis(30 * MINUTE + 7), Millis(HOUR))
        );
        assert_eq!((counts.hours.len(), counts.minutes.len()), (2, 120));
        assert_eq!(counts.forget_before(Millis(119 * MINUTE)), 33);
        assert_eq!(counts.forget_before(Millis(30 * MINUTE)), 0);
        assert_eq!(counts.forget_before(Millis(230 * MINUTE)), 60 + 60);
        assert_eq!(counts.first(), Millis(3 * HOUR));
        assert_eq!(counts.fine(), Millis(3 * HOUR));
        assert_eq!((counts.hours.len(), counts.minutes.len()), (0, 60));
    }

    #[test]
    fn a_range_that_was_read_again_replaces_its_whole_buckets_alone() {
        let mut counts = counts();
        counts.fold_before(Millis(2 * HOUR));
        let found = BTreeMap::from([
            (Millis(HOUR), 70),
            (Millis(2 * HOUR), 9),
            (Millis(121 * MINUTE), 8),
        ]);
        let range = Range::new(Millis(45 * MINUTE), Millis(123 * MINUTE + 1));
        counts.replace(range, &found);
        let of = [45, 60, 120, 121, 122, 123].map(|m| counts.get(Millis(m * MINUTE)));
        assert_eq!(of, [30, 70, 9, 8, 0, 1]);
    }

    #[test]
    fn counting_reaches_back_to_what_was_found_there() {
        let mut counts = counts();
        let found = BTreeMap::from([(Millis(-HOUR), 5), (Millis(0), 2), (Millis(30 * MINUTE), 1)]);
        counts.reach_back(Millis(-HOUR), &found);
        let of = [-60, 0, 30].map(|m| counts.get(Millis(m * MINUTE)));
        assert_eq!(of, [5, 2, 2]);
        assert_eq!(counts.first(), Millis(-HOUR));
    }
}
