//! The cap: at most so many pending entries, whatever else moves meanwhile.
//!
//! # The contract of a cap pass
//! - After it, `cap − one bucket < pending ≤ cap`, unless less was there (S15).
//! - It tolerates any rate of claims and removals by others: each bucket that it tries leaves `pending`, because it was moved
//!   or because it was gone already, so the pass ends within `2·(N − cap)` calls of its kind (L2).
//! - It needs no time, no size and no content of any file: the counts stand in the buckets' names.
//! - It parks whole buckets and loses nothing: a bucket is in `pending` or in `overflow`, through a crash too. It needs no
//!   sync, because either place is right.

use crate::buckets::survey;
use crate::layout::{BucketName, Context, Shed, Spool, SpoolError};
use host::{Class, Dir, Names};
use std::collections::BTreeSet;

/// How many buckets are chosen from one scan: bounds memory to about 32 KiB.
const CHOSEN_MAX: usize = 512;

/// What a cap pass saw and did. Counts are entries, by the buckets' names, unless they say buckets.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct CapPass {
    /// Pending when the pass began.
    pub pending_before: u64,
    /// Pending when it ended.
    pub pending_after: u64,
    /// Buckets that were moved.
    pub moved_buckets: u64,
    /// Entries in them.
    pub moved: u64,
    /// Buckets that somebody else took between the scan and the move.
    pub vanished_buckets: u64,
    /// Buckets that could not be moved because somebody held them.
    pub held_buckets: u64,
}

/// Parks the buckets that are beyond the cap.
///
/// A bucket that somebody holds, or for whose name there is no space, is passed by, and the next one is parked instead. Errs
/// only if a directory cannot be read, or the disk fails. A second pass at the same time is harmless.
pub fn enforce(spool: &Spool<'_>) -> Result<CapPass, SpoolError> {
    let cap = u64::from(spool.options.pending_max);
    let mut names = Names::default();
    let mut held = BTreeSet::new();
    let mut pass = CapPass::default();
    for round in 0.. {
        let is_held = |first| held.contains(&first);
        let seen = survey(
            &spool.pending,
            &mut names,
            spool.options.shed,
            CHOSEN_MAX,
            is_held,
        )?;
        if round == 0 {
            pass.pending_before = seen.entries;
        }
        pass.pending_after = seen.entries;
        let mut left = seen.entries;
        for bucket in seen.chosen {
            if left <= cap {
                break;
            }
            match transfer(spool, bucket, &spool.pending, &spool.overflow)? {
                Transfer::Held => drop(held.insert(bucket.first())),
                outcome => left -= u64::from(pass.count(outcome, bucket)),
            }
        }
        if left == seen.entries {
            break;
        }
    }
    pass.held_buckets = held.len() as u64;
    Ok(pass)
}

/// Brings parked buckets back, oldest first, as long as they fit under the cap.
pub fn readmit(spool: &Spool<'_>) -> Result<CapPass, SpoolError> {
    let cap = u64::from(spool.options.pending_max);
    let mut names = Names::default();
    let pending = survey(&spool.pending, &mut names, Shed::Oldest, 0, |_| false)?.entries;
    let mut pass = CapPass {
        pending_before: pending,
        pending_after: pending,
        ..CapPass::default()
    };
    if !spool.options.readmit || cap <= pending {
        return Ok(pass);
    }
    // No more than this many can fit, unless buckets are smaller than usual; the next pass sees to those.
    let room = (cap - pending).div_ceil(u64::from(spool.options.bucket_entries()));
    let choose = CHOSEN_MAX.min(usize::try_from(room).unwrap_or(CHOSEN_MAX));
    let parked = survey(&spool.overflow, &mut names, Shed::Oldest, choose, |_| false)?;
    for bucket in parked.chosen {
        if cap < pass.pending_after + u64::from(bucket.count()) {
            break;
        }
        let outcome = transfer(spool, bucket, &spool.overflow, &spool.pending)?;
        let left = u64::from(pass.count(outcome, bucket));
        if outcome == Transfer::Moved {
            pass.pending_after += left;
        }
    }
    Ok(pass)
}

/// What became of a bucket that was to be moved.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Transfer {
    Moved,
    Vanished,
    Held,
}

impl CapPass {
    /// Counts an outcome, and says how many entries have left the place.
    fn count(&mut self, outcome: Transfer, bucket: BucketName) -> u32 {
        match outcome {
            Transfer::Moved => {
                self.moved_buckets += 1;
                self.moved += u64::from(bucket.count());
            }
            Transfer::Vanished => self.vanished_buckets += 1,
            Transfer::Held => {
                self.held_buckets += 1;
                return 0;
            }
        }
        bucket.count()
    }
}

fn transfer(
    spool: &Spool<'_>,
    bucket: BucketName,
    from: &Dir<'_>,
    to: &Dir<'_>,
) -> Result<Transfer, SpoolError> {
    let moved = spool
        .host
        .rename_noreplace(from.at(&bucket), to.at(&bucket));
    match moved.map_err(|error| (error.class(), error)) {
        Ok(()) => Ok(Transfer::Moved),
        Err((Class::Vanished, _)) => Ok(Transfer::Vanished),
        // No space for one name, in a full block of a directory's index, says nothing of the next: it is passed by as well.
        Err((Class::Contended | Class::Poison | Class::Resource, _)) => Ok(Transfer::Held),
        Err((Class::Fault, error)) => Err(error).context("move", bucket),
    }
}
