//! What can happen, and what can be seen of it.

use alert::AlertId;
use proptest::prelude::*;
use spool::{Completion, Shed, SpoolOptions};

/// Buckets of 2 and a cap of 16.
pub(crate) const OPTIONS: SpoolOptions = SpoolOptions {
    pending_max: 16,
    bucket_max: spool::BUCKET_ENTRIES_MAX,
    shed: Shed::Oldest,
    readmit: true,
    claim_buckets: 2,
    seen_max: 1_000,
    packed: spool::Dispositions::NONE,
};

/// One thing that happens.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Operation {
    /// So many alerts of the page before, and so many new ones.
    Publish { again: u32, fresh: u32 },
    /// The worker claims, unless it has a claim.
    Claim,
    /// The worker completes its claim.
    Complete,
    /// The worker gives its claim back.
    Release,
    /// A cap pass.
    Cap,
    /// Parked buckets come back.
    Readmit,
    /// Publisher and worker die, and are opened again.
    Crash,
    /// An outsider removes an entry that waits, of all of them the one at this place.
    Remove(u32),
    /// An outsider moves one away.
    MoveAway(u32),
    /// An outsider puts back what was moved away last.
    PutBack,
    /// An outsider copies the alert of a case into the oldest pending bucket, as if it were new.
    CopyBack(u32),
}

/// Any operation, the queue's own more often than an outsider's.
pub(crate) fn operation() -> impl Strategy<Value = Operation> {
    prop_oneof![
        4 => (0_u32..3, 1_u32..8).prop_map(|(again, fresh)| Operation::Publish { again, fresh }),
        4 => Just(Operation::Claim),
        3 => Just(Operation::Complete),
        1 => Just(Operation::Release),
        2 => Just(Operation::Cap),
        2 => Just(Operation::Readmit),
        1 => Just(Operation::Crash),
        1 => any::<u32>().prop_map(Operation::Remove),
        1 => any::<u32>().prop_map(Operation::MoveAway),
        1 => Just(Operation::PutBack),
        1 => any::<u32>().prop_map(Operation::CopyBack),
    ]
}

/// What an operation answered.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum Answer {
    /// Published, duplicates, buckets.
    Published(u64, u64, u64),
    /// Entries of the claim; `None` if nothing was claimed.
    Claimed(Option<u64>),
    /// What became of the claim; `None` if there was none.
    Completed(Option<Completion>),
    /// Whether there was a claim.
    Released(bool),
    /// Pending before and after a cap pass, moved buckets, moved entries.
    Moved(u64, u64, u64, u64),
    /// Buckets and entries that recovery made pending again.
    Recovered(u64, u64),
    /// Whether the outsider found something to do it to.
    Outsider(bool),
}

/// Where all alerts are.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(crate) struct Tally {
    pub(crate) published: u64,
    pub(crate) pending: u64,
    pub(crate) claimed: u64,
    pub(crate) overflow: u64,
    pub(crate) quarantined: u64,
    pub(crate) cased: u64,
    pub(crate) vanished: Vec<AlertId>,
    pub(crate) doubled: Vec<AlertId>,
}

/// What can be seen of one operation: its answer, and where everything is afterwards.
pub(crate) type Seen = (Answer, Tally);

/// The identity of the alert of that number.
pub(crate) fn id(number: u32) -> AlertId {
    AlertId::of("wazuh-alerts-4.x-2026.04.01", &number.to_string())
}

/// Whether the bytes of that alert are no JSON.
pub(crate) fn is_bad(number: u32) -> bool {
    number % 11 == 7
}

/// The bytes of the alert of that number.
pub(crate) fn payload(number: u32) -> Vec<u8> {
    if is_bad(number) {
        return b"{\"half\":".to_vec();
    }
    let hour = number % 3;
    format!(r#"{{"_id":"{number}","_source":{{"timestamp":"2026-04-01T0{hour}:39:02Z"}}}}"#)
        .into_bytes()
}
