//! How many alerts were handed over for each minute of their time: what the audit compares.

use host::Millis;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The counts of the minutes from `first` on. Sparse, because a long silence has many minutes.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub(crate) struct Counts {
    /// The first minute that is counted, as minutes since 1970.
    first: i64,
    counts: BTreeMap<i64, u64>,
}

/// Milliseconds of a minute.
pub(crate) const MINUTE: i64 = 60_000;

/// The minute in which a time lies, as minutes since 1970.
pub(crate) fn minute_of(time: Millis) -> i64 {
    time.0.div_euclid(MINUTE)
}

/// When a minute starts.
pub(crate) fn start_of(minute: i64) -> Millis {
    Millis(minute.saturating_mul(MINUTE))
}

impl Counts {
    /// Counts from the first whole minute after `start` on.
    pub(crate) fn from(start: Millis) -> Self {
        Counts {
            first: minute_of(Millis(start.0.saturating_add(MINUTE - 1))),
            counts: BTreeMap::new(),
        }
    }

    /// One more alert at `time`. An older time than is kept is not counted.
    pub(crate) fn add(&mut self, time: Millis) {
        let minute = minute_of(time);
        self.set(minute, self.get(minute).saturating_add(1));
    }

    /// How many alerts `minute` had.
    pub(crate) fn get(&self, minute: i64) -> u64 {
        self.counts.get(&minute).copied().unwrap_or(0)
    }

    /// Says that `minute` had `count` alerts.
    pub(crate) fn set(&mut self, minute: i64, count: u64) {
        if self.first <= minute {
            self.counts.insert(minute, count);
        }
    }

    /// Forgets the minutes before `minute`.
    pub(crate) fn forget_before(&mut self, minute: i64) {
        if self.first < minute {
            self.counts = self.counts.split_off(&minute);
            self.first = minute;
        }
    }

    /// The first minute that is counted.
    pub(crate) fn first(&self) -> i64 {
        self.first
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_minute_has_its_own_count_until_it_is_forgotten() {
        let mut counts = Counts::from(Millis(9 * MINUTE + 5));
        for time in [10 * MINUTE, 11 * MINUTE - 1, 13 * MINUTE, 9 * MINUTE] {
            counts.add(Millis(time));
        }
        let of = |counts: &Counts| [9, 10, 11, 13, 14].map(|minute| counts.get(minute));
        assert_eq!(of(&counts), [0, 2, 0, 1, 0]);
        counts.set(11, 7);
        counts.forget_before(11);
        assert_eq!(of(&counts), [0, 0, 7, 1, 0]);
        counts.forget_before(5);
        assert_eq!((counts.first(), counts.get(11)), (11, 7));
        counts.forget_before(99);
        assert_eq!(of(&counts), [0; 5]);
    }

    #[test]
    fn minutes_before_1970_are_minutes() {
        assert_eq!(minute_of(Millis(-1)), -1);
        assert_eq!(start_of(minute_of(Millis(-60_001))), Millis(-120_000));
    }
}
