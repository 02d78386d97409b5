//! A script that puts alerts into the inbox in its own way: in place, in pieces, under whatever name.
//!
//! It syncs nothing and remembers nothing. After a power loss it starts with its first file again: what the queue has taken comes
//! a second time, and what the power loss took comes at last.

use super::{PAUSE, wait_until};
use crate::kernel::Exit;
use crate::run::drops::{Drop, Manner};
use crate::run::program::foundry::ROOT;
use crate::run::shared::Shared;
use crate::scenario::Writer;
use contract::{Id, Place};
use host::{At, Dir, File, Host};
use pipeline::Settings;
use std::time::Duration;

/// Added to names that are never taken.
pub(crate) const NEVER_TAKEN: &str = ".gz";

/// Writes all files of the scenario's writer of this number, one after the other.
pub(crate) fn run(host: &dyn Host, shared: &Shared, number: usize) -> Exit {
    let writer = &shared.scenario.writers[number];
    let drops = shared.source.drops();
    let mine: Vec<(u32, &Drop)> = drops.filter(|(_, drop)| drop.writer == number).collect();
    let mut odd = Vec::new();
    for &(index, drop) in &mine {
        if !wait_until(host, shared, drop.due_ns) {
            return Exit::OK;
        }
        let comes_once = matches!(drop.manner, Manner::Abandoned | Manner::NeverTaken);
        if comes_once && is_taken(shared, index) {
            continue;
        }
        while write(host, shared, writer, drop).is_err() {
            // There is no inbox yet.
            if shared.watch.borrow().is_over {
                return Exit::OK;
            }
            host.sleep(PAUSE);
        }
        match drop.manner {
            Manner::NeverTaken => odd.push(drop),
            // From here on quarantine is the right place for it.
            Manner::Abandoned => shared.watch.borrow_mut().contract.spoil(Id(index)),
            Manner::InPlace | Manner::UpperCase | Manner::Dotted => {}
        }
    }
    if wait_until(host, shared, writer.cleared_ns) {
        for drop in odd {
            let (from, to) = (format!("{}{NEVER_TAKEN}", drop.name), &drop.name);
            if rename(host, &from, to).is_ok() {
                shared
                    .never_taken
                    .set(shared.never_taken.get().saturating_sub(1));
            }
        }
        send_again(host, shared, writer, &mine);
    }
    Exit::OK
}

/// Whether the queue has taken the alert of this number in hand.
fn is_taken(shared: &Shared, index: u32) -> bool {
    let watch = shared.watch.borrow();
    watch.contract.census().get(Id(index)).place != Place::Source
}

/// Writes again what a power loss took before the queue had it, until the queue has everything: nobody else could tell.
fn send_again(host: &dyn Host, shared: &Shared, writer: &Writer, mine: &[(u32, &Drop)]) {
    let settle_ns = u64::try_from(Settings::default().inbox_settle.as_nanos()).unwrap_or(0);
    let mut due = shared.faults_stop_ns() + 2 * settle_ns;
    while wait_until(host, shared, due) {
        let mut left = mine.iter().filter(|(index, _)| !is_taken(shared, *index));
        let Some(first) = left.next() else { break };
        for (_, drop) in std::iter::once(first).chain(left) {
            let plain = Drop {
                manner: Manner::InPlace,
                ..(*drop).clone()
            };
            let is_whole = size_of(host, &plain.name) == Some(plain.bytes.len() as u64);
            if !is_whole && write(host, shared, writer, &plain).is_err() {
                break;
            }
        }
        due = shared.now_ns() + 2 * settle_ns;
    }
}

/// How large a file of the inbox is; `None` if there is none.
fn size_of(host: &dyn Host, name: &str) -> Option<u64> {
    let inbox = inbox(host).ok()?;
    host.stat(inbox.at(name)).ok().map(|meta| meta.len)
}

/// Writes one file as it is to be written. Errs if it could not be begun.
fn write(host: &dyn Host, shared: &Shared, writer: &Writer, drop: &Drop) -> host::Result<()> {
    // A name that begins with a dot protects a file for as long as its writer likes: longer than the inbox waits for others.
    let slow = Settings::default().inbox_settle + PAUSE;
    let patient = Duration::from_nanos(writer.pause_ns);
    let (name, pieces, pause) = match drop.manner {
        Manner::InPlace | Manner::UpperCase => (drop.name.clone(), writer.pieces, patient),
        Manner::Abandoned => (drop.name.clone(), 1, patient),
        Manner::Dotted => (format!(".{}", drop.name), 2, slow),
        Manner::NeverTaken => (format!("{}{NEVER_TAKEN}", drop.name), 1, patient),
    };
    let inbox = inbox(host)?;
    let file = match File::create_new(host, inbox.at(&name)) {
        // Nobody takes it, so it stands there from a former life of this writer.
        Err(error) if error.is_exists() && drop.manner == Manner::NeverTaken => return Ok(()),
        // A file that a power loss has left is written anew.
        Err(error) if error.is_exists() => {
            host.unlink(inbox.at(&name)).ok();
            File::create_new(host, inbox.at(&name))?
        }
        other => other?,
    };
    let is_visible = drop.manner != Manner::Dotted;
    let size = drop
        .bytes
        .len()
        .div_ceil(usize::try_from(pieces).unwrap_or(1));
    let mut written = 0;
    for piece in drop.bytes.chunks(size.max(1)) {
        // What became of the file meanwhile is not the writer's affair: its handle is open.
        file.append(piece).ok();
        written += piece.len();
        if written < drop.bytes.len() {
            let half = &shared.half_written;
            half.set(half.get() + u64::from(is_visible));
            host.sleep(pause);
            half.set(half.get().saturating_sub(u64::from(is_visible)));
        }
    }
    std::mem::drop(file);
    match drop.manner {
        Manner::Dotted => rename(host, &name, &drop.name).unwrap_or_default(),
        Manner::NeverTaken => shared.never_taken.set(shared.never_taken.get() + 1),
        _ => {}
    }
    Ok(())
}

fn inbox(host: &dyn Host) -> host::Result<Dir<'_>> {
    Dir::open(host, At::new(host.root(), &format!("{ROOT}/inbox")))
}

fn rename(host: &dyn Host, from: &str, to: &str) -> host::Result<()> {
    let inbox = inbox(host)?;
    host.rename(inbox.at(from), inbox.at(to))
}
