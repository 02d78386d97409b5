//! Counts by time: what an audit asks for.

use super::{Filter, Histogram, View};
use std::collections::BTreeMap;

impl View<'_> {
    /// The buckets of a histogram over the matches: their start and how many they have, by time.
    pub(super) fn histogram(&self, filter: &Filter, histogram: &Histogram) -> Vec<(i64, u64)> {
        let interval_ms = histogram.interval_ms;
        let mut counts = BTreeMap::new();
        for (target, places) in self.ranges(filter) {
            let keys = self.population.keys(places).iter();
            for key in keys.filter(|key| self.sees(key, target.shards)) {
                let start = key.ts_ms.div_euclid(interval_ms) * interval_ms;
                *counts.entry(start).or_insert(0) += 1;
            }
        }
        if histogram.count_min == 0 {
            fill_gaps(&mut counts, interval_ms);
        }
        counts.retain(|_, count| histogram.count_min <= *count);
        counts.into_iter().collect()
    }
}

/// The product gives the empty buckets between the first and the last, but refuses more than this many.
const BUCKETS_MAX: i64 = 65_535;

fn fill_gaps(counts: &mut BTreeMap<i64, u64>, interval_ms: i64) {
    let first = counts.keys().next().copied().unwrap_or(0);
    let last = counts.keys().next_back().copied().unwrap_or(0);
    let gaps = (last - first) / interval_ms;
    for number in 0..gaps.min(BUCKETS_MAX) {
        counts.entry(first + number * interval_ms).or_insert(0);
    }
}
