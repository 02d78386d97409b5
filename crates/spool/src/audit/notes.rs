//! What an audit has met, summed up alert by alert.

use super::Audit;
use crate::layout::EntryName;
use crate::ledger::{Pruned, Record};
use alert::AlertId;

/// Where an alert was met. In the order in which places are listed: where one stands in two, the first counts.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(super) enum Met {
    /// In the ledger, in an entry that retention removes, or has removed.
    Pruned,
    /// In the ledger: it was published.
    Published,
    /// In the ledger: it has a case.
    RecordedCased,
    /// In the ledger: it had its case already when it came again.
    RecordedDuplicate,
    /// In the ledger: it was set aside.
    RecordedQuarantined,
    /// On disk, from here on.
    Pending,
    Overflow,
    Claimed,
    Quarantined,
    Cased,
}

/// A list and not a map: a million alerts are noted in any order and sorted once, which takes a fifth of the time.
#[derive(Default)]
pub(super) struct Notes {
    notes: Vec<(AlertId, Met)>,
    pruned: Pruned,
}

impl Notes {
    pub(super) fn add(&mut self, id: AlertId, met: Met) {
        self.notes.push((id, met));
    }

    /// Notes of a spool of which this much was removed.
    pub(super) fn after(pruned: Pruned) -> Self {
        Notes {
            notes: Vec::new(),
            pruned,
        }
    }

    pub(super) fn pruned(&self) -> &Pruned {
        &self.pruned
    }

    /// Notes an entry that the ledger names.
    fn add_entry(&mut self, entry: EntryName, met: Met) {
        let met = match self.pruned.covers(entry) {
            true => Met::Pruned,
            false => met,
        };
        self.add(entry.id(), met);
    }

    pub(super) fn add_record(&mut self, record: Record) {
        match record {
            Record::Opened { .. }
            | Record::Life { .. }
            | Record::Repeated { .. }
            | Record::Pruned(_) => {}
            Record::Published { entries, .. } => {
                for entry in entries {
                    self.add_entry(entry, Met::Published);
                }
            }
            Record::Completed {
                cased,
                quarantined,
                duplicates,
                ..
            } => {
                for entry in cased {
                    self.add_entry(entry, Met::RecordedCased);
                }
                for entry in duplicates {
                    self.add_entry(entry, Met::RecordedDuplicate);
                }
                for bad in quarantined {
                    self.add_entry(bad.entry, Met::RecordedQuarantined);
                }
            }
        }
    }

    pub(super) fn sum_up(mut self) -> Audit {
        self.notes.sort_unstable();
        let gone = &self.pruned.gone;
        let removed = gone.cases() + gone.quarantined;
        let mut audit = Audit {
            published: removed,
            pruned: removed,
            ..Audit::default()
        };
        let was_pruned = 0 < self.pruned.before;
        for of_one in self.notes.chunk_by(|(a, _), (b, _)| a == b) {
            sum_up_one(of_one, was_pruned, &mut audit);
        }
        audit
    }
}

/// All that was noted of one alert, in order. `was_pruned` if anything was ever removed for its age.
fn sum_up_one(notes: &[(AlertId, Met)], was_pruned: bool, audit: &mut Audit) {
    let id = notes[0].0;
    let on_disk = notes.partition_point(|(_, met)| *met < Met::Pending);
    let (recorded, places) = notes.split_at(on_disk);
    let is_recorded = |what| recorded.iter().any(|(_, met)| *met == what);
    if !recorded.is_empty() && recorded.iter().all(|(_, met)| *met == Met::Pruned) {
        // The counts of what was removed have it already; as long as it stands it is counted where it stands.
        match places.first().map(|(_, place)| *place) {
            Some(Met::Cased) => (audit.cased, audit.pruned) = (audit.cased + 1, audit.pruned - 1),
            Some(Met::Quarantined) => {
                (audit.quarantined, audit.pruned) = (audit.quarantined + 1, audit.pruned - 1);
            }
            Some(_) => audit.doubled.push(id),
            None => {}
        }
        return;
    }
    audit.published += 1;
    let is_aside = |(_, place): &(AlertId, Met)| *place == Met::Quarantined;
    // A copy that went bad is kept for people. Its alert is where its case is.
    let places = match places.last() {
        Some((_, Met::Cased)) if is_recorded(Met::RecordedQuarantined) => {
            let good = places.iter().filter(|one| !is_aside(one));
            &good.copied().collect::<Vec<_>>()[..]
        }
        _ => places,
    };
    match places.first().map(|(_, place)| *place) {
        Some(Met::Pending) => audit.pending += 1,
        Some(Met::Overflow) => audit.overflow += 1,
        Some(Met::Claimed) => audit.claimed += 1,
        Some(Met::Quarantined) => {
            audit.quarantined += 1;
            if !is_recorded(Met::RecordedQuarantined) {
                audit.quarantine_unrecorded.push(id);
            }
        }
        Some(_) => {
            audit.cased += 1;
            if !is_recorded(Met::RecordedCased) && !is_recorded(Met::RecordedDuplicate) {
                audit.case_unrecorded.push(id);
            }
        }
        None if is_recorded(Met::RecordedCased) => audit.case_missing.push(id),
        // Its case was of an older entry, and went with that.
        None if is_recorded(Met::RecordedDuplicate) && was_pruned => audit.pruned += 1,
        None if is_recorded(Met::RecordedDuplicate) => audit.case_missing.push(id),
        None => audit.vanished.push(id),
    }
    // A bad alert that came again: every copy is kept for people, and all are in one place.
    let is_one_place = places.iter().all(is_aside);
    if 1 < places.len() && !is_one_place {
        audit.doubled.push(id);
    }
}
