//! A case on disk: its place, and what is written beside the alert.

use crate::cases::staging::{ALERT_FILE, CASE_FILE};
use crate::layout::{EntryName, hour};
use crate::ledger::hex;
use alert::{Alert, AlertId, Disposition, Hour};
use serde::Serialize;
use sha2::{Digest, Sha256};

/// The version of `case.json`.
const SCHEMA_VERSION: u32 = 1;

/// Where a case belongs: fixed by the alert's id and its own timestamp, so that the same alert, however often it arrives,
/// always meets its first case (contract S3).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct CasePlace {
    id: AlertId,
    hour: Option<Hour>,
}

impl CasePlace {
    pub(crate) fn new(id: AlertId, alert: &Alert<'_>) -> Self {
        CasePlace {
            id,
            hour: alert.hour,
        }
    }

    /// The alert whose case it is.
    pub(crate) fn id(self) -> AlertId {
        self.id
    }

    /// The hour of its alert; `None` if that has none.
    pub(crate) fn hour(&self) -> Option<Hour> {
        self.hour
    }

    /// The hour whose packs may have this case; `None` if it is always a directory.
    pub(crate) fn packable_hour(&self) -> Option<Hour> {
        self.hour.filter(|hour| hour::is_packable(*hour))
    }

    /// The case's directory while it is written: one name that tells the final place.
    pub(crate) fn staged(&self) -> String {
        match self.hour {
            Some(hour) => format!("{}-{}", hour::hour_digits(hour), self.id),
            None => format!("undated-{}", self.id),
        }
    }

    /// Reads what [`CasePlace::staged`] wrote.
    pub(crate) fn parse_staged(name: &[u8]) -> Option<Self> {
        let name = std::str::from_utf8(name).ok()?;
        let (date, id) = name.split_once('-')?;
        let id = AlertId::from_hex(id.as_bytes())?;
        let hour = match date {
            "undated" => None,
            digits => Some(hour::parse_hour(digits.as_bytes())?),
        };
        Some(CasePlace { id, hour })
    }

    /// The directory below `cases/` that holds the case's directory: `YYYY/MM/DD/HH`, or `undated/<two digits of the id>`.
    pub(crate) fn shelf(&self) -> String {
        match self.hour {
            Some(hour) => hour::shelf_of(hour),
            None => format!("undated/{}", &self.id.to_string()[..2]),
        }
    }

    /// The case's directory below `cases/`.
    pub(crate) fn path(&self) -> String {
        format!("{}/{}", self.shelf(), self.id)
    }
}

#[derive(Serialize)]
struct Head<'a> {
    schema_version: u32,
    alert_id: String,
    entry: &'a str,
    disposition: Disposition,
    alert_bytes: usize,
    /// Beside a directory's case stands a manifest that says it.
    #[serde(skip_serializing_if = "Option::is_none")]
    alert_sha256: Option<String>,
}

/// The case of an alert as it stands in a pack: what `case.json` holds, and the digest of the alert's bytes.
pub(crate) fn packed_json(
    entry: EntryName,
    disposition: Disposition,
    alert: &[u8],
    details: &[u8],
) -> Vec<u8> {
    let digest = hex(&Sha256::digest(alert));
    case_json(entry, disposition, alert, details, Some(digest))
}

fn case_json(
    entry: EntryName,
    disposition: Disposition,
    alert: &[u8],
    details: &[u8],
    alert_sha256: Option<String>,
) -> Vec<u8> {
    let head = Head {
        schema_version: SCHEMA_VERSION,
        alert_id: entry.id().to_string(),
        entry: entry.as_str(),
        disposition,
        alert_bytes: alert.len(),
        alert_sha256,
    };
    let mut json = serde_json::to_vec(&head).expect("a case has no map with odd keys");
    if !details.is_empty() {
        debug_assert!(serde_json::from_slice::<serde::de::IgnoredAny>(details).is_ok());
        json.pop();
        json.extend_from_slice(br#","judgement":"#);
        json.extend_from_slice(details);
        json.push(b'}');
    }
    json
}

/// What is written beside the alert's file.
pub(crate) struct CaseFile {
    /// The bytes of `case.json`.
    pub(crate) json: Vec<u8>,
    /// The bytes of `manifest-sha256.txt`, as `sha256sum -c` reads them.
    pub(crate) manifest: String,
}

impl CaseFile {
    /// The case of an alert with these bytes. `details` is what the judge says of it: one JSON object, or nothing.
    pub(crate) fn new(
        entry: EntryName,
        disposition: Disposition,
        alert: &[u8],
        details: &[u8],
    ) -> Self {
        let mut json = case_json(entry, disposition, alert, details, None);
        json.push(b'\n');
        let (of_alert, of_case) = (hex(&Sha256::digest(alert)), hex(&Sha256::digest(&json)));
        let manifest = format!("{of_alert}  {ALERT_FILE}\n{of_case}  {CASE_FILE}\n");
        CaseFile { json, manifest }
    }

    /// The digest of the manifest, and so of all that the case is ([`crate::ledger::NewCase::digest`]).
    pub(crate) fn digest(&self) -> String {
        hex(&Sha256::digest(&self.manifest))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_staged_name_tells_the_final_place() {
        let id = AlertId::of("i", "d");
        for (hour, path) in [
            (
                Some(Hour {
                    year: 2026,
                    month: 4,
                    day: 1,
                    hour: 5,
                }),
                "2026/04/01/05",
            ),
            (None, "undated/"),
        ] {
            let place = CasePlace { id, hour };
            assert_eq!(
                CasePlace::parse_staged(place.staged().as_bytes()),
                Some(place)
            );
            assert!(place.path().starts_with(path), "{}", place.path());
        }
        assert_eq!(CasePlace::parse_staged(b"../../etc/passwd"), None);
        assert_eq!(CasePlace::parse_staged(b"undated-xyz"), None);
    }
}
