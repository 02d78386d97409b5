//! What a search finds: which documents, and on how many shards.

use super::{Filter, Search, Sort};
use crate::failure::NODE;
use crate::population::{Key, Population, SHARDS_MAX};
use crate::turn::Parts;
use serde_json::{Value, json};
use std::cmp::Ordering;
use std::ops::Range;

/// One index, and those of its shards that a search asks, a bit each.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Target {
    /// The index's place among the population's days.
    pub(crate) day: usize,
    /// The shards.
    pub(crate) shards: u8,
    /// The parts that can be read, a bit each: each is an index of its own.
    pub(crate) parts: u8,
}

impl Target {
    /// How many of its shards, over all its parts, are among `shards`.
    fn count(&self, shards: u8) -> u64 {
        u64::from((self.shards & shards).count_ones() * self.parts.count_ones())
    }
}

/// What a search sees.
pub(crate) struct View<'a> {
    pub(crate) population: &'a Population,
    /// The indices, by day.
    pub(crate) targets: &'a [Target],
    /// Only what was visible then is seen.
    pub(crate) now_ms: i64,
    /// The shards that do not answer, a bit each.
    pub(crate) down: u8,
    /// What is true of the documents of each part.
    pub(crate) parts: &'a Parts,
}

/// How the shards of a search did.
#[derive(Clone, Debug)]
pub(crate) struct Shards {
    pub(crate) total: u64,
    pub(crate) successful: u64,
    pub(crate) skipped: u64,
    pub(crate) failures: Vec<Value>,
}

/// What a search finds.
pub(crate) struct Found {
    /// The page's documents, in order.
    pub(crate) keys: Vec<Key>,
    /// All matches, on any page.
    pub(crate) total: u64,
    /// For each histogram, its buckets: start and count.
    pub(crate) buckets: Vec<Vec<(i64, u64)>>,
}

/// More shards than this, and those whose time range cannot match are skipped (`pre_filter_shard_size`).
const PREFILTER_SHARDS: u64 = 128;

/// How the shards do of which those of `down` do not answer: with an error if `fails`, else because no node has them.
pub(crate) fn health(view: &View<'_>, filter: &Filter, fails: bool) -> Shards {
    let mut shards = Shards {
        total: 0,
        successful: 0,
        skipped: 0,
        failures: Vec::new(),
    };
    let mut can_be_skipped = 0;
    for target in view.targets {
        let index = &view.population.days()[target.day];
        let up = target.count(!view.down);
        shards.total += target.count(u8::MAX);
        shards.successful += up;
        if view.population.places(index, &filter.times).is_empty() {
            can_be_skipped += up;
        }
        if fails {
            let broken =
                (0..SHARDS_MAX).filter(|shard| (target.shards & view.down) >> shard & 1 == 1);
            for shard in broken {
                let parts = (0..view.parts.count()).filter(|part| target.parts >> part & 1 == 1);
                let name = |part| view.parts.name(part, &index.index);
                shards
                    .failures
                    .extend(parts.map(|part| failed_shard(shard, &name(part))));
            }
        }
    }
    if PREFILTER_SHARDS < shards.total {
        // One shard is always asked, to have an answer to give.
        shards.skipped = can_be_skipped.min(shards.successful.saturating_sub(1));
    }
    shards
}

fn failed_shard(shard: u8, index: &str) -> Value {
    let reason = json!({"type": "illegal_state_exception", "reason": "the shard is broken"});
    json!({"shard": shard, "index": index, "node": NODE, "reason": reason})
}

impl View<'_> {
    /// Runs a search.
    pub(crate) fn find(&self, search: &Search) -> Found {
        let wanted = (search.from + search.size) as usize;
        let (mut keys, total) = match &search.filter.ids {
            Some(_) => self.by_id(search, wanted),
            None => self.by_time(search, wanted),
        };
        keys.drain(..keys.len().min(search.from as usize));
        let buckets = search.histograms.iter();
        Found {
            keys,
            total,
            buckets: buckets.map(|h| self.histogram(&search.filter, h)).collect(),
        }
    }

    fn by_time(&self, search: &Search, wanted: usize) -> (Vec<Key>, u64) {
        let (mut keys, mut total) = (Vec::new(), 0);
        for (target, places) in self.ranges(&search.filter) {
            if !self.parts.is_plain() {
                let keys = self.population.keys(places).iter();
                total += keys.filter(|key| self.sees(key, &target)).count() as u64;
                continue;
            }
            let counts = self.population.count(places, self.now_ms);
            let shards = target.shards & !self.down;
            total += (0..SHARDS_MAX)
                .filter(|shard| shards >> shard & 1 == 1)
                .map(|shard| counts[usize::from(shard)])
                .sum::<u64>();
        }
        let mut ranges = self.ranges(&search.filter);
        if is_descending(search.sort) {
            ranges.reverse();
        }
        for (target, places) in ranges {
            let left = wanted - keys.len();
            let rest = self.rest(search, self.population.keys(places)).iter();
            let seen = |key: &&Key| self.sees(key, &target);
            if is_descending(search.sort) {
                keys.extend(rest.rev().filter(seen).take(left));
            } else {
                keys.extend(rest.filter(seen).take(left));
            }
        }
        (keys, total)
    }

    /// The few documents of the ids that the filter names.
    fn by_id(&self, search: &Search, wanted: usize) -> (Vec<Key>, u64) {
        let ids = search.filter.ids.iter().flatten();
        let mut keys: Vec<Key> = ids.filter_map(|id| self.population.find(id)).collect();
        keys.retain(|key| {
            let times = &search.filter.times;
            let target = self.targets.iter().find(|target| {
                let day = &self.population.days()[target.day];
                self.population.is_of(key, day)
            });
            times.contains(&key.ts_ms) && target.is_some_and(|target| self.sees(key, target))
        });
        keys.sort_by_cached_key(|key| (key.ts_ms, self.population.id(key)));
        let total = keys.len() as u64;
        keys = self.rest(search, &keys).to_vec();
        if is_descending(search.sort) {
            keys.reverse();
        }
        keys.truncate(wanted);
        (keys, total)
    }

    /// Those of `keys` that come after the last hit of the page before: one end of them, because they are sorted.
    fn rest<'k>(&self, search: &Search, keys: &'k [Key]) -> &'k [Key] {
        let Some(after) = &search.after else {
            return keys;
        };
        let place = |key: &Key| {
            let id = after.id.as_deref().map(|id| self.parts.first_id(id));
            self.population.compare(key, after.ts_ms, id)
        };
        if is_descending(search.sort) {
            &keys[..keys.partition_point(|key| place(key) == Ordering::Less)]
        } else {
            &keys[keys.partition_point(|key| place(key) != Ordering::Greater)..]
        }
    }

    /// Whether a search of this index sees the document.
    pub(super) fn sees(&self, key: &Key, target: &Target) -> bool {
        let is_up = (target.shards & !self.down) >> key.shard & 1 == 1;
        let is_open = self.parts.is_plain() || target.parts >> self.parts.of(key) & 1 == 1;
        is_up && is_open && key.visible_at_ms <= self.now_ms
    }

    /// For each index, the places of the times that the filter wants.
    pub(super) fn ranges(&self, filter: &Filter) -> Vec<(Target, Range<usize>)> {
        let of = |target: &Target| {
            let day = &self.population.days()[target.day];
            (*target, self.population.places(day, &filter.times))
        };
        self.targets.iter().map(of).collect()
    }
}

fn is_descending(sort: Sort) -> bool {
    matches!(
        sort,
        Sort::Time {
            is_descending: true,
            ..
        }
    )
}
