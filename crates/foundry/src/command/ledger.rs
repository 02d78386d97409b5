//! `foundry ledger verify`: whether the ledger is what was written.

use crate::config::Config;
use crate::context::Context;
use crate::error::FoundryError;
use crate::exit::Exit;
use crate::foundry;
use crate::machine::Machine;
use crate::terminal::{Format, Paint, Terminal};
use crate::words;
use clap::{Args, Subcommand};
use host::{Dir, Names};
use pipeline::heartbeat::Heartbeat;
use serde_json::json;
use spool::{Spool, SpoolError, ledger};
use std::collections::BTreeMap;

/// Reads the hash chains of the ledger
#[derive(Args, Debug)]
pub(crate) struct LedgerArgs {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Subcommand, Debug)]
enum Verb {
    /// Checks every line of every segment, and that the heads of the last heartbeat are still in it. Exit code 65 if not
    Verify,
}

/// One writer's chain as it was read.
#[derive(Default)]
struct Chain {
    segments: u64,
    records: u64,
    /// The chain after the last record.
    head: Option<String>,
    /// What does not fit: the first thing, because nothing after it can be known.
    broken: Option<String>,
}

/// Runs the command.
pub(crate) fn run(args: &LedgerArgs, context: &Context) -> Result<Exit, FoundryError> {
    let Verb::Verify = args.verb;
    let machine = Machine::open().map_err(|error| FoundryError::of_host("/", error))?;
    let config = Config::load(&machine, &context.config)?;
    let spool = foundry::open_to_look(&machine, &config)?;
    // Before the ledger: what it names must be there, whoever appends meanwhile.
    let heartbeat = Heartbeat::load(&spool)?;
    let mut chains = read(&spool)?;
    for (writer, head) in heartbeat.iter().flat_map(|last| &last.ledger_heads) {
        let chain = chains.entry(writer.clone()).or_default();
        if chain.broken.is_none() && !has_head(&spool, writer, head)? {
            chain.broken = Some(format!(
                "{writer}: the head {head}, which the last heartbeat names, is not in the ledger: its end was taken away"
            ));
        }
    }
    chains
        .iter()
        .for_each(|(writer, chain)| show(writer, chain, &context.terminal));
    let is_broken = chains.values().any(|chain| chain.broken.is_some());
    let terminal = &context.terminal;
    if terminal.format == Format::Text {
        terminal.result(&match is_broken {
            false => format!(
                "{}: {} chains\n",
                terminal.paint(Paint::Good, "OK"),
                chains.len()
            ),
            true => format!("{}\n", terminal.paint(Paint::Bad, "BROKEN")),
        });
    }
    Ok(match is_broken {
        false => Exit::Ok,
        true => Exit::Data,
    })
}

/// Every writer's chain; one that is broken does not keep another from being read.
fn read(spool: &Spool<'_>) -> Result<BTreeMap<String, Chain>, FoundryError> {
    let ledger = open(spool)?;
    let mut chains: BTreeMap<String, Chain> = BTreeMap::new();
    for (writer, number) in ledger::segments(&ledger, &mut Names::default())? {
        let name = ledger::segment_name(&writer, number);
        let chain = chains.entry(writer).or_default();
        if chain.broken.is_some() {
            continue;
        }
        chain.segments += 1;
        let records = &mut chain.records;
        let before = chain.head.as_deref();
        match ledger::read_segment(spool.host(), &ledger, &name, before, |_| *records += 1) {
            Ok(head) => chain.head = head,
            Err(error @ SpoolError::BrokenLedger { .. }) => chain.broken = Some(error.to_string()),
            Err(error) => return Err(error.into()),
        }
    }
    Ok(chains)
}

/// Whether a line of the writer has this chain.
fn has_head(spool: &Spool<'_>, writer: &str, head: &str) -> Result<bool, FoundryError> {
    if head.is_empty() {
        return Ok(true);
    }
    let ledger = open(spool)?;
    let wanted = format!("{{\"chain\":\"{head}\"");
    let mut segments = ledger::segments(&ledger, &mut Names::default())?;
    segments.retain(|(of, _)| of == writer);
    for (_, number) in segments.iter().rev() {
        let name = ledger::segment_name(writer, *number);
        if has_line(spool, &ledger, &name, wanted.as_bytes())? {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Whether a line of the segment begins so.
fn has_line(
    spool: &Spool<'_>,
    of_ledger: &Dir<'_>,
    name: &str,
    wanted: &[u8],
) -> Result<bool, FoundryError> {
    /// A segment is at most about 8 MiB (2 MiB today), and so is what a record beyond that can add.
    const SEGMENT_BYTES_MAX: usize = 64 << 20;
    let failed = |error| FoundryError::of_host(format!("ledger/{name}"), error);
    let file = ledger::open_segment(spool.host(), of_ledger.id(), name)?;
    let mut bytes = Vec::new();
    file.read_to(0, &mut bytes, SEGMENT_BYTES_MAX)
        .map_err(failed)?;
    Ok(bytes
        .split(|byte| *byte == b'\n')
        .any(|line| line.starts_with(wanted)))
}

fn open<'h>(spool: &Spool<'h>) -> Result<Dir<'h>, FoundryError> {
    let opened = Dir::open(spool.host(), spool.root().at("ledger"));
    opened.map_err(|error| FoundryError::of_host("ledger", error))
}

fn show(writer: &str, chain: &Chain, terminal: &Terminal) {
    let head = chain.head.as_deref().unwrap_or("-");
    match terminal.format {
        Format::Json => terminal.json(&json!({
            "writer": writer,
            "segments": chain.segments,
            "records": chain.records,
            "head": chain.head,
            "broken": chain.broken,
        })),
        Format::Text => match &chain.broken {
            None => terminal.result(&format!(
                "{writer:<12}{:>4} segments {:>9} records  head {head}\n",
                chain.segments,
                words::count(chain.records)
            )),
            Some(broken) => terminal.result(&format!("{writer:<12}{broken}\n")),
        },
    }
}
