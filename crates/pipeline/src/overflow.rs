//! Parking what is beyond the cap, and bringing it back: each as an activity that a witness follows.

use crate::witness::{Activity, Outcome, Witness, witnessed};
use spool::cap::CapPass;
use spool::{Spool, SpoolError};

/// A cap pass.
pub fn enforce(spool: &Spool<'_>, witness: &dyn Witness) -> Result<CapPass, SpoolError> {
    let act = || spool::cap::enforce(spool);
    witnessed(witness, Activity::Cap, act, outcome)
}

/// The way back.
pub fn readmit(spool: &Spool<'_>, witness: &dyn Witness) -> Result<CapPass, SpoolError> {
    let act = || spool::cap::readmit(spool);
    witnessed(witness, Activity::Readmit, act, outcome)
}

fn outcome(pass: &CapPass) -> Outcome<'static> {
    let settled = pass.moved_buckets + pass.vanished_buckets + pass.held_buckets;
    Outcome {
        seen: settled,
        settled,
        vanished: pass.vanished_buckets,
        ..Outcome::default()
    }
}
