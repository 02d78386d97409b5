//! Inodes: what a name stands for, and the bytes of files.

use super::{Ino, Node};

/// The number of a note that was never set.
pub const NO_NOTE: u32 = u32::MAX;

const CHUNK: usize = 1 << 16;

/// Where a file's bytes come from.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Form {
    /// No bytes at all.
    Empty,
    /// Made from (seed, index) whenever they are read; `data` is the index. Always durable.
    Generated,
    /// So many zero bytes. Always durable.
    Zeros,
    /// Written by a program; `data` is the number of the [`Blob`].
    Blob,
}

/// One inode. 48 bytes.
#[derive(Clone, Debug)]
pub(crate) struct Inode {
    pub(crate) len: u64,
    pub(crate) mtime_ns: i64,
    /// For the watcher; see [`super::Fs::note`].
    pub(crate) notes: [u32; 2],
    /// A directory that had a name for it last. Exact for directories.
    pub(crate) parent: Ino,
    /// The index, the blob, or the directory's number.
    pub(crate) data: u32,
    /// How many operations of a journal may still bring it back.
    pub(crate) pins: u32,
    /// How many names it has. A directory has one or none.
    pub(crate) links: u16,
    pub(crate) opens: u16,
    pub(crate) node: Node,
    pub(crate) form: Form,
    pub(crate) device: u8,
    pub(crate) flags: u8,
}

/// The slot is not an inode.
pub(crate) const FREE: u8 = 1;
/// Somebody holds its lock.
pub(crate) const LOCKED: u8 = 2;
/// It is on its device's list of files with unsynced bytes.
pub(crate) const DIRTY: u8 = 4;
/// `len` is not known before the bytes are generated.
pub(crate) const LEN_UNKNOWN: u8 = 8;

impl Inode {
    pub(crate) fn is(&self, flag: u8) -> bool {
        self.flags & flag != 0
    }

    pub(crate) fn set(&mut self, flag: u8, on: bool) {
        if on {
            self.flags |= flag;
        } else {
            self.flags &= !flag;
        }
    }

    /// Whether a name or an open handle reaches it. What the journal alone keeps does not count as used space.
    pub(crate) fn is_used(&self) -> bool {
        !self.is(FREE) && (0 < self.links || 0 < self.opens)
    }
}

/// Bytes that a program wrote.
#[derive(Clone, Default)]
pub(crate) struct Blob {
    pub(crate) bytes: Vec<u8>,
    /// So many from the start are durable.
    pub(crate) synced: u64,
    /// A sync has failed: what is not durable now never will be (contract S18).
    pub(crate) doomed: bool,
}

/// A vector whose items stay where they are while it grows, with a free list that is used last in, first out.
#[derive(Clone)]
pub(crate) struct Slab<T> {
    chunks: Vec<Vec<T>>,
    free: Vec<u32>,
    len: u32,
}

impl<T> Slab<T> {
    pub(crate) fn new() -> Self {
        Slab {
            chunks: Vec::new(),
            free: Vec::new(),
            len: 0,
        }
    }

    pub(crate) fn insert(&mut self, item: T) -> u32 {
        if let Some(at) = self.free.pop() {
            self[at] = item;
            return at;
        }
        let at = self.len;
        if self.chunks.len() <= at as usize / CHUNK {
            // The first chunk grows as needed, so that a small machine stays small.
            let room = if at == 0 { 64 } else { CHUNK };
            self.chunks.push(Vec::with_capacity(room));
        }
        self.chunks[at as usize / CHUNK].push(item);
        self.len += 1;
        at
    }

    /// Lets the place be used again. The item stays until then.
    pub(crate) fn remove(&mut self, at: u32) {
        self.free.push(at);
    }

    /// How many places there are, used or not.
    pub(crate) fn places(&self) -> u32 {
        self.len
    }

    pub(crate) fn memory(&self) -> usize {
        let items: usize = self.chunks.iter().map(Vec::capacity).sum();
        items * size_of::<T>() + self.free.capacity() * size_of::<u32>()
    }
}

impl<T> std::ops::Index<u32> for Slab<T> {
    type Output = T;
    #[inline]
    fn index(&self, at: u32) -> &T {
        &self.chunks[at as usize / CHUNK][at as usize % CHUNK]
    }
}

impl<T> std::ops::IndexMut<u32> for Slab<T> {
    #[inline]
    fn index_mut(&mut self, at: u32) -> &mut T {
        &mut self.chunks[at as usize / CHUNK][at as usize % CHUNK]
    }
}

impl std::ops::Index<Ino> for Slab<Inode> {
    type Output = Inode;
    #[inline]
    fn index(&self, ino: Ino) -> &Inode {
        &self[ino.0]
    }
}

impl std::ops::IndexMut<Ino> for Slab<Inode> {
    #[inline]
    fn index_mut(&mut self, ino: Ino) -> &mut Inode {
        &mut self[ino.0]
    }
}

const _: () = assert!(size_of::<Inode>() == 48, "a million inodes are counted on");

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slab_keeps_its_items_and_uses_a_place_again() {
        let mut slab = Slab::new();
        for i in 0..140_000_u32 {
            assert_eq!(slab.insert(i * 2), i);
        }
        assert!((0..140_000_u32).all(|i| slab[i] == i * 2));
        slab.remove(7);
        assert_eq!(slab.insert(1), 7);
        assert_eq!((slab[7], slab.places()), (1, 140_000));
    }
}
