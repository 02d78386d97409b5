//! Those that work on the queue: producers, consumers, the cap, a second instance.

use super::checks::{Checks, pace_or_max};
use super::units::{Nanos, Share, When, WrittenPace};
use super::{Active, Pace};
use serde::{Deserialize, Serialize};
use std::fmt;
use toml::Spanned;

/// Which queue runs.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Engine {
    /// The incident's queue, as it was.
    Legacy,
    /// The incident's queue with its four guards.
    Hotfix,
    /// The production queue.
    Spool,
}

impl Engine {
    /// All of them, oldest first.
    pub const ALL: [Engine; 3] = [Engine::Legacy, Engine::Hotfix, Engine::Spool];

    /// The name that scenarios, flags and reports use.
    pub fn name(self) -> &'static str {
        match self {
            Engine::Legacy => "legacy",
            Engine::Hotfix => "hotfix",
            Engine::Spool => "spool",
        }
    }
}

impl fmt::Display for Engine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// Puts alerts into the queue.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Producer {
    /// Its name in reports and tapes.
    pub id: String,
    /// When it works.
    pub active: Active,
    /// How many alerts it has; `None`: as many as its pace allows.
    pub total: Option<u64>,
    /// The same, as a share of the alerts that are there from the start: a backlog that grows with the depth.
    pub share_of_initial: Option<f64>,
    /// How fast alerts come.
    pub pace: Pace,
    /// How many arrive while the poller of the production queue waits; a wait takes from ten seconds to a minute.
    pub batch: u64,
    /// The share of alerts that reach the indexer so late that the poller's own overlap misses them. Its audit finds
    /// them, and reads every alert of their minutes a second time.
    pub duplicates: f64,
    /// How old an alert is when it arrives, in nanoseconds: its own time lies so long before.
    #[serde(default, skip_serializing_if = "super::is_zero")]
    pub age_ns: u64,
    /// When all of its alerts reach the indexer at once, whatever their own times, in nanoseconds after t0: a shipper that
    /// stood still. `None`: each when it arrives.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub indexed_ns: Option<u64>,
}

/// A part of a run of the old pipeline. Cases are made by its triage, and the heartbeat is always written.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Stage {
    /// Fetches what has arrived; without it, producers write alerts into the queue beside the runs.
    Poll,
    /// Enforces the cap.
    Cap,
    /// Judges alerts and makes cases of them.
    Triage,
    /// Makes packs of what was escalated.
    Escalation,
    /// Compares the ledger with the cases.
    Reconcile,
}

impl Stage {
    /// All that can be asked for, in order.
    pub const ALL: [Stage; 5] = [
        Stage::Poll,
        Stage::Cap,
        Stage::Triage,
        Stage::Escalation,
        Stage::Reconcile,
    ];
}

/// Takes alerts out of the queue and makes cases of them.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Consumer {
    /// Its name in reports and tapes; with `count` above 1, the common part of the names.
    pub id: String,
    /// Which queue it runs; `None`: each of the sweep's engines in turn. A campaign that is asked for one engine runs that
    /// one everywhere: what would have happened with this queue.
    pub engine: Option<Engine>,
    /// What each run does, in this order.
    pub stages: Vec<Stage>,
    /// How many of it run side by side.
    pub count: u64,
    /// When it works.
    pub active: Active,
    /// When its runs begin.
    pub runs: Runs,
    /// How long after a crash it starts again, in nanoseconds; `None`: at its next run.
    pub restart_after_ns: Option<u64>,
    /// How fast it finishes alerts; `Max`: as the machine's costs allow.
    pub drain: Pace,
    /// The most alerts it handles in one run; `None`: all it has seen.
    pub batch: Option<u64>,
}

/// When a consumer's runs begin.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Runs {
    /// Each as soon as the last has ended.
    BackToBack,
    /// In this rhythm, in nanoseconds; a run that is longer makes the next one late.
    EveryNs(u64),
    /// At these times, in nanoseconds after t0.
    AtNs(Vec<u64>),
}

/// A cap pass as a process of its own.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Cap {
    /// Its name in reports and tapes.
    pub id: String,
    /// When it works.
    pub active: Active,
    /// From the start of one pass to the start of the next, in nanoseconds.
    pub every_ns: u64,
}

/// The whole program a second time, on the same directory.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct SecondInstance {
    /// Its name in reports and tapes.
    pub id: String,
    /// When it runs.
    pub active: Active,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawProducer {
    id: Spanned<String>,
    total: Option<Spanned<u64>>,
    share_of_initial: Option<Spanned<Share>>,
    rate: Option<WrittenPace>,
    batch: Option<Spanned<u64>>,
    duplicates: Option<Spanned<Share>>,
    age: Option<Spanned<Nanos>>,
    indexed: Option<Spanned<When>>,
    start: Option<Spanned<When>>,
    stop: Option<Spanned<When>>,
}

impl RawProducer {
    pub(super) fn resolve(self, checks: &mut Checks) -> Producer {
        if let (Some(_), Some(share)) = (&self.total, &self.share_of_initial) {
            checks.problem(
                share.span(),
                "a producer has a total or a share",
                "`total` is there too",
                None,
            );
        }
        let producer = Producer {
            share_of_initial: self
                .share_of_initial
                .map(|share| checks.share_or(Some(share), 0.0)),
            active: checks.active(self.start, self.stop),
            total: self
                .total
                .map(|total| checks.above_zero(total, "the total")),
            pace: pace_or_max(self.rate),
            batch: self
                .batch
                .map_or(1, |batch| checks.above_zero(batch, "the batch")),
            duplicates: checks.share_or(self.duplicates, 0.0),
            age_ns: self.age.map_or(0, |age| checks.some_time(age, "the age")),
            indexed_ns: self.indexed.map(|indexed| checks.when(indexed)),
            id: checks.id(self.id.clone()),
        };
        let is_counted = producer.total.is_some() || producer.share_of_initial.is_some();
        if !is_counted && producer.pace == Pace::Max {
            checks.problem(
                self.id.span(),
                "this producer never ends",
                "has no `total`, no `share_of_initial` and no `rate`",
                None,
            );
        }
        producer
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawConsumer {
    id: Spanned<String>,
    engine: Option<Engine>,
    stages: Option<Spanned<Vec<Stage>>>,
    count: Option<Spanned<u64>>,
    start: Option<Spanned<When>>,
    stop: Option<Spanned<When>>,
    every: Option<Spanned<Nanos>>,
    at: Option<Spanned<Vec<Spanned<When>>>>,
    on_crash: Option<RawOnCrash>,
    drain: Option<WrittenPace>,
    batch: Option<Spanned<u64>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawOnCrash {
    restart_after: Nanos,
}

impl RawConsumer {
    pub(super) fn resolve(self, checks: &mut Checks) -> Consumer {
        let active = checks.active(self.start, self.stop);
        let runs = match (self.every, self.at) {
            (None, None) => Runs::BackToBack,
            (Some(every), None) => Runs::EveryNs(checks.some_time(every, "the rhythm")),
            (every, Some(at)) => {
                if every.is_some() {
                    checks.problem(
                        at.span(),
                        "runs have a rhythm or fixed times",
                        "`every` is there too",
                        None,
                    );
                }
                Runs::AtNs(ascending(at.into_inner(), checks))
            }
        };
        Consumer {
            id: checks.id(self.id),
            engine: self.engine,
            stages: stages(self.stages, checks),
            count: self
                .count
                .map_or(1, |count| checks.above_zero(count, "the count")),
            active,
            runs,
            restart_after_ns: self.on_crash.map(|on_crash| on_crash.restart_after.0),
            drain: pace_or_max(self.drain),
            batch: self
                .batch
                .map(|batch| checks.above_zero(batch, "the batch")),
        }
    }
}

/// The stages of a run: those of the queue if none are written.
fn stages(written: Option<Spanned<Vec<Stage>>>, checks: &mut Checks) -> Vec<Stage> {
    let Some(written) = written else {
        return vec![Stage::Cap, Stage::Triage];
    };
    let is_known = matches!(
        written.get_ref()[..],
        [Stage::Cap] | [Stage::Triage] | [Stage::Cap, Stage::Triage]
    );
    if !is_known && written.get_ref()[..] != Stage::ALL {
        checks.problem(
            written.span(),
            "these are not the stages of a run",
            "\"cap\", \"triage\", both, or all of poll, cap, triage, escalation, reconcile",
            None,
        );
    }
    written.into_inner()
}

/// Points in time, each later than the one before.
fn ascending(times: Vec<Spanned<When>>, checks: &mut Checks) -> Vec<u64> {
    let mut resolved: Vec<u64> = Vec::with_capacity(times.len());
    for time in times {
        let span = time.span();
        let ns = checks.when(time);
        if resolved.last().is_some_and(|last| ns <= *last) {
            checks.problem(
                span,
                "the times are out of order",
                "not later than the one before",
                None,
            );
        }
        resolved.push(ns);
    }
    resolved
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawCapPass {
    id: Spanned<String>,
    every: Spanned<Nanos>,
    start: Option<Spanned<When>>,
    stop: Option<Spanned<When>>,
}

impl RawCapPass {
    pub(super) fn resolve(self, checks: &mut Checks) -> Cap {
        Cap {
            id: checks.id(self.id),
            active: checks.active(self.start, self.stop),
            every_ns: checks.some_time(self.every, "the rhythm"),
        }
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawSecondInstance {
    id: Spanned<String>,
    start: Option<Spanned<When>>,
    stop: Option<Spanned<When>>,
}

impl RawSecondInstance {
    pub(super) fn resolve(self, checks: &mut Checks) -> SecondInstance {
        SecondInstance {
            id: checks.id(self.id),
            active: checks.active(self.start, self.stop),
        }
    }
}
