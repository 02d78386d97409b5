//! Fail closed: what is wrong refuses the whole policy, and says where and what to do.

use super::{FILTER, FILTER_PATH, RULE, RULE_PATH, changed, files, load, policy};
use crate::{Files, LoadOptions, POLICY_TOML, Policy, UnknownFields};

/// The policy is refused with exactly this one problem, at this line.
#[track_caller]
fn check(files: &Files, line: Option<usize>, what: &str) {
    let error = load(files).err().expect("the policy is refused");
    let [problem] = error.problems.as_slice() else {
        panic!("one problem expected: {error}");
    };
    assert!(problem.what.contains(what), "{problem}");
    assert_eq!(problem.line, line, "{problem}");
    assert!(!problem.remedy.is_empty(), "{problem}");
}

#[track_caller]
fn check_filter(from: &str, to: &str, line: Option<usize>, what: &str) {
    check(&changed(FILTER_PATH, from, to), line, what);
}

#[track_caller]
fn check_toml(from: &str, to: &str, what: &str) {
    let files = changed(POLICY_TOML, from, to);
    let text = String::from_utf8(files.get(POLICY_TOML).unwrap().to_vec()).unwrap();
    let line = 1 + text
        .lines()
        .position(|line| line.contains(to.lines().next().unwrap_or_default()))
        .expect("the new text");
    check(&files, Some(line), what);
}

#[test]
fn a_policy_that_is_right_is_loaded() {
    assert_eq!(policy(&files()).signatures().len(), 2);
}

#[test]
fn a_suppression_names_who_when_and_how_far() {
    check_filter("owner: ops\n", "", None, "`owner` is missing");
    check_filter(
        "ticket: OPS-1\n",
        "ticket: 17\n",
        Some(13),
        "`ticket` is missing",
    );
    check_filter(
        "ticket: OPS-1\n",
        "ticket: ' '\n",
        Some(13),
        "`ticket` is missing",
    );
    check_filter("expires: 2026-12-31\n", "", None, "`expires` is missing");
    check_filter("2026-12-31", "never", Some(14), "`never` is not a date");
    check_filter("2026-12-31", "2026-02-30", Some(14), "is not a date");
    check_filter(
        "max_level: medium\n",
        "max_level: 7\n",
        Some(15),
        "`max_level` is missing",
    );
    check_filter(
        "max_level: medium\n",
        "max_level: hihg\n",
        Some(15),
        "`hihg` is not a level",
    );
}

#[test]
fn a_signature_has_tests_and_they_pass() {
    let from = FILTER.split_once("tests:").unwrap().1;
    check_filter(&format!("tests:{from}"), "", None, "`tests` is missing");
    check_filter(
        "  no_match:\n",
        "  nomatch:\n",
        Some(16),
        "unknown field `nomatch`",
    );
    check_filter(
        "path: /var/backups/a",
        "path: /tmp/a",
        Some(17),
        "alert 1 of `tests.match` is not matched",
    );
    check_filter(
        "path: /etc/passwd",
        "path: /var/backups/b",
        Some(19),
        "alert 1 of `tests.no_match` is matched",
    );
    // Above its highest level a suppression does not match.
    check_filter("level: 7", "level: 12", Some(17), "is not matched");
}

#[test]
fn a_filter_says_what_it_suppresses_by_not() {
    let what = "a filter's condition must be `not …`";
    check_filter(
        "condition: not selection",
        "condition: selection",
        Some(10),
        what,
    );
    check_filter(
        "condition: not selection",
        "condition: not selection and not selection",
        Some(10),
        what,
    );
    check_filter(
        "condition: not selection",
        "condition: not (not selection)",
        Some(10),
        "two `not`",
    );
}

#[test]
fn a_filter_that_suppresses_everything_is_refused() {
    let what = "suppresses even an alert that has none of its fields";
    check_filter(
        "|startswith: /var/backups/",
        "|exists: false",
        Some(10),
        what,
    );
    check_filter("|startswith: /var/backups/", ":", Some(10), what);
    let one = "selection:\n    syscheck.path|startswith: /var/backups/\n  condition: not selection";
    let inverted =
        "selection:\n    syscheck.path: a\n  condition: not (not selection or selection)";
    check_filter(one, inverted, Some(10), what);
    check_filter(
        "\n    syscheck.path|startswith: /var/backups/",
        " {}",
        Some(8),
        "this selection is empty",
    );
    check_filter(
        "startswith: /var/backups/",
        "contains: ''",
        Some(9),
        "an empty text is part of every text",
    );
    check_filter(
        "startswith: /var/backups/",
        "re: ''",
        Some(9),
        "an empty text is part of every text",
    );
    check_filter(
        "startswith: /var/backups/",
        "contains: []",
        Some(9),
        "has no value",
    );
    check_filter(
        "condition: not selection",
        "condition: not all of filter_*",
        Some(10),
        "means no selection",
    );
}

#[test]
fn the_rules_of_a_filter_are_named() {
    // To the parser of Sigma each of these would mean "every rule".
    check_filter("  rules: [wazuh_550]\n", "", Some(6), "`rules` is missing");
    check_filter("[wazuh_550]", "[]", Some(7), "`rules` is missing, empty");
    check_filter("[wazuh_550]", "[550]", Some(7), "does not name a rule");
    check_filter(
        "[wazuh_550]",
        "[wazuh_fim]",
        Some(7),
        "does not name a rule",
    );
    check_filter(
        "  service: syscheck\n",
        "",
        Some(3),
        "a filter without `service`",
    );
    check_filter(
        "service: syscheck",
        "service: sycheck",
        Some(5),
        "unknown service `sycheck`",
    );
    check_filter(
        "product: wazuh",
        "product: linux",
        Some(3),
        "the product is not wazuh",
    );
}

#[test]
fn what_is_unknown_is_refused() {
    check_filter(
        "owner: ops",
        "owner: ops\nownr: x",
        Some(13),
        "unknown key `ownr`",
    );
    check_filter(
        "syscheck.path|",
        "syscheck.paht|",
        Some(9),
        "field `syscheck.paht`",
    );
    check_filter("startswith:", "startwith:", Some(9), "startwith");
    check_filter(
        "condition: not selection",
        "condition: not selektion",
        Some(10),
        "no selection `selektion`",
    );
    check_filter(
        "disposition: known_fp",
        "disposition: review",
        Some(11),
        "disposition `review`",
    );
    check_filter(
        "disposition: known_fp",
        "status: deprecated\ndisposition: known_fp",
        Some(11),
        "cannot be in force",
    );
    check_filter(
        "  selection:\n",
        "  timeframe: 5m\n  selection:\n",
        Some(8),
        "`timeframe` has no meaning",
    );
    let files = changed(RULE_PATH, "disposition: escalated", "disposition: benign");
    check(&files, Some(10), "disposition `benign`");
}

#[test]
fn an_unknown_field_may_be_allowed() {
    let files = changed(
        RULE_PATH,
        "syscheck.path: /etc/shadow",
        "mine.path|exists: false",
    );
    check(&files, Some(8), "field `mine.path`");
    let options = LoadOptions {
        unknown_fields: UnknownFields::Allow,
    };
    let error = Policy::load(&files, options)
        .err()
        .expect("its test fails, but the field is taken");
    assert!(error.to_string().contains("`tests.no_match`"), "{error}");
}

#[test]
fn bad_yaml_is_placed() {
    check_filter("title: Backups", "title: [Backups", Some(2), "");
    check_filter("owner: ops", "owner: ops\nowner: me", Some(1), "duplicate");
    check_filter(
        "title: Backups",
        "a: b\n---\ntitle: Backups",
        None,
        "more than one document",
    );
    let mut files = files();
    files.insert(FILTER_PATH, &b"title: x\nid: \xff\n"[..]);
    check(&files, Some(2), "not UTF-8");
}

#[test]
fn a_file_without_a_place_is_refused() {
    for path in [
        "filters/backup_jobs.yml",
        "filters/mf_backup.yaml",
        "rules/Shadow_changed.yml",
        "x.yml",
        "rules/short.yml",
    ] {
        let mut files = files();
        files.insert(path, RULE);
        check(&files, None, "no place in a policy");
    }
    let mut files = files();
    files.insert("README.md", "notes");
    files.insert("rules/.gitkeep", "");
    assert!(load(&files).is_ok());
    files.remove(POLICY_TOML);
    check(&files, None, "this file is missing");
}

#[test]
fn names_and_ids_are_unique() {
    let mut twin = files();
    twin.insert("rules/shadow_changed_too.yml", RULE);
    check(
        &twin,
        None,
        "the id 00000000-0000-4000-8000-000000000002 is that of",
    );
    let mut twin = files();
    twin.insert(
        "rules/more/shadow_changed.yml",
        RULE.replace("000002", "000003"),
    );
    check(&twin, None, "the name shadow_changed is that of");
}

#[test]
fn a_list_that_cannot_be_used_never_suppresses() {
    let from = "syscheck.path|startswith: /var/backups/";
    check_filter(
        from,
        "syscheck.path|expand: '%paths%'",
        Some(9),
        "no list for `%paths%`",
    );
    let mut files = changed(FILTER_PATH, from, "syscheck.path|expand: '%paths%'");
    files.insert("lists/paths.txt", "# none yet\n\n");
    check(&files, None, "this list is empty");
    files.insert("lists/paths.txt", "# one\n /var/backups/a \n");
    assert!(load(&files).is_ok());
}

#[test]
fn settings_are_refused_at_their_line() {
    check_toml(
        "sample_min = 50",
        "sample_mn = 50",
        "unknown field `sample_mn`",
    );
    check_toml("schema = 1", "schema = 2", "schema 2 is not known");
    check_toml("\"wazuh4\"", "\"wazuh3\"", "unknown variant `wazuh3`");
    check_toml("low = \"benign\"", "low = \"known_fp\"", "a level alone");
    check_toml(
        "[\"syscheck\"]",
        "[\"*\"]",
        "service syscheck has no usable pattern",
    );
    let order = "\"escalated\", \"known_fp\", \"benign\", \"review\"";
    let what = "begins with escalated";
    check_toml(
        order,
        "\"known_fp\", \"escalated\", \"benign\", \"review\"",
        what,
    );
    check_toml(order, "\"escalated\", \"known_fp\", \"benign\"", what);
    let alias = "# \"web-01\" = [\"web-01.example.com\", \"WEB01\"]";
    check_toml(
        alias,
        "\"a\" = [\"b\"]\n\"b\" = [\"c\"]",
        "b stands for more than one agent",
    );
    check_toml(alias, "\"a\" = []", "agent a has no other name");
}

#[test]
fn every_problem_is_named_at_once() {
    let mut files = changed(FILTER_PATH, "owner: ops", "owner: ''");
    files.insert(
        RULE_PATH,
        RULE.replace("product: wazuh", "product: x")
            .replace("title:", "titel:"),
    );
    let error = load(&files).err().expect("the policy is refused");
    let files_named: Vec<&str> = error.problems.iter().map(|p| p.file.as_str()).collect();
    assert_eq!(
        files_named,
        [FILTER_PATH, RULE_PATH, RULE_PATH, RULE_PATH],
        "{error}"
    );
}
