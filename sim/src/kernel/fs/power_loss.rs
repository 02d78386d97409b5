//! What is left after the power went (contract K1 to K5 and K7).
//!
//! Each operation of the log has one or two halves: an entry removed, an entry added. Three passes decide:
//!
//! 1. Backwards: which halves *must* survive. Those a sync covered, and what they rest on: earlier operations on the same
//!    entry; of a rename whose removal survives, the addition and the directory it went to; all that happened inside a
//!    directory whose removal survives.
//! 2. Forwards: of the others a draw decides, each by itself, as far as what they rest on survives too.
//! 3. Backwards: what does not survive is undone.
//!
//! So a file that had a durable name has one afterwards, whatever was renamed in between; a directory has exactly one.

use super::inode::{DIRTY, FREE, Form};
use super::journal::{Journal, Op};
use super::{Fs, Ino, Node};
use crate::kernel::options::PowerLossProfile;
use std::collections::{BTreeMap, BTreeSet};

/// What a name stood for before and after a power loss.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct SlotChange {
    /// The directory.
    pub dir: Ino,
    /// The name in it.
    pub name: Vec<u8>,
    /// What it stood for.
    pub before: Option<Ino>,
    /// What it stands for now.
    pub after: Option<Ino>,
}

/// What became of a file's unsynced bytes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct BytesChange {
    /// The file.
    pub ino: Ino,
    /// Its length before.
    pub len_before: u64,
    /// Its length now.
    pub len_after: u64,
    /// From here on its bytes are zero that were not: a tail whose blocks were never written.
    pub zeroed_from: Option<u64>,
}

/// What a power loss changed. Names that are not listed stand for what they did.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct PowerLoss {
    /// Names that stand for something else now, ordered by directory and name. A directory that moved is one entry: what
    /// is in it moved along.
    pub slots: Vec<SlotChange>,
    /// Files that lost bytes.
    pub bytes: Vec<BytesChange>,
    /// What had a name before and has none now, all that was in a lost directory included. The notes of these can be read
    /// until the report has been handed over.
    pub lost: Vec<Ino>,
}

/// The halves of an operation that survive.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(crate) struct Halves {
    removal: bool,
    addition: bool,
    /// Every half that the operation has.
    pub(crate) is_whole: bool,
}

/// An entry's place.
type Slot<'a> = (Ino, &'a [u8]);

fn slots<'a>(journal: &'a Journal, op: &Op) -> (Slot<'a>, Slot<'a>) {
    (
        (op.from_dir, journal.source_name(op)),
        (op.to_dir, journal.target_name(op)),
    )
}

/// What the draws have decided so far.
#[derive(Default)]
struct Fate<'a> {
    /// An operation on this entry did not survive, so no later one on it can.
    broken: BTreeSet<Slot<'a>>,
    /// An entry of this directory could not be removed, so it cannot be removed itself.
    blocked: BTreeSet<Ino>,
    /// The directory was never made.
    adrift: BTreeSet<Ino>,
    /// Where directories are that the log moves.
    parents: BTreeMap<Ino, Ino>,
}

impl Fs {
    /// Which halves of the log survive for certain; by index.
    pub(crate) fn forced(&self, device: u8) -> Vec<Halves> {
        let journal = &self.journals[usize::from(device)];
        let mut forced = vec![Halves::default(); journal.ops.len()];
        let mut entries: BTreeSet<Slot<'_>> = BTreeSet::new();
        let mut removed: BTreeSet<Ino> = BTreeSet::new();
        let mut anchors: BTreeSet<Ino> = BTreeSet::new();
        for (op, halves) in journal.ops.iter().zip(&mut forced).rev() {
            let (from, to) = slots(journal, op);
            let covered = |slot: Slot<'_>| {
                op.seq <= journal.synced
                    || op.seq <= self.dir(slot.0).synced
                    || entries.contains(&slot)
                    || removed.contains(&slot.0)
            };
            let anchor = anchors.contains(&op.ino);
            let mut removal = op.removes() && covered(from);
            let mut addition = op.adds() && (covered(to) || removal || anchor);
            if op.is_dir_rename() {
                removal |= addition;
                addition = removal;
            }
            if addition {
                entries.insert(to);
                if op.replaced != Ino::NONE && op.node == Node::Dir {
                    removed.insert(op.replaced);
                }
                if removal || anchor {
                    anchors.insert(op.to_dir);
                }
            }
            if removal {
                entries.insert(from);
                if op.node == Node::Dir && !op.adds() {
                    removed.insert(op.ino);
                }
            }
            *halves = Halves {
                removal,
                addition,
                is_whole: removal == op.removes() && addition == op.adds(),
            };
        }
        forced
    }

    /// Takes the power away: changes the files to what is left of them. All handles must be closed before.
    ///
    /// Afterwards [`Fs::settle`] must be called; until then what was lost can still be asked about.
    pub(crate) fn power_loss(&mut self) -> PowerLoss {
        let mut report = PowerLoss::default();
        for device in 0..self.journals.len() as u8 {
            let survives = match self.options.power_loss {
                PowerLossProfile::AnySubset => self.draw_subset(device),
                PowerLossProfile::Ordered => self.draw_prefix(device),
            };
            self.undo(device, &survives, &mut report);
            self.tear_files(device, &mut report);
        }
        // A directory's content may be lost with it and by itself.
        report.lost.sort_unstable();
        report.lost.dedup();
        report
    }

    fn draw_prefix(&mut self, device: u8) -> Vec<Halves> {
        let forced = self.forced(device);
        let nothing = Halves::default();
        let least = forced.iter().rposition(|&halves| halves != nothing);
        let least = least.map_or(0, |index| index + 1);
        let end = forced.len() as u64 + 1;
        let cut = self.loss_prng.range(least as u64..end) as usize;
        let kept = Halves {
            removal: true,
            addition: true,
            is_whole: true,
        };
        (0..forced.len())
            .map(|index| if index < cut { kept } else { nothing })
            .collect()
    }

    fn draw_subset(&mut self, device: u8) -> Vec<Halves> {
        let mut prng = self.loss_prng.clone();
        let journal = &self.journals[usize::from(device)];
        let mut fate = Fate::default();
        for op in journal.ops.iter().filter(|op| op.is_dir_rename()) {
            fate.parents.entry(op.ino).or_insert(op.from_dir);
        }
        let mut survives = self.forced(device);
        for (op, halves) in journal.ops.iter().zip(&mut survives) {
            // Both draws are always made, so that one operation's fate does not shift the others'.
            let (first, second) = (prng.chance(2, 3), prng.chance(3, 4));
            let (from, to) = slots(journal, op);
            let forced = *halves;
            let from_free = !fate.broken.contains(&from);
            let to_free = !fate.broken.contains(&to);
            if op.is_dir_rename() {
                let may = from_free
                    && to_free
                    && self.is_anchored(&fate, op.to_dir, op.ino)
                    && !fate.blocked.contains(&op.replaced);
                halves.addition = forced.addition || may && first;
                halves.removal = halves.addition;
                if halves.addition {
                    fate.parents.insert(op.ino, op.to_dir);
                }
            } else if op.adds() {
                halves.addition = forced.addition || to_free && first;
                let may = op.removes()
                    && halves.addition
                    && from_free
                    && self.is_anchored(&fate, op.to_dir, Ino::NONE);
                halves.removal = forced.removal || may && second;
            } else {
                let may = from_free && !(op.node == Node::Dir && fate.blocked.contains(&op.ino));
                halves.removal = forced.removal || may && first;
            }
            if op.adds() && !halves.addition {
                fate.broken.insert(to);
                if op.node == Node::Dir && !op.removes() {
                    fate.adrift.insert(op.ino);
                }
            }
            if op.removes() && !halves.removal {
                fate.broken.insert(from);
                fate.blocked.insert(op.from_dir);
            }
        }
        self.loss_prng = prng;
        survives
    }

    /// Whether `dir` hangs below the root in what survives so far, and not below `not_below`.
    fn is_anchored(&self, fate: &Fate<'_>, mut dir: Ino, not_below: Ino) -> bool {
        while dir != Ino::ROOT {
            if dir == not_below || fate.adrift.contains(&dir) {
                return false;
            }
            let now = self.inodes[dir].parent;
            dir = fate.parents.get(&dir).copied().unwrap_or(now);
        }
        true
    }

    fn undo(&mut self, device: u8, survives: &[Halves], report: &mut PowerLoss) {
        // Taken out, so that its names can be read while the directories change.
        let journal = std::mem::replace(&mut self.journals[usize::from(device)], Journal::new());
        let mut before: BTreeMap<(Ino, Vec<u8>), Option<Ino>> = BTreeMap::new();
        let mut had_name: BTreeMap<Ino, bool> = BTreeMap::new();
        for op in &journal.ops {
            for ino in [op.ino, op.replaced]
                .into_iter()
                .filter(|&i| i != Ino::NONE)
            {
                had_name.entry(ino).or_insert(0 < self.inodes[ino].links);
            }
        }
        for (op, halves) in journal.ops.iter().zip(survives).rev() {
            let (from, to) = slots(&journal, op);
            if op.adds() && !halves.addition {
                let replaced = Some(op.replaced).filter(|&ino| ino != Ino::NONE);
                self.set_slot(to, replaced, &mut before);
            }
            if op.removes() && !halves.removal {
                self.set_slot(from, Some(op.ino), &mut before);
            }
        }
        self.journals[usize::from(device)] = journal;
        for ((dir, name), before) in before {
            let after = self.child(dir, &name);
            if after != before {
                report.slots.push(SlotChange {
                    dir,
                    name,
                    before,
                    after,
                });
            }
        }
        for &ino in had_name.keys() {
            if self.inodes[ino].links == 0 {
                self.lose(ino, &had_name, report);
            }
        }
    }

    /// Makes the entry stand for `wanted`, and remembers what it stood for first.
    fn set_slot(
        &mut self,
        (dir, name): Slot<'_>,
        wanted: Option<Ino>,
        before: &mut BTreeMap<(Ino, Vec<u8>), Option<Ino>>,
    ) {
        let spot = self
            .find(dir, name)
            .expect("a name that was an entry is not too long");
        let is = spot.rec.map(|rec| self.records.ino(rec));
        before.entry((dir, name.to_vec())).or_insert(is);
        if is == wanted {
            return;
        }
        if let Some(rec) = spot.rec {
            let (ino, _) = self.remove_entry(dir, spot.hash, rec);
            if self.inodes[ino].node == Node::Dir {
                self.dir_mut(ino).dead = true;
            }
        }
        if let Some(ino) = wanted {
            self.add_entry((dir, name, spot.hash), ino, 0, None);
        }
    }

    /// The inode has lost its last name; a directory takes along what is in it.
    fn lose(&mut self, ino: Ino, had_name: &BTreeMap<Ino, bool>, report: &mut PowerLoss) {
        let mut lost = vec![ino];
        while let Some(ino) = lost.pop() {
            // What the log does not mention had the name that it loses now.
            if had_name.get(&ino) != Some(&false) {
                report.lost.push(ino);
            }
            if self.inodes[ino].node != Node::Dir {
                continue;
            }
            self.dir_mut(ino).dead = true;
            let slots: Vec<_> = self.dir(ino).table.after(None).collect();
            for slot in slots {
                let (child, _) = self.remove_entry(ino, slot.hash, slot.rec());
                if self.inodes[child].links == 0 {
                    lost.push(child);
                }
            }
        }
    }

    /// The unsynced bytes of each file: some prefix of them is left, or none, or zeros in their place (K4, K5).
    fn tear_files(&mut self, device: u8, report: &mut PowerLoss) {
        let dirty = std::mem::take(&mut self.journals[usize::from(device)].dirty);
        for ino in dirty {
            let inode = &mut self.inodes[ino];
            if !inode.is(DIRTY) || inode.device != device {
                continue;
            }
            inode.set(DIRTY, false);
            let blob = &mut self.blobs[inode.data];
            let (synced, len_before) = (blob.synced, inode.len);
            let unsynced = len_before - synced;
            let prng = &mut self.loss_prng;
            let (fate, cut) = (prng.below(5), synced + prng.below(unsynced + 1));
            let (len_after, zeroed_from) = match fate {
                // All of it was written back in time.
                0 => (len_before, None),
                1 => (cut, None),
                2 => (synced, None),
                3 => (len_before, Some(synced)),
                _ => (len_before, Some(cut)),
            };
            let zeroed_from = zeroed_from.filter(|&from| from < len_after);
            blob.bytes.truncate(len_after as usize);
            if let Some(from) = zeroed_from {
                blob.bytes[from as usize..].fill(0);
            }
            blob.synced = len_after;
            blob.doomed = false;
            inode.len = len_after;
            if 0 < inode.links && (len_after != len_before || zeroed_from.is_some()) {
                report.bytes.push(BytesChange {
                    ino,
                    len_before,
                    len_after,
                    zeroed_from,
                });
            }
        }
    }

    /// Ends a power loss: what is left is durable, what was lost is freed.
    pub(crate) fn settle(&mut self, report: &PowerLoss) {
        for device in 0..self.journals.len() as u8 {
            self.drop_log(device);
        }
        for &ino in &report.lost {
            self.free_if_unreachable(ino);
        }
        self.usage = self.count_usage();
        assert!(
            (0..self.inodes.places()).all(|at| self.is_sound(Ino(at))),
            "what a power loss leaves has no name-less inodes"
        );
    }

    fn is_sound(&self, ino: Ino) -> bool {
        let inode = &self.inodes[ino];
        let durable = inode.form != Form::Blob || self.blobs[inode.data].synced == inode.len;
        inode.is(FREE) || 0 < inode.links && inode.pins == 0 && durable
    }
}
