//! Stage 1: from the indexer, and from `inbox/`, into the queue.

use crate::failure::Failure;
use crate::pass::Pass;
use crate::pipeline::{Intake, Pipeline, elapsed_ms};
use crate::witness::{Activity, Outcome, Witness, witnessed};
use alert::AlertId;
use host::Millis;
use indexer::{Hit, Patience, PollError, Poller, SecretFile, SinkError};
use spool::{Incoming, Published, Publisher, SpoolError};
use std::time::Duration;

/// Takes in what there is, until the indexer has no more for now, or the backlog or the pass's time is at its limit.
pub(crate) fn run(pipeline: &mut Pipeline<'_>, pass: &mut Pass<'_>) -> Result<(), Failure> {
    let mut is_sound = false;
    let result = take_in(pipeline, pass, &mut is_sound);
    if result.is_err() {
        // Whoever comes later in this pass would only wait again.
        pipeline.allowance = Duration::ZERO;
    }
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
            | PollError::OutOfTime { .. }
            | PollError::Stopped { .. }
            | PollError::Secret(_)
    )
}

fn take_in(
    pipeline: &mut Pipeline<'_>,
    pass: &mut Pass<'_>,
    is_sound: &mut bool,
) -> Result<(), Failure> {
    let adopted = pipeline.publisher()?.adopt_inbox()?;
    pass.counts.taken += adopted.adopted + adopted.quarantined + adopted.vanished + adopted.held;
    pass.counts.given += adopted.adopted;
    pass.counts.errors += adopted.quarantined;
    let mut backlog = spool::depth(pipeline.spool)?.backlog();
    open_poller(pipeline)?;
    let patience = Patience::new(pipeline.host, pipeline.allowance, pipeline.stop);
    let Pipeline {
        host,
        publisher: Some(publisher),
        poller: Some(poller),
        settings,
        memory,
        witness,
        allowance,
        ..
    } = pipeline
    else {
        return Ok(());
    };
    poller.grant(patience);
    let mut has_gained = false;
    while backlog < settings.backlog_max && !patience.is_tight() && !patience.is_stopped() {
        let mut published = Published::default();
        let step = poller.step(&mut |hits| publish(publisher, *witness, hits, &mut published));
        has_gained |= 0 < published.published;
        let step = match step {
            Err(_) if has_gained && patience.is_over() => {
                // It was slow, and gave something: the next pass goes on from there.
                pass.counts.given += published.published;
                pass.has_more = true;
                break;
            }
            other => other.inspect_err(|error| *is_sound = is_of_indexer(error))?,
        };
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
    let is_due = every <= u128::from(elapsed_ms(memory.counts_audited, now));
    if is_due && !patience.is_over() && !patience.is_stopped() {
        let mut published = Published::default();
        let audit = poller.audit(&mut |hits| publish(publisher, *witness, hits, &mut published));
        let audit = audit.inspect_err(|error| *is_sound = is_of_indexer(error))?;
        pass.counts.taken += audit.handed_over;
        pass.counts.given += published.published;
        pass.counts.errors += audit.ahead;
        memory.counts_audited = now;
    }
    *allowance = patience.left().unwrap_or_default();
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

/// Makes hits durable in the queue; those that it had before are left out.
fn publish(
    publisher: &mut Publisher<'_>,
    witness: &dyn Witness,
    hits: &[Hit<'_>],
    done: &mut Published,
) -> Result<(), SinkError> {
    let (batch, times) = incoming(hits);
    let act = || publisher.publish_within(&batch, times);
    let published = witnessed(witness, Activity::Publish, act, outcome)?;
    let ids: Vec<AlertId> = hits.iter().map(|hit| hit.alert).collect();
    witness.acknowledge(&ids);
    done.published += published.published;
    done.duplicates += published.duplicates;
    done.buckets += published.buckets;
    Ok(())
}

/// Publishes again what somebody removed from the queue.
pub(crate) fn restore(
    publisher: &mut Publisher<'_>,
    witness: &dyn Witness,
    hits: &[Hit<'_>],
) -> Result<Published, SpoolError> {
    let (batch, times) = incoming(hits);
    let act = || publisher.restore(&batch, times);
    witnessed(witness, Activity::Publish, act, outcome)
}

fn outcome(done: &Published) -> Outcome<'static> {
    Outcome {
        duplicates: done.duplicates,
        ..Outcome::default()
    }
}

fn incoming<'a>(hits: &'a [Hit<'_>]) -> (Vec<Incoming<'a>>, Option<(Millis, Millis)>) {
    let batch = hits.iter().map(|hit| Incoming {
        id: hit.alert,
        payload: hit.raw,
    });
    let first = hits.iter().map(|hit| hit.time).min();
    let last = hits.iter().map(|hit| hit.time).max();
    (batch.collect(), first.zip(last))
}
