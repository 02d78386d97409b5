//! The worker process: the production queue, told when to stop by a file, telling what it did by lines.

use super::neighbours::millis_since;
use super::site::{SPOOL, STOP};
use alert::Disposition;
use host::{At, Host};
use os::OsHost;
use spool::{Always, Claimed, Completion, Spool, SpoolError, SpoolOptions, Worker};
use std::io::Write;
use std::os::unix::process::parent_id;
use std::path::Path;
use std::process::ExitCode;
use std::time::Duration;

/// The argument that makes a program a worker: what follows it belongs to [`worker_main`].
pub const WORKER_VERB: &str = "stress-worker";

/// How long a worker waits before it looks again into an empty queue.
const IDLE: Duration = Duration::from_millis(5);

/// What a worker tells on its standard output, a line each.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum Line {
    /// The name is taken, earlier claims are returned; this took so many milliseconds.
    Opened { millis: u64 },
    /// A claim was completed, after so many milliseconds; the process's peak memory so far in KiB.
    Completed {
        done: Completion,
        peak_kib: u64,
        millis: u64,
    },
    /// The worker ends, because of this.
    Failed { why: String },
}

impl Line {
    /// The line's text.
    pub(super) fn text(&self) -> String {
        match self {
            Line::Opened { millis } => format!("opened {millis}"),
            Line::Completed {
                done,
                peak_kib,
                millis,
            } => format!(
                "completed {} {} {} {} {} {} {peak_kib} {millis}",
                done.seen, done.cased, done.quarantined, done.duplicates, done.vanished, done.held
            ),
            Line::Failed { why } => format!("failed {}", why.replace('\n', "; ")),
        }
    }

    /// Reads a line; `None` for what a dying worker has torn.
    pub(super) fn parse(text: &str) -> Option<Line> {
        let (word, rest) = text.split_once(' ')?;
        if word == "failed" {
            let why = rest.to_owned();
            return Some(Line::Failed { why });
        }
        let numbers: Result<Vec<u64>, _> = rest.split(' ').map(str::parse).collect();
        match (word, numbers.ok()?.as_slice()) {
            ("opened", &[millis]) => Some(Line::Opened { millis }),
            (
                "completed",
                &[
                    seen,
                    cased,
                    quarantined,
                    duplicates,
                    vanished,
                    held,
                    peak_kib,
                    millis,
                ],
            ) => {
                let done = Completion {
                    seen,
                    cased,
                    quarantined,
                    duplicates,
                    vanished,
                    held,
                    judged: [0, 0, cased, 0],
                };
                Some(Line::Completed {
                    done,
                    peak_kib,
                    millis,
                })
            }
            _ => None,
        }
    }
}

/// The arguments of a worker, in the order in which [`worker_main`] reads them.
pub(super) fn arguments(site: &Path, name: &str, options: &SpoolOptions) -> Vec<String> {
    vec![
        site.to_string_lossy().into_owned(),
        name.to_owned(),
        options.pending_max.to_string(),
        options.claim_buckets.to_string(),
    ]
}

/// The body of a worker process: works until its stop file appears and nothing is pending, or until its parent is gone.
///
/// `args` are those that follow [`WORKER_VERB`]. Exits with 2 for arguments that the parent did not make.
pub fn worker_main(args: &[String]) -> ExitCode {
    let [site, name, pending_max, claim_buckets] = args else {
        return ExitCode::from(2);
    };
    let (Ok(pending_max), Ok(claim_buckets)) = (pending_max.parse(), claim_buckets.parse()) else {
        return ExitCode::from(2);
    };
    let options = SpoolOptions {
        pending_max,
        claim_buckets,
        ..SpoolOptions::default()
    };
    match work(Path::new(site), name, options) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            tell(&Line::Failed {
                why: describe(&error),
            });
            ExitCode::FAILURE
        }
    }
}

fn work(site: &Path, name: &str, options: SpoolOptions) -> Result<(), SpoolError> {
    let parent = parent_id();
    let host = OsHost::new(site).map_err(|source| SpoolError::Host {
        operation: "open",
        object: site.to_string_lossy().into_owned(),
        source,
    })?;
    let begun = host.now();
    let spool = Spool::open(&host, At::new(host.root(), SPOOL), options)?;
    let mut worker = Worker::open(&spool, name)?;
    let millis = millis_since(&host, begun);
    tell(&Line::Opened { millis });
    while parent_id() == parent {
        // Looked at before the claim: what was pending when the file appeared is still worked off.
        let is_last = host.stat(At::new(host.root(), STOP)).is_ok();
        match worker.claim()? {
            Claimed::Buckets(claim) => {
                let begun = host.now();
                let done = worker.complete(claim, &mut Always(Disposition::Review))?;
                tell(&Line::Completed {
                    done,
                    peak_kib: super::machine::peak_kib(),
                    millis: millis_since(&host, begun),
                });
            }
            Claimed::Nothing if is_last => break,
            Claimed::Nothing => host.sleep(IDLE),
        }
    }
    Ok(())
}

/// Nobody may be listening any more; then nobody misses the line.
fn tell(line: &Line) {
    let mut out = std::io::stdout().lock();
    writeln!(out, "{}", line.text())
        .and_then(|()| out.flush())
        .ok();
}

/// An error with its causes, on one line.
pub(super) fn describe(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text.push_str(": ");
        text.push_str(&error.to_string());
        cause = error.source();
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_read_back_and_torn_ones_are_refused() {
        let done = Completion {
            seen: 9,
            cased: 4,
            quarantined: 3,
            duplicates: 2,
            vanished: 1,
            held: 0,
            judged: [0, 0, 4, 0],
        };
        let (peak_kib, millis) = (5_000, 70);
        for line in [
            Line::Opened { millis: 7 },
            Line::Completed {
                done,
                peak_kib,
                millis,
            },
            Line::Failed {
                why: "cannot list x: not found".to_owned(),
            },
        ] {
            assert_eq!(Line::parse(&line.text()), Some(line));
        }
        for torn in ["", "opened", "opened x", "completed 1 2 3", "bye 1"] {
            assert_eq!(Line::parse(torn), None, "{torn:?}");
        }
    }
}
