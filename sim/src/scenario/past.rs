//! What a home has behind it when a run begins: the alerts of the start have become cases, in so many lives of the program.

use super::checks::Checks;
use super::units::SECOND_NS;
use super::world::RawQueue;
use serde::{Deserialize, Serialize};
use toml::Spanned;

/// The past of a home: the production pipeline was started once a minute, each time for one pass, and nothing went wrong. The
/// alerts of the start came evenly over the last so many of them that are lived through, and are finished. What earlier ones have
/// left is written down at once.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Past {
    /// How often it was started; a few times more until everything was finished.
    pub lives: u64,
}

/// So many lives are lived through; what more have left is known.
const LIVED_MAX: u64 = 1_000;
/// From one start to the next, in nanoseconds.
const RHYTHM_NS: u64 = 60 * SECOND_NS;

impl Past {
    /// From one start of the program to the next, in nanoseconds.
    pub fn rhythm_ns(&self) -> u64 {
        RHYTHM_NS
    }

    /// How many lives are lived through.
    pub fn lived(&self) -> u64 {
        self.lives.min(LIVED_MAX)
    }

    /// How many were before those.
    pub fn earlier(&self) -> u32 {
        u32::try_from(self.lives - self.lived()).unwrap_or(u32::MAX)
    }

    /// How long the lives took that are lived through, in milliseconds.
    pub fn length_ms(&self) -> i64 {
        ms(self.lived())
    }

    /// How long before those the first one was, in milliseconds.
    pub fn earlier_ms(&self) -> i64 {
        ms(self.earlier().into())
    }
}

/// How long so many lives take, in milliseconds.
fn ms(lives: u64) -> i64 {
    let ms = lives.saturating_mul(RHYTHM_NS / 1_000_000);
    i64::try_from(ms).unwrap_or(i64::MAX / 4)
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawPast {
    lives: Spanned<u64>,
}

impl RawPast {
    pub(super) fn resolve(self, queue: &RawQueue, checks: &mut Checks) -> Past {
        if queue.filled {
            let help = "drop `filled`, or [past]".to_owned();
            checks.problem(
                self.lives.span(),
                "the alerts of the start cannot wait and be finished",
                "`queue.filled` is there too",
                Some(help),
            );
        }
        Past {
            lives: checks.above_zero(self.lives, "the number of lives"),
        }
    }
}
