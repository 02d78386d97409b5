//! Times as stages compare and write them.

use host::Millis;
use jiff::Timestamp;

/// Milliseconds from one time to the other; 0 if the clock was stepped back.
pub(crate) fn elapsed_ms(from: Millis, to: Millis) -> u64 {
    u64::try_from(to.0.saturating_sub(from.0)).unwrap_or(0)
}

/// A clock's time as files and people are told it. One that no calendar has is told as 1970.
pub fn timestamp(at: Millis) -> Timestamp {
    Timestamp::from_millisecond(at.0).unwrap_or(Timestamp::UNIX_EPOCH)
}
