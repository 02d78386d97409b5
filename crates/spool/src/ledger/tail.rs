//! The end of the ledger, and the alerts that it shows to be known.

use super::segments::{self, actives, segment_name};
use super::{PUBLISHER, Record, read_segment};
use crate::layout::{EntryName, Spool, SpoolError, Stamp};
use alert::AlertId;
use host::Names;
use std::collections::{BTreeMap, BTreeSet};

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

/// The ids that were published last: those with the greatest stamps.
pub(crate) struct Seen {
    most: usize,
    stamps: BTreeMap<AlertId, Stamp>,
    by_stamp: BTreeSet<(Stamp, AlertId)>,
}

impl Seen {
    pub(crate) fn new(most: u32) -> Self {
        Seen {
            most: most as usize,
            stamps: BTreeMap::new(),
            by_stamp: BTreeSet::new(),
        }
    }

    /// Learns from the newest records of every writer, back to as many entries as are remembered.
    ///
    /// A power loss may have taken the record of a publication, and left that of the case: so both are read.
    pub(crate) fn read_ledger(
        &mut self,
        spool: &Spool<'_>,
        names: &mut Names,
    ) -> Result<(), SpoolError> {
        let writers: BTreeSet<String> = actives(&spool.ledger, names)?
            .into_iter()
            .map(|(writer, _)| writer)
            .collect();
        for writer in writers {
            let (mut entries, most) = (0, self.most);
            read_back(spool, &writer, names, |number| {
                let name = segment_name(&writer, number);
                read_segment(spool.host, &spool.ledger, &name, None, |record| {
                    entries += self.note(record);
                })?;
                Ok(most <= entries)
            })?;
        }
        Ok(())
    }

    /// Learns from a record, and says how many entries it names.
    fn note(&mut self, record: Record) -> usize {
        match record {
            Record::Opened { .. }
            | Record::Life { .. }
            | Record::Repeated { .. }
            | Record::Pruned(_) => 0,
            Record::Published { entries, .. } => {
                self.extend(&entries);
                entries.len()
            }
            Record::Completed {
                mut cased,
                quarantined,
                ..
            } => {
                cased.extend(quarantined.iter().map(|bad| bad.entry));
                self.extend(&cased);
                cased.len()
            }
        }
    }

    pub(crate) fn contains(&self, id: AlertId) -> bool {
        self.stamps.contains_key(&id)
    }

    /// Remembers the alerts of these entries, and forgets the oldest that are too many.
    pub(crate) fn extend(&mut self, entries: &[EntryName]) {
        for entry in entries {
            self.remember(entry.id(), entry.stamp());
        }
        self.forget();
    }

    fn remember(&mut self, id: AlertId, stamp: Stamp) {
        match self.stamps.get(&id) {
            Some(known) if stamp <= *known => return,
            Some(known) => drop(self.by_stamp.remove(&(*known, id))),
            None => {}
        }
        self.stamps.insert(id, stamp);
        self.by_stamp.insert((stamp, id));
    }

    fn forget(&mut self) {
        while self.most < self.by_stamp.len() {
            if let Some((_, oldest)) = self.by_stamp.pop_first() {
                self.stamps.remove(&oldest);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_oldest_are_forgotten_in_whatever_order_they_come() {
        let entry = |millis: u64| {
            let id = AlertId::of("i", &millis.to_string());
            EntryName::new(
                Stamp {
                    millis,
                    sequence: 0,
                },
                id,
            )
        };
        let mut seen = Seen::new(2);
        seen.extend(&[entry(3), entry(1), entry(2)]);
        let known: Vec<_> = (1..=3)
            .map(|millis| seen.contains(entry(millis).id()))
            .collect();
        assert_eq!(known, [false, true, true]);
    }
}
