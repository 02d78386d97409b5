//! The conductor: the one room that knows all seven stages, and passes what one gives on to those that take it.
//!
//! A stage takes values and the parts that it works on, and returns what it did and what it gives ([`crate::stage::Ran`]). What
//! it remembers from one pass to the next is its own, in a field of [`Pipeline`] that only it is handed.

use crate::drain::{self, Hands, Job};
use crate::failure::Failure;
use crate::heartbeat::{self, Facts, Heartbeat};
use crate::pass::{Pass, Report};
use crate::poll::{Limits, Poll};
use crate::reconcile::{self, Reconcile};
use crate::settings::{STATE, Settings};
use crate::source::{Intake, Source};
use crate::stage::Stage;
use crate::witness::{Nobody, Witness};
use crate::{cap, escalation};
use host::{Dir, Host, Millis, Stop};
use policy::Policy;
use spool::Spool;

/// A pipeline that can make passes, one after the other.
pub struct Pipeline<'h> {
    spool: &'h Spool<'h>,
    policy: &'h Policy,
    settings: Settings,
    witness: &'h dyn Witness,
    stop: Option<&'h dyn Stop>,
    /// `state/`: what the next pass must know.
    state: Dir<'h>,
    source: Source<'h>,
    poll: Poll,
    reconcile: Reconcile,
    heartbeat: heartbeat::Memory,
}

/// What reading a range again brought.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Backfilled {
    /// Alerts that the indexer has there.
    pub read: u64,
    /// Those that the queue never had before.
    pub new: u64,
}

impl<'h> Pipeline<'h> {
    /// A pipeline over an open spool. Without an intake, alerts come from `inbox/` and by adoption only.
    ///
    /// Errs if the state's directory, or the last heartbeat in it, cannot be read. Only one process at a time may make
    /// passes: the caller holds a lock.
    pub fn open(
        spool: &'h Spool<'h>,
        policy: &'h Policy,
        intake: Option<Intake<'h>>,
        settings: Settings,
    ) -> Result<Self, Failure> {
        let state = Dir::open_or_make(spool.host(), spool.root().at(STATE))
            .map_err(|error| Failure::of_host("open", STATE, &error))?;
        let last = Heartbeat::load(spool)?;
        let counts_audited = last.as_ref().map_or(0, |last| last.counts_audited_ms);
        let observed = last.as_ref().and_then(|last| last.indexer);
        Ok(Pipeline {
            spool,
            policy,
            settings,
            witness: &Nobody,
            stop: None,
            source: Source::new(spool, intake, state.id(), &Nobody),
            state,
            poll: Poll::new(Millis(counts_audited), observed),
            reconcile: Reconcile::default(),
            heartbeat: last.map(heartbeat::Memory::from).unwrap_or_default(),
        })
    }

    /// The same pipeline, followed by `witness`.
    pub fn witnessed_by(mut self, witness: &'h dyn Witness) -> Self {
        self.witness = witness;
        self.source.witness = witness;
        self
    }

    /// The same pipeline, that ends a pass early in good order once `stop` says so: nothing more is asked of the indexer, no
    /// claim is begun, and the other stages do what they always do.
    pub fn stopped_by(mut self, stop: &'h dyn Stop) -> Self {
        self.stop = Some(stop);
        self.source.stop = Some(stop);
        self
    }

    /// Reads the indexer's alerts from `from` and before `to` again, whatever was read before, and puts into the queue those
    /// that it never had. How many were read, and how many were new; `None` without an intake.
    ///
    /// Passes go on from where they were. A crash, or a failure, leaves what was read before it in the queue: the same call may
    /// be made again.
    pub fn backfill(&mut self, from: Millis, to: Millis) -> Result<Option<Backfilled>, Failure> {
        let done = self.source.backfill(from, to)?;
        Ok(done.map(|(read, published)| Backfilled {
            read: read.alerts,
            new: published.published,
        }))
    }

    /// Makes one pass: every stage once, whatever happens to the others. The order of the stages is the order of this text.
    ///
    /// Never fails as a whole. A crash at any call loses nothing: the next pass goes on from what is durable.
    pub fn pass(&mut self, run_id: &str, hands: &mut Hands<'_>) -> Report {
        let (spool, policy, witness) = (self.spool, self.policy, self.witness);
        let (host, settings) = (spool.host(), &self.settings);
        let started = host.now();
        let mut pass = Pass::new(host, run_id);
        if let Err(failure) = self.reconcile.check_ledger(spool, &self.state) {
            pass.block(failure);
        }
        let stop = self.stop;
        self.source.allow(settings.poll_max.min(settings.pass_max));

        let polled = pass.run(Stage::Poll, |_| {
            let limits = Limits {
                backlog_max: settings.backlog_max,
                inbox_settle: settings.inbox_settle,
                count_audit_every: settings.count_audit_every,
            };
            self.poll.run(spool, &mut self.source, &limits)
        });
        pass.run(Stage::Cap, |_| cap::run(spool, witness));
        let mut drained = pass.run(Stage::Triage, |_| {
            let job = Job::new(spool, policy, deadline(host, settings));
            let job = job.witnessed_by(witness).stopped_by(stop);
            drain::triage(&job, hands)
        });
        pass.run(Stage::Cases, |_| drain::cases(&mut drained));
        pass.run(Stage::Escalation, |_| {
            escalation::run(escalation::Parts {
                spool,
                state: &self.state,
                settings: settings.escalation,
            })
        });
        let reconciled = pass.run(Stage::Reconcile, |_| {
            self.reconcile.run(reconcile::Parts {
                spool,
                state: &self.state,
                again: self.source.again(),
                look_every: settings.look_every,
                near_max: settings.near_max,
                scrub: &settings.scrub,
                retention: &settings.retention,
                ahead_s: self
                    .poll
                    .observed()
                    .and_then(|seen| seen.skew_s)
                    .unwrap_or(0),
                remove_pack: escalation::remove_pack,
            })
        });
        let depth = pass.run(Stage::Heartbeat, |before| {
            let facts = Facts {
                run_id,
                started,
                stages: before,
                stats: drained.iter().map(|one| &one.stats).collect(),
                depth: reconciled.depth,
                found: reconciled.found.as_ref(),
                ledger_heads: reconciled.ledger_heads,
                scrubbed: reconciled.scrubbed.as_ref(),
                retained: reconciled.retained,
                counts_audited: self.poll.counts_audited(),
                indexer: self.poll.observed(),
                inbox: polled.inbox.as_ref(),
                policy_sha256: policy.sha256(),
                insecure: self.source.is_insecure(),
            };
            heartbeat::run(&mut self.heartbeat, spool, facts)
        });

        let finished = host.now();
        Report {
            run_id: run_id.to_owned(),
            started,
            finished,
            stages: pass.into_stages(),
            depth,
            reconciled: reconciled.found,
            scrubbed: reconciled.scrubbed,
            has_more: polled.has_more,
        }
    }
}

/// When a part of a pass that begins now must stop.
fn deadline(host: &dyn Host, settings: &Settings) -> Millis {
    let most = i64::try_from(settings.pass_max.as_millis()).unwrap_or(i64::MAX);
    Millis(host.now().0.saturating_add(most))
}
