//! What the ledger does not say: buckets that a crash left unfinished, or a power loss left without their record.

use crate::buckets::bucket;
use crate::buckets::claims;
use crate::buckets::survey;
use crate::intake::publish::Publisher;
use crate::layout::{BucketName, Context, EntryName, Shed, SpoolError, Stamp};
use crate::ledger::Record;
use crate::recovery;
use host::Dir;
use std::collections::BTreeSet;

/// How many buckets are looked at for each scan.
const CHOSEN_MAX: usize = 512;

impl Publisher<'_> {
    /// Publishes buckets in `tmp/` that the ledger knows, and drops those that it does not.
    pub(crate) fn finish_tmp(&mut self, recorded: &BTreeSet<Stamp>) -> Result<(), SpoolError> {
        let spool = self.spool;
        loop {
            let left = survey(
                &spool.tmp,
                &mut self.names,
                Shed::Oldest,
                CHOSEN_MAX,
                |_| false,
            )?;
            for bucket in &left.chosen {
                self.last = self.last.max(bucket.first().offset(bucket.count()));
                if !recorded.contains(&bucket.first()) {
                    bucket::drop_unpublished(spool, &spool.tmp, *bucket, &mut self.names)?;
                    continue;
                }
                let (from, to) = (spool.tmp.at(bucket), spool.pending.at(bucket));
                spool
                    .host
                    .rename_noreplace(from, to)
                    .context("publish", bucket)?;
            }
            if left.chosen.is_empty() {
                return Ok(());
            }
        }
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
