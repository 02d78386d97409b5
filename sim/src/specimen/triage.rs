//! `triage.py`, stages 3 and 4: judge and write the case, with sites 3 and 4.

use super::downstream::{Ledger, word};
use super::guards::{Guards, Site, Use};
use super::poll_alerts::used;
use super::python::{Listing, glob_json, write_text};
use super::{Abort, CASES_DIR, Cause, PROCESSED_DIR, PassReport, QUEUE_DIR, open_dir};
use alert::Disposition;
use host::{Dir, Host, HostError, Millis};
use serde::de::IgnoredAny;
use std::time::Duration;
use xxhash_rust::xxh3::xxh3_64;

/// How much triage does, and how fast.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct TriageOptions {
    /// The most files that one run handles; `None`: all that it listed.
    pub limit: Option<u64>,
    /// The least time for one alert: what the scenario calibrates the drain with. `None`: as the machine's costs allow.
    pub alert_time_min: Option<Duration>,
}

/// Handles what is in the queue.
///
/// Reconstructed: the account shows `read_text` and `shutil.move`. That files are taken in order of their names is assumed.
///
/// ```python
/// def main():
///     for p in sorted(QUEUE_ROOT.glob("*.json")):
///         text = p.read_text()
///         alert = json.loads(text)
///         write_case(p.stem, judge(alert))              # and a line of the ledger
///         shutil.move(str(p), str(PROCESSED_ROOT / p.name))
/// ```
///
/// Errs with the first exception that no guard catches; cases that were written before stay.
pub(super) fn main(
    host: &dyn Host,
    guards: Guards,
    options: TriageOptions,
    pass: &mut PassReport,
) -> Result<(), Abort> {
    let queue = open_dir(host, QUEUE_DIR)?;
    let processed = open_dir(host, PROCESSED_DIR)?;
    let cases = open_dir(host, CASES_DIR)?;

    let ledger = Ledger::open(host)
        .map_err(|error| Abort::host(Site::Elsewhere, error, CASES_DIR.as_bytes()))?;

    // for p in sorted(QUEUE_ROOT.glob("*.json")):
    let listing = glob_json(&queue)
        .map_err(|error| Abort::host(Site::Elsewhere, error, QUEUE_DIR.as_bytes()))?;
    pass.seen = listing.len() as u64;
    let limit = options.limit.unwrap_or(u64::MAX);
    let limit = usize::try_from(limit).unwrap_or(usize::MAX);
    let mut text = Vec::new();
    for index in sorted(&listing).into_iter().take(limit) {
        let name = listing.name(index);
        let started = options.alert_time_min.map(|_| host.now());

        // text = p.read_text()
        let read = guards.read_text(host, queue.at(name), &mut text);
        let found = matches!(read, Ok(Use::Done(())));
        used(read, pass).map_err(|error| Abort::host(Site::ReadText, error, name))?;
        if !found {
            continue;
        }

        // alert = json.loads(text)
        if serde_json::from_slice::<IgnoredAny>(&text).is_err() {
            return Err(Abort {
                site: Site::Elsewhere,
                cause: Cause::NotJson,
                name: name.to_owned(),
            });
        }

        // write_case(p.stem, judge(alert))
        write_case(host, &cases, &ledger, name, judge(&text))
            .map_err(|error| Abort::host(Site::Elsewhere, error, name))?;

        // shutil.move(str(p), str(PROCESSED_ROOT / p.name))
        let moved = guards.move_processed(host, queue.at(name), processed.at(name));
        pass.acted += u64::from(matches!(moved, Ok(Use::Done(()))));
        used(moved, pass).map_err(|error| Abort::host(Site::ProcessedMove, error, name))?;

        if let (Some(least), Some(started)) = (options.alert_time_min, started) {
            host.sleep(rest(least, started, host.now()));
        }
    }
    Ok(())
}

/// `sorted(paths)`: by the bytes of the names.
fn sorted(listing: &Listing) -> Vec<usize> {
    let mut order: Vec<usize> = (0..listing.len()).collect();
    order.sort_by_key(|&index| listing.name(index));
    order
}

/// What is left of `least` since `started`. A clock that was set meanwhile counts as no time passed.
fn rest(least: Duration, started: Millis, now: Millis) -> Duration {
    let passed = u64::try_from(now.0 - started.0).unwrap_or(0);
    least.saturating_sub(Duration::from_millis(passed))
}

/// A stand-in for the policy: a hash of the alert, in the proportions of the incident's ledger.
fn judge(text: &[u8]) -> Disposition {
    const BENIGN: u64 = 199_672;
    const KNOWN_FP: u64 = 85_953;
    const REVIEW: u64 = 29_875;
    const ESCALATED: u64 = 8_574;
    let place = xxh3_64(text) % (BENIGN + KNOWN_FP + REVIEW + ESCALATED);
    if place < BENIGN {
        Disposition::Benign
    } else if place < BENIGN + KNOWN_FP {
        Disposition::KnownFp
    } else if place < BENIGN + KNOWN_FP + REVIEW {
        Disposition::Review
    } else {
        Disposition::Escalated
    }
}

/// Writes `cases/<stem>/case.json`, and its line of the ledger; a case that is there already is written again, and gets no
/// second line.
fn write_case(
    host: &dyn Host,
    cases: &Dir<'_>,
    ledger: &Ledger<'_>,
    name: &[u8],
    disposition: Disposition,
) -> Result<(), HostError> {
    let stem = name.strip_suffix(b".json").unwrap_or(name);
    match host.mkdir(cases.at(stem)) {
        Ok(()) => ledger.write(stem, disposition)?,
        Err(error) if error.is_exists() => {}
        Err(error) => return Err(error),
    }
    let case = format!(
        "{{\"schema\":1,\"disposition\":\"{}\"}}\n",
        word(disposition)
    );
    write_text(
        host,
        cases.id(),
        &[stem, b"/case.json"].concat(),
        case.as_bytes(),
    )
}
