//! `sim stress`: the production queue on a real disk, with real processes that are really killed.

use super::options::{Sourced, resolve_seed};
use super::terminal::Terminal;
use super::values::{Depth, SeedArg};
use super::{CliError, Exit, Origin};
use clap::Args;
use std::path::PathBuf;

/// Runs the production queue on a real disk, kills its workers, and audits what is left
#[derive(Args, Debug)]
pub(super) struct StressArgs {
    /// Files in the queue at the start: 10_000, 10k, 1M
    #[arg(long, value_name = "FILES", default_value = "10k")]
    depth: Depth,
    /// Where to make the queue's directory. Without it, the system's folder for temporary files
    #[arg(long, value_name = "DIR")]
    dir: Option<PathBuf>,
    /// Worker processes
    #[arg(long, value_name = "N", default_value_t = 2)]
    #[arg(value_parser = clap::value_parser!(u32).range(1..=64))]
    workers: u32,
    /// The number that the archiver's and the killer's choices come from
    #[arg(long, value_name = "SEED", env = "SIM_SEED", hide_env = true)]
    seed: Option<SeedArg>,
    /// The folder for results and reports
    #[arg(long, value_name = "DIR", env = "SIM_OUT", hide_env = true)]
    #[arg(default_value = "target/sim-runs")]
    out: PathBuf,
}

/// What to do to a real disk: every value is known.
#[derive(Clone, PartialEq, Debug)]
pub struct Stress {
    /// Files in the queue at the start.
    pub depth: u64,
    /// Where to make the queue's directory; `None`: the system's folder for temporary files.
    pub dir: Option<PathBuf>,
    /// Worker processes.
    pub workers: u32,
    /// The number that choices come from.
    pub seed: Sourced<u64>,
    /// The folder for results and reports.
    pub out: PathBuf,
}

impl StressArgs {
    fn resolve(self) -> Result<Stress, CliError> {
        Ok(Stress {
            depth: self.depth.0,
            dir: self.dir,
            workers: self.workers,
            seed: resolve_seed(self.seed, Origin::Flag)?,
            out: self.out,
        })
    }
}

pub(super) fn run(args: StressArgs, _terminal: &Terminal) -> Result<Exit, CliError> {
    let _stress: Stress = args.resolve()?;
    Err(CliError::NotWired { verb: "stress" })
}
