//! Packed cases: one file for many alerts, for those that nobody is expected to open.
//!
//! A directory a case costs some 20 times a line in a file. What is judged so ([`crate::SpoolOptions::packed`]) becomes a
//! line of `cases/packed/YYYY/MM/DD/HH/<number>.ndjson`, one file for each bucket and hour of its alerts. The file's first
//! line says which lines follow and what their bytes are; see [`parse`].
//!
//! # One case for an id, without a lock
//! **The number is the claim.** A pack is written aside, made durable, and renamed to the number after the last one of its
//! hour; the rename replaces nothing. If the number is taken, somebody placed a pack meanwhile: the worker reads which ids
//! that one has, takes them out of its own, and tries the next number. So whoever stands at number n has seen all packs
//! before it, and an id is in at most one pack of its hour. An id's hour never changes, because its bytes do not.
//!
//! **Directories are announced.** An id must not be packed by one worker while another one makes a directory for it. So in a
//! spool that packs, a worker lists the ids of its directories in its pack as well, places the pack, and only then the
//! directories. An id that is announced is a directory for ever, whoever comes to make it; one that stands in a pack is
//! never given a directory. A directory that stands without having been announced (a power loss took the announcement, or
//! the spool did not pack at that time) is seen by a look at its name: no such directory can appear while somebody packs.
//! That is why every process that opens a spool must be given the same options.
//!
//! **The pack is the token.** Once it is in its place its ids are cased. Their files in the bucket are copies from then on,
//! and are removed when the record is durable (contract S12). A worker stages its packs inside the claimed bucket, so that
//! the path is the fence for them, too: when the bucket is given away, the staged pack is gone from under the name.
//!
//! **What is not packed**: alerts without a usable time, because no hour bounds what must be known of them; bytes that are
//! no UTF-8, because a line is text; and what comes after an hour has 65,535 packs or a million ids. They become
//! directories.
//!
//! - `format` is a pack's bytes, `digest` reads them all to prove them, `book` what a worker knows of an hour, `since` is how recovery finds out what became of a
//!   dead worker's packs. A worker puts packs into their places in `crate::work`.

mod book;
mod digest;
mod format;
mod since;

use crate::buckets::bucket::STAGED_PACK;
use crate::layout::hour::{self, hour_digits};
use crate::layout::{Context, Spool, SpoolError, read_or_gone};
use alert::Hour;
use host::{Dir, Names};

pub(crate) use book::{Books, Standing, is_packed};
pub(crate) use digest::read_digest;
pub(crate) use format::{Index, Pack, TextForm, read_index, read_line};
pub use format::{PackedCase, ParsedPack, parse};
pub(crate) use since::{Permit, Since};

/// Where packs are, below `cases/`.
pub(crate) const PACKED: &str = "packed";
const SUFFIX: &str = ".ndjson";
/// The greatest number of a pack: an hour's book has 16 bits for it.
const NUMBER_MAX: u32 = u16::MAX as u32;

/// Which pack: that number of that hour.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) struct PackName {
    pub(crate) hour: Hour,
    pub(crate) number: u32,
}

impl PackName {
    /// Its path below `cases/`, which is also the shelf of its cases in the ledger.
    pub(crate) fn shelf(&self) -> String {
        format!("{}/{:06}{SUFFIX}", shelf_of(self.hour), self.number)
    }
}

/// Whether a shelf that the ledger names is a pack.
pub(crate) fn is_pack(shelf: &str) -> bool {
    let below = shelf.strip_prefix(PACKED);
    below.is_some_and(|rest| rest.starts_with('/') && rest.ends_with(SUFFIX))
}

/// The number in the name of a pack's file.
pub(crate) fn parse_number(name: &[u8]) -> Option<u32> {
    let digits = name.strip_suffix(SUFFIX.as_bytes())?;
    let is_number = digits.len() == 6 && digits.iter().all(u8::is_ascii_digit);
    is_number
        .then(|| std::str::from_utf8(digits).ok()?.parse().ok())
        .flatten()
}

/// The directory of an hour's packs, below `cases/`.
pub(crate) fn shelf_of(hour: Hour) -> String {
    format!("{PACKED}/{}", hour::shelf_of(hour))
}

/// The name of the hour's `number`-th pack in its bucket, before it is placed.
pub(crate) fn staged_name(hour: Hour, number: usize) -> String {
    format!("{}-{number}{STAGED_PACK}", hour_digits(hour))
}

/// The numbers of an hour's packs, in no order; none if it has no directory.
pub(crate) fn numbers(
    spool: &Spool<'_>,
    hour: Hour,
    names: &mut Names,
) -> Result<Vec<u32>, SpoolError> {
    let shelf = shelf_of(hour);
    let dir = match Dir::open(spool.host, spool.cases.at(&shelf)) {
        Ok(dir) => dir,
        Err(error) if error.is_vanished() => return Ok(Vec::new()),
        Err(error) => return Err(error).context("open", &shelf),
    };
    let mut found = Vec::new();
    while read_or_gone(&dir, names).context("list", &shelf)? {
        found.extend(names.iter().filter_map(|entry| parse_number(entry.name)));
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::buckets::bucket::is_staged_pack;

    const HOUR: Hour = Hour {
        year: 2026,
        month: 4,
        day: 1,
        hour: 5,
    };

    #[test]
    fn a_packs_path_is_its_shelf_and_tells_its_number() {
        let name = PackName {
            hour: HOUR,
            number: 17,
        };
        assert_eq!(name.shelf(), "packed/2026/04/01/05/000017.ndjson");
        assert!(is_pack(&name.shelf()));
        assert!(!is_pack("2026/04/01/05") && !is_pack("packed/2026"));
        assert_eq!(parse_number(b"000017.ndjson"), Some(17));
        for name in [&b"17.ndjson"[..], b"000017.json", b"00001a.ndjson"] {
            assert_eq!(parse_number(name), None);
        }
    }

    #[test]
    fn a_staged_pack_is_known_by_its_name() {
        assert!(is_staged_pack(staged_name(HOUR, 0).as_bytes()));
        assert!(!is_staged_pack(b"000017.ndjson"));
    }
}
