//! `sim run-one`: the run of one tape in a process of its own, for campaigns that repeat it. Hidden: people use `replay`.

use super::terminal::Terminal;
use super::{CliError, Exit};
use crate::campaign::{Answer, folder};
use crate::run::run as play;
use crate::tape::Trace;
use clap::Args;
use std::path::PathBuf;

/// Runs one tape and answers with its hash
#[derive(Args, Debug)]
pub(super) struct RunOneArgs {
    /// The tape
    #[arg(long, value_name = "FILE")]
    tape: PathBuf,
    /// Print the hash, and the first checkpoint that differs from the tape
    #[arg(long, required = true)]
    hash: bool,
}

pub(super) fn run(args: RunOneArgs, terminal: &Terminal) -> Result<Exit, CliError> {
    let tape = folder::read_tape(&args.tape)?;
    let trace = Trace::of(&play(&tape.plan));
    let answer = Answer {
        hash: format!("{:016x}", trace.hash),
        first_difference: trace.first_difference(&tape.trace),
    };
    terminal.json(&serde_json::json!(answer));
    Ok(Exit::Pass)
}
