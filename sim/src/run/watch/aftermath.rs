//! After a power loss: everything is looked at again.

use super::Watch;
use super::packs::is_pack;
use super::places::{NONE, inbox, place_of};
use crate::kernel::{Ino, Node, View};
use contract::sometimes::Goal;
use contract::{Id, Place};
use spool::BucketName;

impl Watch {
    /// Power failed: everything is looked at again, and what moved is told.
    pub fn power_lost(&mut self, view: &mut View<'_>, torn: &[Ino]) {
        self.has_lost_power = true;
        for actor in &mut self.actors {
            actor.handles = 0;
        }
        self.settle_records(None, false);
        self.segment_tails.clear();
        self.to_acknowledge.clear();
        let mut found: Vec<(u32, Place, Ino, Ino)> = Vec::new();
        self.named_pending = 0;
        self.packs.clear();
        let inbox = inbox(view.fs());
        let mut waiting = vec![(Ino::ROOT, 0)];
        while let Some((dir, named)) = waiting.pop() {
            // A directory whose move was undone is what it was before.
            let note = match dir {
                Ino::ROOT => NONE,
                _ => self.note_of_dir(view.fs(), view.fs().note(view.fs().parent_of(dir)), dir),
            };
            view.set_note(dir, note);
            let place = place_of(note);
            if place == Some(Place::Pending) {
                self.named_pending += named;
            }
            let mut packs = Vec::new();
            if Some(dir) == inbox {
                // Back where a script had put it: it is that script's again until the queue takes it in hand.
                let files: Vec<Ino> = view.fs().children(dir).map(|(_, child)| child).collect();
                files.iter().for_each(|file| view.set_note(*file, NONE));
                continue;
            }
            for (name, child) in view.fs().children(dir) {
                if view.fs().node(child) == Node::Dir {
                    let bucket = BucketName::parse(name);
                    waiting.push((child, bucket.map_or(0, |bucket| u64::from(bucket.count()))));
                } else if is_pack(place, name) {
                    packs.push((name.to_vec(), child));
                } else if let (Some(place), Some(id)) = (place, self.noted(view.fs(), child)) {
                    found.push((id.0, place, child, dir));
                }
            }
            for (name, child) in packs {
                let ids = self.pack_found(view, child, &name);
                found.extend(ids.iter().map(|id| (id.0, Place::Cased, child, dir)));
            }
        }
        // The most advanced place first: that is where the alert is, and the others are copies.
        let advance = |place: Place| (!place.is_terminal(), place != Place::Claimed, place);
        found.sort_by_key(|(id, place, ino, _)| (*id, advance(*place), *ino));
        self.compare(view, &found, torn);
    }

    pub(super) fn compare(
        &mut self,
        view: &View<'_>,
        found: &[(u32, Place, Ino, Ino)],
        torn: &[Ino],
    ) {
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
            let is_bad = is_torn
                && here
                    .first()
                    .is_some_and(|f| !self.is_whole_of(view.fs(), id, f.2));
            self.contract.survived(id, &places, is_bad, self.step);
        }
    }
}
