//! The seam to triage: whoever completes a claim is told by a judge what each alert is.

use alert::{Alert, Disposition};

/// Judges alerts.
pub trait Judge {
    /// Says what the alert is, and adds to `details` what its case is to say of it: one JSON object, or nothing.
    ///
    /// The same alert may be judged again after a crash, and then the later judgement counts, unless its case stands.
    fn judge(&mut self, alert: &Alert<'_>, details: &mut Vec<u8>) -> Disposition;

    /// The SHA-256 of the policy that judges, for the ledger; empty if there is none.
    fn policy(&self) -> &str;
}

/// The judge that says the same of every alert, for those who do not triage.
#[derive(Clone, Copy, Debug)]
pub struct Always(pub Disposition);

impl Judge for Always {
    fn judge(&mut self, _: &Alert<'_>, _: &mut Vec<u8>) -> Disposition {
        self.0
    }

    fn policy(&self) -> &str {
        ""
    }
}
