//! The audit: does every alert that the ledger knows stand in exactly one place, and is the ledger right?
//!
//! It reads the whole ledger and lists every place once, in the order in which alerts flow, so that one that moves meanwhile
//! is seen twice rather than never. It changes nothing. Memory grows with the number of alerts: 17 bytes for each time that
//! one is met, which is three times for most (published, recorded, on disk).
//!
//! The deep form reads bytes as well. It keeps 48 bytes more for each case that is a directory, and its files go through one
//! buffer.
//!
//! [`Verifier`] looks at one recorded case at a time, for whoever goes through all of them little by little.
//!
//! - `disk` reads the places, `notes` keeps what was met and sums it up alert by alert, `seals` is what the ledger says of bytes, and
//!   `bytes` holds the files against it.

mod bytes;
mod disk;
mod notes;
mod seals;
mod verify;

use crate::layout::{Spool, SpoolError};
use alert::AlertId;
use disk::Auditor;

pub use verify::{Verified, Verifier};

/// What an audit found. The equation is
/// `published = pending + claimed + overflow + quarantined + cased + vanished + pruned`.
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
    /// Cases and quarantined files that retention removed.
    pub pruned: u64,
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
    /// Files of cases that are not what they were: packs that cannot be read, and, in the deep form, any.
    pub damaged: Vec<Damage>,
    /// Files that somebody put beside a case's own, below `cases/`, in the deep form. They are no damage.
    pub added: Vec<String>,
    /// Cases whose digest no record says, in the deep form: their files were held against the manifest, or the first line,
    /// that stands beside them, and nothing says that those are as they were.
    pub unsealed: u64,
    /// Whether bytes were read.
    pub is_deep: bool,
}

/// How far an audit of bytes is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Progress {
    /// Cases whose bytes were read.
    pub read: u64,
    /// Cases that the ledger tells of.
    pub recorded: u64,
}

/// A file of a case that is not what was written.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Damage {
    /// The case's directory, or the pack, below `cases/`.
    pub path: String,
    /// The file in that directory; empty for a pack.
    pub file: String,
    /// What became of it.
    pub kind: DamageKind,
    /// What does not fit, for a person.
    pub what: String,
}

/// What became of a file.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum DamageKind {
    /// It has other bytes.
    Changed,
    /// It is gone.
    Missing,
    /// It is there, and the machine does not give its bytes.
    Unreadable,
}

impl DamageKind {
    /// One word for it.
    pub fn as_str(self) -> &'static str {
        match self {
            DamageKind::Changed => "changed",
            DamageKind::Missing => "missing",
            DamageKind::Unreadable => "unreadable",
        }
    }
}

impl std::fmt::Display for Damage {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.file.as_str() {
            "" => write!(f, "{}: {}", self.path, self.what),
            file => write!(f, "{}/{file} {}", self.path, self.what),
        }
    }
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
            "published {} = pending {} + claimed {} + overflow {} + quarantined {} + cased {} + vanished {}{}; \
             doubled {}, case missing {}, case unrecorded {}, quarantine unrecorded {}, strays {}, damaged {}",
            self.published,
            self.pending,
            self.claimed,
            self.overflow,
            self.quarantined,
            self.cased,
            self.vanished.len(),
            match self.pruned {
                0 => String::new(),
                count => format!(" + pruned {count}"),
            },
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
    audit_in(Auditor::new(spool, false, &mut |_| {}))
}

/// Audits the spool, and reads every case: the digest in the ledger is held against its manifest, or its pack, and that
/// against the files. It takes as long as reading all of them; `progress` is told after each.
pub fn audit_deep(
    spool: &Spool<'_>,
    progress: &mut dyn FnMut(Progress),
) -> Result<Audit, SpoolError> {
    audit_in(Auditor::new(spool, true, progress))
}

fn audit_in(mut auditor: Auditor<'_, '_, '_>) -> Result<Audit, SpoolError> {
    auditor.read_ledger()?;
    auditor.read_places()?;
    Ok(auditor.into_audit())
}
