//! A policy that is in force.

use crate::config::Config;
use crate::document_tree::Node;
use crate::engine::Engine;
use crate::event::AlertEvent;
use crate::judge::decide;
use crate::problem::Problem;
use crate::profile::Profile;
use crate::selftest::{self, SelfTest, TestOutcome};
use crate::signature::Signature;
use crate::verdict::Verdict;
use jiff::Timestamp;
use serde_json::Value;

/// Signatures, aliases and level defaults, ready to judge alerts. It never changes; a new one is loaded from new files.
pub struct Policy {
    pub(crate) config: Config,
    /// Filters first, then rules, each in byte order of their paths.
    pub(crate) signatures: Vec<Signature>,
    pub(crate) engine: Engine,
    /// The tests of each signature, in the same order.
    pub(crate) tests: Vec<Vec<SelfTest>>,
    pub(crate) sha256: String,
    pub(crate) warnings: Vec<Problem>,
}

impl Policy {
    /// Judges an alert, given as document or as an indexer's hit around it. Any JSON value has a verdict.
    ///
    /// The same policy, alert and time give the same verdict.
    pub fn judge(&self, alert: &Value, now: Timestamp) -> Verdict<'_> {
        self.judge_document(&Node::of(alert), now)
    }

    fn judge_document(&self, document: &Node<'_>, now: Timestamp) -> Verdict<'_> {
        let Some(event) = AlertEvent::of(document, &self.config) else {
            return Verdict::unreadable("it is not a JSON object".to_owned());
        };
        let matched: Vec<&Signature> = self
            .engine
            .matches(&event)
            .into_iter()
            .map(|number| &self.signatures[number])
            .collect();
        let severity = event.severity();
        let (disposition, signature, reasons) = decide(&self.config, &matched, severity, now);
        Verdict {
            disposition,
            signature,
            reasons,
            severity,
            rule_id: event.scalar(self.config.profile.rule_id()),
            agent: event.scalar(self.config.profile.agent()),
        }
    }

    /// Judges the bytes of an alert. Any bytes have a verdict: those that cannot be read fall to review.
    pub fn judge_bytes(&self, alert: &[u8], now: Timestamp) -> Verdict<'_> {
        // Text is checked once, and not again for each of its strings.
        let parsed = match std::str::from_utf8(alert) {
            Ok(text) => serde_json::from_str(text),
            Err(_) => serde_json::from_slice(alert),
        };
        match parsed {
            Ok(document) => self.judge_document(&document, now),
            Err(error) => Verdict::unreadable(error.to_string()),
        }
    }

    /// Runs every signature's own tests, in the order of the signatures.
    pub(crate) fn run_tests(&self) -> Vec<TestOutcome<'_>> {
        selftest::run(&self.signatures, &self.tests, &self.config, &self.engine)
    }

    /// Every signature: filters first, then rules, each in byte order of their paths.
    pub fn signatures(&self) -> &[Signature] {
        &self.signatures
    }

    /// The SHA-256 of the policy's files, as [`crate::Files::sha256`] says. Cases, ledger and heartbeat name it.
    pub fn sha256(&self) -> &str {
        &self.sha256
    }

    /// The product version whose alerts this policy judges.
    pub fn profile(&self) -> Profile {
        self.config.profile
    }
}
