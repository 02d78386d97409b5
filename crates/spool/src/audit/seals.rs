//! What the ledger says of the bytes of cases.

use super::bytes::{Sum, parse_sum};
use crate::cases::packs;
use crate::ledger::{Pruned, Record};
use alert::AlertId;
use std::collections::BTreeMap;

/// Stands for a case whose digest no record says.
const UNKNOWN: Sum = [0; 32];

/// The digests that the ledger has: 48 bytes for each case that is a directory, and one entry for each pack.
#[derive(Default)]
pub(super) struct Seals {
    /// Sorted once all of them are known.
    directories: Vec<(AlertId, Sum)>,
    packs: BTreeMap<String, Vec<Sum>>,
    cases: u64,
}

impl Seals {
    /// Adds what a record says of cases, but for those that retention removes.
    pub(super) fn add(&mut self, record: &Record, pruned: &Pruned) {
        let cases = record.new_cases();
        for case in cases.filter(|case| !pruned.covers(case.entry)) {
            self.cases += 1;
            let sum = case.digest.and_then(parse_sum);
            if !packs::is_pack(case.shelf) {
                let sum = sum.unwrap_or(UNKNOWN);
                self.directories.push((case.entry.id(), sum));
                continue;
            }
            if !self.packs.contains_key(case.shelf) {
                self.packs.insert(case.shelf.to_owned(), Vec::new());
            }
            let known = self.packs.get_mut(case.shelf);
            if let (Some(sum), Some(known)) = (sum, known)
                && !known.contains(&sum)
            {
                known.push(sum);
            }
        }
    }

    /// To be called when the ledger is read, before anything is looked up.
    pub(super) fn sort(&mut self) {
        self.directories.sort_unstable();
        self.directories.dedup();
    }

    /// How many cases the ledger tells of; a case that is recorded twice counts twice.
    pub(super) fn cases(&self) -> u64 {
        self.cases
    }

    /// Whether the ledger says that the id's case is a directory.
    pub(super) fn is_directory(&self, id: AlertId) -> bool {
        !self.of_id(id).is_empty()
    }

    /// The digests that are recorded for the directory of an id: more than one if it was made anew after somebody had
    /// removed it.
    pub(super) fn of_directory(&self, id: AlertId) -> Vec<Sum> {
        let known = self.of_id(id).iter().map(|(_, sum)| *sum);
        known.filter(|sum| *sum != UNKNOWN).collect()
    }

    /// The digests that are recorded for a pack.
    pub(super) fn of_pack(&self, shelf: &str) -> &[Sum] {
        self.packs.get(shelf).map_or(&[], Vec::as_slice)
    }

    fn of_id(&self, id: AlertId) -> &[(AlertId, Sum)] {
        let start = self.directories.partition_point(|(of, _)| *of < id);
        let rest = &self.directories[start..];
        &rest[..rest.partition_point(|(of, _)| *of == id)]
    }
}
