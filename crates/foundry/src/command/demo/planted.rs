//! Alerts that the starter policy has something to say about; the mock's own are the noise around them.

use mock_indexer::Planted;
use serde_json::{Value, json};
use std::ops::Range;

/// One kind of alert: how many of a thousand planted ones are of it, on which agents, and what it says.
struct Kind {
    share: u64,
    agent: &'static str,
    alert: fn() -> Value,
}

/// Most are what a filter is for; a few are what a rule is for, as it is in life.
const KINDS: [Kind; 9] = [
    Kind {
        share: 320,
        agent: "web-01",
        alert: || {
            json!({ "rule": rule("554", 5, "File added to the system.", &["ossec", "syscheck"]),
                "syscheck": { "event": "added", "path": "/var/cache/apt/archives/curl_8.5.0_amd64.deb" } })
        },
    },
    Kind {
        share: 230,
        agent: "db-02",
        alert: || {
            json!({ "rule": rule("550", 7, "Integrity checksum changed.", &["ossec", "syscheck"]),
                "syscheck": { "event": "modified", "path": "/var/log/syslog.1" } })
        },
    },
    Kind {
        share: 180,
        agent: "build-03",
        alert: || {
            json!({ "rule": rule("510", 7, "Host-based anomaly detection event (rootcheck).", &["ossec", "rootcheck"]),
                "data": { "title": "Trojaned version of file detected.",
                    "file": "/var/lib/docker/overlay2/3f/diff/usr/bin/ps" } })
        },
    },
    Kind {
        share: 150,
        agent: "gate-01",
        alert: || {
            json!({ "rule": rule("5710", 5, "sshd: Attempt to login using a non-existent user",
                    &["syslog", "sshd", "authentication_failed"]),
                "data": { "srcip": "192.0.2.10" } })
        },
    },
    Kind {
        share: 60,
        agent: "desk-17",
        alert: || {
            json!({ "rule": rule("92900", 12, "Lsass process was accessed",
                    &["windows", "sysmon", "sysmon_eid10_detections"]),
                "data": { "win": { "eventdata": {
                    "sourceImage": r"C:\\ProgramData\\Microsoft\\Windows Defender\\Platform\\4.18.25030.2-0\\MsMpEng.exe",
                    "targetImage": r"C:\\Windows\\system32\\lsass.exe" } } } })
        },
    },
    Kind {
        share: 30,
        agent: "gate-01",
        alert: || {
            json!({ "rule": rule("5712", 10, "sshd: brute force trying to get access to the system.",
                    &["syslog", "sshd", "authentication_failures"]),
                "data": { "srcip": "198.51.100.7" } })
        },
    },
    Kind {
        share: 15,
        agent: "db-02",
        alert: || {
            json!({ "rule": rule("550", 7, "Integrity checksum changed.", &["ossec", "syscheck"]),
                "syscheck": { "event": "modified", "path": "/etc/shadow", "uname_after": "root" } })
        },
    },
    Kind {
        share: 10,
        agent: "desk-17",
        alert: || {
            json!({ "rule": rule("92026", 14, "Registry hive saved to a file",
                    &["windows", "sysmon", "sysmon_eid1_detections"]),
                "data": { "win": { "eventdata": {
                    "image": r"C:\\Windows\\System32\\reg.exe",
                    "commandLine": r"reg  save HKLM\\sam C:\\Users\\a\\sam" } } } })
        },
    },
    Kind {
        share: 5,
        agent: "gate-01",
        alert: || {
            json!({ "rule": rule("40112", 12, "Multiple authentication failures followed by a success.",
                    &["syslog", "attacks", "authentication_failures"]),
                "data": { "srcip": "198.51.100.7", "dstuser": "root" } })
        },
    },
];

fn rule(id: &str, level: u8, description: &str, groups: &[&str]) -> Value {
    json!({ "id": id, "level": level, "description": description, "groups": groups, "firedtimes": 1 })
}

/// `count` alerts, evenly over `times`, the kinds well mixed.
pub(super) fn planted(count: u32, times: &Range<i64>) -> Vec<Planted> {
    let step = (times.end - times.start) / i64::from(count.max(1));
    let at = |number: u32| times.start + step * i64::from(number);
    (0..count).map(|number| one(number, at(number))).collect()
}

fn one(number: u32, at_ms: i64) -> Planted {
    // A step that has no divisor in common with 1,000 visits every share, far from its neighbours.
    let kind = kind_of(u64::from(number) * 619 % 1_000);
    let mut source = (kind.alert)();
    let time = jiff::Timestamp::from_millisecond(at_ms).unwrap_or_default();
    source["timestamp"] = json!(time.strftime("%Y-%m-%dT%H:%M:%S%.3f+0000").to_string());
    source["agent"] = json!({ "id": "001", "name": kind.agent, "ip": "10.0.0.17" });
    source["manager"] = json!({ "name": "manager-01" });
    source["id"] = json!(format!("{}.{number}", at_ms / 1_000));
    source["decoder"] = json!({ "name": "demo" });
    Planted {
        id: format!("demo-{number:07}"),
        timestamp_ms: at_ms,
        indexed_at_ms: at_ms + 1_000,
        source: source.to_string().into_bytes(),
    }
}

/// The kind at this place of a thousand.
fn kind_of(mut place: u64) -> &'static Kind {
    for kind in &KINDS {
        if place < kind.share {
            return kind;
        }
        place -= kind.share;
    }
    &KINDS[0]
}

#[cfg(test)]
mod tests {
    use super::*;
    use policy::{LoadOptions, Policy};
    use std::collections::BTreeMap;

    #[test]
    fn the_shares_are_of_a_thousand() {
        assert_eq!(KINDS.iter().map(|kind| kind.share).sum::<u64>(), 1_000);
    }

    #[test]
    fn the_starter_policy_knows_every_kind_by_a_signature() {
        let policy = Policy::load(&policy::starter(), LoadOptions::default()).unwrap();
        let now = "2026-04-01T00:00:00Z".parse().unwrap();
        let mut dispositions = BTreeMap::new();
        for planted in planted(1_000, &(0..1_000_000)) {
            let verdict = policy.judge_bytes(&planted.source, now);
            let shown = String::from_utf8_lossy(&planted.source).into_owned();
            assert!(verdict.signature.is_some(), "{shown}");
            *dispositions.entry(verdict.disposition.word()).or_insert(0) += 1;
        }
        assert_eq!(dispositions.len(), 4, "{dispositions:?}");
    }
}
