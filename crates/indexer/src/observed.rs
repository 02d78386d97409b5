//! What the last answers told, as values.

use host::Millis;

/// What the last answers told of the indexer.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Observations {
    /// Our clock minus the indexer's, in seconds: negative if ours is behind. `None` if neither a date nor a crowd of
    /// alerts told it. The last one that was told, whether the poller believed it or not.
    pub skew_s: Option<i64>,
    /// The time of the newest alert that the indexer has, later ones than its clock shows left out.
    pub newest_alert: Option<Millis>,
    /// When it gave its last complete answer, by our clock.
    pub answered_at: Option<Millis>,
    /// Alerts that were indexed late where the audit does not compare: see [`crate::Audit::out_of_reach`].
    pub out_of_reach: u64,
}

/// The newest alerts, and when they were asked for by our clock.
#[derive(Clone, Debug)]
pub(crate) struct Look {
    pub(crate) at: Millis,
    /// Latest first.
    pub(crate) newest: Vec<Millis>,
}
