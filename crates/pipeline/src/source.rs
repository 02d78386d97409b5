//! Where alerts come from: the one publisher of the queue, and the one reader of the indexer.
//!
//! Both stay open from one pass to the next. After a failure that was not the indexer's own, both are closed, and whoever needs
//! them next begins from what is durable.

use crate::failure::Failure;
use crate::former::Former;
use crate::taker::Taker;
use crate::witness::{Activity, Outcome, Witness, witnessed};
use alert::AlertId;
use host::{DirId, Host, Millis, Stop};
use indexer::{
    Audit, Backfill, Hit, Observations, Patience, PollError, Poller, SecretFile, Step, Transport,
};
use spool::{Inbox, Incoming, Published, Publisher, Spool, SpoolError};
use std::collections::BTreeSet;
use std::time::Duration;

/// Where alerts come from.
pub struct Intake<'h> {
    /// The way to the indexer.
    pub transport: &'h dyn Transport,
    /// User and password.
    pub secret: Secret<'h>,
    /// What to read, and how patiently.
    pub config: indexer::Config,
    /// Where to begin if there is no state yet: alerts before this time are left alone.
    pub start: Millis,
    /// Spreads the waits between attempts.
    pub seed: u64,
}

/// The file that holds `user:password`.
pub struct Secret<'h> {
    /// The machine it is on.
    pub host: &'h dyn Host,
    /// The directory it is in.
    pub dir: DirId,
    /// Its name there.
    pub name: String,
}

/// The publisher and the poller of a pipeline, opened when they are first needed.
pub(crate) struct Source<'h> {
    spool: &'h Spool<'h>,
    intake: Option<Intake<'h>>,
    /// Where the poller keeps its cursor.
    state: DirId,
    pub(crate) witness: &'h dyn Witness,
    pub(crate) stop: Option<&'h dyn Stop>,
    /// What the stages of the present pass may still wait for the indexer.
    allowance: Duration,
    publisher: Option<Publisher<'h>>,
    poller: Option<Poller<'h>>,
    former: Former,
}

/// The open publisher and the open poller: what is read goes into the queue.
pub(crate) struct Feed<'a, 'h> {
    taker: Taker<'a, 'h>,
    poller: &'a mut Poller<'h>,
    patience: Patience<'h>,
    /// What is left for whoever asks next in this pass.
    allowance: &'a mut Duration,
}

/// A way to take in again what vanished from the queue, or was set aside.
pub(crate) struct Again<'a, 'h>(&'a mut Source<'h>);

/// The longest time that a backfill may wait for the indexer, in all.
const BACKFILL_MAX: Duration = Duration::from_secs(30 * 24 * 3_600);

/// Why nothing could be taken in.
pub(crate) struct SourceFailure {
    failure: Failure,
    /// Whether it was the indexer that failed: then queue and cursor are as good as before.
    is_of_indexer: bool,
}

impl<'h> Source<'h> {
    /// A source of which nothing is open yet. The poller keeps its cursor in `state`.
    pub(crate) fn new(
        spool: &'h Spool<'h>,
        intake: Option<Intake<'h>>,
        state: DirId,
        witness: &'h dyn Witness,
    ) -> Self {
        Source {
            spool,
            intake,
            state,
            witness,
            stop: None,
            allowance: Duration::ZERO,
            publisher: None,
            poller: None,
            former: Former::default(),
        }
    }

    /// Begins a pass, whose stages may wait for the indexer for so long, all together.
    pub(crate) fn allow(&mut self, most: Duration) {
        self.allowance = most;
    }

    /// Whether anybody could answer for the indexer.
    pub(crate) fn is_insecure(&self) -> bool {
        let intake = self.intake.as_ref();
        intake.is_some_and(|intake| !intake.transport.is_verified())
    }

    /// Takes in what lies ready in `inbox/`. Opens the publisher (and recovers what a crash left) if it is not open; if it is,
    /// tries again to move on what another program held.
    pub(crate) fn adopt_inbox(&mut self, settle: Duration) -> Result<Inbox, SourceFailure> {
        let witness = self.witness;
        let publisher = self.open_publisher()?;
        if publisher.has_left() {
            let finish = || publisher.finish_left();
            witnessed(witness, Activity::Recover, finish, |_| Outcome::default())?;
        }
        Ok(publisher.adopt_inbox(settle)?)
    }

    /// Reads a range of the indexer's alerts again, and makes durable in the queue what it did not have: how many were read,
    /// and how many were new. `None` without an intake.
    pub(crate) fn backfill(
        &mut self,
        from: Millis,
        to: Millis,
    ) -> Result<Option<(Backfill, Published)>, Failure> {
        // Nobody waits for the queue meanwhile.
        self.allow(BACKFILL_MAX);
        let result = self.open_publisher().map(|_| ());
        let result = result.and_then(|()| match self.feed()? {
            Some(mut feed) => feed.backfill(from, to).map(Some),
            None => Ok(None),
        });
        self.settle(result)
    }

    fn open_publisher(&mut self) -> Result<&mut Publisher<'h>, SourceFailure> {
        if self.publisher.is_none() {
            let open = || Publisher::open(self.spool);
            let opened = witnessed(self.witness, Activity::Recover, open, |_| {
                Outcome::default()
            });
            self.publisher = Some(opened?);
        }
        Ok(self.publisher.as_mut().expect("it was just opened"))
    }

    /// The way from the indexer into the queue. Opens the poller if it is not open; `None` without an intake, or before the
    /// publisher is open.
    pub(crate) fn feed(&mut self) -> Result<Option<Feed<'_, 'h>>, SourceFailure> {
        if let (Some(intake), None) = (&self.intake, &self.poller) {
            self.poller = Some(intake.open(self.spool.host(), self.state)?);
        }
        Ok(self.opened())
    }

    /// A way to take in again.
    pub(crate) fn again(&mut self) -> Again<'_, 'h> {
        Again(self)
    }

    /// Passes a result on, and closes publisher and poller if they are not to be used further.
    pub(crate) fn settle<T>(&mut self, result: Result<T, SourceFailure>) -> Result<T, Failure> {
        result.map_err(|error| {
            self.allowance = Duration::ZERO;
            if !error.is_of_indexer {
                self.publisher = None;
                self.poller = None;
            }
            error.failure
        })
    }

    fn opened(&mut self) -> Option<Feed<'_, 'h>> {
        let (publisher, poller) = (self.publisher.as_mut()?, self.poller.as_mut()?);
        let patience = Patience::new(self.spool.host(), self.allowance, self.stop);
        poller.grant(patience);
        self.former.learn(poller);
        Some(Feed {
            taker: Taker {
                spool: self.spool,
                publisher,
                former: &mut self.former,
                witness: self.witness,
                late_until: poller.cursor(),
            },
            poller,
            patience,
            allowance: &mut self.allowance,
        })
    }
}

impl<'a, 'h> Feed<'a, 'h> {
    /// Whether another slice can be begun: more than half of the time is left, and nobody has said to stop.
    pub(crate) fn has_time(&self) -> bool {
        !self.patience.is_tight() && !self.patience.is_stopped()
    }

    /// Whether nothing more can be asked in this pass.
    pub(crate) fn is_over(&self) -> bool {
        self.patience.is_over() || self.patience.is_stopped()
    }

    /// Reads the next slice, and makes durable in the queue what it did not have. What was published is told also if the slice
    /// could not be ended.
    pub(crate) fn step(&mut self) -> (Result<Step, SourceFailure>, Published) {
        let mut done = Published::default();
        let (poller, taker) = self.parts();
        let step = poller.step(&mut |hits| taker.publish(hits, &mut done));
        if let Ok(step) = &step {
            taker.witness.repeated(step.repeated);
        }
        self.note_time();
        (step.map_err(SourceFailure::from), done)
    }

    /// Compares the indexer's counts with ours, and takes in what is missing.
    /// What was published is told also if the audit could not be ended.
    pub(crate) fn audit(&mut self) -> (Result<Audit, SourceFailure>, Published) {
        let mut done = Published::default();
        let (poller, taker) = self.parts();
        let audit = poller.audit(&mut |hits| taker.publish(hits, &mut done));
        self.note_time();
        (audit.map_err(SourceFailure::from), done)
    }

    /// What the indexer told besides its alerts.
    pub(crate) fn observations(&self) -> Observations {
        self.poller.observations()
    }

    /// Reads a range again, and makes durable in the queue what it did not have.
    fn backfill(
        &mut self,
        from: Millis,
        to: Millis,
    ) -> Result<(Backfill, Published), SourceFailure> {
        let mut done = Published::default();
        let (poller, taker) = self.parts();
        let read = poller.backfill(from, to, &mut |hits| taker.publish(hits, &mut done));
        self.note_time();
        Ok((read?, done))
    }

    /// Publishes again those of `wanted` that the indexer has in `from..=to`, and adds them to `back`.
    fn find(
        &mut self,
        wanted: &BTreeSet<AlertId>,
        (from, to): (Millis, Millis),
        back: &mut BTreeSet<AlertId>,
    ) -> Result<(), SourceFailure> {
        let (poller, taker) = self.parts();
        let end = Millis(to.0.saturating_add(1));
        let found = poller.find(wanted, from, end, &mut |hits| {
            taker.restore(hits)?;
            back.extend(hits.iter().map(Hit::alert));
            Ok(())
        });
        self.note_time();
        found?;
        Ok(())
    }

    /// Who reads, and who takes what is read.
    fn parts(&mut self) -> (&mut Poller<'h>, &mut Taker<'a, 'h>) {
        self.taker.late_until = self.poller.cursor();
        (self.poller, &mut self.taker)
    }

    fn note_time(&mut self) {
        *self.allowance = self.patience.left().unwrap_or_default();
    }
}

impl Again<'_, '_> {
    /// Whether the indexer can be asked: not if nothing is open, because there is no intake, nor if the indexer has failed in
    /// this pass or used up its time, because whoever asks it again would wait again.
    pub(crate) fn can_fetch(&self) -> bool {
        self.0.publisher.is_some() && self.0.poller.is_some() && !self.0.allowance.is_zero()
    }

    /// Asks the indexer for `wanted` in this range of time, and publishes again what it has. What came back is in `back`
    /// also if the rest could not be asked for.
    pub(crate) fn fetch(
        &mut self,
        wanted: &BTreeSet<AlertId>,
        range: (Millis, Millis),
        back: &mut BTreeSet<AlertId>,
    ) -> Result<(), Failure> {
        let Some(mut feed) = self.0.opened() else {
            return Ok(());
        };
        let result = feed.find(wanted, range, back);
        self.0.settle(result)
    }

    /// Publishes alerts whose bytes are here.
    pub(crate) fn publish(&mut self, batch: &[Incoming<'_>]) -> Result<Published, Failure> {
        let published = self
            .0
            .open_publisher()
            .and_then(|publisher| Ok(publisher.publish(batch)?));
        self.0.settle(published)
    }
}

impl<'h> Intake<'h> {
    fn open(&self, host: &'h dyn Host, state: DirId) -> Result<Poller<'h>, PollError> {
        let secret = SecretFile::new(self.secret.host, self.secret.dir, &self.secret.name);
        let config = self.config.clone();
        Poller::open(
            host,
            state,
            self.transport,
            secret,
            config,
            self.start,
            self.seed,
        )
    }
}

impl From<SpoolError> for SourceFailure {
    fn from(error: SpoolError) -> Self {
        SourceFailure {
            failure: error.into(),
            is_of_indexer: false,
        }
    }
}

impl From<PollError> for SourceFailure {
    fn from(error: PollError) -> Self {
        let is_of_indexer = matches!(
            error,
            PollError::Answer { .. }
                | PollError::Miscount { .. }
                | PollError::Reduced { .. }
                | PollError::Closed { .. }
                | PollError::Paused { .. }
                | PollError::OutOfTime { .. }
                | PollError::Stopped { .. }
                | PollError::Secret(_)
        );
        SourceFailure {
            failure: error.into(),
            is_of_indexer,
        }
    }
}
