//! The alerts of a run: how many, when they arrive, what they are called, and their bytes.
//!
//! An alert is a number from 0. Its id and its bytes follow from the number, so nothing is kept.

use crate::scenario::{Pace, Scenario};
use alert::AlertId;

/// Where alerts come from.
pub struct Source {
    /// Alerts that are there from the start.
    pub initial: u32,
    /// When each later alert arrives, in nanoseconds after the start; ascending.
    arrivals: Vec<u64>,
    /// How many alerts one page brings.
    pub page: u32,
    /// Which share of a page was in an earlier one too.
    pub duplicates: f64,
}

impl Source {
    /// The alerts of a scenario that starts with `initial` of them.
    ///
    /// # Panics
    /// If there are more than 2^31: no run holds them.
    pub fn new(scenario: &Scenario, initial: u64) -> Self {
        let mut arrivals = Vec::new();
        for producer in &scenario.producers {
            let stop = producer.active.stop_ns.unwrap_or(scenario.clock.run_ns);
            let share = producer.share_of_initial;
            let total = producer
                .total
                .or(share.map(|share| (share * initial as f64) as u64))
                .unwrap_or(u64::MAX);
            let interval = match producer.pace {
                Pace::Max => 0,
                Pace::EveryNs(interval) => interval,
            };
            let times = (0..total).map(|k| producer.active.start_ns + k * interval);
            arrivals.extend(times.take_while(|time| *time < stop));
        }
        arrivals.sort_unstable();
        let initial = u32::try_from(initial).expect("a run has less than 2^31 alerts");
        assert!(arrivals.len() < 1 << 30, "a run has less than 2^31 alerts");
        let page = scenario
            .producers
            .iter()
            .map(|producer| producer.batch)
            .max()
            .unwrap_or(1);
        let shares = scenario
            .producers
            .iter()
            .map(|producer| producer.duplicates);
        Source {
            initial,
            arrivals,
            page: u32::try_from(page).unwrap_or(u32::MAX),
            duplicates: shares.fold(0.0, f64::max),
        }
    }

    /// How many alerts there will be, the one that proves at the end that the queue still works included.
    pub fn total(&self) -> u32 {
        self.initial + self.produced() + 1
    }

    /// How many alerts arrive after the start.
    pub fn produced(&self) -> u32 {
        u32::try_from(self.arrivals.len()).expect("checked when it was made")
    }

    /// The alert that proves at the end that the queue still works.
    pub fn fresh(&self) -> u32 {
        self.initial + self.produced()
    }

    /// How many alerts, counted from 0, have arrived at `now_ns`.
    pub fn arrived(&self, now_ns: u64) -> u32 {
        let later = self.arrivals.partition_point(|time| *time <= now_ns);
        self.initial + u32::try_from(later).expect("checked when it was made")
    }

    /// When the alert `index` arrives; 0 for those that are there from the start.
    pub fn arrival_ns(&self, index: u32) -> Option<u64> {
        match index.checked_sub(self.initial) {
            None => Some(0),
            Some(later) => self.arrivals.get(later as usize).copied(),
        }
    }
}

/// The id of the alert `index`: a permutation of the number, so that a watcher can read the number back.
pub fn id_of(index: u32) -> AlertId {
    let mixed = mix(u64::from(index) + 1);
    let mut bytes = [0; 16];
    bytes[..8].copy_from_slice(&mixed.to_be_bytes());
    bytes[8..].copy_from_slice(&mix(mixed).to_be_bytes());
    AlertId::from_bytes(bytes)
}

/// The number of the alert with this id; `None` for the id of something else.
pub fn index_of(id: AlertId) -> Option<u32> {
    let mixed = u64::from_be_bytes(id.to_bytes()[..8].try_into().ok()?);
    let index = unmix(mixed).checked_sub(1)?;
    u32::try_from(index)
        .ok()
        .filter(|index| id_of(*index) == id)
}

/// The name of the alert's file in the queue of the specimens: in order of number, as theirs are in order of time.
pub fn legacy_name(index: u32) -> String {
    format!("alert-{index:08}.json")
}

/// Reads [`legacy_name`] back.
pub fn index_of_legacy_name(name: &[u8]) -> Option<u32> {
    let digits = name.strip_prefix(b"alert-")?.strip_suffix(b".json")?;
    std::str::from_utf8(digits).ok()?.parse().ok()
}

/// The bytes of the alert `index`: an indexer's hit, with the timestamp that its number gives it.
pub fn payload(index: u32, into: &mut Vec<u8>) {
    use std::io::Write;
    // One alert each 15 ms, the rate of the incident's backlog, from 25 March 2026, 00:00 UTC.
    let millis = u64::from(index) * 15;
    let (seconds, millis) = (millis / 1_000, millis % 1_000);
    let (minutes, second) = (seconds / 60, seconds % 60);
    let (hours, minute) = (minutes / 60, minutes % 60);
    let (day, hour) = (25 + hours / 24 % 7, hours % 24);
    let draw = mix(u64::from(index));
    let level = 3 + draw % 13;
    write!(
        into,
        r#"{{"_index":"wazuh-alerts-4.x-2026.03.{day:02}","_id":"{index}","_source":{{"timestamp":"2026-03-{day:02}T{hour:02}:{minute:02}:{second:02}.{millis:03}Z","id":"{seconds}.{index}","rule":{{"level":{level},"id":"{}"}},"agent":{{"id":"{:03}"}}}}}}"#,
        500 + draw % 100,
        draw >> 32 & 63,
    )
    .expect("writing into memory cannot fail");
}

/// A bijection of 64 bits: the finalizer of SplitMix64 (Steele, Lea, Flood: Fast splittable pseudorandom number generators,
/// 2014).
fn mix(mut z: u64) -> u64 {
    z = (z ^ z >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ z >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ z >> 31
}

/// The inverse of [`mix`].
fn unmix(mut z: u64) -> u64 {
    z ^= z >> 31 ^ z >> 62;
    z = z.wrapping_mul(0x3196_42b2_d24d_8ec3);
    z ^= z >> 27 ^ z >> 54;
    z = z.wrapping_mul(0x96de_1b17_3f11_9089);
    z ^ z >> 30 ^ z >> 60
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_tell_their_number_and_strangers_do_not() {
        for index in [0, 1, 17, 505_836, 1_000_000, u32::MAX - 1] {
            assert_eq!(index_of(id_of(index)), Some(index));
            assert_eq!(
                index_of_legacy_name(legacy_name(index).as_bytes()),
                Some(index)
            );
        }
        assert_eq!(index_of(AlertId::of("i", "d")), None);
    }

    #[test]
    fn payloads_are_alerts_with_a_time() {
        for index in [0, 5_759_999, 5_760_000, 70_000_000] {
            let mut bytes = Vec::new();
            payload(index, &mut bytes);
            let alert = alert::Alert::parse(&bytes).expect("an alert");
            assert!(alert.hour.is_some(), "{}", String::from_utf8_lossy(&bytes));
        }
    }
}
