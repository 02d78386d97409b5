//! What health is held to, and the passes after everything that must find it well.

use super::checks::Checks;
use super::units::Nanos;
use serde::{Deserialize, Serialize};
use toml::Spanned;

/// What health is held to. Without it, health keeps the program's own limits, and a run ends with its last alert.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Health {
    /// For how long the indexer may have nothing new, in nanoseconds; `None`: as long as the program has it.
    pub silence_max_ns: Option<u64>,
    /// Passes that are made once everything is terminal and audited. Each has nothing to do, and from the second on health
    /// must be well, but for what still stands.
    pub calm_passes: u64,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawHealth {
    silence_max: Option<Spanned<Nanos>>,
    calm_passes: Spanned<u64>,
}

impl RawHealth {
    pub(super) fn resolve(self, checks: &mut Checks) -> Health {
        Health {
            silence_max_ns: self
                .silence_max
                .map(|most| checks.some_time(most, "the silence")),
            calm_passes: checks.above_zero(self.calm_passes, "the number of passes"),
        }
    }
}
