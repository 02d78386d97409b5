//! The specimens' side: runs of the incident's programs, and a producer that writes into their flat queue.

use super::wait_until;
use crate::kernel::Exit;
use crate::run::shared::Shared;
use crate::run::source::{legacy_name, made_up};
use crate::run::watch::{Report, RunLog};
use crate::scenario::{Consumer, Engine, Pace, Runs, Stage};
use crate::specimen::{
    self, Guards, Indexer, Moment, PROCESSED_DIR, QUEUE_DIR, RunOptions, TriageOptions,
};
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
    let remote = Remote { shared };
    let options = options(shared, consumer, engine, &remote);
    for round in 0.. {
        let due = match &consumer.runs {
            Runs::BackToBack => shared.now_ns(),
            Runs::EveryNs(every) => consumer.active.start_ns + round * every,
            Runs::AtNs(times) => match times.get(usize::try_from(round).unwrap_or(usize::MAX)) {
                Some(at) => *at,
                None => return Exit::OK,
            },
        };
        // A run that was longer than the rhythm makes the next one late, and perhaps too late.
        let due = due.max(shared.now_ns());
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

/// The indexer, as far as the specimens know it: the alerts that arrive after the start, in order.
struct Remote<'a> {
    shared: &'a Shared,
}

impl Indexer for Remote<'_> {
    fn alert(&self, cursor: u64, text: &mut Vec<u8>) -> Option<String> {
        let source = &self.shared.source;
        let index = source.initial + u32::try_from(cursor).ok()?;
        if source.arrived(self.shared.now_ns()) <= index {
            return None;
        }
        made_up(index, text);
        Some(legacy_name(index))
    }
}

fn options<'a>(
    shared: &Shared,
    consumer: &Consumer,
    engine: Engine,
    remote: &'a Remote<'_>,
) -> RunOptions<'a> {
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
        indexer: has(Stage::Poll).then_some(remote as &dyn Indexer),
        cap: has(Stage::Cap).then_some(shared.scenario.queue.cap),
        triage: has(Stage::Triage).then_some(TriageOptions {
            limit: consumer.batch,
            alert_time_min,
        }),
        is_whole: has(Stage::Reconcile),
    }
}

/// One run, each of its passes told to the watch.
fn one_run(host: &dyn Host, shared: &Shared, actor: Actor, options: &RunOptions<'_>) -> RunEnd {
    let start_ns = shared.now_ns();
    let done = specimen::run(host, options, &mut |moment| {
        let mut watch = shared.watch.borrow_mut();
        match moment {
            Moment::Begins(kind) => watch.begin(actor, kind_of(kind)),
            Moment::Ended(pass) => watch.end(
                actor,
                Report {
                    abort: pass.aborted.as_ref().map(abort_of),
                    seen: pass.seen,
                    settled: pass.seen,
                    is_empty: false,
                    vanished: pass.vanished,
                },
            ),
        }
    });
    let mut watch = shared.watch.borrow_mut();
    let handled = done.passes.iter();
    let handled = handled.filter(|pass| pass.kind == specimen::PassKind::Triage);
    let end_ns = watch.time_ns();
    watch.runs.push(RunLog {
        time_ns: (start_ns, end_ns),
        handled: handled.map(|pass| pass.acted).sum(),
        stages_finished: done.stages_finished,
        failure: done.aborted().map(ToString::to_string),
        heartbeat: done.heartbeat,
        mismatches: done.mismatches,
    });
    if let Some(abort) = done.aborted() {
        watch.crashed(abort.to_string());
        RunEnd::Aborted
    } else if done.passes.iter().any(|pass| 0 < pass.acted) {
        RunEnd::Busy
    } else {
        RunEnd::Idle
    }
}

fn kind_of(kind: specimen::PassKind) -> PassKind {
    match kind {
        specimen::PassKind::Cap => PassKind::Cap,
        specimen::PassKind::Triage => PassKind::Work,
    }
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

/// The directories of the flat queue that are places of alerts, or make one a case.
pub(crate) const DIRS: [&str; 3] = [QUEUE_DIR, PROCESSED_DIR, specimen::CASES_DIR];
