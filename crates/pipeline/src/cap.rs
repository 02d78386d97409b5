//! Stage 2: the cap, before anything expensive.

use crate::failure::Failure;
use crate::pass::Pass;
use crate::pipeline::Pipeline;
use crate::witness::{Activity, Outcome, Witness, witnessed};
use spool::cap::CapPass;
use spool::{Spool, SpoolError};

/// Parks what is beyond the cap, and brings back what fits under it.
pub(crate) fn run(pipeline: &mut Pipeline<'_>, pass: &mut Pass<'_>) -> Result<(), Failure> {
    let parked = enforce(pipeline.spool, pipeline.witness)?;
    pass.counts.taken = parked.pending_before;
    pass.counts.given = parked.moved;
    pass.counts.errors = parked.held_buckets;
    let back = readmit(pipeline.spool, pipeline.witness)?;
    pass.counts.given += back.moved;
    Ok(())
}

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
