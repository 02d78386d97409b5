//! What a worker knows of the hours that it packs: which ids stand in their packs.
//!
//! Eight bytes an id: 48 bits of it and the number of its pack, sorted. What they say is looked up in that pack's first
//! line before it is believed. The books of few hours are kept, because a queue is worked off in the order in which alerts
//! came; one that is needed again is read again.

use super::{NUMBER_MAX, Pack, PackName, numbers, read_index};
use crate::cases::packs::{Index, PACKED};
use crate::layout::hour::{self, is_packable};
use crate::layout::{Context, Dispositions, EntryName, Spool, SpoolError};
use alert::{AlertId, Hour};
use host::Names;
use std::collections::BTreeSet;

/// Ids of all books together, if there is more than one: 1 MiB.
const IDS_MAX: usize = 1 << 17;
/// How many hours have a book, however small.
const HOURS_MAX: usize = 64;
/// An hour that has so many ids is packed no further, so that its book stays below 8 MiB.
const IDS_OF_HOUR_MAX: usize = 1 << 20;

/// What the packs of its hour say of an id.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Standing {
    /// Nothing.
    Unknown,
    /// Its case is a line of this pack, made of that entry.
    Packed(PackName, EntryName),
    /// It is a directory, or to become one.
    Directory,
    /// Nothing is known of the hour yet, and there is much to read: not while names wait to be used (contract S19).
    Later,
}

impl Index {
    /// What this pack says of an id.
    pub(crate) fn standing(&self, name: PackName, id: AlertId) -> Standing {
        if let Some(entry) = self.entries.iter().find(|entry| entry.id() == id) {
            return Standing::Packed(name, *entry);
        }
        match self.directories.contains(&id) {
            true => Standing::Directory,
            false => Standing::Unknown,
        }
    }
}

/// Packs of an hour whose first lines are read at once, when an alert of the hour is met.
const READ_AT_ONCE: usize = 64;

/// The books of some hours.
pub(crate) struct Books {
    /// Hours that are to be read before the next claim.
    wanted: BTreeSet<Hour>,
    /// The one that was used last is the last.
    hours: Vec<(Hour, Book)>,
    /// The first line that was looked into last: copies of alerts come in rows.
    page: Option<(PackName, Index)>,
}

#[derive(Default)]
struct Book {
    /// The greatest number that was seen.
    last: u32,
    /// Whether the hour had case directories when the book was begun. Those that come later are announced.
    has_directories: bool,
    prints: Vec<u64>,
}

impl Books {
    /// Books for a worker of this spool; `None` if nothing was ever packed here, and nothing is to be.
    pub(crate) fn open(spool: &Spool<'_>) -> Result<Option<Self>, SpoolError> {
        let is_needed = spool.options.packed != Dispositions::NONE || is_packed(spool)?;
        Ok(is_needed.then(|| Books {
            wanted: BTreeSet::new(),
            hours: Vec::new(),
            page: None,
        }))
    }

    /// What the packs of the hour say of an id, as far as they were seen.
    pub(crate) fn standing(
        &mut self,
        spool: &Spool<'_>,
        hour: Hour,
        id: AlertId,
    ) -> Result<Standing, SpoolError> {
        if !self.is_known(hour) && self.is_long(spool, hour)? {
            self.wanted.insert(hour);
            return Ok(Standing::Later);
        }
        let numbers: Vec<u32> = self.book(spool, hour)?.numbers_of(id).collect();
        for number in numbers {
            let name = PackName { hour, number };
            let standing = match self.page(spool, name)? {
                Some(index) => index.standing(name, id),
                None => Standing::Unknown,
            };
            if standing != Standing::Unknown {
                return Ok(standing);
            }
        }
        Ok(Standing::Unknown)
    }

    /// Reads the books of the hours that were met and are long. Whether there were any.
    pub(crate) fn read_wanted(&mut self, spool: &Spool<'_>) -> Result<bool, SpoolError> {
        let wanted = std::mem::take(&mut self.wanted);
        for hour in &wanted {
            self.book(spool, *hour)?;
        }
        Ok(!wanted.is_empty())
    }

    fn is_known(&self, hour: Hour) -> bool {
        self.hours.iter().any(|(known, _)| *known == hour)
    }

    fn is_long(&self, spool: &Spool<'_>, hour: Hour) -> Result<bool, SpoolError> {
        Ok(self.wanted.contains(&hour)
            || READ_AT_ONCE < numbers(spool, hour, &mut Names::default())?.len())
    }

    /// The greatest number of the hour's packs that was seen.
    pub(crate) fn last(&mut self, spool: &Spool<'_>, hour: Hour) -> Result<u32, SpoolError> {
        Ok(self.book(spool, hour)?.last)
    }

    /// Whether the hour takes no more packs. Whoever has seen the same packs says the same.
    pub(crate) fn is_full(&mut self, spool: &Spool<'_>, hour: Hour) -> Result<bool, SpoolError> {
        let book = self.book(spool, hour)?;
        let is_full = book.last == NUMBER_MAX || IDS_OF_HOUR_MAX <= book.prints.len();
        Ok(is_full || !is_packable(hour))
    }

    /// Whether a case directory may stand in the hour without any pack saying so.
    pub(crate) fn has_directories(
        &mut self,
        spool: &Spool<'_>,
        hour: Hour,
    ) -> Result<bool, SpoolError> {
        Ok(self.book(spool, hour)?.has_directories)
    }

    /// Reads the packs that were placed since.
    pub(crate) fn read_on(&mut self, spool: &Spool<'_>, hour: Hour) -> Result<(), SpoolError> {
        let book = self.book(spool, hour)?;
        while book.read(spool, hour, book.last + 1)? {}
        Ok(())
    }

    /// Notes a pack that was placed by its own worker.
    pub(crate) fn note(
        &mut self,
        spool: &Spool<'_>,
        number: u32,
        pack: &Pack,
    ) -> Result<(), SpoolError> {
        self.book(spool, pack.hour)?.add(number, &pack.index);
        Ok(())
    }

    /// The hour's book, read if it is not known.
    fn book(&mut self, spool: &Spool<'_>, hour: Hour) -> Result<&mut Book, SpoolError> {
        let known = self.hours.iter().position(|(of, _)| *of == hour);
        let one = match known {
            // Nearly always the last.
            Some(at) if at + 1 == self.hours.len() => None,
            Some(at) => Some(self.hours.remove(at)),
            None => Some((hour, Book::read_all(spool, hour)?)),
        };
        if let Some(one) = one {
            self.hours.push(one);
            self.forget();
        }
        let (_, book) = self.hours.last_mut().expect("one was found or pushed");
        Ok(book)
    }

    fn forget(&mut self) {
        let ids = |hours: &[(Hour, Book)]| -> usize {
            hours.iter().map(|(_, book)| book.prints.len()).sum()
        };
        while 1 < self.hours.len() && (HOURS_MAX < self.hours.len() || IDS_MAX < ids(&self.hours)) {
            self.hours.remove(0);
        }
    }

    fn page(&mut self, spool: &Spool<'_>, name: PackName) -> Result<Option<&Index>, SpoolError> {
        if self.page.as_ref().is_none_or(|(known, _)| *known != name) {
            let index = read_index(spool, spool.cases.at(&name.shelf()))?;
            self.page = index.map(|index| (name, index));
        }
        let page = self.page.as_ref().filter(|(known, _)| *known == name);
        Ok(page.map(|(_, index)| index))
    }
}

impl Book {
    /// Reads the first lines of all packs of the hour.
    ///
    /// A scan may miss what is placed while it runs. So it says how far to look, and every number up to there is tried:
    /// where one stands, those before it do, but for gaps that a power loss left, which nobody fills.
    fn read_all(spool: &Spool<'_>, hour: Hour) -> Result<Self, SpoolError> {
        let mut names = Names::default();
        let last = numbers(spool, hour, &mut names)?.into_iter().max();
        let mut book = Book::default();
        for number in 1..=last.unwrap_or(0) {
            book.read(spool, hour, number)?;
        }
        // After the packs: a directory that appears from here on stands in one of them, or in one that is yet to be read.
        let shelf = hour::shelf_of(hour);
        book.has_directories = spool.cases.has(&shelf).context("look at", &shelf)?;
        Ok(book)
    }

    /// Reads the pack of that number. False if there is none.
    fn read(&mut self, spool: &Spool<'_>, hour: Hour, number: u32) -> Result<bool, SpoolError> {
        let name = PackName { hour, number };
        let Some(index) = read_index(spool, spool.cases.at(&name.shelf()))? else {
            return Ok(false);
        };
        self.add(number, &index);
        Ok(true)
    }

    fn add(&mut self, number: u32, index: &Index) {
        self.last = self.last.max(number);
        let packed = index.entries.iter().map(EntryName::id);
        let ids = packed.chain(index.directories.iter().copied());
        self.prints
            .extend(ids.map(|id| print(id) | u64::from(number)));
        // What was there is sorted: a sort that sees runs has little to do.
        self.prints.sort();
        // A pack that was noted and read again: how full the hour is must not depend on that.
        self.prints.dedup();
    }

    /// The packs that may have the id.
    fn numbers_of(&self, id: AlertId) -> impl Iterator<Item = u32> {
        let wanted = print(id);
        let start = self.prints.partition_point(|print| *print < wanted);
        let same = self.prints[start..]
            .iter()
            .take_while(move |print| **print & !NUMBER_MASK == wanted);
        same.map(|print| (*print & NUMBER_MASK) as u32)
    }
}

const NUMBER_MASK: u64 = NUMBER_MAX as u64;

/// The first 48 bits of an id, above 16 bits for a number.
fn print(id: AlertId) -> u64 {
    let bytes = id.to_bytes();
    bytes[..6]
        .iter()
        .fold(0, |print, byte| print << 8 | u64::from(*byte))
        << 16
}

/// Whether the spool has packs.
pub(crate) fn is_packed(spool: &Spool<'_>) -> Result<bool, SpoolError> {
    spool.cases.has(PACKED).context("look at", PACKED)
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOUR: Hour = Hour {
        year: 2026,
        month: 4,
        day: 1,
        hour: 5,
    };

    #[test]
    fn an_id_is_looked_for_in_the_packs_that_may_have_it_and_in_no_others() {
        let id = |first: u8, last: u8| {
            let mut bytes = [first; 16];
            bytes[15] = last;
            AlertId::from_bytes(bytes)
        };
        let mut book = Book::default();
        for (number, ids) in [(1, vec![id(1, 0), id(9, 0)]), (2, vec![id(1, 7), id(2, 0)])] {
            let mut pack = Pack::new(HOUR);
            pack.index.directories = ids;
            book.add(number, &pack.index);
        }
        let of = |id| book.numbers_of(id).collect::<Vec<_>>();
        assert_eq!(book.last, 2);
        // Two ids may have the same 48 bits: both packs are looked into.
        assert_eq!(of(id(1, 0)), [1, 2]);
        assert_eq!(of(id(2, 0)), [2]);
        assert_eq!(of(id(9, 0)), [1]);
        assert_eq!(of(id(3, 0)), [0; 0]);
    }
}
