//! How a policy does: hits of each signature, and how often each rule is a false alarm.

use crate::policy::Policy;
use crate::verdict::{Reason, Verdict};
use alert::Disposition;
use jiff::Timestamp;
use std::collections::BTreeMap;

/// The most rules that are counted one by one; the alerts of all further ones are counted together.
const RULES_MAX: usize = 20_000;

/// Counts over verdicts. Memory is bounded by the policy and by 20,000 rules.
#[derive(Clone, Debug)]
pub struct Stats {
    by_signature: BTreeMap<String, SignatureStats>,
    by_rule: BTreeMap<String, RuleStats>,
    rules_beyond: u64,
    conflicts: u64,
    total: u64,
    sample_min: u64,
}

/// What one signature did.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct SignatureStats {
    /// Alerts that it matched, whoever decided.
    pub hits: u64,
    /// Of these, the alerts that it decided.
    pub decided: u64,
    /// When it last matched.
    pub last_hit: Option<Timestamp>,
}

/// What became of the alerts of one rule.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct RuleStats {
    /// Its alerts.
    pub total: u64,
    /// Of these, known false positives.
    pub known_fp: u64,
}

impl Stats {
    /// No verdicts yet. Every signature of the policy is there from the start, so that those without a hit show.
    pub fn new(policy: &Policy) -> Self {
        let names = policy.signatures.iter().map(|s| s.name.clone());
        Stats {
            by_signature: names
                .map(|name| (name, SignatureStats::default()))
                .collect(),
            by_rule: BTreeMap::new(),
            rules_beyond: 0,
            conflicts: 0,
            total: 0,
            sample_min: policy.config.sample_min,
        }
    }

    /// Counts a verdict on an alert of that time.
    pub fn add(&mut self, verdict: &Verdict<'_>, at: Timestamp) {
        self.total += 1;
        self.conflicts += u64::from(verdict.is_conflict());
        for reason in &verdict.reasons {
            let (Reason::Matched(signature)
            | Reason::Expired(signature)
            | Reason::AboveMaxLevel(signature)
            | Reason::Overruled(signature)) = reason
            else {
                continue;
            };
            // A signature of another policy is counted too, rather than lost.
            let stats = self.by_signature.entry(signature.name.clone()).or_default();
            stats.hits += 1;
            stats.decided += u64::from(verdict.signature == Some(*signature));
            stats.last_hit = stats.last_hit.max(Some(at));
        }
        let rule_id = verdict.rule_id.as_deref().unwrap_or_default();
        let is_fp = u64::from(verdict.disposition == Disposition::KnownFp);
        if let Some(rule) = self.by_rule.get_mut(rule_id) {
            rule.total += 1;
            rule.known_fp += is_fp;
        } else if self.by_rule.len() < RULES_MAX {
            let rule = RuleStats {
                total: 1,
                known_fp: is_fp,
            };
            self.by_rule.insert(rule_id.to_owned(), rule);
        } else {
            self.rules_beyond += 1;
        }
    }

    /// Verdicts counted.
    pub fn total(&self) -> u64 {
        self.total
    }

    /// Verdicts in which a suppression was overruled by what may not be suppressed.
    pub fn conflicts(&self) -> u64 {
        self.conflicts
    }

    /// Alerts of rules beyond those that are counted one by one.
    pub fn rules_beyond(&self) -> u64 {
        self.rules_beyond
    }

    /// Every signature, by name.
    pub fn signatures(&self) -> impl Iterator<Item = (&str, SignatureStats)> {
        self.by_signature
            .iter()
            .map(|(name, stats)| (name.as_str(), *stats))
    }

    /// The signatures that matched nothing.
    pub fn dead(&self) -> impl Iterator<Item = &str> {
        self.signatures()
            .filter(|(_, stats)| stats.hits == 0)
            .map(|(name, _)| name)
    }

    /// Every rule that raised an alert, by id; the empty id stands for alerts without one.
    pub fn rules(&self) -> impl Iterator<Item = (&str, RuleStats)> {
        self.by_rule.iter().map(|(id, stats)| (id.as_str(), *stats))
    }

    /// The share of a rule's alerts that are known false positives, from 0 to 1.
    ///
    /// `None` below the policy's `sample_min` alerts: a share of few says nothing.
    pub fn false_positive_ratio(&self, rule_id: &str) -> Option<f64> {
        let stats = self.by_rule.get(rule_id)?;
        let is_enough = 0 < stats.total && self.sample_min <= stats.total;
        is_enough.then(|| stats.known_fp as f64 / stats.total as f64)
    }
}
