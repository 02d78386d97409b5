//! The records of the ledger: what can happen to alerts.

use super::Pruned;
use crate::layout::{BucketName, EntryName};
use alert::{AlertId, Disposition};
use serde::{Deserialize, Serialize};

/// One thing that happened.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(
    tag = "kind",
    rename_all = "snake_case",
    try_from = "super::fields::Fields"
)]
pub enum Record {
    /// A segment begins.
    Opened {
        /// Who writes it.
        writer: String,
        /// Which of the writer's segments this is.
        number: u32,
        /// The chain of the writer's previous segment.
        continues: Option<String>,
        /// The number of the life that begins it, and its reserved names, as [`Record::Life`] has them. `None` in segments
        /// from when each life had one of its own: then the segment's number is that of the life.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        epoch: Option<u32>,
        /// See [`Record::Life`].
        #[serde(default, skip_serializing_if = "is_default")]
        names_before: u64,
    },
    /// A life of the writer begins within a segment, or reserves more names.
    Life {
        /// Its number, greater than that of any life before.
        epoch: u32,
        /// No name whose stamp has this millisecond or a later one was given out; later lives give out none before it. 0 for
        /// writers that give out no names.
        #[serde(default, skip_serializing_if = "is_default")]
        names_before: u64,
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
        /// The first and last time of its alerts, in milliseconds since 1970: where a source is to be asked
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
        /// When this was written, in milliseconds since 1970; 0 in ledgers of earlier versions.
        #[serde(default, skip_serializing_if = "is_default")]
        at: i64,
        /// Their cases exist and are durable.
        cased: Vec<EntryName>,
        /// What each of `cased` was judged: one letter an entry ([`Disposition::letter`]).
        #[serde(default, skip_serializing_if = "String::is_empty")]
        dispositions: String,
        /// Where the cases of `cased` stand below `cases/`: a shelf or a pack, and for how many entries in a row.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        shelves: Vec<(String, u32)>,
        /// What proves the bytes of those cases ([`NewCase::digest`]), and for how many entries in a row. Ledgers of earlier
        /// versions do not have it; an empty text stands for a case of which it is not known.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        digests: Vec<(String, u32)>,
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
    /// What is old is removed, or is being removed ([`crate::retention`]).
    Pruned(Pruned),
}

/// Whether a field has the value that stands for one that is not written.
fn is_default<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
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
    /// What its bytes are held against, in hexadecimal digits: the SHA-256 of a directory's `manifest-sha256.txt`, which has
    /// those of the other files; or the digest that a pack's first line carries, which covers every byte after it. `None`
    /// where no record says it: then only what stands beside the case can be asked.
    pub digest: Option<&'a str>,
}

impl Record {
    /// The new cases that this record tells of, in its order.
    pub fn new_cases(&self) -> impl Iterator<Item = NewCase<'_>> {
        let none: (&[EntryName], &str, &Runs, &Runs) = (&[], "", &[], &[]);
        let (cased, letters, shelves, digests) = match self {
            Record::Completed {
                cased,
                dispositions,
                shelves,
                digests,
                ..
            } => (
                &cased[..],
                dispositions.as_str(),
                &shelves[..],
                &digests[..],
            ),
            _ => none,
        };
        let judged = letters.chars().filter_map(Disposition::from_letter);
        let digests = each_of(digests).chain(std::iter::repeat(""));
        let parts = cased.iter().zip(judged).zip(each_of(shelves)).zip(digests);
        parts.map(|(((entry, disposition), shelf), digest)| NewCase {
            entry: *entry,
            disposition,
            shelf,
            digest: Some(digest).filter(|digest| !digest.is_empty()),
        })
    }
}

/// What is the same for several entries in a row is written once, with their number.
type Runs = [(String, u32)];

fn each_of(runs: &Runs) -> impl Iterator<Item = &str> {
    runs.iter()
        .flat_map(|(value, count)| std::iter::repeat_n(value.as_str(), *count as usize))
}

fn push_run(runs: &mut Vec<(String, u32)>, value: &str) {
    match runs.last_mut() {
        Some((last, count)) if last == value => *count += 1,
        _ => runs.push((value.to_owned(), 1)),
    }
}

/// The new cases of one bucket, as they are gathered for its record.
#[derive(Default)]
pub(crate) struct NewCases {
    pub(crate) entries: Vec<EntryName>,
    pub(crate) dispositions: String,
    pub(crate) shelves: Vec<(String, u32)>,
    pub(crate) digests: Vec<(String, u32)>,
}

impl NewCases {
    /// Adds a case. `digest` is that of [`NewCase::digest`], empty if it is not known.
    pub(crate) fn push(
        &mut self,
        entry: EntryName,
        disposition: Disposition,
        shelf: &str,
        digest: &str,
    ) {
        self.entries.push(entry);
        self.dispositions.push(disposition.letter());
        push_run(&mut self.shelves, shelf);
        push_run(&mut self.digests, digest);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::layout::Stamp;

    #[test]
    fn what_is_written_once_for_a_row_comes_back_entry_by_entry() {
        let entry = |n: u8| EntryName::new(Stamp::default(), AlertId::from_bytes([n; 16]));
        let mut cases = NewCases::default();
        cases.push(entry(1), Disposition::Review, "a", "01");
        cases.push(entry(2), Disposition::Benign, "a", "");
        cases.push(entry(3), Disposition::Escalated, "b", "03");
        assert_eq!(cases.shelves, [("a".to_owned(), 2), ("b".to_owned(), 1)]);
        let record = Record::Completed {
            bucket: BucketName::new(Stamp::default(), 3),
            at: 0,
            cased: cases.entries,
            dispositions: cases.dispositions,
            shelves: cases.shelves,
            digests: cases.digests,
            policy: String::new(),
            quarantined: Vec::new(),
            duplicates: Vec::new(),
            vanished: Vec::new(),
        };
        let json = serde_json::to_string(&record).expect("a record");
        let back: Record = serde_json::from_str(&json).expect("what was written");
        let all: Vec<_> = back
            .new_cases()
            .map(|case| {
                let letter = case.disposition.letter();
                (case.entry, letter, case.shelf, case.digest)
            })
            .collect();
        let wanted = [
            (entry(1), 'r', "a", Some("01")),
            (entry(2), 'b', "a", None),
            (entry(3), 'e', "b", Some("03")),
        ];
        assert_eq!(all, wanted);
    }

    #[test]
    fn a_record_of_before_has_its_cases_and_no_digests() {
        let entry = EntryName::new(Stamp::default(), AlertId::from_bytes([1; 16]));
        let json = format!(
            r#"{{"kind":"completed","bucket":"{}","cased":["{entry}"],"dispositions":"r","shelves":[["a",1]]}}"#,
            BucketName::new(Stamp::default(), 1)
        );
        let old: Record = serde_json::from_str(&json).expect("a record of before");
        let cases: Vec<_> = old
            .new_cases()
            .map(|case| (case.entry, case.digest))
            .collect();
        assert_eq!(cases, [(entry, None)]);
        assert_eq!(serde_json::to_string(&old).expect("a record"), json);
    }
}
