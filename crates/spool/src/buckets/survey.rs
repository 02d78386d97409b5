//! Looking at a directory of buckets: how much there is, and which buckets are at one end.
//!
//! Nothing that is seen here is believed later: the rename that acts on a name is the check (contract S8).

use crate::layout::{BucketName, Context, Shed, SpoolError, Stamp, read_or_gone};
use host::{Dir, Names};
use std::collections::BTreeMap;

/// What one scan saw.
#[derive(Default, Debug)]
pub(crate) struct Survey {
    /// Entries, by the counts in the buckets' names: an upper bound of what is there.
    pub(crate) entries: u64,
    /// Buckets.
    pub(crate) buckets: u64,
    /// Names that are no bucket's.
    pub(crate) strays: u64,
    /// The buckets at the chosen end, nearest first.
    pub(crate) chosen: Vec<BucketName>,
}

/// Scans `dir` and chooses at most `choose` buckets from `end`, leaving out those that `skip` names.
///
/// Memory is bounded by `choose`, not by the directory (contract S16).
pub(crate) fn survey(
    dir: &Dir<'_>,
    names: &mut Names,
    end: Shed,
    choose: usize,
    skip: impl Fn(Stamp) -> bool,
) -> Result<Survey, SpoolError> {
    let mut found = Survey::default();
    let mut chosen = BTreeMap::new();
    dir.rewind().context("list", "buckets")?;
    while read_or_gone(dir, names).context("list", "buckets")? {
        for entry in names.iter() {
            let Some(bucket) = BucketName::parse(entry.name) else {
                found.strays += 1;
                continue;
            };
            found.entries += u64::from(bucket.count());
            found.buckets += 1;
            if skip(bucket.first()) {
                continue;
            }
            // A scan may return a bucket twice that was renamed meanwhile: its stamp tells.
            chosen.insert(bucket.first(), bucket);
            if choose < chosen.len() {
                match end {
                    Shed::Oldest => drop(chosen.pop_last()),
                    Shed::Newest => drop(chosen.pop_first()),
                }
            }
        }
    }
    found.chosen = match end {
        Shed::Oldest => chosen.into_values().collect(),
        Shed::Newest => chosen.into_values().rev().collect(),
    };
    Ok(found)
}
