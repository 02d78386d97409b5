//! `outcome.json`: what made the pack, from what, and how large its parts are.

use super::bag::Bag;
use super::evidence::Evidence;
use super::runbook::Service;
use super::settings::{EscalationSettings, Pap, Tlp};
use jiff::Timestamp;
use serde::Serialize;

/// The version of the files that a pack has beside the case's own.
const SCHEMA_VERSION: u32 = 1;

/// `outcome.json`.
#[derive(Serialize)]
pub(super) struct Outcome {
    schema_version: u32,
    tool: &'static str,
    version: &'static str,
    packed_at: Timestamp,
    alert_id: String,
    /// The case's directory below the spool's.
    case: String,
    tlp: Tlp,
    pap: Pap,
    service: &'static str,
    severity: Option<&'static str>,
    policy_sha256: Option<String>,
    /// Whether the alert could be read. If not, only its bytes are in the pack, and nothing that follows from them.
    alert_is_readable: bool,
    /// Whether the case's files were, when they were packed, those that its manifest names. Null if it has no manifest.
    case_matches_manifest: Option<bool>,
    /// The payload without this file.
    files: Vec<Size>,
}

#[derive(Serialize)]
struct Size {
    path: String,
    bytes: usize,
}

impl Outcome {
    pub(super) fn new(
        evidence: &Evidence,
        service: Service,
        settings: EscalationSettings,
        now: Timestamp,
    ) -> Self {
        let id = evidence.entry.id().to_string();
        Outcome {
            schema_version: SCHEMA_VERSION,
            tool: "signalfoundry",
            version: env!("CARGO_PKG_VERSION"),
            packed_at: now,
            case: format!("cases/{}/{id}", evidence.shelf),
            alert_id: id,
            tlp: settings.tlp,
            pap: settings.pap,
            service: service.word(),
            severity: evidence.severity_word(),
            policy_sha256: evidence.judgement.policy_sha256.clone(),
            alert_is_readable: evidence.is_readable(),
            case_matches_manifest: evidence.matches_manifest,
            files: Vec::new(),
        }
    }

    /// The outcome with the files that the bag has so far.
    pub(super) fn with_files(mut self, bag: &Bag) -> Self {
        let sizes = bag.sizes().map(|(name, bytes)| Size {
            path: format!("data/{name}"),
            bytes,
        });
        self.files = sizes.collect();
        self
    }
}
