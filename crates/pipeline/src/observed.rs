//! What stage 1 learned of the indexer besides its alerts, as the heartbeat tells it.

use crate::time::timestamp;
use host::Millis;
use indexer::{Audit, Observations};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// The indexer, as far as its last answers told.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct Observed {
    /// Our clock minus the indexer's, in seconds: negative if ours is behind.
    pub skew_s: Option<i64>,
    /// The time of its newest alert, later ones than its clock shows left out.
    pub newest_alert: Option<Timestamp>,
    /// When it gave its last complete answer, by our clock.
    pub answered: Option<Timestamp>,
    /// Alerts that were indexed late, before what the audit of counts compares, and are not handed over.
    #[serde(default)]
    pub out_of_reach: u64,
    /// The last audit of counts.
    pub audit: Option<Audited>,
}

/// What the last audit of counts found.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Audited {
    /// When it was made, by our clock.
    pub at: Timestamp,
    /// Since when it compares. What is older is out of reach.
    pub since: Timestamp,
    /// Hours and minutes in which the indexer had more alerts than were handed over.
    pub behind: u64,
    /// How many more: late alerts, which were handed over then.
    pub late: u64,
    /// Hours and minutes in which it had fewer: alerts were deleted there.
    pub ahead: u64,
    /// Alerts whose time lies more than an hour in the future.
    pub future: u64,
}

impl Observed {
    /// Takes over what the poller knows. What it does not know any more, because it is another process, stays.
    pub(crate) fn note(&mut self, told: Observations) {
        if let Some(answered) = told.answered_at {
            self.answered = Some(timestamp(answered));
            self.skew_s = told.skew_s;
        }
        self.newest_alert = told.newest_alert.map(timestamp).or(self.newest_alert);
        self.out_of_reach = told.out_of_reach;
    }

    /// Takes over what an audit found.
    pub(crate) fn note_audit(&mut self, found: &Audit, at: Millis) {
        self.audit = Some(Audited {
            at: timestamp(at),
            since: timestamp(found.since),
            behind: found.behind,
            late: found.late,
            ahead: found.ahead,
            future: found.future,
        });
    }

    /// For how many milliseconds the indexer had nothing new when it last answered, by its own clock.
    pub fn silence_ms(&self) -> Option<u64> {
        let (answered, newest) = (self.answered?, self.newest_alert?);
        let theirs = answered
            .as_millisecond()
            .saturating_sub(self.skew_s.unwrap_or(0).saturating_mul(1_000));
        u64::try_from(theirs.saturating_sub(newest.as_millisecond())).ok()
    }
}
