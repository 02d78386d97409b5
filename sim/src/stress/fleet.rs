//! The worker processes: started, listened to, killed with SIGKILL, and started again.

use super::StressError;
use super::site::{Site, names_in};
use super::worker::{Line, arguments};
use os::OsHost;
use serde::Serialize;
use spool::{BucketName, SpoolOptions};
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, ChildStdout, Command, Stdio};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread::Scope;

/// The workers' names.
pub(super) const NAMES: [&str; 2] = ["w1", "w2"];

/// The most words of failed workers that are kept.
const FAILURES_MAX: usize = 16;

/// What the workers told, those that were killed included, up to their last whole line.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize)]
pub struct Tally {
    /// Claims that were completed.
    pub claims: u64,
    /// How long these took, from the claim to its completion, all workers together.
    pub busy_ms: u64,
    /// Alerts that became cases. Those that a recovery finished are not among them.
    pub cased: u64,
    /// Alerts that were set aside.
    pub quarantined: u64,
    /// Copies of an id that had a case.
    pub duplicates: u64,
    /// Entries that vanished between the claim and its completion.
    pub vanished: u64,
    /// Entries that were held by somebody.
    pub held: u64,
    /// The greatest peak memory of a worker, in KiB.
    pub peak_kib_max: u64,
    /// The longest time from a worker's start to its first possible claim, returning its dead epoch's claims included.
    pub open_ms_max: u64,
    /// Why workers ended that were not killed.
    pub failures: Vec<String>,
}

impl Tally {
    fn note(&mut self, index: usize, line: Line) {
        match line {
            Line::Opened { millis } => self.open_ms_max = self.open_ms_max.max(millis),
            Line::Completed {
                done,
                peak_kib,
                millis,
            } => {
                self.busy_ms += millis;
                self.claims += 1;
                self.cased += done.cased;
                self.quarantined += done.quarantined;
                self.duplicates += done.duplicates;
                self.vanished += done.vanished;
                self.held += done.held;
                self.peak_kib_max = self.peak_kib_max.max(peak_kib);
            }
            Line::Failed { why } => {
                if self.failures.len() < FAILURES_MAX {
                    self.failures.push(format!("{}: {why}", NAMES[index]));
                }
            }
        }
    }
}

/// What was done to the workers.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize)]
pub struct Kills {
    /// Workers killed with SIGKILL.
    pub kills: u64,
    /// Of these, how many held claimed buckets, so that something had to be redelivered.
    pub with_claims: u64,
    /// Workers started again.
    pub restarts: u64,
}

/// What it takes to start a worker.
pub(super) struct Crew<'a> {
    pub(super) site: &'a Site,
    pub(super) program: &'a Path,
    pub(super) verb: &'a [String],
    pub(super) options: SpoolOptions,
    pub(super) tally: Mutex<Tally>,
}

impl Crew<'_> {
    /// What the workers told so far.
    pub(super) fn tally(&self) -> MutexGuard<'_, Tally> {
        self.tally.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn spawn(&self, name: &str) -> Result<Child, StressError> {
        Command::new(self.program)
            .args(self.verb)
            .args(arguments(&self.site.path, name, &self.options))
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()
            .map_err(|source| {
                StressError::io(
                    "start a worker from",
                    &self.program.to_string_lossy(),
                    source,
                )
            })
    }

    fn listen(&self, index: usize, pipe: ChildStdout) {
        let lines = BufReader::new(pipe).lines();
        for line in lines
            .map_while(Result::ok)
            .filter_map(|text| Line::parse(&text))
        {
            self.tally().note(index, line);
        }
    }
}

/// The running workers. Dropping it kills them.
pub(super) struct Fleet<'scope, 'env> {
    scope: &'scope Scope<'scope, 'env>,
    crew: &'env Crew<'env>,
    children: [Option<Child>; NAMES.len()],
    pub(super) kills: Kills,
}

impl<'scope, 'env> Fleet<'scope, 'env> {
    /// Starts every worker.
    pub(super) fn start(
        scope: &'scope Scope<'scope, 'env>,
        crew: &'env Crew<'env>,
    ) -> Result<Self, StressError> {
        let mut fleet = Fleet {
            scope,
            crew,
            children: [const { None }; NAMES.len()],
            kills: Kills::default(),
        };
        for index in 0..NAMES.len() {
            fleet.launch(index)?;
        }
        Ok(fleet)
    }

    fn launch(&mut self, index: usize) -> Result<(), StressError> {
        let mut child = self.crew.spawn(NAMES[index])?;
        let (crew, pipe) = (self.crew, child.stdout.take());
        self.children[index] = Some(child);
        if let Some(pipe) = pipe {
            self.scope.spawn(move || crew.listen(index, pipe));
        }
        Ok(())
    }

    /// Whether a worker has buckets in its hands.
    pub(super) fn holds_claims(&self, index: usize, host: &OsHost) -> Result<bool, StressError> {
        holds_claims(host, NAMES[index])
    }

    /// Kills a worker with SIGKILL, looks at what it held, and starts it again.
    pub(super) fn kill(&mut self, index: usize, host: &OsHost) -> Result<(), StressError> {
        if let Some(mut child) = self.children[index].take() {
            let failed = |source| StressError::io("kill", NAMES[index], source);
            child.kill().map_err(failed)?;
            child.wait().map_err(failed)?;
            self.kills.kills += 1;
            self.kills.with_claims += u64::from(holds_claims(host, NAMES[index])?);
        }
        self.kills.restarts += 1;
        self.launch(index)
    }

    /// Notes workers that ended although nobody killed them or told them to, and starts them again.
    pub(super) fn revive(&mut self) -> Result<(), StressError> {
        for (index, name) in NAMES.into_iter().enumerate() {
            let Some(child) = &mut self.children[index] else {
                continue;
            };
            let ended = child
                .try_wait()
                .map_err(|source| StressError::io("look after", name, source))?;
            if let Some(status) = ended {
                let why = format!("ended by itself with {status}");
                self.crew.tally().note(index, Line::Failed { why });
                self.launch(index)?;
            }
        }
        Ok(())
    }

    /// Waits for the workers to end by themselves, once they were told to.
    pub(super) fn finish(&mut self) -> Result<(), StressError> {
        for (index, name) in NAMES.into_iter().enumerate() {
            let Some(mut child) = self.children[index].take() else {
                continue;
            };
            let status = child
                .wait()
                .map_err(|source| StressError::io("wait for", name, source))?;
            if !status.success() {
                let why = format!("ended with {status}");
                self.crew.tally().note(index, Line::Failed { why });
            }
        }
        Ok(())
    }
}

impl Drop for Fleet<'_, '_> {
    fn drop(&mut self) {
        for child in self.children.iter_mut().flatten() {
            // Gone already, or cannot be killed: there is nothing else to do.
            child.kill().and_then(|()| child.wait()).ok();
        }
    }
}

/// Whether a worker's directory holds buckets.
fn holds_claims(host: &OsHost, worker: &str) -> Result<bool, StressError> {
    for home in names_in(host, "spool/claimed")? {
        if home
            .rsplit_once('-')
            .is_some_and(|(name, _)| name == worker)
        {
            let names = names_in(host, &format!("spool/claimed/{home}"))?;
            if names
                .iter()
                .any(|name| BucketName::parse(name.as_bytes()).is_some())
            {
                return Ok(true);
            }
        }
    }
    Ok(false)
}
