//! `foundry completions` and `foundry man`: what a package installs beside the program.

use crate::context::Context;
use crate::error::FoundryError;
use crate::exit::Exit;
use crate::machine::PathError;
use clap::{Args, Command};
use clap_complete::Shell;
use std::path::PathBuf;

/// Writes completions for a shell
#[derive(Args, Debug)]
pub(crate) struct CompletionsArgs {
    /// The shell
    shell: Shell,
}

/// Writes the manual page
#[derive(Args, Debug)]
pub(crate) struct ManArgs {
    /// The page of one command instead of the program's
    #[arg(value_name = "COMMAND")]
    command: Option<String>,
}

/// Runs `completions` for the command line of `program`.
pub(crate) fn completions(
    args: &CompletionsArgs,
    mut program: Command,
    context: &Context,
) -> Result<Exit, FoundryError> {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut program, "foundry", &mut script);
    context.terminal.result(&String::from_utf8_lossy(&script));
    Ok(Exit::Ok)
}

/// Runs `man` for the command line of `program`.
pub(crate) fn man(
    args: &ManArgs,
    mut program: Command,
    context: &Context,
) -> Result<Exit, FoundryError> {
    program.build();
    let page = match &args.command {
        None => program,
        Some(name) => {
            let found = program.find_subcommand(name).cloned();
            found.ok_or_else(|| FoundryError::Usage {
                message: format!("there is no command `{name}`"),
                help: "`foundry --help` lists them".to_owned(),
            })?
        }
    };
    let mut text = Vec::new();
    let rendered = clap_mangen::Man::new(page).render(&mut text);
    rendered.map_err(|error| FoundryError::Read {
        path: PathBuf::from("the manual page"),
        source: PathError::of_io(&error),
    })?;
    context.terminal.result(&String::from_utf8_lossy(&text));
    Ok(Exit::Ok)
}
