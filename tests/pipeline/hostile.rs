//! Alerts that an attacker wrote: whatever they hold, the pack is valid, stays in its place, and nothing in it acts.

use crate::bags::validate;
use crate::disk::Disk;
use serde_json::{Value, json};

/// Texts that break what is made of them carelessly.
fn texts() -> Vec<String> {
    vec![
        "a\nb\r\n## Approved by SOC\n- [x] harmless".to_owned(),
        "../../../../etc/cron.d/x".to_owned(),
        "/..\\..\\windows\\x".to_owned(),
        "NUL \0 and ESC \u{1B}[2J\u{1B}]0;owned\u{7}".to_owned(),
        "invoice\u{202E}fdp.exe \u{2066}x\u{2069} \u{200B}\u{FEFF}".to_owned(),
        "`` ` ``` </code></pre><script>alert(1)</script>".to_owned(),
        "[here](javascript:alert(1)) ![x](https://203.0.113.9/p.png) <https://203.0.113.9>"
            .to_owned(),
        "{{case.policy}} {{#each}} ${IFS} %n%s |--| $(reboot)".to_owned(),
        "line\u{2028}separator\u{2029}paragraph\u{85}next".to_owned(),
        "\u{10FFFF}\u{FFFE} \u{E0041}\u{E007F}".to_owned(),
        "x".repeat(100 * 1024),
        "`".repeat(100 * 1024),
        "\n".repeat(100 * 1024),
        "-".to_owned(),
        String::new(),
    ]
}

/// An alert that has the text wherever a pack looks.
fn alert(text: &str, groups: &[&str]) -> Value {
    json!({"_index": text, "_id": text, "_source": {
        "timestamp": "2026-04-01T05:29:07.000+0000", "@timestamp": text, "id": text, "full_log": text,
        "location": text, "previous_output": text,
        "rule": {"level": 15, "id": text, "description": text, "groups": groups, "mitre": {"id": [text, text]}},
        "agent": {"id": text, "name": text, "ip": text},
        "predecoder": {"timestamp": text, "hostname": text, "program_name": text},
        "data": {"srcip": text, "dstip": text, "srcport": text, "srcuser": text, "dstuser": text, "url": text,
            "file": text, "title": text, "command": text,
            "win": {"system": {"systemTime": text, "computer": text, "eventID": text}, "eventdata": {
                "image": text, "commandLine": text, "hashes": text, "targetObject": text, "ipAddress": text,
                "user": text, "utcTime": text}}},
        "syscheck": {"path": text, "uname_after": text, "md5_after": text, "sha256_after": text,
            "mtime_after": text, "changed_attributes": [text, text], "event": text},
    }})
}

/// An alert with a text of 100 KB in the fields that have no bound at their producers.
fn long_alert(text: &str, groups: &[&str]) -> Value {
    json!({"_source": {
        "timestamp": "2026-04-01T05:29:07.000+0000", "full_log": text, "rule": {"level": 15, "groups": groups},
        "data": {"command": text, "srcuser": text}, "syscheck": {"path": text},
    }})
}

const GROUPS: [&[&str]; 5] = [
    &["syscheck"],
    &["rootcheck"],
    &["sysmon"],
    &["authentication_failed"],
    &["web"],
];

/// Odd values where texts are expected, and documents that are hardly any.
fn odd() -> Vec<Vec<u8>> {
    let mut alerts: Vec<Vec<u8>> = [
        json!({}),
        json!({"_source": []}),
        json!({"_source": {"rule": 1, "agent": [], "data": "x", "syscheck": [[{"path": {}}]], "timestamp": {}}}),
        json!({"rule": {"groups": {"syscheck": 1}, "level": -1e300}, "data": {"srcport": 1e308, "srcip": true}}),
        json!({"data": {"srcuser": (0..20_000).collect::<Vec<u32>>()}}),
    ]
    .iter()
    .map(|alert| alert.to_string().into_bytes())
    .collect();
    // Nested deeper than a parser that recurses may go.
    let deep = [
        r#"{"data":"#,
        &"[".repeat(100_000),
        &"]".repeat(100_000),
        "}",
    ]
    .concat();
    alerts.push(deep.into_bytes());
    // The same key twice, and escapes of half a character.
    alerts.push(
        br#"{"data":{"srcip":"192.0.2.1"},"data":{"srcip":"192.0.2.2"},"x":"\ud800"}"#.to_vec(),
    );
    alerts
}

#[test]
fn a_hostile_alert_has_a_valid_pack_in_its_place_and_nothing_in_it_acts() {
    let mut alerts: Vec<Vec<u8>> = Vec::new();
    for text in texts() {
        for groups in GROUPS {
            let is_long = 10_000 < text.len();
            let make = if is_long { long_alert } else { alert };
            alerts.push(make(&text, groups).to_string().into_bytes());
        }
    }
    alerts.extend(odd());
    let disk = Disk::new();
    disk.escalate(0, &alerts);
    let count = alerts.len() as u64;
    assert_eq!(disk.pass_well(), (count, count, 0));
    let packs = disk.packs();
    assert_eq!(packs.len(), alerts.len());
    for (number, alert) in alerts.iter().enumerate() {
        let id = Disk::id(number).to_string();
        let (_, pack) = packs
            .iter()
            .find(|(place, _)| place.ends_with(&id))
            .unwrap();
        validate(pack, &id, alert).unwrap();
        check_runbook(std::str::from_utf8(&pack["data/runbook.md"]).unwrap());
        for name in [
            "timeline.ndjson",
            "observables.json",
            "related.json",
            "outcome.json",
        ] {
            check_no_controls(name, &pack[&format!("data/{name}")]);
        }
    }
}

/// Headings, links and HTML are those of the templates; everything of the alert is in code spans.
fn check_runbook(text: &str) {
    check_no_controls("runbook.md", text.as_bytes());
    assert!(text.len() < 64 * 1024, "{} bytes", text.len());
    for line in text.lines() {
        let outside = outside_of_code(line);
        for sign in ["<", "](", "{{", "http", "Approved"] {
            assert!(!outside.contains(sign), "{sign} acts in: {line}");
        }
    }
    let headings = text.lines().filter(|line| line.starts_with('#')).count();
    assert_eq!(headings, 5, "{text}");
}

/// A line without its code spans, as CommonMark finds them: a span ends at the next run of backticks of the same length.
fn outside_of_code(line: &str) -> String {
    let mut outside = String::new();
    let mut rest = line;
    while let Some(at) = rest.find('`') {
        outside.push_str(&rest[..at]);
        let fence = run_of_backticks(&rest[at..]);
        rest = &rest[at + fence..];
        let mut inner = rest;
        loop {
            let Some(end) = inner.find('`') else {
                panic!("a code span does not end: {line}");
            };
            let run = run_of_backticks(&inner[end..]);
            inner = &inner[end + run..];
            if run == fence {
                break;
            }
        }
        rest = inner;
    }
    outside.push_str(rest);
    outside
}

fn run_of_backticks(text: &str) -> usize {
    text.len() - text.trim_start_matches('`').len()
}

/// No byte of the file moves a cursor, and no character of the runbook hides or turns others.
fn check_no_controls(name: &str, bytes: &[u8]) {
    let text = std::str::from_utf8(bytes).unwrap();
    let is_raw = name == "runbook.md";
    for character in text.chars() {
        let is_bad = character.is_ascii_control() && character != '\n';
        let hides = matches!(
            character,
            '\u{80}'..='\u{9F}' | '\u{200B}' | '\u{202E}' | '\u{2066}' | '\u{2028}'
        );
        assert!(!(is_bad || is_raw && hides), "{name} holds {character:?}");
    }
}
