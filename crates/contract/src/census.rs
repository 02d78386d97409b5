//! The census: where every id is, in at most 40 bytes an id.

use crate::place::Place;

/// An alert, by the number that whoever watches gave it: dense, from 0.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Id(pub u32);

/// A running program, by the number that whoever watches gave it. A program that is started again is another actor.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Actor(pub u16);

/// What the census knows of one id.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Entry {
    /// Where it is.
    pub place: Place,
    /// Copies of it that exist beside the one that counts: made by an outsider, or left by a power loss.
    pub copies: u8,
    /// How often a case was made for it.
    pub cases: u8,
    /// Raised when an operator replays it from quarantine.
    pub generation: u8,
    /// How often it was claimed.
    pub attempts: u16,
    /// Who moved it last.
    pub actor: Actor,
    /// When it moved last.
    pub step: u64,
    /// Its place in the order in which alerts first became pending.
    pub rank: u32,
    /// The facts below.
    pub facts: Facts,
}

impl Entry {
    /// Whether it is nowhere, the place where it came from included.
    pub(crate) fn is_nowhere(&self) -> bool {
        matches!(self.place, Place::Source | Place::Vanished) && self.facts.is_gone
    }

    /// Whether it ever became pending.
    pub fn was_pending(&self) -> bool {
        self.rank != NO_RANK
    }

    fn owes_record(&self) -> bool {
        matches!(self.place, Place::Cased | Place::Quarantined) && !self.facts.is_record_durable
    }
}

const _: () = assert!(
    size_of::<Entry>() <= 40,
    "the census must follow a million ids in 40 MB"
);

/// What is true of an id for good.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Facts {
    /// Its publication was acknowledged: the cursor may have moved past it.
    pub is_acknowledged: bool,
    /// Its bytes are bad, by plan or by power loss: quarantine is the right place for it.
    pub is_bad: bool,
    /// There were several files of it at once, or a power loss has put it back: nobody can tell which file a claim was of, nor where
    /// it stands in the order.
    pub had_several: bool,
    /// Its terminal record is in the ledger.
    pub is_recorded: bool,
    /// That record is durable.
    pub is_record_durable: bool,
    /// Its source has it no more.
    pub is_gone: bool,
}

/// A rank that was not given yet.
pub(crate) const NO_RANK: u32 = u32::MAX;

/// Where every id is.
#[derive(Clone)]
pub struct Census {
    entries: Vec<Entry>,
    counts: [u64; 9],
    /// Of those that are at the source alone, or vanished, how many the source has no more: by place.
    gone: [u64; 9],
    /// How many pending ids that were never claimed have a rank in each block of 64: a Fenwick tree.
    unclaimed: Vec<u32>,
    ranks: u32,
    /// Ids that ever became pending, and that ever stopped being so.
    pub(crate) entered_pending: u64,
    pub(crate) left_pending: u64,
    /// Ids in a case or in quarantine without a durable record.
    unrecorded: u64,
}

impl Census {
    /// `count` ids, all at the source.
    pub fn new(count: u32) -> Self {
        let entry = Entry {
            place: Place::Source,
            copies: 0,
            cases: 0,
            generation: 0,
            attempts: 0,
            actor: Actor(u16::MAX),
            step: 0,
            rank: NO_RANK,
            facts: Facts::default(),
        };
        let mut counts = [0; 9];
        counts[Place::Source as usize] = u64::from(count);
        let blocks = count.div_ceil(64) as usize + 1;
        Census {
            entries: vec![entry; count as usize],
            counts,
            gone: [0; 9],
            unclaimed: vec![0; blocks + 1],
            ranks: 0,
            entered_pending: 0,
            left_pending: 0,
            unrecorded: 0,
        }
    }

    /// What is known of an id.
    ///
    /// # Panics
    /// If the id is not one of the census.
    pub fn get(&self, id: Id) -> &Entry {
        &self.entries[id.0 as usize]
    }

    pub(crate) fn get_mut(&mut self, id: Id) -> &mut Entry {
        &mut self.entries[id.0 as usize]
    }

    /// How many ids are in a place.
    pub fn count(&self, place: Place) -> u64 {
        self.counts[place as usize]
    }

    /// How many ids of a place can come from nowhere any more: they are at the source or vanished, and the source has lost them.
    /// None of any other place.
    pub fn count_gone(&self, place: Place) -> u64 {
        self.gone[place as usize]
    }

    /// Notes whether the source of an id still has it.
    pub(crate) fn set_gone(&mut self, id: Id, is_gone: bool) {
        let entry = &mut self.entries[id.0 as usize];
        self.gone[entry.place as usize] -= u64::from(entry.is_nowhere());
        entry.facts.is_gone = is_gone;
        self.gone[entry.place as usize] += u64::from(entry.is_nowhere());
    }

    /// How many ids are in a case or in quarantine while their record is not durable yet: somebody is still at work on them.
    pub fn unrecorded(&self) -> u64 {
        self.unrecorded
    }

    /// How often an id has stopped being pending.
    pub fn left_pending(&self) -> u64 {
        self.left_pending
    }

    /// How many ids there are.
    pub fn len(&self) -> u64 {
        self.entries.len() as u64
    }

    /// Whether there is no id.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// Every id with what is known of it.
    pub fn iter(&self) -> impl Iterator<Item = (Id, &Entry)> {
        (0..).map(Id).zip(&self.entries)
    }

    /// Moves an id, allowed or not: what was seen is what is.
    pub(crate) fn set_place(&mut self, id: Id, to: Place, actor: Actor, step: u64) {
        let entry = &mut self.entries[id.0 as usize];
        let from = entry.place;
        self.unrecorded -= u64::from(entry.owes_record());
        self.gone[from as usize] -= u64::from(entry.is_nowhere());
        (entry.place, entry.actor, entry.step) = (to, actor, step);
        self.unrecorded += u64::from(entry.owes_record());
        self.gone[to as usize] += u64::from(entry.is_nowhere());
        self.counts[from as usize] -= 1;
        self.counts[to as usize] += 1;
        if from == Place::Pending && to != Place::Pending {
            self.left_pending += 1;
            if entry.attempts == 0 {
                let rank = entry.rank;
                self.count_unclaimed(rank, false);
            }
        }
        let entry = &mut self.entries[id.0 as usize];
        if to == Place::Staged && matches!(from, Place::Source | Place::Vanished) {
            // It is published, perhaps again, and then behind all that were before.
            entry.rank = NO_RANK;
        }
        if to == Place::Claimed && from == Place::Pending {
            entry.attempts = entry.attempts.saturating_add(1);
        }
        if to == Place::Cased {
            entry.cases = entry.cases.saturating_add(1);
        }
        if to == Place::Pending && from != Place::Pending {
            self.entered_pending += 1;
            if entry.rank == NO_RANK {
                entry.rank = self.ranks;
                self.ranks += 1;
            }
            if entry.attempts == 0 {
                let rank = entry.rank;
                self.count_unclaimed(rank, true);
            }
        }
    }

    /// The record of an id became durable, or, if `is_kept` is false, was lost with the power.
    pub(crate) fn settle_record(&mut self, id: Id, is_kept: bool) {
        let entry = &mut self.entries[id.0 as usize];
        self.unrecorded -= u64::from(entry.owes_record());
        entry.facts.is_recorded &= is_kept || entry.facts.is_record_durable;
        entry.facts.is_record_durable |= is_kept;
        self.unrecorded += u64::from(entry.owes_record());
    }

    /// How many pending ids that were never claimed are older than `rank`, to within 63.
    pub fn unclaimed_before(&self, rank: u32) -> u64 {
        let mut block = (rank as usize / 64).min(self.unclaimed.len() - 1);
        let mut sum = 0;
        while 0 < block {
            sum += u64::from(self.unclaimed[block]);
            block &= block - 1;
        }
        sum
    }

    fn count_unclaimed(&mut self, rank: u32, is_more: bool) {
        let mut block = rank as usize / 64 + 1;
        while block < self.unclaimed.len() {
            let count = &mut self.unclaimed[block];
            *count = if is_more { *count + 1 } else { *count - 1 };
            block += block & block.wrapping_neg();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_that_its_source_has_lost_is_gone_while_it_is_nowhere_else() {
        let mut census = Census::new(3);
        census.set_place(Id(0), Place::Pending, Actor(0), 1);
        census.set_gone(Id(0), true);
        census.set_gone(Id(1), true);
        let gone = |census: &Census| {
            [Place::Source, Place::Pending, Place::Vanished].map(|place| census.count_gone(place))
        };
        assert_eq!(gone(&census), [1, 0, 0]);
        census.set_place(Id(0), Place::Vanished, Actor(0), 2);
        assert_eq!(gone(&census), [1, 0, 1]);
        census.set_place(Id(0), Place::Pending, Actor(0), 3);
        census.set_gone(Id(1), false);
        assert_eq!(gone(&census), [0, 0, 0]);
    }

    #[test]
    fn the_unclaimed_before_a_rank_are_counted_by_blocks() {
        let mut census = Census::new(1_000);
        for id in 0..1_000 {
            census.set_place(Id(id), Place::Pending, Actor(0), 1);
        }
        assert_eq!(census.unclaimed_before(640), 640);
        for id in 0..320 {
            census.set_place(Id(id), Place::Claimed, Actor(0), 2);
        }
        assert_eq!(census.unclaimed_before(640), 320);
        // A redelivered id was attempted already: it holds nobody up.
        census.set_place(Id(0), Place::Pending, Actor(0), 3);
        assert_eq!(census.unclaimed_before(640), 320);
        assert_eq!(census.count(Place::Pending), 681);
    }
}
