//! Stage 2: the cap, before anything expensive.

use crate::overflow::{enforce, readmit};
use crate::stage::Ran;
use crate::witness::Witness;
use spool::Spool;

/// Parks what is beyond the cap, and brings back what fits under it.
pub(crate) fn run(spool: &Spool<'_>, witness: &dyn Witness) -> Ran<()> {
    Ran::noting(|counts, ()| {
        let parked = enforce(spool, witness)?;
        counts.taken = parked.pending_before;
        counts.given = parked.moved;
        counts.errors = parked.held_buckets;
        let back = readmit(spool, witness)?;
        counts.given += back.moved;
        Ok(())
    })
}
