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
//! Scenarios that look at the queue alone leave out stages: their producers write the alerts, and nothing follows triage.

mod downstream;
mod guards;
mod poll_alerts;
mod python;
mod triage;

#[cfg(test)]
mod fake;
#[cfg(test)]
mod tests;

pub use guards::{Guards, Site};
pub use poll_alerts::Indexer;
pub use triage::TriageOptions;

use host::{Dir, Host, HostError};
use std::fmt;

/// The name of the directory that is the queue.
pub const QUEUE_DIR: &str = "queue";
/// The name of the archive, for overflow and for what triage has finished.
pub const PROCESSED_DIR: &str = "processed";
/// The name of the directory of cases.
pub const CASES_DIR: &str = "cases";
/// The name of the directory of escalation packs.
pub const ESCALATIONS_DIR: &str = "escalations";
/// The name of the heartbeat file.
pub const HEARTBEAT_FILE: &str = "heartbeat.json";

/// Stages of the whole pipeline.
pub const STAGES: u8 = 7;

/// What a run does. Every field is written out by the caller.
#[derive(Clone, Copy)]
pub struct RunOptions<'a> {
    /// Whether the four guards are there.
    pub guards: Guards,
    /// Poll, from here.
    pub indexer: Option<&'a dyn Indexer>,
    /// Enforce the cap, with this limit.
    pub cap: Option<u64>,
    /// Triage, so.
    pub triage: Option<TriageOptions>,
    /// Escalate and reconcile after that.
    pub is_whole: bool,
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
    /// How many of the seven stages were finished. `poll-alerts.py` is the first two in one program, and `triage.py` the next
    /// two: if one dies, neither of its stages is.
    pub stages_finished: u8,
    /// The exception that ended the run outside the two programs of the queue.
    downstream: Option<Abort>,
    /// By how many cases the ledger and the disk differ, if it came to that.
    pub mismatches: Option<u64>,
    /// What the heartbeat says.
    pub heartbeat: &'static str,
}

/// A moment of a run that somebody looks on.
#[derive(Clone, Copy, Debug)]
pub enum Moment<'a> {
    /// A program of the queue begins.
    Begins(PassKind),
    /// It ended, or died.
    Ended(&'a PassReport),
}

impl RunReport {
    /// The exception that ended the run.
    pub fn aborted(&self) -> Option<&Abort> {
        let in_queue = self.passes.iter().find_map(|pass| pass.aborted.as_ref());
        in_queue.or(self.downstream.as_ref())
    }
}

/// A run in progress.
struct Run<'r> {
    report: RunReport,
    onlooker: &'r mut dyn FnMut(Moment<'_>),
}

impl Run<'_> {
    /// Runs one program, keeps its report, and says whether it came to its end.
    fn pass(
        &mut self,
        kind: PassKind,
        program: impl FnOnce(&mut PassReport) -> Result<(), Abort>,
    ) -> bool {
        (self.onlooker)(Moment::Begins(kind));
        let mut pass = PassReport {
            kind,
            seen: 0,
            acted: 0,
            vanished: 0,
            aborted: None,
        };
        pass.aborted = program(&mut pass).err();
        (self.onlooker)(Moment::Ended(&pass));
        let ended = pass.aborted.is_none();
        self.report.passes.push(pass);
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

/// One run: the stages that `options` asks for, in their order, and the heartbeat. An exception in one ends the run, as it did.
///
/// The heartbeat is written in either case: it is how the operators learned of the crashes.
pub fn run(
    host: &dyn Host,
    options: &RunOptions<'_>,
    onlooker: &mut dyn FnMut(Moment<'_>),
) -> RunReport {
    let report = RunReport {
        passes: Vec::new(),
        stages_finished: 0,
        downstream: None,
        mismatches: None,
        heartbeat: "OK",
    };
    let mut run = Run { report, onlooker };
    stages(host, options, &mut run);
    let mut report = run.report;
    // The heartbeat counts itself.
    let finished = report.stages_finished + u8::from(report.stages_finished == STAGES - 1);
    if report.aborted().is_some() {
        report.heartbeat = "FAILED";
    }
    let heartbeat = format!(
        "{{\"status\":\"{}\",\"stages_finished\":{finished},\"stages\":{STAGES}}}\n",
        report.heartbeat
    );
    // A heartbeat that cannot be written has no one to tell; it has not changed what the run did.
    let written = python::write_text(
        host,
        host.root(),
        HEARTBEAT_FILE.as_bytes(),
        heartbeat.as_bytes(),
    );
    if written.is_ok() {
        report.stages_finished = finished;
    }
    report
}

fn stages(host: &dyn Host, options: &RunOptions<'_>, run: &mut Run<'_>) {
    let guards = options.guards;
    if options.indexer.is_some() || options.cap.is_some() {
        let poll_alerts = |pass: &mut _| {
            if let Some(indexer) = options.indexer {
                poll_alerts::poll(host, indexer)?;
            }
            match options.cap {
                Some(cap) => poll_alerts::enforce_queue_cap(host, guards, cap, pass),
                None => Ok(()),
            }
        };
        if !run.pass(PassKind::Cap, poll_alerts) {
            return;
        }
    }
    run.report.stages_finished = 2;
    if let Some(triage) = options.triage {
        let main = |pass: &mut _| triage::main(host, guards, triage, pass);
        if !run.pass(PassKind::Triage, main) {
            return;
        }
        run.report.stages_finished = 4;
    }
    if options.is_whole {
        run.report.downstream = downstream(host, &mut run.report).err();
    }
}

/// Stages 5 and 6.
fn downstream(host: &dyn Host, report: &mut RunReport) -> Result<(), Abort> {
    downstream::escalate(host)?;
    report.stages_finished = 5;
    report.mismatches = Some(downstream::reconcile(host)?);
    report.stages_finished = 6;
    Ok(())
}

/// Opens one of the pipeline's directories, making it if it is missing: `Path.mkdir(exist_ok=True)`.
fn open_dir<'h>(host: &'h dyn Host, name: &str) -> Result<Dir<'h>, Abort> {
    Dir::open_or_make(host, host::At::new(host.root(), name))
        .map_err(|error| Abort::host(Site::Elsewhere, error, name.as_bytes()))
}
