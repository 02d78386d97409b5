//! `sim scenario`: the scenarios themselves: which there are, whether a file is right, what one means.

use super::show;
use super::terminal::{Format, Terminal};
use super::{CliError, Exit};
use crate::scenario::{self, Builtin, Located, Scenario, ScenarioError};
use clap::{Args, Subcommand};
use serde_json::{Value, json};

/// Lists, checks and shows scenarios
#[derive(Args, Debug)]
pub(super) struct ScenarioArgs {
    #[command(subcommand)]
    verb: ScenarioVerb,
}

#[derive(Subcommand, Debug)]
enum ScenarioVerb {
    /// Names the scenarios that are built in, and what goes wrong in each
    List,
    /// Reads scenario files and shows everything that is wrong with them, where it stands
    Check {
        /// Built-in ids, or paths that end in .toml. Without any, all that are built in
        #[arg(value_name = "ID|FILE")]
        names: Vec<String>,
    },
    /// Shows what a scenario means, defaults included; --format json for all of it
    Show {
        /// A built-in id, or a path that ends in .toml
        #[arg(value_name = "ID|FILE")]
        name: String,
        /// Show the built-in file as it was written, to start a file of your own from
        #[arg(long)]
        source: bool,
    },
}

pub(super) fn run(args: ScenarioArgs, terminal: &Terminal) -> Result<Exit, CliError> {
    match args.verb {
        ScenarioVerb::List => list(terminal),
        ScenarioVerb::Check { names } => Ok(check(&names, terminal)),
        ScenarioVerb::Show { name, source: true } => source(&name, terminal),
        ScenarioVerb::Show {
            name,
            source: false,
        } => {
            let scenario = Scenario::find(&name)?;
            match terminal.format {
                Format::Text => terminal.result(&show::text(&scenario)),
                Format::Json => terminal.json(&json!({
                    "name": scenario.name(),
                    "scenario": scenario,
                })),
            }
            Ok(Exit::Pass)
        }
    }
}

fn list(terminal: &Terminal) -> Result<Exit, CliError> {
    let width = scenario::list()
        .iter()
        .map(|builtin| builtin.id.len())
        .max();
    for builtin in scenario::list() {
        let sentence = builtin.text.lines().next().unwrap_or_default();
        let sentence = sentence.trim_start_matches('#').trim();
        match terminal.format {
            Format::Text => {
                terminal.result(&format!(
                    "{:1$}  {sentence}\n",
                    builtin.id,
                    width.unwrap_or(0)
                ));
            }
            Format::Json => {
                let scenario = builtin.scenario()?;
                terminal.json(&json!({
                    "id": builtin.id,
                    "hash": scenario.hash(),
                    "title": scenario.title,
                    "sentence": sentence,
                    "engines": scenario.engines(),
                    "depths": scenario.sweep.depths,
                    "seeds": scenario.sweep.seeds,
                }));
            }
        }
    }
    Ok(Exit::Pass)
}

/// Checks every file, also after a wrong one; results on stdout, problems on stderr.
fn check(names: &[String], terminal: &Terminal) -> Exit {
    let built_in: Vec<String> = scenario::list().iter().map(|b| b.id.to_owned()).collect();
    let names = if names.is_empty() { &built_in } else { names };
    let mut failed = 0;
    for name in names {
        let checked = Scenario::find(name);
        failed += usize::from(checked.is_err());
        match (terminal.format, checked) {
            (Format::Json, checked) => terminal.json(&check_json(name, &checked)),
            (Format::Text, Ok(scenario)) => {
                terminal.result(&format!("ok    {}\n", scenario.name()))
            }
            (Format::Text, Err(error)) => {
                terminal.result(&format!("FAIL  {name}\n"));
                terminal.error(&CliError::from(error));
            }
        }
    }
    if terminal.format == Format::Text {
        let passed = names.len() - failed;
        terminal.result(&format!("{passed} passed, {failed} failed, 0 skipped\n"));
    }
    match failed {
        0 => Exit::Pass,
        _ => Exit::Usage,
    }
}

fn check_json(name: &str, checked: &Result<Scenario, ScenarioError>) -> Value {
    match checked {
        Ok(scenario) => json!({ "file": name, "ok": true, "name": scenario.name() }),
        Err(ScenarioError::Invalid { problems, .. }) => json!({
            "file": name,
            "ok": false,
            "problems": problems.iter().map(problem_json).collect::<Vec<_>>(),
        }),
        Err(error) => json!({
            "file": name,
            "ok": false,
            "problems": [{ "message": error.to_string() }],
        }),
    }
}

fn problem_json(located: &Located) -> Value {
    let (line, column) = located.line_column();
    json!({
        "line": line,
        "column": column,
        "message": located.problem.message,
        "label": located.problem.label,
        "help": located.problem.help,
    })
}

fn source(name: &str, terminal: &Terminal) -> Result<Exit, CliError> {
    let known: Option<&Builtin> = scenario::list().iter().find(|builtin| builtin.id == name);
    match known {
        Some(builtin) => terminal.result(builtin.text),
        None => {
            // For the message that names the nearest id; a path has its source on the disk.
            scenario::builtin(name)?;
        }
    }
    Ok(Exit::Pass)
}
