//! What the stages are called, and what each says of itself.

use crate::failure::Failure;
use host::Millis;

/// One of the seven stages, in the order in which a pass runs them.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
#[allow(missing_docs, reason = "the crate's first page says what each does")]
pub enum Stage {
    Poll,
    Cap,
    Triage,
    Cases,
    Escalation,
    Reconcile,
    Heartbeat,
}

impl Stage {
    /// All of them, in order.
    pub const ALL: [Stage; 7] = [
        Stage::Poll,
        Stage::Cap,
        Stage::Triage,
        Stage::Cases,
        Stage::Escalation,
        Stage::Reconcile,
        Stage::Heartbeat,
    ];

    /// The word that files, metrics and logs know it by.
    pub fn word(self) -> &'static str {
        match self {
            Stage::Poll => "poll",
            Stage::Cap => "cap",
            Stage::Triage => "triage",
            Stage::Cases => "cases",
            Stage::Escalation => "escalation",
            Stage::Reconcile => "reconcile",
            Stage::Heartbeat => "heartbeat",
        }
    }
}

/// How much a stage did.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Counts {
    /// Alerts, or cases, that it took up.
    pub taken: u64,
    /// Those that it passed on.
    pub given: u64,
    /// Those that something was wrong with: quarantined, vanished, mismatched.
    pub errors: u64,
}

impl Counts {
    /// Adds what another did.
    pub(crate) fn add(&mut self, other: Counts) {
        self.taken += other.taken;
        self.given += other.given;
        self.errors += other.errors;
    }
}

/// How a stage went: what it did and gives stands also if it failed.
pub(crate) struct Ran<T> {
    /// How much it did.
    pub(crate) counts: Counts,
    /// What later stages, and the report, get of it.
    pub(crate) gives: T,
    /// Why it could not finish.
    pub(crate) failure: Option<Failure>,
}

impl<T: Default> Ran<T> {
    /// Runs `act`, which notes what it did as soon as it did it, so that a failure takes nothing of it back.
    pub(crate) fn noting(act: impl FnOnce(&mut Counts, &mut T) -> Result<(), Failure>) -> Self {
        let (mut counts, mut gives) = (Counts::default(), T::default());
        let failure = act(&mut counts, &mut gives).err();
        Ran {
            counts,
            gives,
            failure,
        }
    }
}

/// One stage of one pass.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct StageReport {
    /// Which.
    pub stage: Stage,
    /// When it began.
    pub began: Millis,
    /// How long it took, in milliseconds. 0 if the clock was stepped back meanwhile.
    pub duration_ms: u64,
    /// How much it did, also before it failed.
    pub counts: Counts,
    /// Why it could not finish.
    pub failure: Option<Failure>,
}
