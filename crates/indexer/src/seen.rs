//! Which documents were handed over, as far back as the watermark.
//!
//! They are documents, not alerts, because their number is compared with the indexer's. Whoever takes them knows which
//! alerts are known.

use crate::query::Range;
use alert::AlertId;
use host::Millis;
use std::collections::BTreeSet;

/// The documents that were handed over and may be read again. Bounded: beyond the bound the oldest are forgotten, which can
/// repeat a document and never loses one.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(crate) struct Seen {
    documents: BTreeSet<(Millis, AlertId)>,
}

/// Bytes of one document in the written form.
pub(crate) const RECORD_BYTES: usize = 24;

impl Seen {
    pub(crate) fn contains(&self, time: Millis, document: AlertId) -> bool {
        self.documents.contains(&(time, document))
    }

    /// Adds a document, and forgets the oldest if they are more than `max` now.
    pub(crate) fn insert(&mut self, time: Millis, document: AlertId, max: usize) {
        self.documents.insert((time, document));
        while max < self.documents.len() {
            self.documents.pop_first();
        }
    }

    /// Forgets what is older than `watermark`: nothing older is read again.
    pub(crate) fn forget_before(&mut self, watermark: Millis) {
        let first = (watermark, AlertId::from_bytes([0; 16]));
        self.documents = self.documents.split_off(&first);
    }

    /// How many documents lie in `range`.
    pub(crate) fn count(&self, range: Range) -> u64 {
        let first = (range.from, AlertId::from_bytes([0; 16]));
        let end = (range.to, AlertId::from_bytes([0; 16]));
        self.documents.range(first..end).count() as u64
    }

    /// The time of the newest document.
    pub(crate) fn newest(&self) -> Option<Millis> {
        self.documents.last().map(|(time, _)| *time)
    }

    pub(crate) fn len(&self) -> usize {
        self.documents.len()
    }

    /// Appends the written form: for each document 8 bytes of time, little-endian, and 16 of identity, in order.
    pub(crate) fn write(&self, into: &mut Vec<u8>) {
        into.reserve(self.documents.len() * RECORD_BYTES);
        for (time, document) in &self.documents {
            into.extend_from_slice(&time.0.to_le_bytes());
            into.extend_from_slice(&document.to_bytes());
        }
    }

    /// Reads the written form; `None` if it is not that.
    pub(crate) fn read(bytes: &[u8]) -> Option<Self> {
        let (records, rest) = bytes.as_chunks::<RECORD_BYTES>();
        let mut documents = Vec::with_capacity(records.len());
        for record in records {
            let (time, document) = record.split_first_chunk::<8>()?;
            let document: [u8; 16] = document.try_into().ok()?;
            let time = Millis(i64::from_le_bytes(*time));
            documents.push((time, AlertId::from_bytes(document)));
        }
        let is_whole = rest.is_empty() && documents.is_sorted_by(|a, b| a < b);
        is_whole.then(|| Seen {
            documents: documents.into_iter().collect(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn alert(number: u8) -> AlertId {
        AlertId::from_bytes([number; 16])
    }

    #[test]
    fn the_oldest_are_forgotten_first() {
        let mut seen = Seen::default();
        for number in 0..5 {
            seen.insert(Millis(i64::from(number) * 10), alert(number), 3);
        }
        assert_eq!(seen.len(), 3);
        assert!(!seen.contains(Millis(10), alert(1)) && seen.contains(Millis(20), alert(2)));
        seen.forget_before(Millis(30));
        assert_eq!(seen.len(), 2);
        assert!(seen.contains(Millis(30), alert(3)));
    }

    #[test]
    fn a_range_has_its_start_and_not_its_end() {
        let mut seen = Seen::default();
        for number in 0..5 {
            seen.insert(Millis(i64::from(number) * 10), alert(0xff), 9);
        }
        assert_eq!(seen.count(Range::new(Millis(10), Millis(30))), 2);
        assert_eq!(seen.count(Range::new(Millis(30), Millis(30))), 0);
    }

    proptest! {
        #[test]
        fn the_written_form_reads_back_and_a_torn_one_does_not(
            documents in prop::collection::btree_set((any::<i64>(), any::<[u8; 16]>()), 1..40),
            cut in 1..RECORD_BYTES,
        ) {
            let documents = documents.into_iter();
            let documents = documents.map(|(t, id)| (Millis(t), AlertId::from_bytes(id))).collect();
            let seen = Seen { documents };
            let mut bytes = Vec::new();
            seen.write(&mut bytes);
            prop_assert_eq!(Seen::read(&bytes), Some(seen));
            prop_assert_eq!(Seen::read(&bytes[..bytes.len() - cut]), None);
        }
    }
}
