//! How far a pass goes, and how often it does what is expensive.

use crate::escalation::EscalationSettings;
use crate::retained::RetentionSettings;
use crate::scrubbed::ScrubSettings;
use std::time::Duration;

/// The directory beside the spool's parts that holds what the next pass must know.
pub(crate) const STATE: &str = "state";

/// How far a pass goes. Every limit is for one pass; the next one goes on.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Settings {
    /// Polling stops once so many alerts wait or are parked: the others are safest in the indexer.
    pub backlog_max: u64,
    /// The work on claims stops after about this long, and so does polling.
    pub pass_max: Duration,
    /// How long all stages of a pass together may wait for the indexer. What waits in the queue waits so much longer if the
    /// indexer hangs.
    pub poll_max: Duration,
    /// A file in `inbox/` that is no whole JSON object is taken, and set aside, once nobody has written to it for so long.
    pub inbox_settle: Duration,
    /// How often the indexer's counts are compared with ours.
    pub count_audit_every: Duration,
    /// While more than 10,000 alerts are on their way, they are looked for on disk only this often: that takes a look at
    /// every name.
    pub look_every: Duration,
    /// How many of the alerts on their way reconcile has in memory, at about 100 bytes each; it keeps the others on disk.
    pub near_max: usize,
    /// How often what is finished is looked at again, and how far a pass goes with it.
    pub scrub: ScrubSettings,
    /// What is too old to be kept.
    pub retention: RetentionSettings,
    /// What stage 5 writes on every pack.
    pub escalation: EscalationSettings,
}

impl Default for Settings {
    /// 50,000 alerts, ten minutes, of which 20 seconds for the indexer, a minute, an hour, an hour; 8,192 alerts in memory; a week for
    /// the scrub; nothing is too old; packs are amber.
    fn default() -> Self {
        Settings {
            backlog_max: 50_000,
            pass_max: Duration::from_secs(600),
            poll_max: Duration::from_secs(20),
            inbox_settle: Duration::from_secs(60),
            count_audit_every: Duration::from_secs(3_600),
            look_every: Duration::from_secs(3_600),
            // Below 10,000, so that a queue of that depth costs what every deeper one does (contract S16).
            near_max: 8_192,
            scrub: ScrubSettings::default(),
            retention: RetentionSettings::default(),
            escalation: EscalationSettings::default(),
        }
    }
}
