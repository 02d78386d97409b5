//! Each fault above HTTP, as a poller meets it.

use crate::fixture::{ALERTS, HOUR, Mock, T0};
use flate2::read::GzDecoder;
use mock_indexer::{Fault, Misfortune, When};
use serde_json::{Value, json};
use std::io::Read;

const PAGE: &str =
    r#"{"size":100,"track_total_hits":true,"sort":[{"timestamp":"asc"},{"_id":"asc"}]}"#;

/// One error that comes instead of a page; the request after it is answered.
fn check(fault: Fault, status: u16, kind: &str) {
    let mut mock = Mock::small();
    mock.next_meets(fault.clone());
    let (found, answer) = mock.json("POST", ALERTS, PAGE);
    assert_eq!(
        (found, &answer["error"]["type"]),
        (status, &json!(kind)),
        "{fault:?}"
    );
    assert!(answer["error"]["root_cause"][0]["type"].is_string());
    assert_eq!(mock.ask("POST", ALERTS, PAGE).status, 200, "{fault:?}");
}

#[test]
fn errors_come_in_the_products_forms() {
    check(Fault::Forbidden, 403, "security_exception");
    check(Fault::BreakerTripped, 429, "circuit_breaking_exception");
    check(Fault::Rejected, 429, "rejected_execution_exception");
    check(Fault::Cancelled, 500, "task_cancelled_exception");
    check(
        Fault::AllShardsFailed,
        503,
        "search_phase_execution_exception",
    );
    check(Fault::ClusterBlocked, 503, "cluster_block_exception");
}

#[test]
fn some_errors_are_no_json_objects() {
    let mut mock = Mock::small();
    mock.next_meets(Fault::SecurityNotInitialized);
    let response = mock.ask("POST", ALERTS, PAGE);
    assert_eq!(response.status, 503);
    assert_eq!(response.body, b"OpenSearch Security not initialized.");
    mock.next_meets(Fault::Html);
    let response = mock.ask("POST", ALERTS, PAGE);
    assert_eq!(response.status, 200);
    assert!(response.body.starts_with(b"<html>"));
    mock.next_meets(Fault::ErrorAsString);
    let (status, answer) = mock.json("POST", ALERTS, PAGE);
    assert_eq!((status, answer["error"].is_string()), (405, true));
    mock.next_meets(Fault::Redirect("https://127.0.0.1:1/".to_owned()));
    let response = mock.ask("POST", ALERTS, PAGE);
    assert_eq!(response.status, 302);
    assert!(
        response
            .headers
            .contains(&("location", "https://127.0.0.1:1/".to_owned()))
    );
}

#[test]
fn a_search_that_ends_early_says_so_and_gives_half() {
    for (fault, mark) in [
        (Fault::TimedOut, "timed_out"),
        (Fault::TerminatedEarly, "terminated_early"),
    ] {
        let mut mock = Mock::small();
        mock.next_meets(fault);
        let page = mock.search(PAGE);
        assert_eq!(page[mark], true);
        assert_eq!(page["hits"]["hits"].as_array().unwrap().len(), 50);
    }
}

fn shards(page: &Value) -> [u64; 3] {
    ["total", "successful", "failed"].map(|name| page["_shards"][name].as_u64().unwrap())
}

#[test]
fn a_missing_shard_shortens_a_page_or_fails_it_as_asked() {
    for (fault, expect, status) in [
        (Fault::ShardFails(1), [9, 6, 3], 500),
        (Fault::ShardUnassigned(1), [9, 6, 0], 503),
    ] {
        let mut mock = Mock::small();
        mock.next_meets(fault.clone());
        let page = mock.search(PAGE);
        assert_eq!(shards(&page), expect);
        assert!(page["hits"]["total"]["value"].as_u64().unwrap() < 300);
        mock.next_meets(fault);
        let strict = format!("{ALERTS}?allow_partial_search_results=false");
        let (found, error) = mock.json("POST", &strict, PAGE);
        assert_eq!(found, status);
        let reason = error["error"]["reason"].as_str().unwrap();
        assert!(reason.starts_with("Partial shards failure"), "{reason}");
    }
}

#[test]
fn a_hole_of_the_fetch_phase_shows_in_the_count_alone() {
    let mut mock = Mock::small();
    mock.next_meets(Fault::FetchHole);
    let page = mock.search(r#"{"size":1000,"track_total_hits":true}"#);
    assert_eq!(shards(&page), [9, 9, 0]);
    assert_eq!(page["hits"]["total"]["value"], 300);
    assert_eq!(page["hits"]["hits"].as_array().unwrap().len(), 299);
}

#[test]
fn damaged_bodies_are_no_pages() {
    let mut mock = Mock::small();
    let whole = mock.ask("POST", ALERTS, PAGE).body;
    mock.next_meets(Fault::TruncatedJson);
    assert_eq!(
        mock.ask("POST", ALERTS, PAGE).body,
        whole[..whole.len() / 2]
    );
    mock.next_meets(Fault::EmptyBody);
    assert!(mock.ask("POST", ALERTS, PAGE).body.is_empty());
    mock.next_meets(Fault::DuplicateKeys);
    let body = String::from_utf8(mock.ask("POST", ALERTS, PAGE).body).unwrap();
    assert_eq!(body.matches("\"timed_out\":").count(), 2);
    assert!(serde_json::from_str::<Value>(&body).is_ok());
}

#[test]
fn a_gzip_bomb_of_a_megabyte_inflates_to_166() {
    let mut mock = Mock::small();
    mock.next_meets(Fault::GzipBomb);
    let bomb = mock.ask("POST", ALERTS, PAGE);
    assert_eq!((bomb.status, bomb.body.len()), (200, 1_048_576));
    assert_eq!(bomb.headers[1].1, "gzip");
    let mut inflated = GzDecoder::new(bomb.body.as_slice());
    let (mut bytes, mut part) = (0, vec![1; 65_536]);
    while let Ok(count) = inflated.read(&mut part) {
        assert_eq!(part[..count], vec![0; count], "zeros");
        bytes += count;
    }
    assert!(166_000_000 < bytes, "{bytes}");
}

#[test]
fn a_fault_of_a_time_strikes_in_it_and_not_after() {
    let mut mock = Mock::small();
    let from = mock.now_ms;
    mock.core.add_misfortune(Misfortune {
        fault: Fault::Rejected,
        when: When::During(from..from + HOUR),
    });
    assert_eq!(mock.ask("POST", ALERTS, PAGE).status, 429);
    mock.now_ms = from + HOUR;
    assert_eq!(mock.ask("POST", ALERTS, PAGE).status, 200);
    assert!(T0 < from);
}

#[test]
fn the_breaker_lets_smaller_pages_through() {
    let mut options = mock_indexer::Options::healthy("poller", "secret");
    options.page_bytes_max = Some(1_000_000);
    let recipe = mock_indexer::Recipe::steady(1, 300, T0..T0 + 24 * HOUR);
    let mut mock = Mock::with(recipe, options);
    let (status, error) = mock.json("POST", ALERTS, r#"{"size":1000}"#);
    assert_eq!(status, 429);
    assert_eq!(error["error"]["bytes_limit"], 1_000_000);
    assert_eq!(mock.ask("POST", ALERTS, r#"{"size":488}"#).status, 200);
}

#[test]
fn a_total_a_context_and_an_order_can_be_other_than_was_asked_for() {
    let mut mock = Mock::small();
    mock.next_meets(Fault::LowerBound);
    let total = &mock.search(PAGE)["hits"]["total"];
    assert_eq!(total, &json!({"value": 300, "relation": "gte"}));
    check(
        Fault::ContextMissing,
        404,
        "search_phase_execution_exception",
    );
    mock.next_meets(Fault::ContextMissing);
    // There is nothing to be fetched.
    let count = mock.search(r#"{"size":0,"track_total_hits":true}"#);
    assert_eq!(count["hits"]["total"]["value"], 300);
    let mut sorts = |fault: Option<Fault>| -> Vec<i64> {
        fault.into_iter().for_each(|fault| mock.next_meets(fault));
        let page = mock.search(PAGE);
        let hits = page["hits"]["hits"].as_array().unwrap().clone();
        hits.iter()
            .map(|hit| hit["sort"][0].as_i64().unwrap())
            .collect()
    };
    let (mut whole, reversed) = (sorts(None), sorts(Some(Fault::OutOfOrder)));
    whole.reverse();
    assert_eq!(reversed, whole);
}
