//! The end of the ledger, and the alerts that it shows to be known.

use crate::layout::{EntryName, Spool, SpoolError, Stamp};
use crate::ledger::{self, Record};
use alert::AlertId;
use host::Names;
use std::collections::{BTreeMap, BTreeSet};

/// What the newest segments of each writer tell, back to as many entries as are remembered: bounded, whatever the backlog.
pub(crate) struct Tail {
    /// The last stamp that was given out, as far as recorded.
    pub(crate) last: Stamp,
    /// The first stamps of the buckets that were recorded.
    pub(crate) buckets: BTreeSet<Stamp>,
    /// The alerts that were published or finished.
    pub(crate) seen: Seen,
}

impl Tail {
    pub(crate) fn read(spool: &Spool<'_>, names: &mut Names) -> Result<Tail, SpoolError> {
        let mut tail = Tail {
            last: Stamp::default(),
            buckets: BTreeSet::new(),
            seen: Seen::new(spool.options.seen_max),
        };
        let segments = ledger::segments(&spool.ledger, names)?;
        for of_writer in segments.chunk_by(|(a, _), (b, _)| a == b) {
            // A writer that was restarted often leaves many short segments: what counts is what stands in them.
            let mut entries = 0;
            for (writer, number) in of_writer.iter().rev() {
                let name = ledger::segment_name(writer, *number);
                ledger::read_segment(spool.host, &spool.ledger, &name, None, |record| {
                    entries += tail.note(record);
                })?;
                // At least to the last record: a bucket that waits in `tmp` stands there.
                if (spool.options.seen_max as usize).max(1) <= entries {
                    break;
                }
            }
        }
        Ok(tail)
    }

    /// Learns from a record, and says how many entries it names.
    fn note(&mut self, record: Record) -> usize {
        match record {
            Record::Opened { .. } | Record::Repeated { .. } => 0,
            Record::Published {
                bucket, entries, ..
            } => {
                self.seen.extend(&entries);
                self.buckets.insert(bucket.first());
                let newest = entries.iter().map(EntryName::stamp).max();
                self.last = self
                    .last
                    .max(newest.unwrap_or_default())
                    .max(bucket.first());
                entries.len()
            }
            // A power loss may have taken the record of the publication, and left that of the case.
            Record::Completed {
                mut cased,
                quarantined,
                ..
            } => {
                cased.extend(quarantined.iter().map(|bad| bad.entry));
                self.seen.extend(&cased);
                cased.len()
            }
        }
    }
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

    pub(crate) fn contains(&self, id: AlertId) -> bool {
        self.stamps.contains_key(&id)
    }

    /// Remembers what the other remembers as well.
    pub(crate) fn absorb(&mut self, other: Seen) {
        for (id, stamp) in other.stamps {
            self.remember(id, stamp);
        }
        self.forget();
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
