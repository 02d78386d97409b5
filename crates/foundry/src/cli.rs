//! The command line: flags are read, the command is run, and its end becomes an exit code.

use crate::command;
use crate::config::ConfigArgs;
use crate::context::Context;
use crate::error::FoundryError;
use crate::exit::{self, Exit};
use crate::logs;
use crate::terminal::{Format, Terminal};
use clap::{CommandFactory, Parser, Subcommand};
use std::ffi::OsString;
use std::panic::{self, AssertUnwindSafe};
use std::process::ExitCode;
use tracing_subscriber::filter::LevelFilter;

/// Takes security alerts to finished cases, and can prove where each one is.
#[derive(Parser, Debug)]
#[command(name = "foundry", version, after_help = exit::HELP, max_term_width = 100)]
#[command(propagate_version = true, disable_help_subcommand = true)]
pub(crate) struct Cli {
    #[command(subcommand)]
    command: Command,
    #[command(flatten)]
    config: ConfigArgs,
    /// The form of results: text for people, json for programs (one object a line)
    #[arg(long, global = true, display_order = 95, value_enum, default_value_t)]
    #[arg(value_name = "FORM")]
    format: Format,
    /// What is told on stderr: error, warn, info, debug, trace, off. Wins over RUST_LOG
    #[arg(long, global = true, display_order = 96, value_name = "LEVEL")]
    log: Option<LevelFilter>,
}

#[derive(Subcommand, Debug)]
enum Command {
    Demo(command::demo::DemoArgs),
    Init(command::init::InitArgs),
    Run(command::run::RunArgs),
    Serve(command::serve::ServeArgs),
    Status(command::status::StatusArgs),
    Audit(command::audit::AuditArgs),
    Case(command::case::CaseArgs),
    Ledger(command::ledger::LedgerArgs),
    Adopt(command::adopt::AdoptArgs),
    Backfill(command::backfill::BackfillArgs),
    Prune(command::prune::PruneArgs),
    Policy(command::policy::PolicyArgs),
    Config(command::config::ConfigCommandArgs),
    Completions(command::shell::CompletionsArgs),
    Man(command::shell::ManArgs),
}

/// Runs the program with these arguments, the first of which is its name.
pub fn run(args: impl IntoIterator<Item = OsString>) -> ExitCode {
    let cli = match Cli::try_parse_from(args) {
        Ok(cli) => cli,
        Err(error) => {
            error.print().ok();
            // Help and version are answers, which clap reports as errors too.
            return match error.use_stderr() {
                true => Exit::Usage.into(),
                false => Exit::Ok.into(),
            };
        }
    };
    let terminal = Terminal::new(cli.format);
    logs::start(&terminal, cli.log);
    let context = Context {
        config: cli.config,
        terminal,
    };
    // The hook has told where it happened; what is left to say is that it is ours.
    let ended = panic::catch_unwind(AssertUnwindSafe(|| dispatch(cli.command, &context)));
    ended
        .unwrap_or_else(|_| {
            terminal.remark("this is a bug of foundry: please report the lines above\n");
            Exit::Bug
        })
        .into()
}

fn dispatch(command: Command, context: &Context) -> Exit {
    let ended = match command {
        Command::Demo(args) => command::demo::run(&args, context),
        Command::Init(args) => command::init::run(&args, context),
        Command::Run(args) => command::run::run(&args, context),
        Command::Serve(args) => command::serve::run(&args, context),
        Command::Status(args) => command::status::run(&args, context),
        Command::Audit(args) => command::audit::run(&args, context),
        Command::Case(args) => command::case::run(&args, context),
        Command::Ledger(args) => command::ledger::run(&args, context),
        Command::Adopt(args) => command::adopt::run(&args, context),
        Command::Backfill(args) => command::backfill::run(&args, context),
        Command::Prune(args) => command::prune::run(&args, context),
        Command::Policy(args) => command::policy::run(&args, context),
        Command::Config(args) => command::config::run(&args, context),
        Command::Completions(args) => command::shell::completions(&args, Cli::command(), context),
        Command::Man(args) => command::shell::man(&args, Cli::command(), context),
    };
    ended.unwrap_or_else(|error: FoundryError| {
        context.terminal.error(&error);
        Exit::from(&error)
    })
}
