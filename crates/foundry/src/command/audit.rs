//! `foundry audit`: the whole ledger against every directory, alert by alert.

use crate::config::Config;
use crate::context::Context;
use crate::error::FoundryError;
use crate::exit::Exit;
use crate::foundry;
use crate::machine::Machine;
use crate::terminal::{Format, Paint, Terminal};
use crate::words;
use alert::AlertId;
use clap::Args;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use serde_json::json;
use spool::Spool;
use spool::audit::{Audit, Progress, audit, audit_deep};

/// Holds the whole ledger against the disk, to the byte; exact while no pass runs. Exit code 65 if anything contradicts itself
#[derive(Args, Debug)]
pub(crate) struct AuditArgs {
    /// Look at names alone: which alerts are where, and not whether the bytes of their cases are what they were
    #[arg(long)]
    names: bool,
}

/// Runs the command.
pub(crate) fn run(args: &AuditArgs, context: &Context) -> Result<Exit, FoundryError> {
    let machine = Machine::open().map_err(|error| FoundryError::of_host("/", error))?;
    let config = Config::load(&machine, &context.config)?;
    let spool = foundry::open_to_look(&machine, &config)?;
    let audit = match args.names {
        true => audit(&spool)?,
        false => read_all(&spool, &context.terminal)?,
    };
    match context.terminal.format {
        Format::Json => json(&audit, &context.terminal),
        Format::Text => text(&audit, &context.terminal),
    }
    Ok(match audit.mismatches() {
        0 => Exit::Ok,
        _ => Exit::Data,
    })
}

/// Audits to the byte, with a bar for whoever watches: a million cases take a while.
fn read_all(spool: &Spool<'_>, terminal: &Terminal) -> Result<Audit, FoundryError> {
    let target = match terminal.is_watched {
        true => ProgressDrawTarget::stderr(),
        false => ProgressDrawTarget::hidden(),
    };
    let bar = ProgressBar::with_draw_target(Some(0), target);
    let style = "  {bar:32} {human_pos} of {human_len} cases  {elapsed} of about {duration}";
    bar.set_style(ProgressStyle::with_template(style).expect("the template is a constant"));
    let audit = audit_deep(spool, &mut |progress: Progress| {
        bar.set_length(progress.recorded.max(progress.read));
        bar.set_position(progress.read);
    });
    bar.finish_and_clear();
    Ok(audit?)
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
        "pruned": audit.pruned,
        "strays": audit.strays,
        "bytes_read": audit.is_deep,
        "unsealed": audit.unsealed,
        "added": audit.added,
    });
    line["damaged"] = audit
        .damaged
        .iter()
        .map(|one| {
            json!({
                "path": one.path,
                "file": one.file,
                "kind": one.kind.as_str(),
                "what": one.what,
            })
        })
        .collect();
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
    for one in &audit.damaged {
        terminal.result(&format!("{}: {one}\n", one.kind.as_str()));
    }
    for path in &audit.added {
        terminal.result(&format!("added, and no damage: {path}\n"));
    }
    if 0 < audit.unsealed {
        let count = words::count(audit.unsealed);
        terminal.result(&format!(
            "{count} cases have no digest in the ledger: they were held against the manifests beside them\n"
        ));
    }
    terminal.result(&match audit.mismatches() {
        0 => format!("{}: 0 mismatches\n", terminal.paint(Paint::Good, "OK")),
        count => format!(
            "{}: {count} mismatches\n",
            terminal.paint(Paint::Bad, "MISMATCH")
        ),
    });
}
