//! The data of a campaign: the one thing that every report is a function of.
//!
//! Whoever runs a campaign fills a [`Campaign`]; nothing in it is computed for looks. Times are virtual unless they stand
//! in [`Wall`]. Orders are the order of the vectors, and depend on nothing outside the campaign.

use crate::stats::sample::Summary;
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
    /// What had to happen at least once.
    pub sometimes: Vec<Sometimes>,
    /// What had to be caught.
    pub canaries: Vec<Canary>,
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

/// What was measured for one engine at one depth.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Cell {
    /// Engine: `spool`, `legacy` or `hotfix`.
    pub engine: String,
    /// Files in the queue at the start.
    pub depth: u64,
    /// Runs, each of a distinct seed.
    pub runs: u64,
    /// How many different schedules those seeds led to.
    pub distinct_schedules: u64,
    /// Runs in which a pass was ended by a name that was gone.
    pub crashed: u64,
    /// What was checked in each run.
    pub predicates: Vec<Checked>,
    /// Virtual nanoseconds from seeing a name to using it: the longest of each run.
    pub window_nanos: Option<Summary>,
    /// Most calls between seeing a name and using it.
    pub window_calls_max: Option<u64>,
    /// Files that vanished during one scan, over seeds.
    pub vanished_per_scan: Option<Summary>,
    /// Host calls for each file.
    pub calls_per_file: Option<f64>,
    /// Virtual nanoseconds for each file.
    pub virtual_nanos_per_file: Option<f64>,
    /// Largest heap of the engine, in bytes.
    pub heap_bytes_peak: Option<u64>,
    /// Most files and directories open at once.
    pub handles_peak: Option<u64>,
    /// The sum of contract S2, over all runs of the cell.
    pub conservation: Option<Conservation>,
}

/// How often one predicate failed in one cell.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Checked {
    /// Id in the contract.
    pub id: String,
    /// Name in the contract.
    pub name: String,
    /// What a failure means.
    pub expect: Expect,
    /// Runs that failed.
    pub failed: u64,
    /// Runs that could have.
    pub of: u64,
    /// File name of the first failing tape, beside the report.
    pub first_tape: Option<String>,
}

/// What a failing predicate means to the campaign.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Expect {
    /// It must hold in every run: one failure fails the campaign.
    Always,
    /// The engine is a canary and is known to break it. [`Campaign::canaries`] says whether it was caught.
    MustFail,
    /// It is counted, and judged by nobody.
    Observed,
}

/// Where the alerts of a cell ended (contract S2), summed over its runs.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Conservation {
    /// Alerts fetched from the source.
    pub fetched: u64,
    /// Alerts recognised as repeats.
    pub duplicates: u64,
    /// Being written.
    pub staged: u64,
    /// Waiting.
    pub pending: u64,
    /// Taken by a worker.
    pub claimed: u64,
    /// With a case.
    pub cased: u64,
    /// Parked beyond the cap.
    pub overflow: u64,
    /// Kept without a case.
    pub archived: u64,
    /// Set aside as bad.
    pub quarantined: u64,
    /// Removed by an outsider and not yet fetched again.
    pub vanished: u64,
}

impl Conservation {
    /// Alerts that are in some place.
    pub fn placed(&self) -> u64 {
        self.staged
            + self.pending
            + self.claimed
            + self.cased
            + self.overflow
            + self.archived
            + self.quarantined
            + self.vanished
    }

    /// Whether `fetched − duplicates` equals the sum of the places.
    pub fn is_balanced(&self) -> bool {
        self.fetched.checked_sub(self.duplicates) == Some(self.placed())
    }
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
    /// A shard is missing, or the budget ended below the least number of seeds.
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
