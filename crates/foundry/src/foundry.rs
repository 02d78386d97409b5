//! An opened home: everything that passes need, wired up once.

use crate::config::Config;
use crate::error::FoundryError;
use crate::halt::Halt;
use crate::hands::Crew;
use crate::intake::Way;
use crate::lock;
use crate::machine::{Machine, Place};
use crate::owner;
use crate::policy_dir;
use crate::space::SpaceNotes;
use crate::words;
use host::{Host, Lock};
use pipeline::{Failure, Pipeline, Report};
use policy::Policy;
use spool::Spool;
use std::path::Path;
use std::sync::Arc;

/// Opens the queue of a configuration to look at it.
pub(crate) fn open_to_look<'h>(
    machine: &'h Machine,
    config: &Config,
) -> Result<Spool<'h>, FoundryError> {
    let home = home_place(config.home())?;
    let host = machine.host();
    match Spool::open(host, home.at(host), config.spool_options()) {
        Err(spool::SpoolError::Host { source, .. }) if source.is_vanished() => {
            Err(no_home(config.home()))
        }
        other => Ok(other?),
    }
}

/// Opens the queue of a configuration to work on it. Its directory must be there; what is missing in it is made.
///
/// Errs before anything is changed if the directory, or what a pass needs in it, belongs to another user than this process's.
pub(crate) fn open_to_work<'h>(
    machine: &'h Machine,
    config: &Config,
) -> Result<Spool<'h>, FoundryError> {
    let home = home_place(config.home())?;
    owner::check(machine, &home)?;
    let host = machine.host();
    Ok(Spool::init(host, home.at(host), config.spool_options())?)
}

fn home_place(path: &Path) -> Result<Place, FoundryError> {
    Place::of(path).map_err(|error| match error.is_vanished() {
        true => no_home(path),
        false => FoundryError::Named {
            key: "home.dir",
            path: path.to_owned(),
            source: error,
        },
    })
}

fn no_home(path: &Path) -> FoundryError {
    FoundryError::NoHome {
        path: path.to_owned(),
    }
}

/// What passes stand on. [`Workplace::pipeline`] borrows from it.
pub(crate) struct Workplace<'h> {
    machine: &'h Machine,
    config: &'h Config,
    pub(crate) spool: Spool<'h>,
    pub(crate) policy: Policy,
    way: Option<Way<'h>>,
    crew: Crew,
    halt: Arc<Halt>,
    notes: SpaceNotes,
    _lock: Lock<'h>,
}

impl<'h> Workplace<'h> {
    /// Opens all of it and takes the lock.
    ///
    /// Errs, and then nothing was changed but that the queue is complete, if anything cannot work: policy, certificates,
    /// lock.
    pub(crate) fn open(
        machine: &'h Machine,
        config: &'h Config,
        command: &str,
    ) -> Result<Self, FoundryError> {
        let dir = config.policy_dir().ok_or(FoundryError::NoValue {
            key: "policy.dir",
            help: "name the directory of policy.toml; `foundry init` writes one to begin with",
        })?;
        let policy = policy_dir::load(machine, dir)?;
        let way = Way::open(machine, config)?;
        let spool = open_to_work(machine, config)?;
        let run_id = run_id(machine);
        let lock = lock::take(&spool, config.home(), command, &run_id)?;
        let crew = Crew {
            home: home_place(config.home())?,
            options: config.spool_options(),
            workers: config.values.run.workers.value,
        };
        Ok(Workplace {
            machine,
            config,
            spool,
            policy,
            halt: Arc::new(Halt::new(way.as_ref().map(Way::cutter))),
            way,
            crew,
            notes: SpaceNotes::default(),
            _lock: lock,
        })
    }

    /// A pipeline over it. Errs if the last heartbeat is of another schema.
    pub(crate) fn pipeline(&self) -> Result<Pipeline<'_>, Failure> {
        let intake = self
            .way
            .as_ref()
            .map(|way| way.intake(self.machine, self.config));
        let pipeline = Pipeline::open(
            &self.spool,
            &self.policy,
            intake,
            self.config.pass_settings(),
        )?;
        Ok(pipeline.stopped_by(&*self.halt))
    }

    /// Where to say that the passes shall stop.
    pub(crate) fn halt(&self) -> Arc<Halt> {
        Arc::clone(&self.halt)
    }

    /// One pass, in a span of its own. Notes what is left of the filesystem after it.
    pub(crate) fn pass(&self, pipeline: &mut Pipeline<'_>) -> Report {
        let run_id = run_id(self.machine);
        // Of the gravest level, so that whatever is told from within says which pass it is of.
        let span = tracing::error_span!("pass", run_id);
        span.in_scope(|| {
            let report = pipeline.pass(&run_id, &mut |job| self.crew.work(job));
            self.notes.note(&self.spool, self.config);
            report
        })
    }
}

/// A name for what begins now: sorted by time, and unlike that of any other process.
pub(crate) fn run_id(machine: &Machine) -> String {
    let now = words::timestamp(machine.host().now());
    format!(
        "{}-{}",
        now.strftime("%Y%m%dT%H%M%S%.3fZ"),
        std::process::id()
    )
}
