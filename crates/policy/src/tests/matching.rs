//! What selections match: the forms that matchers are known to disagree on.

use super::{FILTER, FILTER_PATH, files, fim};
use crate::load::compile_files;
use crate::{Explanation, LoadOptions, Policy};
use serde_json::{Value, json};

/// A policy whose filter has this block, its own tests not run.
fn compiled(block: &str) -> Policy {
    let (head, rest) = FILTER.split_once("  selection:").unwrap();
    let (_, tail) = rest.split_once("disposition:").unwrap();
    let mut files = files();
    files.insert(FILTER_PATH, format!("{head}{block}disposition:{tail}"));
    compile_files(&files, LoadOptions::default()).unwrap_or_else(|error| panic!("{error}"))
}

/// Whether the filter with this block suppresses the alert. The explanation must say the same.
#[track_caller]
fn check(block: &str, alert: &Value, expected: bool) {
    let policy = compiled(block);
    let explained: Explanation<'_> = policy.explain(alert, super::now());
    let is_it = |name: Option<&str>| name == Some("mf_backup_jobs");
    let is_suppressed = is_it(explained.verdict.signature.map(|s| s.name.as_str()));
    assert_eq!(is_suppressed, expected, "{block}{alert}\n{explained}");
    let considered = explained
        .considered
        .iter()
        .find(|c| is_it(Some(&c.signature.name)));
    assert_eq!(
        considered.is_some_and(|c| c.is_matched),
        expected,
        "{explained}"
    );
}

const TWO: &str =
    "  selection_a:\n    syscheck.path: /a\n  selection_b:\n    syscheck.event: added\n";

#[test]
fn a_filter_with_of_suppresses_what_it_selects_and_nothing_else() {
    let mut both = fim(7, "/a");
    both["syscheck"]["event"] = json!("added");
    let one = fim(7, "/a");
    let none = fim(7, "/b");
    for (condition, on_both, on_one) in [
        ("not 1 of selection_*", true, true),
        ("not 1 of them", true, true),
        ("not all of them", true, false),
        ("not all of selection_*", true, false),
        ("not 1 of *_a", true, true),
        ("not 1 of *", true, true),
        ("not (selection_a and not selection_b)", false, true),
    ] {
        let block = format!("{TWO}  condition: {condition}\n");
        check(&block, &both, on_both);
        check(&block, &one, on_one);
        check(&block, &none, false);
    }
}

#[test]
fn a_filter_is_for_its_rules_and_its_service_only() {
    let block = "  selection:\n    syscheck.path: /a\n  condition: not selection\n";
    check(block, &fim(7, "/a"), true);
    for (pointer, value) in [
        ("/rule/id", json!("551")),
        ("/rule/id", json!("5500")),
        ("/rule/groups", json!(["ossec"])),
        ("/rule/groups", json!([])),
    ] {
        let mut other = fim(7, "/a");
        *other.pointer_mut(pointer).unwrap() = value;
        check(block, &other, false);
    }
    for id in [json!(550), json!("550")] {
        let mut same = fim(7, "/a");
        same["rule"]["id"] = id;
        check(block, &same, true);
    }
}

#[track_caller]
fn check_field(field: &str, value: Value, expected: bool) {
    let block =
        format!("  selection:\n    {field}\n    rule.id: 550\n  condition: not selection\n");
    let mut alert = fim(7, "/a");
    alert["data"] = json!({ "x": value });
    check(&block, &alert, expected);
}

#[test]
fn values_match_as_sigma_says() {
    check_field("data.x: abc", json!("ABC"), true);
    check_field("data.x|cased: abc", json!("ABC"), false);
    check_field("data.x|re: ^abc$", json!("ABC"), false);
    check_field("data.x|re|i: ^abc$", json!("ABC"), true);
    check_field("data.x: 22", json!("22"), true);
    check_field("data.x: '22'", json!(22), true);
    check_field("data.x: b", json!(["a", "b"]), true);
    check_field("data.x: c", json!(["a", "b"]), false);
    check_field("data.x|contains|all: [a, c]", json!("abc"), true);
    check_field("data.x|contains|all: [a, d]", json!("abc"), false);
    check_field("data.x|cidr: 10.0.0.0/8", json!("10.9.8.7"), true);
    check_field("data.x|cidr: 10.0.0.0/8", json!("11.0.0.1"), false);
    check_field("data.x|gte: 5", json!("7"), true);
    check_field("data.x: a*c", json!("abbbc"), true);
    check_field(r"data.x: 'C:\Temp\*'", json!(r"C:\Temp\x"), false);
    check_field(r"data.x: 'C:\Temp\\*'", json!(r"C:\Temp\x"), true);
    check_field(r"data.x|startswith: 'C:\Temp\'", json!(r"C:\Temp\x"), true);
}

#[test]
fn a_path_leads_through_objects_arrays_and_dotted_keys() {
    check_field("data.x.y: a", json!({"y": "a"}), true);
    check_field("data.x.y: a", json!([{"y": "b"}, {"y": "a"}]), true);
    check_field("data.x.y: a", json!([["a"]]), false);
    check_field("data.x.y: a", json!("a"), false);
    check_field("data.x.y.z: a", json!({"y": [{"z": "a"}]}), true);
    let block = "  selection:\n    data.x: abc\n  condition: not selection\n";
    let mut dotted = fim(7, "/a");
    dotted["data.x"] = json!("abc");
    check(block, &dotted, true);
}

#[test]
fn a_missing_field_matches_nothing_but_its_absence() {
    check_field("data.y|neq: a", json!("a"), false);
    check_field("data.x|neq: a", json!("b"), true);
    check_field("data.y: null", json!("a"), true);
    check_field("data.y|exists: false", json!("a"), true);
    check_field("data.y|exists: true", json!("a"), false);
    check_field("data.y|contains: a", json!("a"), false);
}

#[test]
fn a_value_of_a_list_is_no_pattern() {
    let block = "  selection:\n    data.x|expand: '%names%'\n  condition: not selection\n";
    let (head, rest) = FILTER.split_once("  selection:").unwrap();
    let (_, tail) = rest.split_once("disposition:").unwrap();
    let mut files = files();
    files.insert(FILTER_PATH, format!("{head}{block}disposition:{tail}"));
    files.insert("lists/names.txt", "alice\nb*b\n");
    let policy = compile_files(&files, LoadOptions::default()).unwrap_or_else(|e| panic!("{e}"));
    for (name, expected) in [
        ("Alice", true),
        ("b*b", true),
        ("bob", false),
        ("%names%", false),
    ] {
        let mut alert = fim(7, "/a");
        alert["data"] = json!({ "x": name });
        let verdict = policy.judge(&alert, super::now());
        assert_eq!(verdict.signature.is_some(), expected, "{name}");
    }
}
