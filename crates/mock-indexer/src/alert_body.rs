//! The text of a generated alert: Wazuh 4's form, or a finding of Wazuh 5, filled in from the seed.

use crate::chance::{below, mix};
use crate::zone::Zone;
use std::io::Write;

/// How much of a Wazuh alert a generated one has.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Form {
    /// All of it, 1.6 KB on average.
    Full,
    /// What a poller and a queue read of it, 0.25 KB: for millions of alerts of which somebody keeps every byte.
    Short,
    /// A finding of Wazuh 5, 0.7 KB on average: fields of the Elastic Common Schema, and no `timestamp` but `@timestamp`.
    Finding,
}

/// Alerts by kind, with how many of a hundred are of it: mostly Windows and file integrity, as in a real fleet.
const KINDS: &[(u64, &str)] = &[
    (33, include_str!("alerts/syscheck.json")),
    (24, include_str!("alerts/sysmon_process.json")),
    (24, include_str!("alerts/windows_logon.json")),
    (7, include_str!("alerts/sshd_failed.json")),
    (5, include_str!("alerts/sshd_accepted.json")),
    (4, include_str!("alerts/web_scan.json")),
    (3, include_str!("alerts/rootcheck.json")),
];

/// The one kind of the short form.
const SHORT: &[(u64, &str)] = &[(100, include_str!("alerts/short.json"))];

/// Findings by kind.
const FINDINGS: &[(u64, &str)] = &[
    (60, include_str!("alerts/finding_file.json")),
    (40, include_str!("alerts/finding_logon.json")),
];

const USERS: &[&str] = &["alice", "bob", "carol", "dave", "svc-backup", "svc-deploy"];

/// The kinds of alert, ready to be filled in.
#[derive(Clone, Debug)]
pub(crate) struct Bodies {
    form: Form,
    seed: u64,
    agents: u32,
    zone: Zone,
    padding: usize,
    kinds: Vec<(u64, Vec<Piece>)>,
}

/// A part of a kind's text.
#[derive(Clone, Debug)]
enum Piece {
    Text(Vec<u8>),
    Blank(Blank),
}

/// What is filled in.
#[derive(Clone, Copy, Debug)]
enum Blank {
    Timestamp,
    Utc,
    AgentId,
    AgentName,
    AgentIp,
    Manager,
    Id,
    Number,
    Pid,
    User,
    Ip,
    Word,
    Hash,
}

impl Bodies {
    /// The alerts of `agents` agents below one manager in `zone`.
    pub(crate) fn new(seed: u64, agents: u32, zone: Zone, form: Form) -> Self {
        let kinds = match form {
            Form::Full => KINDS,
            Form::Short => SHORT,
            Form::Finding => FINDINGS,
        };
        let kinds = kinds.iter().map(|(parts, text)| (*parts, pieces(text)));
        Bodies {
            form,
            seed,
            agents,
            zone,
            padding: 0,
            kinds: kinds.collect(),
        }
    }

    /// The same alerts, each with so many bytes more.
    pub(crate) fn padded(self, padding: usize) -> Self {
        Bodies { padding, ..self }
    }

    /// The form of all of them.
    pub(crate) fn form(&self) -> Form {
        self.form
    }

    /// Appends the alert number `seq` of the time `ts_ms` to `out`: one JSON object. A redelivered alert has the same bytes.
    pub(crate) fn write(&self, seq: u32, ts_ms: i64, out: &mut Vec<u8>) {
        let random = mix(&[self.seed, u64::from(seq), 0xB0D7]);
        let mut draw = below(random, 100);
        for (parts, pieces) in &self.kinds {
            if draw < *parts {
                self.fill(pieces, seq, ts_ms, random, out);
                return self.pad(out);
            }
            draw -= parts;
        }
    }

    /// Puts a field of the padding's length before the end of the object that `out` ends with.
    fn pad(&self, out: &mut Vec<u8>) {
        const FIELD: &[u8] = br#","padding":"#;
        // The field's name, and its quotes.
        let Some(length) = self.padding.checked_sub(FIELD.len() + 2) else {
            return;
        };
        let end = out.pop();
        debug_assert_eq!(end, Some(b'}'), "an alert is an object");
        out.extend_from_slice(FIELD);
        out.push(b'"');
        out.resize(out.len() + length, b'x');
        out.extend_from_slice(b"\"}");
    }

    fn fill(&self, pieces: &[Piece], seq: u32, ts_ms: i64, random: u64, out: &mut Vec<u8>) {
        // Agent 000 would be the manager, which has no address.
        let agent = 1 + below(mix(&[random]), u64::from(self.agents));
        for piece in pieces {
            let blank = match piece {
                Piece::Text(text) => {
                    out.extend_from_slice(text);
                    continue;
                }
                Piece::Blank(blank) => blank,
            };
            let written = match blank {
                Blank::Timestamp => self.zone.write_local(ts_ms, out),
                Blank::Utc => self.zone.write_utc(ts_ms, out),
                Blank::AgentId => write!(out, "{agent:03}"),
                Blank::AgentName => write!(out, "host-{agent:03}"),
                Blank::AgentIp => write!(out, "10.20.{}.{}", agent >> 8 & 255, agent & 255),
                Blank::Manager => write!(out, "wazuh-manager"),
                Blank::Id => write!(out, "{}.{}", ts_ms.div_euclid(1_000), u64::from(seq) * 977),
                Blank::Number => write!(out, "{}", 1_000 + random % 9_000),
                Blank::Pid => write!(out, "{}", 300 + (random >> 16) % 60_000),
                Blank::User => write!(out, "{}", USERS[(random >> 32) as usize % USERS.len()]),
                Blank::Ip => write!(out, "198.51.100.{}", random >> 40 & 255),
                Blank::Word => write!(out, "{:08x}", random as u32),
                Blank::Hash => write!(out, "{random:016x}{random:016x}{random:016x}{random:016x}"),
            };
            written.expect("a vector takes every byte");
        }
    }
}

/// A kind's text without the spaces between its tokens, cut at the blanks.
fn pieces(text: &str) -> Vec<Piece> {
    let compact = compact(text);
    let mut pieces = Vec::new();
    for (turn, part) in compact.split("{{").enumerate() {
        let text = match part.split_once("}}") {
            Some((name, text)) if 0 < turn => {
                pieces.push(Piece::Blank(blank(name)));
                text
            }
            _ => part,
        };
        pieces.push(Piece::Text(text.as_bytes().to_vec()));
    }
    pieces
}

fn blank(name: &str) -> Blank {
    match name {
        "timestamp" => Blank::Timestamp,
        "utc" => Blank::Utc,
        "agent_id" => Blank::AgentId,
        "agent_name" => Blank::AgentName,
        "agent_ip" => Blank::AgentIp,
        "manager" => Blank::Manager,
        "id" => Blank::Id,
        "n" => Blank::Number,
        "pid" => Blank::Pid,
        "user" => Blank::User,
        "ip" => Blank::Ip,
        "word" => Blank::Word,
        "hash" => Blank::Hash,
        _ => panic!("the alert's text names the unknown blank {name}"),
    }
}

/// The text without white space outside its strings.
fn compact(text: &str) -> String {
    let mut compact = String::with_capacity(text.len());
    let (mut is_string, mut is_escaped) = (false, false);
    for character in text.chars() {
        if is_string || !character.is_ascii_whitespace() {
            compact.push(character);
        }
        is_string ^= character == '"' && !is_escaped;
        is_escaped = character == '\\' && !is_escaped;
    }
    compact
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::Value;
    use std::collections::BTreeMap;

    #[test]
    fn every_alert_is_one_json_object_of_wazuhs_form() {
        let bodies = Bodies::new(1, 300, Zone::UTC, Form::Full);
        let (mut rules, mut bytes) = (BTreeMap::new(), 0);
        for seq in 0..1_000 {
            let mut body = Vec::new();
            bodies.write(seq, 1_762_905_600_123, &mut body);
            bytes += body.len();
            let alert: Value = serde_json::from_slice(&body).unwrap();
            assert_eq!(alert["timestamp"], "2025-11-12T00:00:00.123+0000");
            assert_eq!(alert["@timestamp"], "2025-11-12T00:00:00.123Z");
            assert!(alert["rule"]["level"].is_u64(), "{alert}");
            assert!(alert["rule"]["firedtimes"].is_u64(), "{alert}");
            assert!(alert["agent"]["name"].is_string(), "{alert}");
            assert!(alert["id"].as_str().unwrap().starts_with("1762905600."));
            let rule = alert["rule"]["id"].as_str().unwrap().to_owned();
            *rules.entry(rule).or_insert(0) += 1;
        }
        assert_eq!(rules.len(), KINDS.len(), "{rules:?}");
        assert!((1_200..2_200).contains(&(bytes / 1_000)), "{bytes}");
    }

    #[test]
    fn the_short_form_has_what_a_queue_reads_and_little_more() {
        let mut body = Vec::new();
        Bodies::new(1, 300, Zone::UTC, Form::Short).write(7, 1_762_905_600_123, &mut body);
        let alert: Value = serde_json::from_slice(&body).unwrap();
        assert_eq!(alert["timestamp"], "2025-11-12T00:00:00.123+0000");
        assert!(alert["rule"]["level"].is_u64(), "{alert}");
        assert!(body.len() < 256, "{}", body.len());
    }

    #[test]
    fn a_finding_has_the_fields_of_wazuh_5_and_one_time() {
        let bodies = Bodies::new(1, 300, Zone::UTC, Form::Finding);
        for seq in 0..100 {
            let mut body = Vec::new();
            bodies.write(seq, 1_762_905_600_123, &mut body);
            let finding: Value = serde_json::from_slice(&body).unwrap();
            assert_eq!(finding["@timestamp"], "2025-11-12T00:00:00.123Z");
            assert!(finding.get("timestamp").is_none(), "{finding}");
            assert!(finding["wazuh"]["rule"]["id"].is_string(), "{finding}");
            assert!(finding["wazuh"]["rule"]["level"].is_string(), "{finding}");
            assert!(finding["wazuh"]["agent"]["name"].is_string(), "{finding}");
        }
    }

    #[test]
    fn the_kinds_are_a_hundred_parts() {
        for kinds in [KINDS, SHORT, FINDINGS] {
            assert_eq!(kinds.iter().map(|(parts, _)| parts).sum::<u64>(), 100);
        }
    }

    #[test]
    fn a_padded_alert_is_as_much_longer_and_still_one_object() {
        for padding in [0, 13, 14, 1_000] {
            let write = |bodies: Bodies| {
                let mut body = Vec::new();
                bodies.write(3, 1_762_905_600_123, &mut body);
                body
            };
            let plain = write(Bodies::new(1, 300, Zone::UTC, Form::Full));
            let padded = write(Bodies::new(1, 300, Zone::UTC, Form::Full).padded(padding));
            assert_eq!(padded.len(), plain.len() + padding);
            serde_json::from_slice::<Value>(&padded).expect("one object");
        }
    }

    #[test]
    fn the_same_number_gives_the_same_bytes() {
        let write = |seed| {
            let mut body = Vec::new();
            Bodies::new(seed, 3, Zone::UTC, Form::Full).write(5, 1_000, &mut body);
            body
        };
        assert_eq!(write(1), write(1));
        assert_ne!(write(1), write(2));
    }
}
