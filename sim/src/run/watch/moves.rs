//! Names that appear, move and go, told to the contract as moves of alerts.

use super::places::{LEDGER, NONE, SEGMENT, inbox, place_of};
use super::{Watch, packs};
use crate::kernel::{Fs, Ino, Node, View};
use contract::sometimes::Goal;
use contract::{Actor, Event, Id, Motion, PassKind, Place, Side};
use spool::{BucketName, EntryName};

/// How an alert came to a place.
#[derive(Clone, Copy)]
struct Arrival {
    place: Place,
    actor: Actor,
    side: Side,
}

impl Watch {
    pub(super) fn name_added(
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
        } else if is_segment(above, name) {
            view.set_note(ino, SEGMENT);
        }
        let Some(place) = place_of(above) else { return };
        let Some(id) = self.id_of(view.fs(), ino, name) else {
            self.taken_unknown += u64::from(place == Place::Claimed);
            // What the publisher writes is an alert that somebody has; files that others name may be anything.
            if place == Place::Staged && side == Side::Inside && EntryName::parse(name).is_some() {
                let strange = |step| Event::Strange { actor, step };
                self.observe(strange);
            }
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
            // Its writer has put it into the inbox again; the queue's name for it is the first that tells whose it is.
            if (before, arrival.place) == (Place::Vanished, Place::Claimed) {
                let back = self.motion(view, ino, Place::Pending, arrival.actor, Side::Inside);
                self.contract.moved(id, back);
            }
            // A file that turns up again was moved by an outsider; the queue is told of it as restored.
            let motion = self.motion(view, ino, arrival.place, arrival.actor, Side::Inside);
            self.contract.moved(id, motion);
        } else {
            self.contract
                .copied(id, arrival.actor, arrival.side, self.step);
            self.met.insert(Goal::DuplicateAlert);
        }
    }

    pub(super) fn name_removed(
        &mut self,
        view: &View<'_>,
        actor: Actor,
        side: Side,
        dir: Ino,
        ino: Ino,
    ) {
        let (Some(place), Some(id)) = (place_of(view.fs().note(dir)), self.noted(view.fs(), ino))
        else {
            return;
        };
        let entry = *self.contract.census().get(id);
        let is_primary = self.primary[id.0 as usize] == (ino, dir) && entry.place == place;
        if is_primary || 0 < entry.copies {
            self.contract.removed(id, place, actor, side, self.step);
        }
        if is_primary && 0 < entry.copies {
            self.point_elsewhere(view.fs(), id, (ino, dir), actor);
        }
        let left = self.contract.census().get(id);
        if left.place == Place::Vanished && self.source.is_dropped(id.0) {
            if !left.was_pending() {
                // Before the queue had recorded that it has it: it was its script's until then.
                self.contract.counts_as(id, Place::Source, actor, self.step);
            }
            // The script keeps no copy.
            self.contract.gone(id, true);
        }
        if is_primary && side == Side::Outside {
            self.vanished += 1;
        }
    }

    /// The file that counted for an alert is gone, and there are others: lets one of them count.
    fn point_elsewhere(&mut self, fs: &Fs, id: Id, gone: (Ino, Ino), actor: Actor) {
        let mut dirs = vec![Ino::ROOT];
        while let Some(dir) = dirs.pop() {
            let place = place_of(fs.note(dir));
            for (_, child) in fs.children(dir) {
                if fs.node(child) == Node::Dir {
                    dirs.push(child);
                    continue;
                }
                let is_other = self.noted(fs, child) == Some(id) && (child, dir) != gone;
                if let (true, Some(place)) = (is_other, place) {
                    self.primary[id.0 as usize] = (child, dir);
                    if self.contract.census().get(id).place != place {
                        self.contract.counts_as(id, place, actor, self.step);
                    }
                    return;
                }
            }
        }
    }

    /// Counts by names what enters and leaves `pending`, as the queue itself does.
    pub(super) fn bucket_moved(
        &mut self,
        view: &View<'_>,
        actor: Actor,
        ino: Ino,
        (from_name, to_dir, to_name): (&[u8], Ino, &[u8]),
    ) {
        let count = |name| BucketName::parse(name).map_or(0, |bucket| u64::from(bucket.count()));
        let from = place_of(view.fs().note(ino));
        let above = view.fs().note(to_dir);
        let to = place_of(self.note_of_dir_named(view.fs(), above, to_dir, to_name));
        if from == Some(Place::Pending) {
            self.named_pending = self.named_pending.saturating_sub(count(from_name));
            self.named_left += count(from_name);
            if to == Some(Place::Overflow) {
                self.actor_mut(actor).named.parked += count(from_name);
            }
        }
        if to == Some(Place::Pending) {
            self.named_pending += count(to_name);
        }
    }

    pub(super) fn dir_moved(
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
    pub(super) fn file_moved(
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
        if packs::is_pack(to, to_name) {
            self.pack_placed(view, actor, side, (ino, to_dir, to_name));
            return;
        }
        let is_back = (from, to) == (Some(Place::Claimed), Some(Place::Pending));
        if is_back && side == Side::Inside && Some(to_dir) == inbox(view.fs()) {
            self.given_back(view, ino, actor);
            return;
        }
        match (from, to) {
            // A script's file is its own until the queue takes it in hand, under a name of the queue's.
            (Some(Place::Pending), Some(Place::Claimed))
                if self.noted(view.fs(), ino).is_none() =>
            {
                // What the script has written a second time is a copy, whoever takes it in hand.
                self.name_added(view, actor, Side::Outside, to_dir, ino, to_name);
            }
            (Some(from), to) => {
                self.transfer(view, ino, (from_dir, from), (to_dir, to), actor, side);
            }
            (None, Some(_)) => self.name_added(view, actor, side, to_dir, ino, to_name),
            // A writer carries on a copy of its segment: what the copy holds says nothing new, what follows does.
            (None, None) if is_segment(view.fs().note(to_dir), to_name) => {
                view.set_note(ino, SEGMENT);
            }
            (None, None) => {}
        }
    }

    /// A file was given back to the script that is still writing it.
    fn given_back(&mut self, view: &mut View<'_>, ino: Ino, actor: Actor) {
        let Some(id) = self.noted(view.fs(), ino) else {
            return;
        };
        view.set_note(ino, NONE);
        let entry = *self.contract.census().get(id);
        if self.primary[id.0 as usize].0 == ino && entry.place == Place::Claimed {
            self.contract.counts_as(id, Place::Source, actor, self.step);
        }
    }

    /// A file of an alert went from one directory's place to another's, or out of the queue.
    pub(super) fn transfer(
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
                // From here on it counts: before the one that did, or as the good copy of what was set aside.
                if entry.place != Place::Cased {
                    self.primary[id.0 as usize] = (ino, to_dir);
                }
                if !entry.place.is_terminal() && entry.place != from {
                    self.contract.counts_as(id, from, actor, self.step);
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

    pub(super) fn motion(
        &self,
        view: &View<'_>,
        ino: Ino,
        to: Place,
        actor: Actor,
        side: Side,
    ) -> Motion {
        // Only where whole bytes are asked for: it takes the generator.
        let from = self
            .noted(view.fs(), ino)
            .map(|id| self.contract.census().get(id).place);
        let is_published = to == Place::Pending && from == Some(Place::Staged);
        let matters = is_published || matches!(to, Place::Cased | Place::Quarantined);
        let is_edited = self
            .noted(view.fs(), ino)
            .is_some_and(|id| self.edited_in_hand.contains(&id));
        let is_whole = !matters || is_edited || self.is_whole(view.fs(), ino);
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
    pub(super) fn is_whole(&self, fs: &Fs, ino: Ino) -> bool {
        if fs.node(ino) != Node::File {
            return false;
        }
        self.source.is_payload(fs.note(ino), &fs.bytes(ino))
    }
}

/// Whether a name in a directory with this note is that of a ledger segment that a writer appends to.
fn is_segment(above: u32, name: &[u8]) -> bool {
    above == LEDGER && spool::ledger::parse_segment_name(name).is_some()
}
