//! Times as stages compare and write them.

use host::Millis;
use jiff::Timestamp;

/// Milliseconds from one time to the other; 0 if the clock was stepped back.
pub(crate) fn elapsed_ms(from: Millis, to: Millis) -> u64 {
    u64::try_from(to.0.saturating_sub(from.0)).unwrap_or(0)
}

/// Whether it is time again for what was done at `last`, and is to be done each so many milliseconds. If `last` is yet to come, the
/// clock was set back since, and nobody can tell how long ago it was: it is time.
pub(crate) fn is_due(last: Millis, now: Millis, every_ms: u64) -> bool {
    now < last || every_ms <= elapsed_ms(last, now)
}

/// A clock's time as files and people are told it. One that no calendar has is told as 1970.
pub fn timestamp(at: Millis) -> Timestamp {
    Timestamp::from_millisecond(at.0).unwrap_or(Timestamp::UNIX_EPOCH)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_time_after_so_long_and_after_the_clock_was_set_back() {
        let due = |last, now| is_due(Millis(last), Millis(now), 60);
        assert!(!due(1_000, 1_000) && !due(1_000, 1_059));
        assert!(due(1_000, 1_060) && due(1_000, 999));
    }
}
