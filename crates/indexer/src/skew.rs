//! Which clock to poll by: ours, or the indexer's.
//!
//! Alerts carry the time of the machines that made them, and the indexer's clock is mostly near to theirs. A clock of ours
//! that is a day behind would leave every alert alone for a day; one that is ahead would move the cursor past alerts that
//! are still to come. So the indexer's clock, the `Date` of its answers, is the poller's, under one rule:
//!
//! - A `Date` that agrees with our clock within a minute is believed, and so is one that differs from it as a believed one
//!   did before.
//! - Where the two disagree, alerts are the third witness: the later clock is right if there is an alert of the hour before
//!   it. Without one the earlier clock is right: waiting loses nothing, and a cursor that ran ahead does.
//!
//! So one absurd `Date`, or one alert of the future, moves nothing; it takes both, and within an hour of each other.
//! Without a `Date` our clock counts, unless ten alerts of one hour are later.

use host::Millis;

/// What an answer told of the indexer's clock.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Heard {
    /// Our time before the request was sent.
    pub(crate) before: Millis,
    /// Our time after its answer had come.
    pub(crate) after: Millis,
    /// The answer's `Date`, which has whole seconds.
    pub(crate) date: Option<Millis>,
}

/// Clocks that differ by no more milliseconds agree.
pub(crate) const AGREE: i64 = 60_000;
/// An alert is a witness for a clock that shows up to so many milliseconds more.
pub(crate) const WITNESS: i64 = 3_600_000;
/// Without a `Date`, so many alerts are a clock.
pub(crate) const CROWD: usize = 10;

impl Heard {
    /// Our clock minus the indexer's in milliseconds, exact to a second; 0 if the date was shown while we waited for it.
    pub(crate) fn skew(self) -> Option<i64> {
        let date = self.date?;
        let most = self.after.0.saturating_sub(date.0);
        let least = self.before.0.saturating_sub(date.0).saturating_sub(999);
        Some(if least <= 0 && 0 <= most { 0 } else { most })
    }
}

/// Whether `skew` needs no other witness than a believed one of before.
pub(crate) fn is_familiar(skew: i64, believed: Option<i64>) -> bool {
    let is_near = |other: i64| skew.abs_diff(other) <= AGREE.unsigned_abs();
    is_near(0) || believed.is_some_and(is_near)
}

/// The time up to which an alert could be a witness, where our clock shows `ours`.
pub(crate) fn witnessed_until(ours: Millis, skew: i64) -> Millis {
    let theirs = ours.0.saturating_sub(skew);
    Millis(ours.0.max(theirs).saturating_add(AGREE))
}

/// Whether to believe the `skew` of a date that disagrees with our clock, which shows `ours`. `newest` is the newest alert
/// before [`witnessed_until`].
pub(crate) fn is_believed(ours: Millis, skew: i64, newest: Option<Millis>) -> bool {
    let theirs = ours.0.saturating_sub(skew);
    let later = ours.0.max(theirs);
    let has_witness = newest.is_some_and(|time| later.saturating_sub(WITNESS) <= time.0);
    has_witness == (ours.0 < theirs)
}

/// The time that a crowd of alerts shows where no date does. `newest` are the newest alerts, latest first.
pub(crate) fn crowd_time(newest: &[Millis]) -> Option<Millis> {
    let last = newest.get(CROWD - 1)?;
    let mut times = newest.iter().copied();
    times.find(|time| time.0.saturating_sub(last.0) <= WITNESS)
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: i64 = 1_775_044_800_400;
    const DAY: i64 = 24 * WITNESS;

    #[test]
    fn skew_is_exact_to_a_second_and_zero_while_we_wait() {
        let heard = |before: i64, after: i64| Heard {
            before: Millis(before),
            after: Millis(after),
            date: Some(Millis(NOW - 400)),
        };
        let skew = |before, after| heard(before, after).skew();
        assert_eq!(skew(NOW, NOW), Some(0));
        assert_eq!(skew(NOW - 9_000, NOW + 9_000), Some(0));
        assert_eq!(skew(NOW + DAY, NOW + DAY), Some(DAY + 400));
        assert_eq!(skew(NOW - DAY, NOW - DAY), Some(-DAY + 400));
        let silent = Heard {
            date: None,
            ..heard(NOW, NOW)
        };
        assert_eq!(silent.skew(), None);
    }

    #[track_caller]
    fn check(skew: i64, newest: Option<i64>, expected: bool) {
        let newest = newest.map(|ago| Millis(NOW - ago));
        assert_eq!(is_believed(Millis(NOW), skew, newest), expected);
    }

    #[test]
    fn an_alert_decides_between_two_clocks() {
        // Ours is a day behind, and alerts come by theirs.
        check(-DAY, Some(-DAY + 60_000), true);
        // One absurd date: nothing else is so late.
        check(-DAY, Some(60_000), false);
        check(-DAY, None, false);
        // One alert of the future, and a date beyond it.
        check(-DAY, Some(-DAY / 2), false);
        // Ours is a day ahead.
        check(DAY, Some(DAY), true);
        check(DAY, None, true);
        // Theirs is a day behind, and alerts come by ours.
        check(DAY, Some(60_000), false);
    }

    #[test]
    fn a_familiar_difference_needs_no_witness() {
        assert!(is_familiar(-AGREE, None) && !is_familiar(-AGREE - 1, None));
        assert!(is_familiar(DAY + AGREE, Some(DAY)) && !is_familiar(DAY, Some(-DAY)));
        assert!(!is_familiar(i64::MIN, Some(i64::MAX)));
    }

    #[test]
    fn ten_alerts_of_an_hour_are_a_clock_and_nine_are_none() {
        let mut newest = vec![Millis(NOW + DAY)];
        newest.extend((0..9).map(|number| Millis(NOW - number * 60_000)));
        assert_eq!(crowd_time(&newest), Some(Millis(NOW)));
        assert_eq!(crowd_time(&newest[1..]), None);
    }
}
