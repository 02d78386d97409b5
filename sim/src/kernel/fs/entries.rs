//! Adding and removing directory entries, in the scan order of the profile.

use super::inode::{FREE, Form, Inode, LEN_UNKNOWN};
use super::records::Rec;
use super::table::Table;
use super::{Directory, DirectoryProfile, Fs, Ino, NO_NOTE, Node};
use std::collections::BTreeMap;

/// The adversary puts no entry on a side of a scan that has fewer keys than this.
const ROOM_MIN: u32 = 1 << 20;

/// The scan order of a directory where it is not the order of the hashes: entries by their key.
#[derive(Clone, Default)]
pub(crate) struct Order {
    pub(crate) by_key: BTreeMap<u32, Rec>,
    keys: BTreeMap<Rec, u32>,
}

impl Order {
    fn insert(&mut self, key: u32, rec: Rec) {
        self.by_key.insert(key, rec);
        self.keys.insert(rec, key);
    }

    fn remove(&mut self, rec: Rec) -> Option<u32> {
        let key = self.keys.remove(&rec)?;
        self.by_key.remove(&key);
        Some(key)
    }

    /// A key that is not used: the first at or behind `wish`, else the last before it.
    fn free_key(&self, wish: u32) -> u32 {
        let mut key = Some(wish);
        for (&used, _) in self.by_key.range(wish..) {
            match key {
                Some(free) if used == free => key = free.checked_add(1),
                _ => break,
            }
        }
        key.unwrap_or_else(|| {
            let used = self.by_key.range(..wish).rev().map(|(&used, _)| used);
            let run = (0..wish)
                .rev()
                .zip(used)
                .take_while(|(key, used)| key == used);
            wish - 1 - run.count() as u32
        })
    }
}

impl Fs {
    /// A new inode without a name.
    pub(crate) fn new_inode(&mut self, node: Node, parent: Ino, device: u8) -> Ino {
        let data = match node {
            Node::Dir => self.dirs.insert(Directory {
                table: Table::default(),
                order: None,
                subdirs: 0,
                synced: 0,
                dead: false,
            }),
            _ => 0,
        };
        self.usage.inodes += 1;
        let mtime_ns = self.mtime();
        Ino(self.inodes.insert(Inode {
            len: 0,
            mtime_ns,
            notes: [NO_NOTE; 2],
            parent,
            data,
            pins: 0,
            links: 0,
            opens: 0,
            node,
            form: Form::Empty,
            device,
            flags: 0,
        }))
    }

    /// Gives `ino` the name at (dir, name), as the operation `seq`. `was` is the key of the entry that the same operation
    /// took out of the same directory.
    pub(crate) fn add_entry(
        &mut self,
        (dir, name, hash): (Ino, &[u8], u32),
        ino: Ino,
        seq: u32,
        was: Option<u32>,
    ) -> Rec {
        let node = self.inodes[ino].node;
        let rec = self.records.insert(name, ino, node, seq);
        let key = match self.options.directory {
            DirectoryProfile::Ext4 | DirectoryProfile::Snapshot => None,
            DirectoryProfile::Tmpfs => Some(self.seq),
            DirectoryProfile::Adversarial => Some(self.adverse_key(dir, was)),
        };
        let directory = self.dir_mut(dir);
        directory.table.insert(hash, rec);
        if node == Node::Dir {
            directory.subdirs += 1;
        }
        if let Some(key) = key {
            let order = directory.order.get_or_insert_default();
            order.insert(order.free_key(key), rec);
        }
        let mtime = self.mtime();
        self.inodes[dir].mtime_ns = mtime;
        let inode = &mut self.inodes[ino];
        inode.parent = dir;
        inode.links += 1;
        if node == Node::Dir {
            self.dir_mut(ino).dead = false;
        }
        rec
    }

    /// Takes an entry away and says what it stood for, and its key in the scan order.
    pub(crate) fn remove_entry(&mut self, dir: Ino, hash: u32, rec: Rec) -> (Ino, Option<u32>) {
        let ino = self.records.ino(rec);
        let is_dir = self.records.node(rec) == Node::Dir;
        let directory = self.dir_mut(dir);
        let removed = directory.table.remove(hash, rec);
        assert!(removed, "an entry that was found is in its table");
        if is_dir {
            directory.subdirs -= 1;
        }
        let key = directory.order.as_mut().and_then(|order| order.remove(rec));
        self.records.remove(rec);
        let mtime = self.mtime();
        self.inodes[dir].mtime_ns = mtime;
        self.inodes[ino].links -= 1;
        (ino, key)
    }

    /// Where an adversary would put a new entry: three times in four where an open scan misses or doubles it.
    fn adverse_key(&mut self, dir: Ino, was: Option<u32>) -> u32 {
        let cursor = self
            .handles
            .iter()
            .filter(|handle| handle.ino == dir)
            .find_map(|handle| handle.cursor.last)
            .map(|(key, _)| key);
        let prng = &mut self.order_prng;
        let anywhere = prng.next_u32();
        let (Some(cursor), false) = (cursor, prng.chance(1, 4)) else {
            return anywhere;
        };
        // A name that the scan has returned is put before it again; one that it has not, behind its back.
        let ahead = match was {
            Some(key) => key <= cursor,
            None => prng.chance(1, 2),
        };
        // One scan after another, each returning what was put ahead of the last, would use the keys on that side up.
        match ahead {
            true if cursor < u32::MAX - ROOM_MIN => {
                prng.range(u64::from(cursor) + 1..1 << 32) as u32
            }
            false if ROOM_MIN < cursor => prng.below(u64::from(cursor)) as u32,
            _ => anywhere,
        }
    }

    /// After a name was lost: the inode no longer counts, if nothing else reaches it.
    pub(crate) fn after_unlink(&mut self, ino: Ino) {
        let inode = &self.inodes[ino];
        if !inode.is_used() {
            self.usage.inodes -= 1;
            self.usage.bytes -= counted_bytes(inode);
            self.free_if_unreachable(ino);
        }
    }

    /// Frees an inode that no name, no handle and no journal reaches.
    pub(crate) fn free_if_unreachable(&mut self, ino: Ino) {
        let inode = &mut self.inodes[ino];
        if inode.is(FREE) || inode.is_used() || 0 < inode.pins {
            return;
        }
        inode.flags = FREE;
        let (node, form, data) = (inode.node, inode.form, inode.data);
        if node == Node::Dir {
            let directory = &mut self.dirs[data];
            directory.table = Table::default();
            directory.order = None;
            self.dirs.remove(data);
        } else if form == Form::Blob {
            self.blobs[data] = Default::default();
            self.blobs.remove(data);
        }
        self.inodes.remove(ino.0);
    }
}

/// What an inode adds to [`super::Usage::bytes`].
pub(crate) fn counted_bytes(inode: &Inode) -> u64 {
    if inode.is(LEN_UNKNOWN) { 0 } else { inode.len }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_free_at_both_ends_of_the_order_too() {
        let mut order = Order::default();
        for (number, wish) in (0..).zip([u32::MAX, u32::MAX, u32::MAX - 1, 0, 0, u32::MAX]) {
            let key = order.free_key(wish);
            assert!(!order.by_key.contains_key(&key), "{key} is used");
            order.insert(key, Rec(number));
        }
        assert_eq!(order.by_key.len(), 6);
    }
}
