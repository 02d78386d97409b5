//! Stress on the real disk: the production queue, real processes, `kill -9`, and an archiver that steals.
//!
//! One run fabricates N alerts, half of them as a flat legacy queue that is adopted and half for the publisher, and plants
//! bad inputs among them. Two worker *processes* make cases, while one thread publishes, one keeps the cap, one steals files,
//! and one worker after the other is killed. Then the neighbours stop, the queue drains, and the books are closed: the
//! ledger is told to the contract, every directory is read, every case is compared with its alert byte for byte.
//!
//! - [`run`] is all of it; [`StressOptions`] says how hard, [`StressReport`] what came of it.
//! - [`worker_main`] is what a program must call when it is started with [`WORKER_VERB`].
//!
//! It asks what the simulator cannot: whether the simulator tells the truth about this kernel and this filesystem. It is
//! not replayable, and its figures are this machine's.

mod books;
mod director;
mod fabricate;
mod fleet;
mod machine;
mod neighbours;
mod packed;
mod recount;
mod report;
mod site;
mod worker;

pub use director::{Phase, Progress};
pub use fleet::{Kills, Tally};
pub use machine::{Machine, peak_kib};
pub use neighbours::{CapWork, Intake, Theft};
pub use report::{Accounts, Finding, Seconds, StressReport, Verdict};
pub use worker::{WORKER_VERB, worker_main};

use host::HostError;
use spool::{SpoolError, SpoolOptions};
use std::path::PathBuf;
use std::time::Duration;

/// How hard the run is. Everything has a default for its depth: [`StressOptions::new`].
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct StressOptions {
    /// Alerts: 1,000 to 20,000,000.
    pub depth: u32,
    /// Where the run's directory is made; the system's directory for temporary files if not given.
    pub dir: Option<PathBuf>,
    /// The program to start as a worker.
    pub program: PathBuf,
    /// Its arguments before those that [`worker_main`] reads.
    pub verb: Vec<String>,
    /// The queue's promise about its size.
    pub spool: SpoolOptions,
    /// How often a worker is killed, on average.
    pub kill_every: Duration,
    /// How many files the archiver takes.
    pub stolen_per_second: u32,
    /// What the archiver and the killer draw from.
    pub seed: u64,
    /// The run is stuck if nothing is completed for so long.
    pub stuck_after: Duration,
    /// The run is stopped, and fails, after so long.
    pub time_max: Duration,
}

impl StressOptions {
    /// The options for `depth` alerts, with workers started as `program stress-worker …`.
    pub fn new(depth: u32, program: PathBuf) -> Self {
        // A run of 10,000 takes some seconds, one of 1,000,000 some minutes.
        let kill_every = Duration::from_millis(u64::from(depth / 100).clamp(100, 3_000));
        // A fast disk works 2,000 off before the cap looks once.
        let pending_max = (depth / 25).clamp(200, 2_000);
        StressOptions {
            depth,
            dir: None,
            program,
            verb: vec![WORKER_VERB.to_owned()],
            spool: SpoolOptions {
                pending_max,
                ..SpoolOptions::default()
            },
            kill_every,
            stolen_per_second: 100,
            seed: 1,
            stuck_after: Duration::from_secs(60),
            time_max: Duration::from_secs(900),
        }
    }
}

/// Why a run could not be carried out. What the queue did wrong is no error: it is a finding in the report.
#[derive(Debug, thiserror::Error)]
pub enum StressError {
    /// The depth is out of range.
    #[error("cannot stress a depth of {depth}: it must be 1,000 to 20,000,000")]
    Depth {
        /// The refused depth.
        depth: u32,
    },
    /// A call of the harness failed.
    #[error("cannot {operation} {object}")]
    Host {
        /// What was tried, as a verb.
        operation: &'static str,
        /// On what.
        object: String,
        /// The failed call.
        source: HostError,
    },
    /// A process or a temporary directory failed.
    #[error("cannot {operation} {object}")]
    Io {
        /// What was tried, as a verb.
        operation: &'static str,
        /// On what.
        object: String,
        /// Why.
        source: std::io::Error,
    },
    /// The queue could not be opened, or a pass of the publisher or of the cap ended early.
    #[error("the queue failed")]
    Spool(#[from] SpoolError),
    /// A thread of the harness panicked: a bug in the harness, or in the queue.
    #[error("the {name} panicked")]
    Panicked {
        /// Whose thread.
        name: &'static str,
    },
}

impl StressError {
    pub(crate) fn host(operation: &'static str, object: &str, source: HostError) -> Self {
        StressError::Host {
            operation,
            object: object.to_owned(),
            source,
        }
    }

    pub(crate) fn io(operation: &'static str, object: &str, source: std::io::Error) -> Self {
        StressError::Io {
            operation,
            object: object.to_owned(),
            source,
        }
    }
}

/// Carries out one run and audits it. `progress` is called some times a second.
///
/// The run's directory is removed afterwards, whatever came of it. Takes about as long as the queue needs for so many
/// alerts (see `reports/`), and twice the memory of 100 bytes an alert.
///
/// # Errors
/// If the run could not be carried out: the directory cannot be made, no worker can be started, or the publisher's or the
/// cap's pass was ended by an error. What the queue did wrong is a [`Finding`].
pub fn run(
    options: &StressOptions,
    progress: &mut dyn FnMut(Progress),
) -> Result<StressReport, StressError> {
    director::run(options, progress)
}
