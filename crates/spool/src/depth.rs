//! How much is in the queue, and what: by the names of buckets, or name by name.

use crate::buckets::bucket;
use crate::buckets::claims;
use crate::buckets::survey;
use crate::cases::case::CasePlace;
use crate::cases::staging::ALERT_FILE;
use crate::cases::staging::STAGING;
use crate::layout::{BucketName, Context, EntryName, Shed, Spool, SpoolError, Stamp, read_or_gone};
use crate::recovery;
use alert::AlertId;
use host::{Dir, Names};
use std::collections::BTreeSet;

/// How much is in the queue. Counts of entries are those of the buckets' names: upper bounds, found without looking inside.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Depth {
    /// Entries that wait.
    pub pending: u64,
    /// Entries that are parked.
    pub overflow: u64,
    /// Entries in workers' hands.
    pub claimed: u64,
    /// Buckets, also those that turn out to be empty.
    pub buckets: u64,
    /// When the oldest of them was published.
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
        depth.buckets += found.buckets;
        Ok::<u64, SpoolError>(found.entries)
    };
    let pending = add(&spool.pending, &mut names)?;
    let overflow = add(&spool.overflow, &mut names)?;
    let mut claimed = 0;
    for (worker, epoch) in claims::homes(spool, &mut names)? {
        let home = claims::home_name(&worker, epoch);
        match Dir::open(spool.host, spool.claimed.at(&home)) {
            Ok(home) => claimed += add(&home, &mut names)?,
            Err(error) if error.is_vanished() => {}
            Err(error) => return Err(error).context("open", &home),
        }
    }
    (depth.pending, depth.overflow, depth.claimed) = (pending, overflow, claimed);
    Ok(depth)
}

/// What is on its way, one thing at a time.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Live {
    /// An entry that is pending, parked or claimed.
    Entry(EntryName),
    /// An entry that a worker's plan names: it is in one of the other places, or it has its end, whose record is on its way.
    /// Or one in a bucket that is not published yet: if it has its record, it will be, and otherwise nobody was told of it.
    Planned(EntryName),
    /// An alert in a case that a worker has not put into its place.
    Staged(AlertId),
}

/// Hands everything that is on its way to `each`, in the order in which alerts flow.
///
/// What moves meanwhile may be handed over twice. What is not handed over has its end, and the ledger says so by the time
/// this returns; or it was brought back, or given back, in the very moment between two looks, or removed by somebody.
pub fn live(spool: &Spool<'_>, each: &mut dyn FnMut(Live)) -> Result<(), SpoolError> {
    // A publisher that has written its record, and found no space for the rename, leaves the bucket to the next one.
    in_buckets(spool, &spool.tmp, &mut |one| match one {
        Live::Entry(entry) => each(Live::Planned(entry)),
        other => each(other),
    })?;
    in_buckets(spool, &spool.pending, each)?;
    in_buckets(spool, &spool.overflow, each)?;
    let mut names = Names::default();
    for (worker, epoch) in claims::homes(spool, &mut names)? {
        let home = claims::home_name(&worker, epoch);
        let home = match Dir::open(spool.host, spool.claimed.at(&home)) {
            Ok(home) => home,
            Err(error) if error.is_vanished() => continue,
            Err(error) => return Err(error).context("open", &home),
        };
        let mut entries = BTreeSet::new();
        in_buckets(spool, &home, &mut |one| match one {
            Live::Entry(entry) => drop(entries.insert(entry)),
            other => each(other),
        })?;
        in_staging(spool, &home, each)?;
        // After the buckets: what has left its bucket by then is in a plan, or in the ledger. And what is in a plan may have
        // its case and its record, and be in its bucket still.
        for step in recovery::planned(spool, &home, &mut names)? {
            entries.remove(&step.entry);
            each(Live::Planned(step.entry));
        }
        for entry in entries {
            each(Live::Entry(entry));
        }
    }
    // What was given back meanwhile.
    in_buckets(spool, &spool.pending, each)
}

/// Opens each bucket in the chunk that named it: a name that waited for the whole listing could be long gone (S19).
fn in_buckets(
    spool: &Spool<'_>,
    dir: &Dir<'_>,
    each: &mut dyn FnMut(Live),
) -> Result<(), SpoolError> {
    let (mut chunk, mut names) = (Names::default(), Names::default());
    dir.rewind().context("list", "buckets")?;
    while read_or_gone(dir, &mut chunk).context("list", "buckets")? {
        let buckets = chunk.iter().filter_map(|name| BucketName::parse(name.name));
        for of_dir in buckets {
            let content = bucket::list(spool, dir, of_dir, &mut names)?;
            for (entry, _) in content.unwrap_or_default().entries {
                each(Live::Entry(entry));
            }
        }
    }
    Ok(())
}

fn in_staging(
    spool: &Spool<'_>,
    home: &Dir<'_>,
    each: &mut dyn FnMut(Live),
) -> Result<(), SpoolError> {
    let staging = match Dir::open(spool.host, home.at(STAGING)) {
        Ok(staging) => staging,
        Err(error) if error.is_vanished() => return Ok(()),
        Err(error) => return Err(error).context("open", STAGING),
    };
    let mut names = Names::default();
    while read_or_gone(&staging, &mut names).context("list", STAGING)? {
        for staged in names.iter() {
            let Some(place) = CasePlace::parse_staged(staged.name) else {
                continue;
            };
            let alert = [staged.name, b"/", ALERT_FILE.as_bytes()].concat();
            match spool.host.stat(staging.at(&alert)) {
                Ok(_) => each(Live::Staged(place.id())),
                Err(error) if error.is_vanished() => {}
                Err(error) => return Err(error).context("look at", &alert),
            }
        }
    }
    Ok(())
}
