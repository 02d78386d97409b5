//! How much of the time passes take: a pass that takes all of the time from its start to that of the next keeps up with nothing
//! more.

use crate::time::{elapsed_ms, timestamp};
use host::Millis;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// The passes of a time that is at least an hour: a backlog that is worked off in less is no state to tell of.
const WINDOW_MS: u64 = 3_600_000;

/// How much of the time passes take.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Pace {
    /// When the first pass began of those that are counted now.
    pub since: Timestamp,
    /// How many passes are counted.
    pub passes: u64,
    /// How long they took, all together.
    pub busy_ms: u64,
    /// The passes of the hour, or more, before that; absent until there was one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last: Option<Paced>,
}

/// The passes of some time.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Paced {
    /// From the start of the first of them to the start of the first one after them, in milliseconds.
    pub time_ms: u64,
    /// How many they were.
    pub passes: u64,
    /// How long they took, all together.
    pub busy_ms: u64,
}

impl Paced {
    /// How much of the time they took, in thousandths.
    pub fn busy_permille(&self) -> u64 {
        self.busy_ms.saturating_mul(1_000) / self.time_ms.max(1)
    }
}

impl Pace {
    /// The pace after a pass that began and ended at these times. A clock that was set back begins anew.
    pub(super) fn with(before: Option<Pace>, began: Millis, ended: Millis) -> Pace {
        let fresh = |last| Pace {
            since: timestamp(began),
            passes: 0,
            busy_ms: 0,
            last,
        };
        let mut pace = before.unwrap_or_else(|| fresh(None));
        let since = Millis(pace.since.as_millisecond());
        let time_ms = elapsed_ms(since, began);
        if began < since {
            pace = fresh(pace.last);
        } else if WINDOW_MS <= time_ms {
            pace = fresh(Some(Paced {
                time_ms,
                passes: pace.passes,
                busy_ms: pace.busy_ms,
            }));
        }
        pace.passes += 1;
        pace.busy_ms += elapsed_ms(began, ended);
        pace
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MINUTE: i64 = 60_000;

    /// A pass each minute that takes so many seconds, for so many minutes after `from`.
    fn passes(mut pace: Option<Pace>, from: i64, minutes: i64, seconds: i64) -> Option<Pace> {
        for minute in 0..minutes {
            let began = from + minute * MINUTE;
            let ended = began + seconds * 1_000;
            pace = Some(Pace::with(pace, Millis(began), Millis(ended)));
        }
        pace
    }

    #[test]
    fn an_hour_is_told_once_it_is_over() {
        let pace = passes(None, 0, 60, 30);
        assert_eq!(pace.and_then(|pace| pace.last), None);
        let pace = passes(pace, 60 * MINUTE, 1, 59).expect("a pass was made");
        let last = pace.last.expect("an hour is over");
        assert_eq!((last.passes, last.busy_permille()), (60, 500));
        assert_eq!((pace.passes, pace.busy_ms), (1, 59_000));
    }

    #[test]
    fn a_clock_that_was_set_back_begins_anew_and_a_rest_counts() {
        let pace = passes(None, 600 * MINUTE, 30, 59);
        let back = passes(pace, 0, 1, 6).expect("a pass was made");
        assert_eq!((back.passes, back.last), (1, None));
        // Nothing ran for the rest of two hours.
        let after = passes(Some(back), 120 * MINUTE, 1, 6).and_then(|pace| pace.last);
        assert_eq!(
            after.map(|last| (last.passes, last.busy_permille())),
            Some((1, 0))
        );
    }
}
