//! How alerts reach the indexer: on which shard each lands, and when that shard shows it.

use super::{Batch, DAY_MS, Indexed, Key, PLANTED, Recipe};
use crate::chance::{below, mix};
use std::collections::BTreeMap;

/// Where documents land, and when they are seen there.
#[derive(Clone, Copy, Debug)]
pub(super) struct Routing {
    pub(super) seed: u64,
    pub(super) shards: u8,
    refresh_ms: i64,
}

impl Routing {
    pub(super) fn of(recipe: &Recipe) -> Self {
        Routing {
            seed: recipe.seed,
            shards: recipe.shards,
            refresh_ms: recipe.refresh_ms,
        }
    }

    /// The key of a document that reaches the indexer at `indexed_at_ms`.
    pub(super) fn key(&self, ts_ms: i64, indexed_at_ms: i64, seq: u32, copy: u8) -> Key {
        let day = ts_ms.div_euclid(DAY_MS);
        let route = mix(&[self.seed, u64::from(seq), u64::from(copy), 0x5A4D]);
        let shard = below(route, u64::from(self.shards)) as u8;
        // Each shard refreshes at its own moments, so a later alert may be seen before an earlier one.
        let phase = mix(&[self.seed, day as u64, u64::from(shard), 0xFE5]);
        let phase = below(phase, self.refresh_ms as u64) as i64;
        let refreshes = (indexed_at_ms - phase).div_euclid(self.refresh_ms) + 1;
        Key {
            ts_ms,
            visible_at_ms: phase + refreshes * self.refresh_ms,
            seq,
            copy,
            shard,
        }
    }
}

/// Notes that a document of the time `ts_ms` has reached the indexer: the first of a day creates its index.
pub(super) fn note_created(created: &mut BTreeMap<i64, i64>, ts_ms: i64, indexed_at_ms: i64) {
    let created = created
        .entry(ts_ms.div_euclid(DAY_MS))
        .or_insert(indexed_at_ms);
    *created = indexed_at_ms.min(*created);
}

/// The keys of all documents of a recipe, in no order, and when the index of each day was created.
pub(super) fn arrive(recipe: &Recipe) -> (Vec<Key>, BTreeMap<i64, i64>) {
    let mut maker = Maker {
        routing: Routing::of(recipe),
        keys: Vec::with_capacity(recipe.documents()),
        created: BTreeMap::new(),
    };
    let mut seq = 0;
    for batch in &recipe.batches {
        maker.make(batch, &mut seq);
    }
    for second in &recipe.second {
        let ts_ms = recipe.dated[second.dated as usize].timestamp_ms;
        let (number, copy) = (seq + second.dated, second.how.copy());
        maker.add(ts_ms, second.indexed_at_ms, number, copy);
    }
    for dated in &recipe.dated {
        maker.add(dated.timestamp_ms, dated.indexed_at_ms, seq, 0);
        seq += 1;
    }
    for (number, planted) in (0..).zip(&recipe.planted) {
        maker.add(planted.timestamp_ms, planted.indexed_at_ms, number, PLANTED);
    }
    (maker.keys, maker.created)
}

/// Turns alerts into keys.
struct Maker {
    routing: Routing,
    keys: Vec<Key>,
    created: BTreeMap<i64, i64>,
}

impl Maker {
    fn make(&mut self, batch: &Batch, seq: &mut u32) {
        let times = &batch.timestamps;
        assert!(times.start < times.end, "a batch has no time to be of");
        assert!(batch.redelivered <= batch.count, "redelivered beyond count");
        let width = times.end.abs_diff(times.start);
        for number in 0..batch.count {
            let random = mix(&[self.routing.seed, u64::from(*seq), 0x7143]);
            let ts_ms = times.start + below(random, width) as i64;
            let indexed_at_ms = match batch.indexed {
                Indexed::Live => ts_ms + 200 + below(mix(&[random, 1]), 1_800) as i64,
                Indexed::At(at_ms) => at_ms,
            };
            self.add(ts_ms, indexed_at_ms, *seq, 0);
            // Evenly over the batch: exactly `redelivered` of `count`.
            let share =
                |n: u32| u64::from(n) * u64::from(batch.redelivered) / u64::from(batch.count);
            if share(number) < share(number + 1) {
                let again_ms = 1_000 + below(mix(&[random, 2]), 29_000) as i64;
                self.add(ts_ms, indexed_at_ms + again_ms, *seq, 1);
            }
            *seq += 1;
        }
    }

    fn add(&mut self, ts_ms: i64, indexed_at_ms: i64, seq: u32, copy: u8) {
        self.keys
            .push(self.routing.key(ts_ms, indexed_at_ms, seq, copy));
        note_created(&mut self.created, ts_ms, indexed_at_ms);
    }
}

impl Recipe {
    fn documents(&self) -> usize {
        let of = |batch: &Batch| batch.count as usize + batch.redelivered as usize;
        let batches: usize = self.batches.iter().map(of).sum();
        batches + self.dated.len() + self.second.len() + self.planted.len()
    }
}
