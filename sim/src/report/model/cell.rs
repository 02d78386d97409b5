//! One engine at one depth.

use crate::stats::sample::Summary;
use serde::{Deserialize, Serialize};

/// What was measured for one engine at one depth.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Cell {
    /// Id of the scenario; empty if the campaign has only one.
    #[serde(default)]
    pub scenario: String,
    /// What was varied beside engine and depth, as words: the pace of the archivers. Empty if nothing was.
    #[serde(default)]
    pub variant: String,
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
    /// Memory of the simulated machine for each of its files, beside their content, in bytes.
    #[serde(default)]
    pub simulated_bytes_per_file: Option<f64>,
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
    /// The engine is a canary and is known to break it. [`Campaign::canaries`](super::Campaign::canaries) says whether it was caught.
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
