//! `foundry adopt`: the files of a flat directory become alerts of the queue.

use crate::config::Config;
use crate::context::Context;
use crate::error::FoundryError;
use crate::exit::Exit;
use crate::foundry;
use crate::lock;
use crate::machine::{Machine, Place};
use crate::terminal::Format;
use crate::words;
use clap::Args;
use host::Errno;
use serde_json::json;
use spool::{Publisher, SpoolError};
use std::path::PathBuf;

/// Moves every *.json of a flat directory into the queue; it must be on the queue's filesystem
#[derive(Args, Debug)]
pub(crate) struct AdoptArgs {
    /// The directory; what does not end in .json, and what is below it, is left alone
    #[arg(value_name = "DIR")]
    dir: PathBuf,
}

/// Runs the command.
pub(crate) fn run(args: &AdoptArgs, context: &Context) -> Result<Exit, FoundryError> {
    let machine = Machine::open().map_err(|error| FoundryError::of_host("/", error))?;
    let config = Config::load(&machine, &context.config)?;
    let from = Place::of(&args.dir).map_err(|source| FoundryError::Read {
        path: args.dir.clone(),
        source,
    })?;
    let spool = foundry::open_to_work(&machine, &config)?;
    let _lock = lock::take(&spool, config.home(), "adopt", &foundry::run_id(&machine))?;
    let mut publisher = Publisher::open(&spool)?;
    let done = publisher
        .adopt(from.at(machine.host()))
        .map_err(|error| match &error {
            SpoolError::Host { source, .. } if source.errno == Errno::CrossDevice => {
                FoundryError::Usage {
                    message: format!(
                        "{} is on another filesystem than the queue",
                        args.dir.display()
                    ),
                    help: "move it beside the queue first, as a whole".to_owned(),
                }
            }
            _ => error.into(),
        })?;
    let terminal = &context.terminal;
    match terminal.format {
        Format::Json => terminal.json(&json!({
            "adopted": done.adopted,
            "quarantined": done.quarantined,
            "vanished": done.vanished,
            "held": done.held,
            "skipped": done.skipped,
        })),
        Format::Text => terminal.result(&format!(
            "adopted {}, quarantined {}, vanished {}, held {}, left alone {}\n",
            words::count(done.adopted),
            words::count(done.quarantined),
            words::count(done.vanished),
            words::count(done.held),
            words::count(done.skipped),
        )),
    }
    Ok(match done.held {
        0 => Exit::Ok,
        // They stand where they stood: the next call may find them free.
        _ => Exit::Temporary,
    })
}
