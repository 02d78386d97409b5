//! Removing what is old in one go, without a pass.

use crate::escalation;
use crate::failure::Failure;
use crate::reconcile::{self, Pruning};
use spool::Spool;
use spool::retention::Removed;
use std::time::Duration;

/// Removes, in one go, what came longer ago than `older_than`, as passes with that setting would, and tells `each` how much is
/// removed so far. With `is_dry` it removes nothing, and says what would go.
///
/// The caller holds the lock of passes. A crash at any call loses nothing that should stay: the next pass, or the same call,
/// goes on with what was announced. Errs as a pass does if the ledger is not the one that the last pass has read.
pub fn prune(
    spool: &Spool<'_>,
    older_than: Duration,
    is_dry: bool,
    each: &mut dyn FnMut(Removed),
) -> Result<Pruning, Failure> {
    reconcile::prune(spool, older_than, is_dry, escalation::remove_pack, each)
}
