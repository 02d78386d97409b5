//! Stage 2: the cap, before anything expensive.

use crate::failure::Failure;
use crate::pass::Pass;
use crate::pipeline::Pipeline;

/// Parks what is beyond the cap, and brings back what fits under it.
pub(crate) fn run(pipeline: &mut Pipeline<'_>, pass: &mut Pass<'_>) -> Result<(), Failure> {
    let parked = spool::cap::enforce(pipeline.spool)?;
    pass.counts.taken = parked.pending_before;
    pass.counts.given = parked.moved;
    pass.counts.errors = parked.held_buckets;
    let back = spool::cap::readmit(pipeline.spool)?;
    pass.counts.given += back.moved;
    Ok(())
}
