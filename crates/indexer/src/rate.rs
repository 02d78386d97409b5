//! Whether bytes come fast enough to go on waiting for them.

use host::Millis;
use std::time::Duration;

/// What comes more slowly than the least rate for so long is given up.
pub(crate) const WINDOW: Duration = Duration::from_secs(5);

/// How many bytes came in the present window of time.
pub(crate) struct Rate {
    /// Bytes a second.
    min: u32,
    window: Option<Window>,
}

struct Window {
    since: Millis,
    bytes: u64,
}

impl Rate {
    /// Begins at `now`. Without a clock no rate is too slow.
    pub(crate) fn new(min: u32, now: Option<Millis>) -> Self {
        let window = now.map(|since| Window { since, bytes: 0 });
        Rate { min, window }
    }

    /// Adds so many bytes. True at the end of a window in which there were too few.
    pub(crate) fn is_too_slow(&mut self, bytes: usize, now: Option<Millis>) -> bool {
        let (Some(window), Some(now)) = (&mut self.window, now) else {
            return false;
        };
        window.bytes += bytes as u64;
        let took = u128::try_from(now.0.saturating_sub(window.since.0)).unwrap_or(0);
        if took < WINDOW.as_millis() {
            return false;
        }
        let least = u128::from(self.min) * took / 1_000;
        let is_too_slow = u128::from(window.bytes) < least;
        *window = Window {
            since: now,
            bytes: 0,
        };
        is_too_slow
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_whole_window_of_few_bytes_is_too_slow() {
        let at = |seconds: i64| Some(Millis(seconds * 1_000));
        let mut rate = Rate::new(1_000, at(0));
        assert!(!rate.is_too_slow(1, at(4)), "the window is not over");
        assert!(rate.is_too_slow(4_998, at(5)), "4,999 bytes in 5 s");
        assert!(!rate.is_too_slow(5_000, at(10)), "5,000 bytes in 5 s");
        // One read that took long is measured by how long it took.
        assert!(rate.is_too_slow(9_999, at(20)));
        assert!(
            !rate.is_too_slow(1, at(19)),
            "a clock that was stepped back"
        );
    }

    #[test]
    fn without_a_clock_nothing_is_too_slow() {
        assert!(!Rate::new(1_000, None).is_too_slow(0, None));
    }
}
