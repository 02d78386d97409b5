//! How long to wait before the next attempt.

use std::time::Duration;

/// Waits between attempts: exponential, with full jitter, so that many clients do not come back at one instant.
pub(crate) struct Backoff {
    min: Duration,
    max: Duration,
    state: u64,
}

impl Backoff {
    /// Waits of at most `min` at first and never more than `max`; equal seeds give equal waits.
    pub(crate) fn new(min: Duration, max: Duration, seed: u64) -> Self {
        Backoff {
            min,
            max,
            state: seed,
        }
    }

    /// The wait after the failed attempt `attempt`, counted from 0: evenly anywhere between nothing and the bound.
    pub(crate) fn wait(&mut self, attempt: u32) -> Duration {
        let factor = 2u32.saturating_pow(attempt);
        let bound = self.min.saturating_mul(factor).min(self.max);
        let bound = u64::try_from(bound.as_millis()).unwrap_or(u64::MAX);
        Duration::from_millis(self.draw() % bound.saturating_add(1).max(1))
    }

    /// SplitMix64: enough to spread waits.
    fn draw(&mut self) -> u64 {
        self.state = self.state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.state;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_spread_below_a_bound_that_doubles_up_to_its_limit() {
        let (min, max) = (Duration::from_secs(1), Duration::from_secs(30));
        let mut backoff = Backoff::new(min, max, 7);
        for (attempt, bound) in [
            (0, 1_000),
            (1, 2_000),
            (4, 16_000),
            (5, 30_000),
            (99, 30_000),
        ] {
            let waits: Vec<u128> = (0..200)
                .map(|_| backoff.wait(attempt).as_millis())
                .collect();
            assert!(waits.iter().all(|wait| *wait <= bound), "attempt {attempt}");
            assert!(
                waits.iter().any(|wait| *wait < bound / 4),
                "attempt {attempt}"
            );
            assert!(
                waits.iter().any(|wait| bound / 4 * 3 < *wait),
                "attempt {attempt}"
            );
        }
    }

    #[test]
    fn equal_seeds_wait_equally() {
        let of = |seed| Backoff::new(Duration::from_secs(9), Duration::from_secs(9), seed).wait(0);
        assert_eq!(of(3), of(3));
        assert_ne!(of(3), of(4));
    }
}
