//! The watch: what the machine did, told to the contract as moves of alerts.
//!
//! Files of alerts carry their alert's number in the inode's note, directories their place. So a rename is two notes and one
//! move, whatever the depth; only a directory that is renamed is looked into.

mod aftermath;
mod dangers;
mod moves;
mod packs;
mod places;
mod records;
mod recount;
mod restored;

use super::source::Source;
use places::NOWHERE;
pub(super) use places::{SEGMENT, inbox};
pub use restored::Kept;

use crate::kernel::{Effect, Ino, Node, Step, View};
use contract::event::Event;
use contract::sometimes::{Goal, Met};
use contract::{
    Abort, Actor, Books, Bounds, Contract, Id, Layout, Pass, PassKind, Place, Side, Violation,
};
use pipeline::heartbeat;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// What an actor of the run is, for the watch.
#[derive(Clone, Debug)]
pub struct Watched {
    /// The name in traces and stories.
    pub name: String,
    /// Whether it belongs to the queue.
    pub side: Side,
    /// The pass it is in.
    pass: Option<Open>,
    /// Calls it has made.
    pub calls: u64,
    /// Of those, the looks at the clock, and the sleeps.
    waits: u64,
    /// Names that its scans returned.
    listed: u64,
    /// Entries of buckets that it parked, and that it found gone when it was to park them.
    named: Named,
    /// Handles that it holds.
    handles: u32,
    /// The step of its last call that went wrong, by call, for `sometimes` goals.
    no_space: bool,
    sync_failed: bool,
    /// When a call of its was made to fail last in a way that may end a pass, in nanoseconds after the start.
    broken_ns: Option<u64>,
    /// Whether one of the queue's own files was held or locked away in this pass.
    own_failed: bool,
}

impl Watched {
    /// Calls that it has made but for looks at the clock and sleeps: how often it asked an indexer says nothing of the queue.
    pub fn work(&self) -> u64 {
        self.calls - self.waits
    }
}

/// A pass that has begun.
#[derive(Clone, Copy, Debug)]
struct Open {
    kind: PassKind,
    at_start: Books,
    calls: u64,
    listed: u64,
    time_ns: u64,
    named: Named,
}

/// Entries by the names of their buckets, which is all that the queue itself knows of its depth; counted from the start.
#[derive(Clone, Copy, Debug, Default)]
struct Named {
    /// What ever left `pending`, whoever took it.
    left: u64,
    /// Of that, what one actor parked.
    parked: u64,
    /// Of that, what one actor wanted to park and found gone.
    found_gone: u64,
    /// What one actor wanted to claim and found held by somebody, since it found nothing more to claim.
    found_held: u64,
}

/// How a program reports the end of a pass.
#[derive(Clone, Copy, Debug, Default)]
pub struct Report {
    /// Why it ended early.
    pub abort: Option<Abort>,
    /// Names seen.
    pub seen: u64,
    /// Names that led to an outcome.
    pub settled: u64,
    /// Whether nothing was there to do.
    pub is_empty: bool,
    /// Uses of a name that found nothing.
    pub vanished: u64,
}

/// A pass that ended, for reports.
#[derive(Clone, Copy, Debug)]
pub struct PassLog {
    /// What it was to do.
    pub kind: PassKind,
    /// When it began and ended, in nanoseconds after the start.
    pub time_ns: (u64, u64),
    /// What it reported.
    pub report: Report,
    /// Calls it made.
    pub calls: u64,
    /// Pending before and after.
    pub pending: (u64, u64),
}

/// A run of a whole pipeline that ended, for reports.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct RunLog {
    /// When it began and ended, in nanoseconds after the start.
    pub time_ns: (u64, u64),
    /// Alerts that it finished itself; those that workers of their own finished are theirs.
    pub handled: u64,
    /// How many of the seven stages came to their end.
    pub stages_finished: u8,
    /// What ended it, or the first of its stages that did not come to its end.
    pub failure: Option<String>,
    /// What its heartbeat says.
    pub heartbeat: &'static str,
    /// By how many cases the ledger and the disk differ, if that was looked at.
    pub mismatches: Option<u64>,
}

/// The greatest and the sum of the windows between seeing a name and using it.
#[derive(Clone, Copy, Debug, Default)]
pub struct Windows {
    /// Uses.
    pub count: u64,
    /// The longest, in calls.
    pub calls_max: u32,
    /// The longest, in virtual nanoseconds.
    pub nanos_max: u64,
    /// The sum, in virtual nanoseconds.
    pub nanos_sum: u128,
}

/// What passes of whole pipelines that had nothing to do have cost.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct IdlePasses {
    /// How many there were.
    pub count: u64,
    /// The most calls of one that was not the first of its process; 0 if there was none.
    pub calls_max: u64,
    /// The most calls of a start with its first pass; 0 if there was none.
    pub start_calls_max: u64,
}

/// Follows one run.
#[derive(Clone)]
pub struct Watch {
    /// The contract that is being kept or broken.
    pub contract: Contract,
    /// What has happened that should happen once.
    pub met: Met,
    /// The windows of the queue's own programs.
    pub windows: Windows,
    /// Passes that ended.
    pub passes: Vec<PassLog>,
    /// Runs of whole pipelines that ended.
    pub runs: Vec<RunLog>,
    /// Copies and vanishes that outsiders made, counted.
    pub vanished: u64,
    /// Cases that were made in a file of many.
    pub packed_cases: u64,
    /// When a run of a specimen was ended by an exception, in nanoseconds after the start, and by which.
    pub crashes: Vec<(u64, String)>,
    /// Set when the queue is drained and checked: everybody goes home.
    pub is_over: bool,
    /// The last heartbeat that was put in its place.
    pub heartbeat: Vec<u8>,
    /// What was there when the last pass of a whole pipeline ended, and by how much the clock had been set then, in
    /// milliseconds; `None` if it left something to the next one.
    pub settled: Option<(Books, i64)>,
    /// Passes of whole pipelines that had nothing to do.
    pub idle: IdlePasses,
    /// Still passes in a row.
    pub still_passes: u64,
    /// When a change was refused last because a part of the home may not be changed, in nanoseconds after the start.
    refused_ns: Option<u64>,
    /// How many listings of the queue by its own programs have reached their end.
    pub listings: u64,
    /// How many alerts had left `pending`, and when that changed last.
    departures: (u64, u64),
    /// What the names of the buckets in `pending` add up to, and of those that ever left it.
    named_pending: u64,
    named_left: u64,
    layout: Layout,
    source: Arc<Source>,
    actors: Vec<Watched>,
    /// The inode that counts, and the directory it is in, by alert.
    primary: Vec<(Ino, Ino)>,
    /// Packs that stand in their places, with their names.
    packs: BTreeMap<Ino, Vec<u8>>,
    to_acknowledge: Vec<Id>,
    /// Alerts that an outsider wrote into while a worker had them.
    edited_in_hand: BTreeSet<Id>,
    /// Files that were taken under an identity that no alert has.
    taken_unknown: u64,
    /// Alerts of scripts whose publication a record told of.
    told: BTreeSet<u32>,
    /// Whether the power has failed, and a sync of the queue's own programs.
    has_lost_power: bool,
    has_failed_sync: bool,
    /// The step at which each alert was published last.
    published: Vec<u64>,
    /// The step of the last group commit.
    committed: u64,
    /// Reused for what is inside a directory that moves.
    inside: Vec<Ino>,
    recorded: Vec<(Ino, Id)>,
    segment_tails: BTreeMap<Ino, Vec<u8>>,
    step: u64,
    time_ns: u64,
}

impl Watch {
    /// A watch over the alerts of `source` in a layout.
    pub fn new(source: &Arc<Source>, bounds: Bounds, layout: Layout) -> Self {
        let ids = source.total();
        Watch {
            source: Arc::clone(source),
            contract: Contract::new(ids, bounds),
            met: Met::default(),
            windows: Windows::default(),
            passes: Vec::new(),
            runs: Vec::new(),
            vanished: 0,
            packed_cases: 0,
            crashes: Vec::new(),
            is_over: false,
            heartbeat: Vec::new(),
            settled: None,
            idle: IdlePasses::default(),
            still_passes: 0,
            refused_ns: None,
            listings: 0,
            departures: (0, 0),
            named_pending: 0,
            named_left: 0,
            layout,
            actors: Vec::new(),
            primary: vec![(NOWHERE, NOWHERE); ids as usize],
            packs: BTreeMap::new(),
            to_acknowledge: Vec::new(),
            edited_in_hand: BTreeSet::new(),
            taken_unknown: 0,
            told: BTreeSet::new(),
            has_lost_power: false,
            has_failed_sync: false,
            published: vec![u64::MAX; ids as usize],
            committed: 0,
            inside: Vec::new(),
            recorded: Vec::new(),
            segment_tails: BTreeMap::new(),
            step: 0,
            time_ns: 0,
        }
    }

    /// This watch, for a run that begins with the files of the one that it has followed, and with the alerts of `source`.
    pub fn carried_on(&self, source: &Arc<Source>) -> Self {
        Watch {
            source: Arc::clone(source),
            passes: Vec::new(),
            runs: Vec::new(),
            // Of the past, the starts are asked for.
            idle: IdlePasses {
                start_calls_max: self.idle.start_calls_max,
                ..IdlePasses::default()
            },
            departures: (self.departures.0, 0),
            refused_ns: None,
            time_ns: 0,
            ..self.clone()
        }
    }

    /// Adds a program that starts; its number is the actor's.
    pub fn enlist(&mut self, name: &str, side: Side) -> Actor {
        let number =
            u16::try_from(self.actors.len()).expect("a run starts less than 65,536 programs");
        self.actors.push(Watched {
            name: name.to_owned(),
            side,
            pass: None,
            calls: 0,
            waits: 0,
            listed: 0,
            named: Named::default(),
            handles: 0,
            no_space: false,
            sync_failed: false,
            broken_ns: None,
            own_failed: false,
        });
        Actor(number)
    }

    /// What is known of an actor.
    pub fn actor(&self, actor: Actor) -> &Watched {
        &self.actors[usize::from(actor.0)]
    }

    /// The violations so far, with the names of programs instead of their numbers.
    pub fn violations(&self) -> Vec<Violation> {
        let mut all = self.contract.violations().to_vec();
        for violation in &mut all {
            // From the last to the first: "actor 1" is the beginning of "actor 12".
            for (number, actor) in self.actors.iter().enumerate().rev() {
                let numbered = format!("actor {number}");
                violation.what = violation.what.replace(&numbered, &actor.name);
            }
        }
        all
    }

    fn actor_mut(&mut self, actor: Actor) -> &mut Watched {
        &mut self.actors[usize::from(actor.0)]
    }

    /// Nothing of the queue's waits or is in motion, and every case has its record.
    pub fn is_quiet(&self) -> bool {
        let census = self.contract.census();
        let is_parked = self.contract.bounds().readmits && 0 < census.count(Place::Overflow);
        self.is_at_rest() && census.count(Place::Pending) == 0 && !is_parked
    }

    /// Nothing of the queue's is in motion, and every case has its record.
    pub fn is_at_rest(&self) -> bool {
        let census = self.contract.census();
        let moving = census.count(Place::Staged) + census.count(Place::Claimed);
        census.unrecorded() == 0 && moving == 0
    }

    /// Whether the ledger may lack a publication for good: a sync gave its bytes up, and the power failed before they were written
    /// again. What became of its alerts is recorded all the same.
    pub fn may_lack_records(&self) -> bool {
        self.has_lost_power && self.has_failed_sync
    }

    /// The virtual time of the last step, in nanoseconds after the start.
    pub fn time_ns(&self) -> u64 {
        self.time_ns
    }

    /// Whether nothing has left `pending` for so long that nothing will: an hour, in which every program has tried often, or a
    /// tenth of a run of `run_ns` that is shorter than ten hours.
    pub fn is_stuck(&self, run_ns: u64) -> bool {
        const HOUR_NS: u64 = 3_600_000_000_000;
        HOUR_NS.min(run_ns / 10) <= self.time_ns.saturating_sub(self.departures.1)
    }

    /// Whether an alert is not where alerts end.
    pub fn has_work(&self) -> bool {
        let census = self.contract.census();
        let left = |place| census.count(place) - census.count_gone(place);
        !self.is_quiet() || 0 < left(Place::Source) + left(Place::Vanished)
    }

    // What programs report.

    /// A pass begins.
    pub fn begin(&mut self, actor: Actor, kind: PassKind) {
        let at_start = self.contract.books();
        let (time_ns, left) = (self.time_ns, self.named_left);
        let actor = self.actor_mut(actor);
        let (calls, listed) = (actor.calls, actor.listed);
        actor.own_failed = false;
        let named = Named {
            left,
            ..actor.named
        };
        actor.pass = Some(Open {
            kind,
            at_start,
            calls,
            listed,
            time_ns,
            named,
        });
    }

    /// The pass of an actor ends.
    pub fn end(&mut self, number: Actor, report: Report) {
        let at_end = self.contract.books();
        let (step, time_ns) = (self.step, self.time_ns);
        let (named_pending, named_left) = (self.named_pending, self.named_left);
        let refused_ns = self.refused_ns;
        let actor = self.actor_mut(number);
        let Some(open) = actor.pass.take() else {
            return;
        };
        // Blast radius (S9) is about names that others touch, alerts. A plan or a segment that the machine will not let the queue
        // have is the machine's failure: no pass can go on without its own books.
        let is_by_name = matches!(report.abort, Some(Abort::Poison | Abort::Contended));
        let abort = match report.abort {
            Some(_) if is_by_name && actor.own_failed => Some(Abort::Machine),
            abort => abort,
        };
        let own = actor.named.parked - open.named.parked;
        let known = actor.named.found_gone - open.named.found_gone;
        let is_since = |time: Option<u64>| time.is_some_and(|time| open.time_ns <= time);
        let is_broken = report.abort == Some(Abort::Machine) && is_since(actor.broken_ns);
        let is_refused = is_since(refused_ns) || is_broken;
        let taken = (named_left - open.named.left).saturating_sub(own);
        let inside = named_pending.saturating_sub(at_end.pending);
        let pass = Pass {
            actor: number,
            unknown: taken.saturating_sub(known) + inside,
            kind: open.kind,
            abort,
            seen: report.seen,
            settled: report.settled,
            is_empty: report.is_empty,
            calls: actor.calls - open.calls,
            listed: actor.listed - open.listed,
            held: actor.named.found_held,
            is_refused,
            at_start: open.at_start,
            at_end,
            step,
        };
        if report.is_empty {
            // Until then it passes by what it has found held.
            actor.named.found_held = 0;
        }
        self.passes.push(PassLog {
            kind: open.kind,
            time_ns: (open.time_ns, time_ns),
            report,
            calls: pass.calls,
            pending: (open.at_start.pending, at_end.pending),
        });
        self.contract.pass_ended(pass);
    }

    /// The queue said that it has these alerts for good. Judged before the next call acts.
    pub fn acknowledge(&mut self, indices: impl Iterator<Item = u32>) {
        self.to_acknowledge.extend(indices.map(Id));
    }

    /// The pass that an actor is in.
    pub fn pass_of(&self, actor: Actor) -> Option<PassKind> {
        self.actor(actor).pass.map(|open| open.kind)
    }

    /// A process died.
    pub fn died(&mut self, actor: Actor) {
        let goal = match self.pass_of(actor) {
            Some(PassKind::Publish) => Some(Goal::CrashInsidePublish),
            Some(PassKind::Work) => Some(Goal::CrashInsideComplete),
            Some(PassKind::Cap | PassKind::Readmit) => Some(Goal::CrashInsideCap),
            Some(PassKind::Recover) => Some(Goal::CrashInsideRecover),
            None => None,
        };
        if let Some(goal) = goal {
            self.met.insert(goal);
        }
        self.actor_mut(actor).pass = None;
    }

    /// Something that only predicates need to know, made of the number of the step.
    pub fn observe(&mut self, event: impl FnOnce(u64) -> Event) {
        let step = self.step;
        self.contract.observe(event(step), step);
    }

    /// A specimen's run was ended by an exception.
    pub fn crashed(&mut self, what: String) {
        self.crashes.push((self.time_ns, what));
    }

    // What the machine did.

    /// Tells the contract what a step did.
    pub fn after(&mut self, view: &mut View<'_>, actor: Actor, step: &Step<'_>) {
        self.step = step.pending.step;
        self.time_ns = step.pending.time_ns;
        let left = self.contract.census().left_pending();
        if self.departures.0 != left {
            self.departures = (left, self.time_ns);
        }
        let side = self.note_call(view, actor, step);
        match step.effect {
            Effect::None
            | Effect::Opened { .. }
            | Effect::ReadBytes { .. }
            | Effect::Locked { .. }
            | Effect::Unlocked { .. }
            | Effect::Closed { .. }
            | Effect::SyncedDir { .. } => {}
            Effect::Listed { dir, count } => self.listed(view, actor, dir, count),
            Effect::NameAdded { dir, ino, name } | Effect::Linked { dir, ino, name } => {
                self.name_added(view, actor, side, dir, ino, name);
            }
            Effect::NameRemoved { dir, ino, .. } => self.name_removed(view, actor, side, dir, ino),
            Effect::Moved {
                ino,
                from_dir,
                from_name,
                to_dir,
                to_name,
                replaced,
            } => {
                if let Some(gone) = replaced {
                    self.name_removed(view, actor, side, to_dir, gone);
                }
                if to_name == heartbeat::JSON_FILE.as_bytes() {
                    self.heartbeat = view.fs().bytes(ino);
                }
                match view.fs().node(ino) {
                    Node::Dir => {
                        self.bucket_moved(view, actor, ino, (from_name, to_dir, to_name));
                        self.dir_moved(view, actor, side, ino, to_dir, to_name);
                    }
                    _ => self.file_moved(view, actor, side, ino, from_dir, to_dir, to_name),
                }
            }
            Effect::Appended { ino, bytes } => {
                let bytes = usize::try_from(bytes).unwrap_or(usize::MAX);
                self.appended(view, actor, ino, &step.pending.bytes[..bytes]);
            }
            Effect::SyncedFile { ino } => {
                if view.fs().note(ino) == SEGMENT {
                    self.settle_records(Some(ino), true);
                }
            }
            Effect::SyncedAll { .. } => {
                self.committed = self.step;
                self.settle_records(None, true);
            }
        }
    }

    fn listed(&mut self, view: &View<'_>, number: Actor, dir: Ino, count: u32) {
        let actor = self.actor_mut(number);
        actor.listed += u64::from(count);
        if count == 0 && actor.side == Side::Inside && view.fs().note(dir) == Place::Pending as u32
        {
            self.listings += 1;
        }
    }
}
