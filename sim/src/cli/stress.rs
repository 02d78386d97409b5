//! `sim stress`: the production queue on a real disk, with real processes that are really killed.

use super::options::{Sourced, resolve_seed};
use super::terminal::{Format, Terminal};
use super::values::{Depth, SeedArg};
use super::{CliError, Exit, Origin};
use crate::campaign::folder;
use crate::stress::{self, Progress, StressOptions, Verdict};
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
            seed: resolve_seed(self.seed, Origin::Flag)?,
            out: self.out,
        })
    }
}

pub(super) fn run(args: StressArgs, terminal: &Terminal) -> Result<Exit, CliError> {
    let stress = args.resolve()?;
    let program = std::env::current_exe().map_err(CliError::NoProgram)?;
    let depth = u32::try_from(stress.depth).unwrap_or(u32::MAX);
    let options = StressOptions {
        dir: stress.dir,
        seed: stress.seed.value,
        ..StressOptions::new(depth, program)
    };
    terminal.remark(&format!(
        "stress of {depth} files, seed {:#x}\n",
        options.seed
    ));
    let mut phase = None;
    let report = stress::run(&options, &mut |progress| {
        if phase.replace(progress.phase) != Some(progress.phase) {
            let Progress {
                phase,
                done,
                total,
                kills,
            } = progress;
            terminal.remark(&format!(
                "{phase:?}: {done} of {total} alerts, {kills} kills\n"
            ));
        }
    })
    .map_err(|error| CliError::Stress(error.to_string()))?;
    folder::write(
        &stress.out.join(format!("stress-{depth}.json")),
        &report.to_json(),
    )?;
    match serde_json::to_value(&report) {
        Ok(value) if terminal.format == Format::Json => terminal.json(&value),
        _ => terminal.result(&format!("{report}\n")),
    }
    Ok(match report.verdict {
        Verdict::Pass => Exit::Pass,
        Verdict::Fail => Exit::Fail,
        Verdict::Inconclusive => Exit::Inconclusive,
    })
}
