//! `foundry run`: one pass, for a timer.

use crate::config::Config;
use crate::context::Context;
use crate::error::FoundryError;
use crate::exit::Exit;
use crate::foundry::Workplace;
use crate::machine::Machine;
use crate::run_report;
use clap::Args;

/// Makes one pass of the seven stages; the exit code says how it went
#[derive(Args, Debug)]
pub(crate) struct RunArgs {}

/// Runs the command.
pub(crate) fn run(_: &RunArgs, context: &Context) -> Result<Exit, FoundryError> {
    let machine = Machine::open().map_err(|error| FoundryError::of_host("/", error))?;
    let config = Config::load(&machine, &context.config)?;
    let workplace = Workplace::open(&machine, &config, "run")?;
    let mut pipeline = workplace.pipeline()?;
    let report = workplace.pass(&mut pipeline);
    run_report::write(&report, &context.terminal);
    Ok(Exit::of_pass(&report))
}
