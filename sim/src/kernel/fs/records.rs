//! Where the names are kept: one packed record for each directory entry.
//!
//! A record is a header of [`HEADER`] bytes and the name. Records live in chunks of 4 MiB, in size
//! classes of 4 bytes; a freed record is the next one of its class. So a name costs its own length plus 15 bytes,
//! rounded up to 4, and one entry is one or two cache lines.
//!
//! | bytes | field |
//! |---|---|
//! | 0..4 | inode |
//! | 4..8 | sequence number of the operation that made the entry |
//! | 8..12 | the reader's call count when a scan last returned the entry |
//! | 12..14 | that reader + 1 (14 bits), node kind (2 bits) |
//! | 14 | length of the name |

use super::{Ino, Node};

/// Bytes before the name.
const HEADER: usize = 15;
/// Records start at multiples of this many bytes.
const UNIT: usize = 4;
const CHUNK_UNITS: u32 = 1 << 20;
const CHUNK_BYTES: usize = CHUNK_UNITS as usize * UNIT;
/// The longest record: header and 255 bytes of name, in units.
const CLASSES: usize = (HEADER + 255).div_ceil(UNIT) + 1;
/// How many readers the header can tell apart.
pub(crate) const READERS_MAX: u16 = (1 << 14) - 2;

/// A record's place. Never 0.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) struct Rec(pub(crate) u32);

/// When a scan last returned an entry, and to whom.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Seen {
    pub(crate) task: u16,
    pub(crate) calls: u32,
}

/// All the records of a machine.
#[derive(Clone)]
pub(crate) struct Records {
    chunks: Vec<Vec<u8>>,
    /// The first unit that was never used.
    next: u32,
    free: [u32; CLASSES],
}

impl Records {
    pub(crate) fn new() -> Self {
        Records {
            chunks: Vec::new(),
            // Place 0 means "none" in the tables.
            next: 1,
            free: [0; CLASSES],
        }
    }

    /// Keeps a new entry.
    ///
    /// # Panics
    /// If `name` is longer than 255 bytes: the caller has checked that.
    pub(crate) fn insert(&mut self, name: &[u8], ino: Ino, node: Node, seq: u32) -> Rec {
        let len = u8::try_from(name.len()).expect("a name's length is checked before");
        let class = units(name.len());
        let rec = self.take(class);
        let bytes = self.bytes_mut(rec);
        bytes[0..4].copy_from_slice(&ino.0.to_le_bytes());
        bytes[4..8].copy_from_slice(&seq.to_le_bytes());
        bytes[8..12].fill(0);
        bytes[12..14].copy_from_slice(&((node as u16) << 14).to_le_bytes());
        bytes[14] = len;
        bytes[HEADER..HEADER + name.len()].copy_from_slice(name);
        rec
    }

    fn take(&mut self, class: usize) -> Rec {
        let head = self.free[class];
        if head != 0 {
            self.free[class] = word(self.bytes(Rec(head)), 0);
            return Rec(head);
        }
        let class = class as u32;
        // A record lies in one chunk; the few units at the end of the last one are given up.
        if self.next % CHUNK_UNITS + class > CHUNK_UNITS {
            self.next = self.next.next_multiple_of(CHUNK_UNITS);
        }
        self.make_room(self.next, class);
        let rec = Rec(self.next);
        self.next = self
            .next
            .checked_add(class)
            .expect("16 GiB of names are more than a run can hold");
        rec
    }

    /// Sees to it that there is memory for `class` units from `place` on. The first chunk grows as needed, so that a small
    /// machine is cheap to make; the others are made whole, and the real machine gives them memory as they are touched.
    fn make_room(&mut self, place: u32, class: u32) {
        let chunk = (place / CHUNK_UNITS) as usize;
        if self.chunks.len() <= chunk {
            let bytes = if chunk == 0 { 4_096 } else { CHUNK_BYTES };
            self.chunks.push(vec![0; bytes]);
        }
        let end = (place % CHUNK_UNITS + class) as usize * UNIT;
        let bytes = &mut self.chunks[chunk];
        if bytes.len() < end {
            bytes.resize((bytes.len() * 2).clamp(end, CHUNK_BYTES), 0);
        }
    }

    /// Gives a record back.
    pub(crate) fn remove(&mut self, rec: Rec) {
        let class = units(self.name(rec).len());
        let head = std::mem::replace(&mut self.free[class], rec.0);
        self.bytes_mut(rec)[0..4].copy_from_slice(&head.to_le_bytes());
    }

    #[inline]
    fn bytes(&self, rec: Rec) -> &[u8] {
        &self.chunks[(rec.0 / CHUNK_UNITS) as usize][(rec.0 % CHUNK_UNITS) as usize * UNIT..]
    }

    #[inline]
    fn bytes_mut(&mut self, rec: Rec) -> &mut [u8] {
        &mut self.chunks[(rec.0 / CHUNK_UNITS) as usize][(rec.0 % CHUNK_UNITS) as usize * UNIT..]
    }

    #[inline]
    pub(crate) fn name(&self, rec: Rec) -> &[u8] {
        let bytes = self.bytes(rec);
        &bytes[HEADER..HEADER + usize::from(bytes[14])]
    }

    #[inline]
    pub(crate) fn ino(&self, rec: Rec) -> Ino {
        Ino(word(self.bytes(rec), 0))
    }

    #[inline]
    pub(crate) fn seq(&self, rec: Rec) -> u32 {
        word(self.bytes(rec), 4)
    }

    #[inline]
    pub(crate) fn node(&self, rec: Rec) -> Node {
        Node::of_bits(self.bytes(rec)[13] >> 6)
    }

    #[inline]
    pub(crate) fn seen(&self, rec: Rec) -> Option<Seen> {
        let bytes = self.bytes(rec);
        let task = u16::from_le_bytes([bytes[12], bytes[13]]) & 0x3FFF;
        Some(Seen {
            task: task.checked_sub(1)?,
            calls: word(bytes, 8),
        })
    }

    /// Remembers that a scan returned the entry.
    #[inline]
    pub(crate) fn set_seen(&mut self, rec: Rec, seen: Seen) {
        let bytes = self.bytes_mut(rec);
        bytes[8..12].copy_from_slice(&seen.calls.to_le_bytes());
        bytes[12] = (seen.task + 1) as u8;
        bytes[13] = (bytes[13] & 0xC0) | ((seen.task + 1) >> 8) as u8;
    }

    /// Forgets which scan returned the entry last.
    pub(crate) fn forget_seen(&mut self, rec: Rec) {
        let bytes = self.bytes_mut(rec);
        bytes[8..12].fill(0);
        bytes[12] = 0;
        bytes[13] &= 0xC0;
    }

    /// Bytes of memory held.
    pub(crate) fn memory(&self) -> usize {
        self.chunks.iter().map(Vec::capacity).sum()
    }
}

fn units(name_len: usize) -> usize {
    (HEADER + name_len).div_ceil(UNIT)
}

#[inline]
fn word(bytes: &[u8], at: usize) -> u32 {
    u32::from_le_bytes([bytes[at], bytes[at + 1], bytes[at + 2], bytes[at + 3]])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_record_gives_back_what_it_was_given_and_its_place_is_used_again() {
        let mut records = Records::new();
        let a = records.insert(b"alert.json", Ino(7), Node::Dir, 9);
        let b = records.insert(&[b'x'; 255], Ino(8), Node::Link, 10);
        records.set_seen(
            a,
            Seen {
                task: READERS_MAX,
                calls: 3,
            },
        );
        assert_eq!(records.name(a), b"alert.json");
        assert_eq!((records.ino(a), records.seq(a)), (Ino(7), 9));
        assert_eq!(records.node(a), Node::Dir);
        assert_eq!(
            records.seen(a),
            Some(Seen {
                task: READERS_MAX,
                calls: 3
            })
        );
        assert_eq!((records.node(b), records.seen(b)), (Node::Link, None));
        assert_eq!(records.name(b), [b'x'; 255]);
        records.remove(a);
        assert_eq!(records.insert(b"other.json", Ino(1), Node::File, 1), a);
        assert_eq!(records.seen(a), None);
    }

    #[test]
    fn no_record_lies_across_two_chunks() {
        let mut records = Records::new();
        let name = [b'n'; 250];
        let all: Vec<Rec> = (0..20_000)
            .map(|i| records.insert(&name, Ino(i), Node::File, 0))
            .collect();
        for (i, &rec) in all.iter().enumerate() {
            assert_eq!(
                (records.ino(rec).0 as usize, records.name(rec)),
                (i, &name[..])
            );
        }
    }
}
