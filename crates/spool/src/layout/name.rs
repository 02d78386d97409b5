//! The names of entries and buckets. Byte order is queue order, so nothing is ever asked for its time to be sorted.

use alert::AlertId;
use host::Millis;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// When a name was given out: the publisher's milliseconds, and a number within them.
///
/// Orders as the names do. A publisher's stamps only grow, over restarts and clock steps (contract S14).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub struct Stamp {
    /// Milliseconds since 1970, never less than those of any earlier stamp.
    pub millis: u64,
    /// Counts from 0 within the same milliseconds.
    pub sequence: u32,
}

/// Digits of the milliseconds in a name: enough until the year 2286.
const MILLIS_LEN: usize = 13;
/// Digits of the sequence in a name.
const SEQUENCE_LEN: usize = 8;
/// Digits of the count in a bucket's name.
const COUNT_LEN: usize = 5;
const STAMP_LEN: usize = MILLIS_LEN + 1 + SEQUENCE_LEN;

/// Sequences that fit their digits.
const SEQUENCE_END: u32 = 100_000_000;
/// Milliseconds that fit their digits.
const MILLIS_END: u64 = 10_000_000_000_000;

/// The most entries that a bucket may have: its listing stays a few chunks, and its name has room for the count.
pub const BUCKET_ENTRIES_MAX: u32 = 4_096;

impl Stamp {
    /// The first stamp at or after the clock's `now` that is greater than `self`, with room for `count` in sequence.
    pub fn next(self, now: Millis, count: u32) -> Stamp {
        let now = u64::try_from(now.0).unwrap_or(0).min(MILLIS_END - 1);
        if self.millis < now {
            return Stamp {
                millis: now,
                sequence: 0,
            };
        }
        // The clock stands still or stepped back: go on from the last name that was given out.
        match self.sequence.checked_add(1) {
            Some(sequence) if sequence + count < SEQUENCE_END => Stamp {
                millis: self.millis,
                sequence,
            },
            _ => Stamp {
                millis: self.millis + 1,
                sequence: 0,
            },
        }
    }

    /// The last stamp of the same millisecond.
    pub(crate) fn end_of_millis(self) -> Stamp {
        Stamp {
            sequence: SEQUENCE_END - 1,
            ..self
        }
    }

    /// The last stamp before this millisecond.
    pub(crate) fn before(millis: u64) -> Stamp {
        match millis.checked_sub(1) {
            Some(millis) => Stamp {
                millis,
                sequence: 0,
            }
            .end_of_millis(),
            None => Stamp::default(),
        }
    }

    /// The stamp `offset` further in the same milliseconds.
    pub fn offset(self, offset: u32) -> Stamp {
        Stamp {
            millis: self.millis,
            sequence: self.sequence + offset,
        }
    }

    fn write(self, into: &mut [u8]) {
        digits(self.millis, &mut into[..MILLIS_LEN]);
        into[MILLIS_LEN] = b'-';
        digits(
            u64::from(self.sequence),
            &mut into[MILLIS_LEN + 1..STAMP_LEN],
        );
    }

    fn parse(bytes: &[u8]) -> Option<Stamp> {
        let millis = number(&bytes[..MILLIS_LEN])?;
        let sequence = number(&bytes[MILLIS_LEN + 1..STAMP_LEN])?;
        let sequence = u32::try_from(sequence).ok()?;
        (bytes[MILLIS_LEN] == b'-').then_some(Stamp { millis, sequence })
    }
}

/// The name of an alert's file in the spool: stamp, id, `.json`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct EntryName([u8; EntryName::LEN]);

impl EntryName {
    /// Bytes of a name.
    pub const LEN: usize = STAMP_LEN + 1 + AlertId::HEX_LEN + SUFFIX.len();

    /// The name of the alert `id`, published at `stamp`.
    pub fn new(stamp: Stamp, id: AlertId) -> Self {
        let mut bytes = [b'-'; Self::LEN];
        stamp.write(&mut bytes[..STAMP_LEN]);
        bytes[STAMP_LEN + 1..STAMP_LEN + 1 + AlertId::HEX_LEN].copy_from_slice(&id.to_hex());
        bytes[STAMP_LEN + 1 + AlertId::HEX_LEN..].copy_from_slice(SUFFIX);
        EntryName(bytes)
    }

    /// Reads a name; `None` if it is no entry's.
    pub fn parse(bytes: &[u8]) -> Option<Self> {
        let name = EntryName(bytes.try_into().ok()?);
        Stamp::parse(bytes)?;
        AlertId::from_hex(&bytes[STAMP_LEN + 1..STAMP_LEN + 1 + AlertId::HEX_LEN])?;
        (bytes[STAMP_LEN] == b'-' && bytes.ends_with(SUFFIX)).then_some(name)
    }

    /// When the name was given out.
    pub fn stamp(&self) -> Stamp {
        Stamp::parse(&self.0).expect("an entry's name was checked when it was made")
    }

    /// The alert's id.
    pub fn id(&self) -> AlertId {
        AlertId::from_hex(&self.0[STAMP_LEN + 1..STAMP_LEN + 1 + AlertId::HEX_LEN])
            .expect("an entry's name was checked when it was made")
    }
}

const SUFFIX: &[u8] = b".json";

/// The name of a bucket: the stamp of its first entry, and how many entries it was given.
///
/// The count is an upper bound: a neighbour may have removed entries since.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct BucketName([u8; BucketName::LEN]);

impl BucketName {
    /// Bytes of a name.
    pub const LEN: usize = STAMP_LEN + 1 + COUNT_LEN;

    /// The name of a bucket of `count` entries, the first stamped `first`.
    ///
    /// # Panics
    /// If `count` is more than [`BUCKET_ENTRIES_MAX`].
    pub fn new(first: Stamp, count: u32) -> Self {
        assert!(count <= BUCKET_ENTRIES_MAX, "a bucket of {count} entries");
        let mut bytes = [b'-'; Self::LEN];
        first.write(&mut bytes[..STAMP_LEN]);
        digits(u64::from(count), &mut bytes[STAMP_LEN + 1..]);
        BucketName(bytes)
    }

    /// Reads a name; `None` if it is no bucket's.
    pub fn parse(bytes: &[u8]) -> Option<Self> {
        let name = BucketName(bytes.try_into().ok()?);
        Stamp::parse(bytes)?;
        let count = number(&bytes[STAMP_LEN + 1..])?;
        (bytes[STAMP_LEN] == b'-' && count <= u64::from(BUCKET_ENTRIES_MAX)).then_some(name)
    }

    /// The stamp of its first entry: what tells buckets apart, whatever their count.
    pub fn first(&self) -> Stamp {
        Stamp::parse(&self.0).expect("a bucket's name was checked when it was made")
    }

    /// How many entries it was given.
    pub fn count(&self) -> u32 {
        let count = number(&self.0[STAMP_LEN + 1..]);
        count
            .and_then(|count| u32::try_from(count).ok())
            .expect("a bucket's name was checked")
    }

    /// The same bucket with another count.
    pub fn with_count(&self, count: u32) -> BucketName {
        BucketName::new(self.first(), count)
    }
}

fn digits(mut number: u64, into: &mut [u8]) {
    for digit in into.iter_mut().rev() {
        *digit = b'0' + (number % 10) as u8;
        number /= 10;
    }
    assert_eq!(number, 0, "a number outgrew its digits in a name");
}

fn number(digits: &[u8]) -> Option<u64> {
    digits.iter().try_fold(0u64, |number, digit| {
        digit
            .is_ascii_digit()
            .then(|| number * 10 + u64::from(digit - b'0'))
    })
}

/// What both kinds of names can do alike.
macro_rules! name_traits {
    ($name:ident, $what:literal) => {
        impl $name {
            /// The name, as text.
            pub fn as_str(&self) -> &str {
                std::str::from_utf8(&self.0).expect("names are ASCII")
            }
        }
        impl AsRef<[u8]> for $name {
            fn as_ref(&self) -> &[u8] {
                &self.0
            }
        }
        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(self.as_str())
            }
        }
        impl std::fmt::Debug for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(self.as_str())
            }
        }
        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(self.as_str())
            }
        }
        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                /// Reads the name where it stands, without a copy of its text.
                struct InPlace;
                impl serde::de::Visitor<'_> for InPlace {
                    type Value = $name;

                    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                        f.write_str(concat!("the name of ", $what))
                    }

                    fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<$name, E> {
                        let name = $name::parse(text.as_bytes());
                        name.ok_or_else(|| E::custom(concat!("not the name of ", $what)))
                    }
                }
                deserializer.deserialize_str(InPlace)
            }
        }
    };
}
name_traits!(EntryName, "an entry");
name_traits!(BucketName, "a bucket");

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_read_back_and_sort_as_their_stamps() {
        let id = AlertId::of("i", "d");
        let early = Stamp {
            millis: 999,
            sequence: 99_999_998,
        };
        let late = Stamp {
            millis: 1_775_021_347_123,
            sequence: 7,
        };
        assert!(EntryName::new(early, id) < EntryName::new(late, id));
        assert!(BucketName::new(early, 4_096) < BucketName::new(late, 1));
        let entry = EntryName::new(late, id);
        assert_eq!(EntryName::parse(entry.as_ref()), Some(entry));
        assert_eq!((entry.stamp(), entry.id()), (late, id));
        let bucket = BucketName::new(late, 250);
        assert_eq!(bucket.as_str(), "1775021347123-00000007-00250");
        assert_eq!(BucketName::parse(bucket.as_ref()), Some(bucket));
        assert_eq!((bucket.first(), bucket.count()), (late, 250));
    }

    #[test]
    fn strangers_names_are_refused() {
        let entry = EntryName::new(Stamp::default(), AlertId::of("i", "d"));
        for (at, byte) in [(0, b'x'), (13, b'_'), (22, b'.'), (30, b'G'), (59, b'm')] {
            let mut bytes = entry.0;
            bytes[at] = byte;
            assert_eq!(EntryName::parse(&bytes), None, "byte {at}");
        }
        assert_eq!(EntryName::parse(b"a.json"), None);
        assert_eq!(BucketName::parse(b"1775021347123-00000007-99999"), None);
        assert_eq!(BucketName::parse(b"1775021347123-00000007-00250x"), None);
    }

    #[test]
    fn stamps_grow_whatever_the_clock_does() {
        let mut last = Stamp {
            millis: 500,
            sequence: 3,
        };
        for now in [501, 501, 90, -7, 501, 502, 0] {
            let next = last.next(Millis(now), 250);
            assert!(last < next, "{last:?} < {next:?} at {now}");
            last = next.offset(249);
        }
        let full = Stamp {
            millis: 500,
            sequence: SEQUENCE_END - 2,
        };
        assert_eq!(
            full.next(Millis(1), 250),
            Stamp {
                millis: 501,
                sequence: 0
            }
        );
    }
}
