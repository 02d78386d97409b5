//! Who claims: the directories and locks of workers, and the number of a writer's next life.

use crate::layout::{Context, Spool, SpoolError};
use crate::ledger::LedgerWriter;
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

/// The next life of `writer`, with a number greater than that of any life it had and of any directory it left.
pub(crate) fn next_life<'h>(
    spool: &Spool<'h>,
    writer: &str,
    names: &mut Names,
) -> Result<LedgerWriter<'h>, SpoolError> {
    let homes = homes(spool, names)?.into_iter();
    let of_writer = homes.filter_map(|(name, epoch)| (name == writer).then_some(epoch));
    LedgerWriter::open(spool.host, &spool.ledger, writer, of_writer.max(), names)
}
