//! What is known of a signature besides what it matches.

use alert::{Disposition, Severity};
use jiff::Timestamp;
use jiff::civil::Date;

/// One filter or rule of a policy.
#[derive(Clone, Debug)]
pub struct Signature {
    /// The file's name without folder and extension. Unique in a policy; what cases and metrics call the signature.
    pub name: String,
    /// The file's path in the policy directory.
    pub file: String,
    /// The UUID. Unique in a policy, and kept when the file is renamed.
    pub id: String,
    /// One line for people.
    pub title: String,
    /// What an alert that matches is.
    pub disposition: Disposition,
    /// What makes it a suppression: always there if the disposition is benign or a known false positive.
    pub(crate) suppression: Option<Suppression>,
}

/// Who answers for a suppression, and how far it goes.
#[derive(Clone, Debug)]
pub(crate) struct Suppression {
    /// Who answers for it.
    pub(crate) owner: String,
    /// Where it was decided.
    pub(crate) ticket: String,
    /// The last day on which it applies, in UTC.
    pub(crate) expires: Date,
    /// The gravest alert that it applies to.
    pub(crate) max_level: Severity,
    /// The first instant at which it no longer applies.
    pub(crate) ends: Timestamp,
}

impl Suppression {
    /// Whether its last day is over.
    pub(crate) fn is_expired(&self, now: Timestamp) -> bool {
        self.ends <= now
    }

    /// Whether an alert as grave as that may be suppressed. One whose severity is unknown may not.
    pub(crate) fn covers(&self, severity: Option<Severity>) -> bool {
        severity.is_some_and(|severity| severity <= self.max_level)
    }
}
