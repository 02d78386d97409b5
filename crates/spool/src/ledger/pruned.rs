//! What the ledger says of what it no longer has.

use super::tail::read_back;
use super::{PRUNER, Record, read_segment, segment_name};
use crate::layout::{EntryName, Spool, SpoolError};
use host::Names;
use serde::{Deserialize, Serialize};

/// How many entries began, and how they ended.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Tally {
    /// Entries that were published.
    pub published: u64,
    /// Entries that became cases, by disposition, in the order of [`alert::Disposition::ALL`].
    pub cased: [u64; 4],
    /// Entries of alerts that had their case already.
    pub duplicates: u64,
    /// Entries that were set aside.
    pub quarantined: u64,
    /// Entries that somebody outside removed.
    pub vanished: u64,
}

impl Tally {
    /// Entries that became cases, of every disposition.
    pub fn cases(&self) -> u64 {
        self.cased.iter().sum()
    }

    /// Counts what another counts as well.
    pub fn add(&mut self, other: &Tally) {
        self.published += other.published;
        for (sum, count) in self.cased.iter_mut().zip(other.cased) {
            *sum += count;
        }
        self.duplicates += other.duplicates;
        self.quarantined += other.quarantined;
        self.vanished += other.vanished;
    }
}

/// What is old and is removed. Each record of this kind says all of it, so the newest one is enough.
///
/// From its record on, whatever was published before [`Pruned::before`] has neither case nor record: those that still stand
/// are on their way out.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct Pruned {
    /// When this was written, in milliseconds since 1970.
    pub at: i64,
    /// The first millisecond of stamps that is kept.
    pub before: u64,
    /// All entries with earlier stamps that there ever were.
    pub gone: Tally,
    /// Of each writer that has lost segments, where its chain begins.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub kept_from: Vec<KeptFrom>,
}

/// Where the chain of a writer begins whose older segments are removed.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct KeptFrom {
    /// The writer.
    pub writer: String,
    /// The number of its first segment. Those with smaller numbers are removed, or about to be.
    pub number: u32,
    /// The chain that it carries on.
    pub chain: String,
}

impl Pruned {
    /// Whether this entry is one of those that are removed.
    pub fn covers(&self, entry: EntryName) -> bool {
        entry.stamp().millis < self.before
    }

    /// Where the chain of this writer begins; `None` if it has all of its segments.
    pub fn kept_from(&self, writer: &str) -> Option<&KeptFrom> {
        self.kept_from.iter().find(|kept| kept.writer == writer)
    }
}

/// What the ledger says of what was removed; nothing is covered if nothing ever was.
///
/// Reads the newest segment of one writer, and no more of it if that says something. Errs with
/// [`SpoolError::BrokenLedger`] where a line does not fit.
pub fn pruned(spool: &Spool<'_>) -> Result<Pruned, SpoolError> {
    let mut newest = None;
    read_back(spool, PRUNER, &mut Names::default(), |number| {
        let name = segment_name(PRUNER, number);
        let mut last = None;
        read_segment(spool.host, &spool.ledger, &name, None, |record| {
            if let Record::Pruned(pruned) = record {
                last = Some(pruned);
            }
        })?;
        newest = last;
        Ok(newest.is_some())
    })?;
    Ok(newest.unwrap_or_default())
}
