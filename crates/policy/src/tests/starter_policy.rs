//! The policy that ships with the repository.

#![expect(
    clippy::disallowed_methods,
    reason = "the folder itself is what is compared"
)]

use super::{now, policy};
use crate::{LoadOptions, lint, starter, test};
use alert::Disposition::{self, Benign, Escalated, KnownFp, Review};
use serde_json::{Value, json};
use std::path::{Path, PathBuf};

fn paths_below(folder: &Path, into: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            paths_below(&path, into);
        } else {
            into.push(path);
        }
    }
}

#[test]
fn every_file_of_the_folder_is_built_in() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../policies/starter");
    let mut paths = Vec::new();
    paths_below(&folder, &mut paths);
    let mut names: Vec<String> = paths
        .iter()
        .map(|path| path.strip_prefix(&folder).unwrap().display().to_string())
        .collect();
    names.sort();
    let files = starter();
    let built_in: Vec<&str> = files.iter().map(|(path, _)| path).collect();
    assert_eq!(names, built_in);
}

#[test]
fn it_is_loaded_without_a_warning() {
    let lint = lint(&starter(), LoadOptions::default(), now());
    assert!(
        lint.errors.is_empty() && lint.warnings.is_empty(),
        "{lint:#?}"
    );
    let report = test(&starter(), LoadOptions::default());
    assert!(60 <= report.run, "{} tests", report.run);
}

#[track_caller]
fn check(alert: &Value, expected: Disposition, signature: Option<&str>) {
    let policy = policy(&starter());
    let verdict = policy.judge(alert, now());
    let decided = verdict.signature.map(|s| s.name.as_str());
    assert_eq!(
        (verdict.disposition, decided),
        (expected, signature),
        "{:?}",
        verdict.reasons
    );
}

#[test]
fn it_judges_each_kind_of_alert() {
    let fim = |level: u8, path: &str| json!({"rule": {"id": "550", "level": level, "groups": ["ossec", "syscheck"]}, "syscheck": {"path": path}});
    check(
        &fim(7, "/var/log/messages.3.gz"),
        KnownFp,
        Some("mf_fim_rotated_logs"),
    );
    check(
        &fim(7, "/etc/shadow"),
        Escalated,
        Some("fim_credential_stores_changed"),
    );
    check(&fim(7, "/srv/app.conf"), Review, None);
    let rootcheck = |title: &str, file: &str| json!({"rule": {"id": "510", "level": 7, "groups": ["ossec", "rootcheck"]}, "data": {"title": title, "file": file}});
    let trojan = "Trojaned version of file detected.";
    check(
        &rootcheck(trojan, "/bin/diff"),
        KnownFp,
        Some("mf_rootcheck_trojan_by_shell_text"),
    );
    check(
        &rootcheck("Rootkit 'X' detected by the presence of file 'Y'.", "Y"),
        Escalated,
        Some("rootcheck_rootkit_by_name"),
    );
    let sysmon = |command: &str| {
        json!({"rule": {"id": "61603", "level": 0, "groups": ["windows", "sysmon", "sysmon_event1"]},
            "data": {"win": {"eventdata": {"image": "C:\\\\Windows\\\\System32\\\\reg.exe", "commandLine": command}}}})
    };
    check(
        &sysmon(r"reg save HKLM\\sam c:\\x"),
        Escalated,
        Some("sysmon_credential_dump"),
    );
    check(&sysmon("reg query HKCU"), Benign, None);
    let auth = |id: &str, level: u8, group: &str| {
        json!({"rule": {"id": id, "level": level, "groups": ["syslog", "sshd", group]},
            "data": {"srcip": "198.51.100.7", "dstuser": "root"}})
    };
    check(
        &auth("5712", 10, "authentication_failures"),
        Review,
        Some("auth_brute_force"),
    );
    check(
        &auth("5715", 3, "authentication_success"),
        Escalated,
        Some("auth_root_login_by_password"),
    );
    check(&auth("5710", 5, "authentication_failed"), Benign, None);
}
