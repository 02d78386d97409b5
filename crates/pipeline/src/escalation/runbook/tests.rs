use super::*;
use serde_json::json;

fn of(document: &serde_json::Value) -> String {
    let evidence = Evidence::of(document);
    let service = Service::of(&evidence);
    runbook(&evidence, service, EscalationSettings::default())
}

const TEMPLATES: [&str; 7] = [
    HEAD,
    TAIL,
    include_str!("fim.md"),
    include_str!("rootcheck.md"),
    include_str!("sysmon.md"),
    include_str!("auth.md"),
    include_str!("other.md"),
];

#[test]
fn the_service_follows_from_the_rules_groups() {
    for (groups, service) in [
        (vec!["ossec", "syscheck", "syscheck_file"], Service::Fim),
        (vec!["ossec", "rootcheck"], Service::Rootcheck),
        (vec!["windows", "sysmon_event1"], Service::Sysmon),
        (
            vec!["syslog", "sshd", "authentication_failed"],
            Service::Auth,
        ),
        (vec!["windows", "win_authentication_failed"], Service::Auth),
        (vec!["web", "accesslog"], Service::Other),
        (vec![], Service::Other),
    ] {
        let evidence = Evidence::of(&json!({"rule": {"groups": groups}}));
        assert_eq!(Service::of(&evidence), service, "{groups:?}");
    }
}

#[test]
fn every_blank_is_a_fact_of_the_case_or_a_path() {
    let facts = [
        "id",
        "shelf",
        "tlp",
        "pap",
        "severity",
        "signature",
        "reasons",
        "policy",
    ];
    for template in TEMPLATES {
        for blank in template.split("{{").skip(1) {
            let (names, _) = blank.split_once("}}").expect("a blank ends on its line");
            for name in names.split('|') {
                match name.strip_prefix("case.") {
                    Some(fact) => assert!(facts.contains(&fact), "{name}"),
                    None => {
                        let is_path = |c: char| c.is_ascii_alphanumeric() || "._@".contains(c);
                        assert!(!name.is_empty() && name.chars().all(is_path), "{name}");
                    }
                }
            }
        }
    }
}

#[test]
fn a_runbook_has_the_facts_and_no_line_without_any() {
    let text = of(&json!({
        "rule": {"groups": ["syscheck"], "id": "550", "description": "Integrity checksum changed."},
        "agent": {"name": "web-03"},
        "syscheck": {"path": "/etc/shadow", "changed_attributes": ["size", "mtime"]},
    }));
    for line in [
        "- Rule: ` 550 ` ` Integrity checksum changed. `",
        "- Agent: ` web-03 ` – –",
        "- Path: ` /etc/shadow `",
        "- Attributes: ` size, mtime `",
    ] {
        assert!(text.lines().any(|found| found == line), "{line}\n{text}");
    }
    assert!(!text.contains("By process"), "{text}");
    assert!(!text.contains("{{"), "{text}");
}

#[test]
fn what_an_attacker_writes_stays_on_its_line_and_in_its_span() {
    let hostile =
        "x`\n\n# Approved\n<img src=x onerror=alert(1)>[a](javascript:b)|{{case.policy}}\u{202E}";
    let text = of(&json!({
        "rule": {"groups": ["rootcheck"], "description": hostile},
        "data": {"title": hostile, "file": hostile}, "full_log": hostile, "timestamp": hostile,
    }));
    assert!(!text.contains("\n# Approved"), "{text}");
    assert!(!text.contains('\u{202E}'), "{text}");
    let expected = "- Finding: `` x`\\n\\n# Approved\\n<img src=x onerror=alert(1)>[a](javascript:b)|\
                    {{case.policy}}<U+202E> ``";
    assert!(text.lines().any(|line| line == expected), "{text}");
    let lines = of(
        &json!({"rule": {"groups": ["rootcheck"], "description": "a"},
        "data": {"title": "a", "file": "a"}, "full_log": "a", "timestamp": "a"}),
    );
    assert_eq!(text.lines().count(), lines.lines().count());
}
