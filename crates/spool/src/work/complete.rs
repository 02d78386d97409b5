//! Completing a claim: every entry becomes a case, goes to quarantine, or goes back.
//!
//! # Why in this order
//! 1. **Draft** ([`crate::work::draft`]): read and judge each entry; write its case aside, as a directory or as a line of a pack;
//!    write down the plan. Group commit: from here on, whatever is lost, the staged cases and the plan are not.
//! 2. **Move**: packs into their places ([`crate::cases::packs`]); each alert's file into its staged case, that into its place; bad
//!    entries into quarantine. Group commit: from here on the cases are durable.
//! 3. **Record**: one ledger record a bucket, synced. It never runs ahead of what a power loss leaves (contract S11).
//! 4. **Remove**: what was packed, the plan, dropped duplicates, empty buckets. Nothing is removed before its record is
//!    durable (S12).
//!
//! A crash between any two calls repeats work and never a case: [`crate::recovery`] finishes staged cases that hold their
//! alert, records what the plan names and the disk shows, and returns the rest.

use crate::buckets::bucket::{self, GivenBack};
use crate::cases::plan::Plan;
use crate::cases::quarantine;
use crate::cases::staging::{self, Placed, Staging};
use crate::layout::{BucketName, Context, PathBuffer, SpoolError, ignore_vanished};
use crate::ledger::Record;
use crate::work::draft::{Draft, Drafting, Work};
use crate::work::judge::Judge;
use crate::work::placing::Clearance;
use crate::work::worker::{Claim, Worker};
use host::Class;
use std::collections::BTreeSet;

/// What became of a claim's entries.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Completion {
    /// Names that the listings returned.
    pub seen: u64,
    /// New cases.
    pub cased: u64,
    /// Of them, those of each disposition, in the order of [`alert::Disposition::ALL`].
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

/// A claim whose entries are judged, and whose cases are written aside.
#[must_use = "a claim is finished, or stays claimed until the worker is swept"]
pub struct Drafted {
    works: Vec<Work>,
    plan: Plan,
}

impl Drafted {
    /// Names that the listings returned.
    pub fn seen(&self) -> u64 {
        self.works.iter().map(|work| work.done.seen).sum()
    }

    /// Alerts that were judged.
    pub fn judged(&self) -> u64 {
        let drafts = self.works.iter().map(Work::judged);
        drafts.sum()
    }
}

impl Completion {
    /// Counts what another claim came to as well.
    pub fn add(&mut self, other: &Completion) {
        self.seen += other.seen;
        self.cased += other.cased;
        for (sum, count) in self.judged.iter_mut().zip(other.judged) {
            *sum += count;
        }
        self.quarantined += other.quarantined;
        self.duplicates += other.duplicates;
        self.vanished += other.vanished;
        self.held += other.held;
    }
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
        judge.policy().clone_into(&mut self.policy);
        let mut plan = Plan::new(self.claims, &self.policy);
        self.claims += 1;
        let mut drafting = Drafting {
            judge,
            plan: &mut plan,
            ids: BTreeSet::new(),
            payload: Vec::new(),
            details: Vec::new(),
        };
        let mut works = Vec::with_capacity(claim.buckets.len());
        for bucket in &claim.buckets {
            works.push(self.draft(*bucket, &mut drafting)?);
        }
        drop(drafting);
        Ok(Drafted { works, plan })
    }

    /// The second half: makes the cases durable, moves them into place, records them, and removes what is done with.
    pub fn finish(&mut self, drafted: Drafted) -> Result<Completion, SpoolError> {
        let Drafted { mut works, plan } = drafted;
        if !plan.is_empty() {
            plan.write(self.spool, &self.home)?;
            for work in &mut works {
                self.confirm_packs(work)?;
            }
            self.spool.group_commit()?;
            for work in &mut works {
                self.place_packs(work)?;
                self.move_all(work)?;
            }
        }
        // The case that a dropped copy met may be another worker's who has not committed yet: this record says it is there.
        if !plan.is_empty() || works.iter().any(|work| !work.dropped.is_empty()) {
            self.spool.group_commit()?;
        }
        self.record(&works)?;
        let mut done = Completion::default();
        for work in &works {
            done.add(&work.done);
        }
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

    fn move_all(&mut self, work: &mut Work) -> Result<(), SpoolError> {
        for draft in std::mem::take(&mut work.drafts) {
            match work.packs.clearance(draft.entry.id()) {
                Clearance::Go => {}
                refused => {
                    self.staging().discard(&draft.staged)?;
                    match refused {
                        Clearance::Superseded => work.drop_duplicate(draft.entry),
                        _ => work.done.held += 1,
                    }
                    continue;
                }
            }
            match self.move_alert(work.bucket, &draft)? {
                placed @ (Placed::Cased | Placed::Completed) => {
                    work.done.cased += 1;
                    work.done.judged[draft.disposition as usize] += 1;
                    self.note_case(work, &draft, placed)?;
                }
                Placed::Duplicate => {
                    work.done.duplicates += 1;
                    work.duplicates.push((draft.entry, draft.staged));
                }
                Placed::Held => work.done.held += 1,
                Placed::Vanished => {
                    work.done.vanished += 1;
                    work.vanished.push(draft.entry);
                }
            }
        }
        for bad in std::mem::take(&mut work.bad) {
            match quarantine::set_aside(self.spool, &self.home, work.bucket, &bad)? {
                quarantine::Outcome::SetAside => {
                    work.done.quarantined += 1;
                    work.quarantined.push(bad);
                }
                quarantine::Outcome::Copy => {
                    work.done.duplicates += 1;
                    work.copies.push(bad.entry);
                    work.quarantined.push(bad);
                }
                quarantine::Outcome::Vanished => {
                    work.done.vanished += 1;
                    work.vanished.push(bad.entry);
                }
                quarantine::Outcome::Held => work.done.held += 1,
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
            if staging.return_alert(&draft.staged, from).is_ok() {
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
                placed @ (Placed::Cased | Placed::Completed) => {
                    self.note_case(&mut work, &draft, placed)?;
                }
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

    /// Notes a case that stands, with the digest of the manifest that stands in it.
    fn note_case(&self, work: &mut Work, draft: &Draft, placed: Placed) -> Result<(), SpoolError> {
        match placed {
            Placed::Completed => {
                let digest = staging::standing_digest(self.spool, &draft.place.path())?;
                work.add_case(draft, &digest);
            }
            _ => work.add_case(draft, &draft.digest),
        }
        Ok(())
    }

    fn record(&mut self, works: &[Work]) -> Result<(), SpoolError> {
        let mut is_recorded = false;
        for work in works.iter().filter(|work| work.has_outcome()) {
            let at = self.spool.host.now().0;
            self.ledger.append(&Record::Completed {
                bucket: work.bucket,
                at,
                cased: work.cased.entries.clone(),
                dispositions: work.cased.dispositions.clone(),
                shelves: work.cased.shelves.clone(),
                digests: work.cased.digests.clone(),
                policy: self.policy.clone(),
                quarantined: work.quarantined.clone(),
                duplicates: work.copies_of_cased(),
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
        // Before the plan, so that what is seen in the bucket until then is known to be planned, and so that a crash leaves
        // nothing that would be claimed again.
        for work in &works {
            bucket::drop_entries(self.spool, &self.home, work.bucket, &work.packs.placed)?;
        }
        // As long as a case waits to be placed its plan is needed: nothing else tells which claim it came from.
        if !plan.is_empty() && self.unplaced.is_empty() {
            let at = self.home.at(plan.name());
            ignore_vanished(self.spool.host.unlink(at)).context("remove", plan.name())?;
        }
        for work in works {
            for (_, staged) in &work.duplicates {
                self.staging().discard_duplicate(staged)?;
            }
            bucket::drop_entries(self.spool, &self.home, work.bucket, &work.copies)?;
            bucket::drop_entries(self.spool, &self.home, work.bucket, &work.dropped)?;
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

    pub(crate) fn staging(&self) -> Staging<'_, '_> {
        Staging {
            spool: self.spool,
            home: &self.home,
        }
    }
}
