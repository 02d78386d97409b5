//! What authors of policies are told: lint, tests, explanations and counts.

use super::{FILTER_PATH, RULE_PATH, at, changed, files, fim, now, policy};
use crate::{Files, LoadOptions, Stats, lint, test};
use serde_json::json;

#[track_caller]
fn check_warning(files: &Files, line: Option<usize>, what: &str) {
    let lint = lint(files, LoadOptions::default(), now());
    let found = lint
        .warnings
        .iter()
        .find(|problem| problem.what.contains(what));
    let found = found.unwrap_or_else(|| panic!("no warning of `{what}`: {lint:?}"));
    assert_eq!(found.line, line, "{found}");
}

#[test]
fn a_policy_without_fault_has_no_warning() {
    let lint = lint(&files(), LoadOptions::default(), now());
    assert!(
        lint.errors.is_empty() && lint.warnings.is_empty(),
        "{lint:?}"
    );
}

#[test]
fn lint_warns_of_the_traps_of_sigma() {
    let with = |to| changed(FILTER_PATH, "syscheck.path|startswith: /var/backups/", to);
    check_warning(
        &with("syscheck.path: /var/backups/*"),
        Some(9),
        "are wildcards",
    );
    check_warning(
        &with(r"syscheck.path: 'C:\Temp\*'"),
        Some(9),
        "makes a literal",
    );
    check_warning(
        &with("syscheck.path|neq: /x"),
        Some(9),
        "`neq` does not match",
    );
    let null = "syscheck.path: /a\n    syscheck.event:";
    check_warning(&with(null), Some(10), "an empty value matches");
    check_warning(
        &changed(FILTER_PATH, "[wazuh_550]", "any"),
        Some(7),
        "every rule of its service",
    );
    let unused = "  other:\n    syscheck.path: /b\n  condition:";
    check_warning(
        &changed(FILTER_PATH, "  condition:", unused),
        Some(10),
        "does not use `other`",
    );
    let keyword = changed(
        RULE_PATH,
        "\n    syscheck.path: /etc/shadow",
        " /etc/shadow",
    );
    check_warning(&keyword, Some(7), "a value without a field");
    let mut list = files();
    list.insert("lists/unused.txt", "x\n");
    check_warning(&list, None, "no signature uses this list");
}

#[test]
fn lint_warns_before_and_after_the_last_day() {
    let warned = |time| lint(&files(), LoadOptions::default(), at(time)).warnings;
    assert!(warned("2026-12-16T23:59:59Z").is_empty());
    assert!(
        warned("2026-12-17T00:00:00Z")[0]
            .what
            .contains("expires after 2026-12-31")
    );
    assert!(
        warned("2027-01-01T00:00:00Z")[0]
            .what
            .contains("expired after 2026-12-31")
    );
}

#[test]
fn lint_and_test_tell_what_refuses_a_policy() {
    let failing = changed(FILTER_PATH, "path: /etc/passwd", "path: /var/backups/b");
    let lint = lint(&failing, LoadOptions::default(), now());
    assert_eq!(lint.errors.len(), 1, "{lint:?}");
    let report = test(&failing, LoadOptions::default());
    assert_eq!((report.run, report.problems.len()), (4, 1));
    let broken = changed(FILTER_PATH, "owner: ops", "owner: ''");
    assert_eq!(test(&broken, LoadOptions::default()).run, 0);
}

#[test]
fn an_explanation_says_where_a_signature_stopped() {
    let policy = policy(&files());
    let explained = policy.explain(&fim(7, "/srv/x"), now());
    assert_eq!((explained.considered.len(), explained.others), (2, 0));
    let text = explained.to_string();
    for part in [
        "verdict: review",
        "because the default of level medium",
        "mf_backup_jobs does not match (filters/mf_backup_jobs.yml)",
        "- selection",
        "- syscheck.path is \"/srv/x\", differs; asked: /var/backups/",
    ] {
        assert!(text.contains(part), "`{part}` is not in\n{text}");
    }
    let other = json!({"rule": {"id": "5710", "groups": ["sshd"]}});
    assert_eq!(policy.explain(&other, now()).others, 2);
    assert_eq!(policy.explain(&json!(7), now()).others, 2);
}

#[test]
fn counts_tell_hits_dead_signatures_and_shares() {
    let policy = policy(&files());
    let mut stats = Stats::new(&policy);
    for number in 0..100 {
        let path = if number % 4 == 0 {
            "/var/backups/x"
        } else {
            "/etc/x"
        };
        let verdict = policy.judge(&fim(7, path), now());
        stats.add(&verdict, at("2026-06-01T00:00:00Z"));
        if number == 48 {
            assert_eq!(
                stats.false_positive_ratio("550"),
                None,
                "49 are fewer than 50"
            );
        }
    }
    assert_eq!((stats.total(), stats.conflicts()), (100, 0));
    assert_eq!(stats.false_positive_ratio("550"), Some(0.25));
    assert_eq!(stats.false_positive_ratio("551"), None);
    assert_eq!(stats.dead().collect::<Vec<_>>(), ["shadow_changed"]);
    let (name, hits) = stats.signatures().next().unwrap();
    assert_eq!((name, hits.hits, hits.decided), ("mf_backup_jobs", 25, 25));
    assert_eq!(hits.last_hit, Some(at("2026-06-01T00:00:00Z")));
}

#[test]
fn the_hash_is_that_of_what_can_change_a_verdict() {
    let first = files();
    let mut same = Files::new();
    let reversed: Vec<_> = first.iter().collect();
    for (path, bytes) in reversed.into_iter().rev() {
        same.insert(path, bytes);
    }
    same.insert("README.md", "notes");
    assert_eq!(policy(&first).sha256(), same.sha256());
    assert_eq!(first.sha256().len(), 64);
    let changed = changed(FILTER_PATH, "owner: ops", "owner: other");
    assert_ne!(first.sha256(), changed.sha256());
}
