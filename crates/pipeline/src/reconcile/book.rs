//! What reconcile knows from one pass to the next.

use super::aside::Aside;
use super::days::{Column, Days};
use super::last_day::Hours;
use super::open::{Open, Paging};
use super::ranges::Ranges;
use crate::failure::{Failure, FailureKind};
use crate::reconciled::Reconciled;
use crate::time::is_due;
use alert::{AlertId, Disposition};
use host::{Dir, Millis};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use spool::ledger::{Record, Tally};
use spool::{EntryName, LedgerPosition, Live, Spool, follow, live};
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

/// Up to so many alerts on their way are looked for on disk in every pass.
const LOOK_ALWAYS_MAX: u64 = 10_000;

/// The fold of the ledger up to a position.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Book {
    pub(super) position: LedgerPosition,
    /// How much of the ledger no power loss can have taken back: whatever is missing of it, somebody took away.
    #[serde(default)]
    proven: LedgerPosition,
    /// The position that was saved last.
    #[serde(skip)]
    saved: LedgerPosition,
    /// When the disk was looked at last, in milliseconds since 1970.
    pub(super) looked_ms: i64,
    /// When vanished alerts were asked for last, in milliseconds since 1970.
    pub(super) restored_ms: i64,
    /// Everything that was ever counted, by day.
    pub(super) days: Days,
    /// Entries that were published and have no end yet.
    open: Open,
    /// Alerts whose files somebody removed, to be fetched again.
    #[serde(with = "ids")]
    pub(super) vanished: BTreeSet<AlertId>,
    /// Alerts that were to be fetched again and that the indexer does not have. It may have them again: an index that is closed
    /// is opened, or restored from a snapshot.
    #[serde(with = "ids")]
    pub(super) lost: BTreeSet<AlertId>,
    /// When lost alerts were asked for last, in milliseconds since 1970.
    #[serde(default)]
    pub(super) sought_ms: i64,
    /// Where to ask for what vanishes. `None` in the book of an earlier version, which is made anew.
    ranges: Option<Ranges>,
    /// What became of the newest alerts.
    #[serde(default)]
    hours: Hours,
    /// What was set aside not long ago.
    #[serde(default)]
    pub(super) aside: Aside,
    /// Alerts that ended in quarantine since this process has the book.
    #[serde(skip)]
    set_aside: BTreeSet<AlertId>,
}

/// What a look at the disk found.
struct Seen {
    /// Entries without an end that stand nowhere.
    missing: BTreeSet<EntryName>,
    /// Entries that stand somewhere, and the ledger does not know them as on their way.
    unrecorded: BTreeSet<EntryName>,
}

impl Seen {
    fn is_as_recorded(&self) -> bool {
        self.missing.is_empty() && self.unrecorded.is_empty()
    }
}

/// How an entry ended.
#[derive(Clone, Copy)]
pub(super) enum End {
    Cased(Disposition),
    Duplicate,
    Quarantined,
    Vanished,
}

/// Ends without a beginning so far, with their times: recovery may record an end before it records the beginning that a power
/// loss took.
pub(super) type Early = BTreeMap<EntryName, (End, i64)>;

/// What is read of the book of an earlier version, which had no days: what no ledger tells of.
#[derive(Deserialize)]
struct Former {
    /// Only those had it.
    #[serde(rename = "published")]
    _published: u64,
    #[serde(with = "ids")]
    lost: BTreeSet<AlertId>,
}

/// How long vanished alerts wait at most to be asked for.
const RESTORE_EVERY_MS: u64 = 10 * 60 * 1_000;
/// How often the indexer is asked again for what it did not have.
const SEEK_EVERY_MS: u64 = 3_600 * 1_000;

pub(super) const FILE: &str = "reconcile.json";
/// A book of before there were pages holds 63 bytes for each entry that is on its way.
const FILE_BYTES_MAX: usize = 1 << 30;

impl Former {
    /// The book before the first record, if these bytes are one of an earlier version.
    fn read(bytes: &[u8]) -> Option<Book> {
        let former: Former = serde_json::from_slice(bytes).ok()?;
        Some(Book {
            lost: former.lost,
            ..Book::default()
        })
    }
}

fn damaged(error: &serde_json::Error) -> Failure {
    Failure {
        kind: FailureKind::Data,
        message: format!(
            "state/{FILE} is damaged: {error}; remove it, and the ledger is read anew"
        ),
    }
}

impl Book {
    pub(super) fn load(state: &Dir<'_>) -> Result<Self, Failure> {
        let read = state.read_file(FILE, FILE_BYTES_MAX);
        let bytes = read.map_err(|error| Failure::of_host("read", FILE, &error))?;
        let Some(bytes) = bytes else {
            return Ok(Book::default());
        };
        let book: Book = match serde_json::from_slice(&bytes) {
            Ok(book) => book,
            Err(error) => return Former::read(&bytes).ok_or_else(|| damaged(&error)),
        };
        if book.ranges.is_none() {
            return Ok(book.anew());
        }
        Ok(Book {
            saved: book.position.clone(),
            ..book
        })
    }

    /// Errs unless the ledger is the one that this book was made of, as far as a power loss cannot have taken it back.
    pub(super) fn check_ledger(&self, spool: &Spool<'_>) -> Result<(), Failure> {
        let checked = self.proven.check(spool);
        let checked = checked.and_then(|()| self.position.check_segments(spool, &self.proven));
        checked.map_err(|error| {
            let failure = Failure::from(error);
            match failure.kind {
                FailureKind::Data => Failure {
                    message: format!(
                        "the ledger is not the one that state/{FILE} remembers: {}. Nothing was written. Put the ledger back \
                         from the newest copy; to go on without what is missing, move state/{FILE} away, and \
                         `foundry audit` names each case without a record",
                        failure.message
                    ),
                    ..failure
                },
                _ => failure,
            }
        })
    }

    /// Saves the book. What it has read of the ledger is made durable before, because it must never know more than a power
    /// loss leaves (contract S11).
    pub(super) fn save(&mut self, spool: &Spool<'_>, state: &Dir<'_>) -> Result<(), Failure> {
        let before = self.proven.clone();
        // Pages are not durable by themselves, and come with what was read of the ledger.
        if self.position != self.saved || self.open.is_changed() {
            let synced = spool.host().sync_all(spool.root().id());
            synced.map_err(|error| Failure::of_host("make durable", "the ledger", &error))?;
            self.proven = self.position.proven(&self.saved, &self.proven);
        }
        let ranges = self.ranges.get_or_insert_default();
        ranges.forget(&self.open, &[&self.vanished, &self.lost]);
        let bytes = serde_json::to_vec(self).expect("its keys are strings");
        match state.replace(FILE, &bytes) {
            Ok(()) => {
                self.saved = self.position.clone();
                self.open.note_saved(state);
                Ok(())
            }
            Err(error) => {
                // What is proven is what the next process will find there.
                self.proven = before;
                Err(Failure::of_host("write", FILE, &error))
            }
        }
    }

    /// Whether the writer's segment `number` lies before all that this book, or the one that was saved, still asks for.
    pub(super) fn is_past(&self, writer: &str, number: u32) -> bool {
        let all = [&self.proven, &self.saved, &self.position];
        all.iter().all(|position| position.is_past(writer, number))
    }

    /// The first millisecond of stamps that retention keeps.
    pub(super) fn kept_from(&self) -> u64 {
        self.days.pruned().before
    }

    /// Cases that retention has removed, or is removing.
    pub(super) fn pruned_cases(&self) -> u64 {
        self.days.pruned().gone.cases()
    }

    /// What is to be announced so that what ended after `limit` is kept, in milliseconds since 1970: from which millisecond of
    /// stamps on, and the counts of all that came before it. `None` if nothing is older.
    pub(super) fn cut(&self, limit: u64) -> Option<(u64, Tally)> {
        let open = self.open.first().map(|stamp| stamp.millis);
        self.days.cut(limit, open)
    }

    /// Keeps in memory no more of the entries without an end than it may. If there is no space for the others, they stay there:
    /// that is told when the book cannot be saved.
    pub(super) fn bound(&mut self, paging: Paging<'_, '_>) {
        if let Err(failure) = self.open.bound(paging) {
            tracing::debug!(%failure, "the book stays in memory");
        }
    }

    /// Whether the book that was saved knows nothing of pages of this one.
    pub(super) fn is_save_due(&self) -> bool {
        self.open.is_changed()
    }

    /// The book before the first record. What was lost stays so: no ledger tells of it.
    pub(super) fn anew(self) -> Self {
        Book {
            lost: self.lost,
            open: self.open.anew(),
            ..Book::default()
        }
    }

    /// Whether it is time to look at every name of the queue.
    pub(super) fn is_look_due(&self, now: Millis, look_every: Duration) -> bool {
        let every_ms = u64::try_from(look_every.as_millis()).unwrap_or(u64::MAX);
        self.open() <= LOOK_ALWAYS_MAX || is_due(Millis(self.looked_ms), now, every_ms)
    }

    /// Whether it is time to ask for what vanished. While others are on their way it may wait a little: those that vanish
    /// meanwhile are asked for together with it.
    pub(super) fn is_restore_due(&self, now: Millis) -> bool {
        let is_idle =
            self.open.is_empty() || is_due(Millis(self.restored_ms), now, RESTORE_EVERY_MS);
        is_idle && (!self.vanished.is_empty() || self.is_seek_due(now))
    }

    /// Whether it is time to ask for what is lost.
    fn is_seek_due(&self, now: Millis) -> bool {
        !self.lost.is_empty() && is_due(Millis(self.sought_ms), now, SEEK_EVERY_MS)
    }

    /// What the indexer is to be asked for now.
    pub(super) fn wanted(&mut self, now: Millis) -> BTreeSet<AlertId> {
        if !self.is_seek_due(now) {
            return self.vanished.clone();
        }
        self.sought_ms = now.0;
        &self.vanished | &self.lost
    }

    /// The indexer does not have this alert.
    pub(super) fn lose(&mut self, id: AlertId, now: Millis) {
        self.vanished.remove(&id);
        if self.lost.is_empty() {
            self.sought_ms = now.0;
        }
        self.lost.insert(id);
    }

    /// This alert has its case, or is on its way again.
    pub(super) fn regain(&mut self, id: &AlertId) {
        self.vanished.remove(id);
        self.lost.remove(id);
    }

    /// Entries without an end.
    pub(super) fn open(&self) -> u64 {
        self.open.len() as u64
    }

    /// Adds one record. `early` holds ends that came before their beginnings, for as long as one fold lasts.
    pub(super) fn add(&mut self, record: &Record, early: &mut Early) {
        match record {
            Record::Opened { .. } | Record::Life { .. } | Record::Repeated { .. } => {}
            Record::Pruned(pruned) => self.days.prune(pruned),
            Record::Published {
                bucket,
                entries,
                times,
                ..
            } => {
                self.ranges().publish(*bucket, *times);
                for entry in entries {
                    self.begin(*entry, early);
                }
            }
            Record::Completed {
                at,
                quarantined,
                duplicates,
                vanished,
                ..
            } => {
                for case in record.new_cases() {
                    self.end(case.entry, (End::Cased(case.disposition), *at), early);
                }
                for bad in quarantined {
                    self.end(bad.entry, (End::Quarantined, *at), early);
                }
                for entry in duplicates {
                    self.end(*entry, (End::Duplicate, *at), early);
                }
                for entry in vanished {
                    self.end(*entry, (End::Vanished, *at), early);
                }
            }
        }
    }

    fn begin(&mut self, entry: EntryName, early: &mut Early) {
        if self.days.is_pruned(entry) {
            return;
        }
        self.regain(&entry.id());
        if let Some((end, at)) = early.remove(&entry) {
            self.days.count(entry.stamp(), Column::Published);
            self.count(entry, end, at);
        } else if self.open.insert(&entry) {
            self.days.count(entry.stamp(), Column::Published);
        }
    }

    /// After a power loss an end may be recorded again: the first counts.
    fn end(&mut self, entry: EntryName, (end, at): (End, i64), early: &mut Early) {
        if self.days.is_pruned(entry) {
            return;
        }
        if self.open.remove(&entry) {
            self.count(entry, end, at);
        } else {
            early.insert(entry, (end, at));
        }
    }

    /// Where the indexer is to be asked for alerts that vanished.
    pub(super) fn ranges(&mut self) -> &mut Ranges {
        self.ranges.get_or_insert_default()
    }

    fn count(&mut self, entry: EntryName, end: End, at: i64) {
        let column = match end {
            End::Cased(disposition) => Column::Cased(disposition as usize),
            End::Duplicate => Column::Duplicates,
            End::Quarantined => Column::Quarantined,
            End::Vanished => Column::Vanished,
        };
        self.days.count(entry.stamp(), column);
        self.days.end(entry.stamp(), at);
        match end {
            End::Cased(_) | End::Duplicate => {}
            End::Quarantined => {
                self.set_aside.insert(entry.id());
                self.aside.add(entry);
            }
            End::Vanished => {
                self.vanished.insert(entry.id());
                self.ranges().vanish(entry);
                return;
            }
        }
        let is_good = !matches!(end, End::Quarantined);
        self.hours.count(entry.stamp(), is_good);
    }

    /// Holds what has no end against what is on its way on disk. What stands nowhere is noted as vanished.
    pub(super) fn note_missing(
        &mut self,
        spool: &Spool<'_>,
        paging: Paging<'_, '_>,
        found: &mut Reconciled,
    ) -> Result<(), Failure> {
        self.open.gather(paging)?;
        let mut seen = self.look(spool, paging.state)?;
        if !seen.is_as_recorded() {
            // Somebody may be at work, and what moves can be missed: only what is so twice is so.
            let (position, mut early) = (self.position.clone(), Early::new());
            self.position = follow(spool, &position, &mut |record| {
                self.add(&record, &mut early);
                self.bound(paging);
            })?;
            let again = self.look(spool, paging.state)?;
            seen.missing.retain(|entry| again.missing.contains(entry));
            seen.unrecorded
                .retain(|entry| again.unrecorded.contains(entry));
        }
        for entry in &seen.missing {
            self.open.remove(entry);
            self.count(*entry, End::Vanished, spool.host().now().0);
        }
        self.spare_returned(paging.state)?;
        found.queue = self.open() + seen.unrecorded.len() as u64;
        found.unrecorded = seen.unrecorded.iter().map(EntryName::id).collect();
        Ok(())
    }

    /// Leaves alone what vanished in one entry and was fetched again in another: a book that was lost, or is older than that,
    /// hears of the second entry before it misses the first.
    fn spare_returned(&mut self, state: &Dir<'_>) -> Result<(), Failure> {
        if self.vanished.is_empty() {
            return Ok(());
        }
        let vanished = &mut self.vanished;
        self.open.ids(state, &mut |id| {
            vanished.remove(&id);
        })?;
        self.vanished.retain(|id| !self.set_aside.contains(id));
        Ok(())
    }

    fn look(&self, spool: &Spool<'_>, state: &Dir<'_>) -> Result<Seen, Failure> {
        let (mut unseen, mut unrecorded) = (self.open.unseen(), BTreeSet::new());
        let mut staged = BTreeSet::new();
        live(spool, &mut |one| match one {
            Live::Entry(entry) => {
                if !self.open.see(&entry, &mut unseen) {
                    unrecorded.insert(entry);
                }
            }
            // It stands elsewhere too, or its record is on its way.
            Live::Planned(entry) => drop(self.open.see(&entry, &mut unseen)),
            Live::Staged(id) => drop(staged.insert(id)),
        })?;
        let mut missing = self.open.names(&unseen, state)?;
        missing.retain(|entry| !staged.contains(&entry.id()));
        Ok(Seen {
            missing,
            unrecorded,
        })
    }

    /// Puts the totals and the lists into what reconcile found.
    pub(super) fn tell(&mut self, found: &mut Reconciled, now: Millis) {
        found.last_day = self.hours.sum(now);
        let total = self.days.total();
        found.published = total.published;
        found.cased = total.cased;
        found.duplicates = total.duplicates;
        found.quarantined = total.quarantined;
        found.vanished = total.vanished;
        found.to_restore = self.vanished.iter().copied().collect();
        found.lost = self.lost.iter().copied().collect();
    }
}

/// Ids as hexadecimal digits.
mod ids {
    use super::*;

    pub(super) fn serialize<S: Serializer>(
        ids: &BTreeSet<AlertId>,
        to: S,
    ) -> Result<S::Ok, S::Error> {
        to.collect_seq(ids.iter().map(ToString::to_string))
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(
        from: D,
    ) -> Result<BTreeSet<AlertId>, D::Error> {
        let texts: Vec<String> = Deserialize::deserialize(from)?;
        let read = |text: &String| {
            AlertId::from_hex(text.as_bytes())
                .ok_or_else(|| serde::de::Error::custom("not the id of an alert"))
        };
        texts.iter().map(read).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_indexer_did_not_have_is_asked_for_again_each_hour_until_it_is_back() {
        let id = AlertId::from_bytes([7; 16]);
        let at = |minutes: i64| Millis(1_775_044_800_000 + minutes * 60_000);
        let mut book = Book {
            vanished: BTreeSet::from([id]),
            ..Book::default()
        };
        assert_eq!(book.wanted(at(0)), BTreeSet::from([id]));
        book.lose(id, at(0));
        assert!(!book.is_restore_due(at(59)));
        for hour in 1..3 {
            assert!(book.is_restore_due(at(60 * hour)), "hour {hour}");
            assert_eq!(book.wanted(at(60 * hour)), BTreeSet::from([id]));
            assert!(!book.is_restore_due(at(60 * hour + 59)));
            book.lose(id, at(60 * hour));
        }
        let mut found = Reconciled::default();
        book.tell(&mut found, at(180));
        assert_eq!((found.lost.len(), found.mismatches()), (1, 1));
        // An index was opened again, or an audit has read it anew.
        book.regain(&id);
        book.tell(&mut found, at(181));
        assert_eq!((found.lost.len(), found.mismatches()), (0, 0));
    }
}
