//! Stage 6: the ledger against the disk, alert by alert, at a cost that depends on what happened since the last pass and on
//! the backlog, not on the number of cases.
//!
//! 1. **Fold**: read the records since last time ([`spool::follow`], which checks the hash chain), and add them to what is
//!    known: totals, and the alerts that were published and have no end yet.
//! 2. **Look**: every new case stands where its record says; every alert without an end is pending, parked or claimed. With
//!    a deep backlog the latter waits for its hour ([`crate::Settings::look_every`]).
//! 3. **Fetch again**: an alert without an end that stands nowhere was removed by somebody outside. The indexer is asked for
//!    it by its identity, and what it has is published again. What it no longer has is lost, named in every report, and asked
//!    for again each hour: an index may be closed for a while.
//!
//! 4. **Take back** ([`aside`]): a file that was set aside because its writer was not done may be whole by now.
//! 5. **Scrub** ([`scrub`]): a little of what is finished is looked at again, byte by byte.
//! 6. **Retention** ([`retention`]): what came long ago is removed.
//!
//! The equation is `published = cased + duplicates + quarantined + vanished + queue`, with the queue counted on disk.
//! `foundry audit` reads everything instead; this stage falls back to reading the whole ledger when its own notes do not fit.

mod aside;
mod book;
mod days;
mod last_day;
mod look;
mod open;
mod page;
mod ranges;
mod retention;
mod scrub;

pub use retention::Pruning;
pub(crate) use retention::{RemovePack, prune};

use crate::failure::Failure;
use crate::reconciled::Reconciled;
use crate::retained::{Retained, RetentionSettings};
use crate::scrubbed::{ScrubSettings, Scrubbed};
use crate::source::Again;
use crate::stage::{Counts, Ran};
use alert::AlertId;
use book::Book;
use host::Dir;
use open::Paging;
use ranges::Group;
use spool::{Depth, LedgerPosition, Spool, SpoolError};
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

/// What stage 6 remembers from one pass to the next.
#[derive(Default)]
pub(crate) struct Reconcile {
    /// Loaded anew after a failure.
    book: Option<Book>,
    scrub: scrub::Scrub,
    retention: retention::Retention,
}

/// What stage 6 gives.
#[derive(Default)]
pub(crate) struct Reconciliation {
    /// How deep the queue is; `None` if that could not be seen.
    pub(crate) depth: Option<Depth>,
    /// What was found; `None` if the stage could not finish.
    pub(crate) found: Option<Reconciled>,
    /// The chain's head of each writer of the ledger; `None` likewise.
    pub(crate) ledger_heads: Option<BTreeMap<String, String>>,
    /// How the scrub stands; `None` if there is none, or its state could not be read.
    pub(crate) scrubbed: Option<Scrubbed>,
    /// What retention has removed; `None` if nothing ever was, or that could not be seen.
    pub(crate) retained: Option<Retained>,
}

/// What stage 6 takes in one pass.
pub(crate) struct Parts<'a, 'h> {
    /// The queue.
    pub(crate) spool: &'a Spool<'h>,
    /// Where the book is kept.
    pub(crate) state: &'a Dir<'h>,
    /// A way to take in again what vanished, and what was set aside.
    pub(crate) again: Again<'a, 'h>,
    /// How often a deep queue is looked at.
    pub(crate) look_every: Duration,
    /// How many entries on their way are kept in memory.
    pub(crate) near_max: usize,
    /// How far the scrub goes.
    pub(crate) scrub: &'a ScrubSettings,
    /// What is too old to be kept.
    pub(crate) retention: &'a RetentionSettings,
    /// By how many seconds our clock is ahead of the indexer's, as far as that is known.
    pub(crate) ahead_s: i64,
    /// Removes what another stage made of a case that is too old.
    pub(crate) remove_pack: RemovePack,
}

impl Reconcile {
    /// Errs, of the kind [`crate::FailureKind::Data`], if the ledger is gone, or is an older one than this pipeline has read:
    /// then nothing should be written. Costs a look at one line of each writer.
    pub(crate) fn check_ledger(
        &mut self,
        spool: &Spool<'_>,
        state: &Dir<'_>,
    ) -> Result<(), Failure> {
        if self.book.is_none() {
            self.book = Some(Book::load(state)?);
        }
        self.book
            .as_ref()
            .map_or(Ok(()), |book| book.check_ledger(spool))
    }

    /// Reconciles, and fetches again what vanished.
    pub(crate) fn run(&mut self, parts: Parts<'_, '_>) -> Ran<Reconciliation> {
        let (spool, dir, settings) = (parts.spool, parts.state, parts.scrub);
        let retention = retention::Parts {
            spool,
            dir,
            settings: parts.retention,
            ahead_s: parts.ahead_s,
            remove_pack: parts.remove_pack,
        };
        Ran::noting(|counts, gives| {
            let reconciled = self.reconcile(parts, counts, gives);
            let kept = gives.found.as_ref().zip(self.book.as_ref());
            let scrub = scrub::Parts {
                spool,
                dir,
                settings,
                before: self.book.as_ref().map_or(0, Book::kept_from),
                cases: kept.map_or(0, |(found, book)| found.cases() - book.pruned_cases()),
            };
            let scrubbed = self.scrub.run(&scrub, &mut gives.scrubbed);
            // Only who knows how everything ended can say what may go.
            let retained = match &self.book {
                Some(book) if reconciled.is_ok() => {
                    self.retention.run(&retention, book, &mut gives.retained)
                }
                _ => Ok(()),
            };
            reconciled.and(scrubbed).and(retained)
        })
    }

    fn reconcile(
        &mut self,
        parts: Parts<'_, '_>,
        counts: &mut Counts,
        gives: &mut Reconciliation,
    ) -> Result<(), Failure> {
        let Parts {
            spool,
            state,
            mut again,
            look_every,
            near_max,
            ..
        } = parts;
        let paging = Paging { state, near_max };
        gives.depth = Some(spool::depth(spool)?);
        let mut book = match self.book.take() {
            Some(book) => book,
            None => Book::load(state)?,
        };
        let mut found = Reconciled::default();
        let new_cases = fold(spool, paging, &mut book, &mut found)?;
        let (mut restored, mut saved) = (Ok(0), Ok(()));
        let taken_back = book.aside.take_back(spool, &mut again);
        if book.is_look_due(spool.host().now(), look_every) {
            book.note_missing(spool, paging, &mut found)?;
            let now = spool.host().now();
            book.looked_ms = now.0;
            // What cannot be asked for now is due again in the next pass, not in an hour.
            if book.is_restore_due(now) && again.can_fetch() {
                restored = restore(spool, &mut again, &mut book);
                book.restored_ms = now.0;
            }
            // It is a cache: what was found is told also if there is no space for it.
            saved = book.save(spool, state);
        } else {
            // Mostly not saved: a new process folds again what was recorded since the last look.
            found.queue = book.open();
            if book.is_save_due() {
                saved = book.save(spool, state);
            }
        }
        found.restored = *restored.as_ref().unwrap_or(&0);
        book.tell(&mut found, spool.host().now());
        counts.taken = new_cases;
        counts.given = new_cases.saturating_sub(found.case_missing.len() as u64);
        counts.errors = found.mismatches();
        gives.ledger_heads = Some(book.position.heads());
        gives.found = Some(found);
        self.book = Some(book);
        taken_back.and(restored).and(saved)
    }
}

/// Brings the book up to the ledger's end and looks for each new case. Returns how many there were.
fn fold(
    spool: &Spool<'_>,
    paging: Paging<'_, '_>,
    book: &mut Book,
    found: &mut Reconciled,
) -> Result<u64, Failure> {
    // An earlier version kept all of it in memory.
    book.bound(paging);
    match look::fold_new(spool, paging, book, found) {
        // After a power loss the ledger may end before the book does. From its beginning, it is its own proof.
        Err(SpoolError::BrokenLedger { .. }) if book.position != LedgerPosition::default() => {
            tracing::warn!("the ledger is read again from its beginning");
            *book = std::mem::take(book).anew();
            *found = Reconciled::default();
            Ok(look::fold_new(spool, paging, book, found)?)
        }
        other => Ok(other?),
    }
}

/// Asks the indexer for what vanished and publishes it again, range of time by range, as far as its time goes. Returns how
/// many alerts came back. What is not reached costs nothing.
fn restore(spool: &Spool<'_>, again: &mut Again<'_, '_>, book: &mut Book) -> Result<u64, Failure> {
    let mut count = 0;
    let now = spool.host().now();
    let sought = book.wanted(now);
    for Group { times, alerts } in book.ranges().groups(&sought) {
        // A case may stand before its record does. Whoever has one has not vanished, and is not published again (S5).
        let standing = spool::cases::standing(spool, &alerts)?;
        let is_wanted = |id: &&AlertId| !standing.contains(*id);
        let wanted: BTreeSet<_> = alerts.keys().filter(is_wanted).copied().collect();
        let mut back = BTreeSet::new();
        let fetched = match times {
            Some(times) if !wanted.is_empty() => again.fetch(&wanted, times, &mut back),
            // Alerts that no source has, or none.
            _ => Ok(()),
        };
        count += back.len() as u64;
        // What came back is on its way again, also if the rest could not be asked for.
        for id in standing.iter().chain(&back) {
            book.regain(id);
        }
        fetched?;
        for id in &wanted - &back {
            book.lose(id, now);
        }
    }
    Ok(count)
}
