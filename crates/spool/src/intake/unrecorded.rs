//! What the ledger does not say: buckets that a crash left unfinished, or a power loss left without their record.

use crate::buckets::bucket;
use crate::buckets::claims;
use crate::buckets::survey;
use crate::intake::publish::Publisher;
use crate::layout::{
    BucketName, Context, EntryName, PathBuffer, Shed, Spool, SpoolError, Stamp, unless_away,
};
use crate::ledger::Record;
use crate::recovery;
use alert::{Alert, Hour};
use host::{Class, Dir, Millis};
use std::collections::BTreeSet;

/// How many buckets are looked at for each scan.
const CHOSEN_MAX: usize = 512;

/// What another program held when the publisher was to move it on: it is tried again.
#[derive(Default)]
pub(crate) struct Left {
    /// The buckets in `tmp/` that are recorded: they are to be published.
    pub(crate) recorded: BTreeSet<Stamp>,
    /// Whether there are buckets in `tmp/` at all; the others are to be dropped.
    pub(crate) has_tmp: bool,
    /// Whether there are claims of the dead, or of an adoption.
    pub(crate) has_claims: bool,
    /// Since when there is anything.
    pub(crate) since: Option<Millis>,
}

impl Left {
    fn is_empty(&self) -> bool {
        !self.has_tmp && !self.has_claims
    }

    /// Adds a bucket in `tmp/`.
    pub(crate) fn note(&mut self, bucket: BucketName, is_recorded: bool) {
        self.has_tmp = true;
        if is_recorded {
            self.recorded.insert(bucket.first());
        }
    }

    /// Notes since when there is anything, or that there is nothing.
    pub(crate) fn note_time(&mut self, now: Millis) {
        self.since = match self.is_empty() {
            true => None,
            false => self.since.or(Some(now)),
        };
    }
}

impl Publisher<'_> {
    /// Publishes buckets in `tmp/` that the ledger knows, and drops those that it does not. What another program holds is noted
    /// as left.
    pub(crate) fn finish_tmp(&mut self, recorded: &BTreeSet<Stamp>) -> Result<(), SpoolError> {
        let spool = self.spool;
        let mut held = BTreeSet::new();
        loop {
            let left = survey(
                &spool.tmp,
                &mut self.names,
                Shed::Oldest,
                CHOSEN_MAX,
                |first| held.contains(&first),
            )?;
            for bucket in &left.chosen {
                self.last = self.last.max(bucket.first().offset(bucket.count()));
                let is_recorded = recorded.contains(&bucket.first());
                let is_done = match is_recorded {
                    true => self.show(&spool.tmp, *bucket, *bucket)?,
                    false => bucket::drop_unpublished(spool, &spool.tmp, *bucket, &mut self.names)?,
                };
                if !is_done {
                    held.insert(bucket.first());
                    self.left.note(*bucket, is_recorded);
                }
            }
            if left.chosen.is_empty() {
                return Ok(());
            }
        }
    }

    /// Makes a bucket visible that is durable and recorded. Returns whether it was moved, or is gone: `false` if another program
    /// holds it.
    pub(crate) fn show(
        &self,
        dir: &Dir<'_>,
        from: BucketName,
        to: BucketName,
    ) -> Result<bool, SpoolError> {
        let (host, pending) = (self.spool.host, &self.spool.pending);
        match host.rename_noreplace(dir.at(&from), pending.at(&to)) {
            Ok(()) => Ok(true),
            Err(error) => match error.class() {
                Class::Vanished => Ok(true),
                Class::Contended | Class::Poison => Ok(false),
                _ => Err(error).context("publish", to),
            },
        }
    }

    /// Whether another program held something that the publisher was to move on, when this was tried last.
    pub fn has_left(&self) -> bool {
        !self.left.is_empty()
    }

    /// Tries again to move on what another program held.
    pub fn finish_left(&mut self) -> Result<(), SpoolError> {
        self.check_poison()?;
        self.poisoning(|publisher| {
            let left = std::mem::take(&mut publisher.left);
            publisher.left.since = left.since;
            if left.has_claims {
                let swept = recovery::sweep(publisher.spool, &mut publisher.ledger)?;
                publisher.left.has_claims = 0 < swept.held;
            }
            if left.has_tmp {
                publisher.finish_tmp(&left.recorded)?;
            }
            Ok(())
        })
    }

    /// Records buckets that are newer than every record: a power loss kept their rename and lost their record, or they were
    /// being adopted.
    ///
    /// Workers go on meanwhile. An entry that is no longer in its bucket when that is listed stands in a plan. So: buckets,
    /// then plans.
    pub(crate) fn record_unrecorded(&mut self, last_recorded: Stamp) -> Result<(), SpoolError> {
        let spool = self.spool;
        let mut unrecorded = Vec::new();
        for dir in [&spool.pending, &spool.overflow, &spool.pending] {
            self.list_newer(dir, last_recorded, &mut unrecorded)?;
        }
        for (worker, epoch) in claims::homes(spool, &mut self.names)? {
            let home_name = claims::home_name(&worker, epoch);
            let home = match Dir::open(spool.host, spool.claimed.at(&home_name)) {
                Ok(home) => home,
                Err(error) if error.is_vanished() => continue,
                Err(error) => return Err(error).context("open", &home_name),
            };
            self.list_newer(&home, last_recorded, &mut unrecorded)?;
        }
        let planned = recovery::all_planned(spool, &mut self.names)?;
        let newer = planned
            .into_iter()
            .filter(|step| last_recorded < step.bucket.first());
        unrecorded.extend(newer.map(|step| Unrecorded {
            bucket: step.bucket,
            entry: step.entry,
            times: step.hour().and_then(times_of_hour),
        }));
        self.record_all(unrecorded)
    }

    /// Adds the entries of the buckets in `dir` that are newer than `done`.
    fn list_newer(
        &mut self,
        dir: &Dir<'_>,
        mut done: Stamp,
        found: &mut Vec<Unrecorded>,
    ) -> Result<(), SpoolError> {
        loop {
            let is_done = |first| first <= done;
            let new = survey(dir, &mut self.names, Shed::Oldest, CHOSEN_MAX, is_done)?.chosen;
            let Some(newest) = new.last() else {
                return Ok(());
            };
            done = newest.first();
            for bucket in new {
                if let Some(content) = bucket::list(self.spool, dir, bucket, &mut self.names)? {
                    let entries = content.entries.iter().map(|(entry, _)| *entry);
                    let times = times_of(self.spool, dir, bucket, entries.clone())?;
                    found.extend(entries.map(|entry| Unrecorded {
                        bucket,
                        entry,
                        times,
                    }));
                }
            }
        }
    }

    fn record_all(&mut self, mut found: Vec<Unrecorded>) -> Result<(), SpoolError> {
        found.sort_unstable_by_key(|one| (one.bucket.first(), one.entry));
        found.dedup_by_key(|one| (one.bucket.first(), one.entry));
        for of_bucket in found.chunk_by(|a, b| a.bucket.first() == b.bucket.first()) {
            let bucket = of_bucket[0].bucket;
            let times = of_bucket.iter().filter_map(|one| one.times).reduce(joined);
            let entries: Vec<_> = of_bucket.iter().map(|one| one.entry).collect();
            let newest = entries.last().map(EntryName::stamp).unwrap_or_default();
            self.last = self.last.max(newest).max(bucket.first());
            // A worker may have given it back under the count of what was left, with the others in its plan: the record is of all.
            let last = newest.sequence.saturating_sub(bucket.first().sequence);
            let bucket = bucket.with_count(bucket.count().max(last.saturating_add(1)));
            self.remember(&entries);
            self.ledger.append(&Record::Published {
                bucket,
                entries,
                origins: Vec::new(),
                times,
            })?;
        }
        Ok(())
    }
}

/// An entry whose publication no record tells of.
struct Unrecorded {
    bucket: BucketName,
    entry: EntryName,
    /// When the alerts of its bucket happened, in milliseconds since 1970: where to ask for it, should it vanish.
    times: Option<(i64, i64)>,
}

/// When the alerts of a bucket happened, to the hour: from its first and its last alert, because an indexer gives them in the order
/// of their times. `None` if neither says.
fn times_of(
    spool: &Spool<'_>,
    dir: &Dir<'_>,
    bucket: BucketName,
    entries: impl DoubleEndedIterator<Item = EntryName> + Clone,
) -> Result<Option<(i64, i64)>, SpoolError> {
    let (mut path, mut bytes) = (PathBuffer::default(), Vec::new());
    let mut times = None;
    let ends = entries.clone().next().into_iter().chain(entries.last());
    for entry in ends {
        bytes.clear();
        let at = dir.at(path.join(&[bucket.as_ref(), entry.as_ref()]));
        let read = bucket::read_payload(spool.host, at, &mut bytes);
        if unless_away(read).context("read", entry)?.is_none() {
            continue;
        }
        let hour = Alert::parse(&bytes).ok().and_then(|alert| alert.hour);
        times = times
            .into_iter()
            .chain(hour.and_then(times_of_hour))
            .reduce(joined);
    }
    Ok(times)
}

/// The times from the first to the last of both.
fn joined(a: (i64, i64), b: (i64, i64)) -> (i64, i64) {
    (a.0.min(b.0), a.1.max(b.1))
}

/// The first and the last millisecond of an hour.
fn times_of_hour(hour: Hour) -> Option<(i64, i64)> {
    const HOUR_MS: i64 = 3_600_000;
    let first = hour.first_ms()?;
    Some((first, first + HOUR_MS - 1))
}
