//! `foundry audit`: the whole ledger against every directory, alert by alert.

use crate::config::Config;
use crate::context::Context;
use crate::error::FoundryError;
use crate::exit::Exit;
use crate::foundry;
use crate::machine::Machine;
use crate::terminal::{Format, Paint, Terminal};
use alert::AlertId;
use clap::Args;
use serde_json::json;
use spool::audit::{Audit, audit};

/// Holds the whole ledger against the disk; exact while no pass runs. Exit code 65 if anything contradicts itself
#[derive(Args, Debug)]
pub(crate) struct AuditArgs {}

/// Runs the command.
pub(crate) fn run(_: &AuditArgs, context: &Context) -> Result<Exit, FoundryError> {
    let machine = Machine::open().map_err(|error| FoundryError::of_host("/", error))?;
    let config = Config::load(&machine, &context.config)?;
    let spool = foundry::open_to_look(&machine, &config)?;
    let audit = audit(&spool)?;
    match context.terminal.format {
        Format::Json => json(&audit, &context.terminal),
        Format::Text => text(&audit, &context.terminal),
    }
    Ok(match audit.mismatches() {
        0 => Exit::Ok,
        _ => Exit::Data,
    })
}

/// The lists of ids, each with whether it contradicts the contract.
fn lists(audit: &Audit) -> [(&'static str, &'static str, &[AlertId]); 5] {
    [
        ("doubled", "in two places at once", &audit.doubled),
        (
            "case_missing",
            "recorded as cased, and there is no case",
            &audit.case_missing,
        ),
        (
            "case_unrecorded",
            "cased, and there is no record of it",
            &audit.case_unrecorded,
        ),
        (
            "quarantine_unrecorded",
            "in quarantine, and there is no record of it",
            &audit.quarantine_unrecorded,
        ),
        (
            "vanished",
            "published, and nowhere: somebody removed them, the indexer has them",
            &audit.vanished,
        ),
    ]
}

fn json(audit: &Audit, terminal: &Terminal) {
    let mut line = json!({
        "ok": audit.mismatches() == 0,
        "mismatches": audit.mismatches(),
        "published": audit.published,
        "pending": audit.pending,
        "claimed": audit.claimed,
        "overflow": audit.overflow,
        "quarantined": audit.quarantined,
        "cased": audit.cased,
        "strays": audit.strays,
    });
    for (name, _, ids) in lists(audit) {
        line[name] = ids.iter().map(ToString::to_string).collect();
    }
    terminal.json(&line);
}

fn text(audit: &Audit, terminal: &Terminal) {
    terminal.result(&format!("{audit}\n"));
    for (_, what, ids) in lists(audit) {
        if !ids.is_empty() {
            terminal.result(&format!("{} {what}:\n", ids.len()));
        }
        for id in ids {
            terminal.result(&format!("  {id}\n"));
        }
    }
    terminal.result(&match audit.mismatches() {
        0 => format!("{}: 0 mismatches\n", terminal.paint(Paint::Good, "OK")),
        count => format!(
            "{}: {count} mismatches\n",
            terminal.paint(Paint::Bad, "MISMATCH")
        ),
    });
}
