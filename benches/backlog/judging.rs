//! How many alerts a core judges by many signatures: parsing, matching, deciding and counting.

use crate::mix;
use crate::table::Table;
use mock_indexer::{Core, Options, Population, Recipe};
use policy::Stats;
use std::sync::Arc;
use std::time::Instant;

/// Alerts that are judged again and again.
const ALERTS: u32 = 2_000;
/// The fastest pass counts: other programs only ever slow one down.
const PASSES: usize = 10;
const T0: i64 = 1_774_483_200_000;
const HOUR_MS: i64 = 3_600_000;

pub(crate) fn measure(signatures: u32, table: &mut Table) {
    let policy = mix::policy(signatures);
    let recipe = Recipe::steady(5, ALERTS, T0..T0 + HOUR_MS);
    let population = Arc::new(Population::new(recipe));
    let core = Core::new(Arc::clone(&population), Options::healthy("a", "b"));
    let hits: Vec<Vec<u8>> = population
        .documents()
        .map(|document| core.hit(&document.id).expect("a document that is there"))
        .collect();
    let now = "2026-06-01T00:00:00Z".parse().expect("a time");
    let mut best = f64::MAX;
    for _ in 0..PASSES {
        let mut stats = Stats::new(&policy);
        let begun = Instant::now();
        for hit in &hits {
            stats.add(&policy.judge_bytes(hit, now), now);
        }
        best = best.min(begun.elapsed().as_secs_f64());
    }
    let count = u32::try_from(policy.signatures().len()).expect("few signatures");
    table.add_judging(count, best * 1e6 / f64::from(ALERTS));
}
