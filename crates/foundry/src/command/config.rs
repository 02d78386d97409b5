//! `foundry config`: whether the configuration can work, and what it says.

use crate::config::Config;
use crate::context::Context;
use crate::error::FoundryError;
use crate::exit::Exit;
use crate::machine::Machine;
use crate::terminal::Format;
use clap::{Args, Subcommand};
use serde_json::json;

/// Checks the configuration, or shows what it says and who said it
#[derive(Args, Debug)]
pub(crate) struct ConfigCommandArgs {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Subcommand, Debug)]
enum Verb {
    /// Reads every layer and shows everything that is wrong, at its key
    Check,
    /// Shows every key that has a value
    Show {
        /// Where each value came from: default, file and line, variable, or flag
        #[arg(long)]
        origin: bool,
    },
}

/// Runs the command.
pub(crate) fn run(args: &ConfigCommandArgs, context: &Context) -> Result<Exit, FoundryError> {
    let machine = Machine::open().map_err(|error| FoundryError::of_host("/", error))?;
    let config = Config::load(&machine, &context.config)?;
    match args.verb {
        Verb::Check => check(&config, context),
        Verb::Show { origin } => show(&config, origin, context),
    }
    Ok(Exit::Ok)
}

fn check(config: &Config, context: &Context) {
    let terminal = &context.terminal;
    let files: Vec<String> = config
        .files
        .iter()
        .map(|file| file.display().to_string())
        .collect();
    match terminal.format {
        Format::Json => terminal.json(&json!({ "ok": true, "files": files })),
        Format::Text => terminal.result(&format!("ok    {}\n", files.join(", "))),
    }
}

fn show(config: &Config, with_origin: bool, context: &Context) {
    let terminal = &context.terminal;
    let mut section = "";
    for row in config.values.rows() {
        let (of, key) = row.name.split_once('.').unwrap_or(("", row.name));
        match (terminal.format, &row.value) {
            (Format::Json, value) => terminal.json(&json!({
                "key": row.name,
                "value": value,
                "origin": row.origin.to_string(),
            })),
            (Format::Text, None) => {}
            (Format::Text, Some(value)) => {
                if section != of {
                    let gap = if section.is_empty() { "" } else { "\n" };
                    terminal.result(&format!("{gap}[{of}]\n"));
                    section = of;
                }
                let line = format!("{key} = {value}");
                match with_origin {
                    true => terminal.result(&format!("{line:<46}  # {}\n", row.origin)),
                    false => terminal.result(&format!("{line}\n")),
                }
            }
        }
    }
}
