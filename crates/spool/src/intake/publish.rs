//! The publisher: the one process that adds alerts, gives out names, and recovers what its predecessors left.
//!
//! # Why in this order
//! 1. Write each bucket in `tmp/`. Group commit: its bytes are durable.
//! 2. Append the ledger's `published` record, then rename the bucket into `pending/`. Group commit: acknowledged.
//!
//! A crash before the record leaves a bucket in `tmp/` that nobody was told of: it is dropped, and the source still has its
//! alerts. A crash after the record leaves a whole bucket: recovery publishes it. A power loss may keep the rename and lose
//! the record: recovery writes it again from the bucket's names, wherever the bucket is by then; what became of its alerts
//! already stands in the workers' records. So `fold(ledger)` is the truth after every recovery.

use crate::buckets::bucket;
use crate::buckets::claims::next_life;
use crate::buckets::survey;
use crate::intake::unrecorded::Left;
use crate::layout::{BucketName, Context, EntryName, PathBuffer, Shed, Spool, SpoolError, Stamp};
use crate::ledger::{self, LedgerWriter, PUBLISHER, Record};
use crate::ledger::{Seen, Tail};
use crate::recovery::{self, Recovery};
use alert::AlertId;
use host::{File, Lock, Millis, Names};
use std::collections::BTreeSet;

/// An alert to be published.
#[derive(Clone, Copy, Debug)]
pub struct Incoming<'a> {
    /// Its identity.
    pub id: AlertId,
    /// Its bytes, which become the entry's.
    pub payload: &'a [u8],
    /// Where its source has it; `None` if it has no source that would give it again under another name.
    pub document: Option<Document<'a>>,
    /// When its source says that it happened: where the source is to be asked for it again. `None` if it has no such source.
    pub time: Option<Millis>,
}

/// Where a source has an alert. It may have one in several places.
#[derive(Clone, Copy, Debug)]
pub struct Document<'a> {
    /// The index that holds it.
    pub index: &'a str,
    /// Its id there.
    pub id: &'a str,
    /// Whether its alert may have come longer ago than the publisher remembers. Then the ledger names it in any case, and
    /// otherwise only if the alert is remembered.
    pub is_late: bool,
}

/// What [`Publisher::publish`] did. Durable when it is returned.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Published {
    /// Alerts that are pending now, or were already further, or will be as soon as the program that holds their bucket lets it
    /// go.
    pub published: u64,
    /// Alerts that were published before: left out.
    pub duplicates: u64,
    /// Buckets.
    pub buckets: u64,
}

/// A bucket that is written and not visible.
struct Written {
    bucket: BucketName,
    entries: Vec<EntryName>,
    /// The first and last time of its alerts.
    times: Option<(Millis, Millis)>,
}

/// How far ahead of the clock names are reserved in the ledger: a publisher that publishes all the time writes that down
/// once a second, and one that is started again and again gives out names that are ahead by no more than this.
const RESERVED_MS: u64 = 1_000;

/// The right to publish. One process at a time has it.
pub struct Publisher<'h> {
    pub(crate) spool: &'h Spool<'h>,
    pub(crate) ledger: LedgerWriter<'h>,
    /// The last stamp that was given out.
    pub(crate) last: Stamp,
    /// Stamps before this millisecond may be given out: the ledger says so, durably.
    names_before: u64,
    pub(crate) names: Names,
    /// The alerts that were published last; read from the ledger when it is asked for the first time.
    seen: Option<Seen>,
    recovery: Recovery,
    pub(crate) left: Left,
    is_poisoned: bool,
    _lock: Lock<'h>,
}

impl<'h> Publisher<'h> {
    /// Takes the spool's lock, and recovers: returns the claims of dead workers, publishes what was recorded, drops what was
    /// not, and records what was visible without a record.
    ///
    /// Errs with [`SpoolError::Held`] while another publisher lives. Ends in a number of calls that depends on live buckets
    /// and on the publisher's newest ledger segment, not on the backlog (contract L6) nor on the ledger's age (S20); may be cut short at any call and run again.
    pub fn open(spool: &'h Spool<'h>) -> Result<Self, SpoolError> {
        let lock = spool.lock("LOCK")?;
        let mut names = Names::default();
        ledger::seal_older(&spool.ledger, &mut names)?;
        let mut ledger = next_life(spool, PUBLISHER, &mut names)?;
        let recovery = recovery::sweep(spool, &mut ledger)?;
        let oldest = oldest_in_tmp(spool, &mut names)?;
        let tail = Tail::read(spool, oldest, &mut names)?;
        let mut publisher = Publisher {
            spool,
            ledger,
            last: tail.last,
            names_before: 0,
            names,
            seen: None,
            recovery,
            left: Left {
                has_claims: 0 < recovery.held,
                ..Left::default()
            },
            is_poisoned: false,
            _lock: lock,
        };
        publisher.finish_tmp(&tail.buckets)?;
        publisher.record_unrecorded(tail.last)?;
        // A name that a power loss took from disk and ledger may still be known to somebody: leave all behind that may have
        // been given out, whatever the clock says now.
        publisher.last = publisher
            .last
            .end_of_millis()
            .max(Stamp::before(tail.names_before));
        spool.group_commit()?;
        Ok(publisher)
    }

    /// What opening found to recover.
    pub fn recovery(&self) -> Recovery {
        self.recovery
    }

    /// Publishes `batch`, leaving out alerts that were published before, as far as the publisher remembers
    /// ([`crate::SpoolOptions::seen_max`]); a duplicate that is older meets its first case later. The ledger names the
    /// documents of those that were, or may have been.
    ///
    /// When it returns, every alert of the batch is durable: the caller may move its cursor. On an error before anything
    /// was visible, nothing of the batch is; otherwise [`SpoolError::Poisoned`] asks for a new publisher, and publishing the
    /// same batch again is right in both cases.
    pub fn publish(&mut self, batch: &[Incoming<'_>]) -> Result<Published, SpoolError> {
        let (mut ids, mut fresh, mut repeats) = (BTreeSet::new(), Vec::new(), Vec::new());
        let seen = self.seen()?;
        for alert in batch {
            let is_fresh = !seen.contains(alert.id) && ids.insert(alert.id);
            if is_fresh {
                fresh.push(alert);
            }
            let named = alert.document.filter(|one| one.is_late || !is_fresh);
            repeats.extend(named.map(|document| (alert.id, document)));
        }
        self.note_repeats(&repeats)?;
        self.publish_all(batch.len(), &fresh)
    }

    /// Whether an alert was published, as far as the publisher remembers. Errs if it cannot read back what it remembers.
    pub fn remembers(&mut self, id: AlertId) -> Result<bool, SpoolError> {
        Ok(self.seen()?.contains(id))
    }

    /// Names in the ledger more documents of alerts that are known. Durable when it returns.
    pub fn note_repeats(&mut self, repeats: &[(AlertId, Document<'_>)]) -> Result<(), SpoolError> {
        if repeats.is_empty() {
            return Ok(());
        }
        self.check_poison()?;
        let name = |(alert, document): &(AlertId, Document<'_>)| {
            let Document { index, id, .. } = *document;
            (*alert, index.to_owned(), id.to_owned())
        };
        self.poisoning(|publisher| {
            for some in repeats.chunks(publisher.spool.options.bucket_entries() as usize) {
                let documents = some.iter().map(name).collect();
                publisher.ledger.append(&Record::Repeated { documents })?;
            }
            publisher.spool.group_commit()
        })
    }

    /// Publishes alerts whose files somebody removed, as the audit found: the same ids once more.
    ///
    /// An alert that turns up after all meets the other copy's case.
    pub fn restore(&mut self, vanished: &[Incoming<'_>]) -> Result<Published, SpoolError> {
        let all: Vec<_> = vanished.iter().collect();
        self.publish_all(vanished.len(), &all)
    }

    fn publish_all(
        &mut self,
        offered: usize,
        fresh: &[&Incoming<'_>],
    ) -> Result<Published, SpoolError> {
        self.check_poison()?;
        let mut done = Published {
            published: fresh.len() as u64,
            duplicates: (offered - fresh.len()) as u64,
            buckets: 0,
        };
        if fresh.is_empty() {
            return Ok(done);
        }
        let mut written = Vec::new();
        if let Err(error) = self.write_all(fresh, &mut written) {
            // Best effort: what cannot be removed now is dropped later.
            for Written { bucket, .. } in written {
                let tmp = &self.spool.tmp;
                let dropped = bucket::drop_unpublished(self.spool, tmp, bucket, &mut self.names);
                if !matches!(dropped, Ok(true)) {
                    self.left.note(bucket, false);
                }
            }
            return Err(error);
        }
        done.buckets = written.len() as u64;
        self.poisoning(|publisher| publisher.reveal(written))?;
        Ok(done)
    }

    fn write_all(
        &mut self,
        fresh: &[&Incoming<'_>],
        written: &mut Vec<Written>,
    ) -> Result<(), SpoolError> {
        let mut path = PathBuffer::default();
        for alerts in fresh.chunks(self.spool.options.bucket_entries() as usize) {
            let (bucket, first) = self.next_bucket(alerts.len())?;
            let times = alerts.iter().filter_map(|alert| alert.time);
            let entries = (0..).zip(alerts);
            let entries = entries.map(|(at, alert)| EntryName::new(first.offset(at), alert.id));
            written.push(Written {
                bucket,
                entries: entries.collect(),
                times: times.clone().min().zip(times.max()),
            });
            let entries = &written.last().expect("one was pushed").entries;
            self.spool
                .host
                .mkdir(self.spool.tmp.at(&bucket))
                .context("make", bucket)?;
            for (entry, alert) in entries.iter().zip(alerts) {
                let at = self
                    .spool
                    .tmp
                    .at(path.join(&[bucket.as_ref(), entry.as_ref()]));
                let file = File::create_new(self.spool.host, at).context("create", entry)?;
                file.append(alert.payload).context("write", entry)?;
            }
        }
        self.spool.group_commit()
    }

    /// Makes written buckets visible.
    fn reveal(&mut self, written: Vec<Written>) -> Result<(), SpoolError> {
        for Written {
            bucket,
            entries,
            times,
        } in written
        {
            self.remember(&entries);
            self.ledger.append(&Record::Published {
                bucket,
                entries,
                origins: Vec::new(),
                times: times.map(|(from, to)| (from.0, to.0)),
            })?;
            if !self.show(&self.spool.tmp, bucket, bucket)? {
                self.left.note(bucket, true);
            }
        }
        self.spool.group_commit()
    }

    /// The next bucket's name and the stamp of its first entry, which no later publisher gives out again (contract S14).
    pub(crate) fn next_bucket(
        &mut self,
        entries: usize,
    ) -> Result<(BucketName, Stamp), SpoolError> {
        let count = u32::try_from(entries).expect("a bucket's entries fit its name");
        let first = self.last.next(self.spool.host.now(), count);
        if self.names_before <= first.millis {
            let names_before = first.millis + RESERVED_MS;
            self.poisoning(|publisher| publisher.ledger.reserve(names_before))?;
            self.names_before = names_before;
        }
        self.last = first.offset(count.saturating_sub(1));
        Ok((BucketName::new(first, count), first))
    }

    /// The alerts that were published last. What a worker has in hand stands in its plan until its record is written, so
    /// plans are read before records.
    fn seen(&mut self) -> Result<&mut Seen, SpoolError> {
        if self.seen.is_none() {
            let mut seen = Seen::new(self.spool.options.seen_max);
            for step in recovery::all_planned(self.spool, &mut self.names)? {
                seen.extend(&[step.entry]);
            }
            seen.read_ledger(self.spool, &mut self.names)?;
            self.seen = Some(seen);
        }
        Ok(self.seen.as_mut().expect("it was just read"))
    }

    /// Remembers entries that are published now.
    pub(crate) fn remember(&mut self, entries: &[EntryName]) {
        // What is not read yet will have their record.
        if let Some(seen) = &mut self.seen {
            seen.extend(entries);
        }
    }

    pub(crate) fn check_poison(&self) -> Result<(), SpoolError> {
        if self.is_poisoned {
            Err(SpoolError::Poisoned)
        } else {
            Ok(())
        }
    }

    /// Runs a step after which, if it fails, only a new publisher can tell what happened.
    pub(crate) fn poisoning<T>(
        &mut self,
        step: impl FnOnce(&mut Self) -> Result<T, SpoolError>,
    ) -> Result<T, SpoolError> {
        let result = step(self);
        self.is_poisoned = result.is_err();
        result
    }
}

/// The first stamp of the oldest bucket in `tmp/`, where a publisher's predecessor may have left some.
fn oldest_in_tmp(spool: &Spool<'_>, names: &mut Names) -> Result<Option<Stamp>, SpoolError> {
    let left = survey(&spool.tmp, names, Shed::Oldest, 1, |_| false)?;
    Ok(left.chosen.first().map(BucketName::first))
}
