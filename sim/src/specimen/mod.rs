//! The queue as it was (`legacy`), and as it was patched (`hotfix`): specimens that must fail, or the harness is broken.
//!
//! Both are one port of the incident's Python onto [`Host`], beside the Python lines it came from. They differ in the four
//! sites of [`Guards`] and in nothing else, as the hot fix did.
//!
//! | site | Python | `legacy` | `hotfix` |
//! |---|---|---|---|
//! | 1 | `p.stat().st_mtime` in the sort key | the exception ends the run | a vanished file has the time 0.0 |
//! | 2 | `shutil.move` of the overflow | the exception ends the run | `exists()` first, then the exception is passed over |
//! | 3 | `p.read_text()` in triage | the exception ends the run | the exception skips the file |
//! | 4 | `shutil.move` to the archive | the exception ends the run | the exception is passed over |
//!
//! **What the account shows** is the sort line, the four sites and the names of the two programs. The rest is
//! reconstructed: triage lists in order of name; a file that is no JSON, or cannot be opened, raises; the guards catch
//! `FileNotFoundError` alone ("vanished files are skipped", and nothing else is said to be).
//!
//! **Left out**: poll (the scenario's producers do it), escalation and reconcile.

mod guards;
mod poll_alerts;
mod python;
mod triage;

#[cfg(test)]
mod fake;
#[cfg(test)]
mod tests;

pub use guards::{Guards, Site};
pub use triage::TriageOptions;

use host::{Dir, Host, HostError};
use std::fmt;

/// The name of the directory that is the queue.
pub const QUEUE_DIR: &str = "queue";
/// The name of the archive, for overflow and for what triage has finished.
pub const PROCESSED_DIR: &str = "processed";
/// The name of the directory of cases.
pub const CASES_DIR: &str = "cases";
/// The name of the heartbeat file.
pub const HEARTBEAT_FILE: &str = "heartbeat.json";

/// Stages of the whole pipeline.
pub const STAGES: u8 = 7;

/// What a run does. Every field is written out by the caller.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct RunOptions {
    /// Whether the four guards are there.
    pub guards: Guards,
    /// Enforce the cap, with this limit.
    pub cap: Option<u64>,
    /// Triage, so.
    pub triage: Option<TriageOptions>,
}

/// Which program ran.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum PassKind {
    /// `poll-alerts.py enforce_queue_cap()`.
    Cap,
    /// `triage.py main()`.
    Triage,
}

/// What one pass did, up to its end or its abort.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct PassReport {
    /// Which program.
    pub kind: PassKind,
    /// How many names the listing returned.
    pub seen: u64,
    /// How many files were moved to the archive.
    pub acted: u64,
    /// How many uses of a listed name found nothing, guarded or not.
    pub vanished: u64,
    /// The exception that ended the pass.
    pub aborted: Option<Abort>,
}

/// What one run did.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct RunReport {
    /// The passes, in order.
    pub passes: Vec<PassReport>,
    /// How many of the seven stages were finished. `poll-alerts.py` is the first two in one program: if it dies, none is. A
    /// run whose triage ends counts as whole, because the stages after it are left out here.
    pub stages_finished: u8,
}

impl RunReport {
    /// The exception that ended the run.
    pub fn aborted(&self) -> Option<&Abort> {
        self.passes.iter().find_map(|pass| pass.aborted.as_ref())
    }

    /// Runs one program, keeps its report, and says whether it came to its end.
    fn pass(
        &mut self,
        kind: PassKind,
        program: impl FnOnce(&mut PassReport) -> Result<(), Abort>,
    ) -> bool {
        let mut pass = PassReport {
            kind,
            seen: 0,
            acted: 0,
            vanished: 0,
            aborted: None,
        };
        pass.aborted = program(&mut pass).err();
        let ended = pass.aborted.is_none();
        self.passes.push(pass);
        ended
    }
}

/// An exception that nobody caught.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("{site}: {cause} ({})", String::from_utf8_lossy(name))]
pub struct Abort {
    /// Where.
    pub site: Site,
    /// What the machine, or the parser, said.
    pub cause: Cause,
    /// The file or directory.
    pub name: Vec<u8>,
}

/// What raised an exception.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Cause {
    /// A call.
    Host(HostError),
    /// `json.loads`: the bytes are no JSON, or no text at all.
    NotJson,
}

impl fmt::Display for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Cause::Host(error) => error.fmt(f),
            Cause::NotJson => f.write_str("not JSON"),
        }
    }
}

impl Abort {
    fn host(site: Site, error: HostError, name: &[u8]) -> Self {
        Abort {
            site,
            cause: Cause::Host(error),
            name: name.to_owned(),
        }
    }

    /// Whether this is the incident's exception: a name that was gone.
    pub fn is_vanished(&self) -> bool {
        matches!(self.cause, Cause::Host(error) if error.is_vanished())
    }
}

/// One run: cap, triage, heartbeat, in this order. An exception in one ends the run, as it did.
///
/// The heartbeat is written in either case: it is how the operators learned of the crashes.
pub fn run(host: &dyn Host, options: &RunOptions) -> RunReport {
    let mut report = RunReport {
        passes: Vec::new(),
        stages_finished: 0,
    };
    stages(host, options, &mut report);
    let status = if report.aborted().is_some() {
        "FAILED"
    } else {
        "OK"
    };
    let heartbeat = format!(
        "{{\"status\":\"{status}\",\"stages_finished\":{},\"stages\":{STAGES}}}\n",
        report.stages_finished
    );
    // A heartbeat that cannot be written has no one to tell; it has not changed what the run did.
    let _: Result<(), HostError> = python::write_text(
        host,
        host.root(),
        HEARTBEAT_FILE.as_bytes(),
        heartbeat.as_bytes(),
    );
    report
}

fn stages(host: &dyn Host, options: &RunOptions, report: &mut RunReport) {
    let guards = options.guards;
    if let Some(cap) = options.cap {
        let enforce = |pass: &mut _| poll_alerts::enforce_queue_cap(host, guards, cap, pass);
        if !report.pass(PassKind::Cap, enforce) {
            return;
        }
    }
    report.stages_finished = 2;
    if let Some(triage) = options.triage {
        let main = |pass: &mut _| triage::main(host, guards, triage, pass);
        if report.pass(PassKind::Triage, main) {
            report.stages_finished = STAGES;
        }
    }
}

/// Opens one of the pipeline's directories, making it if it is missing: `Path.mkdir(exist_ok=True)`.
fn open_dir<'h>(host: &'h dyn Host, name: &str) -> Result<Dir<'h>, Abort> {
    Dir::open_or_make(host, host::At::new(host.root(), name))
        .map_err(|error| Abort::host(Site::Elsewhere, error, name.as_bytes()))
}
