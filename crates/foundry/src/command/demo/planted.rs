//! Alerts that the starter policy has something to say about; the mock's own are the noise around them.

use mock_indexer::Planted;
use serde_json::{Value, json};
use std::ops::Range;

/// One kind of alert.
struct Kind {
    /// How many of a thousand planted ones are of it.
    share: u64,
    agent: &'static str,
    rule_id: &'static str,
    level: u8,
    description: &'static str,
    groups: &'static [&'static str],
    /// What it says besides, as JSON. Windows paths are doubled twice: by Wazuh, and by JSON.
    says: &'static str,
}

/// Most are what a filter is for; a few are what a rule is for, as it is in life.
const KINDS: [Kind; 9] = [
    Kind {
        share: 320,
        agent: "web-01",
        rule_id: "554",
        level: 5,
        description: "File added to the system.",
        groups: &["ossec", "syscheck"],
        says: r#"{"syscheck":{"event":"added","path":"/var/cache/apt/archives/curl_8.5.0.deb"}}"#,
    },
    Kind {
        share: 230,
        agent: "db-02",
        rule_id: "550",
        level: 7,
        description: "Integrity checksum changed.",
        groups: &["ossec", "syscheck"],
        says: r#"{"syscheck":{"event":"modified","path":"/var/log/syslog.1"}}"#,
    },
    Kind {
        share: 180,
        agent: "build-03",
        rule_id: "510",
        level: 7,
        description: "Host-based anomaly detection event (rootcheck).",
        groups: &["ossec", "rootcheck"],
        says: r#"{"data":{"title":"Trojaned version of file detected.",
            "file":"/var/lib/docker/overlay2/3f/diff/usr/bin/ps"}}"#,
    },
    Kind {
        share: 150,
        agent: "gate-01",
        rule_id: "5710",
        level: 5,
        description: "sshd: Attempt to login using a non-existent user",
        groups: &["syslog", "sshd", "authentication_failed"],
        says: r#"{"data":{"srcip":"192.0.2.10"}}"#,
    },
    Kind {
        share: 60,
        agent: "desk-17",
        rule_id: "92900",
        level: 12,
        description: "Lsass process was accessed",
        groups: &["windows", "sysmon", "sysmon_eid10_detections"],
        says: r#"{"data":{"win":{"eventdata":{
            "sourceImage":
                "C:\\\\ProgramData\\\\Microsoft\\\\Windows Defender\\\\Platform\\\\4.18\\\\MsMpEng.exe",
            "targetImage":"C:\\\\Windows\\\\system32\\\\lsass.exe"}}}}"#,
    },
    Kind {
        share: 30,
        agent: "gate-01",
        rule_id: "5712",
        level: 10,
        description: "sshd: brute force trying to get access to the system.",
        groups: &["syslog", "sshd", "authentication_failures"],
        says: r#"{"data":{"srcip":"198.51.100.7"}}"#,
    },
    Kind {
        share: 15,
        agent: "db-02",
        rule_id: "550",
        level: 7,
        description: "Integrity checksum changed.",
        groups: &["ossec", "syscheck"],
        says: r#"{"syscheck":{"event":"modified","path":"/etc/shadow","uname_after":"root"}}"#,
    },
    Kind {
        share: 10,
        agent: "desk-17",
        rule_id: "92026",
        level: 14,
        description: "Registry hive saved to a file",
        groups: &["windows", "sysmon", "sysmon_eid1_detections"],
        says: r#"{"data":{"win":{"eventdata":{
            "image":"C:\\\\Windows\\\\System32\\\\reg.exe",
            "commandLine":"reg  save HKLM\\\\sam C:\\\\Users\\\\a\\\\sam"}}}}"#,
    },
    Kind {
        share: 5,
        agent: "gate-01",
        rule_id: "40112",
        level: 12,
        description: "Multiple authentication failures followed by a success.",
        groups: &["syslog", "attacks", "authentication_failures"],
        says: r#"{"data":{"srcip":"198.51.100.7","dstuser":"root"}}"#,
    },
];

/// `count` alerts, evenly over `times`, the kinds well mixed.
pub(super) fn planted(count: u32, times: &Range<i64>) -> Vec<Planted> {
    let step = (times.end - times.start) / i64::from(count.max(1));
    let at = |number: u32| times.start + step * i64::from(number);
    (0..count).map(|number| one(number, at(number))).collect()
}

fn one(number: u32, at_ms: i64) -> Planted {
    // A step that has no divisor in common with 1,000 visits every share, far from its neighbours.
    let kind = kind_of(u64::from(number) * 619 % 1_000);
    let mut source: Value = serde_json::from_str(kind.says).expect("every kind is tested");
    let time = jiff::Timestamp::from_millisecond(at_ms).unwrap_or_default();
    source["timestamp"] = json!(time.strftime("%Y-%m-%dT%H:%M:%S%.3f+0000").to_string());
    source["rule"] = json!({
        "id": kind.rule_id,
        "level": kind.level,
        "description": kind.description,
        "groups": kind.groups,
        "firedtimes": 1,
    });
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
