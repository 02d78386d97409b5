//! The form of a page, and what else a poller asks.

use crate::fixture::{ALERTS, DAY, Mock, T0};
use mock_indexer::{Planted, Recipe};
use serde_json::{Value, json};

const SORTED: &str = r#""sort":[{"timestamp":{"order":"asc"}},{"_id":{"order":"asc"}}]"#;

#[test]
fn a_page_has_every_part_that_a_poller_checks() {
    let mut mock = Mock::small();
    let page = mock.search(&format!(
        r#"{{"size":2,"seq_no_primary_term":true,{SORTED}}}"#
    ));
    assert_eq!(page["timed_out"], false);
    let shards = json!({"total": 9, "successful": 9, "skipped": 0, "failed": 0});
    assert_eq!(page["_shards"], shards);
    assert_eq!(
        page["hits"]["total"],
        json!({"value": 300, "relation": "eq"})
    );
    assert_eq!(page["hits"]["max_score"], Value::Null);
    let hits = page["hits"]["hits"].as_array().unwrap();
    assert_eq!(hits.len(), 2);
    for hit in hits {
        assert_eq!(hit["_index"], "wazuh-alerts-4.x-2025.11.12");
        assert_eq!(hit["_score"], Value::Null);
        assert_eq!(hit["sort"][1], hit["_id"]);
        assert!(hit["_seq_no"].is_u64());
        assert!(hit["_source"]["rule"]["level"].is_u64());
    }
}

#[test]
fn the_total_is_that_of_all_pages_and_stops_at_ten_thousand_unless_asked() {
    let mut mock = Mock::new(Recipe::steady(1, 12_345, T0..T0 + DAY));
    let page = mock.search("{}");
    assert_eq!(
        page["hits"]["total"],
        json!({"value": 10_000, "relation": "gte"})
    );
    let page = mock.search(&format!(
        r#"{{"size":10,"track_total_hits":true,{SORTED},"search_after":[{},""]}}"#,
        T0 + DAY / 2
    ));
    assert_eq!(
        page["hits"]["total"],
        json!({"value": 12_345, "relation": "eq"})
    );
    let page = mock.search(r#"{"track_total_hits":false}"#);
    assert_eq!(page["hits"].get("total"), None);
}

#[test]
fn times_are_bounded_by_numbers_or_dates() {
    let mut mock = Mock::small();
    let count = |mock: &mut Mock, bounds: &str| {
        let body = format!(r#"{{"size":0,"query":{{"range":{{"@timestamp":{{{bounds}}}}}}}}}"#);
        mock.search(&body)["hits"]["total"]["value"]
            .as_u64()
            .unwrap()
    };
    let first = mock.population.documents().next().unwrap().timestamp_ms;
    assert_eq!(
        count(&mut mock, &format!(r#""gte":{first},"lte":{first}"#)),
        1
    );
    assert_eq!(count(&mut mock, &format!(r#""gt":{first}"#)), 299);
    assert_eq!(count(&mut mock, &format!(r#""lt":{first}"#)), 0);
    let day = r#""gte":"2025-11-13T00:00:00Z","lt":"2025-11-14T01:00:00.000+0100""#;
    let expect = mock.visible(T0 + DAY..T0 + 2 * DAY).len() as u64;
    assert_eq!(count(&mut mock, day), expect);
}

#[test]
fn documents_are_found_again_by_their_ids() {
    let mut mock = Mock::small();
    let documents: Vec<_> = mock.population.documents().step_by(60).collect();
    let ids: Vec<_> = documents.iter().map(|document| &document.id).collect();
    let body = json!({"size": 10, "query": {"ids": {"values": ids}}}).to_string();
    let page = mock.search(&body);
    assert_eq!(page["hits"]["total"]["value"], 5);
    let found = page["hits"]["hits"].as_array().unwrap();
    for (hit, document) in found.iter().zip(&documents) {
        assert_eq!(hit["_id"], document.id.as_str());
        assert_eq!(hit["_index"], document.index.as_str());
        let target = format!("/{}/_doc/{}", document.index, document.id);
        let (status, one) = mock.json("GET", &target, "");
        assert_eq!((status, &one["_source"]), (200, &hit["_source"]));
    }
    let (status, none) = mock.json("GET", "/wazuh-alerts-4.x-2025.11.12/_doc/unknown", "");
    assert_eq!((status, &none["found"]), (404, &json!(false)));
}

#[test]
fn a_histogram_counts_what_a_walk_delivers() {
    let mut mock = Mock::small();
    let page = mock.search(
        r#"{"size":0,"aggs":{"by_hour":{"date_histogram":{"field":"timestamp","fixed_interval":"1h"}}}}"#,
    );
    let buckets = page["aggregations"]["by_hour"]["buckets"]
        .as_array()
        .unwrap();
    assert!((71..=72).contains(&buckets.len()), "{}", buckets.len());
    for bucket in buckets {
        let start = bucket["key"].as_i64().unwrap();
        let walked = mock.walk(start..start + 3_600_000, 1_000);
        assert_eq!(bucket["doc_count"], walked.len());
    }
    let (_, counted) = mock.json("POST", "/wazuh-alerts-4.x-*/_count", "");
    assert_eq!(counted["count"], 300);
}

#[test]
fn a_planted_alert_is_sent_byte_for_byte() {
    let source = br#"{"agent": {"name": "a/../b"}, "n": 1e2, "n": 3}"#.to_vec();
    let planted = Planted {
        id: "a/b\n\"c".to_owned(),
        timestamp_ms: T0,
        indexed_at_ms: T0,
        source: source.clone(),
    };
    let mut mock = Mock::new(Recipe {
        planted: vec![planted],
        ..Recipe::steady(1, 5, T0 + 1..T0 + 2)
    });
    let response = mock.ask("POST", ALERTS, &format!(r#"{{"size":1,{SORTED}}}"#));
    assert!(response.body.windows(source.len()).any(|w| w == source));
    assert_eq!(mock.walk(T0..T0 + DAY, 2)[0], "a/b\n\"c");
}

#[test]
fn shards_that_cannot_match_are_skipped_and_count_as_successful() {
    let mut mock = Mock::new(Recipe::steady(1, 2_000, T0 - 60 * DAY..T0));
    let body = format!(
        r#"{{"query":{{"range":{{"timestamp":{{"gte":{}}}}}}}}}"#,
        T0 - DAY
    );
    let page = mock.search(&body);
    let shards = json!({"total": 180, "successful": 180, "skipped": 177, "failed": 0});
    assert_eq!(page["_shards"], shards);
}

#[test]
fn the_version_is_the_one_that_wazuh_pretends() {
    let (status, about) = Mock::small().json("GET", "/", "");
    assert_eq!(
        (status, &about["version"]["number"]),
        (200, &json!("7.10.2"))
    );
}
