//! The account of the incident, and what the simulation makes of it.

use serde::{Deserialize, Serialize};

/// One figure of the account, and what the simulation makes of it.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct IncidentRow {
    /// What the figure is.
    pub figure: String,
    /// As the account words it.
    pub account: String,
    /// As a number, if the account gives one.
    pub account_value: Option<f64>,
    /// As the simulation words it.
    pub simulated: String,
    /// As a number.
    pub simulated_value: Option<f64>,
    /// What difference is accepted, as words.
    pub tolerance: String,
    /// Whether it was met.
    pub verdict: RowVerdict,
    /// Why.
    pub note: String,
}

/// One row of the comparison of runs before the fix, after it, and of the production pipeline in the same situation.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ComparedRow {
    /// What is compared.
    pub what: String,
    /// What the account says of a run before the fix.
    pub before: String,
    /// What runs of the old queue did.
    pub legacy: Figure,
    /// What the account says of a run after it.
    pub after: String,
    /// What runs of the patched queue did.
    pub hotfix: Figure,
    /// What passes of the production pipeline did. The account knows none.
    pub spool: String,
}

/// What was simulated, and whether it is what the account says.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Figure {
    /// In words.
    pub words: String,
    /// Whether it was met.
    pub verdict: RowVerdict,
}

/// Whether the simulation meets a figure of the account.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum RowVerdict {
    /// Within the tolerance.
    Pass,
    /// Outside.
    Miss,
    /// The account contradicts itself here.
    Unresolved,
    /// Shown for information.
    Info,
}

/// A place where the account contradicts itself.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Unresolved {
    /// Short name.
    pub id: String,
    /// The contradiction.
    pub note: String,
}

/// A scan of a real queue that somebody measured.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ObservedScan {
    /// Which scan.
    pub label: String,
    /// Files that it listed.
    pub depth: u64,
    /// Files that were gone when they were used.
    pub vanished: u64,
    /// Nanoseconds from the list to the last use.
    pub window_nanos: Option<u64>,
}

/// A time that an operator cares about.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Deadline {
    /// What it is.
    pub name: String,
    /// How long it is.
    pub nanos: u64,
}

/// Depth over virtual time, and what was observed.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Overlay {
    /// What minute 0 is, for the axis: `1 April 2026, UTC`.
    pub day: String,
    /// One line per simulated history.
    pub series: Vec<DepthSeries>,
    /// What people or logs saw.
    pub observed: Vec<Observed>,
    /// Crashes in the account.
    pub crashes: Vec<Mark>,
    /// Crashes in the simulation.
    pub simulated_crashes: Vec<Mark>,
}

/// A simulated history of the queue's depth.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DepthSeries {
    /// What was simulated.
    pub name: String,
    /// Minutes since midnight, and files.
    pub points: Vec<(f64, u64)>,
}

/// A depth that the account gives.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Observed {
    /// Minutes since midnight.
    pub minute: f64,
    /// Files.
    pub depth: u64,
    /// What it was.
    pub label: String,
}

/// An instant with a name.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Mark {
    /// Minutes since midnight.
    pub minute: f64,
    /// What happened.
    pub label: String,
}

/// The minimal race, as people read it.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Race {
    /// Which finding, engine and predicate.
    pub title: String,
    /// The actors, in order.
    pub lanes: Vec<String>,
    /// What they did, in order.
    pub events: Vec<RaceEvent>,
    /// From the event that listed a name to the one that used it, by index.
    pub list_to_use: Option<(usize, usize)>,
}

/// One step of an actor.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RaceEvent {
    /// Virtual nanoseconds since the tape began.
    pub at_nanos: u64,
    /// Index of the actor.
    pub lane: usize,
    /// What it did, and with what result.
    pub what: String,
    /// What the step is to the race.
    pub role: Role,
}

/// What a step is to the race.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Role {
    /// A step on the way.
    Step,
    /// The step that made the difference.
    Cause,
    /// The step at which the predicate broke.
    Violation,
}
