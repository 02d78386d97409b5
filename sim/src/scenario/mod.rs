//! Scenarios: named situations with load, neighbours, faults and an expectation, one TOML file each.
//!
//! A file is read in two steps. First as it is written, each value with its place in the text; then resolved into plain
//! values ([`Scenario`]: nanoseconds, counts, names), with checks that need more than one value. Both steps report problems
//! at the key that is wrong, and unknown keys are errors.
//!
//! | tables | say |
//! |---|---|
//! | `[clock] [machine] [cost] [queue]` | the world before anybody acts ([`world`]) |
//! | `[indexer]` | where alerts come from, and what goes wrong there ([`indexer`]) |
//! | `[[producer]] [[consumer]] [[cap]] [[second_instance]]` | who works on the queue ([`actor`]) |
//! | `[[writer]]` | who puts files into its inbox, and how ([`writer`]) |
//! | `[[archiver]] [[antivirus]] [[file_indexer]] [[operator]]` | who touches its files besides ([`neighbour`]) |
//! | `[[clock_step]] [[crash]] [[power_loss]] [[fault]] [[plant]]` | what goes wrong ([`fault`]) |
//! | `[past]` | what the home has behind it when the run begins ([`past`]) |
//! | `[axis]` | what grows from run to run, and which costs must not ([`axis`]) |
//! | `[[short_read]] [[read_only]]` | in which ways the disk does less than it is asked ([`disk`]) |
//! | `[[restore]]` | who puts an old copy of the home back ([`neighbour`]) |
//! | `[health]` | what health is held to, and the passes that must find it well ([`health`]) |
//! | `[swarm]` | what each run draws: which of its dangers, how much of each, on which machine ([`swarm`]) |
//! | `[sweep] [expect]` | what is varied, and what must come out ([`sweep`], [`goal`]) |
//! | `[[observed]] [comparison] [[unresolved]]` | what the account of the incident says ([`account`]) |
//!
//! Every file marks its figures in comments: FACT (the account says so), DERIVED (computed from facts, with the formula) or
//! ASSUMED.

pub mod account;
pub mod actor;
pub mod axis;
mod builtin;
mod checks;
pub mod disk;
pub mod fault;
pub mod goal;
pub mod health;
pub mod indexer;
mod names;
pub mod neighbour;
pub mod past;
mod problem;
mod raw;
pub mod swarm;
pub mod sweep;
pub mod units;
pub mod world;
pub mod writer;

#[cfg(test)]
mod tests;

pub use account::{Comparison, Observed, RunFigures, Unresolved};
pub use actor::{Cap, Consumer, Engine, Producer, Runs, SecondInstance, Stage};
pub use axis::{Axis, AxisKind, Measure};
pub use builtin::{Builtin, builtin, list};
pub use disk::{ReadOnly, ShortRead};
pub use fault::{CallFault, ClockStep, Crash, Plant, PlantKind, Point, PowerLoss, Role, Trigger};
pub use goal::Expect;
pub use health::Health;
pub use indexer::{
    Again, AgainKind, IndexTurn, IndexTurnKind, Indexer, IndexerFault, IndexerFaultKind, Rotation,
};
pub use names::{call_of, errno_name_of};
pub use neighbour::{Antivirus, Archiver, FileIndexer, Operator, Restore, Select};
pub use past::Past;
pub use problem::{Located, Problem, ScenarioError, nearest};
pub use swarm::Swarm;
pub use swarm::danger::DangerKind;
pub use swarm::draw::{Drawn, On};
pub use sweep::Sweep;
pub use units::Pace;
pub use world::{
    Clock, Costs, DirectoryProfile, Ends, LatencyProfile, Limits, Machine, PowerLossModel, Queue,
    Sharing, Shed,
};
pub use writer::Writer;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::path::Path;

/// The one version of the format that this program reads.
pub const SCHEMA: u64 = 1;

/// A named situation in plain values. Times are nanoseconds after the scenario's start, unless their name says otherwise.
///
/// It can be written into a tape and read back; what it means does not depend on the file it came from.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[allow(missing_docs, reason = "each field is its type's subject")]
pub struct Scenario {
    pub schema: u64,
    pub id: String,
    pub title: String,
    pub clock: Clock,
    pub machine: Machine,
    pub costs: Costs,
    pub queue: Queue,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub past: Option<Past>,
    pub indexer: Indexer,
    pub producers: Vec<Producer>,
    pub consumers: Vec<Consumer>,
    pub caps: Vec<Cap>,
    pub second_instances: Vec<SecondInstance>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub writers: Vec<Writer>,
    pub archivers: Vec<Archiver>,
    pub antiviruses: Vec<Antivirus>,
    pub file_indexers: Vec<FileIndexer>,
    pub operators: Vec<Operator>,
    pub clock_steps: Vec<ClockStep>,
    pub crashes: Vec<Crash>,
    pub power_losses: Vec<PowerLoss>,
    pub faults: Vec<CallFault>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub short_reads: Vec<ShortRead>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub read_only: Vec<ReadOnly>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub restores: Vec<Restore>,
    pub plants: Vec<Plant>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub health: Option<Health>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub axis: Option<Axis>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub swarm: Option<Swarm>,
    pub sweep: Sweep,
    pub expect: Expect,
    pub observed: Vec<Observed>,
    pub comparison: Option<Comparison>,
    pub unresolved: Vec<Unresolved>,
}

/// When an actor works.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Active {
    /// From here, in nanoseconds after t0.
    pub start_ns: u64,
    /// Until here; `None`: until the scenario ends.
    pub stop_ns: Option<u64>,
}

/// A length of time that varies: its middle and its tail. Equal for a constant.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Spread {
    /// Half of all are at most this long, in nanoseconds.
    pub p50_ns: u64,
    /// 99 of 100 are at most this long, in nanoseconds.
    pub p99_ns: u64,
}

/// Whether a key keeps its default: it is left out of tapes then, and a scenario that does not use it keeps its hash.
#[expect(
    clippy::trivially_copy_pass_by_ref,
    reason = "serde hands in a reference"
)]
fn is_zero(number: &u64) -> bool {
    *number == 0
}

impl Scenario {
    /// Reads the text of a scenario file. `file` is the name that problems are reported under.
    ///
    /// Errs with every problem that the text has; only a text that is no TOML, or has a misspelt key or a value of the wrong
    /// kind, is reported with that first problem alone.
    pub fn parse(file: &str, text: &str) -> Result<Scenario, ScenarioError> {
        let raw: raw::Raw = toml::from_str(text).map_err(|error| {
            problem::invalid(file, text, vec![problem::of_parse_error(&error, text)])
        })?;
        raw.resolve()
            .map_err(|problems| problem::invalid(file, text, problems))
    }

    /// Reads a scenario file from the real disk.
    pub fn load(path: &Path) -> Result<Scenario, ScenarioError> {
        // The only file that the simulator reads for a run, and it does so before the run begins.
        let text = std::fs::read_to_string(path).map_err(|cause| ScenarioError::Read {
            path: path.to_owned(),
            cause,
        })?;
        Scenario::parse(&path.display().to_string(), &text)
    }

    /// The scenario that a user means by `name`: a path if it looks like one, otherwise a built-in id.
    pub fn find(name: &str) -> Result<Scenario, ScenarioError> {
        let is_path = name.contains(['/', '\\']) || name.ends_with(".toml");
        if is_path {
            Scenario::load(Path::new(name))
        } else {
            builtin(name)
        }
    }

    /// Six digits that stand for the content: equal for equal meaning, whatever the comments and the order of keys.
    pub fn hash(&self) -> String {
        let canonical = serde_json::to_vec(self).expect("plain data without maps of odd keys");
        let digest = Sha256::digest(&canonical);
        digest[..3]
            .iter()
            .map(|byte| format!("{byte:02x}"))
            .collect()
    }

    /// `id@hash`: the name that reports use.
    pub fn name(&self) -> String {
        format!("{}@{}", self.id, self.hash())
    }

    /// Whether runs of this engine begin with a home that the production pipeline has worked in before.
    pub fn is_filled_for(&self, engine: Engine) -> bool {
        engine == Engine::Spool && (self.queue.filled || self.past.is_some())
    }

    /// The engines that run in this scenario: those that consumers name, and those that are swept.
    pub fn engines(&self) -> Vec<Engine> {
        let swept = self.consumers.iter().any(|c| c.engine.is_none());
        Engine::ALL
            .into_iter()
            .filter(|engine| {
                let named = self.consumers.iter().any(|c| c.engine == Some(*engine));
                named || (swept && self.sweep.engines.contains(engine))
            })
            .collect()
    }
}
