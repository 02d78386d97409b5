//! Writes a page. Bodies go straight into the answer's bytes: a full walk is 2 GB of them.

use super::{Found, Search, Shards, Sort, Total};
use crate::population::{Delivery, Key, Population};
use crate::turn::Parts;
use crate::zone::Zone;
use serde_json::{Value, json};
use std::io::Write;

/// What is said about a page besides its hits.
pub(crate) struct Remarks<'a> {
    pub(crate) shards: &'a Shards,
    pub(crate) parts: &'a Parts,
    /// Whether the total is said to be a lower bound, whatever was asked for.
    pub(crate) is_lower_bound: bool,
    pub(crate) timed_out: bool,
    pub(crate) terminated_early: bool,
}

/// Writes the answer of a search.
pub(crate) fn write_page(
    population: &Population,
    search: &Search,
    found: &Found,
    remarks: &Remarks<'_>,
) -> Vec<u8> {
    let mut out = Vec::with_capacity(1_024 + found.keys.len() * 2_048);
    let took = 1 + found.keys.len() / 100;
    put(&mut out, format_args!("{{\"took\":{took},"));
    if let Some((id, _)) = &search.pit {
        put(&mut out, format_args!("\"pit_id\":{},", json!(id)));
    }
    put(
        &mut out,
        format_args!("\"timed_out\":{},", remarks.timed_out),
    );
    if remarks.terminated_early {
        put(&mut out, format_args!("\"terminated_early\":true,"));
    }
    put(
        &mut out,
        format_args!("\"_shards\":{},", shards(remarks.shards)),
    );
    put(&mut out, format_args!("\"hits\":{{"));
    match search.total {
        _ if remarks.is_lower_bound => total(&mut out, found.total, "gte"),
        Total::Exact => total(&mut out, found.total, "eq"),
        Total::UpTo(most) if most < found.total => total(&mut out, most, "gte"),
        Total::UpTo(_) => total(&mut out, found.total, "eq"),
        Total::Not => {}
    }
    let max_score = match search.sort {
        Sort::Unsorted if remarks.shards.total == 0 => "0.0",
        Sort::Unsorted if !found.keys.is_empty() => "1.0",
        _ => "null",
    };
    put(
        &mut out,
        format_args!("\"max_score\":{max_score},\"hits\":["),
    );
    let shown = Shown {
        source: search.with_source,
        seq_no: search.with_seq_no,
        sort: search.sort,
    };
    for (number, key) in found.keys.iter().enumerate() {
        if 0 < number {
            out.push(b',');
        }
        match remarks.parts.is_plain() {
            true => hit(&mut out, population, shown, key),
            false => {
                let (index, id) = remarks.parts.names(population, key);
                named_hit(&mut out, population, shown, key, [&index, &id]);
            }
        }
    }
    out.extend_from_slice(b"]}");
    if !search.histograms.is_empty() {
        put(
            &mut out,
            format_args!(",\"aggregations\":{}", aggregations(search, found)),
        );
    }
    out.push(b'}');
    out
}

/// The JSON of how the shards did.
pub(crate) fn shards(shards: &Shards) -> Value {
    let mut value = json!({
        "total": shards.total, "successful": shards.successful,
        "skipped": shards.skipped, "failed": shards.failures.len(),
    });
    if !shards.failures.is_empty() {
        value["failures"] = json!(shards.failures);
    }
    value
}

fn total(out: &mut Vec<u8>, value: u64, relation: &str) {
    put(
        out,
        format_args!("\"total\":{{\"value\":{value},\"relation\":\"{relation}\"}},"),
    );
}

/// What a hit shows of its document.
#[derive(Clone, Copy)]
struct Shown {
    source: bool,
    seq_no: bool,
    sort: Sort,
}

impl Shown {
    /// On a page that is sorted by time and `_id` and asks for nothing special.
    const LISTED: Shown = Shown {
        source: true,
        seq_no: false,
        sort: Sort::Time {
            by_id: true,
            is_descending: false,
        },
    };
}

impl Population {
    /// Appends the hit by which a search that is sorted by time and `_id` answers the first document of the generated
    /// alert `seq`, whose time is `timestamp_ms`, byte for byte.
    ///
    /// Nothing is looked up: it follows from the numbers, whether there is such an alert or not.
    pub fn write_hit(&self, seq: u32, timestamp_ms: i64, out: &mut Vec<u8>) {
        let key = Key::generated(seq, timestamp_ms, 0);
        hit(out, self, Shown::LISTED, &key);
    }

    /// The same of its further document that came to be so.
    pub fn write_second_hit(&self, seq: u32, timestamp_ms: i64, how: Delivery, out: &mut Vec<u8>) {
        let key = Key::generated(seq, timestamp_ms, how.copy());
        hit(out, self, Shown::LISTED, &key);
    }
}

/// The same of any document.
pub(crate) fn listed_hit(population: &Population, key: &Key) -> Vec<u8> {
    let mut out = Vec::new();
    hit(&mut out, population, Shown::LISTED, key);
    out
}

fn hit(out: &mut Vec<u8>, population: &Population, shown: Shown, key: &Key) {
    let (index, id) = (population.index(key), population.id(key));
    named_hit(out, population, shown, key, [&index, &id]);
}

fn named_hit(
    out: &mut Vec<u8>,
    population: &Population,
    shown: Shown,
    key: &Key,
    [index, id]: [&str; 2],
) {
    let id = json!(id).to_string();
    put(out, format_args!("{{\"_index\":\"{index}\",\"_id\":{id},"));
    let is_sorted = shown.sort != Sort::Unsorted;
    put(
        out,
        format_args!("\"_score\":{}", if is_sorted { "null" } else { "1.0" }),
    );
    if shown.seq_no {
        put(
            out,
            format_args!(",\"_seq_no\":{},\"_primary_term\":1", key.seq),
        );
    }
    if shown.source {
        put(out, format_args!(",\"_source\":"));
        population.write_source(key, out);
    }
    match shown.sort {
        Sort::Unsorted => {}
        Sort::Time { by_id: true, .. } => put(out, format_args!(",\"sort\":[{},{id}]", key.ts_ms)),
        Sort::Time { .. } => put(out, format_args!(",\"sort\":[{}]", key.ts_ms)),
    }
    out.push(b'}');
}

/// Writes the answer to a request for one document by its id.
pub(crate) fn write_hit(population: &Population, key: &Key) -> Vec<u8> {
    let mut out = Vec::new();
    let id = json!(population.id(key));
    put(
        &mut out,
        format_args!("{{\"_index\":\"{}\",\"_id\":{id},", population.index(key)),
    );
    put(
        &mut out,
        format_args!(
            "\"_version\":1,\"_seq_no\":{},\"_primary_term\":1,",
            key.seq
        ),
    );
    put(&mut out, format_args!("\"found\":true,\"_source\":"));
    population.write_source(key, &mut out);
    out.push(b'}');
    out
}

fn aggregations(search: &Search, found: &Found) -> Value {
    let mut aggregations = json!({});
    for (histogram, buckets) in search.histograms.iter().zip(&found.buckets) {
        let buckets = buckets.iter().map(|(start_ms, count)| {
            let mut date = Vec::new();
            let written = Zone::UTC.write_utc(*start_ms, &mut date);
            written.expect("a vector takes every byte");
            let date = String::from_utf8_lossy(&date);
            json!({"key_as_string": date, "key": start_ms, "doc_count": count})
        });
        aggregations[&histogram.name] = json!({"buckets": buckets.collect::<Vec<_>>()});
    }
    aggregations
}

fn put(out: &mut Vec<u8>, text: std::fmt::Arguments<'_>) {
    out.write_fmt(text).expect("a vector takes every byte");
}
