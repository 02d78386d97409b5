//! What an audit has met, summed up alert by alert.

use super::Audit;
use crate::ledger::Record;
use alert::AlertId;

/// Where an alert was met. In the order in which places are listed: where one stands in two, the first counts.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(super) enum Met {
    /// In the ledger: it was published.
    Published,
    /// In the ledger: it has a case.
    RecordedCased,
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
}

impl Notes {
    pub(super) fn add(&mut self, id: AlertId, met: Met) {
        self.notes.push((id, met));
    }

    pub(super) fn add_record(&mut self, record: Record) {
        match record {
            Record::Opened { .. } | Record::Life { .. } | Record::Repeated { .. } => {}
            Record::Published { entries, .. } => {
                for entry in entries {
                    self.add(entry.id(), Met::Published);
                }
            }
            Record::Completed {
                cased,
                quarantined,
                duplicates,
                ..
            } => {
                for entry in cased.into_iter().chain(duplicates) {
                    self.add(entry.id(), Met::RecordedCased);
                }
                for bad in quarantined {
                    self.add(bad.entry.id(), Met::RecordedQuarantined);
                }
            }
        }
    }

    pub(super) fn sum_up(mut self) -> Audit {
        self.notes.sort_unstable();
        let mut audit = Audit::default();
        for of_one in self.notes.chunk_by(|(a, _), (b, _)| a == b) {
            sum_up_one(of_one, &mut audit);
        }
        audit
    }
}

/// All that was noted of one alert, in order.
fn sum_up_one(notes: &[(AlertId, Met)], audit: &mut Audit) {
    let id = notes[0].0;
    let on_disk = notes.partition_point(|(_, met)| *met < Met::Pending);
    let (recorded, places) = notes.split_at(on_disk);
    let is_recorded = |what| recorded.iter().any(|(_, met)| *met == what);
    audit.published += 1;
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
            if !is_recorded(Met::RecordedCased) {
                audit.case_unrecorded.push(id);
            }
        }
        None if is_recorded(Met::RecordedCased) => audit.case_missing.push(id),
        None => audit.vanished.push(id),
    }
    // A bad alert that came again: every copy is kept for people, and all are in one place.
    let is_one_place = places.iter().all(|(_, place)| *place == Met::Quarantined);
    if 1 < places.len() && !is_one_place {
        audit.doubled.push(id);
    }
}
