//! Stage 6: the ledger against the disk, alert by alert, at a cost that depends on what happened since the last pass and on
//! the backlog, not on the number of cases.
//!
//! 1. **Fold**: read the records since last time ([`spool::follow`], which checks the hash chain), and add them to what is
//!    known: totals, and the alerts that were published and have no end yet.
//! 2. **Look**: every new case stands where its record says; every alert without an end is pending, parked or claimed. With
//!    a deep backlog the latter waits for its hour ([`crate::Settings::look_every`]).
//! 3. **Fetch again**: an alert without an end that stands nowhere was removed by somebody outside. The indexer is asked for
//!    it by its identity, and what it has is published again. What it no longer has is lost, and named in every report.
//!
//! The equation is `published = cased + duplicates + quarantined + vanished + queue`, with the queue counted on disk.
//! `foundry audit` reads everything instead; this stage falls back to reading the whole ledger when its own notes do not fit.

pub(crate) mod book;
mod look;

use crate::failure::Failure;
use crate::pass::Pass;
use crate::pipeline::Pipeline;
use crate::poll;
use alert::AlertId;
use book::Book;
use host::Millis;
use indexer::Patience;
use spool::{LedgerPosition, SpoolError};
use std::collections::BTreeSet;

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

/// Reconciles, and fetches again what vanished.
pub(crate) fn run(pipeline: &mut Pipeline<'_>, pass: &mut Pass<'_>) -> Result<(), Failure> {
    pass.depth = Some(spool::depth(pipeline.spool)?);
    let mut book = match pipeline.book.take() {
        Some(book) => book,
        None => Book::load(&pipeline.state)?,
    };
    let mut found = Reconciled::default();
    let new_cases = fold(pipeline, &mut book, &mut found)?;
    let (mut restored, mut saved) = (Ok(0), Ok(()));
    if book.is_look_due(pipeline.host.now(), &pipeline.settings) {
        book.note_missing(pipeline.spool, &mut found)?;
        let now = pipeline.host.now();
        book.looked_ms = now.0;
        // An indexer that has just failed is not asked again by the same pass: it would only wait again.
        if book.is_restore_due(now) && !pipeline.allowance.is_zero() {
            restored = restore(pipeline, &mut book);
            book.restored_ms = now.0;
        }
        // It is a cache: what was found is told also if there is no space for it.
        saved = book.save(&pipeline.state);
    } else {
        // Not saved: a new process folds again what was recorded since the last look.
        found.queue = book.open();
    }
    found.restored = *restored.as_ref().unwrap_or(&0);
    book.tell(&mut found);
    pass.counts.taken = new_cases;
    pass.counts.given = new_cases.saturating_sub(found.case_missing.len() as u64);
    pass.counts.errors = found.mismatches();
    pipeline.memory.ledger_heads = book.position.heads();
    pipeline.book = Some(book);
    pass.reconciled = Some(found);
    restored.and(saved)
}

/// Brings the book up to the ledger's end and looks for each new case. Returns how many there were.
fn fold(pipeline: &Pipeline<'_>, book: &mut Book, found: &mut Reconciled) -> Result<u64, Failure> {
    match look::fold_new(pipeline.spool, book, found) {
        // After a power loss the ledger may end before the book does. From its beginning, it is its own proof.
        Err(SpoolError::BrokenLedger { .. }) if book.position != LedgerPosition::default() => {
            tracing::warn!("the ledger is read again from its beginning");
            *book = std::mem::take(book).anew();
            *found = Reconciled::default();
            Ok(look::fold_new(pipeline.spool, book, found)?)
        }
        other => Ok(other?),
    }
}

/// Asks the indexer for what vanished and publishes it again. Returns how many alerts came back.
fn restore(pipeline: &mut Pipeline<'_>, book: &mut Book) -> Result<u64, Failure> {
    if book.vanished.is_empty() || pipeline.poller.is_none() {
        return Ok(0);
    }
    // A case may stand before its record does. Whoever has one has not vanished, and is not published again (S5).
    let mut wanted = BTreeSet::new();
    for id in &book.vanished {
        if spool::cases::find(pipeline.spool, *id)?.is_none() {
            wanted.insert(*id);
        }
    }
    book.vanished.clone_from(&wanted);
    let ranges = look::times_of(pipeline.spool, &wanted)?;
    pipeline.publisher()?;
    let (Some(publisher), Some(poller)) = (&mut pipeline.publisher, &mut pipeline.poller) else {
        return Ok(0);
    };
    poller.grant(Patience::new(
        pipeline.host,
        pipeline.allowance,
        pipeline.stop,
    ));
    let (mut back, witness) = (BTreeSet::new(), pipeline.witness);
    let mut result = Ok(());
    for (from, to) in ranges {
        let asked = poller.find(&wanted, from, Millis(to.0.saturating_add(1)), &mut |hits| {
            poll::restore(publisher, witness, hits)?;
            back.extend(hits.iter().map(|hit| hit.alert));
            Ok(())
        });
        if let Err(error) = asked {
            result = Err(error);
            break;
        }
    }
    // What came back is on its way again, also if the rest could not be asked for.
    book.vanished.retain(|id| !back.contains(id));
    match result {
        Ok(()) => {
            book.lost.append(&mut book.vanished);
            Ok(back.len() as u64)
        }
        Err(error) => {
            if !poll::is_of_indexer(&error) {
                pipeline.publisher = None;
                pipeline.poller = None;
            }
            Err(error.into())
        }
    }
}
