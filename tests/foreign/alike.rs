//! The mock answers what a foreign server answers: the same documents, totals, shards and kinds of error.

use crate::osmem::{Both, DAY, PATTERN, page, search};
use serde_json::{Value, json};

/// What counts of an answer: everything but scores, times taken, documents and sentences.
fn normal((status, answer): &(u16, Value)) -> Value {
    let error = &answer["error"];
    let mut normal = json!({"status": status});
    if !error.is_null() {
        normal["error"] = error["type"].clone();
        normal["cause"] = error["root_cause"][0]["type"].clone();
        return normal;
    }
    let hits = answer["hits"]["hits"].as_array();
    let hits = hits.into_iter().flatten();
    let hits: Vec<_> = hits
        .map(|hit| json!([hit["_index"], hit["_id"], hit["sort"]]))
        .collect();
    let buckets = answer["aggregations"]["minutes"]["buckets"].as_array();
    let buckets = buckets.into_iter().flatten();
    let buckets: Vec<_> = buckets
        .map(|one| json!([one["key"], one["key_as_string"], one["doc_count"]]))
        .collect();
    normal["hits"] = json!(hits);
    normal["total"] = answer["hits"]["total"].clone();
    normal["shards"] = answer["_shards"].clone();
    normal["buckets"] = json!(buckets);
    normal["count"] = answer["count"].clone();
    normal["timed_out"] = answer["timed_out"].clone();
    normal
}

/// The questions: path, and body.
fn questions(both: &mut Both) -> Vec<(String, String)> {
    let all = search(PATTERN);
    let tied = both.tied;
    let mut documents = both
        .population
        .documents()
        .filter(|one| one.timestamp_ms == tied);
    let cut = documents.nth(300).unwrap();
    let mut asked: Vec<(String, Value)> = Vec::new();
    let mut ask = |changes: Value| {
        let mut body = page(250);
        for (key, value) in changes.as_object().unwrap() {
            body[key] = value.clone();
        }
        asked.push((all.clone(), body));
    };
    ask(json!({}));
    // In the middle of the tie, and just before and after it.
    ask(json!({"search_after": [tied, cut.id]}));
    ask(json!({"search_after": [tied - 1, "~"]}));
    ask(json!({"search_after": [tied, "~"]}));
    ask(json!({"search_after": [tied + DAY, ""]}));
    ask(json!({"sort": [{"timestamp": "desc"}, {"_id": "desc"}]}));
    ask(json!({"from": 4_000}));
    ask(json!({"from": 10_000, "size": 1}));
    ask(json!({"size": 10_001}));
    ask(json!({"size": 0}));
    ask(json!({"size": 0, "track_total_hits": false}));
    ask(json!({"size": 0, "track_total_hits": 100}));
    ask(json!({"search_after": [tied]}));
    ask(json!({"search_after": [tied, cut.id, 1]}));
    ask(json!({"no_such_key": 1}));
    ask(json!({"query": {"ids": {"values": [cut.id, "no such id"]}}}));
    for range in [
        json!({"gte": tied, "lt": tied + 1, "format": "epoch_millis"}),
        json!({"gt": tied - 1, "lte": tied, "format": "epoch_millis"}),
        json!({"gte": tied + 1, "lt": tied, "format": "epoch_millis"}),
        json!({"gte": "no date"}),
    ] {
        let range = json!({"range": {"timestamp": range}});
        ask(json!({"query": {"bool": {"filter": [range]}}}));
    }
    for interval in ["1m", "1h"] {
        let histogram =
            json!({"field": "timestamp", "fixed_interval": interval, "min_doc_count": 1});
        ask(json!({"size": 0, "aggs": {"minutes": {"date_histogram": histogram}}}));
    }
    asked.push((search("wazuh-alerts-9.x-*"), page(10)));
    asked.push((search("wazuh-alerts-4.x-1999.01.01"), page(10)));
    asked.push((search(&cut.index), page(10)));
    asked.push((
        format!("/{PATTERN}/_count"),
        json!({"query": {"match_all": {}}}),
    ));
    let mut asked: Vec<_> = asked
        .into_iter()
        .map(|(path, body)| (path, body.to_string()))
        .collect();
    asked.push((all, "{\"size\":".to_owned()));
    asked
}

/// A walk's first page within a point in time, whose id each server makes for itself.
fn within_a_point_in_time(both: &mut Both) -> (Value, Value) {
    let open = format!("/{PATTERN}/_search/point_in_time?keep_alive=1m");
    let body = |id: &Value| {
        let mut body = page(250);
        body["pit"] = json!({"id": id, "keep_alive": "1m"});
        body.to_string()
    };
    let (_, theirs) = both.ask_osmem(&open, "");
    let theirs = both.ask_osmem("/_search", &body(&theirs["pit_id"]));
    let (_, ours) = both.ask_mock(&open, "");
    let ours = both.ask_mock("/_search", &body(&ours["pit_id"]));
    (normal(&theirs), normal(&ours))
}

/// Asks both everything, and returns how many questions there were.
#[track_caller]
pub(crate) fn answer_alike(both: &mut Both) -> usize {
    let questions = questions(both);
    let mut unlike = Vec::new();
    for (path, body) in &questions {
        let theirs = normal(&both.ask_osmem(path, body));
        let ours = normal(&both.ask_mock(path, body));
        if theirs != ours {
            unlike.push(format!("{path} {body}\n  osmem {theirs}\n  mock  {ours}"));
        }
    }
    assert!(unlike.is_empty(), "{}", unlike.join("\n"));
    let (theirs, ours) = within_a_point_in_time(both);
    assert_eq!((&theirs["status"], &theirs), (&json!(200), &ours));
    questions.len() + 1
}
