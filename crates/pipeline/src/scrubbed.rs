//! What the scrub says of what is finished.

use host::Millis;
use std::time::Duration;

/// How far the scrub goes in one pass, and how often it is to see all of it again.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ScrubSettings {
    /// Within this time everything that is finished is looked at again; `None` for never.
    pub every: Option<Duration>,
    /// A pass looks at no more cases than these, also if more are due.
    pub cases_max: u64,
    /// A pass ends its look after about so many bytes.
    pub bytes_max: u64,
}

impl Default for ScrubSettings {
    /// A week; 1,000 cases and 256 MiB a pass: with a pass each minute, ten million cases a week.
    fn default() -> Self {
        ScrubSettings {
            every: Some(Duration::from_secs(7 * 24 * 3_600)),
            cases_max: 1_000,
            bytes_max: 256 << 20,
        }
    }
}

/// How the scrub stands after a pass.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Scrubbed {
    /// Cases that this pass looked at.
    pub verified: u64,
    /// Records of the ledger and cases that this pass looked at.
    pub looked_at: u64,
    /// Cases that were looked at since the state was begun; each counts as often as it was looked at.
    pub verified_total: u64,
    /// When the round that is going on began.
    pub round_began: Millis,
    /// Rounds that were finished.
    pub rounds: u64,
    /// For how long that part of what is finished which waits longest has not been looked at.
    pub oldest_unverified_ms: u64,
    /// Records and cases that are due and were left to the next pass.
    pub due: u64,
    /// Cases and packs that are not what was recorded, and segments of the ledger that do not fit, in all.
    pub findings: u64,
    /// The first of them, each a sentence that begins with `missing`, `changed`, `unreadable` or `ledger`.
    pub named: Vec<String>,
    /// Within which time everything is to be seen again.
    pub every: Duration,
}
