//! An old copy of the home takes the place of the present one: what was known when it was taken is true again.

use super::Watch;
use crate::kernel::{Ino, View};
use contract::Id;
use contract::sometimes::Goal;
use std::collections::{BTreeMap, BTreeSet};

/// What a watch knew of the files when a copy of them was taken.
pub struct Kept {
    contract: contract::Kept,
    heartbeat: Vec<u8>,
    named_pending: u64,
    primary: Vec<(Ino, Ino)>,
    packs: BTreeMap<Ino, Vec<u8>>,
    edited_in_hand: BTreeSet<Id>,
    published: Vec<u64>,
    recorded: Vec<(Ino, Id)>,
    segment_tails: BTreeMap<Ino, Vec<u8>>,
}

impl Watch {
    /// What is known of the files now.
    pub fn kept(&self) -> Kept {
        Kept {
            contract: self.contract.kept(),
            heartbeat: self.heartbeat.clone(),
            named_pending: self.named_pending,
            primary: self.primary.clone(),
            packs: self.packs.clone(),
            edited_in_hand: self.edited_in_hand.clone(),
            published: self.published.clone(),
            recorded: self.recorded.clone(),
            segment_tails: self.segment_tails.clone(),
        }
    }

    /// The files are those of `kept` again, and all of them are durable. What was broken stays broken.
    pub fn put_back(&mut self, view: &View<'_>, kept: &Kept) {
        let Kept {
            contract,
            heartbeat,
            named_pending,
            primary,
            packs,
            edited_in_hand,
            published,
            recorded,
            segment_tails,
        } = kept;
        self.contract.put_back(contract);
        self.heartbeat.clone_from(heartbeat);
        self.named_pending = *named_pending;
        self.primary.clone_from(primary);
        self.packs.clone_from(packs);
        self.edited_in_hand.clone_from(edited_in_hand);
        self.published.clone_from(published);
        self.recorded.clone_from(recorded);
        self.segment_tails.clone_from(segment_tails);
        self.to_acknowledge.clear();
        self.settled = None;
        self.still_passes = 0;
        for actor in &mut self.actors {
            actor.handles = 0;
        }
        self.committed = view.steps();
        self.settle_records(None, true);
        self.met.insert(Goal::HomeRestored);
    }
}
