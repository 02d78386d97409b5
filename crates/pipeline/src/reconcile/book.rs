//! What reconcile knows from one pass to the next.

use super::Reconciled;
use crate::failure::{Failure, FailureKind};
use alert::AlertId;
use host::Dir;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use spool::ledger::Record;
use spool::{LedgerPosition, Spool, SpoolError, follow, live};
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
    /// Alerts that were published and have no end yet: how often more the one than the other.
    #[serde(with = "open_alerts")]
    open: BTreeMap<AlertId, i64>,
    /// Alerts whose files somebody removed, to be fetched again.
    #[serde(with = "ids")]
    pub(super) vanished: Vec<AlertId>,
    /// Alerts that were to be fetched again and that the indexer does not have.
    #[serde(with = "ids")]
    pub(super) lost: Vec<AlertId>,
}

const FILE: &str = "reconcile.json";
/// A book holds some 40 bytes for each alert that is on its way.
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

    /// Adds one record.
    pub(super) fn add(&mut self, record: &Record) {
        match record {
            Record::Opened { .. } => {}
            Record::Published { entries, .. } => {
                self.published += entries.len() as u64;
                for entry in entries {
                    self.count(entry.id(), 1);
                    self.vanished.retain(|id| *id != entry.id());
                }
            }
            Record::Completed {
                cased,
                quarantined,
                duplicates,
                vanished,
                ..
            } => {
                for case in record.new_cases() {
                    self.cased[case.disposition as usize] += 1;
                }
                self.quarantined += quarantined.len() as u64;
                self.duplicates += duplicates.len() as u64;
                self.vanished_total += vanished.len() as u64;
                let bad = quarantined.iter().map(|bad| &bad.entry);
                let ended = cased.iter().chain(bad).chain(duplicates);
                for entry in ended.chain(vanished) {
                    self.count(entry.id(), -1);
                }
                self.vanished
                    .extend(vanished.iter().map(|entry| entry.id()));
            }
        }
    }

    fn count(&mut self, id: AlertId, by: i64) {
        let open = self.open.entry(id).or_insert(0);
        *open += by;
        if *open == 0 {
            self.open.remove(&id);
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
            found.unrecorded.clear();
            let position = self.position.clone();
            self.position = follow(spool, &position, &mut |record| self.add(&record))?;
            let again = self.missing(spool, found)?;
            missing.retain(|id| again.contains(id));
        }
        for id in missing {
            let times = self.open.remove(&id).unwrap_or(0);
            self.vanished_total += u64::try_from(times).unwrap_or(0);
            self.vanished.push(id);
        }
        self.vanished.sort_unstable();
        self.vanished.dedup();
        Ok(())
    }

    /// The alerts without an end that stand nowhere; those that stand somewhere and are not known go to `found`.
    fn missing(
        &self,
        spool: &Spool<'_>,
        found: &mut Reconciled,
    ) -> Result<BTreeSet<AlertId>, SpoolError> {
        let mut missing: BTreeSet<AlertId> = self.open.keys().copied().collect();
        found.queue = 0;
        live(spool, &mut |id| {
            found.queue += 1;
            missing.remove(&id);
            if !self.open.contains_key(&id) {
                found.unrecorded.push(id);
            }
        })?;
        Ok(missing)
    }

    /// Puts the totals and the lists into what reconcile found.
    pub(super) fn tell(&self, found: &mut Reconciled) {
        found.published = self.published;
        found.cased = self.cased;
        found.duplicates = self.duplicates;
        found.quarantined = self.quarantined;
        found.vanished = self.vanished_total;
        found.to_restore.clone_from(&self.vanished);
        found.lost.clone_from(&self.lost);
    }
}

/// Ids as hexadecimal digits.
mod ids {
    use super::*;

    pub(super) fn serialize<S: Serializer>(ids: &[AlertId], to: S) -> Result<S::Ok, S::Error> {
        to.collect_seq(ids.iter().map(ToString::to_string))
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(
        from: D,
    ) -> Result<Vec<AlertId>, D::Error> {
        let texts: Vec<String> = Deserialize::deserialize(from)?;
        texts.iter().map(|text| read(text)).collect()
    }

    pub(super) fn read<E: serde::de::Error>(text: &str) -> Result<AlertId, E> {
        AlertId::from_hex(text.as_bytes()).ok_or_else(|| E::custom("not the id of an alert"))
    }
}

/// Ids with their counts.
mod open_alerts {
    use super::*;

    pub(super) fn serialize<S: Serializer>(
        open: &BTreeMap<AlertId, i64>,
        to: S,
    ) -> Result<S::Ok, S::Error> {
        to.collect_map(open.iter().map(|(id, count)| (id.to_string(), count)))
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(
        from: D,
    ) -> Result<BTreeMap<AlertId, i64>, D::Error> {
        let texts: BTreeMap<String, i64> = Deserialize::deserialize(from)?;
        let read = |(text, count): (String, i64)| Ok((ids::read(&text)?, count));
        texts.into_iter().map(read).collect()
    }
}
