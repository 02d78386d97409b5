//! `poll-alerts.py`, stage 2: the cap, with sites 1 and 2.

use super::guards::{Guards, Site, Use};
use super::python::glob_json;
use super::{Abort, PROCESSED_DIR, PassReport, QUEUE_DIR, open_dir};
use host::{Host, HostError};

/// Moves the oldest files to the archive until `cap` are left.
///
/// The first statement stands in the account; the rest is reconstructed from "the overflow moves to the processed archive".
///
/// ```python
/// def enforce_queue_cap():
///     queue_files = sorted([p for p in QUEUE_ROOT.glob("*.json")], key=lambda p: p.stat().st_mtime)
///     overflow = len(queue_files) - QUEUE_CAP
///     if overflow > 0:
///         for p in queue_files[:overflow]:
///             shutil.move(str(p), str(PROCESSED_ROOT / p.name))
/// ```
///
/// Errs with the first exception that no guard catches; what was moved before stays moved.
pub(super) fn enforce_queue_cap(
    host: &dyn Host,
    guards: Guards,
    cap: u64,
    pass: &mut PassReport,
) -> Result<(), Abort> {
    let queue = open_dir(host, QUEUE_DIR)?;
    let processed = open_dir(host, PROCESSED_DIR)?;

    // [p for p in QUEUE_ROOT.glob("*.json")]
    let listing = glob_json(&queue)
        .map_err(|error| Abort::host(Site::Elsewhere, error, QUEUE_DIR.as_bytes()))?;
    pass.seen = listing.len() as u64;

    // sorted(…, key=lambda p: p.stat().st_mtime): every key is made before the first comparison; equal keys keep their order.
    let mut queue_files: Vec<(f64, usize)> = Vec::with_capacity(listing.len());
    for index in 0..listing.len() {
        let name = listing.name(index);
        let key = guards.sort_key(host, queue.at(name));
        let key = used(key, pass).map_err(|error| Abort::host(Site::SortStat, error, name))?;
        queue_files.push((key, index));
    }
    queue_files.sort_by(|(a, _), (b, _)| a.total_cmp(b));

    // overflow = len(queue_files) - QUEUE_CAP: counted from the list, whatever is left of it by now.
    let overflow = pass.seen.saturating_sub(cap);
    let overflow = usize::try_from(overflow).unwrap_or(usize::MAX);

    // for p in queue_files[:overflow]: shutil.move(str(p), str(PROCESSED_ROOT / p.name))
    for &(_, index) in queue_files.iter().take(overflow) {
        let name = listing.name(index);
        let moved = guards.move_overflow(host, queue.at(name), processed.at(name));
        pass.acted += u64::from(matches!(moved, Ok(Use::Done(()))));
        used(moved, pass).map_err(|error| Abort::host(Site::OverflowMove, error, name))?;
    }
    Ok(())
}

/// Counts a vanished name, guarded or not, and takes the value out.
pub(super) fn used<T>(
    result: Result<Use<T>, HostError>,
    pass: &mut PassReport,
) -> Result<T, HostError> {
    match result {
        Ok(Use::Done(value)) => Ok(value),
        Ok(Use::Vanished(value)) => {
            pass.vanished += 1;
            Ok(value)
        }
        Err(error) => {
            pass.vanished += u64::from(error.is_vanished());
            Err(error)
        }
    }
}
