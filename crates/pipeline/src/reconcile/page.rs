//! A page of the book: entries that are on their way, with their ids in a file of their own, so that what the book takes of
//! memory does not grow with what waits (contract S16).
//!
//! A page is written once and never changed. What has ended of it is a bit in memory, and in the book.

use crate::failure::{Failure, FailureKind};
use alert::AlertId;
use host::{Dir, Errno, File};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use spool::{BUCKET_ENTRIES_MAX, BucketName, Stamp};

/// An entry, as the book knows it: in the order of names.
pub(super) type Key = (Stamp, AlertId);

/// The most entries of a page: a bucket has no more, so that each of its runs can be told by a bucket's name.
pub(super) const ENTRIES_MAX: usize = BUCKET_ENTRIES_MAX as usize;
const ID_BYTES: usize = 16;
const WORD_BITS: usize = u64::BITS as usize;

/// Bits of the entries of a page, in their order.
pub(super) type Bits = Vec<u64>;

/// One page.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Page {
    /// Of its file.
    pub(super) number: u32,
    /// Its stamps, ascending.
    runs: Vec<Run>,
    /// A bit for each entry that has no end yet.
    open: Bits,
    /// What the file has, so that another one of its name is noticed.
    sha256: String,
}

/// Entries whose stamps follow one another.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(from = "BucketName", into = "BucketName")]
struct Run {
    first: Stamp,
    count: u32,
}

impl From<BucketName> for Run {
    fn from(name: BucketName) -> Self {
        Run {
            first: name.first(),
            count: name.count(),
        }
    }
}

impl From<Run> for BucketName {
    fn from(run: Run) -> Self {
        BucketName::new(run.first, run.count)
    }
}

impl Run {
    /// Where in the run `stamp` is; `None` if it is not in it.
    fn place(&self, stamp: Stamp) -> Option<usize> {
        let is_within = self.first <= stamp && stamp < self.first.offset(self.count);
        is_within.then(|| (stamp.sequence - self.first.sequence) as usize)
    }
}

impl Page {
    /// Writes the file of `entries`, which ascend. Not durable: the book that tells of it is, and it is saved after a sync.
    ///
    /// # Panics
    /// If they are none, or more than [`ENTRIES_MAX`].
    pub(super) fn write(state: &Dir<'_>, number: u32, entries: &[Key]) -> Result<Page, Failure> {
        assert!((1..=ENTRIES_MAX).contains(&entries.len()), "no page");
        let bytes: Vec<u8> = entries.iter().flat_map(|(_, id)| id.to_bytes()).collect();
        create(state, number, &bytes)?;
        let mut runs: Vec<Run> = Vec::new();
        for (stamp, _) in entries {
            match runs.last_mut() {
                Some(run) if *stamp == run.first.offset(run.count) => run.count += 1,
                _ => runs.push(Run {
                    first: *stamp,
                    count: 1,
                }),
            }
        }
        let mut open = vec![0; entries.len().div_ceil(WORD_BITS)];
        for at in 0..entries.len() {
            set(&mut open, at, true);
        }
        runs.shrink_to_fit();
        Ok(Page {
            number,
            runs,
            open,
            sha256: digest(&bytes),
        })
    }

    /// Which of its entries has this stamp, whether it has its end or not.
    pub(super) fn place(&self, stamp: Stamp) -> Option<usize> {
        let last = self.runs.partition_point(|run| run.first <= stamp);
        let (before, run) = (&self.runs[..last.checked_sub(1)?], self.runs[last - 1]);
        let earlier: usize = before.iter().map(|run| run.count as usize).sum();
        Some(earlier + run.place(stamp)?)
    }

    /// Its first stamp.
    pub(super) fn first(&self) -> Option<Stamp> {
        self.runs.first().map(|run| run.first)
    }

    /// The first stamp after its own.
    pub(super) fn end(&self) -> Option<Stamp> {
        self.runs.last().map(|run| run.first.offset(run.count))
    }

    /// The smallest stamp of an entry without an end.
    pub(super) fn first_open(&self) -> Option<Stamp> {
        let stamps = self.runs.iter();
        let mut stamps = stamps.flat_map(|run| (0..run.count).map(|at| run.first.offset(at)));
        let first = self.open.iter().enumerate().find(|(_, word)| **word != 0);
        let (word, bits) = first?;
        stamps.nth(word * WORD_BITS + bits.trailing_zeros() as usize)
    }

    /// Whether the entry at `place` has no end yet.
    pub(super) fn is_open(&self, place: usize) -> bool {
        get(&self.open, place)
    }

    /// Notes that the entry at `place` has its end.
    pub(super) fn note_end(&mut self, place: usize) {
        set(&mut self.open, place, false);
    }

    /// How many have no end yet.
    pub(super) fn len(&self) -> usize {
        self.open
            .iter()
            .map(|word| word.count_ones() as usize)
            .sum()
    }

    /// The bits of those that have no end yet.
    pub(super) fn bits(&self) -> Bits {
        self.open.clone()
    }

    /// Whether one without an end has a stamp from `from` on and before `until`.
    pub(super) fn has_any(&self, from: Stamp, until: Stamp) -> bool {
        let mut earlier = 0;
        for run in &self.runs {
            let end = run.first.offset(run.count);
            if from < end && run.first < until {
                let places = earlier..earlier + run.count as usize;
                let stamps = (0..run.count).map(|at| run.first.offset(at));
                let mut both = places.zip(stamps);
                if both.any(|(place, stamp)| from <= stamp && stamp < until && self.is_open(place))
                {
                    return true;
                }
            }
            earlier += run.count as usize;
        }
        false
    }

    /// The entries of `bits`, ascending. Reads the file.
    pub(super) fn entries(&self, state: &Dir<'_>, bits: &Bits) -> Result<Vec<Key>, Failure> {
        let name = file_name(self.number);
        let count: usize = self.runs.iter().map(|run| run.count as usize).sum();
        let read = state.read_file(&name, count * ID_BYTES + 1);
        let bytes = read.map_err(|error| Failure::of_host("read", &name, &error))?;
        let bytes = bytes.unwrap_or_default();
        if digest(&bytes) != self.sha256 {
            return Err(Failure {
                kind: FailureKind::Data,
                message: format!(
                    "state/{name} is damaged, or gone; remove state/{}, and the ledger is read anew",
                    super::book::FILE
                ),
            });
        }
        let (ids, _) = bytes.as_chunks::<ID_BYTES>();
        let stamps = self.runs.iter();
        let stamps = stamps.flat_map(|run| (0..run.count).map(|at| run.first.offset(at)));
        let all = stamps.zip(ids).enumerate();
        let wanted = all.filter(|(place, _)| get(bits, *place));
        Ok(wanted
            .map(|(_, (stamp, id))| (stamp, AlertId::from_bytes(*id)))
            .collect())
    }
}

/// Removes the file of a page. It is no more than space, so that whoever cannot remove it goes on.
pub(super) fn remove(state: &Dir<'_>, number: u32) {
    let name = file_name(number);
    if let Err(error) = state.host().unlink(state.at(&name)) {
        tracing::debug!(%error, name, "a page of the book is left");
    }
}

/// Whether the bit at `place` is set.
pub(super) fn get(bits: &Bits, place: usize) -> bool {
    bits[place / WORD_BITS] >> (place % WORD_BITS) & 1 == 1
}

/// Sets or clears the bit at `place`.
pub(super) fn set(bits: &mut Bits, place: usize, to: bool) {
    let bit = 1 << (place % WORD_BITS);
    match to {
        true => bits[place / WORD_BITS] |= bit,
        false => bits[place / WORD_BITS] &= !bit,
    }
}

fn file_name(number: u32) -> String {
    format!("open-{number:05}")
}

fn digest(bytes: &[u8]) -> String {
    let digest = Sha256::digest(bytes);
    digest.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// A book that was not saved may have left a file of this number: nothing tells of it.
fn create(state: &Dir<'_>, number: u32, bytes: &[u8]) -> Result<(), Failure> {
    let name = file_name(number);
    let new = || File::create_new(state.host(), state.at(&name));
    let file = match new() {
        Err(error) if error.errno == Errno::Exists => {
            state
                .host()
                .unlink(state.at(&name))
                .map_err(|error| Failure::of_host("remove", &name, &error))?;
            new()
        }
        other => other,
    };
    let written = file.and_then(|file| file.append(bytes));
    written.map_err(|error| Failure::of_host("write", &name, &error))
}
