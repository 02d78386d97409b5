//! What is true of a run while a pass is made, whoever says what: the scenario's will, against which health is held.

use super::shared::Shared;
use super::source::{Source, before_ms};
use crate::scenario::{IndexerFaultKind, Scenario};
use contract::sometimes::Goal;
use contract::{Danger, Dangers, Place};
use pipeline::health::Limits;
use std::cell::OnceCell;

/// What the program knows of the indexer may be so old, in milliseconds: it asks for the newest alert and for the clock once a
/// minute each.
const STALE_MS: i64 = 120_000;
/// A shard shows what it got within so many milliseconds.
const REFRESH_MS: i64 = 5_000;
/// A clock that was set is noticed to the second.
const SECOND_MS: u64 = 1_000;
/// The quarantine's share is that of a day; a run that is nearly so old has forgotten its first hours.
const DAY_MS: i64 = 23 * 3_600_000;

/// The state of things at one moment.
#[derive(Clone, Copy, Debug)]
pub(in crate::run) struct Moment {
    /// Virtual time, in nanoseconds after the start.
    now_ns: u64,
    /// The same as a time of the indexer's clock, in milliseconds since 1970.
    now_ms: i64,
    /// By how much the machine's clock was set, in milliseconds.
    pub(in crate::run) skew_ms: i64,
    /// Alerts that have a case, and that were set aside.
    cased: u64,
    aside: u64,
    /// Whether their records are all durable.
    is_recorded: bool,
    /// Files of the inbox that have a name which is never taken, and that are half written.
    never_taken: u64,
    half_written: u64,
    /// Alerts that are missing, and that nobody has any more: those of which the queue must know, and all.
    lost: [u64; 2],
    /// Whether passes have had the time to find that out.
    pub(in crate::run) is_looked_for: bool,
}

/// What health is held against.
pub(super) struct Truth {
    pub(super) limits: Limits,
    /// When each document reaches the indexer, and the newest alert that it has by then.
    newest: OnceCell<Vec<(i64, i64)>>,
}

impl Truth {
    pub(super) fn new(scenario: &Scenario) -> Self {
        let health = scenario.health.as_ref();
        let silence_ns = health.and_then(|health| health.silence_max_ns);
        let limits = Limits::default();
        Truth {
            limits: Limits {
                silence_max_ms: silence_ns
                    .map(|ns| ns / 1_000_000)
                    .or(limits.silence_max_ms),
                ..limits
            },
            newest: OnceCell::new(),
        }
    }

    /// The time of the newest alert that reached the indexer until `at_ms`; `None` if there is none.
    fn newest(&self, source: &Source, at_ms: i64) -> Option<i64> {
        let table = self.newest.get_or_init(|| {
            let mut table: Vec<_> = source.indexed().collect();
            table.sort_unstable();
            let mut newest = i64::MIN;
            for (_, own_ms) in &mut table {
                newest = newest.max(*own_ms);
                *own_ms = newest;
            }
            table
        });
        let end = table.partition_point(|(indexed_ms, _)| *indexed_ms <= at_ms);
        let known = end.checked_sub(1).map(|last| table[last].1);
        known.max(source.fresh_ms().filter(|fresh| *fresh <= at_ms))
    }
}

impl Moment {
    /// The present one.
    pub(super) fn of(shared: &Shared) -> Self {
        let watch = shared.watch.borrow();
        let census = watch.contract.census();
        let now_ns = watch.time_ns();
        let steps = shared.scenario.clock_steps.iter();
        let since_ms = i64::try_from(now_ns / 1_000_000).unwrap_or(i64::MAX / 2);
        Moment {
            now_ns,
            now_ms: shared.scenario.clock.t0_ms + since_ms,
            skew_ms: steps
                .filter(|step| step.at_ns <= now_ns)
                .map(|step| step.by_ms)
                .sum(),
            cased: census.count(Place::Cased),
            aside: census.count(Place::Quarantined),
            is_recorded: census.unrecorded() == 0,
            never_taken: shared.never_taken.get(),
            half_written: shared.half_written.get(),
            lost: [watch.lost(), watch.lost_at_most()],
            is_looked_for: false,
        }
    }
}

/// What stood all the time from one moment to the other, beyond its limit, and what may rightly be named at the end of it.
pub(super) fn dangers(shared: &Shared, start: &Moment, end: &Moment) -> [Dangers; 2] {
    let [mut standing, mut possible] = [Dangers::default(); 2];
    let (truth, source) = (&shared.truth, &*shared.source);

    let is_unreachable = |at: &Moment| is_unreachable(shared, at.now_ns);
    standing.note(
        Danger::Unreachable,
        is_unreachable_all_along(shared, start, end),
    );
    possible.note(
        Danger::Unreachable,
        is_unreachable(start) || is_unreachable(end),
    );

    if let Some(most) = truth.limits.skew_max_ms {
        let (skew, is_same) = (end.skew_ms.unsigned_abs(), start.skew_ms == end.skew_ms);
        let is_skewed = is_same && most + SECOND_MS < skew;
        standing.note(Danger::Skew, is_skewed);
        possible.note(Danger::Skew, !is_same || most < skew + SECOND_MS);
    }
    if let Some(most) = truth.limits.silence_max_ms {
        let most = i64::try_from(most).unwrap_or(i64::MAX / 2);
        let (from, to) = (start.now_ms, end.now_ms);
        // Nothing is silent for longer than the run and what was before it: its first alerts are a minute old at the start.
        let t0_ms = shared.scenario.clock.t0_ms - before_ms(&shared.scenario);
        if most < to - t0_ms + 2 * STALE_MS {
            let is_longer = |now: i64, newest: Option<i64>, most: i64| {
                newest.is_some_and(|newest| most < now - newest)
            };
            let newest = truth.newest(source, to);
            let is_silent = is_longer(from, newest, most + STALE_MS);
            standing.note(Danger::Silence, is_silent);
            let newest = truth.newest(source, from - STALE_MS - REFRESH_MS);
            possible.note(Danger::Silence, is_longer(to, newest, most - STALE_MS));
        }
    }

    standing.note(
        Danger::NeverTaken,
        0 < start.never_taken && 0 < end.never_taken,
    );
    possible.note(
        Danger::NeverTaken,
        0 < start.never_taken || 0 < end.never_taken,
    );

    let [must, may] = [0, 1].map(|which| [start, end].map(|at| 0 < at.lost[which]));
    standing.note(Danger::Lost, end.is_looked_for && must == [true; 2]);
    possible.note(Danger::Lost, may != [false; 2]);

    let percent = u64::from(truth.limits.quarantine_percent_max);
    let is_more = |aside: u64, good: u64| (aside + good) * percent < aside * 100;
    let met = shared.watch.borrow().met;
    // A duplicate counts as a good alert, and nobody but the queue counts them.
    let is_exact = start.is_recorded && !met.contains(Goal::DuplicateAlert);
    let is_today = end.now_ms - shared.scenario.clock.t0_ms < DAY_MS && end.skew_ms == 0;
    let is_much = is_exact && is_today && is_more(start.aside, end.cased);
    standing.note(Danger::SetAside, is_much);
    let may_be = is_more(end.aside, start.cased) || !is_today && 0 < end.aside;
    possible.note(Danger::SetAside, may_be);
    [standing, possible]
}

/// The goals that a pass shows whose time was from one moment to the other.
pub(super) fn goals(standing: Dangers, start: &Moment, end: &Moment) -> impl Iterator<Item = Goal> {
    let half_written = start.half_written.min(end.half_written);
    let goals = [
        (Goal::ClockSkewed, standing.contains(Danger::Skew)),
        (Goal::IndexerSilent, standing.contains(Danger::Silence)),
        (Goal::NameNeverTaken, standing.contains(Danger::NeverTaken)),
        (Goal::AlertLost, standing.contains(Danger::Lost)),
        (Goal::QuarantineGrew, standing.contains(Danger::SetAside)),
        (Goal::WrittenInPieces, 0 < half_written),
    ];
    goals
        .into_iter()
        .filter(|(_, is_met)| *is_met)
        .map(|(goal, _)| goal)
}

/// Whether an indexer with this fault gives no answer that a pass could use.
pub(super) fn is_useless(kind: IndexerFaultKind) -> bool {
    !matches!(
        kind,
        // Slowly, it gives all; a hole shows only where something was to be seen.
        IndexerFaultKind::SlowLink
            | IndexerFaultKind::FetchHole
            // A single hit has no order, and a pass that reads nothing fetches no hits.
            | IndexerFaultKind::OutOfOrder
            | IndexerFaultKind::ContextMissing
    )
}

/// The times in which the indexer is of no use, in nanoseconds after the start.
fn useless_times(shared: &Shared) -> impl Iterator<Item = [u64; 2]> {
    let (indexer, stop) = (&shared.scenario.indexer, shared.faults_stop_ns());
    let faults = indexer.faults.iter().filter(|fault| is_useless(fault.kind));
    let faults = faults.map(move |fault| [fault.from_ns, fault.until_ns.min(stop)]);
    let refused = indexer.rotations.iter();
    faults.chain(refused.map(|rotation| [rotation.at_ns, rotation.noticed_ns]))
}

fn is_unreachable(shared: &Shared, now_ns: u64) -> bool {
    useless_times(shared).any(|[from, until]| from <= now_ns && now_ns < until)
}

fn is_unreachable_all_along(shared: &Shared, start: &Moment, end: &Moment) -> bool {
    useless_times(shared).any(|[from, until]| from <= start.now_ns && end.now_ns < until)
}
