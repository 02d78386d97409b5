//! What the ledger does not say: buckets that a crash left unfinished, or a power loss left without their record.

use crate::buckets::bucket;
use crate::buckets::claims;
use crate::buckets::survey;
use crate::intake::publish::Publisher;
use crate::layout::{BucketName, Context, EntryName, Shed, SpoolError, Stamp};
use crate::ledger::Record;
use crate::recovery;
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
        unrecorded.extend(
            planned
                .into_iter()
                .filter(|(of, _)| last_recorded < of.first()),
        );
        self.record_all(unrecorded)
    }

    /// Adds the entries of the buckets in `dir` that are newer than `done`.
    fn list_newer(
        &mut self,
        dir: &Dir<'_>,
        mut done: Stamp,
        found: &mut Vec<(BucketName, EntryName)>,
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
                    found.extend(content.entries.iter().map(|(entry, _)| (bucket, *entry)));
                }
            }
        }
    }

    fn record_all(&mut self, mut found: Vec<(BucketName, EntryName)>) -> Result<(), SpoolError> {
        found.sort_unstable_by_key(|(bucket, entry)| (bucket.first(), *entry));
        found.dedup_by_key(|(bucket, entry)| (bucket.first(), *entry));
        for of_bucket in found.chunk_by(|(a, _), (b, _)| a.first() == b.first()) {
            let bucket = of_bucket[0].0;
            let entries: Vec<_> = of_bucket.iter().map(|(_, entry)| *entry).collect();
            let newest = entries.last().map(EntryName::stamp).unwrap_or_default();
            self.last = self.last.max(newest).max(bucket.first());
            self.remember(&entries);
            self.ledger.append(&Record::Published {
                bucket,
                entries,
                origins: Vec::new(),
                times: None,
            })?;
        }
        Ok(())
    }
}
