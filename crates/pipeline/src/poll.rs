//! Stage 1: from the indexer, and from `inbox/`, into the queue.

use crate::failure::Failure;
use crate::former::Former;
use crate::pass::Pass;
use crate::pipeline::{Intake, Pipeline, elapsed_ms};
use crate::witness::{Activity, Outcome, Witness, witnessed};
use alert::AlertId;
use host::Millis;
use indexer::{Hit, PollError, Poller, SecretFile, SinkError};
use spool::{Document, Incoming, Published, Publisher, Spool, SpoolError};

/// Takes in what there is, until the indexer has no more for now, or the backlog or the pass's time is at its limit.
pub(crate) fn run(pipeline: &mut Pipeline<'_>, pass: &mut Pass<'_>) -> Result<(), Failure> {
    let mut is_sound = false;
    let result = take_in(pipeline, pass, &mut is_sound);
    if result.is_err() && !is_sound {
        // The next pass begins from what is durable.
        pipeline.publisher = None;
        pipeline.poller = None;
    }
    result
}

/// Whether it was the indexer that failed: then queue and cursor are as good as before.
pub(crate) fn is_of_indexer(error: &PollError) -> bool {
    matches!(
        error,
        PollError::Answer { .. }
            | PollError::Miscount { .. }
            | PollError::Reduced { .. }
            | PollError::Paused { .. }
            | PollError::Secret(_)
    )
}

fn take_in(
    pipeline: &mut Pipeline<'_>,
    pass: &mut Pass<'_>,
    is_sound: &mut bool,
) -> Result<(), Failure> {
    let deadline = pipeline.deadline();
    let adopted = pipeline.publisher()?.adopt_inbox()?;
    pass.counts.taken += adopted.adopted + adopted.quarantined + adopted.vanished + adopted.held;
    pass.counts.given += adopted.adopted;
    pass.counts.errors += adopted.quarantined;
    let mut backlog = spool::depth(pipeline.spool)?.backlog();
    open_poller(pipeline)?;
    let Pipeline {
        host,
        publisher: Some(publisher),
        poller: Some(poller),
        settings,
        memory,
        witness,
        spool,
        former,
        ..
    } = pipeline
    else {
        return Ok(());
    };
    former.learn(poller);
    let mut taker = Taker {
        spool: *spool,
        publisher,
        former,
        witness: *witness,
        late_until: poller.cursor(),
    };
    while backlog < settings.backlog_max && host.now() <= deadline {
        let mut published = Published::default();
        taker.late_until = poller.cursor();
        let step = poller.step(&mut |hits| taker.publish(hits, &mut published));
        let step = step.inspect_err(|error| *is_sound = is_of_indexer(error))?;
        backlog += published.published;
        pass.counts.taken += step.handed_over + step.repeated;
        pass.counts.given += published.published;
        pass.has_more = !step.is_caught_up;
        if step.is_caught_up {
            break;
        }
    }
    let now = host.now();
    let every = settings.count_audit_every.as_millis();
    if every <= u128::from(elapsed_ms(memory.counts_audited, now)) {
        let mut published = Published::default();
        taker.late_until = poller.cursor();
        let audit = poller.audit(&mut |hits| taker.publish(hits, &mut published));
        let audit = audit.inspect_err(|error| *is_sound = is_of_indexer(error))?;
        pass.counts.taken += audit.handed_over;
        pass.counts.given += published.published;
        pass.counts.errors += audit.ahead;
        memory.counts_audited = now;
    }
    Ok(())
}

fn open_poller(pipeline: &mut Pipeline<'_>) -> Result<(), Failure> {
    let Some(intake) = &pipeline.intake else {
        return Ok(());
    };
    if pipeline.poller.is_none() {
        pipeline.poller = Some(intake.open(pipeline.host, pipeline.state.id())?);
    }
    Ok(())
}

impl<'h> Intake<'h> {
    fn open(
        &self,
        host: &'h dyn host::Host,
        state: host::DirId,
    ) -> Result<Poller<'h>, indexer::PollError> {
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

/// What takes hits into the queue.
struct Taker<'a, 'h> {
    spool: &'a Spool<'h>,
    publisher: &'a mut Publisher<'h>,
    former: &'a mut Former,
    witness: &'a dyn Witness,
    /// Alerts before this time were asked for before: it may be long since they came.
    late_until: Millis,
}

impl Taker<'_, '_> {
    /// Makes hits durable in the queue; those that it had before are left out.
    fn publish(&mut self, hits: &[Hit<'_>], done: &mut Published) -> Result<(), SinkError> {
        let (mut fresh, mut repeats) = (Vec::with_capacity(hits.len()), Vec::new());
        for hit in hits {
            let document = self.document(hit);
            match self.former.identity(self.spool, self.publisher, hit)? {
                None => fresh.push(incoming(hit, Some(document))),
                Some(former) if former == hit.document => {}
                Some(former) => repeats.push((former, document)),
            }
        }
        self.publisher.note_repeats(&repeats)?;
        let publisher = &mut *self.publisher;
        let act = || publisher.publish_within(&fresh, times_of(hits));
        let published = witnessed(self.witness, Activity::Publish, act, outcome)?;
        let ids: Vec<AlertId> = fresh.iter().map(|alert| alert.id).collect();
        self.witness.acknowledge(&ids);
        done.published += published.published;
        done.duplicates += published.duplicates + (hits.len() - fresh.len()) as u64;
        done.buckets += published.buckets;
        Ok(())
    }

    fn document<'d>(&self, hit: &'d Hit<'_>) -> Document<'d> {
        Document {
            index: &hit.index,
            id: &hit.id,
            is_late: hit.time < self.late_until,
        }
    }
}

/// Publishes again what somebody removed from the queue.
pub(crate) fn restore(
    publisher: &mut Publisher<'_>,
    witness: &dyn Witness,
    hits: &[Hit<'_>],
) -> Result<Published, SpoolError> {
    let batch: Vec<_> = hits.iter().map(|hit| incoming(hit, None)).collect();
    let act = || publisher.restore(&batch, times_of(hits));
    witnessed(witness, Activity::Publish, act, outcome)
}

fn outcome(done: &Published) -> Outcome<'static> {
    Outcome {
        duplicates: done.duplicates,
        ..Outcome::default()
    }
}

fn incoming<'a>(hit: &'a Hit<'_>, document: Option<Document<'a>>) -> Incoming<'a> {
    Incoming {
        id: hit.alert,
        payload: hit.raw,
        document,
    }
}

/// The first and last time of the hits.
fn times_of(hits: &[Hit<'_>]) -> Option<(Millis, Millis)> {
    let first = hits.iter().map(|hit| hit.time).min();
    let last = hits.iter().map(|hit| hit.time).max();
    first.zip(last)
}
