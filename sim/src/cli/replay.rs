//! `sim replay`: one run again, from its tape or from its seed.

use super::options::engine;
use super::terminal::Terminal;
use super::values::{Depth, Target};
use super::{CliError, Exit};
use crate::scenario::{Engine, Scenario};
use clap::{Args, ValueEnum};

/// Runs a tape or a seed again: GONE (0), REPRODUCED (1) or DIVERGED at step k (3)
#[derive(Args, Debug)]
pub(super) struct ReplayArgs {
    /// The path of a tape, or a seed: 42, 0x9d1e55
    #[arg(value_name = "TAPE|SEED")]
    target: Target,
    /// With a seed: the scenario
    #[arg(long, value_name = "ID|FILE", default_value = "scale-boundaries")]
    scenario: String,
    /// With a seed: the queue that runs
    #[arg(long, value_name = "ENGINE", value_parser = engine, default_value = "spool")]
    engine: Engine,
    /// With a seed: files in the queue at the start. Without it, the scenario's smallest depth
    #[arg(long, value_name = "FILES")]
    depth: Option<Depth>,
    /// What to answer with 0: `fail` turns REPRODUCED into 0 and GONE into 1, for `git bisect run`
    #[arg(long, value_enum, default_value_t = Expect::Gone)]
    expect: Expect,
}

/// Which end of a replay counts as success.
#[derive(Clone, Copy, PartialEq, Eq, Debug, ValueEnum)]
pub enum Expect {
    /// The predicate holds now.
    Gone,
    /// The failure is still there.
    Fail,
}

/// What to run again: every value is known.
#[derive(Clone, PartialEq, Debug)]
pub struct Replay {
    /// The tape or the seed.
    pub target: Target,
    /// With a seed: the situation.
    pub scenario: Scenario,
    /// With a seed: the queue.
    pub engine: Engine,
    /// With a seed: files in the queue at the start.
    pub depth: u64,
    /// Which end counts as success.
    pub expect: Expect,
}

impl ReplayArgs {
    fn resolve(self) -> Result<Replay, CliError> {
        let scenario = Scenario::find(&self.scenario)?;
        let smallest = scenario.sweep.depths.first().copied();
        Ok(Replay {
            depth: match self.depth {
                Some(Depth(files)) => files,
                None => smallest.unwrap_or(scenario.queue.initial),
            },
            target: self.target,
            scenario,
            engine: self.engine,
            expect: self.expect,
        })
    }
}

pub(super) fn run(args: ReplayArgs, _terminal: &Terminal) -> Result<Exit, CliError> {
    let _replay: Replay = args.resolve()?;
    Err(CliError::NotWired { verb: "replay" })
}
