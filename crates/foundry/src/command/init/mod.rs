//! `foundry init`: a configuration with every key explained, a policy to begin with, and an empty queue.

use crate::config::Config;
use crate::context::Context;
use crate::error::FoundryError;
use crate::exit::Exit;
use crate::foundry;
use crate::machine::{Machine, PathError, Place};
use clap::Args;
use std::path::{Path, PathBuf};

/// Every key with its default; what `init` writes.
pub(crate) const TEMPLATE: &str = include_str!("foundry.toml");

/// Writes a configuration, a policy to begin with, and an empty queue
#[derive(Args, Debug)]
pub(crate) struct InitArgs {
    /// Where to; made if it is missing
    #[arg(default_value = ".")]
    dir: PathBuf,
}

/// Runs the command.
pub(crate) fn run(args: &InitArgs, context: &Context) -> Result<Exit, FoundryError> {
    let machine = Machine::open().map_err(|error| FoundryError::of_host("/", error))?;
    let written = write(&machine, &args.dir, TEMPLATE)?;
    let terminal = &context.terminal;
    let file = written.config.display();
    terminal.result(&format!(
        "wrote {file}\n      {}  ({} files: replace owners and tickets, put your values into lists/)\n      {}  (the queue)\n",
        written.policy.display(),
        written.policy_files,
        written.home.display(),
    ));
    terminal.result(&format!(
        "next: name your indexer in {file}, then\n  foundry run --config {file}\n"
    ));
    Ok(Exit::Ok)
}

/// What was written.
pub(crate) struct Written {
    pub(crate) config: PathBuf,
    pub(crate) policy: PathBuf,
    pub(crate) home: PathBuf,
    policy_files: usize,
}

/// Writes `foundry.toml` with this text, `policy/` and `spool/` into `dir`.
///
/// Errs, before anything is written, if one of them is there already. Cut short, it leaves a part, which the next call refuses
/// to overwrite.
pub(crate) fn write(machine: &Machine, dir: &Path, text: &str) -> Result<Written, FoundryError> {
    let wanted = match Place::of(dir) {
        Ok(place) => place,
        Err(_) => Place::wanted(dir).map_err(|error| make_failed(dir, error))?,
    };
    make_dir(machine, wanted.path())?;
    let top = wanted.path();
    let (config, policy, home) = (
        top.join("foundry.toml"),
        top.join("policy"),
        top.join("spool"),
    );
    for path in [&config, &policy, &home] {
        if machine.has(path) {
            return Err(FoundryError::InTheWay { path: path.clone() });
        }
    }
    make_dir(machine, &policy)?;
    for part in ["filters", "rules", "lists"] {
        make_dir(machine, &policy.join(part))?;
    }
    let files = policy::starter();
    for (name, bytes) in files.iter() {
        write_file(machine, &policy.join(name), bytes)?;
    }
    make_dir(machine, &home)?;
    // Last, so that a configuration that is there names things that are there.
    write_file(machine, &config, text.as_bytes())?;
    let loaded = Config::of_file(machine, &config)?;
    drop(foundry::open_to_work(machine, &loaded)?);
    Ok(Written {
        config,
        policy,
        home,
        policy_files: files.iter().count(),
    })
}

fn make_dir(machine: &Machine, path: &Path) -> Result<(), FoundryError> {
    let made = Place::wanted(path).and_then(|place| machine.make_dir(&place));
    made.map_err(|source| make_failed(path, source))
}

fn write_file(machine: &Machine, path: &Path, bytes: &[u8]) -> Result<(), FoundryError> {
    let written = Place::wanted(path).and_then(|place| machine.write_new(&place, bytes));
    written.map_err(|source| make_failed(path, source))
}

fn make_failed(path: &Path, source: PathError) -> FoundryError {
    FoundryError::Make {
        path: path.to_owned(),
        source,
    }
}
