//! Stages 3 and 4, claim by claim: triage judges and writes aside, cases puts into place and records.

use crate::failure::Failure;
use crate::overflow;
use crate::stage::{Counts, Ran, Stage};
use crate::time::elapsed_ms;
use crate::triage::PolicyJudge;
use crate::witness::{Activity, Nobody, Outcome, Witness, witnessed};
use host::{Millis, Stop};
use policy::{Policy, Stats};
use spool::{Claimed, Completion, Spool, SpoolError, Worker};

/// Works on the claims of a pass, and says what each worker did. One worker is `&mut |job| vec![job.drain("w1")]`.
pub type Hands<'a> = dyn FnMut(&Job<'_, '_>) -> Vec<Drained> + 'a;

/// The work of a pass: everything that a worker needs. Workers side by side each have a spool of their own.
#[derive(Clone, Copy)]
pub struct Job<'a, 'h> {
    /// The queue.
    pub spool: &'a Spool<'h>,
    /// What judges.
    pub policy: &'a Policy,
    /// No claim is begun after this time.
    pub until: Millis,
    /// No claim is begun after this says so.
    pub stop: Option<&'a dyn Stop>,
    witness: &'a dyn Witness,
}

/// What one worker did in one pass.
pub struct Drained {
    /// Stage 3: entries seen, judged, and bad.
    pub triage: Counts,
    /// Time spent in it, in milliseconds.
    pub triage_ms: u64,
    /// Stage 4: cases to be made, made, and not made.
    pub cases: Counts,
    /// Time spent in it, in milliseconds.
    pub cases_ms: u64,
    /// What became of the entries, all claims together.
    pub completion: Completion,
    /// What the policy's signatures did.
    pub stats: Stats,
    /// Why stage 3 ended early.
    pub triage_failure: Option<Failure>,
    /// Why stage 4 ended early.
    pub cases_failure: Option<Failure>,
}

impl<'a, 'h> Job<'a, 'h> {
    /// The work on a spool that ends at `until`.
    pub fn new(spool: &'a Spool<'h>, policy: &'a Policy, until: Millis) -> Self {
        Job {
            spool,
            policy,
            until,
            stop: None,
            witness: &Nobody,
        }
    }

    /// The same work, that ends between two claims once `stop` says so.
    pub fn stopped_by(self, stop: Option<&'a dyn Stop>) -> Self {
        Job { stop, ..self }
    }

    /// The same work, followed by `witness`.
    pub fn witnessed_by(self, witness: &'a dyn Witness) -> Self {
        Job { witness, ..self }
    }

    /// Works as `worker` until nothing is pending or parked, the time is over, or the word to stop comes.
    ///
    /// The name is this worker's for as long as it works: a second one of that name fails. What was claimed and not
    /// finished when it fails is pending again when the next worker of that name, or the next publisher, opens.
    pub fn drain(&self, worker: &str) -> Drained {
        let mut drained = Drained::new(self.policy);
        match spool::depth(self.spool) {
            // A worker that opens begins a segment of the ledger: not for nothing.
            Ok(depth) if depth.buckets == 0 => return drained,
            Ok(_) => {}
            Err(error) => {
                drained.triage_failure = Some(error.into());
                return drained;
            }
        }
        let mut judge = PolicyJudge::new(self.policy, self.spool.host().now());
        let open = || Worker::open(self.spool, worker);
        match witnessed(self.witness, Activity::Recover, open, |_| {
            Outcome::default()
        }) {
            Ok(mut worker) => self.work(&mut worker, &mut judge, &mut drained),
            Err(error) => drained.triage_failure = Some(error.into()),
        }
        drained.stats = judge.stats;
        drained
    }

    /// Empties what is pending, brings back what is parked, and so on until neither gives any more.
    fn work(&self, worker: &mut Worker<'_>, judge: &mut PolicyJudge<'_>, drained: &mut Drained) {
        loop {
            self.witness.begin(Activity::Work);
            let mut outcome = Outcome::default();
            let result = self.empty_pending(worker, judge, drained, &mut outcome);
            if let Err(Cut(_, error)) = &result {
                outcome.error = Some(error);
            }
            outcome.is_empty = matches!(result, Ok(true));
            self.witness.end(Activity::Work, outcome);
            match result {
                Ok(true) => {}
                Ok(false) => return,
                Err(Cut(Stage::Cases, error)) => {
                    drained.cases_failure = Some(error.into());
                    return;
                }
                Err(Cut(_, error)) => {
                    drained.triage_failure = Some(error.into());
                    return;
                }
            }
            match overflow::readmit(self.spool, self.witness) {
                Ok(back) if 0 < back.moved_buckets => {}
                Ok(_) => return,
                Err(error) => {
                    drained.triage_failure = Some(error.into());
                    return;
                }
            }
        }
    }

    /// Completes claims until nothing is left to claim: true. False if the time is over before that.
    fn empty_pending(
        &self,
        worker: &mut Worker<'_>,
        judge: &mut PolicyJudge<'_>,
        drained: &mut Drained,
        outcome: &mut Outcome<'_>,
    ) -> Result<bool, Cut> {
        let in_triage = |error| Cut(Stage::Triage, error);
        let host = self.spool.host();
        loop {
            let began = host.now();
            if self.until < began || self.stop.is_some_and(Stop::is_told) {
                return Ok(false);
            }
            judge.set_time(began);
            let Claimed::Buckets(claim) = worker.claim().map_err(in_triage)? else {
                return Ok(true);
            };
            let draft = worker.draft_all(claim, judge).map_err(in_triage)?;
            let drafted = host.now();
            drained.triage_ms += elapsed_ms(began, drafted);
            drained.triage.taken += draft.seen();
            drained.triage.given += draft.judged();
            drained.cases.taken += draft.judged();
            let done = worker
                .finish(draft)
                .map_err(|error| Cut(Stage::Cases, error))?;
            drained.cases_ms += elapsed_ms(drafted, host.now());
            outcome.add(&done);
            drained.add(done);
        }
    }
}

/// Where work was cut short, and by what.
struct Cut(Stage, SpoolError);

impl Drained {
    /// What a worker did that could not even begin.
    pub fn failed(policy: &Policy, failure: Failure) -> Self {
        Drained {
            triage_failure: Some(failure),
            ..Drained::new(policy)
        }
    }

    fn new(policy: &Policy) -> Self {
        Drained {
            triage: Counts::default(),
            triage_ms: 0,
            cases: Counts::default(),
            cases_ms: 0,
            completion: Completion::default(),
            stats: Stats::new(policy),
            triage_failure: None,
            cases_failure: None,
        }
    }

    fn add(&mut self, done: Completion) {
        self.triage.errors += done.quarantined;
        self.cases.given += done.cased;
        self.cases.errors += done.vanished + done.held;
        self.completion.add(&done);
    }
}

/// Stage 3, and with it stage 4: has all hands work until nothing is left or the time is over. Gives what each worker did.
pub(crate) fn triage(job: &Job<'_, '_>, hands: &mut Hands<'_>) -> Ran<Vec<Drained>> {
    Ran::noting(|counts, gives| {
        *gives = hands(job);
        let mut failure = None;
        for drained in gives {
            counts.add(drained.triage);
            failure = failure.or(drained.triage_failure.take());
        }
        failure.map_or(Ok(()), Err)
    })
}

/// Stage 4's account of what it did while stage 3 ran.
pub(crate) fn cases(all: &mut [Drained]) -> Ran<()> {
    Ran::noting(|counts, ()| {
        let mut failure = None;
        for drained in all {
            counts.add(drained.cases);
            failure = failure.or(drained.cases_failure.take());
        }
        failure.map_or(Ok(()), Err)
    })
}
