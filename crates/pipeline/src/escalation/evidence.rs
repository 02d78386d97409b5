//! An escalated case as it is read from its place.

use super::bag::sha256_hex;
use super::fields::Fields;
use alert::{PAYLOAD_BYTES_MAX, Severity};
use host::{Class, Dir};
use jiff::Timestamp;
use serde::Deserialize;
use serde_json::Value;
use spool::EntryName;

/// A case, and what a pack says of it.
pub(super) struct Evidence {
    /// The entry that it was.
    pub(super) entry: EntryName,
    /// Where it stands below `cases/`.
    pub(super) shelf: String,
    /// The bytes of `alert.json`.
    pub(super) alert: Vec<u8>,
    /// The bytes of `case.json`.
    pub(super) case: Vec<u8>,
    /// The alert as JSON; null if it is nested too deep to be read.
    document: Value,
    /// What `case.json` says of the judgement.
    pub(super) judgement: Judgement,
    /// Whether both files are those that the case was made of; `None` if it has no manifest.
    pub(super) matches_manifest: Option<bool>,
}

/// What triage wrote. Every field may be missing: a case can be made by another judge.
#[derive(Deserialize, Default)]
#[serde(default)]
pub(super) struct Judgement {
    pub(super) judged_at: Option<Timestamp>,
    pub(super) signature: Option<Decided>,
    pub(super) reasons: Vec<String>,
    pub(super) severity: Option<Severity>,
    pub(super) policy_sha256: Option<String>,
}

/// The signature that decided.
#[derive(Deserialize)]
pub(super) struct Decided {
    pub(super) title: String,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct CaseFile {
    judgement: Judgement,
}

/// Why a case cannot be packed.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub(super) enum Trouble {
    /// The case, or its pack's place, is at fault: others may be packed.
    #[error("{0}")]
    OfCase(String),
    /// Nothing can be packed now.
    #[error("cannot {operation} {object}")]
    OfMachine {
        operation: &'static str,
        object: String,
        source: host::HostError,
    },
}

impl Trouble {
    /// A call that failed: with the machine, or with the one name that it was about.
    pub(super) fn of(operation: &'static str, object: &str, source: host::HostError) -> Self {
        match source.class() {
            Class::Vanished | Class::Contended | Class::Poison => {
                Trouble::OfCase(format!("cannot {operation} {object}: {source}"))
            }
            Class::Resource | Class::Fault => Trouble::OfMachine {
                operation,
                object: object.to_owned(),
                source,
            },
        }
    }
}

/// More than any file of a case has: a judgement is not larger than what it judges.
const FILE_BYTES_MAX: usize = 8 * PAYLOAD_BYTES_MAX;

impl Evidence {
    /// Reads the case of `entry` that stands on `shelf`, below the spool's directory `root`.
    pub(super) fn read(root: &Dir<'_>, entry: EntryName, shelf: &str) -> Result<Self, Trouble> {
        let dir = format!("cases/{shelf}/{}", entry.id());
        let alert = read_file(root, &dir, "alert.json")?;
        let case = read_file(root, &dir, "case.json")?;
        let manifest = match read_file(root, &dir, "manifest-sha256.txt") {
            Ok(manifest) => Some(manifest),
            Err(Trouble::OfCase(_)) => None,
            Err(other) => return Err(other),
        };
        let matches_manifest = manifest.map(|manifest| {
            let lines = [("alert.json", &alert), ("case.json", &case)];
            let lines = lines.map(|(name, bytes)| format!("{}  {name}\n", sha256_hex(bytes)));
            lines.concat().as_bytes() == manifest
        });
        let file: CaseFile = serde_json::from_slice(&case).unwrap_or_default();
        Ok(Evidence {
            entry,
            shelf: shelf.to_owned(),
            document: serde_json::from_slice(&alert).unwrap_or_default(),
            alert,
            case,
            judgement: file.judgement,
            matches_manifest,
        })
    }

    /// The alert's fields.
    pub(super) fn fields(&self) -> Fields<'_> {
        Fields::of(&self.document)
    }

    /// Whether the alert could be read as JSON.
    pub(super) fn is_readable(&self) -> bool {
        self.document.is_object()
    }

    /// The word for how grave the policy found it.
    pub(super) fn severity_word(&self) -> Option<&'static str> {
        Some(match self.judgement.severity? {
            Severity::Informational => "informational",
            Severity::Low => "low",
            Severity::Medium => "medium",
            Severity::High => "high",
            Severity::Critical => "critical",
        })
    }
}

fn read_file(root: &Dir<'_>, dir: &str, name: &str) -> Result<Vec<u8>, Trouble> {
    let path = format!("{dir}/{name}");
    let read = root.read_file(&path, FILE_BYTES_MAX + 1);
    match read.map_err(|error| Trouble::of("read", &path, error))? {
        None => Err(Trouble::OfCase(format!("{path} is not there"))),
        Some(bytes) if FILE_BYTES_MAX < bytes.len() => Err(Trouble::OfCase(format!(
            "{path} has more than {FILE_BYTES_MAX} bytes"
        ))),
        Some(bytes) => Ok(bytes),
    }
}

#[cfg(test)]
impl Evidence {
    /// A case with this alert, for tests of what is made of it.
    pub(super) fn of(document: &Value) -> Self {
        let alert = serde_json::to_vec(document).expect("JSON");
        let id = alert::AlertId::of("i", "1");
        Evidence {
            entry: EntryName::new(spool::Stamp::default(), id),
            shelf: "2026/04/01/05".to_owned(),
            alert,
            case: b"{}\n".to_vec(),
            document: document.clone(),
            judgement: Judgement::default(),
            matches_manifest: None,
        }
    }
}
