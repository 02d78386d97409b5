//! Counts by time: what an audit asks for.

use super::{Filter, Histogram, View};
use std::collections::BTreeMap;

impl View<'_> {
    /// The buckets of a histogram over the matches: their start and how many they have, by time.
    pub(super) fn histogram(&self, filter: &Filter, histogram: &Histogram) -> Vec<(i64, u64)> {
        let interval_ms = histogram.interval_ms;
        let mut counts = BTreeMap::new();
        for (target, places) in self.ranges(filter) {
            // Keys are sorted by time: one look-up a bucket, not one a key.
            let mut rest = self.population.keys(places);
            while let Some(first) = rest.first() {
                let start = first.ts_ms.div_euclid(interval_ms) * interval_ms;
                let end = rest.partition_point(|key| key.ts_ms < start.saturating_add(interval_ms));
                let (bucket, later) = rest.split_at(end);
                let seen = bucket.iter().filter(|key| self.sees(key, &target));
                match seen.count() as u64 {
                    0 => {}
                    count => *counts.entry(start).or_insert(0) += count,
                }
                rest = later;
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
