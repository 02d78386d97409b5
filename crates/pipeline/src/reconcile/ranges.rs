//! Where the indexer is to be asked for an alert again, should it vanish: the times of each bucket that has an entry without
//! an end. Kept with the book, so that nobody has to search the ledger for them, however old that is (contract S20).

use super::open::Open;
use alert::AlertId;
use host::Millis;
use serde::{Deserialize, Serialize};
use spool::{BucketName, EntryName, Stamp};
use std::collections::{BTreeMap, BTreeSet};

/// The first and last time of some alerts, in milliseconds since 1970.
type Range = (i64, i64);

/// The times of buckets, and of the alerts that vanished from them.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Ranges {
    buckets: BTreeMap<BucketName, Range>,
    vanished: BTreeMap<AlertId, Range>,
}

/// Alerts of one range of time.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(super) struct Group {
    /// The first and the last time; `None` for alerts that no source has.
    pub(super) times: Option<(Millis, Millis)>,
    /// Each with what is known of its own time.
    pub(super) alerts: BTreeMap<AlertId, Option<(Millis, Millis)>>,
}

impl Ranges {
    /// Notes when the alerts of a bucket happened.
    pub(super) fn publish(&mut self, bucket: BucketName, times: Option<Range>) {
        self.buckets.extend(times.map(|times| (bucket, times)));
    }

    /// Notes that an entry vanished.
    pub(super) fn vanish(&mut self, entry: EntryName) {
        let of_bucket = self.of(entry.stamp());
        self.vanished
            .extend(of_bucket.map(|range| (entry.id(), range)));
    }

    /// The times of the bucket that was given this stamp.
    fn of(&self, stamp: Stamp) -> Option<Range> {
        let upper = BucketName::new(stamp, spool::BUCKET_ENTRIES_MAX);
        let (bucket, range) = self.buckets.range(..=upper).next_back()?;
        (stamp < bucket.first().offset(bucket.count())).then_some(*range)
    }

    /// Forgets what no entry of `open` and no alert of `wanted` needs.
    pub(super) fn forget(&mut self, open: &Open, wanted: &[&BTreeSet<AlertId>]) {
        self.buckets.retain(|bucket, _| {
            open.has_any(bucket.first(), bucket.first().offset(bucket.count()))
        });
        self.vanished
            .retain(|id, _| wanted.iter().any(|some| some.contains(id)));
    }

    /// `wanted` by when they happened: first those that no source has, and then range by range, ascending, those that lie in
    /// it. No two ranges overlap.
    pub(super) fn groups(&self, wanted: &BTreeSet<AlertId>) -> Vec<Group> {
        let mut none = Group::default();
        let mut dated = Vec::new();
        for id in wanted {
            match self.vanished.get(id) {
                Some(range) => dated.push((*range, *id)),
                None => drop(none.alerts.insert(*id, None)),
            }
        }
        dated.sort_unstable();
        let mut groups = Vec::from_iter((!none.alerts.is_empty()).then_some(none));
        for ((from, to), id) in dated {
            let times = (Millis(from), Millis(to));
            match groups.last_mut() {
                Some(Group {
                    times: Some((_, end)),
                    alerts,
                }) if times.0 <= *end => {
                    *end = times.1.max(*end);
                    alerts.insert(id, Some(times));
                }
                _ => groups.push(Group {
                    times: Some(times),
                    alerts: BTreeMap::from([(id, Some(times))]),
                }),
            }
        }
        groups
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stamp(millis: u64, sequence: u32) -> Stamp {
        Stamp { millis, sequence }
    }

    fn entry(stamp: Stamp, id: u8) -> EntryName {
        EntryName::new(stamp, AlertId::from_bytes([id; 16]))
    }

    #[test]
    fn an_alert_has_the_times_of_its_own_bucket_until_nobody_needs_them() {
        let mut ranges = Ranges::default();
        ranges.publish(BucketName::new(stamp(5, 0), 10), Some((100, 200)));
        ranges.publish(BucketName::new(stamp(5, 10), 10), Some((150, 300)));
        ranges.publish(BucketName::new(stamp(5, 20), 10), None);
        ranges.publish(BucketName::new(stamp(6, 0), 10), Some((900, 901)));
        let all: Vec<_> = [stamp(5, 9), stamp(5, 10), stamp(5, 25), stamp(6, 9)]
            .into_iter()
            .zip(1..)
            .map(|(stamp, id)| entry(stamp, id))
            .collect();
        all.iter().for_each(|entry| ranges.vanish(*entry));
        let wanted: BTreeSet<_> = all.iter().map(EntryName::id).collect();
        let told = |ranges: &Ranges| -> Vec<_> {
            let groups = ranges.groups(&wanted).into_iter();
            groups
                .map(|group| {
                    let ids = group.alerts.keys().map(|id| id.to_bytes()[0]).collect();
                    (group.times, ids)
                })
                .collect()
        };
        let times = |from, to| Some((Millis(from), Millis(to)));
        let expected: [(_, Vec<u8>); 3] = [
            (None, vec![3]),
            (times(100, 300), vec![1, 2]),
            (times(900, 901), vec![4]),
        ];
        assert_eq!(told(&ranges), expected);

        let vanished = BTreeSet::from([all[0].id()]);
        let mut open = Open::default();
        open.insert(&entry(stamp(6, 3), 9));
        ranges.forget(&open, &[&vanished]);
        assert_eq!(
            told(&ranges),
            [(None, vec![2, 3, 4]), (times(100, 200), vec![1])]
        );
        let kept: Vec<_> = ranges.buckets.values().collect();
        assert_eq!(kept, [&(900, 901)]);
    }
}
