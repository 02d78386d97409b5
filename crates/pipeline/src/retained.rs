//! What retention is asked for, and what it says.

use host::Millis;
use std::time::Duration;

/// What is too old to be kept, and how far one pass goes in removing it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct RetentionSettings {
    /// Cases and quarantined files whose alerts came longer ago are removed, day by day (UTC); `None` for never.
    pub cases_older_than: Option<Duration>,
    /// A pass removes about so many cases and quarantined files at most.
    pub cases_max: u64,
}

impl Default for RetentionSettings {
    /// Nothing is removed. If it is: 5,000 a pass, so that a pass a minute keeps up with seven million a day.
    fn default() -> Self {
        RetentionSettings {
            cases_older_than: None,
            cases_max: 5_000,
        }
    }
}

/// What retention has removed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Retained {
    /// What was published before this has neither case nor record.
    pub before: Millis,
    /// Cases that are gone, or about to go, since the ledger began.
    pub cases: u64,
    /// Quarantined files likewise.
    pub quarantined: u64,
    /// Cases and quarantined files that this pass removed.
    pub removed: u64,
    /// Whether all of it is removed by now.
    pub is_done: bool,
}
