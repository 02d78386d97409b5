//! `sim run-one`: runs of tapes in a process of its own, for campaigns that repeat them. Hidden: people use `replay`.

use super::terminal::Terminal;
use super::{CliError, Exit};
use crate::campaign::{Answer, folder};
use crate::run::{Base, Plan, run_until};
use crate::tape::Trace;
use clap::Args;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

/// Runs tapes and answers with their hashes
#[derive(Args, Debug)]
pub(super) struct RunOneArgs {
    /// The tapes. A queue that several in a row begin with is filled once
    #[arg(long, value_name = "FILE", required = true)]
    tape: Vec<PathBuf>,
    /// Print each hash, and the first checkpoint that differs from the tape
    #[arg(long, required = true)]
    hash: bool,
}

pub(super) fn run(args: RunOneArgs, terminal: &Terminal) -> Result<Exit, CliError> {
    let never = Arc::new(AtomicBool::new(false));
    let mut filled: Option<(Plan, Option<Base>)> = None;
    for path in &args.tape {
        let tape = folder::read_tape(path)?;
        let plan = &tape.plan;
        let base = filled.take().filter(|(of, _)| {
            (of.depth, of.engine) == (plan.depth, plan.engine) && of.scenario == plan.scenario
        });
        let (_, base) = match base {
            Some(base) => filled.insert(base),
            None => {
                let base = Base::of(plan, &never).unwrap_or_else(|what| panic!("{what}"));
                filled.insert((plan.clone(), base))
            }
        };
        let trace = Trace::of(&run_until(plan, base.as_ref(), &never));
        let answer = Answer {
            hash: format!("{:016x}", trace.hash),
            first_difference: trace.first_difference(&tape.trace),
        };
        terminal.json(&serde_json::json!(answer));
    }
    Ok(Exit::Pass)
}
