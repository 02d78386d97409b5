//! The entries that were published and have no end yet, in memory that does not depend on how many they are (contract S16).
//!
//! Up to a number they are in memory. Beyond it, the oldest go to pages on disk ([`super::page`]): of such an entry, memory has a
//! bit, and its bucket's share of a name. Its id is read back only if the entry stands nowhere. Once few are left, all of them
//! are taken into memory again, and the pages are dropped.
//!
//! An entry of a page is told by its stamp alone: no stamp is given out twice (contract S14).

use super::page::{self, Bits, ENTRIES_MAX, Key, Page};
use crate::failure::Failure;
use alert::AlertId;
use host::Dir;
use serde::de::value::MapAccessDeserializer;
use serde::de::{MapAccess, SeqAccess, Visitor};
use serde::ser::SerializeStruct;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use spool::{EntryName, Stamp};
use std::collections::BTreeSet;

/// Entries without an end.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(super) struct Open {
    /// Those in memory.
    near: BTreeSet<Key>,
    /// Those on disk, by their first stamps.
    pages: Vec<Page>,
    /// The first stamp after those of each page and of all before it: a look asks for each entry once, and must not go through
    /// all pages for it.
    ends: Vec<Option<Stamp>>,
    /// Numbers of files that only the book that was saved last tells of.
    dropped: BTreeSet<u32>,
    /// Whether pages came or went since the book was saved.
    is_changed: bool,
}

/// Where pages are kept, and when entries go there.
#[derive(Clone, Copy)]
pub(super) struct Paging<'a, 'h> {
    /// The directory of their files.
    pub(super) state: &'a Dir<'h>,
    /// The most entries in memory.
    pub(super) near_max: usize,
}

/// Entries that were not seen yet in a look at the disk.
pub(super) struct Unseen {
    near: BTreeSet<Key>,
    /// Of each page.
    pages: Vec<Bits>,
}

impl Open {
    /// How many there are.
    pub(super) fn len(&self) -> usize {
        self.near.len() + self.pages.iter().map(Page::len).sum::<usize>()
    }

    /// Whether there is none.
    pub(super) fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Whether this entry is one of them.
    pub(super) fn contains(&self, entry: &EntryName) -> bool {
        self.near.contains(&key(entry)) || self.in_page(entry.stamp()).is_some()
    }

    /// The page that has the open entry of this stamp, and where.
    fn in_page(&self, stamp: Stamp) -> Option<(usize, usize)> {
        let begun = self
            .pages
            .partition_point(|page| page.first() <= Some(stamp));
        let near = (0..begun).rev();
        let mut near = near.take_while(|at| Some(stamp) < self.ends[*at]);
        near.find_map(|at| {
            let place = self.pages[at].place(stamp)?;
            self.pages[at].is_open(place).then_some((at, place))
        })
    }

    /// Adds pages, in their order.
    fn add_pages(&mut self, pages: impl IntoIterator<Item = Page>) {
        self.pages.extend(pages);
        self.pages.sort_by_key(Page::first);
        self.note_ends();
    }

    fn note_ends(&mut self) {
        let ends = self.pages.iter().scan(None, |end, page| {
            *end = page.end().max(*end);
            Some(*end)
        });
        self.ends = ends.collect();
    }

    /// Adds an entry; says whether it was none of them.
    pub(super) fn insert(&mut self, entry: &EntryName) -> bool {
        !self.contains(entry) && self.near.insert(key(entry))
    }

    /// Removes an entry; says whether it was one of them.
    pub(super) fn remove(&mut self, entry: &EntryName) -> bool {
        if self.near.remove(&key(entry)) {
            return true;
        }
        let Some((at, place)) = self.in_page(entry.stamp()) else {
            return false;
        };
        self.pages[at].note_end(place);
        if self.pages[at].len() == 0 {
            self.drop_page(at);
        }
        true
    }

    fn drop_page(&mut self, at: usize) {
        self.dropped.insert(self.pages.remove(at).number);
        self.note_ends();
        self.is_changed = true;
    }

    /// The smallest stamp of them.
    pub(super) fn first(&self) -> Option<Stamp> {
        let near = self.near.first().map(|(stamp, _)| *stamp);
        near.into_iter()
            .chain(self.pages.iter().filter_map(Page::first_open))
            .min()
    }

    /// Whether one of them has a stamp from `from` on and before `until`.
    pub(super) fn has_any(&self, from: Stamp, until: Stamp) -> bool {
        let lowest = AlertId::from_bytes([0; 16]);
        let mut near = self.near.range((from, lowest)..(until, lowest));
        near.next().is_some() || self.pages.iter().any(|page| page.has_any(from, until))
    }

    /// Writes pages until no more than `near_max` are in memory. What cannot be written stays there.
    pub(super) fn bound(&mut self, paging: Paging<'_, '_>) -> Result<(), Failure> {
        while paging.near_max < self.near.len() {
            // Half of them go at once: they are the oldest, and a few at a time would make many small pages.
            let count = self.near.len().div_ceil(2).min(ENTRIES_MAX);
            let oldest: Vec<Key> = self.near.iter().take(count).copied().collect();
            let page = Page::write(paging.state, self.free_number(), &oldest)?;
            self.add_pages([page]);
            self.is_changed = true;
            match self.near.iter().nth(count).copied() {
                Some(first) => self.near = self.near.split_off(&first),
                None => self.near.clear(),
            }
        }
        Ok(())
    }

    /// The least number whose file no book tells of.
    fn free_number(&self) -> u32 {
        let used: BTreeSet<u32> = self.pages.iter().map(|page| page.number).collect();
        let is_free = |number: &u32| !used.contains(number) && !self.dropped.contains(number);
        (0..)
            .find(is_free)
            .expect("there are fewer pages than numbers")
    }

    /// Takes all of them into memory if they are no more than half of `near_max`.
    pub(super) fn gather(&mut self, paging: Paging<'_, '_>) -> Result<(), Failure> {
        if self.pages.is_empty() || paging.near_max / 2 < self.len() {
            return Ok(());
        }
        while let Some(page) = self.pages.last() {
            self.near.extend(page.entries(paging.state, &page.bits())?);
            self.drop_page(self.pages.len() - 1);
        }
        Ok(())
    }

    /// All of them, unseen.
    pub(super) fn unseen(&self) -> Unseen {
        Unseen {
            near: self.near.clone(),
            pages: self.pages.iter().map(Page::bits).collect(),
        }
    }

    /// Notes that an entry was seen; says whether it is one of them.
    pub(super) fn see(&self, entry: &EntryName, unseen: &mut Unseen) -> bool {
        unseen.near.remove(&key(entry));
        let place = self.in_page(entry.stamp());
        if let Some((at, place)) = place {
            page::set(&mut unseen.pages[at], place, false);
        }
        place.is_some() || self.near.contains(&key(entry))
    }

    /// The names of what was not seen. Reads the pages that have some of it.
    pub(super) fn names(
        &self,
        unseen: &Unseen,
        state: &Dir<'_>,
    ) -> Result<BTreeSet<EntryName>, Failure> {
        let mut names: BTreeSet<EntryName> = unseen.near.iter().map(name).collect();
        for (page, bits) in self.pages.iter().zip(&unseen.pages) {
            if bits.iter().any(|word| *word != 0) {
                names.extend(page.entries(state, bits)?.iter().map(name));
            }
        }
        Ok(names)
    }

    /// Hands the id of each of them to `each`. Reads every page.
    pub(super) fn ids(
        &self,
        state: &Dir<'_>,
        each: &mut dyn FnMut(AlertId),
    ) -> Result<(), Failure> {
        self.near.iter().for_each(|(_, id)| each(*id));
        for page in &self.pages {
            let entries = page.entries(state, &page.bits())?;
            entries.into_iter().for_each(|(_, id)| each(id));
        }
        Ok(())
    }

    /// None of them, for a book that is made anew: the files of the pages are told of by the one that was saved.
    pub(super) fn anew(self) -> Open {
        let pages = self.pages.iter().map(|page| page.number);
        Open {
            dropped: self.dropped.into_iter().chain(pages).collect(),
            ..Open::default()
        }
    }

    /// Whether pages came or went since the book was saved.
    pub(super) fn is_changed(&self) -> bool {
        self.is_changed
    }

    /// Notes that the book was saved: nothing tells of dropped pages any more.
    pub(super) fn note_saved(&mut self, state: &Dir<'_>) {
        for number in std::mem::take(&mut self.dropped) {
            page::remove(state, number);
        }
        self.is_changed = false;
    }
}

fn key(entry: &EntryName) -> Key {
    (entry.stamp(), entry.id())
}

fn name((stamp, id): &Key) -> EntryName {
    EntryName::new(*stamp, *id)
}

/// Those in memory, as a list of names.
struct Near(BTreeSet<Key>);

impl<'de> Deserialize<'de> for Near {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        from.deserialize_seq(Form).map(|open| Near(open.near))
    }
}

/// The written form if there are pages.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Both {
    near: Near,
    pages: Vec<Page>,
}

/// Reads either form: without pages it is a list of names, as it was before there were any. Name by name, because a book of that
/// time may have a million.
struct Form;

impl<'de> Visitor<'de> for Form {
    type Value = Open;

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("a list of entries, or entries and pages")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Open, A::Error> {
        let mut open = Open::default();
        while let Some(entry) = list.next_element::<EntryName>()? {
            open.near.insert(key(&entry));
        }
        Ok(open)
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Open, A::Error> {
        let Both { near, pages } = Both::deserialize(MapAccessDeserializer::new(map))?;
        let mut open = Open {
            near: near.0,
            ..Open::default()
        };
        open.add_pages(pages);
        Ok(open)
    }
}

impl<'de> Deserialize<'de> for Open {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        from.deserialize_any(Form)
    }
}

/// The names of those in memory, one by one.
struct Names<'a>(&'a BTreeSet<Key>);

impl Serialize for Names<'_> {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.collect_seq(self.0.iter().map(name))
    }
}

impl Serialize for Open {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        let near = Names(&self.near);
        if self.pages.is_empty() {
            return near.serialize(to);
        }
        let mut both = to.serialize_struct("Open", 2)?;
        both.serialize_field("near", &near)?;
        both.serialize_field("pages", &self.pages)?;
        both.end()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use spool::BucketName;

    fn stamp(sequence: u32) -> Stamp {
        Stamp {
            millis: 1_775_000_000_000,
            sequence,
        }
    }

    /// Pages with these runs of stamps, each a first one and a count, as a book has them.
    fn book(pages: &[&[(u32, u32)]]) -> Open {
        let page = |(number, runs): (usize, &&[(u32, u32)])| {
            let names = runs
                .iter()
                .map(|(first, count)| BucketName::new(stamp(*first), *count));
            let count: u32 = runs.iter().map(|(_, count)| count).sum();
            serde_json::json!({
                "number": number,
                "runs": names.collect::<Vec<_>>(),
                "open": [u64::MAX >> (64 - count)],
                "sha256": "",
            })
        };
        let pages: Vec<_> = pages.iter().enumerate().map(page).collect();
        let written = serde_json::json!({ "near": [], "pages": pages });
        serde_json::from_value(written).expect("a book")
    }

    #[test]
    fn an_entry_is_found_in_its_page_whatever_the_order_of_the_pages_and_however_they_overlap() {
        // The first ends behind the others, as one does whose oldest entry waited long.
        let pages: [&[(u32, u32)]; 4] = [
            &[(10, 5), (90, 5)],
            &[(20, 10), (50, 2)],
            &[(30, 10)],
            &[(60, 3), (70, 4)],
        ];
        for turn in 0..pages.len() {
            let mut turned = pages;
            turned.rotate_left(turn);
            let mut open = book(&turned);
            let has = |runs: &[(u32, u32)], one: u32| {
                runs.iter()
                    .any(|(first, count)| (*first..first + count).contains(&one))
            };
            for one in 0..120 {
                let entry = EntryName::new(stamp(one), AlertId::from_bytes([7; 16]));
                let is_there = pages.iter().any(|runs| has(runs, one));
                assert_eq!(open.contains(&entry), is_there, "{one}, turned by {turn}");
                assert_eq!(open.remove(&entry), is_there, "{one}, turned by {turn}");
                assert!(!open.contains(&entry), "{one}, turned by {turn}");
            }
            assert!(open.is_empty());
        }
    }
}
