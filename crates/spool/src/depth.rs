//! How much is in the queue, and what: by the names of buckets, or name by name.

use crate::audit;
use crate::error::{Context, SpoolError};
use crate::name::{BucketName, EntryName, Stamp};
use crate::recover;
use crate::spool::{Shed, Spool};
use crate::survey::survey;
use alert::AlertId;
use host::{Dir, Names};

/// How much is in the queue. Counts of entries are those of the buckets' names: upper bounds, found without looking inside.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Depth {
    /// Entries that wait.
    pub pending: u64,
    /// Entries that are parked.
    pub overflow: u64,
    /// Entries in workers' hands.
    pub claimed: u64,
    /// Entries in quarantine.
    pub quarantined: u64,
    /// When the oldest entry that is none of the last was published.
    pub oldest: Option<Stamp>,
}

impl Depth {
    /// Entries that are still to be finished.
    pub fn backlog(&self) -> u64 {
        self.pending + self.overflow + self.claimed
    }
}

/// Looks how deep the queue is, at a cost that depends on the number of buckets.
pub fn depth(spool: &Spool<'_>) -> Result<Depth, SpoolError> {
    let mut names = Names::default();
    let mut depth = Depth::default();
    let mut add = |dir: &Dir<'_>, names: &mut Names| {
        let found = survey(dir, names, Shed::Oldest, 1, |_| false)?;
        let first = found.chosen.first().map(BucketName::first);
        depth.oldest = [depth.oldest, first].into_iter().flatten().min();
        Ok::<u64, SpoolError>(found.entries)
    };
    let pending = add(&spool.pending, &mut names)?;
    let overflow = add(&spool.overflow, &mut names)?;
    let mut claimed = 0;
    for (worker, epoch) in recover::homes(spool, &mut names)? {
        let home = recover::home_name(&worker, epoch);
        match Dir::open(spool.host, spool.claimed.at(&home)) {
            Ok(home) => claimed += add(&home, &mut names)?,
            Err(error) if error.is_vanished() => {}
            Err(error) => return Err(error).context("open", &home),
        }
    }
    (depth.pending, depth.overflow, depth.claimed) = (pending, overflow, claimed);
    spool.quarantine.rewind().context("list", "quarantine")?;
    while spool
        .quarantine
        .read(&mut names)
        .context("list", "quarantine")?
    {
        let entries = names.iter().filter_map(|name| EntryName::parse(name.name));
        depth.quarantined += entries.count() as u64;
    }
    Ok(depth)
}

/// Hands the id of every alert that is on its way to `each`: pending, parked or in a worker's hands.
///
/// Exact while nobody else works on the spool; otherwise an alert that moves meanwhile may be handed over twice, or never.
pub fn live(spool: &Spool<'_>, each: &mut dyn FnMut(AlertId)) -> Result<(), SpoolError> {
    audit::live(spool, each)
}
