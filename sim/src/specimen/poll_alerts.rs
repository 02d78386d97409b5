//! `poll-alerts.py`, stages 1 and 2: poll, and the cap with sites 1 and 2.

use super::guards::{Guards, Site, Use};
use super::python::{glob_json, read_text, write_text};
use super::{Abort, PROCESSED_DIR, PassReport, QUEUE_DIR, open_dir};
use host::{At, Host, HostError};

/// The name of the cursor's file.
const CURSOR_FILE: &str = "cursor.txt";

/// Where the specimens get their alerts. They have no client of their own: the account's bug is not in it.
pub trait Indexer {
    /// The alert at place `cursor`, by its file's name, its bytes written into `text`; `None` if it has not arrived yet.
    fn alert(&self, cursor: u64, text: &mut Vec<u8>) -> Option<String>;
}

/// Writes what has arrived since the cursor into the queue, a file each, and moves the cursor after the last.
///
/// Reconstructed: the account says that there is a cursor, and that a page becomes one JSON file an alert.
///
/// ```python
/// cursor = int(CURSOR.read_text()) if CURSOR.exists() else 0
/// for alert in fetch(cursor):
///     (QUEUE_ROOT / f"{alert.id}.json").write_text(alert.raw)
///     cursor += 1
/// CURSOR.write_text(str(cursor))
/// ```
///
/// Errs with the first exception; the files that were written stay, and the next run writes them again.
pub(super) fn poll(host: &dyn Host, indexer: &dyn Indexer) -> Result<(), Abort> {
    let queue = open_dir(host, QUEUE_DIR)?;
    let raised = |error| Abort::host(Site::Elsewhere, error, CURSOR_FILE.as_bytes());
    let at = At::new(host.root(), CURSOR_FILE);
    let mut text = Vec::new();
    let mut cursor = match read_text(host, at, &mut text) {
        Ok(()) => String::from_utf8_lossy(&text).parse().unwrap_or(0),
        Err(error) if error.is_vanished() => 0,
        Err(error) => return Err(raised(error)),
    };
    let first = cursor;
    text.clear();
    while let Some(name) = indexer.alert(cursor, &mut text) {
        write_text(host, queue.id(), name.as_bytes(), &text)
            .map_err(|error| Abort::host(Site::Elsewhere, error, name.as_bytes()))?;
        cursor += 1;
        text.clear();
    }
    if cursor == first {
        return Ok(());
    }
    write_text(host, at.dir, at.path, cursor.to_string().as_bytes()).map_err(raised)
}

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
