//! Which signature decides, and what becomes of an alert that none decides.

use super::{FILTER_PATH, RULE, RULE_PATH, at, changed, files, fim, now, policy};
use crate::{Files, POLICY_TOML, Profile, Reason, Verdict};
use alert::Disposition::{self, Benign, Escalated, KnownFp, Review};
use serde_json::{Value, json};

#[track_caller]
fn check(files: &Files, alert: &Value, expected: Disposition, signature: Option<&str>) {
    let policy = policy(files);
    let verdict = policy.judge(alert, now());
    let reasons = shown(&verdict);
    assert_eq!(verdict.disposition, expected, "{reasons:?}");
    assert_eq!(
        verdict.signature.map(|s| s.name.as_str()),
        signature,
        "{reasons:?}"
    );
}

fn shown(verdict: &Verdict<'_>) -> Vec<String> {
    verdict.reasons.iter().map(Reason::to_string).collect()
}

/// A rule that says review of every alert on a file below `/var/`.
fn with_review_rule() -> Files {
    let mut files = files();
    let review = RULE
        .replace("000002", "000003")
        .replace(
            "syscheck.path: /etc/shadow",
            "syscheck.path|startswith: /var/",
        )
        .replace("escalated", "review")
        .replace("path: /etc/shadow", "path: /var/x");
    files.insert("rules/var_changed.yml", review);
    files
}

#[test]
fn the_level_decides_where_no_signature_does() {
    for (level, expected) in [
        (3, Benign),
        (5, Benign),
        (7, Review),
        (12, Review),
        (15, Escalated),
    ] {
        check(&files(), &fim(level, "/etc/passwd"), expected, None);
    }
}

#[test]
fn a_suppression_decides_up_to_its_level() {
    check(
        &files(),
        &fim(9, "/var/backups/x"),
        KnownFp,
        Some("mf_backup_jobs"),
    );
    check(&files(), &fim(10, "/var/backups/x"), Review, None);
    check(&files(), &fim(15, "/var/backups/x"), Escalated, None);
    let mut unreadable = fim(7, "/var/backups/x");
    unreadable["rule"]["level"] = json!("seven");
    check(&files(), &unreadable, Review, None);
}

#[test]
fn an_expired_suppression_leaves_its_alerts_to_review() {
    let policy = policy(&files());
    let alert = fim(3, "/var/backups/x");
    let last = policy.judge(&alert, at("2026-12-31T23:59:59.999Z"));
    assert_eq!(last.disposition, KnownFp);
    let after = policy.judge(&alert, at("2027-01-01T00:00:00Z"));
    assert_eq!(after.disposition, Review);
    assert_eq!(
        shown(&after),
        ["mf_backup_jobs matched but has expired after 2026-12-31: ask ops"]
    );
}

#[test]
fn what_is_escalated_cannot_be_suppressed() {
    let wide = changed(
        FILTER_PATH,
        "startswith: /var/backups/",
        "startswith: /etc/sha",
    );
    let wide = {
        let text = String::from_utf8(wide.get(FILTER_PATH).unwrap().to_vec()).unwrap();
        let mut files = wide;
        files.insert(FILTER_PATH, text.replace("/var/backups/a", "/etc/shallow"));
        files
    };
    check(
        &wide,
        &fim(7, "/etc/shallow"),
        KnownFp,
        Some("mf_backup_jobs"),
    );
    check(
        &wide,
        &fim(7, "/etc/shadow"),
        Escalated,
        Some("shadow_changed"),
    );
    let policy = policy(&wide);
    let verdict = policy.judge(&fim(7, "/etc/shadow"), now());
    assert!(verdict.is_conflict());
    assert_eq!(
        shown(&verdict)[1],
        "mf_backup_jobs matched too, and was overruled"
    );
}

#[test]
fn a_review_rule_raises_and_never_lowers() {
    let files = with_review_rule();
    check(&files, &fim(3, "/var/x"), Review, Some("var_changed"));
    check(&files, &fim(15, "/var/x"), Escalated, None);
    check(
        &files,
        &fim(7, "/var/backups/x"),
        KnownFp,
        Some("mf_backup_jobs"),
    );
}

#[test]
fn the_order_is_a_setting_below_escalated() {
    let mut files = with_review_rule();
    let order = "\"known_fp\", \"benign\", \"review\"]";
    let other = changed(POLICY_TOML, order, "\"review\", \"known_fp\", \"benign\"]");
    files.insert(POLICY_TOML, other.get(POLICY_TOML).unwrap());
    check(
        &files,
        &fim(7, "/var/backups/x"),
        Review,
        Some("var_changed"),
    );
}

#[test]
fn any_bytes_have_a_verdict() {
    let policy = policy(&files());
    let deep = "[".repeat(100_000);
    for bytes in [
        &b""[..],
        b"{",
        b"[1]",
        b"17",
        b"\xff",
        b"{\"rule\":7}",
        b"{}",
        deep.as_bytes(),
    ] {
        let verdict = policy.judge_bytes(bytes, now());
        assert_eq!(verdict.disposition, Review, "{bytes:?}");
        assert_eq!(verdict.reasons.len(), 1, "{bytes:?}");
    }
}

#[test]
fn a_hit_is_judged_by_its_source() {
    let hit = json!({"_index": "wazuh-alerts-4.x", "_id": "1", "_source": fim(7, "/etc/shadow")});
    check(&files(), &hit, Escalated, Some("shadow_changed"));
}

#[test]
fn an_alias_is_the_agent_that_it_stands_for() {
    let alias = "# \"web-01\" = [\"web-01.example.com\", \"WEB01\"]";
    let mut files = changed(POLICY_TOML, alias, &alias[2..]);
    let rule = RULE
        .replace("syscheck.path: /etc/shadow", "agent.name: web-01")
        .replace(
            "syscheck: {path: /etc/shadow}",
            "agent: {name: Web-01.Example.com}",
        );
    files.insert(RULE_PATH, rule.as_str());
    let policy = policy(&files);
    let mut alert = fim(3, "/x");
    alert["agent"]["name"] = json!("WEB01");
    let verdict = policy.judge(&alert, now());
    assert_eq!(verdict.disposition, Escalated);
    assert_eq!(verdict.agent.as_deref(), Some("web-01"));
    files.insert(
        RULE_PATH,
        rule.replace("agent.name: web-01", "agent.name: WEB01"),
    );
    let error = super::load(&files)
        .err()
        .expect("an alias in a rule never matches");
    assert!(
        error
            .to_string()
            .contains("a signature sees the agent as `web-01`"),
        "{error}"
    );
}

#[test]
fn findings_of_wazuh_5_are_judged_by_their_own_fields() {
    let uuid = "6f2d8c3a-0000-4000-8000-00000000abcd";
    let mut files = changed(POLICY_TOML, "\"wazuh4\"", "\"wazuh5\"");
    files.remove(RULE_PATH);
    let sample = |path: &str| {
        format!(
            "{{wazuh: {{rule: {{id: {uuid}, level: low}}, integration: {{name: syscheck}}}}, file: {{path: {path}}}}}"
        )
    };
    let (head, _) = super::FILTER.split_once("tests:").unwrap();
    let head = head
        .replace("wazuh_550", uuid)
        .replace("syscheck.path", "file.path");
    let tests = format!(
        "tests:\n  match:\n    - {}\n  no_match:\n    - {}\n",
        sample("/var/backups/a"),
        sample("/etc/a")
    );
    files.insert(FILTER_PATH, head + &tests);
    let policy = policy(&files);
    assert_eq!(policy.profile(), Profile::Wazuh5);
    let finding = json!({"wazuh": {"rule": {"id": uuid, "level": "medium"}, "integration": {"name": "syscheck"},
        "agent": {"name": "web-01"}}, "file": {"path": "/var/backups/b"}});
    let verdict = policy.judge(&finding, now());
    assert_eq!(verdict.disposition, KnownFp);
    assert_eq!(verdict.agent.as_deref(), Some("web-01"));
    // An alert of the other profile says nothing that this one can read.
    assert_eq!(
        policy.judge(&fim(3, "/var/backups/x"), now()).disposition,
        Review
    );
}
