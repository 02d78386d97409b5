//! The entries of one directory, found by hash and kept in the order of their hashes.
//!
//! A directory of up to [`SMALL`] entries is one sorted vector. A larger one is an open-addressed table whose home slot
//! grows with the hash, so that the slots, read from left to right, *are* the entries in hash order: a lookup and an
//! ordered scan use one structure, and a cursor is a hash and a tie. Each entry lies at or after its home slot with no
//! empty slot between.

use super::records::Rec;

/// Above this many entries a directory becomes a table.
const SMALL: usize = 16;
/// Slots after the last home slot.
const TAIL: usize = 64;

/// One entry: the hash of its name, and its record. `rec` 0 is an empty slot.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) struct Slot {
    pub(crate) hash: u32,
    rec: u32,
}

impl Slot {
    const EMPTY: Slot = Slot { hash: 0, rec: 0 };

    pub(crate) fn rec(self) -> Rec {
        Rec(self.rec)
    }

    #[inline]
    fn is_empty(self) -> bool {
        self.rec == 0
    }
}

/// Entries in the order (hash, record).
#[derive(Clone, Default)]
pub(crate) struct Table {
    slots: Vec<Slot>,
    len: u32,
    /// How many home slots; 0 while the directory is small.
    homes: u32,
}

impl Table {
    pub(crate) fn len(&self) -> usize {
        self.len as usize
    }

    #[inline]
    fn home(&self, hash: u32) -> usize {
        ((u64::from(hash) * u64::from(self.homes)) >> 32) as usize
    }

    /// The entry of this hash that `is_it` accepts.
    #[inline]
    pub(crate) fn find(&self, hash: u32, is_it: impl Fn(Rec) -> bool) -> Option<Rec> {
        for slot in &self.slots[self.home(hash)..] {
            if slot.is_empty() || hash < slot.hash {
                return None;
            }
            if slot.hash == hash && is_it(slot.rec()) {
                return Some(slot.rec());
            }
        }
        None
    }

    /// The entries behind `cursor`, in order; all of them if there is none.
    #[inline]
    pub(crate) fn after(&self, cursor: Option<(u32, Rec)>) -> impl Iterator<Item = Slot> + '_ {
        let (hash, rec) = cursor.map_or((0, 0), |(hash, rec)| (hash, rec.0));
        let from = if self.homes == 0 { 0 } else { self.home(hash) };
        let cursor = Slot { hash, rec };
        self.slots[from..]
            .iter()
            .copied()
            .filter(move |slot| !slot.is_empty() && cursor < *slot)
    }

    /// Adds an entry.
    pub(crate) fn insert(&mut self, hash: u32, rec: Rec) {
        let slot = Slot { hash, rec: rec.0 };
        if self.homes == 0 {
            if self.slots.len() < SMALL {
                let at = self.slots.partition_point(|other| *other < slot);
                self.slots.insert(at, slot);
                self.len += 1;
                return;
            }
            self.grow();
        } else if u64::from(self.homes) * 4 <= u64::from(self.len) * 5 {
            self.grow();
        }
        while !self.place(slot) {
            self.grow();
        }
        self.len += 1;
    }

    /// Puts `slot` into its place, moving larger ones right. False if there is no empty slot at the end.
    #[inline]
    fn place(&mut self, mut slot: Slot) -> bool {
        let mut at = self.home(slot.hash);
        let len = self.slots.len();
        while at < len && !self.slots[at].is_empty() && self.slots[at] < slot {
            at += 1;
        }
        let Some(room) = self.slots[at..].iter().position(|slot| slot.is_empty()) else {
            return false;
        };
        for other in &mut self.slots[at..=at + room] {
            std::mem::swap(other, &mut slot);
        }
        true
    }

    fn grow(&mut self) {
        let homes = (self.homes / 2).saturating_mul(3).max(SMALL as u32 * 2);
        let room = vec![Slot::EMPTY; homes as usize + TAIL];
        let old = std::mem::replace(&mut self.slots, room);
        self.homes = homes;
        for slot in old.into_iter().filter(|slot| !slot.is_empty()) {
            let placed = self.place(slot);
            assert!(placed, "a table that has just grown has room at its end");
        }
    }

    /// Takes an entry away. Says whether it was there.
    pub(crate) fn remove(&mut self, hash: u32, rec: Rec) -> bool {
        let slot = Slot { hash, rec: rec.0 };
        if self.homes == 0 {
            let Ok(at) = self.slots.binary_search(&slot) else {
                return false;
            };
            self.slots.remove(at);
            self.len -= 1;
            return true;
        }
        let home = self.home(hash);
        let run = &self.slots[home..];
        let Some(at) = run
            .iter()
            .position(|other| other.is_empty() || *other == slot)
        else {
            return false;
        };
        let mut at = home + at;
        if self.slots[at].is_empty() {
            return false;
        }
        // Those behind move left, until one is at home.
        while let Some(&next) = self.slots.get(at + 1) {
            if next.is_empty() || self.home(next.hash) == at + 1 {
                break;
            }
            self.slots[at] = next;
            at += 1;
        }
        self.slots[at] = Slot::EMPTY;
        self.len -= 1;
        true
    }

    /// Bytes of memory held.
    pub(crate) fn memory(&self) -> usize {
        self.slots.capacity() * size_of::<Slot>()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernel::prng::Seed;
    use std::collections::BTreeSet;

    /// Random operations on a table and on a sorted set, which must agree at every size.
    fn check(seed: u64, size: usize, hash_bits: u32) {
        let mut prng = Seed(seed).stream("table");
        let mut table = Table::default();
        let mut model: BTreeSet<(u32, u32)> = BTreeSet::new();
        for step in 0..size * 6 {
            let hash = prng.next_u32() >> (32 - hash_bits) << (32 - hash_bits);
            if model.len() < size && prng.chance(3, 5) || model.is_empty() {
                let rec = step as u32 + 1;
                table.insert(hash, Rec(rec));
                model.insert((hash, rec));
            } else {
                let probe = (prng.next_u32(), 0);
                let found = model.range(probe..).next().or(model.iter().next());
                let &(hash, rec) = found.expect("not empty");
                assert!(table.remove(hash, Rec(rec)));
                assert!(!table.remove(hash, Rec(rec)), "removed twice");
                model.remove(&(hash, rec));
            }
            for &(_, rec) in model.range((hash, 0)..=(hash, u32::MAX)) {
                assert_eq!(table.find(hash, |other| other.0 == rec), Some(Rec(rec)));
            }
            assert_eq!(table.find(hash, |_| false), None);
        }
        assert_eq!(table.len(), model.len());
        let all: Vec<(u32, u32)> = table.after(None).map(|s| (s.hash, s.rec)).collect();
        assert_eq!(all, model.iter().copied().collect::<Vec<_>>());
        for &(hash, rec) in model.iter().step_by(7) {
            let next = table.after(Some((hash, Rec(rec)))).next();
            let expected = model.range((hash, rec + 1)..).next();
            assert_eq!(next.map(|s| (s.hash, s.rec)), expected.copied());
        }
    }

    #[test]
    fn a_table_agrees_with_a_sorted_set() {
        for (seed, size) in [(1, 4), (2, 16), (3, 17), (4, 40), (5, 500), (6, 5_000)] {
            check(seed, size, 32);
        }
    }

    #[test]
    fn equal_hashes_are_told_apart_by_their_records() {
        check(7, 12, 3);
        check(8, 60, 5);
        check(9, 300, 1);
    }
}
