//! The seven stages in a row.

use crate::drain::{Drained, Job};
use crate::escalation::EscalationSettings;
use crate::failure::Failure;
use crate::former::Former;
use crate::heartbeat::Memory;
use crate::pass::{Pass, Report};
use crate::reconcile::book::Book;
use crate::stage::{Counts, Stage, StageReport};
use crate::witness::{Activity, Nobody, Outcome, Witness, witnessed};
use crate::{cap, drain, escalation, heartbeat, poll, reconcile};
use host::{Dir, DirId, Host, Millis};
use indexer::{Poller, Transport};
use jiff::Timestamp;
use policy::Policy;
use spool::{Publisher, Spool};
use std::time::Duration;

/// Works on the claims of a pass, and says what each worker did. One worker is `&mut |job| vec![job.drain("w1")]`.
pub type Hands<'a> = dyn FnMut(&Job<'_, '_>) -> Vec<Drained> + 'a;

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

/// How far a pass goes. Every limit is for one pass; the next one goes on.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Settings {
    /// Polling stops once so many alerts wait or are parked: the others are safest in the indexer.
    pub backlog_max: u64,
    /// Polling stops after about this long, and so does the work on claims.
    pub pass_max: Duration,
    /// How often the indexer's counts are compared with ours.
    pub count_audit_every: Duration,
    /// While more than [`LOOK_ALWAYS_MAX`] alerts are on their way, they are looked for on disk only this often: that takes
    /// a look at every name.
    pub look_every: Duration,
    /// What stage 5 writes on every pack.
    pub escalation: EscalationSettings,
}

impl Default for Settings {
    /// 50,000 alerts, ten minutes, an hour, an hour; packs are amber.
    fn default() -> Self {
        Settings {
            backlog_max: 50_000,
            pass_max: Duration::from_secs(600),
            count_audit_every: Duration::from_secs(3_600),
            look_every: Duration::from_secs(3_600),
            escalation: EscalationSettings::default(),
        }
    }
}

/// Up to so many alerts on their way are looked for on disk in every pass.
pub const LOOK_ALWAYS_MAX: u64 = 10_000;

/// A pipeline that can make passes, one after the other.
pub struct Pipeline<'h> {
    pub(crate) host: &'h dyn Host,
    pub(crate) spool: &'h Spool<'h>,
    pub(crate) policy: &'h Policy,
    pub(crate) intake: Option<Intake<'h>>,
    pub(crate) settings: Settings,
    /// `state/`: what the next pass must know.
    pub(crate) state: Dir<'h>,
    /// Open from one pass to the next, until something goes wrong with it.
    pub(crate) publisher: Option<Publisher<'h>>,
    /// Likewise.
    pub(crate) poller: Option<Poller<'h>>,
    pub(crate) former: Former,
    pub(crate) memory: Memory,
    /// What reconcile knows; loaded anew after it failed.
    pub(crate) book: Option<Book>,
    pub(crate) witness: &'h dyn Witness,
}

/// The directory beside the spool's parts that holds what the next pass must know.
const STATE: &str = "state";

type Run = fn(&mut Pipeline<'_>, &mut Pass<'_>) -> Result<(), Failure>;

/// The stages in their order. There is no other list.
const STAGES: [(Stage, Run); 7] = [
    (Stage::Poll, poll::run),
    (Stage::Cap, cap::run),
    (Stage::Triage, drain::run),
    (Stage::Cases, drain::account),
    (Stage::Escalation, escalation::run),
    (Stage::Reconcile, reconcile::run),
    (Stage::Heartbeat, heartbeat::run),
];

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
        let host = spool.host();
        let state = Dir::open_or_make(host, spool.root().at(STATE))
            .map_err(|error| Failure::of_host("open", STATE, &error))?;
        let memory = Memory::load(spool.root())?;
        Ok(Pipeline {
            host,
            spool,
            policy,
            intake,
            settings,
            state,
            publisher: None,
            poller: None,
            former: Former::default(),
            memory,
            book: None,
            witness: &Nobody,
        })
    }

    /// The same pipeline, followed by `witness`.
    pub fn witnessed_by(self, witness: &'h dyn Witness) -> Self {
        Pipeline { witness, ..self }
    }

    /// Makes one pass: every stage once, whatever happens to the others.
    ///
    /// Never fails as a whole. A crash at any call loses nothing: the next pass goes on from what is durable.
    pub fn pass(&mut self, run_id: &str, hands: &mut Hands<'_>) -> Report {
        let started = self.host.now();
        let mut pass = Pass::new(run_id, started, hands);
        for (stage, run) in STAGES {
            let began = self.host.now();
            pass.counts = Counts::default();
            // Of the gravest level, so that whatever is told from within says which stage it is of.
            let span = tracing::error_span!("stage", stage = stage.word());
            let failure = span.in_scope(|| run(self, &mut pass)).err();
            if let Some(failure) = &failure {
                tracing::error!(run_id, stage = stage.word(), %failure, "a stage failed");
            }
            let duration_ms = elapsed_ms(began, self.host.now());
            pass.stages.push(StageReport {
                stage,
                began,
                duration_ms,
                counts: pass.counts,
                failure,
            });
        }
        let finished = self.host.now();
        pass.into_report(finished)
    }

    /// When a part of this pass that begins now must stop.
    pub(crate) fn deadline(&self) -> Millis {
        let most = i64::try_from(self.settings.pass_max.as_millis()).unwrap_or(i64::MAX);
        Millis(self.host.now().0.saturating_add(most))
    }

    /// The one publisher, opened (and what a crash left, recovered) if it is not open.
    pub(crate) fn publisher(&mut self) -> Result<&mut Publisher<'h>, Failure> {
        if self.publisher.is_none() {
            let open = || Publisher::open(self.spool);
            let opened = witnessed(self.witness, Activity::Recover, open, |_| {
                Outcome::default()
            });
            self.publisher = Some(opened?);
        }
        Ok(self.publisher.as_mut().expect("it was just opened"))
    }
}

/// Milliseconds from one time to the other; 0 if the clock was stepped back.
pub(crate) fn elapsed_ms(from: Millis, to: Millis) -> u64 {
    u64::try_from(to.0.saturating_sub(from.0)).unwrap_or(0)
}

/// The time as files tell it. One that no calendar has is told as 1970.
pub(crate) fn timestamp(at: Millis) -> Timestamp {
    Timestamp::from_millisecond(at.0).unwrap_or(Timestamp::UNIX_EPOCH)
}
