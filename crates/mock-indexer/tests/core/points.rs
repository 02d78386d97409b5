//! Points in time: what they freeze, how they end, and how they run out.

use crate::fixture::{DAY, HOUR, Mock, T0};
use mock_indexer::Recipe;
use serde_json::{Value, json};

const TWO_DAYS: &str = "/wazuh-alerts-4.x-2025.11.12,wazuh-alerts-4.x-2025.11.13";

fn open(mock: &mut Mock, indices: &str) -> Value {
    let target = format!("{indices}/_search/point_in_time?keep_alive=1m");
    let (status, opened) = mock.json("POST", &target, "");
    assert_eq!(status, 200, "{opened}");
    opened
}

fn search(mock: &mut Mock, id: &Value) -> (u16, Value) {
    let body = json!({
        "size": 0, "track_total_hits": true, "pit": {"id": id, "keep_alive": "1m"},
        "sort": [{"timestamp": "asc"}, {"_id": "asc"}],
    });
    mock.json("POST", "/_search", &body.to_string())
}

#[test]
fn a_point_in_time_sees_what_was_visible_when_it_was_opened() {
    let mut mock = Mock::new(Recipe::steady(1, 1_000, T0..T0 + 2 * DAY));
    mock.now_ms = T0 + DAY + HOUR;
    let opened = open(&mut mock, TWO_DAYS);
    assert_eq!(opened["_shards"]["successful"], 6);
    let before = mock.visible(T0..T0 + 2 * DAY).len();
    for _ in 0..120 {
        mock.now_ms += 30_000;
        let (status, page) = search(&mut mock, &opened["pit_id"]);
        assert_eq!(status, 200, "each search lengthens its life: {page}");
        assert_eq!(page["hits"]["total"]["value"], before);
        assert_eq!(page["pit_id"], opened["pit_id"]);
    }
    assert!(before < mock.visible(T0..T0 + 2 * DAY).len());
}

#[test]
fn a_point_in_time_ends_when_it_is_not_used_or_closed() {
    let mut mock = Mock::small();
    let opened = open(&mut mock, TWO_DAYS);
    mock.now_ms += 60_000;
    let (status, error) = search(&mut mock, &opened["pit_id"]);
    assert_eq!(status, 404);
    let cause = &error["error"]["root_cause"][0]["type"];
    assert_eq!(cause, "search_context_missing_exception");

    let opened = open(&mut mock, TWO_DAYS);
    let body = json!({"pit_id": [opened["pit_id"]]}).to_string();
    let (status, closed) = mock.json("DELETE", "/_search/point_in_time", &body);
    let expect = json!({"pits": [{"pit_id": opened["pit_id"], "successful": true}]});
    assert_eq!((status, closed), (200, expect));
    assert_eq!(search(&mut mock, &opened["pit_id"]).0, 404);
}

#[test]
fn beyond_300_contexts_shards_are_missing_in_silence_unless_forbidden() {
    // 110 days of 3 shards.
    let mut mock = Mock::new(Recipe::steady(1, 4_000, T0 - 110 * DAY..T0));
    let opened = open(&mut mock, "/wazuh-alerts-4.x-*");
    let shards = &opened["_shards"];
    assert_eq!(
        (&shards["total"], &shards["successful"]),
        (&json!(330), &json!(300))
    );
    assert_eq!(shards["failed"], 30);
    let (status, page) = search(&mut mock, &opened["pit_id"]);
    assert_eq!((status, &page["_shards"]["total"]), (200, &json!(300)));
    assert_eq!(
        page["_shards"]["failed"], 0,
        "the search knows nothing of the others"
    );
    assert!(page["hits"]["total"]["value"].as_u64().unwrap() < 4_000);

    let (_, closed) = mock.json("DELETE", "/_search/point_in_time/_all", "");
    assert_eq!(closed["pits"].as_array().unwrap().len(), 1);
    let strict =
        "/wazuh-alerts-4.x-*/_search/point_in_time?keep_alive=1m&allow_partial_pit_creation=false";
    let (status, error) = mock.json("POST", strict, "");
    assert_eq!(status, 429);
    assert_eq!(error["error"]["type"], "rejected_execution_exception");
    let (_, closed) = mock.json("DELETE", "/_search/point_in_time/_all", "");
    assert_eq!(closed["pits"], json!([]), "the refused one holds nothing");
}
