//! The end of the ledger.

use super::segments::{self, actives, segment_name};
use super::{PUBLISHER, Record, read_segment};
use crate::layout::{EntryName, Spool, SpoolError, Stamp};
use host::Names;
use std::collections::BTreeSet;

/// What the publisher's newest records tell: as many as are needed, whatever the age of the ledger.
#[derive(Default)]
pub(crate) struct Tail {
    /// The last stamp that was given out, as far as recorded.
    pub(crate) last: Stamp,
    /// No stamp of this millisecond or a later one was given out.
    pub(crate) names_before: u64,
    /// The first stamps of the buckets that were recorded.
    pub(crate) buckets: BTreeSet<Stamp>,
}

impl Tail {
    /// Reads the publisher's segments, newest first, as far back as the last publication and the bucket that begins with
    /// `oldest`, if one is asked for.
    pub(crate) fn read(
        spool: &Spool<'_>,
        oldest: Option<Stamp>,
        names: &mut Names,
    ) -> Result<Tail, SpoolError> {
        let mut tail = Tail::default();
        let newest_first = |number| {
            let name = segment_name(PUBLISHER, number);
            read_segment(spool.host, &spool.ledger, &name, None, |record| {
                tail.note(&record);
            })?;
            let first = tail.buckets.first();
            Ok(first.is_some_and(|first| oldest.is_none_or(|oldest| *first <= oldest)))
        };
        read_back(spool, PUBLISHER, names, newest_first)?;
        Ok(tail)
    }

    fn note(&mut self, record: &Record) {
        match record {
            Record::Opened { names_before, .. } | Record::Life { names_before, .. } => {
                self.names_before = self.names_before.max(*names_before);
            }
            Record::Published {
                bucket, entries, ..
            } => {
                self.buckets.insert(bucket.first());
                let newest = entries.iter().map(EntryName::stamp).max();
                let newest = newest.unwrap_or_default().max(bucket.first());
                self.last = self.last.max(newest);
            }
            Record::Repeated { .. } | Record::Completed { .. } | Record::Pruned(_) => {}
        }
    }
}

/// Hands the numbers of a writer's segments to `each`, newest first, until it says that it has enough.
pub(super) fn read_back(
    spool: &Spool<'_>,
    writer: &str,
    names: &mut Names,
    mut each: impl FnMut(u32) -> Result<bool, SpoolError>,
) -> Result<(), SpoolError> {
    let found = actives(&spool.ledger, names)?;
    let active = found.iter().rev().filter(|(name, _)| name == writer);
    for (_, number) in active {
        if each(*number)? {
            return Ok(());
        }
    }
    segments::sealed_back(&spool.ledger, writer, names, &mut each)
}
