//! What is not durable yet: a log of directory operations for each filesystem, and a list of files with unsynced bytes.
//!
//! Every operation has a number. A sync only writes a number down: the directory's, or the filesystem's. Whether an entry
//! is durable follows from the number of the operation that made it, so a sync costs O(1) beside dropping the log that it
//! covered, which each operation pays once. What the log could bring back stays allocated: it *pins* inodes.

use super::handles::Grip;
use super::inode::{DIRTY, FREE, Form};
use super::{Fs, Ino, Node};
use crate::kernel::options::ProcessId;
use host::Errno;

/// The log is not looked at again before it has doubled, and not below this length.
const COMPACT_MIN: usize = 1_024;

/// One directory operation: an entry was removed at `from_dir`, or added at `to_dir`, or both.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Op {
    pub(crate) seq: u32,
    pub(crate) ino: Ino,
    pub(crate) replaced: Ino,
    pub(crate) from_dir: Ino,
    pub(crate) to_dir: Ino,
    name_at: u32,
    from_len: u8,
    to_len: u8,
    pub(crate) node: Node,
}

impl Op {
    pub(crate) fn add(seq: u32, ino: Ino, node: Node, to_dir: Ino) -> Op {
        Op::rename(seq, ino, node, Ino::NONE, to_dir, None)
    }

    pub(crate) fn remove(seq: u32, ino: Ino, node: Node, from_dir: Ino) -> Op {
        Op::rename(seq, ino, node, from_dir, Ino::NONE, None)
    }

    pub(crate) fn rename(
        seq: u32,
        ino: Ino,
        node: Node,
        from_dir: Ino,
        to_dir: Ino,
        replaced: Option<Ino>,
    ) -> Op {
        Op {
            seq,
            ino,
            replaced: replaced.unwrap_or(Ino::NONE),
            from_dir,
            to_dir,
            name_at: 0,
            from_len: 0,
            to_len: 0,
            node,
        }
    }

    pub(crate) fn removes(&self) -> bool {
        self.from_dir != Ino::NONE
    }

    pub(crate) fn adds(&self) -> bool {
        self.to_dir != Ino::NONE
    }

    pub(crate) fn is_dir_rename(&self) -> bool {
        self.node == Node::Dir && self.removes() && self.adds()
    }

    /// All that has to stay while this operation may be undone.
    fn pinned(&self) -> impl Iterator<Item = Ino> {
        [self.ino, self.replaced, self.from_dir, self.to_dir]
            .into_iter()
            .filter(|&ino| ino != Ino::NONE)
    }
}

/// What one filesystem has not made durable.
#[derive(Clone)]
pub(crate) struct Journal {
    pub(crate) ops: Vec<Op>,
    names: Vec<u8>,
    /// Files that have had unsynced bytes since the last `sync_all`.
    pub(crate) dirty: Vec<Ino>,
    /// Operations up to this number are durable.
    pub(crate) synced: u32,
    compact_at: usize,
    /// How many `sync_dir` since the log was compacted: without any, compacting would find nothing.
    dir_syncs: u32,
}

impl Journal {
    pub(crate) fn new() -> Self {
        Journal {
            ops: Vec::new(),
            names: Vec::new(),
            dirty: Vec::new(),
            synced: 0,
            compact_at: COMPACT_MIN,
            dir_syncs: 0,
        }
    }

    /// One like this, which is empty, for a copy of its files.
    pub(crate) fn at_rest(&self) -> Self {
        assert!(
            self.ops.is_empty() && self.dirty.is_empty(),
            "only files at rest are copied"
        );
        Journal {
            synced: self.synced,
            ..Journal::new()
        }
    }

    pub(crate) fn source_name(&self, op: &Op) -> &[u8] {
        let at = op.name_at as usize;
        &self.names[at..at + usize::from(op.from_len)]
    }

    pub(crate) fn target_name(&self, op: &Op) -> &[u8] {
        let at = op.name_at as usize + usize::from(op.from_len);
        &self.names[at..at + usize::from(op.to_len)]
    }

    /// The operation of that number, if it is not durable for certain.
    pub(crate) fn op(&self, seq: u32) -> Option<&Op> {
        let at = self.ops.binary_search_by_key(&seq, |op| op.seq).ok()?;
        self.ops.get(at)
    }

    fn push(&mut self, mut op: Op, from_name: &[u8], to_name: &[u8]) {
        op.name_at =
            u32::try_from(self.names.len()).expect("the log is shorter than 4 GiB of names");
        op.from_len = from_name.len() as u8;
        op.to_len = to_name.len() as u8;
        self.names.extend_from_slice(from_name);
        self.names.extend_from_slice(to_name);
        self.ops.push(op);
    }

    /// Takes the operations out for which `keep` is false, by their index.
    fn retain(&mut self, keep: impl Fn(usize) -> bool) -> Vec<Op> {
        let old = std::mem::replace(self, Journal::new());
        let mut dropped = Vec::new();
        for (index, op) in old.ops.iter().enumerate() {
            if keep(index) {
                self.push(*op, old.source_name(op), old.target_name(op));
            } else {
                dropped.push(*op);
            }
        }
        self.dirty = old.dirty;
        self.synced = old.synced;
        dropped
    }
}

impl Fs {
    /// Writes an operation into the log of its filesystem.
    pub(crate) fn log(&mut self, op: Op, from_name: &[u8], to_name: &[u8]) {
        for ino in op.pinned() {
            self.inodes[ino].pins += 1;
        }
        let device = self.inodes[op.ino].device;
        let unsynced_max = self.options.limits.unsynced_max as usize;
        let journal = &mut self.journals[usize::from(device)];
        journal.push(op, from_name, to_name);
        if journal.compact_at.min(unsynced_max) <= journal.ops.len() {
            self.compact(device);
        }
    }

    /// Drops what is durable from the log, and writes the older half back if the log is too long.
    #[cold]
    fn compact(&mut self, device: u8) {
        let unsynced_max = self.options.limits.unsynced_max as usize;
        let journal = &mut self.journals[usize::from(device)];
        let len = journal.ops.len();
        let mut dropped = Vec::new();
        if unsynced_max <= len {
            journal.synced = journal.ops[len / 2].seq;
            let dirty = &self.inodes;
            journal
                .dirty
                .retain(|&ino| dirty[ino].is(DIRTY) && dirty[ino].device == device);
            dropped = journal.retain(|index| len / 2 < index);
        } else if 0 < journal.dir_syncs {
            let forced = self.forced(device);
            let journal = &mut self.journals[usize::from(device)];
            dropped = journal.retain(|index| !forced[index].is_whole);
        }
        let journal = &mut self.journals[usize::from(device)];
        journal.compact_at = (journal.ops.len() * 2).max(COMPACT_MIN);
        for op in dropped {
            self.unpin(&op);
        }
    }

    fn unpin(&mut self, op: &Op) {
        for ino in op.pinned() {
            self.inodes[ino].pins -= 1;
        }
        for ino in op.pinned() {
            self.free_if_unreachable(ino);
        }
    }

    /// Makes the names of one directory durable.
    pub(crate) fn sync_names(&mut self, dir: Ino) {
        let seq = self.seq;
        if self.inodes[dir].node == Node::Dir {
            self.dir_mut(dir).synced = seq;
            let device = usize::from(self.inodes[dir].device);
            self.journals[device].dir_syncs += 1;
        }
    }

    /// Makes the bytes of one file durable.
    pub(crate) fn sync_bytes(&mut self, ino: Ino) {
        let inode = &self.inodes[ino];
        if inode.form == Form::Blob {
            let blob = &mut self.blobs[inode.data];
            if !blob.doomed {
                blob.synced = inode.len;
            }
        }
    }

    /// Makes a whole filesystem durable, and says how many names and files were not before.
    pub(crate) fn sync_device(&mut self, device: u8) -> u32 {
        let mut items = self.journals[usize::from(device)].ops.len();
        items += self.sync_dirty(device);
        self.drop_log(device);
        u32::try_from(items).unwrap_or(u32::MAX)
    }

    fn sync_dirty(&mut self, device: u8) -> usize {
        let mut dirty = std::mem::take(&mut self.journals[usize::from(device)].dirty);
        let before = dirty.len();
        dirty.retain(|&ino| {
            let inode = &mut self.inodes[ino];
            if inode.is(FREE) || !inode.is(DIRTY) || inode.device != device {
                return false;
            }
            let blob = &mut self.blobs[inode.data];
            if !blob.doomed {
                blob.synced = inode.len;
                inode.set(DIRTY, false);
            }
            blob.doomed
        });
        let synced = before - dirty.len();
        self.journals[usize::from(device)].dirty = dirty;
        synced
    }

    /// Forgets the log: all of it is durable.
    pub(crate) fn drop_log(&mut self, device: u8) {
        let seq = self.seq;
        let journal = &mut self.journals[usize::from(device)];
        journal.synced = seq;
        journal.dir_syncs = 0;
        journal.compact_at = COMPACT_MIN;
        journal.names.clear();
        let mut ops = std::mem::take(&mut journal.ops);
        for op in ops.drain(..) {
            self.unpin(&op);
        }
        self.journals[usize::from(device)].ops = ops;
    }

    /// A sync failed: what is given up of that never becomes durable, whatever a later sync says (contract S18). Every other handle
    /// that is open now will tell of it.
    pub(crate) fn sync_failed(&mut self, process: ProcessId, id: u32, is_all: bool, errno: Errno) {
        let Ok(ino) = self.sync_target(process, id) else {
            return;
        };
        match is_all {
            true => self.doom_some(ino, errno),
            false => self.doom(ino, errno),
        }
        let device = self.inodes[ino].device;
        for handle in self.handles.iter_mut() {
            let is_of_all = matches!(handle.grip, Grip::Dir | Grip::Root);
            if is_of_all && self.inodes[handle.ino].device == device {
                handle.owes_error = Some(errno);
            }
        }
        // Who learns of it by this call need not be told again by the same handle.
        if let Ok(own) = self.handles.get(id, process) {
            own.owes_error = None;
        }
    }

    /// What is not durable of this file is given up.
    fn doom(&mut self, ino: Ino, errno: Errno) {
        let inode = &self.inodes[ino];
        if inode.form == Form::Blob {
            let blob = &mut self.blobs[inode.data];
            blob.doomed |= blob.synced < inode.len;
            let is_doomed = blob.doomed;
            let handles = self.handles.iter_mut();
            for handle in handles.filter(|handle| handle.ino == ino) {
                handle.owes_error = handle.owes_error.or(is_doomed.then_some(errno));
            }
        }
    }

    /// Whether a sync that failed has given up bytes of this file: no later one makes them durable.
    pub fn is_doomed(&self, ino: Ino) -> bool {
        let inode = &self.inodes[ino];
        inode.form == Form::Blob && self.blobs[inode.data].doomed
    }

    /// A sync of the filesystem of `beside` failed: each file with unsynced bytes is doomed by the toss of a coin.
    fn doom_some(&mut self, beside: Ino, errno: Errno) {
        let device = self.inodes[beside].device;
        let dirty = std::mem::take(&mut self.journals[usize::from(device)].dirty);
        for &ino in &dirty {
            if self.inodes[ino].is(DIRTY) && self.sync_prng.chance(1, 2) {
                self.doom(ino, errno);
            }
        }
        self.journals[usize::from(device)].dirty = dirty;
    }

    /// Whether all bytes of a file survive a power loss. O(1).
    pub fn bytes_durable(&self, ino: Ino) -> bool {
        let inode = &self.inodes[ino];
        inode.form != Form::Blob || self.blobs[inode.data].synced == inode.len
    }

    /// Whether the entry `name` of `dir` survives a power loss, as far as `dir` does. False if there is none, and if `dir` is
    /// no directory: a watcher may ask for one that is gone, and whose number something else has by now.
    ///
    /// Never true of an entry that could be lost. It may be false of one that cannot, if only a chain of later operations
    /// keeps it. O(1) if a sync of the directory or of the filesystem covers it, else O(log n) in the operations that are
    /// not durable.
    pub fn name_durable(&self, dir: Ino, name: &[u8]) -> bool {
        if self.node(dir) != Node::Dir {
            return false;
        }
        let Ok(Some(rec)) = self.find(dir, name).map(|spot| spot.rec) else {
            return false;
        };
        let seq = self.records.seq(rec);
        let journal = &self.journals[usize::from(self.inodes[dir].device)];
        if seq <= journal.synced || seq <= self.dir(dir).synced {
            return true;
        }
        journal.op(seq).is_none_or(|op| {
            // A rename is durable as a whole when the directory that lost the name is: it never leaves neither name.
            op.removes() && seq <= self.dir(op.from_dir).synced
        })
    }

    /// Whether a directory and all above it survive a power loss.
    pub fn dir_durable(&self, mut dir: Ino) -> bool {
        while dir != Ino::ROOT {
            let parent = self.inodes[dir].parent;
            let Some(name) = self.name_of(dir) else {
                return false;
            };
            if !self.name_durable(parent, name) {
                return false;
            }
            dir = parent;
        }
        true
    }
}
