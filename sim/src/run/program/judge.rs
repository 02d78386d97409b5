//! A pass of the pipeline, as the contract judges it from outside: whether health says what is true, and what an idle pass costs.

use crate::run::shared::Shared;
use crate::run::truth::{Moment, dangers, goals};
use contract::sometimes::Goal;
use contract::{Actor, Books, Census, Danger, Dangers, Event, Idle, Place, Told};
use pipeline::health::{Concern, Health, Limits};
use pipeline::heartbeat::Heartbeat;
use pipeline::{FailureKind, Report, Stage, StageReport};

/// What the scrub takes for one case, or for one record of the ledger, at most: its files are opened, read and closed. How many a
/// pass looks at follows from how many there are and from the time since the last look, up to a limit of its own.
const SCRUB_CALLS: u64 = 16;
/// What a crash or a full disk has left may take some passes to be made up for, in which no alert moves.
const SETTLING_PASSES: u64 = 5;
/// So many idle passes are an age.
const IDLE_PASSES: u64 = 200;

/// How things stand when a pass begins.
pub(super) struct Before {
    moment: Moment,
    books: Books,
    is_recorded: bool,
    calls: u64,
}

impl Before {
    pub(super) fn of(shared: &Shared, actor: Actor) -> Self {
        let moment = Moment::of(shared);
        let watch = shared.watch.borrow();
        Before {
            moment,
            books: watch.contract.books(),
            is_recorded: is_recorded(watch.contract.census()),
            calls: watch.actor(actor).work(),
        }
    }

    /// Judges the pass that has ended with this report. `is_first`: of its process. `is_settled`: nothing had been left to do for
    /// so long that health must be well.
    pub(super) fn judge(
        &self,
        shared: &Shared,
        actor: Actor,
        report: &Report,
        [is_first, is_settled]: [bool; 2],
    ) {
        let mut end = Moment::of(shared);
        end.is_looked_for = is_settled;
        self.judge_cost(shared, actor, report, is_first, end.skew_ms);
        let is_written = |one: &StageReport| one.failure.is_none();
        // A disk that took no heartbeat tells nobody anything; how old the last one is, is told by those who read it.
        if !report.stage(Stage::Heartbeat).is_some_and(is_written) {
            return;
        }
        let [standing, possible] = dangers(shared, &self.moment, &end);
        let beat = beat_of(shared, report);
        let named = named(shared, report, beat.as_ref(), &shared.truth.limits);
        let mut unheard = Dangers::default();
        let has_failed = named.contains(Danger::Unreachable);
        let has_looked = beat.is_some_and(|beat| beat.inbox.is_some());
        // An inbox that could not be looked at shows no names; that stage 1 failed is told.
        unheard.note(Danger::NeverTaken, has_failed && !has_looked);
        // Only who has read the ledger knows what was set aside of late, and what is missing.
        let has_read = report.stage(Stage::Reconcile).is_some_and(is_written);
        // It lacks what a power loss took from it until a publisher opens.
        let poll = report.stage(Stage::Poll);
        let is_complete =
            has_read && poll.is_some_and(is_whole) && !shared.watch.borrow().may_lack_records();
        unheard.note(Danger::SetAside, !is_complete);
        unheard.note(Danger::Lost, !has_read);
        for danger in [Danger::Skew, Danger::Silence] {
            // An indexer that was not heard, and that is told, cannot show its clock or its newest alert.
            unheard.note(danger, has_failed);
        }
        let standing = standing.without(unheard);
        let mut watch = shared.watch.borrow_mut();
        for goal in goals(standing, &self.moment, &end) {
            watch.met.insert(goal);
        }
        let told = |step| Told {
            actor,
            standing,
            possible,
            named,
            is_settled,
            step,
        };
        watch.observe(|step| Event::HealthTold(told(step)));
    }

    fn judge_cost(
        &self,
        shared: &Shared,
        actor: Actor,
        report: &Report,
        is_first: bool,
        skew_ms: i64,
    ) {
        let mut watch = shared.watch.borrow_mut();
        let now = watch.contract.books();
        let is_recorded = is_recorded(watch.contract.census());
        let is_whole = report.stages.iter().all(is_whole);
        // What workers did after it had read the ledger, the next pass reads.
        let is_settled = is_recorded && is_whole && self.books == now;
        let last = std::mem::replace(&mut watch.settled, is_settled.then_some((now, skew_ms)));
        // What changed since the pass before is looked at by this one, and costs what it costs. So does a clock that was set: by
        // how much of what is finished is due to be looked at again.
        let is_still = is_whole
            && last == Some((self.books, skew_ms))
            && self.books == now
            // What waits, or is parked, is looked for on disk.
            && self.books.pending + self.books.in_flight + self.books.overflow == 0
            && self.is_recorded
            && report
                .stages
                .iter()
                .all(|stage| stage.counts.given == 0 || stage.stage == Stage::Heartbeat)
            // What is missing is looked for, and more documents of known alerts are work: neither changes a place.
            && report.reconciled.as_ref().is_none_or(|found| found.mismatches() == 0)
            && report.stage(Stage::Poll).is_none_or(|poll| poll.counts.taken == 0);
        if !is_still {
            watch.still_passes = 0;
            return;
        }
        watch.still_passes += 1;
        if watch.still_passes < SETTLING_PASSES {
            return;
        }
        let scrubbed = report
            .scrubbed
            .as_ref()
            .map_or(0, |scrubbed| scrubbed.looked_at);
        let calls = watch.actor(actor).work() - self.calls;
        let calls = calls.saturating_sub(SCRUB_CALLS * scrubbed);
        let passes = watch.runs.len() as u64;
        watch.idle.count += 1;
        let most = match is_first {
            true => &mut watch.idle.start_calls_max,
            false => &mut watch.idle.calls_max,
        };
        *most = calls.max(*most);
        if IDLE_PASSES <= watch.idle.count {
            watch.met.insert(Goal::IdlePasses);
        }
        let idle = |step| Idle {
            actor,
            calls,
            passes,
            is_first,
            step,
        };
        watch.observe(|step| Event::Idled(idle(step)));
    }
}

/// Whether a stage leaves nothing to be made up for by the next pass. An indexer that gives nothing does not; a poll for which the
/// disk was full has written what it took away again.
fn is_whole(stage: &StageReport) -> bool {
    match &stage.failure {
        None => true,
        Some(failure) => stage.stage == Stage::Poll && failure.kind != FailureKind::Io,
    }
}

/// Whether all that ended is recorded, and nothing is to be fetched again: each alert that vanished is looked for among the cases.
fn is_recorded(census: &Census) -> bool {
    let gone = census.count_gone(Place::Source);
    census.unrecorded() == 0 && census.count(Place::Vanished) + gone == 0
}

/// The heartbeat that the pass has left on the disk.
fn beat_of(shared: &Shared, report: &Report) -> Option<Heartbeat> {
    let watch = shared.watch.borrow();
    let beat = serde_json::from_slice::<Heartbeat>(&watch.heartbeat).ok();
    // One of another pass says nothing of this one.
    beat.filter(|beat| beat.run_id == report.run_id)
}

/// What the program's own health says of the heartbeat.
fn named(shared: &Shared, report: &Report, beat: Option<&Heartbeat>, limits: &Limits) -> Dangers {
    let watch = shared.watch.borrow();
    let mut named = Dangers::default();
    let has_lost = 0 < watch.lost_at_most();
    if beat.is_some() {
        let health = Health::of(beat, report.finished, limits);
        for concern in health.concerns {
            named.note(danger(concern, has_lost), true);
        }
    }
    named
}

/// `has_lost`: what is missing can come from nowhere.
fn danger(concern: Concern, has_lost: bool) -> Danger {
    match concern {
        Concern::Skew => Danger::Skew,
        Concern::Silence => Danger::Silence,
        Concern::Failed(Stage::Poll) => Danger::Unreachable,
        Concern::NeverTaken => Danger::NeverTaken,
        Concern::SetAside => Danger::SetAside,
        Concern::Mismatch if has_lost => Danger::Lost,
        Concern::Overdue
        | Concern::Failed(_)
        | Concern::Mismatch
        | Concern::Finished
        | Concern::Held
        | Concern::OutOfReach => Danger::Other,
    }
}
