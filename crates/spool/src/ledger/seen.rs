//! The alerts that were published last, as many as the publisher remembers.

use super::segments::{actives, segment_name};
use super::tail::read_back;
use super::{Record, read_segment};
use crate::layout::{EntryName, Spool, SpoolError, Stamp};
use alert::AlertId;
use host::Names;
use std::collections::BTreeSet;

/// The ids that were published last: those with the greatest stamps.
///
/// One sorted list, because a tree of as many ids takes three times its memory, and what a pass takes of it must not depend on
/// how many alerts there ever were (contract S16).
pub(crate) struct Seen {
    most: usize,
    /// Ascending by id; an id is there once.
    known: Vec<Known>,
    /// The greatest stamp that was forgotten: nothing up to it is remembered again.
    forgotten: Option<Stamp>,
}

/// An id and its stamp, in as few bytes as they have.
#[derive(Clone, Copy)]
struct Known {
    id: AlertId,
    millis: [u8; 8],
    sequence: [u8; 4],
}

impl Known {
    fn new(id: AlertId, stamp: Stamp) -> Self {
        Known {
            id,
            millis: stamp.millis.to_le_bytes(),
            sequence: stamp.sequence.to_le_bytes(),
        }
    }

    fn stamp(&self) -> Stamp {
        Stamp {
            millis: u64::from_le_bytes(self.millis),
            sequence: u32::from_le_bytes(self.sequence),
        }
    }
}

impl Seen {
    pub(crate) fn new(most: u32) -> Self {
        Seen {
            most: most as usize,
            known: Vec::new(),
            forgotten: None,
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
        self.known.binary_search_by_key(&id, |one| one.id).is_ok()
    }

    /// Remembers the alerts of these entries, and forgets the oldest that are too many.
    pub(crate) fn extend(&mut self, entries: &[EntryName]) {
        let entries = entries
            .iter()
            .filter(|entry| self.forgotten < Some(entry.stamp()));
        let mut new: Vec<Known> = entries
            .map(|entry| Known::new(entry.id(), entry.stamp()))
            .collect();
        // Of an id that comes twice, the later stamp counts.
        new.sort_unstable_by_key(|one| (one.id, std::cmp::Reverse(one.stamp())));
        new.dedup_by_key(|one| one.id);
        new.retain(|one| !self.renew(one));
        self.merge(&new);
        self.forget();
    }

    /// Whether the id is known: then it has the later stamp from now on.
    fn renew(&mut self, new: &Known) -> bool {
        let place = self.known.binary_search_by_key(&new.id, |one| one.id);
        let Ok(at) = place else { return false };
        if self.known[at].stamp() < new.stamp() {
            self.known[at] = *new;
        }
        true
    }

    /// Adds what is new, which ascends. From the greatest on, so that nothing is moved twice.
    fn merge(&mut self, new: &[Known]) {
        let Some(filler) = new.first() else { return };
        let mut old = self.known.len();
        // A list that grows by half of itself would take as much again, for a moment.
        self.known.reserve_exact(new.len());
        self.known.resize(old + new.len(), *filler);
        for left in (0..new.len()).rev() {
            while 0 < old && new[left].id < self.known[old - 1].id {
                old -= 1;
                self.known[old + left + 1] = self.known[old];
            }
            self.known[old + left] = new[left];
        }
    }

    /// Forgets the oldest once an eighth too many are there: to find them takes a look at all.
    fn forget(&mut self) {
        if self.known.len() <= self.most + self.most / 8 {
            return;
        }
        let excess = self.known.len() - self.most;
        self.known
            .select_nth_unstable_by_key(excess - 1, Known::stamp);
        self.forgotten = Some(self.known[excess - 1].stamp());
        self.known.drain(..excess);
        self.known.sort_unstable_by_key(|one| one.id);
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

    #[test]
    fn the_newest_are_remembered_whatever_comes_twice_or_late() {
        const MOST: usize = 40;
        let mut seen = Seen::new(MOST as u32);
        let mut model = std::collections::BTreeMap::new();
        let mut draw = 1_u64;
        let mut next = move |end: u64| {
            // Knuth's generator for 64 bits.
            draw = draw
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1_442_695_040_888_963_407);
            (draw >> 33) % end
        };
        for round in 0..200 {
            let batch: Vec<EntryName> = (0..next(9))
                .map(|_| {
                    let mut id = [0; 16];
                    id[..8].copy_from_slice(&next(300).to_be_bytes());
                    let stamp = Stamp {
                        millis: round * 5 + next(60),
                        sequence: next(3) as u32,
                    };
                    EntryName::new(stamp, AlertId::from_bytes(id))
                })
                .collect();
            seen.extend(&batch);
            for entry in &batch {
                let newest = model.entry(entry.id()).or_insert(entry.stamp());
                *newest = entry.stamp().max(*newest);
            }
            assert!(seen.known.len() <= MOST + MOST / 8, "in round {round}");
            assert!(
                seen.known.is_sorted_by(|a, b| a.id < b.id),
                "in round {round}"
            );
            let mut stamps: Vec<Stamp> = model.values().copied().collect();
            stamps.sort_unstable();
            let oldest = stamps.len().checked_sub(MOST).map(|at| stamps[at]);
            for (id, stamp) in &model {
                // Stamps are given out once; here some are equal, and any of those may be the one too many.
                let is_new = oldest.is_none_or(|oldest| oldest < *stamp);
                assert!(
                    !is_new || seen.contains(*id),
                    "{id} of {stamp:?} in round {round}"
                );
            }
        }
    }
}
