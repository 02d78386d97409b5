//! Reading a directory in chunks: a cursor, and no snapshot (but for the profile that is one).

use super::handles::{Cursor, Grip, Listing};
use super::records::{Rec, Records, Seen};
use super::{DirectoryProfile, Fs, Ino};
use crate::kernel::effect::Effect;
use crate::kernel::options::ProcessId;
use host::{DirId, Errno, Names};

/// One chunk while it is being filled.
struct Chunk<'n> {
    names: &'n mut Names,
    left: usize,
    seen: Option<Seen>,
    last: Option<(u32, Rec)>,
}

impl Chunk<'_> {
    /// Adds an entry and stamps it. False if the chunk is full.
    fn push(&mut self, records: &mut Records, key: u32, rec: Rec) -> bool {
        let name = records.name(rec);
        let cost = Names::cost(name.len());
        if self.left < cost {
            return false;
        }
        self.left -= cost;
        self.names.push(name, records.node(rec).kind());
        if let Some(seen) = self.seen {
            records.set_seen(rec, seen);
        }
        self.last = Some((key, rec));
        true
    }
}

impl Fs {
    /// [`host::Host::read_dir`]; `seen` is what the entries are stamped with, if the task is watched.
    pub(crate) fn read_dir<'p>(
        &mut self,
        process: ProcessId,
        dir: DirId,
        names: &mut Names,
        seen: Option<Seen>,
    ) -> Result<Effect<'p>, Errno> {
        names.clear();
        let (ino, _) = self.scan(process, dir)?;
        self.touched.ino = ino;
        if self.dir(ino).dead {
            return Err(Errno::NotFound);
        }
        let mut cursor = std::mem::take(self.scan(process, dir)?.1);
        let mut chunk = Chunk {
            left: names.capacity(),
            names,
            seen,
            last: cursor.last,
        };
        let directory = &self.dirs[self.inodes[ino].data];
        let records = &mut self.records;
        match self.options.directory {
            DirectoryProfile::Ext4 => {
                for slot in directory.table.after(cursor.last) {
                    if !chunk.push(records, slot.hash, slot.rec()) {
                        break;
                    }
                }
            }
            DirectoryProfile::Tmpfs => {
                let end = cursor.last.map_or(u32::MAX, |(key, _)| key);
                let order = directory.order.iter();
                for (&key, &rec) in order.flat_map(|order| order.by_key.range(..end).rev()) {
                    if !chunk.push(records, key, rec) {
                        break;
                    }
                }
            }
            DirectoryProfile::Adversarial => {
                use std::ops::Bound::{Excluded, Unbounded};
                let from = cursor.last.map_or(Unbounded, |(key, _)| Excluded(key));
                let order = directory.order.iter();
                for (&key, &rec) in order.flat_map(|order| order.by_key.range((from, Unbounded))) {
                    if !chunk.push(records, key, rec) {
                        break;
                    }
                }
            }
            DirectoryProfile::Snapshot => {
                let listing = cursor.listing.take();
                let mut listing = listing.unwrap_or_else(|| self.list(ino));
                self.fill_from_listing(ino, &mut listing, &mut chunk);
                cursor.listing = Some(listing);
            }
        }
        cursor.last = chunk.last;
        let count = chunk.names.len() as u32;
        self.handles.get(dir.0, process)?.cursor = cursor;
        Ok(Effect::Listed { dir: ino, count })
    }

    /// [`host::Host::rewind_dir`].
    pub(crate) fn rewind_dir<'p>(
        &mut self,
        process: ProcessId,
        dir: DirId,
    ) -> Result<Effect<'p>, Errno> {
        let (ino, cursor) = self.scan(process, dir)?;
        *cursor = Cursor::default();
        self.touched.ino = ino;
        Ok(Effect::None)
    }

    /// The directory and the scan position of an open directory.
    fn scan(&mut self, process: ProcessId, dir: DirId) -> Result<(Ino, &mut Cursor), Errno> {
        let handle = self.handles.get(dir.0, process)?;
        if !matches!(handle.grip, Grip::Root | Grip::Dir) {
            return Err(Errno::BadHandle);
        }
        Ok((handle.ino, &mut handle.cursor))
    }

    fn list(&self, dir: Ino) -> Box<Listing> {
        let mut listing = Box::new(Listing {
            bytes: Vec::new(),
            entries: Vec::new(),
            next: 0,
        });
        for slot in self.dir(dir).table.after(None) {
            let name = self.records.name(slot.rec());
            let start = listing.bytes.len() as u32;
            listing.bytes.extend_from_slice(name);
            let node = self.records.node(slot.rec());
            listing.entries.push((start, name.len() as u8, node));
        }
        listing
    }

    fn fill_from_listing(&mut self, dir: Ino, listing: &mut Listing, chunk: &mut Chunk<'_>) {
        while let Some(&(start, len, node)) = listing.entries.get(listing.next) {
            let name = &listing.bytes[start as usize..start as usize + usize::from(len)];
            let cost = Names::cost(name.len());
            if chunk.left < cost {
                break;
            }
            chunk.left -= cost;
            chunk.names.push(name, node.kind());
            listing.next += 1;
            // The name may be gone by now; then there is nothing to stamp.
            if let Ok(spot) = self.find(dir, name)
                && let (Some(rec), Some(seen)) = (spot.rec, chunk.seen)
            {
                self.records.set_seen(rec, seen);
            }
        }
    }
}
