//! The alerts of a stress run: each is a function of its number, so that every byte can be checked afterwards.

use alert::{AlertId, PAYLOAD_BYTES_MAX};

/// The index that the fabricated hits claim to come from.
const INDEX: &str = "wazuh-alerts-4.x-2026.04.01";
/// Bytes of a fabricated hit, about; those of the incident had this mean.
const PAYLOAD_BYTES: usize = 1_200;
/// Rules as they are common in a fleet: number, level, description.
const RULES: [(u32, u8, &str); 4] = [
    (550, 7, "Integrity checksum changed."),
    (60_106, 3, "Windows logon success."),
    (5_710, 5, "sshd: attempt to login using a non-existent user"),
    (
        92_052,
        4,
        "Windows command prompt started by an abnormal process",
    ),
];

/// How many bad inputs of each kind are planted.
const PLANTED_EACH: u32 = 4;

/// What is wrong with a planted file.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Flaw {
    Empty,
    Oversized,
    NotJson,
    Fifo,
    Directory,
}

/// The alerts of one run: the numbers below `flat` lie in the legacy queue, the rest come through a publisher.
#[derive(Clone, Copy, Debug)]
pub(super) struct Population {
    /// All of them.
    pub(super) depth: u32,
    /// How many lie in the flat queue.
    pub(super) flat: u32,
}

impl Population {
    /// The alerts of a run of `depth` files, the first half of them flat.
    pub(super) fn new(depth: u32) -> Self {
        Population {
            depth,
            flat: depth / 2,
        }
    }

    /// The file of a flat alert in the legacy queue.
    pub(super) fn file_name(self, number: u32) -> String {
        format!("alert-{number:08}.json")
    }

    /// The identity under which the queue knows an alert.
    pub(super) fn id(self, number: u32) -> AlertId {
        if number < self.flat {
            AlertId::of_file_name(self.file_name(number).as_bytes())
        } else {
            AlertId::of(INDEX, &document_id(number))
        }
    }

    /// What is wrong with an alert, if anything is.
    pub(super) fn flaw(self, number: u32) -> Option<Flaw> {
        let at = |start: u32| {
            number
                .checked_sub(start)
                .map(|offset| offset / PLANTED_EACH)
        };
        match (at(0), at(self.flat)) {
            (_, Some(0)) => Some(Flaw::Fifo),
            (_, Some(1)) => Some(Flaw::Directory),
            (_, Some(_)) => None,
            (Some(0), None) => Some(Flaw::Empty),
            (Some(1), None) => Some(Flaw::Oversized),
            (Some(2), None) => Some(Flaw::NotJson),
            _ => None,
        }
    }

    /// How many alerts are bad.
    pub(super) fn planted(self) -> u32 {
        5 * PLANTED_EACH
    }

    /// The bytes of an alert as they are written: those of the flawed ones are flawed, where a file can be.
    pub(super) fn payload(self, number: u32, into: &mut Vec<u8>) {
        into.clear();
        match self.flaw(number) {
            Some(Flaw::Empty) => {}
            Some(Flaw::Oversized) => into.resize(PAYLOAD_BYTES_MAX + 1, b' '),
            Some(Flaw::NotJson) => into.extend_from_slice(b"{\"_index\":\"wazuh-al"),
            Some(Flaw::Fifo | Flaw::Directory) | None => hit(number, into),
        }
    }
}

fn document_id(number: u32) -> String {
    format!("stress{number:014}")
}

/// An indexer's hit, as the poller would have stored it.
fn hit(number: u32, into: &mut Vec<u8>) {
    use std::io::Write;
    let (rule, level, description) = RULES[number as usize % RULES.len()];
    let agent = number % 100;
    // A day of alerts: a shelf of cases for each hour.
    let (hour, minute, second) = (number / 3_600 % 24, number / 60 % 60, number % 60);
    let id = document_id(number);
    let written = write!(
        into,
        concat!(
            r#"{{"_index":"{index}","_id":"{id}","_score":null,"_source":{{"#,
            r#""timestamp":"2026-04-01T{hour:02}:{minute:02}:{second:02}.{milli:03}+0000","#,
            r#""rule":{{"id":"{rule}","level":{level},"description":"{description}","#,
            r#""firedtimes":{fired},"groups":["ossec","stress"]}},"#,
            r#""agent":{{"id":"{agent:03}","name":"host-{agent:03}","ip":"10.0.{agent}.7"}},"#,
            r#""manager":{{"name":"wazuh-manager"}},"id":"1775021347.{number}","#,
            r#""decoder":{{"name":"json"}},"location":"EventChannel","full_log":""#,
        ),
        index = INDEX,
        id = id,
        hour = hour,
        minute = minute,
        second = second,
        milli = number % 1_000,
        rule = rule,
        level = level,
        description = description,
        fired = number % 9 + 1,
        agent = agent,
        number = number,
    );
    written.expect("a vector takes every write");
    while into.len() < PAYLOAD_BYTES {
        let word = number
            .wrapping_mul(2_654_435_761)
            .rotate_left(into.len() as u32);
        write!(into, "{word:08x} ").expect("a vector takes every write");
    }
    into.extend_from_slice(br#""},"sort":[1775021347123]}"#);
}

#[cfg(test)]
mod tests {
    use super::*;
    use alert::Alert;

    #[test]
    fn a_good_alert_can_be_judged_and_a_flawed_file_cannot() {
        let population = Population::new(1_000);
        let (mut bytes, mut flawed) = (Vec::new(), 0);
        for number in 0..1_000 {
            population.payload(number, &mut bytes);
            let flaw = population.flaw(number);
            flawed += u32::from(flaw.is_some());
            let is_written_bad =
                matches!(flaw, Some(Flaw::Empty | Flaw::Oversized | Flaw::NotJson));
            let alert = Alert::parse(&bytes);
            assert_eq!(alert.is_err(), is_written_bad, "alert {number}: {alert:?}");
            if let Ok(alert) = alert {
                assert!(alert.hour.is_some(), "alert {number} has an hour");
                assert!(
                    (1_150..1_300).contains(&bytes.len()),
                    "{} bytes",
                    bytes.len()
                );
            }
        }
        assert_eq!(flawed, population.planted());
    }
}
