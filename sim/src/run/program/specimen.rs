//! The specimens' side: runs of the incident's programs, and a producer that writes into their flat queue.

use super::wait_until;
use crate::kernel::Exit;
use crate::run::shared::Shared;
use crate::run::source::{legacy_name, made_up};
use crate::run::watch::Report;
use crate::scenario::{Consumer, Engine, Pace, Runs, Stage};
use crate::specimen::{self, Guards, PROCESSED_DIR, QUEUE_DIR, RunOptions, TriageOptions};
use contract::{Abort, Actor, PassKind};
use host::{At, Class, Dir, File, Host};
use std::time::Duration;

/// Runs the consumer's stages as often as the scenario says, until it stops.
pub(crate) fn run(
    host: &dyn Host,
    shared: &Shared,
    actor: Actor,
    consumer: &Consumer,
    engine: Engine,
) -> Exit {
    let stop = consumer
        .active
        .stop_ns
        .unwrap_or(shared.scenario.clock.run_ns);
    if !wait_until(host, shared, consumer.active.start_ns) {
        return Exit::OK;
    }
    let options = options(shared, consumer, engine);
    for round in 0.. {
        let due = match &consumer.runs {
            Runs::BackToBack => shared.now_ns(),
            Runs::EveryNs(every) => consumer.active.start_ns + round * every,
            Runs::AtNs(times) => match times.get(usize::try_from(round).unwrap_or(usize::MAX)) {
                Some(at) => *at,
                None => return Exit::OK,
            },
        };
        if stop <= due || !wait_until(host, shared, due) {
            return Exit::OK;
        }
        let ended = one_run(host, shared, actor, &options);
        if ended == RunEnd::Idle && is_calm(shared) {
            return Exit::OK;
        }
        let pause = match consumer.restart_after_ns {
            Some(restart) if ended == RunEnd::Aborted => restart,
            _ => 1_000_000_000,
        };
        host.sleep(Duration::from_nanos(pause));
    }
    Exit::OK
}

/// How a run of a specimen ended.
#[derive(Clone, Copy, PartialEq, Eq)]
enum RunEnd {
    /// By an exception.
    Aborted,
    /// It moved something.
    Busy,
    /// There was nothing for it to do.
    Idle,
}

/// Whether nothing will change any more: all alerts have arrived, and the neighbours have gone home.
fn is_calm(shared: &Shared) -> bool {
    let now = shared.now_ns();
    shared.source.arrived(now) == shared.source.fresh() && shared.faults_stop_ns() <= now
}

fn options(shared: &Shared, consumer: &Consumer, engine: Engine) -> RunOptions {
    let guards = if engine == Engine::Legacy {
        Guards::None
    } else {
        Guards::Hotfix
    };
    let alert_time_min = match consumer.drain {
        Pace::Max => None,
        Pace::EveryNs(interval) => Some(Duration::from_nanos(interval)),
    };
    let has = |stage| consumer.stages.contains(&stage);
    RunOptions {
        guards,
        cap: has(Stage::Cap).then_some(shared.scenario.queue.cap),
        triage: has(Stage::Triage).then_some(TriageOptions {
            limit: consumer.batch,
            alert_time_min,
        }),
    }
}

/// One run, each of its passes told to the watch.
fn one_run(host: &dyn Host, shared: &Shared, actor: Actor, options: &RunOptions) -> RunEnd {
    let mut end = RunEnd::Idle;
    // Pass by pass, so that the watch sees where one ends; an exception ends the run, as it did.
    let cap = RunOptions {
        triage: None,
        ..*options
    };
    let triage = RunOptions {
        cap: None,
        ..*options
    };
    let is_capped = options.cap.is_some();
    let passes = [
        is_capped.then_some((PassKind::Cap, cap)),
        options.triage.is_some().then_some((PassKind::Work, triage)),
    ];
    for (kind, options) in passes.into_iter().flatten() {
        shared.watch.borrow_mut().begin(actor, kind);
        let done = specimen::run(host, &options);
        let aborted = done.aborted().map(abort_of);
        let seen = done.passes.iter().map(|pass| pass.seen).sum();
        let vanished = done.passes.iter().map(|pass| pass.vanished).sum();
        let report = Report {
            abort: aborted,
            seen,
            settled: seen,
            is_empty: false,
            vanished,
        };
        let mut watch = shared.watch.borrow_mut();
        watch.end(actor, report);
        if let Some(abort) = done.aborted() {
            watch.crashed(abort.to_string());
            return RunEnd::Aborted;
        }
        if done.passes.iter().any(|pass| 0 < pass.acted) {
            end = RunEnd::Busy;
        }
    }
    end
}

fn abort_of(abort: &specimen::Abort) -> Abort {
    match abort.cause {
        specimen::Cause::NotJson => Abort::Poison,
        specimen::Cause::Host(error) => match error.class() {
            Class::Vanished => Abort::Vanished,
            Class::Contended => Abort::Contended,
            Class::Poison => Abort::Poison,
            Class::Resource | Class::Fault => Abort::Machine,
        },
    }
}

/// Writes alerts into the flat queue as they arrive.
pub(crate) fn produce(host: &dyn Host, shared: &Shared) -> Exit {
    let Ok(queue) = Dir::open(host, At::new(host.root(), QUEUE_DIR)) else {
        return Exit {
            code: 74,
            text: "there is no queue".to_owned(),
        };
    };
    let mut bytes = Vec::new();
    for index in shared.source.initial..shared.source.fresh() {
        let at = shared.source.arrival_ns(index).unwrap_or(0);
        if shared.now_ns() < at && !wait_until(host, shared, at) {
            break;
        }
        bytes.clear();
        made_up(index, &mut bytes);
        // A file that cannot be written is one alert less in the queue; the account knows no such case.
        if let Ok(file) = File::create_new(host, queue.at(&legacy_name(index))) {
            file.append(&bytes).ok();
        }
    }
    Exit::OK
}

/// The directories of the flat queue.
pub(crate) const DIRS: [&str; 3] = [QUEUE_DIR, PROCESSED_DIR, specimen::CASES_DIR];
