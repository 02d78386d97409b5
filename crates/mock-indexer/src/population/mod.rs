//! The documents of the indexer: never their JSON, only a sorted vector of what their JSON is made from.
//!
//! A key has 24 bytes, so 1,100,000 alerts take 26 MB. Keys are sorted as a search sorts them, by time and then by `_id`;
//! an index holds the alerts of one UTC day, so it is a range of the vector, and so is every time range in it.

mod arrival;
mod count;
mod day;
mod recipe;

pub(crate) use day::Day;
pub use recipe::{Batch, Dated, Delivery, Indexed, Planted, Recipe, Second};

use crate::alert_body::Bodies;
use crate::document_id::{self, Identity};
use arrival::Routing;
use count::Blocks;
use recipe::REINDEXED;
use std::borrow::Cow;
use std::cmp::Ordering;
use std::collections::BTreeMap;
use std::ops::Range;

/// The most shards that an index may have.
pub const SHARDS_MAX: u8 = 8;

/// How the name of a copied index ends. It is no index of its own here: whoever asks for its original, or for a pattern that
/// both fit, is shown both.
pub const SECOND_INDEX: &str = "-reindexed";

const DAY_MS: i64 = 86_400_000;

/// The delivery number of a planted document, which no generated one has.
const PLANTED: u8 = u8::MAX;

/// All documents that the indexer has, or will have.
#[derive(Clone, Debug)]
pub struct Population {
    routing: Routing,
    bodies: Bodies,
    keys: Vec<Key>,
    blocks: Blocks,
    days: Vec<Day>,
    /// When each day's index was created: when its first document reached the indexer.
    created: BTreeMap<i64, i64>,
    planted: Vec<Planted>,
    /// The key of each planted document, by `_id`.
    planted_keys: BTreeMap<String, Key>,
}

/// What a document is made from.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Key {
    /// The alert's time.
    pub(crate) ts_ms: i64,
    /// When a search sees it.
    pub(crate) visible_at_ms: i64,
    /// The alert's number; that of [`Population::planted`] for a planted one.
    pub(crate) seq: u32,
    /// The delivery, or [`PLANTED`].
    pub(crate) copy: u8,
    /// The shard that holds it.
    pub(crate) shard: u8,
}

impl Key {
    /// The key of a generated alert's document, as far as its hit needs it; `copy` is 0 for the first.
    pub(crate) fn generated(seq: u32, ts_ms: i64, copy: u8) -> Self {
        Key {
            ts_ms,
            visible_at_ms: ts_ms,
            seq,
            copy,
            shard: 0,
        }
    }
}

const _: () = assert!(size_of::<Key>() == 24, "1.1 M alerts are to take 26 MB");

/// A document as the oracle of a test knows it, without asking over HTTP.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Document {
    /// Its `_index`.
    pub index: String,
    /// Its `_id`.
    pub id: String,
    /// The number of the alert that it delivers; `None` if it was planted. A redelivered alert has two documents.
    pub seq: Option<u32>,
    /// The alert's time in milliseconds since 1970.
    pub timestamp_ms: i64,
    /// When a search sees it, in milliseconds since 1970.
    pub visible_at_ms: i64,
}

impl Population {
    /// Makes the population of `recipe`.
    ///
    /// Panics if the recipe has no shards or more than [`SHARDS_MAX`], a refresh of less than a millisecond, no agents, an
    /// empty range of times, or more redelivered alerts in a batch than alerts.
    pub fn new(recipe: Recipe) -> Self {
        assert!(0 < recipe.shards, "an index needs a shard");
        assert!(recipe.shards <= SHARDS_MAX, "{} shards", recipe.shards);
        assert!(0 < recipe.refresh_ms, "a shard must refresh");
        assert!(0 < recipe.agents, "alerts come from agents");
        let (keys, created) = arrival::arrive(&recipe);
        let mut population = Population {
            routing: Routing::of(&recipe),
            bodies: Bodies::new(recipe.seed, recipe.agents, recipe.zone, recipe.form)
                .padded(recipe.padding as usize),
            keys: Vec::new(),
            blocks: Blocks::default(),
            days: Vec::new(),
            created,
            planted: recipe.planted,
            planted_keys: BTreeMap::new(),
        };
        population.sort(keys);
        population.days = day::cut(recipe.form, &population.keys, &population.created);
        population
    }

    /// Adds a planted document to those that there are. Takes time in proportion to all of them: it is for a few.
    pub(crate) fn ingest(&mut self, planted: Planted) -> Document {
        let number = u32::try_from(self.planted.len()).expect("planted documents are few");
        let (ts_ms, indexed_at_ms) = (planted.timestamp_ms, planted.indexed_at_ms);
        let key = self.routing.key(ts_ms, indexed_at_ms, number, PLANTED);
        arrival::note_created(&mut self.created, ts_ms, indexed_at_ms);
        let place = self
            .keys
            .partition_point(|known| self.compare(known, ts_ms, Some(&planted.id)).is_lt());
        self.planted_keys.insert(planted.id.clone(), key);
        self.planted.push(planted);
        self.keys.insert(place, key);
        self.blocks = Blocks::of(&self.keys);
        self.days = day::cut(self.bodies.form(), &self.keys, &self.created);
        self.document(&key)
    }

    fn sort(&mut self, mut keys: Vec<Key>) {
        keys.sort_unstable_by(|a, b| {
            let by_time = a.ts_ms.cmp(&b.ts_ms);
            by_time
                .then_with(|| self.id(a).cmp(&self.id(b)))
                // A copied index has the `_id`s of its original.
                .then(a.copy.cmp(&b.copy))
        });
        for key in keys.iter().filter(|key| key.copy == PLANTED) {
            let id = self.planted[key.seq as usize].id.clone();
            self.planted_keys.insert(id, *key);
        }
        self.blocks = Blocks::of(&keys);
        self.keys = keys;
    }

    /// How many documents there are, seen or not.
    pub fn len(&self) -> usize {
        self.keys.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.keys.is_empty()
    }

    /// Every document, seen or not, by time and then by `_id`: what a complete walk must deliver, each exactly once.
    pub fn documents(&self) -> impl Iterator<Item = Document> + '_ {
        self.keys.iter().map(|key| self.document(key))
    }

    fn document(&self, key: &Key) -> Document {
        Document {
            index: self.index(key).into_owned(),
            id: self.id(key),
            seq: (key.copy != PLANTED).then_some(key.seq),
            timestamp_ms: key.ts_ms,
            visible_at_ms: key.visible_at_ms,
        }
    }

    /// The `_index` and `_id` of the first document of the generated alert `seq`, whose time is `timestamp_ms`.
    ///
    /// Nothing is looked up: both follow from the numbers, whether there is such an alert or not.
    pub fn transport_key(&self, seq: u32, timestamp_ms: i64) -> (String, String) {
        let key = Key::generated(seq, timestamp_ms, 0);
        (self.index(&key).into_owned(), self.id(&key))
    }

    /// Shards of each index.
    pub(crate) fn shards(&self) -> u8 {
        self.routing.shards
    }

    /// The indices, by day.
    pub(crate) fn days(&self) -> &[Day] {
        &self.days
    }

    /// The documents at these places.
    pub(crate) fn keys(&self, places: Range<usize>) -> &[Key] {
        &self.keys[places]
    }

    /// The places within `day` of the times in `times`.
    pub(crate) fn places(&self, day: &Day, times: &Range<i64>) -> Range<usize> {
        let keys = &self.keys[day.places.clone()];
        let start = keys.partition_point(|key| key.ts_ms < times.start);
        let end = keys.partition_point(|key| key.ts_ms < times.end);
        day.places.start + start..day.places.start + end.max(start)
    }

    /// How many documents at `places` are seen at `now_ms`, on each shard.
    pub(crate) fn count(&self, places: Range<usize>, now_ms: i64) -> [u64; SHARDS_MAX as usize] {
        self.blocks.count(&self.keys, places, now_ms)
    }

    /// How `key` compares with the last one of a page: by time, then by `_id` if the page was sorted by it.
    pub(crate) fn compare(&self, key: &Key, ts_ms: i64, id: Option<&str>) -> Ordering {
        let by_time = key.ts_ms.cmp(&ts_ms);
        by_time.then_with(|| id.map_or(Ordering::Equal, |id| self.id(key).as_str().cmp(id)))
    }

    /// The document with this `_id`.
    pub(crate) fn find(&self, id: &str) -> Option<Key> {
        if let Some(key) = self.planted_keys.get(id) {
            return Some(*key);
        }
        let Identity { ts_ms, seq, copy } = document_id::read(self.routing.seed, id)?;
        let from = self.keys.partition_point(|key| key.ts_ms < ts_ms);
        let of_that_time = self.keys[from..].iter().take_while(|k| k.ts_ms == ts_ms);
        let mut found = of_that_time.filter(|key| key.seq == seq && key.copy == copy);
        found.next().copied()
    }

    /// A document's `_id`.
    pub(crate) fn id(&self, key: &Key) -> String {
        if key.copy == PLANTED {
            return self.planted[key.seq as usize].id.clone();
        }
        let identity = Identity {
            ts_ms: key.ts_ms,
            seq: key.seq,
            copy: if key.copy == REINDEXED { 0 } else { key.copy },
        };
        document_id::write(self.routing.seed, identity)
    }

    /// A document's `_index`.
    pub(crate) fn index(&self, key: &Key) -> Cow<'_, str> {
        if key.copy == REINDEXED {
            let first = day::index_name(self.bodies.form(), key.ts_ms);
            return Cow::Owned(format!("{first}{SECOND_INDEX}"));
        }
        let number = key.ts_ms.div_euclid(DAY_MS);
        match self.days.binary_search_by_key(&number, |day| day.number) {
            Ok(place) => Cow::Borrowed(&self.days[place].index),
            Err(_) => Cow::Owned(day::index_name(self.bodies.form(), key.ts_ms)),
        }
    }

    /// Whether the document is in the index of `day`.
    pub(crate) fn is_of(&self, key: &Key, day: &Day) -> bool {
        key.ts_ms.div_euclid(DAY_MS) == day.number
    }

    /// Appends a document's `_source`.
    pub(crate) fn write_source(&self, key: &Key, out: &mut Vec<u8>) {
        if key.copy == PLANTED {
            out.extend_from_slice(&self.planted[key.seq as usize].source);
        } else {
            self.bodies.write(key.seq, key.ts_ms, out);
        }
    }
}

#[cfg(test)]
mod tests;
