//! What a population promises to a test's oracle.

use super::*;
use std::collections::BTreeSet;

/// 2025-11-12 00:00 UTC.
const T0: i64 = 1_762_905_600_000;

fn population(batches: Vec<Batch>) -> Population {
    Population::new(Recipe {
        batches,
        ..Recipe::steady(1, 1, T0..T0 + 1)
    })
}

fn batch(count: u32, timestamps: Range<i64>) -> Batch {
    Batch {
        count,
        timestamps,
        indexed: Indexed::Live,
        redelivered: 0,
    }
}

#[test]
fn documents_are_sorted_by_time_and_id_and_found_by_id() {
    let population = population(vec![batch(500, T0..T0 + 100), batch(600, T0 + 50..T0 + 51)]);
    let documents: Vec<Document> = population.documents().collect();
    assert_eq!(documents.len(), 1_100);
    let order = |d: &Document| (d.timestamp_ms, d.id.clone());
    assert!(documents.is_sorted_by_key(order));
    for document in &documents {
        let key = population.find(&document.id).unwrap();
        assert_eq!(Some(key.seq), document.seq);
    }
}

#[test]
fn a_refresh_shows_an_alert_within_its_interval_and_shards_disagree_about_when() {
    let population = population(vec![batch(2_000, T0..T0 + 60_000)]);
    let mut overtaken = 0;
    let mut latest = 0;
    for document in population.documents() {
        let delay = document.visible_at_ms - document.timestamp_ms;
        assert!((200..=7_000).contains(&delay), "{delay}");
        overtaken += u32::from(document.visible_at_ms < latest);
        latest = latest.max(document.visible_at_ms);
    }
    assert!(100 < overtaken, "{overtaken}");
}

#[test]
fn redelivered_alerts_are_other_documents_of_the_same_bytes() {
    let batch = Batch {
        redelivered: 30,
        ..batch(100, T0..T0 + 1_000)
    };
    let population = population(vec![batch]);
    let ids: BTreeSet<String> = population.documents().map(|d| d.id).collect();
    let alerts: BTreeSet<_> = population.documents().map(|d| d.seq).collect();
    assert_eq!((ids.len(), alerts.len()), (130, 100));
    let again = population.keys.iter().find(|key| key.copy == 1).unwrap();
    let first = population
        .keys
        .iter()
        .find(|key| key.copy == 0 && key.seq == again.seq)
        .unwrap();
    let source = |key| {
        let mut out = Vec::new();
        population.write_source(key, &mut out);
        out
    };
    assert_eq!(source(again), source(first));
}

#[test]
fn midnight_parts_alerts_into_two_indices() {
    let midnight = T0 + DAY_MS;
    let population = population(vec![batch(1_000, midnight - 5_000..midnight + 5_000)]);
    let names: Vec<&str> = population
        .days
        .iter()
        .map(|day| day.index.as_str())
        .collect();
    assert_eq!(
        names,
        ["wazuh-alerts-4.x-2025.11.12", "wazuh-alerts-4.x-2025.11.13"]
    );
    for document in population.documents() {
        let expect = names[usize::from(midnight <= document.timestamp_ms)];
        assert_eq!(document.index, expect);
    }
}

#[test]
fn back_filled_alerts_are_seen_late_and_future_ones_early() {
    let at = |at_ms| Indexed::At(at_ms);
    let late = Batch {
        indexed: at(T0 + 3_600_000),
        ..batch(10, T0..T0 + 1)
    };
    let future = Batch {
        indexed: at(T0),
        ..batch(10, T0 + 9_000_000..T0 + 9_000_001)
    };
    for document in population(vec![late, future]).documents() {
        if document.timestamp_ms == T0 {
            assert!(T0 + 3_600_000 < document.visible_at_ms);
        } else {
            assert!(document.visible_at_ms <= T0 + 5_000);
        }
    }
}

#[test]
fn a_planted_alert_keeps_its_id_and_its_bytes() {
    let planted = Planted {
        id: "../a\nb".to_owned(),
        timestamp_ms: T0,
        indexed_at_ms: T0,
        source: b"{\"agent\":7}".to_vec(),
    };
    let population = Population::new(Recipe {
        planted: vec![planted],
        ..Recipe::steady(1, 10, T0..T0 + 1)
    });
    let key = population.find("../a\nb").unwrap();
    let mut source = Vec::new();
    population.write_source(&key, &mut source);
    assert_eq!(source, b"{\"agent\":7}");
    assert_eq!(population.len(), 11);
}

#[test]
fn an_alert_has_a_document_for_each_time_that_it_was_sent_and_for_each_copy_of_its_index() {
    let second = |how, hour: i64| Second {
        dated: 1,
        indexed_at_ms: T0 + hour * 3_600_000,
        how,
    };
    let dated = |second: i64| Dated {
        timestamp_ms: T0 + second * 1_000,
        indexed_at_ms: T0 + second * 1_000,
    };
    let population = Population::new(Recipe {
        dated: (0..3).map(dated).collect(),
        second: vec![
            second(Delivery::SentAgain, 1),
            second(Delivery::Reindexed, 2),
        ],
        ..Recipe::steady(1, 0, T0..T0 + 1)
    });
    let of_one: Vec<_> = population
        .documents()
        .filter(|document| document.seq == Some(1))
        .collect();
    assert_eq!((population.len(), of_one.len()), (5, 3));
    let (first_index, first_id) = population.transport_key(1, T0 + 1_000);
    let count = |index: &str, id: bool| {
        let like = |one: &&Document| one.index == index && (one.id == first_id) == id;
        of_one.iter().filter(like).count()
    };
    assert_eq!(count(&first_index, true), 1);
    assert_eq!(count(&first_index, false), 1, "sent again");
    assert_eq!(count(&format!("{first_index}{SECOND_INDEX}"), true), 1);
    let keys = population.keys(0..5);
    let bodies = keys.iter().filter(|key| key.seq == 1).map(|key| {
        let mut body = Vec::new();
        population.write_source(key, &mut body);
        body
    });
    assert_eq!(bodies.collect::<std::collections::BTreeSet<_>>().len(), 1);
    assert!(T0 + 7_200_000 < keys.iter().map(|key| key.visible_at_ms).max().unwrap());
}
