//! Who claims: the directories and locks of workers, and the number of a writer's next life.

use crate::layout::{Context, Spool, SpoolError};
use crate::ledger::{self, LedgerWriter};
use host::{Errno, Kind, Lock, Names};

/// The workers' directories: name and epoch, sorted.
pub(crate) fn homes(
    spool: &Spool<'_>,
    names: &mut Names,
) -> Result<Vec<(String, u32)>, SpoolError> {
    let mut found = Vec::new();
    spool.claimed.rewind().context("list", "claimed")?;
    while spool.claimed.read(names).context("list", "claimed")? {
        for entry in names.iter().filter(|entry| entry.kind != Kind::File) {
            let Some(name) = std::str::from_utf8(entry.name).ok() else {
                continue;
            };
            let Some((worker, epoch)) = name.rsplit_once('-') else {
                continue;
            };
            if let Ok(epoch) = epoch.parse() {
                found.push((worker.to_owned(), epoch));
            }
        }
    }
    found.sort();
    Ok(found)
}

/// The name of a worker's directory.
pub(crate) fn home_name(worker: &str, epoch: u32) -> String {
    format!("{worker}-{epoch:06}")
}

/// Takes the lock that says that a worker lives.
pub(crate) fn take_lock<'h>(spool: &Spool<'h>, worker: &str) -> Result<Lock<'h>, SpoolError> {
    let file = format!("{worker}.lock");
    Lock::take(spool.host, spool.claimed.at(&file)).map_err(|source| match source.errno {
        Errno::Busy => SpoolError::Held {
            object: format!("claimed/{file}"),
        },
        _ => SpoolError::Host {
            operation: "lock",
            object: file,
            source,
        },
    })
}

/// The next epoch of `writer`, greater than that of any segment and any directory it left, and its new end of the ledger.
pub(crate) fn begin_epoch<'h>(
    spool: &Spool<'h>,
    writer: &str,
    names: &mut Names,
) -> Result<(u32, LedgerWriter<'h>), SpoolError> {
    let mut numbers: Vec<u32> = ledger::segments(&spool.ledger, names)?
        .into_iter()
        .filter_map(|(name, number)| (name == writer).then_some(number))
        .collect();
    let homes = homes(spool, names)?;
    let home = homes
        .iter()
        .filter(|(name, _)| name == writer)
        .map(|(_, epoch)| *epoch)
        .max();
    let epoch = numbers
        .last()
        .copied()
        .max(home)
        .map_or(0, |epoch| epoch + 1);
    let last = numbers.last();
    let predecessor = last.map(|number| ledger::segment_name(writer, *number));
    let mut continues = None;
    // A segment without a whole line is what a power loss leaves of a new one.
    while let (None, Some(number)) = (&continues, numbers.pop()) {
        let name = ledger::segment_name(writer, number);
        continues = ledger::read_segment(spool.host, &spool.ledger, &name, None, |_| {})?;
    }
    let (host, ledger) = (spool.host, spool.ledger.id());
    let prepared = LedgerWriter::prepare(host, ledger, writer, epoch, continues, predecessor);
    Ok((epoch, prepared))
}
