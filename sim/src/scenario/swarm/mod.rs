//! Swarms: a scenario that lists all its dangers, and whose runs each have a random subset of them with random weights.
//!
//! Bugs live where two dangers meet, and no file names every pair. With a table `[swarm]`, each run keeps each danger of the
//! file with a chance, varies its weights and sizes, and draws the machine and the options of the queue from lists. What was
//! drawn is an ordinary scenario without that table: it is what the run plays, and what its tape holds.
//!
//! - [`danger`]: what counts as a danger, what it is called, and what of it varies. **A new kind of danger is added there**:
//!   one `impl`, and one line in `visit`.
//! - [`draw`]: a run's scenario, from its seed.
//! - `written`: the table as it is written, and its problems.

pub mod danger;
pub mod draw;
pub(super) mod written;

#[cfg(test)]
mod tests;

use super::{DirectoryProfile, LatencyProfile, PowerLossModel, Sharing, Shed};
use alert::Disposition;
use serde::{Deserialize, Serialize};

/// What varies from run to run. An empty list leaves what the file says.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Swarm {
    /// The chance that a danger is on in a run.
    pub chance: f64,
    /// The least and the greatest factor for weights and sizes.
    pub weight: [f64; 2],
    /// The machine.
    pub machine: SwarmMachine,
    /// The options of the queue.
    pub queue: SwarmQueue,
    /// How many of it each consumer has.
    pub workers: Vec<u64>,
    /// From one comparison of the poller's counts with the indexer's to the next, in nanoseconds.
    pub audits_ns: Vec<u64>,
    /// How much of the campaign's depth is there at the start, as a share.
    pub initial: Vec<f64>,
}

/// The machines that runs draw from.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
#[allow(missing_docs, reason = "each field is its type's subject")]
pub struct SwarmMachine {
    pub directories: Vec<DirectoryProfile>,
    pub latencies: Vec<LatencyProfile>,
    pub sharings: Vec<Sharing>,
    pub power_losses: Vec<PowerLossModel>,
    /// Open files and directories of one process, at most.
    pub open_files: Vec<u64>,
}

/// The options of the queue that runs draw from.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
pub struct SwarmQueue {
    /// The most alerts that may be pending.
    pub caps: Vec<u64>,
    /// The most alerts in one bucket.
    pub buckets: Vec<u64>,
    /// Which end overflow is taken from.
    pub sheds: Vec<Shed>,
    /// Whether overflow comes back when there is room.
    pub readmits: Vec<bool>,
    /// What is packed.
    pub packed: Vec<Vec<Disposition>>,
}
