//! The watch: what the machine did, told to the contract as moves of alerts.
//!
//! Files of alerts carry their alert's number in the inode's note, directories their place. So a rename is two notes and one
//! move, whatever the depth; only a directory that is renamed is looked into.

use super::source;
use crate::kernel::{Effect, Fs, Ino, Machine, Node, Step, View};
use contract::event::Event;
use contract::sometimes::{Goal, Met};
use contract::{
    Abort, Actor, Books, Bounds, Contract, Id, Layout, Motion, Pass, PassKind, Place, Side,
};
use host::{Call, Errno};
use spool::EntryName;
use spool::audit::Audit;
use spool::ledger::{Record, parse_record};
use std::collections::{BTreeMap, BTreeSet};

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
    /// Names that its scans returned.
    listed: u64,
    /// Handles that it holds.
    handles: u32,
    /// The step of its last call that went wrong, by call, for `sometimes` goals.
    no_space: bool,
    sync_failed: bool,
}

/// A pass that has begun.
#[derive(Clone, Copy, Debug)]
struct Open {
    kind: PassKind,
    at_start: Books,
    calls: u64,
    listed: u64,
    time_ns: u64,
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

/// A directory's note: its place, or what else it is to the watch.
const LEDGER: u32 = 100;
/// A ledger segment's note.
pub(super) const SEGMENT: u32 = u32::MAX - 1;
const NONE: u32 = crate::kernel::NO_NOTE;
/// The directory of an alert that has no file.
const NOWHERE: Ino = Ino(u32::MAX);

/// Follows one run.
pub struct Watch {
    /// The contract that is being kept or broken.
    pub contract: Contract,
    /// What has happened that should happen once.
    pub met: Met,
    /// The windows of the queue's own programs.
    pub windows: Windows,
    /// Passes that ended.
    pub passes: Vec<PassLog>,
    /// Copies and vanishes that outsiders made, counted.
    pub vanished: u64,
    /// When a run of a specimen was ended by an exception, in nanoseconds after the start, and by which.
    pub crashes: Vec<(u64, String)>,
    /// Set when the queue is drained and checked: everybody goes home.
    pub is_over: bool,
    /// How many listings of the queue by its own programs have reached their end.
    pub listings: u64,
    layout: Layout,
    actors: Vec<Watched>,
    /// The inode that counts, and the directory it is in, by alert.
    primary: Vec<(Ino, Ino)>,
    to_acknowledge: Vec<Id>,
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
    /// A watch over `ids` alerts in a layout.
    pub fn new(ids: u32, bounds: Bounds, layout: Layout) -> Self {
        Watch {
            contract: Contract::new(ids, bounds),
            met: Met::default(),
            windows: Windows::default(),
            passes: Vec::new(),
            vanished: 0,
            crashes: Vec::new(),
            is_over: false,
            listings: 0,
            layout,
            actors: Vec::new(),
            primary: vec![(NOWHERE, NOWHERE); ids as usize],
            to_acknowledge: Vec::new(),
            published: vec![u64::MAX; ids as usize],
            committed: 0,
            inside: Vec::new(),
            recorded: Vec::new(),
            segment_tails: BTreeMap::new(),
            step: 0,
            time_ns: 0,
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
            listed: 0,
            handles: 0,
            no_space: false,
            sync_failed: false,
        });
        Actor(number)
    }

    /// What is known of an actor.
    pub fn actor(&self, actor: Actor) -> &Watched {
        &self.actors[usize::from(actor.0)]
    }

    fn actor_mut(&mut self, actor: Actor) -> &mut Watched {
        &mut self.actors[usize::from(actor.0)]
    }

    /// Nothing of the queue's waits or is in motion.
    pub fn is_quiet(&self) -> bool {
        let census = self.contract.census();
        [
            Place::Staged,
            Place::Pending,
            Place::Claimed,
            Place::Overflow,
        ]
        .iter()
        .all(|place| census.count(*place) == 0)
    }

    /// The virtual time of the last step, in nanoseconds after the start.
    pub fn time_ns(&self) -> u64 {
        self.time_ns
    }

    // What programs report.

    /// A pass begins.
    pub fn begin(&mut self, actor: Actor, kind: PassKind) {
        let at_start = self.contract.books();
        let time_ns = self.time_ns;
        let actor = self.actor_mut(actor);
        let (calls, listed) = (actor.calls, actor.listed);
        actor.pass = Some(Open {
            kind,
            at_start,
            calls,
            listed,
            time_ns,
        });
    }

    /// The pass of an actor ends.
    pub fn end(&mut self, number: Actor, report: Report) {
        let at_end = self.contract.books();
        let (step, time_ns) = (self.step, self.time_ns);
        let actor = self.actor_mut(number);
        let Some(open) = actor.pass.take() else {
            return;
        };
        let pass = Pass {
            actor: number,
            kind: open.kind,
            abort: report.abort,
            seen: report.seen,
            settled: report.settled,
            is_empty: report.is_empty,
            calls: actor.calls - open.calls,
            listed: actor.listed - open.listed,
            at_start: open.at_start,
            at_end,
            step,
        };
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

    // What the machine did.

    /// Judges what is due before a call acts.
    pub fn before(&mut self, view: &View<'_>) {
        if self.to_acknowledge.is_empty() {
            return;
        }
        let mut waiting = std::mem::take(&mut self.to_acknowledge);
        // Directory by directory: its own durability is asked once.
        waiting.sort_by_key(|id| self.primary[id.0 as usize].1);
        let mut rest = &waiting[..];
        while let Some(first) = rest.first() {
            let dir = self.dir_of(*first);
            let count = rest
                .iter()
                .take_while(|id| self.dir_of(**id) == dir)
                .count();
            let (here, later) = rest.split_at(count);
            rest = later;
            let durable = durable_children(view.fs(), dir);
            for id in here {
                let (ino, _) = self.primary[id.0 as usize];
                let is_gone = self.contract.census().get(*id).place == Place::Vanished;
                // A group commit after it was published: whatever is moved later, it keeps a durable name.
                let is_anchored = self.published[id.0 as usize] < self.committed;
                let is_durable = is_gone || is_anchored || durable.contains(&ino);
                self.contract.acknowledged(*id, is_durable, self.step);
            }
        }
    }

    fn dir_of(&self, id: Id) -> Ino {
        self.primary[id.0 as usize].1
    }

    /// Whether a power loss now would leave the entry's file where the census has it.
    fn is_durable(&self, fs: &Fs, id: Id, entry: EntryName) -> bool {
        let (ino, dir) = self.primary[id.0 as usize];
        if dir == NOWHERE {
            return false;
        }
        let is_named = match self.contract.census().get(id).place {
            Place::Cased => {
                // By name and not by `dir_durable`, which would look for it among all cases of the hour.
                let shelf = fs.parent_of(dir);
                fs.name_durable(dir, b"alert.json")
                    && fs.name_durable(shelf, &entry.id().to_hex())
                    && fs.dir_durable(shelf)
            }
            _ => fs.name_durable(dir, entry.as_ref()) && fs.dir_durable(dir),
        };
        fs.bytes_durable(ino) && is_named
    }

    /// Tells the contract what a step did.
    pub fn after(&mut self, view: &mut View<'_>, actor: Actor, step: &Step<'_>) {
        self.step = step.pending.step;
        self.time_ns = step.pending.time_ns;
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
                to_dir,
                to_name,
                replaced,
                ..
            } => {
                if let Some(gone) = replaced {
                    self.name_removed(view, actor, side, to_dir, gone);
                }
                match view.fs().node(ino) {
                    Node::Dir => self.dir_moved(view, actor, side, ino, to_dir, to_name),
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

    fn note_call(&mut self, view: &View<'_>, number: Actor, step: &Step<'_>) -> Side {
        let actor = self.actor_mut(number);
        actor.calls += 1;
        let side = actor.side;
        if side == Side::Outside {
            return side;
        }
        let call = step.pending.call;
        match step.effect {
            Effect::Opened { .. } | Effect::NameAdded { .. } if opens(call) => actor.handles += 1,
            Effect::Closed { .. } => actor.handles = actor.handles.saturating_sub(1),
            _ => {}
        }
        let handles = actor.handles;
        let in_place = step
            .dir
            .is_some_and(|dir| place_of(view.fs().note(dir)).is_some());
        let is_queue_name = in_place || spool::BucketName::parse(step.name()).is_some();
        if opens(call) && self.contract.bounds().handles < handles {
            let event = Event::Holds {
                actor: number,
                handles,
                step: self.step,
            };
            self.contract.observe(event, self.step);
        }
        if let Some(window) = step.window
            && is_queue_name
        {
            self.windows.count += 1;
            self.windows.calls_max = self.windows.calls_max.max(window.calls);
            self.windows.nanos_max = self.windows.nanos_max.max(window.nanos);
            self.windows.nanos_sum += u128::from(window.nanos);
            if self.contract.bounds().window_calls < window.calls {
                let event = Event::Used {
                    actor: number,
                    calls: window.calls,
                    step: self.step,
                };
                self.contract.observe(event, self.step);
            }
        }
        self.note_dangers(number, step);
        side
    }

    /// Marks the `sometimes` goals that a call of the queue's own programs shows.
    fn note_dangers(&mut self, number: Actor, step: &Step<'_>) {
        let kind = self.pass_of(number);
        let call = step.pending.call;
        match step.errno {
            None => {
                let actor = self.actor_mut(number);
                let writes = matches!(call, Call::CreateNew | Call::Append | Call::RenameNoreplace);
                let syncs = matches!(call, Call::SyncAll | Call::SyncFile | Call::SyncDir);
                if actor.no_space && writes {
                    actor.no_space = false;
                    self.met.insert(Goal::NoSpaceThenSuccess);
                } else if actor.sync_failed && syncs {
                    actor.sync_failed = false;
                    self.met.insert(Goal::SyncFailedThenSuccess);
                }
            }
            Some(Errno::NotFound) => self.note_vanish(kind, step),
            Some(Errno::NoSpace) => self.actor_mut(number).no_space = true,
            Some(Errno::TooManyOpen) if matches!(call, Call::OpenDir | Call::ReadDir) => {
                self.met.insert(Goal::TooManyOpenInScan);
            }
            Some(Errno::Io) if matches!(call, Call::SyncAll | Call::SyncFile | Call::SyncDir) => {
                self.actor_mut(number).sync_failed = true;
            }
            Some(Errno::Busy) if matches!(call, Call::Rename | Call::RenameNoreplace) => {
                self.met.insert(Goal::SharingViolationOnRename);
            }
            Some(_) => {}
        }
    }

    fn note_vanish(&mut self, kind: Option<PassKind>, step: &Step<'_>) {
        let is_entry = |name: &[u8]| {
            EntryName::parse(name).is_some() || source::index_of_legacy_name(name).is_some()
        };
        let is_bucket = spool::BucketName::parse(step.name()).is_some();
        let claims_entry = step.pending.path.contains(&b'/') && is_entry(step.name());
        let goal = match (step.pending.call, kind) {
            (Call::Stat, _) if is_entry(step.name()) => Goal::VanishBetweenListAndStat,
            (Call::OpenRead, Some(PassKind::Work)) if claims_entry => {
                Goal::VanishBetweenClaimAndRead
            }
            (Call::OpenRead, _) if is_entry(step.name()) => Goal::VanishBetweenListAndOpen,
            (Call::RenameNoreplace, Some(PassKind::Work)) if is_bucket => {
                self.met.insert(Goal::ClaimRaceLost);
                Goal::VanishBetweenListAndClaim
            }
            (Call::RenameNoreplace, Some(PassKind::Work)) if claims_entry => {
                Goal::VanishBetweenClaimAndComplete
            }
            _ => return,
        };
        self.met.insert(goal);
    }

    fn listed(&mut self, view: &View<'_>, number: Actor, dir: Ino, count: u32) {
        let actor = self.actor_mut(number);
        actor.listed += u64::from(count);
        if count == 0 && actor.side == Side::Inside && view.fs().note(dir) == Place::Pending as u32
        {
            self.listings += 1;
        }
    }

    fn name_added(
        &mut self,
        view: &mut View<'_>,
        actor: Actor,
        side: Side,
        dir: Ino,
        ino: Ino,
        name: &[u8],
    ) {
        let above = view.fs().note(dir);
        if view.fs().node(ino) == Node::Dir {
            let note = self.note_of_dir(view.fs(), above, ino);
            view.set_note(ino, note);
        } else if above == LEDGER {
            view.set_note(ino, SEGMENT);
        }
        let Some(place) = place_of(above) else { return };
        let Some(id) = self.id_of(view.fs(), ino, name) else {
            return;
        };
        view.set_note(ino, id.0);
        self.arrive(view, id, ino, dir, Arrival { place, actor, side });
        if let (Place::Staged, Some(entry)) = (place, EntryName::parse(name)) {
            let stamp = entry.stamp();
            let key = stamp.millis << 24 | u64::from(stamp.sequence);
            self.contract.named(actor, key, self.step);
        }
    }

    fn arrive(&mut self, view: &View<'_>, id: Id, ino: Ino, dir: Ino, arrival: Arrival) {
        let before = self.contract.census().get(id).place;
        let is_back = matches!(before, Place::Source | Place::Vanished);
        // The queue's own programs may not write what is there; an outsider may copy it.
        if is_back || arrival.side == Side::Inside {
            self.primary[id.0 as usize] = (ino, dir);
            // A file that turns up again was moved by an outsider; the queue is told of it as restored.
            let motion = self.motion(view, ino, arrival.place, arrival.actor, Side::Inside);
            self.contract.moved(id, motion);
        } else {
            self.contract
                .copied(id, arrival.actor, arrival.side, self.step);
            self.met.insert(Goal::DuplicateAlert);
        }
    }

    fn name_removed(&mut self, view: &View<'_>, actor: Actor, side: Side, dir: Ino, ino: Ino) {
        let (Some(place), Some(id)) = (place_of(view.fs().note(dir)), self.noted(view.fs(), ino))
        else {
            return;
        };
        let entry = self.contract.census().get(id);
        let is_primary = self.primary[id.0 as usize] == (ino, dir) && entry.place == place;
        if is_primary || 0 < entry.copies {
            self.contract.removed(id, place, actor, side, self.step);
        }
        if is_primary && side == Side::Outside {
            self.vanished += 1;
        }
    }

    fn dir_moved(
        &mut self,
        view: &mut View<'_>,
        actor: Actor,
        side: Side,
        ino: Ino,
        to_dir: Ino,
        to_name: &[u8],
    ) {
        let from = place_of(view.fs().note(ino));
        let above = view.fs().note(to_dir);
        let note = self.note_of_dir_named(view.fs(), above, to_dir, to_name);
        view.set_note(ino, note);
        let (Some(from), to) = (from, place_of(note)) else {
            return;
        };
        let mut inside = std::mem::take(&mut self.inside);
        inside.clear();
        inside.extend(view.fs().children(ino).map(|(_, child)| child));
        for child in inside.drain(..) {
            if view.fs().node(child) != Node::Dir {
                self.transfer(view, child, (ino, from), (ino, to), actor, side);
            }
        }
        self.inside = inside;
    }

    #[expect(
        clippy::too_many_arguments,
        reason = "a move has two ends and somebody who makes it"
    )]
    fn file_moved(
        &mut self,
        view: &mut View<'_>,
        actor: Actor,
        side: Side,
        ino: Ino,
        from_dir: Ino,
        to_dir: Ino,
        to_name: &[u8],
    ) {
        let (from, to) = (
            place_of(view.fs().note(from_dir)),
            place_of(view.fs().note(to_dir)),
        );
        match (from, to) {
            (Some(from), to) => {
                self.transfer(view, ino, (from_dir, from), (to_dir, to), actor, side);
            }
            (None, Some(_)) => self.name_added(view, actor, side, to_dir, ino, to_name),
            (None, None) => {}
        }
    }

    /// A file of an alert went from one directory's place to another's, or out of the queue.
    fn transfer(
        &mut self,
        view: &View<'_>,
        ino: Ino,
        (from_dir, from): (Ino, Place),
        (to_dir, to): (Ino, Option<Place>),
        actor: Actor,
        side: Side,
    ) {
        let Some(id) = self.noted(view.fs(), ino) else {
            return;
        };
        let entry = *self.contract.census().get(id);
        let is_primary = self.primary[id.0 as usize] == (ino, from_dir) && entry.place == from;
        let Some(to) = to else {
            self.name_removed(view, actor, side, from_dir, ino);
            return;
        };
        if !is_primary {
            // A copy: it matters when it becomes terminal before the one that counts, or as a second case.
            if to.is_terminal() && (to == Place::Cased || !entry.place.is_terminal()) {
                if !entry.place.is_terminal() {
                    self.primary[id.0 as usize] = (ino, to_dir);
                }
                let motion = self.motion(view, ino, to, actor, side);
                self.contract.moved(
                    id,
                    Motion {
                        is_heir: true,
                        ..motion
                    },
                );
            }
            return;
        }
        self.primary[id.0 as usize] = (ino, to_dir);
        if from == to {
            return;
        }
        if from == Place::Pending && to == Place::Claimed && 0 < entry.attempts {
            self.met.insert(Goal::ClaimRedelivered);
        }
        match to {
            Place::Quarantined => self.met.insert(Goal::BadFileQuarantined),
            Place::Pending if from == Place::Staged => self.published[id.0 as usize] = self.step,
            Place::Pending if from == Place::Overflow => self.met.insert(Goal::OverflowReadmitted),
            _ => {}
        }
        let motion = self.motion(view, ino, to, actor, side);
        self.contract.moved(id, motion);
    }

    fn motion(&self, view: &View<'_>, ino: Ino, to: Place, actor: Actor, side: Side) -> Motion {
        // Only where whole bytes are asked for: it takes the generator.
        let from = self
            .noted(view.fs(), ino)
            .map(|id| self.contract.census().get(id).place);
        let is_published = to == Place::Pending && from == Some(Place::Staged);
        let matters = is_published || matches!(to, Place::Cased | Place::Quarantined);
        let is_whole = !matters || self.is_whole(view.fs(), ino);
        let is_heir = self.pass_of(actor) == Some(PassKind::Recover);
        Motion {
            to,
            actor,
            side,
            is_whole,
            is_heir,
            step: self.step,
        }
    }

    /// Whether a file holds its alert's bytes: all of them, nothing else.
    fn is_whole(&self, fs: &Fs, ino: Ino) -> bool {
        if fs.node(ino) != Node::File {
            return false;
        }
        let mut expected = Vec::new();
        source::payload(fs.note(ino), &mut expected);
        fs.bytes(ino) == expected
    }

    fn appended(&mut self, view: &View<'_>, actor: Actor, ino: Ino, bytes: &[u8]) {
        let note = view.fs().note(ino);
        if note == SEGMENT {
            self.ledger_appended(view, ino, bytes);
        } else if self.actor(actor).side == Side::Outside
            && let Some(id) = self.noted(view.fs(), ino)
        {
            self.contract.spoil(id);
        }
    }

    /// Reads what was appended to a ledger segment, and holds each record against the census.
    fn ledger_appended(&mut self, view: &View<'_>, ino: Ino, bytes: &[u8]) {
        let mut tail = self.segment_tails.remove(&ino).unwrap_or_default();
        tail.extend_from_slice(bytes);
        let mut start = 0;
        while let Some(len) = tail[start..].iter().position(|byte| *byte == b'\n') {
            let record = parse_record(&tail[start..start + len]);
            start += len + 1;
            let Some(Record::Completed {
                cased,
                quarantined,
                duplicates,
                ..
            }) = record
            else {
                continue;
            };
            for entry in cased {
                self.record(view, ino, entry, Place::Cased);
            }
            for bad in quarantined {
                self.record(view, ino, bad.entry, Place::Quarantined);
            }
            // That a copy is dropped says that there is a case.
            for entry in duplicates {
                self.record(view, ino, entry, Place::Cased);
            }
        }
        tail.drain(..start);
        if !tail.is_empty() {
            self.segment_tails.insert(ino, tail);
        }
    }

    fn record(&mut self, view: &View<'_>, segment: Ino, entry: EntryName, place: Place) {
        let Some(index) = source::index_of(entry.id()) else {
            return;
        };
        let id = Id(index);
        let is_durable = self.is_durable(view.fs(), id, entry);
        self.contract.recorded(id, place, is_durable, self.step);
        self.recorded.push((segment, id));
    }

    fn settle_records(&mut self, segment: Option<Ino>, is_kept: bool) {
        if self.recorded.is_empty() {
            return;
        }
        let contract = &mut self.contract;
        self.recorded.retain(|(ino, id)| {
            let is_settled = segment.is_none_or(|segment| segment == *ino);
            if is_settled {
                contract.record_settled(*id, is_kept);
            }
            !is_settled
        });
    }

    // Notes.

    fn note_of_dir(&self, fs: &Fs, above: u32, ino: Ino) -> u32 {
        match inherited(above) {
            Some(note) => note,
            None => self.note_of_path(&fs.path(ino)),
        }
    }

    fn note_of_dir_named(&self, fs: &Fs, above: u32, parent: Ino, name: &[u8]) -> u32 {
        if let Some(note) = inherited(above) {
            return note;
        }
        let mut path = fs.path(parent);
        if !path.is_empty() {
            path.push(b'/');
        }
        path.extend_from_slice(name);
        self.note_of_path(&path)
    }

    fn note_of_path(&self, path: &[u8]) -> u32 {
        let path = String::from_utf8_lossy(path);
        if path.ends_with("/ledger") {
            return LEDGER;
        }
        self.layout
            .place_of(&path)
            .map_or(NONE, |place| place as u32)
    }

    fn noted(&self, fs: &Fs, ino: Ino) -> Option<Id> {
        let note = fs.note(ino);
        let is_alert = fs.node(ino) != Node::Dir && (note as usize) < self.primary.len();
        is_alert.then_some(Id(note))
    }

    fn id_of(&self, fs: &Fs, ino: Ino, name: &[u8]) -> Option<Id> {
        let index = match EntryName::parse(name) {
            Some(entry) => source::index_of(entry.id()),
            None => source::index_of_legacy_name(name).or(self.noted(fs, ino).map(|id| id.0)),
        };
        index
            .filter(|index| (*index as usize) < self.primary.len())
            .map(Id)
    }

    /// Notes the alert that a file which is there from the start stands for.
    pub fn adopt_initial(&mut self, machine: &mut Machine, ino: Ino, dir: Ino, index: u32) {
        machine.set_note(ino, index);
        self.primary[index as usize] = (ino, dir);
        self.contract
            .place_initially(Id(index), Place::Pending, false);
    }

    /// Notes the places of directories that are there from the start.
    pub fn note_dirs(&mut self, machine: &mut Machine, paths: &[&str]) {
        for path in paths {
            if let Some(ino) = machine.fs().at(path.as_bytes()) {
                machine.set_note(ino, self.note_of_path(path.as_bytes()));
            }
        }
    }

    /// The queue audited itself at quiescence: it is held against the census.
    pub fn audited(&mut self, audit: &Audit) {
        let census = self.contract.census();
        let counts = [
            (audit.cased, Place::Cased),
            (audit.quarantined, Place::Quarantined),
            (audit.pending, Place::Pending),
            (audit.overflow, Place::Overflow),
            (audit.claimed, Place::Claimed),
            (audit.vanished.len() as u64, Place::Vanished),
        ];
        let miscounted = counts
            .iter()
            .map(|(count, place)| count.abs_diff(census.count(*place)));
        let misplaced = audit.vanished.iter().filter(|id| {
            let index = source::index_of(**id);
            index.is_none_or(|index| census.get(Id(index)).place != Place::Vanished)
        });
        let differences = miscounted.sum::<u64>() + misplaced.count() as u64 + audit.mismatches();
        self.contract.observe(
            Event::Audited {
                differences,
                step: self.step,
            },
            self.step,
        );
    }

    /// A specimen's run was ended by an exception.
    pub fn crashed(&mut self, what: String) {
        self.crashes.push((self.time_ns, what));
    }

    /// Power failed: everything is looked at again, and what moved is told.
    pub fn power_lost(&mut self, view: &mut View<'_>, torn: &[Ino]) {
        for actor in &mut self.actors {
            (actor.pass, actor.handles) = (None, 0);
        }
        self.settle_records(None, false);
        self.segment_tails.clear();
        self.to_acknowledge.clear();
        let mut found: Vec<(u32, Place, Ino, Ino)> = Vec::new();
        let mut waiting = vec![Ino::ROOT];
        while let Some(dir) = waiting.pop() {
            // A directory whose move was undone is what it was before.
            let note = match dir {
                Ino::ROOT => NONE,
                _ => self.note_of_dir(view.fs(), view.fs().note(view.fs().parent_of(dir)), dir),
            };
            view.set_note(dir, note);
            let place = place_of(note);
            for (_, child) in view.fs().children(dir) {
                if view.fs().node(child) == Node::Dir {
                    waiting.push(child);
                } else if let (Some(place), Some(id)) = (place, self.noted(view.fs(), child)) {
                    found.push((id.0, place, child, dir));
                }
            }
        }
        // The most advanced place first: that is where the alert is, and the others are copies.
        let advance = |place: Place| (!place.is_terminal(), place != Place::Claimed, place);
        found.sort_by_key(|(id, place, ino, _)| (*id, advance(*place), *ino));
        self.compare(view, &found, torn);
    }

    fn compare(&mut self, view: &View<'_>, found: &[(u32, Place, Ino, Ino)], torn: &[Ino]) {
        let mut next = 0;
        for index in 0..self.primary.len() {
            let id = Id(u32::try_from(index).expect("ids are 32 bits"));
            let start = next;
            while next < found.len() && found[next].0 == id.0 {
                next += 1;
            }
            let here = &found[start..next];
            let entry = self.contract.census().get(id);
            if here.is_empty() && matches!(entry.place, Place::Source | Place::Vanished) {
                continue;
            }
            let is_torn = here.iter().any(|(_, _, ino, _)| torn.contains(ino));
            let is_same = here.len() == 1 + usize::from(entry.copies)
                && here.first().is_some_and(|first| first.1 == entry.place);
            if let Some((_, _, ino, dir)) = here.first() {
                self.primary[index] = (*ino, *dir);
            }
            if is_same && !is_torn {
                continue;
            }
            let is_published = here.first().is_some_and(|first| first.1 != Place::Staged);
            self.published[index] = if is_published { 0 } else { u64::MAX };
            let places: Vec<Place> = here.iter().map(|(_, place, _, _)| *place).collect();
            if is_torn && places.iter().any(|place| *place != Place::Staged) {
                self.met.insert(Goal::PowerLossKeptRenameLostBytes);
            }
            let is_bad = is_torn && here.first().is_some_and(|f| !self.is_whole(view.fs(), f.2));
            self.contract.survived(id, &places, is_bad, self.step);
        }
    }
}

/// The files in a directory whose bytes, names and directory a power loss now would leave.
fn durable_children(fs: &Fs, dir: Ino) -> BTreeSet<Ino> {
    if dir == NOWHERE || !fs.dir_durable(dir) {
        return BTreeSet::new();
    }
    let is_durable =
        |(name, ino): &(&[u8], Ino)| fs.bytes_durable(*ino) && fs.name_durable(dir, name);
    fs.children(dir)
        .filter(is_durable)
        .map(|(_, ino)| ino)
        .collect()
}

/// How an alert came to a place.
#[derive(Clone, Copy)]
struct Arrival {
    place: Place,
    actor: Actor,
    side: Side,
}

fn opens(call: Call) -> bool {
    matches!(
        call,
        Call::OpenDir | Call::OpenRead | Call::OpenAppend | Call::CreateNew
    )
}

/// The place that a directory's note says.
fn place_of(note: u32) -> Option<Place> {
    Place::ALL.get(note as usize).copied()
}

/// Below claims and cases everything is of the same place, however deep.
fn inherited(above: u32) -> Option<u32> {
    [Place::Claimed as u32, Place::Cased as u32]
        .contains(&above)
        .then_some(above)
}
