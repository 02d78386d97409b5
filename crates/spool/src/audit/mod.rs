//! The audit: does every alert that the ledger knows stand in exactly one place, and is the ledger right?
//!
//! It reads the whole ledger and lists every place once, in the order in which alerts flow, so that one that moves meanwhile
//! is seen twice rather than never. It changes nothing. Memory grows with the number of alerts: 17 bytes for each time that
//! one is met, which is three times for most (published, recorded, on disk).
//!
//! - `disk` reads the places, `notes` keeps what was met and sums it up alert by alert, `bytes` looks for bit rot.

mod bytes;
mod disk;
mod notes;

use crate::layout::{Spool, SpoolError};
use alert::AlertId;
use disk::Auditor;

/// What an audit found. The equation is `published = pending + claimed + overflow + quarantined + cased + vanished`.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Audit {
    /// Alerts that were ever published, each counted once.
    pub published: u64,
    /// Alerts that wait.
    pub pending: u64,
    /// Alerts that a worker has.
    pub claimed: u64,
    /// Alerts that are parked.
    pub overflow: u64,
    /// Alerts in quarantine.
    pub quarantined: u64,
    /// Alerts with a case.
    pub cased: u64,
    /// Published, and nowhere: somebody outside removed them. The source is to be asked for them again.
    pub vanished: Vec<AlertId>,
    /// In two places at once.
    pub doubled: Vec<AlertId>,
    /// Recorded as cased, and there is no case.
    pub case_missing: Vec<AlertId>,
    /// There is a case, and no record of it.
    pub case_unrecorded: Vec<AlertId>,
    /// In quarantine, and no record of it.
    pub quarantine_unrecorded: Vec<AlertId>,
    /// Names that belong to nothing the spool knows.
    pub strays: u64,
    /// Cases whose bytes are not what they were: packs that cannot be read, and, in the deep form, any.
    pub damaged: Vec<Damage>,
}

/// A case directory or a pack that is not what was written.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Damage {
    /// Where it stands, below `cases/`.
    pub path: String,
    /// What does not fit, for a person.
    pub what: String,
}

impl Audit {
    /// How many alerts, and damaged cases, contradict the contract. Vanished ones do not: somebody else took them.
    pub fn mismatches(&self) -> u64 {
        let lists = [
            &self.doubled,
            &self.case_missing,
            &self.case_unrecorded,
            &self.quarantine_unrecorded,
        ];
        let alerts: u64 = lists.iter().map(|list| list.len() as u64).sum();
        alerts + self.damaged.len() as u64
    }

    /// Whether everything that was published is in a terminal place.
    pub fn is_drained(&self) -> bool {
        self.pending + self.claimed + self.overflow == 0 && self.vanished.is_empty()
    }
}

impl std::fmt::Display for Audit {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            f,
            "published {} = pending {} + claimed {} + overflow {} + quarantined {} + cased {} + vanished {}; \
             doubled {}, case missing {}, case unrecorded {}, quarantine unrecorded {}, strays {}, damaged {}",
            self.published,
            self.pending,
            self.claimed,
            self.overflow,
            self.quarantined,
            self.cased,
            self.vanished.len(),
            self.doubled.len(),
            self.case_missing.len(),
            self.case_unrecorded.len(),
            self.quarantine_unrecorded.len(),
            self.strays,
            self.damaged.len()
        )
    }
}

/// Audits the spool. Exact while nobody else works on it; otherwise alerts in motion may be counted as doubled.
pub fn audit(spool: &Spool<'_>) -> Result<Audit, SpoolError> {
    audit_in(Auditor::new(spool, false))
}

/// Audits the spool, and reads every case to hold its bytes against its digests: it takes as long as reading all of them.
pub fn audit_deep(spool: &Spool<'_>) -> Result<Audit, SpoolError> {
    audit_in(Auditor::new(spool, true))
}

fn audit_in(mut auditor: Auditor<'_, '_>) -> Result<Audit, SpoolError> {
    auditor.read_ledger()?;
    auditor.read_places()?;
    Ok(auditor.into_audit())
}
