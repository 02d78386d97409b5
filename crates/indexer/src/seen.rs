//! Which alerts were handed over, as far back as the watermark.

use crate::query::Range;
use alert::AlertId;
use host::Millis;
use std::collections::BTreeSet;

/// The alerts that were handed over and may be read again. Bounded: beyond the bound the oldest are forgotten, which can
/// repeat an alert and never loses one.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(crate) struct Seen {
    alerts: BTreeSet<(Millis, AlertId)>,
}

/// Bytes of one alert in the written form.
pub(crate) const RECORD_BYTES: usize = 24;

impl Seen {
    pub(crate) fn contains(&self, time: Millis, alert: AlertId) -> bool {
        self.alerts.contains(&(time, alert))
    }

    /// Adds an alert, and forgets the oldest if they are more than `max` now.
    pub(crate) fn insert(&mut self, time: Millis, alert: AlertId, max: usize) {
        self.alerts.insert((time, alert));
        while max < self.alerts.len() {
            self.alerts.pop_first();
        }
    }

    /// Forgets what is older than `watermark`: nothing older is read again.
    pub(crate) fn forget_before(&mut self, watermark: Millis) {
        let first = (watermark, AlertId::from_bytes([0; 16]));
        self.alerts = self.alerts.split_off(&first);
    }

    /// How many alerts lie in `range`.
    pub(crate) fn count(&self, range: Range) -> u64 {
        let first = (range.from, AlertId::from_bytes([0; 16]));
        let end = (range.to, AlertId::from_bytes([0; 16]));
        self.alerts.range(first..end).count() as u64
    }

    pub(crate) fn len(&self) -> usize {
        self.alerts.len()
    }

    /// Appends the written form: for each alert 8 bytes of time, little-endian, and 16 of identity, in order.
    pub(crate) fn write(&self, into: &mut Vec<u8>) {
        into.reserve(self.alerts.len() * RECORD_BYTES);
        for (time, alert) in &self.alerts {
            into.extend_from_slice(&time.0.to_le_bytes());
            into.extend_from_slice(&alert.to_bytes());
        }
    }

    /// Reads the written form; `None` if it is not that.
    pub(crate) fn read(bytes: &[u8]) -> Option<Self> {
        let (records, rest) = bytes.as_chunks::<RECORD_BYTES>();
        let mut alerts = Vec::with_capacity(records.len());
        for record in records {
            let (time, alert) = record.split_first_chunk::<8>()?;
            let alert: [u8; 16] = alert.try_into().ok()?;
            let time = Millis(i64::from_le_bytes(*time));
            alerts.push((time, AlertId::from_bytes(alert)));
        }
        let is_whole = rest.is_empty() && alerts.is_sorted_by(|a, b| a < b);
        is_whole.then(|| Seen {
            alerts: alerts.into_iter().collect(),
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
            alerts in prop::collection::btree_set((any::<i64>(), any::<[u8; 16]>()), 1..40),
            cut in 1..RECORD_BYTES,
        ) {
            let alerts = alerts.into_iter();
            let alerts = alerts.map(|(t, id)| (Millis(t), AlertId::from_bytes(id))).collect();
            let seen = Seen { alerts };
            let mut bytes = Vec::new();
            seen.write(&mut bytes);
            prop_assert_eq!(Seen::read(&bytes), Some(seen));
            prop_assert_eq!(Seen::read(&bytes[..bytes.len() - cut]), None);
        }
    }
}
