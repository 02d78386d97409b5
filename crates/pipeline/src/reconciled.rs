//! What reconcile finds, and the equation that it must fulfil.

use alert::AlertId;
use serde::{Deserialize, Serialize};

/// What reconcile found. Totals are since the ledger began.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Reconciled {
    /// Entries that were published: an alert that was published again has another one.
    pub published: u64,
    /// Entries that became cases, by disposition, in the order of [`alert::Disposition::ALL`].
    pub cased: [u64; 4],
    /// Entries of alerts that had their case already.
    pub duplicates: u64,
    /// Entries that were set aside.
    pub quarantined: u64,
    /// Entries that somebody outside removed.
    pub vanished: u64,
    /// Entries that are pending, parked or claimed: counted on disk, or by the ledger where no look was due.
    pub queue: u64,
    /// On disk, and the ledger does not know them as on their way.
    pub unrecorded: Vec<AlertId>,
    /// Recorded as cased since the last pass, and their case does not stand.
    pub case_missing: Vec<AlertId>,
    /// Fetched again in this pass.
    pub restored: u64,
    /// Removed by somebody outside, and not fetched again yet: there is no indexer, or it gave no answer.
    pub to_restore: Vec<AlertId>,
    /// Removed by somebody outside, and the indexer does not have them either.
    pub lost: Vec<AlertId>,
    /// What became of the alerts that came in the last 24 hours.
    pub last_day: LastDay,
}

/// What became of the alerts that came in the last 24 hours, and have their end.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct LastDay {
    /// Those that became cases or duplicates.
    pub good: u64,
    /// Those that were set aside.
    pub quarantined: u64,
}

impl Reconciled {
    /// How many alerts contradict the contract. Vanished ones do not as long as they can be fetched again.
    pub fn mismatches(&self) -> u64 {
        let lists = [&self.unrecorded, &self.case_missing, &self.lost];
        let named: usize = lists.iter().map(|list| list.len()).sum();
        named as u64 + u64::from(!self.is_balanced())
    }

    /// Cases of every disposition.
    pub fn cases(&self) -> u64 {
        self.cased.iter().sum()
    }

    /// Whether the equation holds.
    pub fn is_balanced(&self) -> bool {
        let ended = self.cases() + self.duplicates + self.quarantined + self.vanished;
        self.published == ended + self.queue
    }
}

impl std::fmt::Display for Reconciled {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let [benign, known_fp, review, escalated] = self.cased;
        write!(
            f,
            "published {} = benign {benign} + known_fp {known_fp} + review {review} + escalated {escalated} \
             + duplicates {} + quarantined {} + vanished {} + queue {}",
            self.published, self.duplicates, self.quarantined, self.vanished, self.queue
        )
    }
}
