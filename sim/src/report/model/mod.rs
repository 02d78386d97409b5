//! The data of a campaign: the one thing that every report is a function of.
//!
//! Whoever runs a campaign fills a [`Campaign`]; nothing in it is computed for looks. Times are virtual unless they stand
//! in [`Wall`]. Orders are the order of the vectors, and depend on nothing outside the campaign.

mod account;
mod axis;
mod cell;
mod swarm;

pub use account::{
    ComparedRow, Deadline, DepthSeries, Figure, IncidentRow, Mark, Observed, ObservedScan, Overlay,
    Race, RaceEvent, Role, RowVerdict, Unresolved,
};
pub use axis::{AxisCost, AxisRow, FLAT_EXPONENT_MAX};
pub use cell::{Cell, Checked, Conservation, Expect};
pub use swarm::{Pair, Swarm, SwarmDanger};

use serde::{Deserialize, Serialize};

/// The version of this data model. A reader refuses any other.
pub const SCHEMA: u32 = 1;

/// Everything that one campaign found.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Campaign {
    /// Always [`SCHEMA`].
    pub schema: u32,
    /// What ran, and on what.
    pub environment: Environment,
    /// How n was fixed beforehand, as a sentence.
    pub stopping_rule: String,
    /// One cell per engine and depth.
    pub cells: Vec<Cell>,
    /// One row for each queue along each axis of scale.
    #[serde(default)]
    pub axes: Vec<AxisRow>,
    /// What had to happen at least once.
    pub sometimes: Vec<Sometimes>,
    /// What had to be caught.
    pub canaries: Vec<Canary>,
    /// Which dangers met, one entry per scenario whose runs draw theirs.
    #[serde(default)]
    pub swarms: Vec<Swarm>,
    /// One entry per fingerprint.
    pub findings: Vec<Finding>,
    /// What went wrong with the campaign itself.
    pub troubles: Vec<Trouble>,
    /// Tapes of old findings that ran first.
    pub corpus: Option<Share>,
    /// Runs repeated in a fresh process that gave the same hash.
    pub repeats: Option<Share>,
    /// The account against the simulation.
    pub incident: Vec<IncidentRow>,
    /// Runs before the fix, after it, and of the production pipeline.
    #[serde(default)]
    pub before_and_after: Vec<ComparedRow>,
    /// Figures of the account that do not fit together.
    pub unresolved: Vec<Unresolved>,
    /// Scans that people measured, to hold the simulated ones against.
    pub observed_scans: Vec<ObservedScan>,
    /// Operators' deadlines, to hold the race window against.
    pub deadlines: Vec<Deadline>,
    /// Depth over time, simulated and observed.
    pub overlay: Option<Overlay>,
    /// The minimal race.
    pub story: Option<Race>,
    /// Engines compared on the same seeds.
    pub comparisons: Vec<Comparison>,
    /// Information about the real machine. Decides nothing.
    pub wall: Option<Wall>,
}

/// What ran, and on what.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Environment {
    /// Version of `sim`.
    pub version: String,
    /// Commit, with a mark if the tree had changes.
    pub commit: String,
    /// Scenario as `id@hash`.
    pub scenario: String,
    /// Cost model as `id@hash`.
    pub cost_model: String,
    /// Profile that set the budget.
    pub profile: String,
    /// Seed of the campaign, and where it came from.
    pub seed: String,
    /// Which part of the seeds, as `k/n`, counted from 1.
    pub shard: String,
    /// When the report was made, as given by the caller.
    pub created: Option<String>,
    /// The line that starts the same campaign.
    pub command: String,
}

/// Something that must occur in at least one run, or the campaign proves nothing.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Sometimes {
    /// What must occur.
    pub goal: String,
    /// Runs that saw it.
    pub runs_seen: u64,
    /// Runs that could have.
    pub runs: u64,
}

/// A known bad engine under a predicate that must catch it.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Canary {
    /// Id of the scenario; empty if the campaign has only one.
    #[serde(default)]
    pub scenario: String,
    /// The specimen.
    pub engine: String,
    /// Id of the predicate.
    pub predicate: String,
    /// Runs that caught it.
    pub killed: u64,
    /// Runs that could have.
    pub runs: u64,
    /// Whether an uncaught canary makes the campaign worthless.
    pub must_fail: bool,
}

/// One cause of failure, under its fingerprint.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Finding {
    /// `F-` and six hexadecimal digits.
    pub fingerprint: String,
    /// How it stands against earlier campaigns.
    pub status: FindingStatus,
    /// Id of the predicate.
    pub predicate: String,
    /// Name of the predicate.
    pub name: String,
    /// The engine.
    pub engine: String,
    /// The depth of the first failing run.
    pub depth: u64,
    /// Runs that failed with this fingerprint at that depth.
    pub failed: u64,
    /// Runs at that depth.
    pub runs: u64,
    /// What happened, in one sentence.
    pub story: String,
    /// How far it was made smaller, in one sentence.
    pub shrunk: Option<String>,
    /// The line that replays the tape.
    pub replay: String,
    /// The line that runs the seed again at its commit.
    pub seed_command: Option<String>,
}

/// How a finding stands against earlier campaigns.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum FindingStatus {
    /// Seen for the first time.
    New,
    /// Seen before, and again.
    Ongoing,
    /// Not seen this time, but the upper bound is still above its past rate.
    Rare,
    /// Not seen this time, and the bound excludes its past rate.
    Resolved,
}

/// Something that is wrong with the campaign and not with an engine.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Trouble {
    /// Which kind.
    pub kind: TroubleKind,
    /// What happened, in one sentence.
    pub note: String,
}

/// The kinds of trouble that decide a verdict.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum TroubleKind {
    /// The harness broke one of its own promises.
    HarnessBug,
    /// The same tape gave two hashes.
    Nondeterministic,
    /// A shard is missing, the budget ended below the least number of seeds, or two dangers that had to meet did not.
    Incomplete,
    /// A boundary moved against the baseline.
    Regressed,
    /// The campaign was stopped from outside.
    Interrupted,
}

/// So many of so many.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Share {
    /// How many were as they should be.
    pub ok: u64,
    /// Of how many.
    pub of: u64,
}

/// Two engines on the same seeds.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Comparison {
    /// The first engine.
    pub first: String,
    /// The second engine.
    pub second: String,
    /// Id of the predicate.
    pub predicate: String,
    /// The depth.
    pub depth: u64,
    /// Seeds where only the first failed.
    pub only_first: u64,
    /// Seeds where only the second failed.
    pub only_second: u64,
}

/// What the real machine did meanwhile. Information: it decides nothing.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Wall {
    /// Seconds that the campaign took.
    pub seconds: f64,
    /// Seconds that it was allowed.
    pub budget_seconds: Option<f64>,
    /// Which machine, as words.
    pub machine: String,
}
