//! `foundry prune`: what came long ago is removed now, in one go.

use crate::config::{Config, Span};
use crate::context::Context;
use crate::error::FoundryError;
use crate::exit::Exit;
use crate::foundry;
use crate::lock;
use crate::machine::Machine;
use crate::terminal::{Format, Terminal};
use crate::words;
use clap::Args;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use pipeline::{Pruning, prune};
use serde_json::json;
use std::time::Duration;

/// Removes cases, their packs, quarantined files and their part of the ledger, by whole days
///
/// What waits, and what became a case later than that, holds its day back. `retention.cases_older_than` does the same in every pass.
#[derive(Args, Debug)]
pub(crate) struct PruneArgs {
    /// How long ago the alerts of what goes came, such as 90d; at least a day
    #[arg(long, value_name = "AGE", value_parser = Span::read)]
    cases_older_than: Span,
    /// Say what would go, and change nothing
    #[arg(long)]
    dry_run: bool,
}

/// Runs the command.
pub(crate) fn run(args: &PruneArgs, context: &Context) -> Result<Exit, FoundryError> {
    let machine = Machine::open().map_err(|error| FoundryError::of_host("/", error))?;
    let config = Config::load(&machine, &context.config)?;
    let age = args.cases_older_than;
    config.may_remove(age).map_err(|help| FoundryError::Usage {
        message: format!("--cases-older-than is {age}"),
        help,
    })?;
    let spool = foundry::open_to_work(&machine, &config)?;
    let _lock = lock::take(&spool, config.home(), "prune", &foundry::run_id(&machine))?;
    let terminal = &context.terminal;
    let bar = bar(terminal);
    let done = prune(&spool, age.0, args.dry_run, &mut |removed| {
        bar.set_message(words::count(removed.cases + removed.quarantined));
    });
    bar.finish_and_clear();
    let done = done?;
    match terminal.format {
        Format::Json => terminal.json(&json!({
            "dry_run": args.dry_run,
            "before": words::timestamp(done.before).to_string(),
            "asked": words::timestamp(done.asked).to_string(),
            "cases": done.cases,
            "quarantined": done.quarantined,
            "removed_cases": done.removed.cases,
            "removed_quarantined": done.removed.quarantined,
            "removed_segments": done.removed.segments,
            "held": done.removed.held,
        })),
        Format::Text => terminal.result(&text(&done, args.dry_run)),
    }
    Ok(match done.removed.held {
        0 => Exit::Ok,
        // They stand where they stood: the next call, or a pass, may find them free.
        _ => Exit::Temporary,
    })
}

/// Removing takes as long as there is, and nobody knows how much stands still of what was announced before.
fn bar(terminal: &Terminal) -> ProgressBar {
    let target = match terminal.is_watched {
        true => ProgressDrawTarget::stderr(),
        false => ProgressDrawTarget::hidden(),
    };
    let bar = ProgressBar::with_draw_target(None, target);
    let style = "  {spinner} {msg} removed  {elapsed}";
    bar.set_style(ProgressStyle::with_template(style).expect("the template is a constant"));
    bar.enable_steady_tick(Duration::from_millis(200));
    bar
}

fn text(done: &Pruning, is_dry: bool) -> String {
    let day = |at| words::timestamp(at).strftime("%Y-%m-%d").to_string();
    let mut text = match is_dry {
        true => format!(
            "would remove {} cases and {} quarantined files, whose alerts came before {} (UTC)\n",
            words::count(done.cases),
            words::count(done.quarantined),
            day(done.before)
        ),
        false => format!(
            "removed {} cases, {} quarantined files and {} segments of the ledger; kept is what came from {} (UTC) on\n",
            words::count(done.removed.cases),
            words::count(done.removed.quarantined),
            words::count(done.removed.segments),
            day(done.before)
        ),
    };
    if done.before < done.asked && 0 < done.before.0 {
        text.push_str(&format!(
            "days up to {} are held back: an alert that came then waits, or became a case not so long ago (`foundry status`)\n",
            day(done.asked)
        ));
    }
    if 0 < done.removed.held {
        text.push_str(&format!(
            "{} files are held by other programs, and were left: call it again, or let a pass do it\n",
            words::count(done.removed.held)
        ));
    }
    text
}
