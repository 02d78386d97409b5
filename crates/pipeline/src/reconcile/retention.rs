//! Retention: what came long ago is removed, a bounded part of it in each pass ([`spool::retention`]).
//!
//! It is asked for by days; the book knows how all of a day's entries ended, and holds a day back as long as one of them waits,
//! or ended not long ago.

use super::book::Book;
use super::days::DAY_MS;
use super::open::Paging;
use crate::cache;
use crate::failure::Failure;
use crate::reconciled::Reconciled;
use crate::retained::{Retained, RetentionSettings};
use crate::settings::{STATE, Settings};
use crate::time::elapsed_ms;
use host::{Dir, Millis};
use spool::ledger::NewCase;
use spool::retention::{Beside, PrunePosition, Pruner, Removed};
use spool::{Spool, SpoolError};
use std::time::Duration;

const FILE: &str = "retention.json";
const FILE_BYTES_MAX: usize = 64 * 1024;

/// What retention remembers from one pass to the next.
#[derive(Default)]
pub(super) struct Retention {
    /// Loaded anew after a failure.
    position: Option<PrunePosition>,
}

/// What retention takes in one pass.
pub(super) struct Parts<'a, 'h> {
    /// The queue.
    pub(super) spool: &'a Spool<'h>,
    /// Where the position is kept.
    pub(super) dir: &'a Dir<'h>,
    /// What is too old, and how far a pass goes.
    pub(super) settings: &'a RetentionSettings,
    /// By how many seconds our clock is ahead of the indexer's, as far as that is known.
    pub(super) ahead_s: i64,
    /// Removes what another stage made of a case.
    pub(super) remove_pack: RemovePack,
}

/// Removes the escalation pack of a case that is about to go, if it has one. May be called again for the same case.
pub(crate) type RemovePack = fn(&Spool<'_>, &NewCase<'_>) -> Result<(), SpoolError>;

impl Retention {
    /// Removes what is too old, as far as a pass may go. Removing goes on also if nothing is asked for any more: what was
    /// announced is counted as gone.
    pub(super) fn run(
        &mut self,
        parts: &Parts<'_, '_>,
        book: &Book,
        gives: &mut Option<Retained>,
    ) -> Result<(), Failure> {
        let cut = parts.settings.cases_older_than.and_then(|older_than| {
            let now = parts.spool.host().now();
            // A clock that is wrong must not make things old. The indexer's is the later one's judge.
            let ahead_ms = parts.ahead_s.max(0).saturating_mul(1_000);
            book.cut(limit(Millis(now.0.saturating_sub(ahead_ms)), older_than))
        });
        if cut.is_none() && book.days.pruned().before == 0 {
            return Ok(());
        }
        let mut position = match self.position.take() {
            Some(position) => position,
            None => load(parts.dir)?,
        };
        let mut removed = Removed::default();
        let mut pruned = book.days.pruned().clone();
        if cut.is_some() || !position.is_done(&pruned) {
            let mut pruner = Pruner::open(parts.spool)?;
            if let Some((before, gone)) = cut {
                pruner.announce(before, gone)?;
            }
            let mut beside = Packs {
                spool: parts.spool,
                book,
                remove_pack: parts.remove_pack,
            };
            removed = pruner.remove(&mut position, parts.settings.cases_max, &mut beside)?;
            pruned = pruner.pruned().clone();
            cache::save(parts.dir, FILE, &position)?;
        }
        *gives = Some(Retained {
            before: millis(pruned.before),
            cases: pruned.gone.cases(),
            quarantined: pruned.gone.quarantined,
            removed: removed.cases + removed.quarantined,
            is_done: position.is_done(&pruned),
        });
        self.position = Some(position);
        Ok(())
    }
}

/// What [`crate::prune`] does; `remove_pack` as in [`Parts`].
pub(crate) fn prune(
    spool: &Spool<'_>,
    older_than: Duration,
    is_dry: bool,
    remove_pack: RemovePack,
    each: &mut dyn FnMut(Removed),
) -> Result<Pruning, Failure> {
    let failed = |error| Failure::of_host("open", STATE, &error);
    let dir = Dir::open_or_make(spool.host(), spool.root().at(STATE)).map_err(failed)?;
    let mut book = Book::load(&dir)?;
    book.check_ledger(spool)?;
    let paging = Paging {
        state: &dir,
        near_max: Settings::default().near_max,
    };
    super::fold(spool, paging, &mut book, &mut Reconciled::default())?;
    let known = book.days.pruned().clone();
    let asked = limit(spool.host().now(), older_than) / DAY_MS * DAY_MS;
    let (before, gone) = book.cut(asked).unwrap_or((known.before, known.gone));
    let mut done = Pruning {
        before: millis(before.max(known.before)),
        asked: millis(asked),
        cases: gone.cases().saturating_sub(known.gone.cases()),
        quarantined: gone.quarantined.saturating_sub(known.gone.quarantined),
        removed: Removed::default(),
    };
    if is_dry {
        return Ok(done);
    }
    let mut pruner = Pruner::open(spool)?;
    pruner.announce(before, gone)?;
    let mut position = load(&dir)?;
    let mut beside = Packs {
        spool,
        book: &book,
        remove_pack,
    };
    while !position.is_done(pruner.pruned()) {
        let removed = pruner.remove(&mut position, AT_ONCE, &mut beside)?;
        cache::save(&dir, FILE, &position)?;
        done.removed.add(removed);
        each(done.removed);
        if 0 < removed.held {
            break;
        }
    }
    Ok(done)
}

/// What [`crate::prune`] removed, or would remove.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Pruning {
    /// What was published before this goes.
    pub before: Millis,
    /// What was asked for: later than `before` if days are held back, because something that came then waits, or became a case
    /// not so long ago.
    pub asked: Millis,
    /// Cases that go now and were not announced before.
    pub cases: u64,
    /// Quarantined files likewise.
    pub quarantined: u64,
    /// What was removed, with what was announced before and still stood.
    pub removed: Removed,
}

/// After so many cases, [`crate::prune`] makes durable what it did.
const AT_ONCE: u64 = 5_000;

fn millis(at: u64) -> Millis {
    Millis(i64::try_from(at).unwrap_or(i64::MAX))
}

/// The first millisecond that is not older than `older_than` at `now`.
fn limit(now: Millis, older_than: Duration) -> u64 {
    let older_than = u64::try_from(older_than.as_millis()).unwrap_or(u64::MAX);
    elapsed_ms(Millis(0), now).saturating_sub(older_than)
}

/// The escalation packs of cases, which go before their cases do.
struct Packs<'a, 'h> {
    spool: &'a Spool<'h>,
    book: &'a Book,
    remove_pack: RemovePack,
}

impl Beside for Packs<'_, '_> {
    fn remove(&mut self, case: &NewCase<'_>) -> Result<(), SpoolError> {
        (self.remove_pack)(self.spool, case)
    }

    fn is_read(&self, writer: &str, number: u32) -> bool {
        self.book.is_past(writer, number)
    }
}

fn load(dir: &Dir<'_>) -> Result<PrunePosition, Failure> {
    let instead = "what is old is walked again";
    let position = cache::load(dir, FILE, FILE_BYTES_MAX, instead)?;
    Ok(position.unwrap_or_default())
}
