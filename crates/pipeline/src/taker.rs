//! What takes the indexer's hits into the queue: every alert once, whatever documents there are of it.

use crate::former::Former;
use crate::witness::{Activity, Outcome, Witness, witnessed};
use alert::AlertId;
use host::Millis;
use indexer::{Hit, SinkError};
use spool::{Document, Incoming, Published, Publisher, Spool, SpoolError};

/// What takes hits into the queue.
pub(crate) struct Taker<'a, 'h> {
    pub(crate) spool: &'h Spool<'h>,
    pub(crate) publisher: &'a mut Publisher<'h>,
    pub(crate) former: &'a mut Former,
    pub(crate) witness: &'h dyn Witness,
    /// Alerts before this time were asked for before: it may be long since they came.
    pub(crate) late_until: Millis,
}

impl Taker<'_, '_> {
    /// Makes hits durable in the queue; those that it had before are left out.
    pub(crate) fn publish(
        &mut self,
        hits: &[Hit<'_>],
        done: &mut Published,
    ) -> Result<(), SinkError> {
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
        let act = || publisher.publish(&fresh);
        let published = witnessed(self.witness, Activity::Publish, act, outcome)?;
        let ids: Vec<AlertId> = fresh.iter().map(|alert| alert.id).collect();
        self.witness.acknowledge(&ids);
        done.published += published.published;
        done.duplicates += published.duplicates + (hits.len() - fresh.len()) as u64;
        done.buckets += published.buckets;
        Ok(())
    }

    /// Publishes again what somebody removed from the queue.
    pub(crate) fn restore(&mut self, hits: &[Hit<'_>]) -> Result<Published, SpoolError> {
        let batch: Vec<_> = hits.iter().map(|hit| incoming(hit, None)).collect();
        let publisher = &mut *self.publisher;
        let act = || publisher.restore(&batch);
        witnessed(self.witness, Activity::Publish, act, outcome)
    }

    fn document<'d>(&self, hit: &'d Hit<'_>) -> Document<'d> {
        Document {
            index: &hit.index,
            id: &hit.id,
            is_late: hit.time < self.late_until,
        }
    }
}

fn outcome(done: &Published) -> Outcome<'static> {
    Outcome {
        duplicates: done.duplicates,
        ..Outcome::default()
    }
}

fn incoming<'a>(hit: &'a Hit<'_>, document: Option<Document<'a>>) -> Incoming<'a> {
    Incoming {
        id: hit.alert(),
        payload: hit.raw,
        document,
        time: Some(hit.time),
    }
}
