//! The records of the ledger: what can happen to alerts.

use crate::layout::{BucketName, EntryName};
use alert::{AlertId, Disposition};
use serde::{Deserialize, Serialize};

/// One thing that happened.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Record {
    /// A segment begins.
    Opened {
        /// Who writes it.
        writer: String,
        /// Which of the writer's segments this is.
        number: u32,
        /// The chain of the writer's previous segment.
        continues: Option<String>,
    },
    /// The bucket's bytes are durable, and it is, or by recovery will be, visible.
    Published {
        /// The bucket's name when it was published.
        bucket: BucketName,
        /// Its entries.
        entries: Vec<EntryName>,
        /// For adopted files, their former names, in the same order; otherwise empty.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        origins: Vec<String>,
        /// The first and last time of the alerts of its page, in milliseconds since 1970: where a source is to be asked
        /// for one of them again. `None` for adopted files, and where a power loss took the record.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        times: Option<(i64, i64)>,
    },
    /// Documents of alerts that are known already, or may be: each with its alert, the index that holds it, and its id
    /// there. The bytes of an alert's case are those of its first document; the others are named here. A document may be
    /// named again, after a crash or an audit.
    Repeated {
        /// The documents.
        documents: Vec<(AlertId, String, String)>,
    },
    /// What became of a claimed bucket's entries; each stands in one list.
    Completed {
        /// The bucket's name when it was claimed.
        bucket: BucketName,
        /// Their cases exist and are durable.
        cased: Vec<EntryName>,
        /// What each of `cased` was judged: one letter an entry ([`Disposition::letter`]).
        #[serde(default, skip_serializing_if = "String::is_empty")]
        dispositions: String,
        /// Where the cases of `cased` stand below `cases/`: a shelf or a pack, and for how many entries in a row.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        shelves: Vec<(String, u32)>,
        /// The SHA-256 of the policy that judged them; empty if the judge had none.
        #[serde(default, skip_serializing_if = "String::is_empty")]
        policy: String,
        /// Their bytes are bad; they stand in quarantine.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        quarantined: Vec<Quarantined>,
        /// Their id has a case, which this says as well; these copies are dropped after this record.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        duplicates: Vec<EntryName>,
        /// Somebody outside removed them while they were claimed.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        vanished: Vec<EntryName>,
    },
}

/// One entry in quarantine.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Quarantined {
    /// The entry.
    pub entry: EntryName,
    /// Why, for a person.
    pub reason: String,
}

/// One entry that got its case.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct NewCase<'a> {
    /// The entry.
    pub entry: EntryName,
    /// What it was judged.
    pub disposition: Disposition,
    /// Where its case stands, below `cases/`: the shelf that holds the directory named by its id, or the pack
    /// (`packed/…/<number>.ndjson`) that has it as a line. [`crate::cases::read`] takes either.
    pub shelf: &'a str,
}

impl Record {
    /// The new cases that this record tells of, in its order.
    pub fn new_cases(&self) -> impl Iterator<Item = NewCase<'_>> {
        let (cased, letters, shelves) = match self {
            Record::Completed {
                cased,
                dispositions,
                shelves,
                ..
            } => (cased.as_slice(), dispositions.as_str(), shelves.as_slice()),
            _ => (&[][..], "", &[][..]),
        };
        let shelves = shelves
            .iter()
            .flat_map(|(shelf, count)| std::iter::repeat_n(shelf.as_str(), *count as usize));
        let judged = letters.chars().filter_map(Disposition::from_letter);
        let parts = cased.iter().zip(judged).zip(shelves);
        parts.map(|((entry, disposition), shelf)| NewCase {
            entry: *entry,
            disposition,
            shelf,
        })
    }
}

/// The new cases of one bucket, as they are gathered for its record.
#[derive(Default)]
pub(crate) struct NewCases {
    pub(crate) entries: Vec<EntryName>,
    pub(crate) dispositions: String,
    pub(crate) shelves: Vec<(String, u32)>,
}

impl NewCases {
    pub(crate) fn push(&mut self, entry: EntryName, disposition: Disposition, shelf: &str) {
        self.entries.push(entry);
        self.dispositions.push(disposition.letter());
        match self.shelves.last_mut() {
            Some((last, count)) if last == shelf => *count += 1,
            _ => self.shelves.push((shelf.to_owned(), 1)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::layout::Stamp;

    #[test]
    fn shelves_and_dispositions_come_back_entry_by_entry() {
        let entry = |n: u8| EntryName::new(Stamp::default(), AlertId::from_bytes([n; 16]));
        let mut cases = NewCases::default();
        cases.push(entry(1), Disposition::Review, "a");
        cases.push(entry(2), Disposition::Benign, "a");
        cases.push(entry(3), Disposition::Escalated, "b");
        assert_eq!(cases.shelves, [("a".to_owned(), 2), ("b".to_owned(), 1)]);
        let record = Record::Completed {
            bucket: BucketName::new(Stamp::default(), 3),
            cased: cases.entries,
            dispositions: cases.dispositions,
            shelves: cases.shelves,
            policy: String::new(),
            quarantined: Vec::new(),
            duplicates: Vec::new(),
            vanished: Vec::new(),
        };
        let json = serde_json::to_string(&record).expect("a record");
        let back: Record = serde_json::from_str(&json).expect("what was written");
        let all: Vec<_> = back
            .new_cases()
            .map(|case| (case.entry, case.disposition.letter(), case.shelf.to_owned()))
            .collect();
        let at = |n, letter, shelf: &str| (entry(n), letter, shelf.to_owned());
        assert_eq!(all, [at(1, 'r', "a"), at(2, 'b', "a"), at(3, 'e', "b")]);
    }
}
