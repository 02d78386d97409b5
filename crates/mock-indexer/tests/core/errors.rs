//! Requests that are refused, in the forms that the product and a compatible server give.

use crate::fixture::{ALERTS, Mock};
use serde_json::{Value, json};

/// Asks what must be refused; the error's type, that of its first root cause, and that of its cause.
fn check(method: &str, target: &str, body: &str, status: u16, types: [&str; 3], reason: &str) {
    let (found, answer) = Mock::small().json(method, target, body);
    let error = &answer["error"];
    assert_eq!(found, status, "{answer}");
    assert_eq!(answer["status"], status);
    let root = &error["root_cause"][0];
    let text = |value: &Value| value.as_str().unwrap_or("").to_owned();
    let kinds = [&error["type"], &root["type"], &error["caused_by"]["type"]].map(text);
    assert_eq!(kinds, types, "{answer}");
    assert!(text(&root["reason"]).starts_with(reason), "{answer}");
}

const SEARCH: &str = "search_phase_execution_exception";
const ARGUMENT: &str = "illegal_argument_exception";
const VALIDATION: &str = "action_request_validation_exception";
const ON_SHARDS: [&str; 3] = [SEARCH, ARGUMENT, ARGUMENT];

#[test]
fn a_window_beyond_ten_thousand_is_refused_by_every_shard() {
    let reason = "Result window is too large, from + size must be less than or equal to: [10000] but was [10001].";
    check("POST", ALERTS, r#"{"size":10001}"#, 400, ON_SHARDS, reason);
    check(
        "POST",
        ALERTS,
        r#"{"from":9991,"size":10}"#,
        400,
        ON_SHARDS,
        reason,
    );
}

#[test]
fn search_after_must_fit_the_order() {
    let body = r#"{"sort":[{"timestamp":"asc"},{"_id":"asc"}],"search_after":[1]}"#;
    let reason = "search_after has 1 value(s) but sort has 2.";
    check("POST", ALERTS, body, 400, ON_SHARDS, reason);
    let reason = "Sort must contain at least one field.";
    check(
        "POST",
        ALERTS,
        r#"{"search_after":[1]}"#,
        400,
        ON_SHARDS,
        reason,
    );
}

#[test]
fn an_order_by_an_unknown_field_has_no_mapping() {
    let kinds = [SEARCH, "query_shard_exception", "query_shard_exception"];
    let reason = "No mapping found for [nofield] in order to sort on";
    check(
        "POST",
        ALERTS,
        r#"{"sort":["nofield"]}"#,
        400,
        kinds,
        reason,
    );
    let reason = "Validation Failed: 1: _shard_doc is only supported with point-in-time (PIT).";
    check(
        "POST",
        ALERTS,
        r#"{"sort":["_shard_doc"]}"#,
        400,
        [VALIDATION, VALIDATION, ""],
        reason,
    );
}

#[test]
fn a_date_that_is_none_is_refused_by_every_shard() {
    let body = r#"{"query":{"range":{"timestamp":{"gte":"yesterday"}}}}"#;
    let kinds = [SEARCH, "parse_exception", "parse_exception"];
    let reason =
        "failed to parse date field [yesterday] with format [date_optional_time||epoch_millis]";
    check("POST", ALERTS, body, 400, kinds, reason);
}

#[test]
fn a_body_that_is_no_json_or_has_an_unknown_key_is_not_parsed() {
    let json = "json_parse_exception";
    check(
        "POST",
        ALERTS,
        r#"{"size":"#,
        400,
        [json, json, "stream_read_exception"],
        "EOF",
    );
    let parsing = ["parsing_exception", "parsing_exception", ""];
    let reason = "Unknown key for a VALUE_NUMBER in [sizes].";
    check("POST", ALERTS, r#"{"sizes": 1}"#, 400, parsing, reason);
    let (_, answer) = Mock::small().json("POST", ALERTS, r#"{"sizes": 1}"#);
    assert_eq!(
        (&answer["error"]["line"], &answer["error"]["col"]),
        (&json!(1), &json!(11))
    );
}

#[test]
fn a_missing_index_is_an_error_and_a_pattern_without_one_an_empty_page() {
    let missing = ["index_not_found_exception", "index_not_found_exception", ""];
    let reason = "no such index [wazuh-alerts-4.x-2024.05.02]";
    check(
        "POST",
        "/wazuh-alerts-4.x-2024.05.02/_search",
        "{}",
        404,
        missing,
        reason,
    );
    let (status, page) = Mock::small().json("POST", "/wazuh-alerts-9.x-*/_search", "{}");
    let expect = json!({
        "took": 1, "timed_out": false,
        "_shards": {"total": 0, "successful": 0, "skipped": 0, "failed": 0},
        "hits": {"total": {"value": 0, "relation": "eq"}, "max_score": 0.0, "hits": []},
    });
    assert_eq!((status, page), (200, expect));
    let target = "/wazuh-alerts-9.x-*/_search?allow_no_indices=false";
    check(
        "POST",
        target,
        "{}",
        404,
        missing,
        "no such index [wazuh-alerts-9.x-*]",
    );
}

#[test]
fn a_point_in_time_is_refused_if_it_is_malformed_or_used_with_an_index() {
    let body = r#"{"pit":{"id":"abc"}}"#;
    let version = "unsupported_version_exception";
    check(
        "POST",
        "/_search",
        body,
        500,
        [version, version, ""],
        "Unsupported version",
    );
    let reason = "Validation Failed: 1: [indices] cannot be used with point in time;";
    check(
        "POST",
        ALERTS,
        body,
        400,
        [VALIDATION, VALIDATION, ""],
        reason,
    );
}

#[test]
fn a_wrong_method_is_told_in_a_string() {
    let (status, answer) = Mock::small().json("PUT", ALERTS, "{}");
    let error = "Incorrect HTTP method for uri [/wazuh-alerts-4.x-*/_search] and method [PUT], allowed: [GET, POST]";
    assert_eq!(
        (status, answer),
        (405, json!({"error": error, "status": 405}))
    );
}

#[test]
fn what_the_mock_does_not_model_it_refuses_by_name() {
    let refused = |body: &str, what: &str| {
        let reason = format!("the mock does not model {what}");
        check("POST", ALERTS, body, 400, [ARGUMENT, ARGUMENT, ""], &reason);
    };
    refused(
        r#"{"query":{"match":{"rule.id":"5"}}}"#,
        "the query [match]",
    );
    refused(
        r#"{"query":{"bool":{"must_not":[]}}}"#,
        "[must_not] in a bool query",
    );
    refused(r#"{"sort":["_seq_no"]}"#, "sorting by [_seq_no]");
    refused(r#"{"_source":["rule"]}"#, "a filter of the source's fields");
    refused(
        r#"{"query":{"range":{"timestamp":{"gte":"now-1h"}}}}"#,
        "dates relative to now",
    );
    let parameter = [
        "illegal_argument_exception",
        "illegal_argument_exception",
        "",
    ];
    let reason = "request [/wazuh-alerts-4.x-*/_search] contains unrecognized parameter: [scroll]";
    check(
        "POST",
        "/wazuh-alerts-4.x-*/_search?scroll=1m",
        "",
        400,
        parameter,
        reason,
    );
}
