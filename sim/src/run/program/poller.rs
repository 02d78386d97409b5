//! The poller's side of the queue: reads the indexer with the production client and publishes what it hands over; at the
//! end asks for what vanished.

use super::{PAUSE, Patience, pass, secret, wait_until};
use crate::kernel::Exit;
use crate::run::remote::Wire;
use crate::run::shared::Shared;
use crate::run::watch::Report;
use contract::sometimes::Goal;
use contract::{Actor, PassKind, Place};
use host::{At, Dir, Host, Millis};
use indexer::{Config, Hit, PollError, Poller, Profile, SecretFile, SinkError};
use spool::{Incoming, Published, Publisher, Spool, SpoolError};
use std::collections::BTreeMap;
use std::time::Duration;

/// Where the spool is.
pub(crate) const ROOT: &str = "spool";
/// Where the client's state is.
const STATE: &str = "state";
/// A crash repeats at most so many alerts: the publisher must remember all of them.
const SLICE_ALERTS: usize = 8_000;

/// Runs until everything that arrived is terminal, and a fresh alert went through.
pub(crate) fn run(host: &dyn Host, shared: &Shared, actor: Actor) -> Exit {
    loop {
        match session(host, shared, actor) {
            Ok(()) => return Exit::OK,
            Err(failure) if failure.is_damage() => return failure.exit(65),
            Err(failure) if shared.watch.borrow().is_over => {
                let code = if failure.is_held() { 75 } else { 0 };
                return failure.exit(code);
            }
            Err(_) => host.sleep(PAUSE),
        }
    }
}

/// A second instance: it finds the lock taken and goes, as often as it is started.
pub(crate) fn second_instance(host: &dyn Host, shared: &Shared, actor: Actor) -> Exit {
    let opened = Spool::open(host, At::new(host.root(), ROOT), shared.options);
    match opened.and_then(|spool| Publisher::open(&spool).map(drop)) {
        Err(error @ SpoolError::Held { .. }) => {
            shared
                .watch
                .borrow_mut()
                .met
                .insert(Goal::SecondInstanceStarted);
            Failure::Queue(error).exit(75)
        }
        // The first one was down: nothing wrong with that, and nothing to do for a moment.
        _ => {
            let _ = actor;
            Exit::OK
        }
    }
}

/// Why one life of the poller ends early.
enum Failure {
    Queue(SpoolError),
    Intake(PollError),
}

impl Failure {
    fn is_held(&self) -> bool {
        matches!(self, Failure::Queue(SpoolError::Held { .. }))
    }

    /// Whether data is broken that nothing may break.
    fn is_damage(&self) -> bool {
        let queue = match self {
            Failure::Queue(error) => Some(error),
            Failure::Intake(PollError::Sink(error)) => error.downcast_ref(),
            Failure::Intake(PollError::BadState { .. }) => return true,
            Failure::Intake(_) => None,
        };
        matches!(queue, Some(SpoolError::BrokenLedger { .. }))
    }

    fn exit(&self, code: u8) -> Exit {
        let text = match self {
            Failure::Queue(error) => error.to_string(),
            Failure::Intake(PollError::Sink(error)) => error.to_string(),
            Failure::Intake(error) => error.to_string(),
        };
        Exit { code, text }
    }
}

impl From<SpoolError> for Failure {
    fn from(error: SpoolError) -> Self {
        Failure::Queue(error)
    }
}

impl From<PollError> for Failure {
    fn from(error: PollError) -> Self {
        Failure::Intake(error)
    }
}

/// One life of the poller's process, as far as it gets.
fn session(host: &dyn Host, shared: &Shared, actor: Actor) -> Result<(), Failure> {
    let spool = Spool::init(host, At::new(host.root(), ROOT), shared.options)?;
    let open = || Publisher::open(&spool);
    let publisher = pass(shared, actor, PassKind::Recover, open, |_| {
        Report::default()
    })?;
    let state = Dir::open_or_make(host, At::new(host.root(), STATE));
    let state = state.map_err(|source| SpoolError::Host {
        operation: "open",
        object: STATE.to_owned(),
        source,
    })?;
    let wire = Wire { host, shared };
    let secret = SecretFile::new(host, host.root(), secret::FILE);
    // Counts begin with the first whole minute.
    let start = Millis(shared.source.timestamp_ms(0) - 60_000);
    let seed = shared.seed.child("poller").0;
    let poller = Poller::open(host, state.id(), &wire, secret, config(), start, seed)?;
    let mut intake = Intake {
        host,
        shared,
        actor,
        spool: &spool,
        publisher,
        poller,
        audit_due_ns: shared.now_ns() + shared.scenario.indexer.audit_every_ns,
    };
    if !intake.read_until_left(if shared.source.has_fresh() { 0 } else { 1 })? {
        return Ok(());
    }
    if !shared.source.has_fresh() {
        let mut remote = shared.remote.borrow_mut();
        remote.add_fresh(shared.now_ns(), &shared.source);
    }
    if intake.read_until_left(0)? {
        intake.settle()?;
    }
    shared.watch.borrow_mut().is_over = true;
    Ok(())
}

fn config() -> Config {
    Config {
        slice_alerts: SLICE_ALERTS,
        ..Config::new(Profile::wazuh4())
    }
}

/// The client and the publisher in a row.
struct Intake<'a> {
    host: &'a dyn Host,
    shared: &'a Shared,
    actor: Actor,
    spool: &'a Spool<'a>,
    publisher: Publisher<'a>,
    poller: Poller<'a>,
    audit_due_ns: u64,
}

impl Intake<'_> {
    /// Reads until faults have stopped, nothing is in motion, and at most `left` alerts are at the source alone. False if
    /// the run is over before that.
    fn read_until_left(&mut self, left: u64) -> Result<bool, Failure> {
        let mut patience = Patience::new(Duration::from_nanos(self.shared.source.poll_ns));
        while !self.is_calm(left) {
            if self.shared.watch.borrow().is_over {
                return Ok(false);
            }
            match self.turn() {
                Ok(Turn::More) => {}
                Ok(Turn::CaughtUp { was_busy }) => patience.wait(self.host, was_busy),
                Err(PollError::Paused { until }) => self.wait_for(until),
                // The indexer answers so: another time it may answer otherwise.
                Err(
                    PollError::Answer { .. }
                    | PollError::Miscount { .. }
                    | PollError::Reduced { .. }
                    | PollError::Secret(_),
                ) => patience.wait(self.host, false),
                Err(error) => return Err(error.into()),
            }
        }
        Ok(true)
    }

    fn is_calm(&self, left: u64) -> bool {
        let watch = self.shared.watch.borrow();
        let at_source = watch.contract.census().count(Place::Source);
        let is_healed = self.shared.faults_stop_ns() <= watch.time_ns();
        is_healed && at_source <= left && watch.is_quiet()
    }

    /// One slice, or the audit if it is due.
    fn turn(&mut self) -> Result<Turn, PollError> {
        let (shared, actor, publisher) = (self.shared, self.actor, &mut self.publisher);
        let mut sink = |hits: &[Hit<'_>]| publish(shared, actor, publisher, hits);
        let now_ns = shared.now_ns();
        if self.audit_due_ns <= now_ns {
            self.audit_due_ns = now_ns + shared.scenario.indexer.audit_every_ns;
            let audit = self.poller.audit(&mut sink)?;
            let was_busy = 0 < audit.handed_over;
            return Ok(Turn::CaughtUp { was_busy });
        }
        let step = self.poller.step(&mut sink)?;
        if !step.is_caught_up {
            return Ok(Turn::More);
        }
        let was_busy = 0 < step.handed_over;
        Ok(Turn::CaughtUp { was_busy })
    }

    /// Waits until the clock shows `until`, as far as it lies in the next quarter of an hour.
    fn wait_for(&self, until: Millis) {
        let millis = (until.0 - self.host.now().0).clamp(1_000, 15 * 60_000);
        self.host.sleep(Duration::from_millis(millis as u64));
    }

    /// Audits once nothing is in motion, and publishes again what vanished, until the audit finds nothing to restore.
    fn settle(&mut self) -> Result<(), Failure> {
        while self.wait_for_quiet() {
            let audit = spool::audit::audit(self.spool)?;
            self.shared.watch.borrow_mut().audited(&audit);
            let source = &self.shared.source;
            let numbers = audit.vanished.iter().filter_map(|id| source.index_of(*id));
            let mut missing: BTreeMap<String, Vec<String>> = BTreeMap::new();
            for (index, id) in numbers.filter_map(|number| source.transport_key(number)) {
                missing.entry(index).or_default().push(id);
            }
            if missing.is_empty() {
                break;
            }
            for (index, ids) in missing {
                self.restore(&index, &ids)?;
            }
        }
        Ok(())
    }

    /// Reads documents of one index again, and publishes them as restored.
    fn restore(&mut self, index: &str, ids: &[String]) -> Result<(), Failure> {
        let (shared, actor, publisher) = (self.shared, self.actor, &mut self.publisher);
        let ids: Vec<&str> = ids.iter().map(String::as_str).collect();
        self.poller.fetch(index, &ids, &mut |hits| {
            let batch = incoming(hits);
            let act = || publisher.restore(&batch, None);
            pass(shared, actor, PassKind::Publish, act, |_| Report::default())?;
            Ok(())
        })?;
        Ok(())
    }

    /// Waits until faults have stopped and nothing is in motion. False if the run is over before that.
    fn wait_for_quiet(&self) -> bool {
        if !wait_until(self.host, self.shared, self.shared.faults_stop_ns()) {
            return false;
        }
        while !self.shared.watch.borrow().is_quiet() {
            if self.shared.watch.borrow().is_over {
                return false;
            }
            self.host.sleep(PAUSE);
        }
        true
    }
}

/// What one turn of the client came to.
enum Turn {
    /// There is more to read now.
    More,
    /// There is nothing left to read now.
    CaughtUp { was_busy: bool },
}

/// Publishes what the client hands over, and tells the watch that the queue has it for good.
fn publish(
    shared: &Shared,
    actor: Actor,
    publisher: &mut Publisher<'_>,
    hits: &[Hit<'_>],
) -> Result<(), SinkError> {
    let batch = incoming(hits);
    let act = || publisher.publish(&batch);
    let done: Published = pass(shared, actor, PassKind::Publish, act, |_| Report::default())?;
    let mut watch = shared.watch.borrow_mut();
    if 0 < done.duplicates {
        watch.met.insert(Goal::DuplicateAlert);
    }
    let numbers = hits.iter();
    watch.acknowledge(numbers.filter_map(|hit| shared.source.index_of(hit.alert)));
    Ok(())
}

fn incoming<'a>(hits: &'a [Hit<'_>]) -> Vec<Incoming<'a>> {
    let hits = hits.iter();
    hits.map(|hit| Incoming {
        id: hit.alert,
        payload: hit.raw,
    })
    .collect()
}
