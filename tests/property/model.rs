//! The queue as it should be: buckets in order, and sets of what is done.

use crate::operation::{Answer, OPTIONS, Operation, Seen, Tally, id, is_bad};
use alert::Disposition;
use spool::Completion;
use std::collections::{BTreeMap, BTreeSet};

/// The number of a bucket in the order of publishing.
type Number = u32;

/// An entry: the number of the copy, 0 for what was published, and the alert's. Orders as the names do.
type Entry = (u32, u32);

/// A bucket.
#[derive(Clone, Debug)]
struct Bucket {
    /// How many entries its name says.
    named: u32,
    /// In order.
    entries: Vec<Entry>,
}

type Buckets = BTreeMap<Number, Bucket>;

#[derive(Default)]
struct Model {
    alerts: u32,
    buckets_made: Number,
    /// Alerts that were published.
    seen: BTreeSet<u32>,
    pending: Buckets,
    overflow: Buckets,
    claimed: Buckets,
    has_claim: bool,
    passed: BTreeSet<Number>,
    quarantined: Vec<u32>,
    cased: BTreeSet<u32>,
    /// What an outsider has: from which bucket, under which count, and the entry.
    away: Vec<(Number, u32, Entry)>,
    copies: u32,
}

/// What is to be seen of these operations.
pub(crate) fn predict(operations: &[Operation]) -> Vec<Seen> {
    let mut model = Model::default();
    operations
        .iter()
        .map(|&operation| {
            let answer = model.act(operation);
            (answer, model.tally())
        })
        .collect()
}

fn named(buckets: &Buckets) -> u64 {
    buckets.values().map(|bucket| u64::from(bucket.named)).sum()
}

impl Model {
    fn act(&mut self, operation: Operation) -> Answer {
        match operation {
            Operation::Publish { again, fresh } => self.publish(again, fresh),
            Operation::Claim => Answer::Claimed(self.claim()),
            Operation::Complete => Answer::Completed(self.complete()),
            Operation::Release => {
                let had = std::mem::take(&mut self.has_claim);
                self.give_back(true);
                Answer::Released(had)
            }
            Operation::Cap => self.cap(),
            Operation::Readmit => self.readmit(),
            Operation::Crash => self.crash(),
            Operation::Remove(pick) => Answer::Outsider(self.take_waiting(pick).is_some()),
            Operation::MoveAway(pick) => {
                let taken = self.take_waiting(pick);
                self.away.extend(taken);
                Answer::Outsider(taken.is_some())
            }
            Operation::PutBack => Answer::Outsider(self.put_back()),
            Operation::CopyBack(pick) => Answer::Outsider(self.copy_back(pick)),
        }
    }

    fn publish(&mut self, again: u32, fresh: u32) -> Answer {
        let offered = self.alerts.saturating_sub(again)..self.alerts + fresh;
        self.alerts += fresh;
        let new: Vec<u32> = offered.clone().filter(|n| !self.seen.contains(n)).collect();
        let size = OPTIONS.bucket_entries() as usize;
        for entries in new.chunks(size) {
            let bucket = Bucket {
                named: entries.len() as u32,
                entries: entries.iter().map(|&alert| (0, alert)).collect(),
            };
            self.pending.insert(self.buckets_made, bucket);
            self.buckets_made += 1;
        }
        self.seen.extend(&new);
        let (published, buckets) = (new.len() as u64, new.len().div_ceil(size) as u64);
        Answer::Published(published, offered.len() as u64 - published, buckets)
    }

    fn claim(&mut self) -> Option<u64> {
        if self.has_claim {
            return None;
        }
        let free = |number: &&Number| !self.passed.contains(number);
        let wanted = OPTIONS.claim_buckets as usize;
        let oldest: Vec<Number> = self
            .pending
            .keys()
            .filter(free)
            .take(wanted)
            .copied()
            .collect();
        if oldest.is_empty() {
            self.passed.clear();
            return None;
        }
        for number in oldest {
            let bucket = self.pending.remove(&number).expect("it was just there");
            self.claimed.insert(number, bucket);
        }
        self.has_claim = true;
        Some(named(&self.claimed))
    }

    fn complete(&mut self) -> Option<Completion> {
        if !std::mem::take(&mut self.has_claim) {
            return None;
        }
        let mut done = Completion::default();
        let mut drafted = BTreeSet::new();
        for bucket in self.claimed.values_mut() {
            done.seen += bucket.entries.len() as u64;
            bucket.entries.retain(|&(_, number)| {
                if is_bad(number) {
                    done.quarantined += 1;
                    self.quarantined.push(number);
                    return false;
                }
                if !drafted.insert(number) {
                    done.held += 1;
                    return true;
                }
                match self.cased.insert(number) {
                    true => done.cased += 1,
                    false => done.duplicates += 1,
                }
                false
            });
        }
        // The system's judge sends all of them to review.
        done.judged[Disposition::Review as usize] = done.cased;
        self.give_back(true);
        Some(done)
    }

    /// Empty buckets are removed, the others are pending again under the count of what they hold.
    fn give_back(&mut self, passes_by: bool) -> (u64, u64) {
        let (mut buckets, mut entries) = (0, 0);
        for (number, mut bucket) in std::mem::take(&mut self.claimed) {
            if bucket.entries.is_empty() {
                continue;
            }
            bucket.named = bucket.named.min(bucket.entries.len() as u32);
            buckets += 1;
            entries += u64::from(bucket.named);
            if passes_by {
                self.passed.insert(number);
            }
            self.pending.insert(number, bucket);
        }
        (buckets, entries)
    }

    fn cap(&mut self) -> Answer {
        let before = named(&self.pending);
        let (mut buckets, mut entries) = (0, 0);
        while u64::from(OPTIONS.pending_max) < named(&self.pending) {
            let (number, bucket) = self.pending.pop_first().expect("something is pending");
            buckets += 1;
            entries += u64::from(bucket.named);
            self.overflow.insert(number, bucket);
        }
        Answer::Moved(before, before - entries, buckets, entries)
    }

    fn readmit(&mut self) -> Answer {
        let (cap, before) = (u64::from(OPTIONS.pending_max), named(&self.pending));
        let room = cap.saturating_sub(before);
        let most = room.div_ceil(u64::from(OPTIONS.bucket_entries()));
        let (mut buckets, mut entries) = (0, 0);
        for _ in 0..most {
            let Some(oldest) = self.overflow.first_entry() else {
                break;
            };
            let named = u64::from(oldest.get().named);
            if cap < before + entries + named {
                break;
            }
            let (number, bucket) = oldest.remove_entry();
            buckets += 1;
            entries += named;
            self.pending.insert(number, bucket);
        }
        Answer::Moved(before, before + entries, buckets, entries)
    }

    fn crash(&mut self) -> Answer {
        self.has_claim = false;
        self.passed.clear();
        let (buckets, entries) = self.give_back(false);
        Answer::Recovered(buckets, entries)
    }

    fn take_waiting(&mut self, pick: u32) -> Option<(Number, u32, Entry)> {
        let all: u32 = [&self.pending, &self.overflow]
            .into_iter()
            .flat_map(BTreeMap::values)
            .map(|bucket| bucket.entries.len() as u32)
            .sum();
        let mut left = pick.checked_rem(all)? as usize;
        for (number, bucket) in self.pending.iter_mut().chain(&mut self.overflow) {
            if left < bucket.entries.len() {
                return Some((*number, bucket.named, bucket.entries.remove(left)));
            }
            left -= bucket.entries.len();
        }
        None
    }

    fn put_back(&mut self) -> bool {
        let Some((number, named, entry)) = self.away.pop() else {
            return false;
        };
        for place in [&mut self.pending, &mut self.overflow] {
            if let Some(bucket) = place.get_mut(&number)
                && bucket.named == named
            {
                let at = bucket.entries.partition_point(|&other| other < entry);
                bucket.entries.insert(at, entry);
                return true;
            }
        }
        false
    }

    fn copy_back(&mut self, pick: u32) -> bool {
        let all = self.cased.len() as u32;
        let Some(place) = pick.checked_rem(all) else {
            return false;
        };
        let mut cased: Vec<u32> = self.cased.iter().copied().collect();
        cased.sort_by_key(|&number| id(number));
        let alert = cased[place as usize];
        let Some(mut oldest) = self.pending.first_entry() else {
            return false;
        };
        let bucket = oldest.get_mut();
        if bucket.entries.iter().any(|&(_, other)| other == alert) {
            return false;
        }
        self.copies += 1;
        bucket.entries.push((self.copies, alert));
        true
    }

    fn tally(&self) -> Tally {
        let mut places: BTreeMap<u32, Vec<u8>> = BTreeMap::new();
        for number in &self.seen {
            places.entry(*number).or_default();
        }
        for (place, buckets) in (0..).zip([&self.pending, &self.overflow, &self.claimed]) {
            for (_, number) in buckets.values().flat_map(|bucket| &bucket.entries) {
                places.entry(*number).or_default().push(place);
            }
        }
        for number in &self.quarantined {
            let at = places.entry(*number).or_default();
            // All copies in quarantine are one place.
            if !at.contains(&3) {
                at.push(3);
            }
        }
        for number in &self.cased {
            places.entry(*number).or_default().push(4);
        }
        let count = |place| {
            places
                .values()
                .filter(|at| at.first() == Some(&place))
                .count() as u64
        };
        let ids_where = |test: fn(&Vec<u8>) -> bool| {
            let mut ids: Vec<_> = places
                .iter()
                .filter(|(_, at)| test(at))
                .map(|(&number, _)| id(number))
                .collect();
            ids.sort();
            ids
        };
        Tally {
            published: places.len() as u64,
            pending: count(0),
            overflow: count(1),
            claimed: count(2),
            quarantined: count(3),
            cased: count(4),
            vanished: ids_where(|at| at.is_empty()),
            doubled: ids_where(|at| 1 < at.len()),
        }
    }
}
