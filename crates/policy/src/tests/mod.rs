//! What a policy refuses, what it matches, and what it decides.

mod decisions;
mod matching;
mod oracle;
mod refusals;
mod reports;
mod starter_policy;

use crate::{Files, LoadOptions, POLICY_TOML, Policy, PolicyError, starter};
use jiff::Timestamp;
use serde_json::{Value, json};

/// A filter that is right. Tests change one thing of it.
const FILTER: &str = "\
title: Backups touch their own files
id: 00000000-0000-4000-8000-000000000001
logsource:
  product: wazuh
  service: syscheck
filter:
  rules: [wazuh_550]
  selection:
    syscheck.path|startswith: /var/backups/
  condition: not selection
disposition: known_fp
owner: ops
ticket: OPS-1
expires: 2026-12-31
max_level: medium
tests:
  match:
    - {rule: {id: '550', level: 7, groups: [syscheck]}, syscheck: {path: /var/backups/a}}
  no_match:
    - {rule: {id: '550', level: 7, groups: [syscheck]}, syscheck: {path: /etc/passwd}}
";

/// A rule that is right.
const RULE: &str = "\
title: The list of passwords has changed
id: 00000000-0000-4000-8000-000000000002
logsource:
  product: wazuh
  service: syscheck
detection:
  selection:
    syscheck.path: /etc/shadow
  condition: selection
disposition: escalated
tests:
  match:
    - {rule: {id: '550', level: 7, groups: [syscheck]}, syscheck: {path: /etc/shadow}}
  no_match:
    - {rule: {id: '550', level: 7, groups: [syscheck]}, syscheck: {path: /etc/passwd}}
";

const FILTER_PATH: &str = "filters/mf_backup_jobs.yml";
const RULE_PATH: &str = "rules/shadow_changed.yml";

/// The settings of the starter policy, with the filter and the rule above.
fn files() -> Files {
    let mut files = Files::new();
    files.insert(POLICY_TOML, starter().get(POLICY_TOML).unwrap());
    files.insert(FILTER_PATH, FILTER);
    files.insert(RULE_PATH, RULE);
    files
}

/// The files above, one of them with one text replaced by another.
#[track_caller]
fn changed(path: &str, from: &str, to: &str) -> Files {
    let mut files = files();
    let text = String::from_utf8(files.get(path).unwrap().to_vec()).unwrap();
    assert!(text.contains(from), "{path} has no `{from}`");
    files.insert(path, text.replacen(from, to, 1));
    files
}

fn load(files: &Files) -> Result<Policy, PolicyError> {
    Policy::load(files, LoadOptions::default())
}

fn policy(files: &Files) -> Policy {
    load(files).unwrap_or_else(|error| panic!("{error}"))
}

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

/// A day on which nothing of the above has expired.
fn now() -> Timestamp {
    at("2026-06-01T12:00:00Z")
}

/// An alert on a file, of the rule that the filter above is for.
fn fim(level: u8, path: &str) -> Value {
    json!({
        "rule": {"id": "550", "level": level, "groups": ["ossec", "syscheck"]},
        "agent": {"name": "web-01"},
        "syscheck": {"path": path},
    })
}
