//! The alerts of a run: how many, when they arrive, what they are called, and their bytes.
//!
//! An alert is a number from 0: those of the start, those that arrive, in order of arrival, those that scripts put into the
//! inbox, and the one that proves at the end that the queue still works. The production queue gets most of them from the
//! simulated indexer, so identity and bytes are those of a document there; the specimens' producers make up files of their own.

use super::documents::Documents;
use super::drops::{self, Drop};
use crate::kernel::Seed;
use crate::scenario::{AgainKind, Engine, Indexer, Pace, Producer, Scenario};
use alert::AlertId;
use mock_indexer::{Dated, Delivery, Population, Recipe, Second};
use serde_json::Value;
use std::collections::BTreeMap;
use std::sync::{Arc, OnceLock};

/// Where alerts come from.
#[derive(Clone)]
pub struct Source {
    /// Alerts that are there from the start.
    pub initial: u32,
    /// The wall clock at the start, in milliseconds since 1970.
    pub t0_ms: i64,
    /// How much older than the start the newest alert of the start is, in milliseconds.
    settled_ms: i64,
    /// From one alert of the start to the next, in milliseconds.
    every_ms: i64,
    /// Whether the indexer got each alert of the start in its time. Otherwise it got them all shortly before the start.
    is_past: bool,
    /// The later alerts, by when they arrive.
    arrivals: Vec<Arrival>,
    /// The files that scripts put into the inbox.
    drops: Vec<Drop>,
    /// How many of a million later alerts come too late for the poller's overlap.
    late_ppm: u64,
    /// How long the poller waits before it looks again, in nanoseconds.
    pub poll_ns: u64,
    /// What the indexer holds; `None` where the specimens' producers write files.
    documents: Option<Arc<Documents>>,
    /// Whether the indexer's documents may come under other names than they had first.
    has_turns: bool,
    fresh: OnceLock<Fresh>,
}

/// An alert that arrives after the start.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Arrival {
    /// When it arrives, in nanoseconds after the start.
    at_ns: u64,
    /// Its own time, in the same way; before the start for an old alert.
    own_ns: i64,
}

/// The alert that proves at the end that the queue still works. It is made at that moment.
#[derive(Clone)]
struct Fresh {
    id: AlertId,
    timestamp_ms: i64,
    transport_key: (String, String),
    bytes: Vec<u8>,
}

/// The newest alert of the start is so much older than it, in milliseconds: a poller that waits for stragglers reads it.
const SETTLED_MS: i64 = 60_000;
/// A queue that is filled beforehand is filled so long before the start, in milliseconds.
const FILLED_MS: i64 = 6 * 3_600_000;
/// The past of a home ends so long before the start, in milliseconds: some idle lives are made by then.
const REST_MS: i64 = 3_600_000;
/// The poller reads again what is younger than ten minutes; who comes later is found by its audit alone.
const LATE_MS: i64 = 11 * 60_000;
/// What is so much older than its arrival lies beyond the minutes that the poller's audit compares.
const OLD_NS: i64 = 48 * 3_600 * 1_000_000_000;
/// The least and the most that the poller waits.
const POLL_NS: [u64; 2] = [10_000_000_000, 60_000_000_000];

impl Source {
    /// The alerts of a scenario that starts with `initial` of them, for the queue of `engine`.
    ///
    /// # Panics
    /// If there are more than 2^31: no run holds them.
    pub fn new(scenario: &Scenario, engine: Engine, initial: u64, seed: Seed) -> Self {
        let mut arrivals = Vec::new();
        for producer in &scenario.producers {
            arrivals.extend(arrivals_of(producer, scenario.clock.run_ns, initial));
        }
        arrivals.sort_unstable();
        let initial = u32::try_from(initial).expect("a run has less than 2^31 alerts");
        assert!(arrivals.len() < 1 << 30, "a run has less than 2^31 alerts");
        let mut source = Source {
            initial,
            t0_ms: scenario.clock.t0_ms,
            settled_ms: SETTLED_MS + before_ms(scenario) - past_ms(scenario),
            every_ms: every_ms(scenario, initial.into()),
            is_past: scenario.past.is_some(),
            arrivals,
            drops: Vec::new(),
            late_ppm: late_ppm(&scenario.producers),
            poll_ns: scenario
                .indexer
                .poll_every_ns
                .unwrap_or_else(|| poll_ns(&scenario.producers)),
            documents: None,
            has_turns: !scenario.indexer.turns.is_empty(),
            fresh: OnceLock::new(),
        };
        if engine == Engine::Spool {
            let indexed = source.initial + source.produced();
            let dated = (0..indexed).map(|index| source.dated(index));
            let dated: Vec<_> = dated.collect();
            let second = second(&scenario.indexer, source.t0_ms, &dated);
            source.drops = drops::drops(scenario, seed);
            let seed = seed.child("indexer").0;
            let documents = Documents::new(seed, &scenario.indexer, dated, second, &source.drops);
            source.documents = Some(Arc::new(documents));
        }
        source
    }

    /// How many alerts there will be, the one that proves at the end that the queue still works included.
    pub fn total(&self) -> u32 {
        self.fresh() + 1
    }

    /// How many alerts arrive after the start.
    pub fn produced(&self) -> u32 {
        u32::try_from(self.arrivals.len()).expect("checked when it was made")
    }

    /// The alert that proves at the end that the queue still works.
    pub fn fresh(&self) -> u32 {
        let dropped = u32::try_from(self.drops.len()).expect("scripts write few files");
        self.initial + self.produced() + dropped
    }

    /// The files that scripts put into the inbox, each with its alert's number.
    pub fn drops(&self) -> impl Iterator<Item = (u32, &Drop)> {
        (self.initial + self.produced()..).zip(&self.drops)
    }

    /// Whether an alert comes from a script's file, and from nowhere else.
    pub fn is_dropped(&self, index: u32) -> bool {
        self.drop_of(index).is_some()
    }

    fn drop_of(&self, index: u32) -> Option<&Drop> {
        let place = index.checked_sub(self.initial + self.produced())?;
        self.drops.get(place as usize)
    }

    /// When the poller is to begin: before every alert that will ever be there.
    pub fn begins_ms(&self) -> i64 {
        let arrivals = self.arrivals.iter().map(|arrival| arrival.own_ns);
        let old = arrivals.min().filter(|own_ns| *own_ns < 0);
        let old = old.map(|own_ns| self.t0_ms + own_ns.div_euclid(1_000_000));
        let first = self.timestamp_ms(0);
        // Counts begin with a whole minute.
        old.map_or(first, |old| old.min(first)) - 60_000
    }

    /// The alerts of which an indexer that deletes all it has at this time, in milliseconds since 1970, has nothing then nor later.
    pub fn lost_at(&self, at_ms: i64) -> Vec<u32> {
        let mut newest = BTreeMap::new();
        for document in self.population().documents() {
            let Some(number) = document.seq else { continue };
            let visible = newest.entry(number).or_insert(i64::MIN);
            *visible = document.visible_at_ms.max(*visible);
        }
        let lost = newest.into_iter().filter(|(_, visible)| *visible < at_ms);
        lost.map(|(number, _)| number).collect()
    }

    /// When each alert of the indexer's reaches it, and its own time, both in milliseconds since 1970.
    pub fn indexed(&self) -> impl Iterator<Item = (i64, i64)> {
        let all = 0..self.initial + self.produced();
        let dated = all.map(|index| self.dated(index));
        dated.map(|one| (one.indexed_at_ms, one.timestamp_ms))
    }

    /// Whether an alert arrives with a time that the poller's cursor has long passed.
    pub fn is_old(&self, index: u32) -> bool {
        let later = index.checked_sub(self.initial);
        let arrival = later.and_then(|later| self.arrivals.get(later as usize));
        arrival.is_some_and(|one| OLD_NS <= one.at_ns.cast_signed() - one.own_ns)
    }

    /// Of which kinds an answer with these bytes has documents that are not their alerts' first.
    pub fn seconds_in(&self, answer: &[u8]) -> Vec<Delivery> {
        let documents = self.documents.as_ref();
        documents.map_or_else(Vec::new, |documents| documents.seconds_in(answer))
    }

    /// How many alerts, counted from 0, have arrived at `now_ns`.
    pub fn arrived(&self, now_ns: u64) -> u32 {
        let later = self.arrivals.partition_point(|one| one.at_ns <= now_ns);
        self.initial + u32::try_from(later).expect("checked when it was made")
    }

    /// When the alert `index` arrives; 0 for those that are there from the start.
    pub fn arrival_ns(&self, index: u32) -> Option<u64> {
        match index.checked_sub(self.initial) {
            None => Some(0),
            Some(later) => self.arrivals.get(later as usize).map(|one| one.at_ns),
        }
    }

    /// What the indexer holds at the start; nothing where it is not asked.
    pub fn population(&self) -> Arc<Population> {
        match &self.documents {
            Some(documents) => documents.population(),
            None => Arc::new(Population::new(Recipe::steady(0, 0, 0..1))),
        }
    }

    /// The alert's own time, in milliseconds since 1970.
    pub fn timestamp_ms(&self, index: u32) -> i64 {
        match index.checked_sub(self.initial) {
            None => {
                let newer = i64::from(self.initial - index);
                self.t0_ms - self.settled_ms - newer * self.every_ms
            }
            Some(later) => {
                let own_ns = self
                    .arrivals
                    .get(later as usize)
                    .map_or(0, |one| one.own_ns);
                self.t0_ms + own_ns.div_euclid(1_000_000)
            }
        }
    }

    /// When the indexer gets an alert: at once and a little, or too late for the poller's overlap.
    fn dated(&self, index: u32) -> Dated {
        let timestamp_ms = self.timestamp_ms(index);
        let draw = mix(u64::from(index));
        let arrived_ms = self.arrival_ns(index).unwrap_or(0) / 1_000_000;
        let arrived_ms = self.t0_ms + i64::try_from(arrived_ms).unwrap_or(i64::MAX / 2);
        let indexed_at_ms = if index < self.initial && !self.is_past {
            // Each shard has been refreshed since.
            self.t0_ms - self.settled_ms + SETTLED_MS - 10_000
        } else if self.initial <= index && timestamp_ms < arrived_ms {
            arrived_ms
        } else if self.initial <= index && draw % 1_000_000 < self.late_ppm {
            timestamp_ms + LATE_MS
        } else {
            timestamp_ms + 200 + (draw >> 32) as i64 % 1_800
        };
        Dated {
            timestamp_ms,
            indexed_at_ms,
        }
    }

    /// The `_index` and `_id` of an alert in the indexer; `None` where there is none.
    pub fn transport_key(&self, index: u32) -> Option<(String, String)> {
        if let Some(fresh) = self.fresh.get().filter(|_| index == self.fresh()) {
            return Some(fresh.transport_key.clone());
        }
        let documents = self.documents.as_ref()?;
        if self.drop_of(index).is_some() {
            return None;
        }
        Some(documents.transport_key(index, self.timestamp_ms(index)))
    }

    /// The number of the alert with this identity; `None` for that of something else.
    pub fn index_of(&self, id: AlertId) -> Option<u32> {
        let known = self.documents.as_ref()?.number_of(id);
        let is_fresh = || self.fresh.get().is_some_and(|fresh| fresh.id == id);
        known.or_else(|| is_fresh().then(|| self.fresh()))
    }

    /// The bytes of the alert `index`. None for the fresh one before it is there.
    pub fn payload(&self, index: u32, into: &mut Vec<u8>) {
        match (&self.documents, self.fresh.get()) {
            (None, _) => made_up(index, into),
            (Some(_), Some(fresh)) if index == self.fresh() => {
                into.extend_from_slice(&fresh.bytes);
            }
            (Some(_), None) if index == self.fresh() => {}
            (Some(documents), _) => match self.drop_of(index) {
                Some(drop) => into.extend_from_slice(&drop.bytes),
                None => documents.write(index, self.timestamp_ms(index), into),
            },
        }
    }

    /// Whether these are the bytes of the alert `index`, in any of the documents that it has.
    pub fn is_payload(&self, index: u32, bytes: &[u8]) -> bool {
        let mut expected = Vec::new();
        self.payload(index, &mut expected);
        let documents = self.documents.as_ref();
        let is_renamed = || self.has_turns && is_same_alert(&expected, bytes);
        let is_second = || {
            let timestamp_ms = self.timestamp_ms(index);
            documents.is_some_and(|all| all.is_second(index, timestamp_ms, bytes))
        };
        expected == bytes || is_second() || is_renamed()
    }

    /// Whether the fresh alert is there.
    pub fn has_fresh(&self) -> bool {
        self.fresh.get().is_some()
    }

    /// The time of the fresh alert, in milliseconds since 1970; `None` before it is there.
    pub fn fresh_ms(&self) -> Option<i64> {
        self.fresh.get().map(|fresh| fresh.timestamp_ms)
    }

    /// The fresh alert is there, with this `_index`, this `_id`, this time and these bytes.
    ///
    /// # Panics
    /// If it was there already.
    pub fn note_fresh(&self, index: &str, id: &str, timestamp_ms: i64, bytes: Vec<u8>) {
        let noted = self.fresh.set(Fresh {
            id: AlertId::of_alert(&bytes),
            timestamp_ms,
            transport_key: (index.to_owned(), id.to_owned()),
            bytes,
        });
        assert!(noted.is_ok(), "the fresh alert comes once");
    }
}

/// How long before the start a home is made that runs begin with, in milliseconds; 0 where they begin with an empty one.
pub(super) fn before_ms(scenario: &Scenario) -> i64 {
    match (&scenario.past, scenario.queue.filled) {
        (Some(_), _) => past_ms(scenario) + REST_MS,
        (None, true) => FILLED_MS,
        (None, false) => 0,
    }
}

/// How long the past of the home is.
fn past_ms(scenario: &Scenario) -> i64 {
    scenario.past.map_or(0, |past| past.length_ms())
}

/// From one alert of the start to the next: those of a past come evenly over all of it.
fn every_ms(scenario: &Scenario, initial: u64) -> i64 {
    let initial = i64::try_from(initial).unwrap_or(i64::MAX).max(1);
    match &scenario.past {
        Some(past) => (past.length_ms() / initial).max(1),
        None => scenario.queue.every_ms,
    }
}

/// Whether two hits are of one alert, and differ in how their documents are called alone.
fn is_same_alert(one: &[u8], other: &[u8]) -> bool {
    let alert = |hit: &[u8]| {
        let mut hit: Value = serde_json::from_slice(hit).ok()?;
        let fields = hit.as_object_mut()?;
        for name in ["_index", "_id", "sort"] {
            fields.remove(name)?;
        }
        Some(hit)
    };
    alert(one).is_some_and(|one| Some(one) == alert(other))
}

/// The further documents of the alerts that the indexer has by then.
fn second(indexer: &Indexer, t0_ms: i64, dated: &[Dated]) -> Vec<Second> {
    let mut second = Vec::new();
    for again in &indexer.again {
        let indexed_at_ms = t0_ms + i64::try_from(again.at_ns / 1_000_000).unwrap_or(i64::MAX / 2);
        let how = match again.kind {
            AgainKind::SentAgain => Delivery::SentAgain,
            AgainKind::Reindexed => Delivery::Reindexed,
        };
        let share_ppm = (again.share * 1e6) as u64;
        for (number, first) in (0..).zip(dated) {
            let is_drawn = mix(u64::from(number) << 8 | how as u64) % 1_000_000 < share_ppm;
            if first.indexed_at_ms < indexed_at_ms && is_drawn {
                second.push(Second {
                    dated: number,
                    indexed_at_ms,
                    how,
                });
            }
        }
    }
    second
}

/// When a producer's alerts arrive, and what times they have.
fn arrivals_of(producer: &Producer, run_ns: u64, initial: u64) -> impl Iterator<Item = Arrival> {
    // Whoever indexes all at once has had them before, however long that took.
    let end = producer.indexed_ns.map_or(run_ns, |_| u64::MAX);
    let stop = producer.active.stop_ns.unwrap_or(end);
    let share = producer.share_of_initial;
    let total = producer
        .total
        .or(share.map(|share| (share * initial as f64) as u64))
        .unwrap_or(u64::MAX);
    let interval = match producer.pace {
        Pace::Max => 0,
        Pace::EveryNs(interval) => interval,
    };
    let start = producer.active.start_ns;
    let (age_ns, indexed_ns) = (producer.age_ns, producer.indexed_ns);
    let times = (0..total).map(move |k| start + k * interval);
    let times = times.take_while(move |time| *time < stop);
    times.map(move |time| Arrival {
        at_ns: indexed_ns.unwrap_or(time),
        own_ns: time.cast_signed() - age_ns.cast_signed(),
    })
}

/// How many of a million alerts of these producers come too late for the poller's overlap.
fn late_ppm(producers: &[Producer]) -> u64 {
    let shares = producers.iter().map(|producer| producer.duplicates);
    (shares.fold(0.0, f64::max) * 1e6) as u64
}

/// As long as the next batch takes to arrive, within reason.
fn poll_ns(producers: &[Producer]) -> u64 {
    let batches = producers.iter().filter_map(|producer| match producer.pace {
        Pace::Max => None,
        Pace::EveryNs(interval) => Some(interval.saturating_mul(producer.batch)),
    });
    let [least, most] = POLL_NS;
    batches.min().unwrap_or(least).clamp(least, most)
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

/// The bytes of the alert `index` in the specimens' queue: a hit, with the timestamp that its number gives it.
pub fn made_up(index: u32, into: &mut Vec<u8>) {
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenario;

    #[test]
    fn names_tell_their_number() {
        for index in [0, 1, 17, 505_836, 1_000_000, u32::MAX - 1] {
            let name = legacy_name(index);
            assert_eq!(index_of_legacy_name(name.as_bytes()), Some(index));
        }
    }

    #[test]
    fn made_up_alerts_have_a_time() {
        for index in [0, 5_759_999, 5_760_000, 70_000_000] {
            let mut bytes = Vec::new();
            made_up(index, &mut bytes);
            let alert = alert::Alert::parse(&bytes).expect("an alert");
            assert!(alert.hour.is_some(), "{}", String::from_utf8_lossy(&bytes));
        }
    }

    #[test]
    fn the_indexer_has_the_alerts_of_the_start_at_the_start_and_some_of_the_others_late() {
        let scenario = scenario::builtin("concurrent-archival").expect("it is shipped");
        let source = Source::new(&scenario, Engine::Spool, 500, Seed(1));
        let (mut late, mut numbers) = (0, Vec::new());
        for document in source.population().documents() {
            let number = document.seq.expect("no alert is planted");
            assert_eq!(document.timestamp_ms, source.timestamp_ms(number));
            let delay = document.visible_at_ms - document.timestamp_ms;
            if number < source.initial {
                assert!(document.visible_at_ms <= source.t0_ms);
            } else {
                late += u32::from(10 * 60_000 < delay);
                assert!(delay <= LATE_MS + 5_000, "{delay}");
            }
            numbers.push(number);
        }
        numbers.sort_unstable();
        assert!(numbers.iter().copied().eq(0..source.fresh()));
        assert!((10..100).contains(&late), "{late} of 2,000 at 2 %");
    }

    #[test]
    fn the_fresh_alert_is_known_from_the_moment_when_it_is_there() {
        let scenario = scenario::builtin("antivirus").expect("it is shipped");
        let source = Source::new(&scenario, Engine::Spool, 10, Seed(1));
        let id = AlertId::of_alert(b"{}");
        assert_eq!(source.index_of(id), None);
        source.note_fresh("index", "fresh", 7, b"{}".to_vec());
        assert_eq!(source.index_of(id), Some(source.fresh()));
        let mut bytes = Vec::new();
        source.payload(source.fresh(), &mut bytes);
        assert_eq!(bytes, b"{}");
    }
}
