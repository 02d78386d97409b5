//! `foundry demo`: the whole way from an indexer to finished cases, on this machine, with nothing to set up.
//!
//! The indexer is a mock, over real HTTPS, on a port of the loopback address; everything else is what `foundry run` does, by
//! the same code: a home is written as by `init`, and passes are made until the indexer has no more.

mod planted;
mod show;
mod stage_set;

use crate::config::Config;
use crate::context::Context;
use crate::error::FoundryError;
use crate::exit::Exit;
use crate::foundry::Workplace;
use crate::machine::{Machine, PathError};
use crate::run_report;
use clap::Args;
use pipeline::Report;
use show::Story;
use std::path::{Path, PathBuf};
use tempfile::TempDir;

/// Shows the whole way on this machine: a mock indexer, passes, cases, and the proof that none is lost
#[derive(Args, Debug)]
pub(crate) struct DemoArgs {
    /// How many alerts wait in the indexer
    #[arg(long, value_name = "N", default_value_t = 20_000)]
    #[arg(value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    alerts: u32,
    /// Make the home here, and leave it there; without it, in a temporary directory
    #[arg(long, value_name = "DIR")]
    dir: Option<PathBuf>,
    /// Leave the temporary directory there
    #[arg(long)]
    keep: bool,
}

/// Runs the command.
pub(crate) fn run(args: &DemoArgs, context: &Context) -> Result<Exit, FoundryError> {
    let machine = Machine::open().map_err(|error| FoundryError::of_host("/", error))?;
    let (dir, temporary) = directory(args)?;
    let set = stage_set::build(&machine, &dir, args.alerts)?;
    let config = Config::of_file(&machine, &set.config)?;
    let story = Story {
        terminal: &context.terminal,
        home: config.home(),
        config: &set.config,
        is_kept: temporary.is_none(),
    };
    story.begin(args.alerts, &set.server.url());
    let workplace = Workplace::open(&machine, &config, "demo")?;
    let ended = passes(&workplace, &story, args.alerts)?;
    if let Some(failed) = ended {
        run_report::write(&failed, &context.terminal);
        return Ok(Exit::of_pass(&failed));
    }
    let exit = story.end(&workplace.spool)?;
    drop(workplace);
    if let Some(temporary) = temporary {
        context.terminal.remark("removing the home…\n");
        let removed = temporary.close();
        removed.map_err(|error| FoundryError::Make {
            path: dir,
            source: PathError::of_io(&error),
        })?;
    }
    Ok(exit)
}

/// Where it happens, and what removes it again.
fn directory(args: &DemoArgs) -> Result<(PathBuf, Option<TempDir>), FoundryError> {
    if let Some(dir) = &args.dir {
        return Ok((dir.clone(), None));
    }
    let made = tempfile::Builder::new().prefix("foundry-demo-").tempdir();
    let made = made.map_err(|error| FoundryError::Make {
        path: std::env::temp_dir(),
        source: PathError::of_io(&error),
    })?;
    if args.keep {
        return Ok((made.keep(), None));
    }
    Ok((made.path().to_owned(), Some(made)))
}

/// Makes passes until nothing is left to do. Returns the first one that went wrong.
fn passes(
    workplace: &Workplace<'_>,
    story: &Story<'_>,
    alerts: u32,
) -> Result<Option<Report>, FoundryError> {
    let mut pipeline = workplace.pipeline()?;
    for number in 1.. {
        let report = workplace.pass(&mut pipeline);
        if !report.is_ok() {
            return Ok(Some(report));
        }
        story.pass(number, &report, alerts);
        let waits = report.depth.is_some_and(|depth| 0 < depth.backlog());
        if !report.has_more && !waits {
            break;
        }
    }
    Ok(None)
}

/// The path as a shell takes it.
fn shown(path: &Path) -> String {
    path.display().to_string()
}
