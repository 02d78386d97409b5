//! What became of the alerts that came in the last 24 hours, counted hour by hour.

use crate::reconciled::LastDay;
use host::Millis;
use serde::{Deserialize, Serialize};
use spool::Stamp;
use std::collections::BTreeMap;

const HOUR_MS: u64 = 3_600_000;
const HOURS: u64 = 24;

/// The counts of the hours, by the hours since 1970 in which the alerts came.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub(super) struct Hours(BTreeMap<u64, LastDay>);

impl Hours {
    /// Counts an alert that came at `stamp` and has its end.
    pub(super) fn count(&mut self, stamp: Stamp, is_good: bool) {
        let hour = self.0.entry(stamp.millis / HOUR_MS).or_default();
        match is_good {
            true => hour.good += 1,
            false => hour.quarantined += 1,
        }
    }

    /// Forgets what is older than a day at `now`, and adds up the rest.
    pub(super) fn sum(&mut self, now: Millis) -> LastDay {
        let hour = u64::try_from(now.0).unwrap_or(0) / HOUR_MS;
        self.0.retain(|of, _| hour < of + HOURS);
        let hours = self.0.values();
        hours.fold(LastDay::default(), |sum, one| LastDay {
            good: sum.good + one.good,
            quarantined: sum.quarantined + one.quarantined,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_came_a_day_ago_no_longer_counts() {
        let mut hours = Hours::default();
        let stamp = |hour: u64| Stamp {
            millis: hour * HOUR_MS + 1,
            sequence: 0,
        };
        hours.count(stamp(100), true);
        hours.count(stamp(100), false);
        hours.count(stamp(101), true);
        let at = |hour: i64| Millis(hour * HOUR_MS as i64 + 7);
        let (both, one) = ((2, 1), (1, 0));
        for (hour, (good, quarantined)) in [(101, both), (123, both), (124, one), (125, (0, 0))] {
            let sum = LastDay { good, quarantined };
            assert_eq!(hours.sum(at(hour)), sum, "at hour {hour}");
        }
    }
}
