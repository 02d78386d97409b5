//! The command line: flags are read, resolved into options, and run. One verb, one file.
//!
//! stdout is the result, stderr is progress and errors. [`Exit`] decides every exit code; [`Terminal`] decides colour.

mod campaign;
mod exit;
mod gate;
mod options;
mod progress;
mod replay;
mod report;
mod run_one;
mod scenario;
mod show;
mod stress;
mod sweep;
mod terminal;
#[cfg(test)]
mod tests;
mod values;

pub use exit::{Exit, Verdict};
pub use options::{Campaign, Origin, Plan, Sourced};
pub use progress::Progress;
pub use replay::{Expect, Replay};
pub use report::Report;
pub use stress::Stress;
pub use terminal::{Color, Format, Terminal};
pub use values::Target;

use crate::campaign::folder::FolderError;
use crate::scenario::ScenarioError;
use crate::tape::TapeError;
use clap::{ArgMatches, CommandFactory, FromArgMatches, Parser, Subcommand};
use miette::Diagnostic;
use std::ffi::OsString;
use std::process::ExitCode;

/// Proves what a queue of files promises, or shows the run that breaks it.
#[derive(Parser, Debug)]
#[command(name = "sim", version, after_help = exit::HELP, max_term_width = 100)]
#[command(propagate_version = true, disable_help_subcommand = true)]
struct Cli {
    #[command(subcommand)]
    verb: Verb,
    /// The form of results: text for people, json for programs (one object a line)
    #[arg(
        long,
        global = true,
        display_order = 100,
        value_enum,
        default_value_t,
        value_name = "FORM"
    )]
    format: Format,
    /// When to use colour
    #[arg(
        long,
        global = true,
        display_order = 100,
        value_enum,
        default_value_t,
        value_name = "WHEN"
    )]
    color: Color,
    /// Keep to the verdict and the line that replays a failure
    #[arg(short, long, global = true, display_order = 100)]
    quiet: bool,
}

#[derive(Subcommand, Debug)]
enum Verb {
    Gate(gate::GateArgs),
    Replay(replay::ReplayArgs),
    Sweep(sweep::SweepArgs),
    Stress(stress::StressArgs),
    Report(report::ReportArgs),
    Scenario(scenario::ScenarioArgs),
    #[command(hide = true)]
    RunOne(run_one::RunOneArgs),
}

/// Why a verb did not run to its end.
#[derive(Debug, thiserror::Error)]
pub enum CliError {
    /// The scenario cannot be had. Usage.
    #[error(transparent)]
    Scenario(#[from] ScenarioError),
    /// `--seed from-git`, and the build knew no commit. Usage.
    #[error(
        "cannot take the seed from the commit: this program was built outside of its repository"
    )]
    NoCommit,
    /// A queue is deeper than the machine can hold. Usage.
    #[error(
        "a run of {depth} files needs about {gib} GiB of memory, and {free_gib} GiB can be had here"
    )]
    TooDeep {
        /// What was asked for.
        depth: u64,
        /// What that needs.
        gib: u64,
        /// What there is.
        free_gib: u64,
        /// The deepest queue that fits, about.
        deepest: u64,
    },
    /// `--at`, and the scenario has no axis of points. Usage.
    #[error("the scenario {scenario} has no axis with points: `--at` says nothing to it")]
    NoAxis {
        /// Its id.
        scenario: String,
    },
    /// A tape cannot be read. Usage.
    #[error(transparent)]
    Tape(#[from] TapeError),
    /// A `result.json` cannot be read. Usage.
    #[error("{0}")]
    Result(String),
    /// Results cannot be written: the folder is not there, or full. Usage.
    #[error(transparent)]
    Folder(#[from] FolderError),
    /// The program cannot find itself to be started again. A bug of the build.
    #[error("cannot find this program's own file: {0}")]
    NoProgram(std::io::Error),
    /// The stress run could not be carried out: a wrong depth, a full disk, a worker that does not start. Usage.
    #[error("{0}")]
    Stress(String),
}

impl CliError {
    /// How the program ends by it.
    pub fn exit(&self) -> Exit {
        match self {
            CliError::Scenario(_)
            | CliError::NoCommit
            | CliError::TooDeep { .. }
            | CliError::NoAxis { .. }
            | CliError::Tape(_)
            | CliError::Result(_)
            | CliError::Folder(_)
            | CliError::Stress(_) => Exit::Usage,
            CliError::NoProgram(_) => Exit::HarnessBug,
        }
    }
}

impl Diagnostic for CliError {
    fn help<'a>(&'a self) -> Option<Box<dyn std::fmt::Display + 'a>> {
        match self {
            CliError::Scenario(error) => error.help(),
            CliError::NoCommit => Some(Box::new("give a number: --seed 42")),
            CliError::TooDeep { deepest, .. } => Some(Box::new(format!(
                "the deepest queue that fits has about {deepest} files: --depth {deepest}"
            ))),
            _ => None,
        }
    }

    fn related<'a>(&'a self) -> Option<Box<dyn Iterator<Item = &'a dyn Diagnostic> + 'a>> {
        match self {
            CliError::Scenario(error) => error.related(),
            _ => None,
        }
    }
}

/// The whole program: [`run`], or a worker of a stress run, as which it starts itself again and a person never does.
pub fn main(args: impl IntoIterator<Item = OsString>) -> ExitCode {
    let args: Vec<OsString> = args.into_iter().collect();
    match args.split_first() {
        Some((_, [verb, rest @ ..])) if verb == crate::stress::WORKER_VERB => {
            let rest: Vec<String> = rest
                .iter()
                .map(|arg| arg.to_string_lossy().into())
                .collect();
            crate::stress::worker_main(&rest)
        }
        _ => run(args).into(),
    }
}

/// Runs the program with these arguments, the first of which is its name.
pub fn run(args: impl IntoIterator<Item = OsString>) -> Exit {
    let (cli, matches) = match parse(args) {
        Ok(parsed) => parsed,
        Err(error) => {
            error.print().ok();
            return exit_of(&error);
        }
    };
    let terminal = Terminal::new(cli.format, cli.color, cli.quiet);
    let verb_matches = matches.subcommand().map_or(&matches, |(_, below)| below);
    let ended = match cli.verb {
        Verb::Gate(args) => gate::run(args, verb_matches, &terminal),
        Verb::Replay(args) => replay::run(args, &terminal),
        Verb::Sweep(args) => sweep::run(args, verb_matches, &terminal),
        Verb::Stress(args) => stress::run(args, &terminal),
        Verb::Report(args) => report::run(args, &terminal),
        Verb::Scenario(args) => scenario::run(args, &terminal),
        Verb::RunOne(args) => run_one::run(args, &terminal),
    };
    ended.unwrap_or_else(|error| {
        terminal.error(&error);
        error.exit()
    })
}

/// Help and version are answers, which clap reports as errors too.
fn exit_of(error: &clap::Error) -> Exit {
    if error.use_stderr() {
        Exit::Usage
    } else {
        Exit::Pass
    }
}

/// The flags, and clap's record of where each came from.
fn parse(args: impl IntoIterator<Item = OsString>) -> Result<(Cli, ArgMatches), clap::Error> {
    let matches = Cli::command().try_get_matches_from(args)?;
    let cli = Cli::from_arg_matches(&matches)?;
    Ok((cli, matches))
}
