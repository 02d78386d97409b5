//! What stage 5 knows from one pass to the next: `state/escalation.json`.

use super::related::Recent;
use crate::cache;
use crate::failure::Failure;
use alert::Disposition;
use host::Dir;
use serde::{Deserialize, Serialize};
use spool::ledger::Pruned;
use spool::{EntryName, LedgerPosition, Spool, SpoolError, follow};
use std::collections::BTreeSet;

/// How far the ledger was read, and what is still to be done.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Notes {
    position: LedgerPosition,
    /// Cases that could not be packed when they were met. They are tried again in every pass.
    pub(super) owed: Vec<Due>,
    pub(super) recent: Recent,
}

/// An escalated case that is to be packed.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Due {
    pub(super) entry: EntryName,
    pub(super) shelf: String,
}

const FILE: &str = "escalation.json";
/// The memory of recent cases has less than 1 MB; what is owed has 120 bytes a case.
const FILE_BYTES_MAX: usize = 256 << 20;

impl Notes {
    /// The notes of the last pass. Damaged ones are told of and left out: packing again what has its pack changes nothing.
    pub(super) fn load(state: &Dir<'_>) -> Result<Self, Failure> {
        let notes = cache::load(state, FILE, FILE_BYTES_MAX, "the ledger is read anew")?;
        Ok(notes.unwrap_or_default())
    }

    /// Replaces the notes; durable when it returns.
    pub(super) fn save(&self, state: &Dir<'_>) -> Result<(), Failure> {
        cache::save(state, FILE, self)
    }

    /// Reads the ledger's new records. Returns the cases that are to be packed, oldest first and each once, and why the rest
    /// of the ledger could not be read, if so.
    ///
    /// What was owed is among them. A ledger that ends before the position does was cut by a power loss, or by somebody: it
    /// is read from its beginning then.
    pub(super) fn advance(
        &mut self,
        spool: &Spool<'_>,
    ) -> Result<(Vec<Due>, Option<Failure>), Failure> {
        let mut due = std::mem::take(&mut self.owed);
        // What was removed for its age is owed nothing. Only who begins anew meets it in the ledger.
        let is_new = self.position == LedgerPosition::default();
        let pruned = match is_new || !due.is_empty() {
            true => spool::ledger::pruned(spool)?,
            false => Pruned::default(),
        };
        let mut broken = None;
        match read_from(spool, &self.position, &mut due) {
            Ok(after) => self.position = after,
            Err(SpoolError::BrokenLedger { .. }) => {
                self.position = LedgerPosition::default();
                match read_from(spool, &self.position, &mut due) {
                    Ok(after) => self.position = after,
                    Err(error @ SpoolError::BrokenLedger { .. }) => broken = Some(error.into()),
                    Err(error) => return Err(error.into()),
                }
            }
            Err(error) => return Err(error.into()),
        }
        due.retain(|one| !pruned.covers(one.entry));
        due.sort_unstable();
        let mut seen = BTreeSet::new();
        due.retain(|one| seen.insert(one.entry.id()));
        Ok((due, broken))
    }
}

/// Adds the escalated cases after `from` to `due`.
fn read_from(
    spool: &Spool<'_>,
    from: &LedgerPosition,
    due: &mut Vec<Due>,
) -> Result<LedgerPosition, SpoolError> {
    follow(spool, from, &mut |record| {
        let cases = record.new_cases();
        let escalated = cases.filter(|case| case.disposition == Disposition::Escalated);
        due.extend(escalated.map(|case| Due {
            entry: case.entry,
            shelf: case.shelf.to_owned(),
        }));
    })
}
