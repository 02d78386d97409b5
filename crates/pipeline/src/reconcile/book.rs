//! What reconcile knows from one pass to the next.

use super::Reconciled;
use crate::failure::{Failure, FailureKind};
use alert::{AlertId, Disposition};
use host::Dir;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use spool::ledger::Record;
use spool::{EntryName, LedgerPosition, Live, Spool, SpoolError, follow, live};
use std::collections::{BTreeMap, BTreeSet};

/// The fold of the ledger up to a position.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Book {
    pub(super) position: LedgerPosition,
    published: u64,
    cased: [u64; 4],
    duplicates: u64,
    quarantined: u64,
    vanished_total: u64,
    /// Entries that were published and have no end yet.
    open: BTreeSet<EntryName>,
    /// Alerts whose files somebody removed, to be fetched again.
    #[serde(with = "ids")]
    pub(super) vanished: BTreeSet<AlertId>,
    /// Alerts that were to be fetched again and that the indexer does not have.
    #[serde(with = "ids")]
    pub(super) lost: BTreeSet<AlertId>,
}

/// How an entry ended.
#[derive(Clone, Copy)]
pub(super) enum End {
    Cased(Disposition),
    Duplicate,
    Quarantined,
    Vanished,
}

/// Ends without a beginning so far: recovery may record an end before it records the beginning that a power loss took.
pub(super) type Early = BTreeMap<EntryName, End>;

const FILE: &str = "reconcile.json";
/// A book holds 63 bytes for each entry that is on its way.
const FILE_BYTES_MAX: usize = 1 << 30;

impl Book {
    pub(super) fn load(state: &Dir<'_>) -> Result<Self, Failure> {
        let read = state.read_file(FILE, FILE_BYTES_MAX);
        let bytes = read.map_err(|error| Failure::of_host("read", FILE, &error))?;
        let Some(bytes) = bytes else {
            return Ok(Book::default());
        };
        serde_json::from_slice(&bytes).map_err(|error| Failure {
            kind: FailureKind::Data,
            message: format!(
                "state/{FILE} is damaged: {error}; remove it, and the ledger is read anew"
            ),
        })
    }

    pub(super) fn save(&self, state: &Dir<'_>) -> Result<(), Failure> {
        let bytes = serde_json::to_vec(self).expect("its keys are strings");
        state
            .replace(FILE, &bytes)
            .map_err(|error| Failure::of_host("write", FILE, &error))
    }

    /// The book before the first record. What was lost stays so: no ledger tells of it.
    pub(super) fn anew(self) -> Self {
        Book {
            lost: self.lost,
            ..Book::default()
        }
    }

    /// Adds one record. `early` holds ends that came before their beginnings, for as long as one fold lasts.
    pub(super) fn add(&mut self, record: &Record, early: &mut Early) {
        match record {
            Record::Opened { .. } => {}
            Record::Published { entries, .. } => {
                for entry in entries {
                    self.begin(*entry, early);
                }
            }
            Record::Completed {
                quarantined,
                duplicates,
                vanished,
                ..
            } => {
                for case in record.new_cases() {
                    self.end(case.entry, End::Cased(case.disposition), early);
                }
                for bad in quarantined {
                    self.end(bad.entry, End::Quarantined, early);
                }
                for entry in duplicates {
                    self.end(*entry, End::Duplicate, early);
                }
                for entry in vanished {
                    self.end(*entry, End::Vanished, early);
                }
            }
        }
    }

    fn begin(&mut self, entry: EntryName, early: &mut Early) {
        self.vanished.remove(&entry.id());
        if let Some(end) = early.remove(&entry) {
            self.published += 1;
            self.count(entry.id(), end);
        } else if self.open.insert(entry) {
            self.published += 1;
        }
    }

    /// After a power loss an end may be recorded again: the first counts.
    fn end(&mut self, entry: EntryName, end: End, early: &mut Early) {
        if self.open.remove(&entry) {
            self.count(entry.id(), end);
        } else {
            early.insert(entry, end);
        }
    }

    fn count(&mut self, id: AlertId, end: End) {
        match end {
            End::Cased(disposition) => self.cased[disposition as usize] += 1,
            End::Duplicate => self.duplicates += 1,
            End::Quarantined => self.quarantined += 1,
            End::Vanished => {
                self.vanished_total += 1;
                self.vanished.insert(id);
            }
        }
    }

    /// Holds what has no end against what is on its way on disk. What stands nowhere is noted as vanished.
    pub(super) fn note_missing(
        &mut self,
        spool: &Spool<'_>,
        found: &mut Reconciled,
    ) -> Result<(), SpoolError> {
        let mut missing = self.missing(spool, found)?;
        if !missing.is_empty() || !found.unrecorded.is_empty() {
            // Somebody may be at work, and an alert that moves can be missed: only what is missed twice is missing.
            let (position, mut early) = (self.position.clone(), Early::new());
            self.position = follow(spool, &position, &mut |record| {
                self.add(&record, &mut early)
            })?;
            let again = self.missing(spool, found)?;
            missing.retain(|entry| again.contains(entry));
        }
        for entry in missing {
            self.open.remove(&entry);
            self.count(entry.id(), End::Vanished);
        }
        Ok(())
    }

    /// The entries without an end that stand nowhere; those that stand somewhere and are not known go to `found`.
    fn missing(
        &self,
        spool: &Spool<'_>,
        found: &mut Reconciled,
    ) -> Result<BTreeSet<EntryName>, SpoolError> {
        let mut missing = self.open.clone();
        let mut staged = BTreeSet::new();
        (found.queue, found.unrecorded) = (0, Vec::new());
        live(spool, &mut |one| match one {
            Live::Entry(entry) => {
                found.queue += 1;
                missing.remove(&entry);
                if !self.open.contains(&entry) {
                    found.unrecorded.push(entry.id());
                }
            }
            Live::Staged(id) => {
                found.queue += 1;
                staged.insert(id);
            }
        })?;
        missing.retain(|entry| !staged.contains(&entry.id()));
        Ok(missing)
    }

    /// Puts the totals and the lists into what reconcile found.
    pub(super) fn tell(&self, found: &mut Reconciled) {
        found.published = self.published;
        found.cased = self.cased;
        found.duplicates = self.duplicates;
        found.quarantined = self.quarantined;
        found.vanished = self.vanished_total;
        found.to_restore = self.vanished.iter().copied().collect();
        found.lost = self.lost.iter().copied().collect();
    }
}

/// Ids as hexadecimal digits.
mod ids {
    use super::*;

    pub(super) fn serialize<S: Serializer>(
        ids: &BTreeSet<AlertId>,
        to: S,
    ) -> Result<S::Ok, S::Error> {
        to.collect_seq(ids.iter().map(ToString::to_string))
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(
        from: D,
    ) -> Result<BTreeSet<AlertId>, D::Error> {
        let texts: Vec<String> = Deserialize::deserialize(from)?;
        let read = |text: &String| {
            AlertId::from_hex(text.as_bytes())
                .ok_or_else(|| serde::de::Error::custom("not the id of an alert"))
        };
        texts.iter().map(read).collect()
    }
}
