//! The poller: slice by slice up to shortly before now, and again where that was too early.
//!
//! # Cursor and watermark
//! The *cursor* is how far slices were read. An alert below it may still appear, because indexing takes a while. The
//! *watermark* is the time below which everything was read when it was older than the overlap; nothing below is read
//! again. In a backlog both move together and every alert is read once. Near now the cursor runs ahead, and each step first
//! compares the count between the two with the alerts handed over there: equal counts cost one small request, others a
//! second walk, from which the seen window takes what is new.

use crate::answer::Hit;
use crate::client::Client;
use crate::config::Config;
use crate::error::{AnswerError, PollError, SinkError};
use crate::observed::{Look, Observations};
use crate::patience::Patience;
use crate::query::{Range, search_path};
use crate::secret::SecretFile;
use crate::state::{Refusal, State};
use crate::transport::Transport;
use crate::walk::{Cut, Walker};
use host::{DirId, Host, Millis};
use std::time::Duration;

/// Where alerts are handed over. It returns `Ok` only when all of them are durable, or were so before.
pub type Sink<'a> = dyn FnMut(&[Hit<'_>]) -> Result<(), SinkError> + 'a;

/// Reads alerts from one indexer.
pub struct Poller<'h> {
    pub(crate) host: &'h dyn Host,
    dir: DirId,
    pub(crate) config: Config,
    /// The path of a search in the profile's indices.
    pub(crate) path: String,
    pub(crate) client: Client<'h>,
    pub(crate) state: State,
    pub(crate) is_changed: bool,
    pub(crate) look: Option<Look>,
    pub(crate) observed: Observations,
    /// The next slice has this many times its configured length: silence is crossed in growing strides.
    stretch: u32,
}

/// What one step did. The cursor it tells of is durable.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Step {
    /// Documents that the sink accepted.
    pub handed_over: u64,
    /// Documents that were read again and not handed over, because they had been.
    pub repeated: u64,
    /// How far slices were read.
    pub cursor: Millis,
    /// Below this, nothing is read again but by an audit.
    pub watermark: Millis,
    /// Whether there is nothing left to read now.
    pub is_caught_up: bool,
}

/// The first wait after refused credentials; each next one is twice as long.
const REFUSAL_WAIT_MIN: i64 = 60 * 1000;
/// No wait after refused credentials is longer, so a repaired account is noticed within this time.
const REFUSAL_WAIT_MAX: i64 = 15 * 60 * 1000;
const STRETCH_MAX: u32 = 1 << 20;

impl<'h> Poller<'h> {
    /// Reads the state in `dir`, or begins with the alerts at `start` if there is none. Sends no request.
    ///
    /// `seed` spreads the waits between attempts; equal seeds wait equally. One poller at a time may use `dir`: the caller
    /// holds a lock. Errs if the configuration cannot work, or the state file is damaged.
    pub fn open(
        host: &'h dyn Host,
        dir: DirId,
        transport: &'h dyn Transport,
        secret: SecretFile<'h>,
        config: Config,
        start: Millis,
        seed: u64,
    ) -> Result<Self, PollError> {
        config.check()?;
        let state = State::load(host, dir, start)?;
        let mut client = Client::new(host, transport, secret, &config, seed);
        client.resume_page(state.known.page);
        Ok(Poller {
            state,
            client,
            path: search_path(&config.profile.index),
            host,
            dir,
            config,
            is_changed: false,
            look: None,
            observed: Observations::default(),
            stretch: 1,
        })
    }

    /// Bounds all that waits for the indexer from now on, over all calls together, until the next grant. Without one,
    /// nothing bounds it but the limits of each attempt.
    pub fn grant(&mut self, patience: Patience<'h>) {
        self.client.grant(patience);
    }

    /// What walks over a range of time.
    pub(crate) fn walker(&mut self) -> Walker<'_, 'h> {
        Walker {
            config: &self.config,
            path: &self.path,
            client: &mut self.client,
            state: &mut self.state,
        }
    }

    /// How far slices were read.
    pub fn cursor(&self) -> Millis {
        self.state.cursor()
    }

    /// Alerts before this time may have been handed over as [`Hit::document`] says, and not as [`Hit::alert`] does: by a
    /// program that knew no other identity. The least time that there is, if no such program has written this state.
    pub fn former_until(&self) -> Millis {
        Millis(self.state.known.former_until)
    }

    /// Reads the next slice and hands over its unseen alerts, page by page and in order of time.
    ///
    /// The cursor moves after the sink has accepted the whole slice and its count fits. On an error it stands; what the
    /// sink accepted is remembered. A crash before the state is durable hands that slice over again.
    pub fn step(&mut self, sink: &mut Sink<'_>) -> Result<Step, PollError> {
        self.guarded(|poller| poller.read_slice(sink))
    }

    fn read_slice(&mut self, sink: &mut Sink<'_>) -> Result<Step, PollError> {
        let now = self.peer_now()?;
        self.begin_counting(now)?;
        let (from, cursor) = (self.unsettled()?, self.state.cursor());
        let edge = before(now, self.config.lag);
        let length = millis(self.config.slice).saturating_mul(i64::from(self.stretch));
        let end = Millis(cursor.0.saturating_add(length));
        let to = end.min(edge).max(cursor);
        let (mut reached, mut handed_over, mut repeated) = (to, 0, 0);
        if from < to {
            let cut = Cut {
                alerts: self.config.slice_alerts as u64,
                beyond: cursor,
            };
            let seen_max = self.config.seen_max;
            let (is_changed, newest) = (&mut false, &mut None);
            let each = &mut |state: &mut State, mut hits: Vec<Hit<'_>>| {
                let read = hits.len() as u64;
                hits.retain(|hit| !state.seen.contains(hit.time, hit.document));
                repeated += read - hits.len() as u64;
                if hits.is_empty() {
                    return Ok(());
                }
                sink(&hits).map_err(PollError::Sink)?;
                handed_over += hits.len() as u64;
                *is_changed = true;
                *newest = hits.iter().map(|hit| hit.time).max();
                remember(state, &hits, seen_max);
                Ok(())
            };
            let walked = self.walker().walk(Range::new(from, to), Some(cut), each);
            self.is_changed |= *is_changed;
            if let Some(newest) = *newest {
                self.note_newest(newest, now);
            }
            let walked = walked?;
            self.accept_shards(walked.shards)?;
            reached = walked.to;
            self.stretch = match walked.distinct {
                0 => (self.stretch * 2).min(STRETCH_MAX),
                _ => 1,
            };
        }
        self.advance(reached, now);
        let is_caught_up = edge <= self.state.cursor();
        if is_caught_up && !self.client.is_tight() {
            // The slice is proved; what is only told of it can wait for the next step.
            if let Err(error) = self.observe_newest(now) {
                tracing::warn!(%error, "the newest alert is not known");
            }
        }
        Ok(Step {
            handed_over,
            repeated,
            cursor: self.state.cursor(),
            watermark: self.state.watermark(),
            is_caught_up,
        })
    }

    /// Where the next slice begins: at the cursor, or before it where the indexer has something new.
    fn unsettled(&mut self) -> Result<Millis, PollError> {
        let (watermark, cursor) = (self.state.watermark(), self.state.cursor());
        if watermark < cursor {
            let settled = Range::new(watermark, cursor);
            let (total, shards) = self.walker().count(settled)?;
            self.accept_shards(shards)?;
            if total != self.state.seen.count(settled) {
                return self.first_unseen(settled);
            }
        }
        Ok(cursor)
    }

    /// Moves the cursor to `reached`, and the watermark behind it, and forgets what neither needs.
    fn advance(&mut self, reached: Millis, now: Millis) {
        let known = &mut self.state.known;
        let old = (known.cursor, known.watermark);
        known.cursor = known.cursor.max(reached.0);
        let settled = before(now, self.config.overlap).0.min(known.cursor);
        known.watermark = known.watermark.max(settled);
        self.is_changed |= old != (known.cursor, known.watermark);
        let watermark = Millis(known.watermark);
        self.age_counts();
        self.state.seen.forget_before(watermark);
        self.forget_old_indices();
    }

    /// Runs a call that sends requests: not while the credentials are refused, and its changes are saved in any case.
    pub(crate) fn guarded<R>(
        &mut self,
        run: impl FnOnce(&mut Self) -> Result<R, PollError>,
    ) -> Result<R, PollError> {
        let now = self.host.now();
        self.check_refusal(now)?;
        let result = run(self);
        match &result {
            Err(PollError::Answer {
                source: AnswerError::Unauthorized { .. },
                ..
            }) => self.note_refusal(),
            Ok(_) => self.is_changed |= self.state.known.refusal.take().is_some(),
            Err(_) => {}
        }
        let page = self.client.page();
        self.is_changed |= self.state.known.page != page;
        self.state.known.page = page;
        if self.is_changed {
            let saved = self.state.save(self.host, self.dir);
            match (&result, saved) {
                (_, Ok(())) => self.is_changed = false,
                (Ok(_), Err(error)) => return Err(error),
                // The first failure is the one to tell of; what could not be saved is handed over again.
                (Err(_), Err(error)) => tracing::warn!(%error, "the state is not saved"),
            }
        }
        result
    }

    fn check_refusal(&self, now: Millis) -> Result<(), PollError> {
        let Some(Refusal { until, .. }) = self.state.known.refusal else {
            return Ok(());
        };
        // A clock that was stepped back must not make this wait for ever.
        let is_over = until <= now.0 || now.0.saturating_add(REFUSAL_WAIT_MAX) < until;
        if is_over || self.client.has_new_secret() {
            return Ok(());
        }
        let until = Millis(until);
        Err(PollError::Paused { until })
    }

    fn note_refusal(&mut self) {
        let times = self.state.known.refusal.map_or(0, |refusal| refusal.times);
        let wait = REFUSAL_WAIT_MIN.saturating_mul(1 << times.min(10));
        self.state.known.refusal = Some(Refusal {
            times: times.saturating_add(1),
            until: self.host.now().0.saturating_add(wait.min(REFUSAL_WAIT_MAX)),
        });
        self.is_changed = true;
    }
}

/// Notes that the sink has accepted `hits`.
fn remember(state: &mut State, hits: &[Hit<'_>], seen_max: usize) {
    for hit in hits {
        state.seen.insert(hit.time, hit.document, seen_max);
        state.known.counts.add(hit.time);
        match state.known.indices.get_mut(hit.index.as_ref()) {
            Some(newest) => *newest = hit.time.0.max(*newest),
            None => {
                let index = hit.index.clone().into_owned();
                state.known.indices.insert(index, hit.time.0);
            }
        }
    }
}

/// The time `duration` before `time`.
pub(crate) fn before(time: Millis, duration: Duration) -> Millis {
    Millis(time.0.saturating_sub(millis(duration)))
}

/// Milliseconds of a duration.
pub(crate) fn millis(duration: Duration) -> i64 {
    i64::try_from(duration.as_millis()).unwrap_or(i64::MAX)
}
