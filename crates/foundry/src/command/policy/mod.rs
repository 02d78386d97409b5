//! `foundry policy`: for those who write policies, and for the CI that checks them.
//!
//! These commands end with codes of their own, because a CI tells four things apart: 0 all is well, 1 something to look at,
//! 2 a rule is wrong, 3 there is no policy to speak of.

mod explain;
mod stats;

use crate::config::{Config, Located};
use crate::context::Context;
use crate::error::FoundryError;
use crate::exit::Exit;
use crate::machine::Machine;
use crate::policy_dir;
use crate::terminal::{Format, Paint, Terminal};
use crate::words;
use clap::{Args, Subcommand};
use host::Host;
use policy::{Files, LoadOptions, Policy, Problem, UnknownFields};
use serde_json::json;
use std::path::PathBuf;

/// Checks a policy, runs its tests, explains a verdict, counts hits
#[derive(Args, Debug)]
pub(crate) struct PolicyArgs {
    #[command(subcommand)]
    verb: Verb,
    /// The policy's directory; without it, that of the configuration
    #[arg(long, global = true, value_name = "DIR")]
    policy: Option<PathBuf>,
    /// Take field names that no alert of the profile has, instead of refusing them
    #[arg(long, global = true)]
    allow_unknown_fields: bool,
}

#[derive(Subcommand, Debug)]
enum Verb {
    /// Looks for errors, and for what is likely to be a mistake: traps, unused lists, suppressions near their end
    Lint,
    /// Runs the tests that each signature brings along
    Test,
    /// Judges one alert and shows where each signature for its rule stopped matching
    Explain {
        /// A file of one alert in JSON; - reads stdin
        #[arg(value_name = "ALERT")]
        alert: PathBuf,
    },
    /// Counts hits of each signature: over a file of alerts, or as the heartbeat has them since the first pass
    Stats {
        /// Alerts in JSON, one a line; - reads stdin
        #[arg(value_name = "ALERTS")]
        alerts: Option<PathBuf>,
    },
}

/// The files of a policy, and how to take them.
pub(super) struct Source {
    pub(super) machine: Machine,
    pub(super) dir: PathBuf,
    pub(super) files: Files,
    pub(super) options: LoadOptions,
}

/// Runs the command.
pub(crate) fn run(args: &PolicyArgs, context: &Context) -> Result<Exit, FoundryError> {
    let terminal = &context.terminal;
    let source = match source(args, context) {
        Ok(source) => source,
        Err(error) => {
            terminal.error(&error);
            return Ok(Exit::NoPolicy);
        }
    };
    match &args.verb {
        Verb::Lint => Ok(lint(&source, terminal)),
        Verb::Test => Ok(test(&source, terminal)),
        Verb::Explain { alert } => explain::run(&source, alert, terminal),
        Verb::Stats { alerts: Some(file) } => stats::of_file(&source, file, terminal),
        Verb::Stats { alerts: None } => stats::of_heartbeat(&source, context),
    }
}

fn source(args: &PolicyArgs, context: &Context) -> Result<Source, FoundryError> {
    let machine = Machine::open().map_err(|error| FoundryError::of_host("/", error))?;
    let dir = match &args.policy {
        Some(dir) => dir.clone(),
        None => {
            let config = Config::load(&machine, &context.config)?;
            let dir = config.policy_dir().ok_or(FoundryError::NoValue {
                key: "policy.dir",
                help: "name the directory of policy.toml, or give --policy DIR",
            })?;
            dir.to_owned()
        }
    };
    let files = policy_dir::read(&machine, &dir).map_err(|(path, source)| FoundryError::Named {
        key: "policy.dir",
        path,
        source,
    })?;
    let options = LoadOptions {
        unknown_fields: match args.allow_unknown_fields {
            true => UnknownFields::Allow,
            false => UnknownFields::Refuse,
        },
    };
    Ok(Source {
        machine,
        dir,
        files,
        options,
    })
}

impl Source {
    /// The policy; `None` if it is wrong, and then everything that is wrong has been told.
    pub(super) fn load(&self, terminal: &Terminal) -> Option<Policy> {
        match Policy::load(&self.files, self.options) {
            Ok(policy) => Some(policy),
            Err(error) => {
                self.tell("error", &error.problems, terminal);
                None
            }
        }
    }

    /// Tells problems: for people at their lines, for programs a line each.
    fn tell(&self, kind: &str, problems: &[Problem], terminal: &Terminal) {
        if terminal.format == Format::Json {
            for problem in problems {
                terminal.json(&json!({
                    "kind": kind,
                    "file": problem.file,
                    "line": problem.line,
                    "what": problem.what,
                    "remedy": problem.remedy,
                }));
            }
            return;
        }
        let located: Vec<Located> = policy_dir::located(&self.dir, &self.files, problems);
        located
            .iter()
            .for_each(|problem| terminal.diagnostic(problem));
    }

    /// The last line of what was looked for.
    fn sum_up(&self, exit: Exit, text: &str, terminal: &Terminal) -> Exit {
        let paint = match exit {
            Exit::Ok => Paint::Good,
            _ => Paint::Bad,
        };
        if terminal.format == Format::Text {
            terminal.result(&format!("{}\n", terminal.paint(paint, text)));
        }
        exit
    }
}

fn lint(source: &Source, terminal: &Terminal) -> Exit {
    let now = words::timestamp(source.machine.host().now());
    let lint = policy::lint(&source.files, source.options, now);
    source.tell("error", &lint.errors, terminal);
    source.tell("warning", &lint.warnings, terminal);
    let exit = match (lint.errors.len(), lint.warnings.len()) {
        (0, 0) => Exit::Ok,
        (0, _) => Exit::Findings,
        _ => Exit::RuleError,
    };
    let (errors, warnings) = (lint.errors.len(), lint.warnings.len());
    source.sum_up(
        exit,
        &format!("{errors} errors, {warnings} warnings"),
        terminal,
    )
}

fn test(source: &Source, terminal: &Terminal) -> Exit {
    let report = policy::test(&source.files, source.options);
    let failed = report.problems.len();
    if report.run == 0 && 0 < failed {
        source.tell("error", &report.problems, terminal);
        let text = format!("the policy has {failed} errors, so no test was run");
        return source.sum_up(Exit::RuleError, &text, terminal);
    }
    source.tell("failed", &report.problems, terminal);
    let exit = match failed {
        0 => Exit::Ok,
        _ => Exit::Findings,
    };
    let text = format!("{} passed, {failed} failed, 0 skipped", report.run - failed);
    source.sum_up(exit, &text, terminal)
}
