//! The production pipeline, pass after pass: it polls the indexer, caps, reconciles, and beats; its hands are the workers,
//! which are programs of their own.

use super::judge::Before;
use super::witness::Told;
use super::{PAUSE, Patience, secret, wait_until};
use crate::kernel::Exit;
use crate::run::remote::Wire;
use crate::run::shared::Shared;
use crate::run::watch::RunLog;
use crate::scenario::Ends;
use contract::sometimes::Goal;
use contract::{Actor, Place};
use host::{At, Host, Lock, Millis};
use indexer::{Config, Profile};
use pipeline::{
    Failure, FailureKind, Intake, Pipeline, RUN_LOCK_FILE, Reconciled, Report, Secret, Settings,
};
use policy::{LoadOptions, Policy};
use spool::Spool;
use std::sync::LazyLock;
use std::time::Duration;

/// Where the spool is.
pub(crate) const ROOT: &str = "spool";
/// So long after faults have stopped, nobody but the pipeline is at work in a run that ends by a count, in nanoseconds.
const SETTLE_NS: u64 = 60_000_000_000;
/// A crash repeats at most so many alerts: the publisher must remember all of them.
const SLICE_ALERTS: usize = 8_000;

static STARTER: LazyLock<Policy> = LazyLock::new(|| {
    Policy::load(&policy::starter(), LoadOptions::default()).expect("its own tests load it")
});

/// The policy that ships, which every run judges by. It must be loaded outside of a simulated machine, because its parser
/// measures the stack of the thread.
pub(crate) fn policy() -> &'static Policy {
    &STARTER
}

/// Runs until everything that arrived is terminal, and a fresh alert went through.
pub(crate) fn run(host: &dyn Host, shared: &Shared, actor: Actor) -> Exit {
    loop {
        match session(host, shared, actor) {
            Ok(()) => return Exit::OK,
            Err(failure) if failure.kind == FailureKind::Data => return exit(65, &failure),
            Err(failure) if shared.watch.borrow().is_over => {
                let is_held = failure.kind == FailureKind::Temporary;
                return exit(if is_held { 75 } else { 0 }, &failure);
            }
            Err(_) => host.sleep(PAUSE),
        }
    }
}

fn exit(code: u8, failure: &Failure) -> Exit {
    Exit {
        code,
        text: failure.message.clone(),
    }
}

/// The whole program a second time, as a timer starts it: it finds the lock taken and goes. If the first one was down, it makes
/// a pass in its place.
pub(crate) fn second_instance(host: &dyn Host, shared: &Shared, actor: Actor) -> Exit {
    match overlap(host, shared, actor) {
        Ok(()) => Exit::OK,
        Err(failure) if failure.kind == FailureKind::Data => exit(65, &failure),
        Err(failure) => exit(75, &failure),
    }
}

fn overlap(host: &dyn Host, shared: &Shared, actor: Actor) -> Result<(), Failure> {
    let spool = Spool::init(host, At::new(host.root(), ROOT), shared.options)?;
    let lock = lock(&spool);
    if lock.is_err() {
        let met = &mut shared.watch.borrow_mut().met;
        met.insert(Goal::SecondInstanceStarted);
    }
    let _lock = lock?;
    let wire = Wire { host, shared };
    let told = Told { shared, actor };
    let intake = intake(host, shared, &wire);
    let opened = Pipeline::open(&spool, policy(), Some(intake), settings(shared))?;
    let mut pipeline = opened.witnessed_by(&told);
    pipeline.pass("second", &mut |job| vec![job.drain("second")]);
    Ok(())
}

/// What `foundry` takes before it makes passes.
fn lock<'h>(spool: &Spool<'h>) -> Result<Lock<'h>, Failure> {
    Lock::take(spool.host(), spool.root().at(RUN_LOCK_FILE))
        .map_err(|error| Failure::of_host("lock", RUN_LOCK_FILE, &error))
}

fn intake<'a>(host: &'a dyn Host, shared: &Shared, wire: &'a Wire<'_>) -> Intake<'a> {
    Intake {
        transport: wire,
        secret: Secret {
            host,
            dir: host.root(),
            name: secret::FILE.to_owned(),
        },
        config: Config {
            slice_alerts: SLICE_ALERTS,
            ..Config::new(Profile::wazuh4())
        },
        start: Millis(shared.source.begins_ms()),
        seed: shared.seed.child("poller").0,
    }
}

fn settings(shared: &Shared) -> Settings {
    Settings {
        // The scenario says how deep the queue is to be.
        backlog_max: u64::MAX,
        count_audit_every: Duration::from_nanos(shared.scenario.indexer.audit_every_ns),
        ..Settings::default()
    }
}

/// Opens the spool and the pipeline as one process does, and lets `act` work with them under the lock of the program.
pub(super) fn with_pipeline<R>(
    host: &dyn Host,
    shared: &Shared,
    actor: Actor,
    act: impl for<'p> FnOnce(&'p Spool<'p>, Pipeline<'p>) -> Result<R, Failure>,
) -> Result<R, Failure> {
    let spool = Spool::init(host, At::new(host.root(), ROOT), shared.options)?;
    let wire = Wire { host, shared };
    let told = Told { shared, actor };
    let _lock = lock(&spool)?;
    let intake = intake(host, shared, &wire);
    let opened = Pipeline::open(&spool, policy(), Some(intake), settings(shared))?;
    act(&spool, opened.witnessed_by(&told))
}

/// One life of the process, as far as it gets.
fn session(host: &dyn Host, shared: &Shared, actor: Actor) -> Result<(), Failure> {
    with_pipeline(host, shared, actor, |spool, pipeline| {
        let life = Life {
            host,
            shared,
            actor,
            pipeline,
            passes: 0,
            calm_passes: 0,
        };
        live(life, spool)
    })
}

fn live(mut life: Life<'_, '_>, spool: &Spool<'_>) -> Result<(), Failure> {
    let shared = life.shared;
    if shared.scenario.clock.ends == Ends::Counted {
        life.count(spool)?;
        shared.watch.borrow_mut().is_over = true;
        return Ok(());
    }
    if !life.pass_until_left(if shared.source.has_fresh() { 0 } else { 1 })? {
        return Ok(());
    }
    if !shared.source.has_fresh() {
        let mut remote = shared.remote.borrow_mut();
        remote.add_fresh(shared.now_ns(), &shared.source);
    }
    if life.pass_until_left(0)? {
        life.settle(spool)?;
        life.stay_calm()?;
    }
    shared.watch.borrow_mut().is_over = true;
    Ok(())
}

/// One life of the pipeline's process.
struct Life<'a, 'p> {
    host: &'a dyn Host,
    shared: &'a Shared,
    actor: Actor,
    pipeline: Pipeline<'p>,
    passes: u32,
    /// Passes that were made after everything was terminal and audited.
    calm_passes: u64,
}

impl Life<'_, '_> {
    /// Makes passes until faults have stopped, nothing is in motion, and at most `left` alerts are at the source alone.
    /// False if the run is over before that.
    fn pass_until_left(&mut self, left: u64) -> Result<bool, Failure> {
        let mut patience = Patience::new(Duration::from_nanos(self.shared.source.poll_ns));
        while !self.is_calm(left) {
            if self.shared.watch.borrow().is_over {
                return Ok(false);
            }
            let report = self.pass()?;
            if !report.has_more {
                let was_busy = report.stages.iter().any(|stage| 0 < stage.counts.given);
                patience.wait(self.host, was_busy);
            }
        }
        Ok(true)
    }

    /// Makes passes until nobody takes new work and nothing is in motion, and audits the queue as it is then.
    fn count(&mut self, spool: &Spool<'_>) -> Result<(), Failure> {
        let rhythm = Duration::from_nanos(self.shared.source.poll_ns);
        // Neighbours end what they have begun, and programs that are down come back and go.
        let settled_ns = self.shared.faults_stop_ns() + SETTLE_NS;
        loop {
            let is_settled = settled_ns <= self.shared.now_ns();
            if is_settled && self.shared.watch.borrow().is_at_rest() {
                break;
            }
            self.pass()?;
            self.host.sleep(rhythm);
        }
        let audit = spool::audit::audit(spool)?;
        self.shared.watch.borrow_mut().audited(&audit);
        Ok(())
    }

    /// One pass. The workers work on their own, side by side with it. Errs if data is broken that nothing may break.
    fn pass(&mut self) -> Result<Report, Failure> {
        self.passes += 1;
        let start_ns = self.shared.now_ns();
        let before = Before::of(self.shared, self.actor);
        let report = self
            .pipeline
            .pass(&self.passes.to_string(), &mut |_| Vec::new());
        // The first calm pass may still tell of what the passes before it have ended.
        let (is_first, is_settled) = (self.passes == 1, 1 < self.calm_passes);
        before.judge(self.shared, self.actor, &report, [is_first, is_settled]);
        self.log(&report, start_ns);
        let failures = report
            .stages
            .iter()
            .filter_map(|stage| stage.failure.as_ref());
        match failures.max_by_key(|failure| failure.kind == FailureKind::Data) {
            Some(failure) if failure.kind == FailureKind::Data => Err(failure.clone()),
            _ => Ok(report),
        }
    }

    fn log(&self, report: &Report, start_ns: u64) {
        let failures = || report.stages.iter().filter_map(|one| one.failure.as_ref());
        let failed = u8::try_from(failures().count()).expect("a pass has seven stages");
        let mut watch = self.shared.watch.borrow_mut();
        let end_ns = watch.time_ns();
        watch.runs.push(RunLog {
            time_ns: (start_ns, end_ns),
            handled: 0,
            stages_finished: u8::try_from(report.stages.len()).unwrap_or(u8::MAX) - failed,
            failure: failures().next().map(|failure| failure.message.clone()),
            heartbeat: if report.is_ok() { "OK" } else { "FAILED" },
            mismatches: report.reconciled.as_ref().map(Reconciled::mismatches),
        });
    }

    fn is_calm(&self, left: u64) -> bool {
        let watch = self.shared.watch.borrow();
        let census = watch.contract.census();
        let at_source = census.count(Place::Source) - census.count_gone(Place::Source);
        let is_healed = self.shared.faults_stop_ns() <= watch.time_ns();
        is_healed && at_source <= left && watch.is_quiet()
    }

    /// Audits once nothing is in motion, and lets passes fetch again what vanished, until the audit finds nothing missing.
    fn settle(&mut self, spool: &Spool<'_>) -> Result<(), Failure> {
        while self.wait_for_quiet() {
            let audit = spool::audit::audit(spool)?;
            self.shared.watch.borrow_mut().audited(&audit);
            if audit.vanished.is_empty() {
                break;
            }
            let before = self.vanished();
            self.fetch_vanished()?;
            if 0 < before && self.vanished() == self.lost() {
                break;
            }
            if before == self.vanished() {
                // What the indexer did not have is asked for again when its hour has come.
                self.host
                    .sleep(Duration::from_nanos(self.shared.source.poll_ns));
            }
        }
        Ok(())
    }

    /// Alerts that are missing, and that the indexer has no more.
    fn lost(&self) -> u64 {
        let watch = self.shared.watch.borrow();
        watch.contract.census().count_gone(Place::Vanished)
    }

    /// Makes passes, one at the least, for as long as each brings something back: an audit reads all that there is, and a pass
    /// fetches no more than it has time for.
    fn fetch_vanished(&mut self) -> Result<(), Failure> {
        loop {
            let before = self.vanished();
            self.pass()?;
            // While something is on its way, a pass leaves what vanished for later.
            let is_over = !self.wait_for_quiet();
            let left = self.vanished();
            if is_over || left == 0 || before <= left {
                return Ok(());
            }
        }
    }

    fn vanished(&self) -> u64 {
        let watch = self.shared.watch.borrow();
        watch.contract.census().count(Place::Vanished)
    }

    /// Makes the passes that the scenario wants to see when everything is over.
    fn stay_calm(&mut self) -> Result<(), Failure> {
        let health = self.shared.scenario.health.as_ref();
        // What is lost for good must be told, whatever the scenario asks of health.
        let least = if 0 < self.lost() { 2 } else { 0 };
        for _ in 0..health.map_or(0, |health| health.calm_passes).max(least) {
            self.host
                .sleep(Duration::from_nanos(self.shared.source.poll_ns));
            self.calm_passes += 1;
            self.pass()?;
        }
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
