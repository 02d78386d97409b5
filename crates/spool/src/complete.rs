//! Completing a claim: every entry becomes a case, goes to quarantine, or goes back.
//!
//! # Why in this order
//! 1. **Draft**: read and judge each entry; write its case aside; write down the plan. Group commit: from here on, whatever
//!    is lost, the staged cases and the plan are not.
//! 2. **Move**: each alert's file into its staged case, that into its place; bad entries into quarantine. Group commit: from
//!    here on the cases are durable.
//! 3. **Record**: one ledger record a bucket, synced. It never runs ahead of what a power loss leaves (contract S11).
//! 4. **Remove**: the plan, dropped duplicates, empty buckets. Nothing is removed before its record is durable (S12).
//!
//! A crash between any two calls repeats work and never a case: [`crate::recover`] finishes staged cases that hold their
//! alert, records what the plan names and the disk shows, and returns the rest.

use crate::bucket::{self, GivenBack, ignore_vanished};
use crate::case::{CaseFile, CasePlace};
use crate::error::{Context, SpoolError};
use crate::judge::Judge;
use crate::ledger::{Quarantined, Record};
use crate::name::{BucketName, EntryName};
use crate::plan::Plan;
use crate::quarantine;
use crate::record::NewCases;
use crate::spool::PathBuffer;
use crate::staging::{Placed, Staging, ensure_shelf};
use crate::worker::{Claim, Worker, may_be_file};
use alert::{Alert, Disposition, PAYLOAD_BYTES_MAX};
use host::{Class, File, Kind};

/// What became of a claim's entries.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Completion {
    /// Names that the listings returned.
    pub seen: u64,
    /// New cases.
    pub cased: u64,
    /// Of them, those of each disposition, in the order of [`Disposition::ALL`].
    pub judged: [u64; 4],
    /// Set aside with a reason.
    pub quarantined: u64,
    /// Copies of an id that has a case, or of an entry that stands in quarantine; dropped.
    pub duplicates: u64,
    /// Removed by somebody outside while they were claimed.
    pub vanished: u64,
    /// Held by somebody: pending again.
    pub held: u64,
}

/// An entry whose case is written aside.
#[derive(Clone)]
pub(crate) struct Draft {
    entry: EntryName,
    staged: String,
    place: CasePlace,
    disposition: Disposition,
}

/// A claim whose entries are judged, and whose cases are written aside.
#[must_use = "a claim is finished, or stays claimed until the worker is swept"]
pub struct Drafted {
    works: Vec<Work>,
    plan: Plan,
    done: Completion,
}

impl Drafted {
    /// Names that the listings returned.
    pub fn seen(&self) -> u64 {
        self.done.seen
    }

    /// Alerts that were judged.
    pub fn judged(&self) -> u64 {
        let drafts = self.works.iter().map(|work| work.drafts.len() as u64);
        drafts.sum()
    }
}

/// What happens to one bucket of the claim.
struct Work {
    bucket: BucketName,
    drafts: Vec<Draft>,
    bad: Vec<Quarantined>,
    duplicates: Vec<(EntryName, String)>,
    cased: NewCases,
    quarantined: Vec<Quarantined>,
    /// Second names of what stands in quarantine.
    copies: Vec<EntryName>,
    vanished: Vec<EntryName>,
}

/// What reading an entry came to.
enum Reading {
    Payload,
    Bad(String),
    Vanished,
    Held,
}

impl Worker<'_> {
    /// Judges every entry of the claim and makes its case.
    ///
    /// When it returns, what it counts as cased or quarantined is durable and recorded; what was held is pending again. If
    /// the process dies at any call, every entry is in exactly one place and none is cased twice.
    ///
    /// Errs if the machine is out of something, broken, or this worker was declared dead. The worker must then be dropped
    /// and opened again; nothing is lost.
    pub fn complete(
        &mut self,
        claim: Claim,
        judge: &mut dyn Judge,
    ) -> Result<Completion, SpoolError> {
        let drafted = self.draft_all(claim, judge)?;
        self.finish(drafted)
    }

    /// The first half of [`Worker::complete`]: reads and judges every entry of the claim, and writes its case aside.
    pub fn draft_all(
        &mut self,
        claim: Claim,
        judge: &mut dyn Judge,
    ) -> Result<Drafted, SpoolError> {
        let mut done = Completion::default();
        judge.policy().clone_into(&mut self.policy);
        let mut plan = Plan::new(self.claims, &self.policy);
        self.claims += 1;
        let mut works = Vec::with_capacity(claim.buckets.len());
        for bucket in &claim.buckets {
            works.push(self.draft(*bucket, judge, &mut plan, &mut done)?);
        }
        Ok(Drafted { works, plan, done })
    }

    /// The second half: makes the cases durable, moves them into place, records them, and removes what is done with.
    pub fn finish(&mut self, drafted: Drafted) -> Result<Completion, SpoolError> {
        let Drafted {
            mut works,
            plan,
            mut done,
        } = drafted;
        if !plan.is_empty() {
            plan.write(self.spool, &self.home)?;
            self.spool.group_commit()?;
            for work in &mut works {
                self.move_all(work, &mut done)?;
            }
            self.spool.group_commit()?;
        }
        self.record(&works)?;
        self.remove(works, &plan)?;
        Ok(done)
    }

    /// Gives a claim back untouched.
    pub fn release(&mut self, claim: Claim) -> Result<(), SpoolError> {
        for bucket in claim.buckets {
            self.give_back(bucket)?;
        }
        Ok(())
    }

    fn draft(
        &mut self,
        bucket: BucketName,
        judge: &mut dyn Judge,
        plan: &mut Plan,
        done: &mut Completion,
    ) -> Result<Work, SpoolError> {
        let mut work = Work::new(bucket);
        let Some(content) = bucket::list(self.spool, &self.home, bucket, &mut self.names)? else {
            self.check_fence()?;
            return Ok(work);
        };
        for stray in &content.strays {
            quarantine::set_stray_aside(self.spool, &self.home, bucket, stray)?;
        }
        done.seen += content.entries.len() as u64;
        let (mut payload, mut details) = (Vec::new(), Vec::new());
        for (entry, kind) in content.entries {
            let mut reading = self.read(bucket, entry, kind, &mut payload)?;
            if let Reading::Payload = reading {
                match Alert::parse(&payload) {
                    Err(bad) => reading = Reading::Bad(bad.to_string()),
                    Ok(alert) => {
                        let place = CasePlace::new(entry.id(), &alert);
                        details.clear();
                        let disposition = judge.judge(&alert, &mut details);
                        let file = CaseFile::new(entry, disposition, &payload, &details);
                        let draft = Draft {
                            entry,
                            staged: place.staged(),
                            place,
                            disposition,
                        };
                        ensure_shelf(self.spool, &mut self.shelves, place)?;
                        if self.staging().write(&draft.staged, &file)? {
                            plan.add_case(bucket, entry, &draft.staged, disposition);
                            work.drafts.push(draft);
                        } else {
                            // The same id twice in one claim: the second meets the first one's case next time.
                            done.held += 1;
                        }
                    }
                }
            }
            match reading {
                Reading::Payload => {}
                Reading::Bad(reason) => {
                    plan.add_quarantine(bucket, entry);
                    work.bad.push(Quarantined { entry, reason });
                }
                Reading::Vanished => work.vanished.push(entry),
                Reading::Held => done.held += 1,
            }
        }
        done.vanished += work.vanished.len() as u64;
        Ok(work)
    }

    fn read(
        &self,
        bucket: BucketName,
        entry: EntryName,
        kind: Kind,
        payload: &mut Vec<u8>,
    ) -> Result<Reading, SpoolError> {
        if !may_be_file(kind) {
            return Ok(Reading::Bad("not a regular file".to_owned()));
        }
        payload.clear();
        let mut path = PathBuffer::default();
        let at = self.home.at(path.join(&[bucket.as_ref(), entry.as_ref()]));
        let read = File::open_read(self.spool.host, at)
            .and_then(|file| file.read_to(0, payload, PAYLOAD_BYTES_MAX + 1));
        let Err(error) = read else {
            return Ok(Reading::Payload);
        };
        match error.class() {
            Class::Vanished => self.check_fence().map(|()| Reading::Vanished),
            Class::Contended => Ok(Reading::Held),
            Class::Poison => Ok(Reading::Bad(format!("cannot be read: {error}"))),
            Class::Resource | Class::Fault => Err(error).context("read", entry),
        }
    }

    fn move_all(&mut self, work: &mut Work, done: &mut Completion) -> Result<(), SpoolError> {
        for draft in std::mem::take(&mut work.drafts) {
            match self.move_alert(work.bucket, &draft)? {
                Placed::Cased => {
                    done.cased += 1;
                    done.judged[draft.disposition as usize] += 1;
                    work.add_case(&draft);
                }
                Placed::Duplicate => {
                    done.duplicates += 1;
                    work.duplicates.push((draft.entry, draft.staged));
                }
                Placed::Held => done.held += 1,
                Placed::Vanished => {
                    done.vanished += 1;
                    work.vanished.push(draft.entry);
                }
            }
        }
        for bad in std::mem::take(&mut work.bad) {
            match quarantine::set_aside(self.spool, &self.home, work.bucket, &bad)? {
                quarantine::Outcome::SetAside => {
                    done.quarantined += 1;
                    work.quarantined.push(bad);
                }
                quarantine::Outcome::Copy => {
                    done.duplicates += 1;
                    work.copies.push(bad.entry);
                    work.quarantined.push(bad);
                }
                quarantine::Outcome::Vanished => {
                    done.vanished += 1;
                    work.vanished.push(bad.entry);
                }
                quarantine::Outcome::Held => done.held += 1,
            }
        }
        Ok(())
    }

    fn move_alert(&mut self, bucket: BucketName, draft: &Draft) -> Result<Placed, SpoolError> {
        let staging = Staging {
            spool: self.spool,
            home: &self.home,
        };
        let mut path = PathBuffer::default();
        let from = path.join(&[bucket.as_ref(), draft.entry.as_ref()]);
        if let Err(error) = staging.take_alert(from, &draft.staged) {
            let outcome = match error.class() {
                Class::Vanished => self.check_fence().map(|()| Placed::Vanished)?,
                Class::Contended | Class::Poison => Placed::Held,
                Class::Resource | Class::Fault => return Err(error).context("move", draft.entry),
            };
            staging.discard(&draft.staged)?;
            return Ok(outcome);
        }
        let placed = staging.place(&draft.staged, draft.place)?;
        if placed == Placed::Vanished {
            self.check_fence()?;
        }
        if placed == Placed::Held {
            if staging.return_alert(&draft.staged, from) {
                staging.discard(&draft.staged)?;
            } else {
                self.unplaced.push((bucket, draft.clone()));
            }
        }
        Ok(placed)
    }

    /// Tries once more what somebody's hold kept from being done: giving buckets back, and placing cases that have their
    /// alert.
    pub(crate) fn place_unplaced(&mut self) -> Result<(), SpoolError> {
        for bucket in std::mem::take(&mut self.retained) {
            self.give_back(bucket)?;
        }
        let mut works = Vec::new();
        for (bucket, draft) in std::mem::take(&mut self.unplaced) {
            let mut work = Work::new(bucket);
            match self.staging().place(&draft.staged, draft.place)? {
                Placed::Cased => work.add_case(&draft),
                Placed::Duplicate => work.duplicates.push((draft.entry, draft.staged)),
                Placed::Vanished => work.vanished.push(draft.entry),
                Placed::Held => self.unplaced.push((bucket, draft)),
            }
            works.push(work);
        }
        if works.iter().any(Work::has_outcome) {
            self.spool.group_commit()?;
            self.record(&works)?;
        }
        for (_, staged) in works.iter().flat_map(|work| &work.duplicates) {
            self.staging().discard_duplicate(staged)?;
        }
        Ok(())
    }

    fn record(&mut self, works: &[Work]) -> Result<(), SpoolError> {
        let mut is_recorded = false;
        for work in works.iter().filter(|work| work.has_outcome()) {
            self.ledger.append(&Record::Completed {
                bucket: work.bucket,
                cased: work.cased.entries.clone(),
                dispositions: work.cased.dispositions.clone(),
                shelves: work.cased.shelves.clone(),
                policy: self.policy.clone(),
                quarantined: work.quarantined.clone(),
                duplicates: work.duplicates.iter().map(|(entry, _)| *entry).collect(),
                vanished: work.vanished.clone(),
            })?;
            is_recorded = true;
        }
        if is_recorded {
            self.ledger.sync()
        } else {
            Ok(())
        }
    }

    fn remove(&mut self, works: Vec<Work>, plan: &Plan) -> Result<(), SpoolError> {
        // As long as a case waits to be placed its plan is needed: nothing else tells which claim it came from.
        if !plan.is_empty() && self.unplaced.is_empty() {
            let at = self.home.at(plan.name());
            ignore_vanished(self.spool.host.unlink(at)).context("remove", plan.name())?;
        }
        for work in works {
            for (_, staged) in &work.duplicates {
                self.staging().discard_duplicate(staged)?;
            }
            for entry in &work.copies {
                bucket::drop_entry(self.spool, &self.home, work.bucket, *entry)?;
            }
            self.give_back(work.bucket)?;
        }
        Ok(())
    }

    fn give_back(&mut self, bucket: BucketName) -> Result<(), SpoolError> {
        let given = bucket::give_back(self.spool, &self.home, bucket, &mut self.names)?;
        if given != GivenBack::Removed {
            self.pass_by(bucket);
        }
        if given == GivenBack::Held {
            self.retained.push(bucket);
        }
        Ok(())
    }

    fn staging(&self) -> Staging<'_, '_> {
        Staging {
            spool: self.spool,
            home: &self.home,
        }
    }
}

impl Work {
    fn new(bucket: BucketName) -> Self {
        Work {
            bucket,
            drafts: Vec::new(),
            bad: Vec::new(),
            duplicates: Vec::new(),
            cased: NewCases::default(),
            quarantined: Vec::new(),
            copies: Vec::new(),
            vanished: Vec::new(),
        }
    }

    fn add_case(&mut self, draft: &Draft) {
        let shelf = draft.place.shelf();
        self.cased.push(draft.entry, draft.disposition, shelf);
    }

    fn has_outcome(&self) -> bool {
        !(self.cased.entries.is_empty()
            && self.quarantined.is_empty()
            && self.duplicates.is_empty()
            && self.vanished.is_empty())
    }
}
