//! The documents of the simulated indexer: which of them each alert of a run is, and which alert each of them is.
//!
//! A document's key and bytes follow from its number and time, and its identity from its bytes. The way back, from an
//! identity, which is a hash, takes a table: 20 bytes an alert.

use super::drops::Drop;
use crate::scenario::Indexer;
use alert::AlertId;
use mock_indexer::{Dated, Delivery, Form, Population, Recipe, SECOND_INDEX, Second};
use std::sync::Arc;

/// Beyond so many alerts the short form: a run keeps the bytes of every alert that was ever published.
const FULL_FORM_MAX: usize = 20_000;

/// All documents that the indexer has from the start, seen or not: the alert `n` of the run is the `n`-th.
pub(super) struct Documents {
    population: Arc<Population>,
    /// The `_id` of one document that was sent again, as an answer shows it.
    sent_again: Option<String>,
    has_second: bool,
    numbers: Numbers,
}

impl Documents {
    /// The documents of alerts with these times, and the further ones of some of them. The alerts of `drops`, whose numbers
    /// follow, have an identity and no document.
    pub(super) fn new(
        seed: u64,
        indexer: &Indexer,
        dated: Vec<Dated>,
        second: Vec<Second>,
        drops: &[Drop],
    ) -> Self {
        let form = match dated.len() {
            0..=FULL_FORM_MAX => Form::Full,
            _ => Form::Short,
        };
        let population = Population::new(Recipe {
            form,
            agents: u32::try_from(indexer.agents).unwrap_or(u32::MAX),
            padding: u32::try_from(indexer.padding).unwrap_or(u32::MAX),
            dated: dated.clone(),
            second: second.clone(),
            batches: Vec::new(),
            ..Recipe::steady(seed, 0, 0..1)
        });
        let mut bytes = Vec::new();
        let ids = (0..).zip(&dated).map(|(number, one)| {
            bytes.clear();
            population.write_hit(number, one.timestamp_ms, &mut bytes);
            (AlertId::of_alert(&bytes).to_bytes(), number)
        });
        let mut ids: Vec<_> = ids.collect();
        let next = u32::try_from(ids.len()).expect("a run has less than 2^31 alerts");
        ids.extend(
            (next..)
                .zip(drops)
                .map(|(number, drop)| (drop.id().to_bytes(), number)),
        );
        let again = second.iter().find(|one| one.how == Delivery::SentAgain);
        let sent_again = again.and_then(|one| {
            let mut documents = population.documents();
            let timestamp_ms = dated[one.dated as usize].timestamp_ms;
            let (_, first) = population.transport_key(one.dated, timestamp_ms);
            let other = documents.find(|two| two.seq == Some(one.dated) && two.id != first);
            other.map(|two| format!("\"_id\":\"{}\"", two.id))
        });
        Documents {
            numbers: Numbers::new(ids),
            population: Arc::new(population),
            sent_again,
            has_second: !second.is_empty(),
        }
    }

    /// Of which kinds an answer with these bytes has documents that are not their alerts' first.
    pub(super) fn seconds_in(&self, answer: &[u8]) -> Vec<Delivery> {
        let mut found = Vec::new();
        let text = std::str::from_utf8(answer).ok().filter(|_| self.has_second);
        let Some(text) = text else { return found };
        if text.contains(SECOND_INDEX) {
            found.push(Delivery::Reindexed);
        }
        if self.sent_again.as_ref().is_some_and(|id| text.contains(id)) {
            found.push(Delivery::SentAgain);
        }
        found
    }

    /// Whether the client would hand over these bytes for a further document of an alert.
    pub(super) fn is_second(&self, number: u32, timestamp_ms: i64, bytes: &[u8]) -> bool {
        let mut hit = Vec::new();
        let kinds = [Delivery::SentAgain, Delivery::Reindexed].into_iter();
        self.has_second
            && kinds.into_iter().any(|how| {
                hit.clear();
                let population = &self.population;
                population.write_second_hit(number, timestamp_ms, how, &mut hit);
                hit == bytes
            })
    }

    /// What the indexer holds.
    pub(super) fn population(&self) -> Arc<Population> {
        Arc::clone(&self.population)
    }

    /// The number of the alert with this identity.
    pub(super) fn number_of(&self, id: AlertId) -> Option<u32> {
        self.numbers.find(&id.to_bytes())
    }

    /// The `_index` and `_id` of an alert.
    pub(super) fn transport_key(&self, number: u32, timestamp_ms: i64) -> (String, String) {
        self.population.transport_key(number, timestamp_ms)
    }

    /// Appends the bytes that the indexer's client hands over for an alert.
    pub(super) fn write(&self, number: u32, timestamp_ms: i64, into: &mut Vec<u8>) {
        self.population.write_hit(number, timestamp_ms, into);
    }
}

/// Identities in order, each with its number, and where those begin that share their first bits.
struct Numbers {
    ids: Vec<([u8; 16], u32)>,
    starts: Vec<u32>,
    /// How many of an identity's first bits are asked.
    bits: u32,
}

/// Identities that share their first bits, on average.
const SHARED: usize = 8;

impl Numbers {
    fn new(mut ids: Vec<([u8; 16], u32)>) -> Self {
        ids.sort_unstable();
        let bits = (ids.len() / SHARED + 1).ilog2();
        let start = |prefix: u32| ids.partition_point(|(id, _)| prefix_of(id, bits) < prefix);
        let starts = (0..=1 << bits).map(|prefix| start(prefix) as u32);
        Numbers {
            starts: starts.collect(),
            ids,
            bits,
        }
    }

    fn find(&self, id: &[u8; 16]) -> Option<u32> {
        let prefix = prefix_of(id, self.bits) as usize;
        let (start, end) = (self.starts[prefix], self.starts[prefix + 1]);
        let mut some = self.ids[start as usize..end as usize].iter();
        some.find(|(known, _)| known == id)
            .map(|(_, number)| *number)
    }
}

fn prefix_of(id: &[u8; 16], bits: u32) -> u32 {
    let first = u32::from_be_bytes([id[0], id[1], id[2], id[3]]);
    // A shift by all 32 bits is none to the processor.
    (u64::from(first) >> (32 - bits)) as u32
}

#[cfg(test)]
mod tests {
    use super::*;

    fn documents(count: i64) -> Documents {
        let dated = |number| Dated {
            timestamp_ms: 1_774_483_200_000 + number * 15,
            indexed_at_ms: 1_774_483_200_000 + number * 15,
        };
        let scenario = crate::scenario::builtin("antivirus").expect("it is shipped");
        let dated = (0..count).map(dated).collect();
        Documents::new(7, &scenario.indexer, dated, Vec::new(), &[])
    }

    #[test]
    fn an_identity_leads_back_to_its_number_and_a_strangers_to_none() {
        for count in [0, 1, 2, 9, 5_000] {
            let documents = documents(count);
            for number in 0..count {
                let time = 1_774_483_200_000 + number * 15;
                let number = u32::try_from(number).unwrap();
                let mut bytes = Vec::new();
                documents.write(number, time, &mut bytes);
                assert_eq!(documents.number_of(AlertId::of_alert(&bytes)), Some(number));
            }
            assert_eq!(documents.number_of(AlertId::of_alert(b"{}")), None);
        }
    }

    #[test]
    fn the_bytes_are_an_alert_with_a_time_in_both_forms() {
        for count in [3, FULL_FORM_MAX as i64 + 1] {
            let mut bytes = Vec::new();
            documents(count).write(2, 1_774_483_200_030, &mut bytes);
            let alert = alert::Alert::parse(&bytes).expect("an alert");
            assert!(alert.hour.is_some(), "{}", String::from_utf8_lossy(&bytes));
        }
    }
}
