//! What happens inside a pass, told to whoever follows it step by step.

use alert::AlertId;
use spool::{Completion, SpoolError};

/// A part of the queue's work that begins and ends.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Activity {
    /// A publisher or a worker opens, and recovers what a crash left.
    Recover,
    /// Alerts are made durable in the queue.
    Publish,
    /// The cap is enforced.
    Cap,
    /// What fits under the cap is brought back.
    Readmit,
    /// Claims are completed until nothing is left to claim.
    Work,
}

/// How an activity ended.
#[derive(Clone, Copy, Debug, Default)]
pub struct Outcome<'a> {
    /// Names that it saw.
    pub seen: u64,
    /// Names that led to an outcome.
    pub settled: u64,
    /// Uses of a name that found nothing.
    pub vanished: u64,
    /// Alerts that were known already.
    pub duplicates: u64,
    /// Whether it found nothing to do.
    pub is_empty: bool,
    /// Why it could not go on.
    pub error: Option<&'a SpoolError>,
}

/// Follows a pipeline from inside: a simulator holds what it is told against the contract. Nothing that a witness does can
/// change what the pipeline does.
pub trait Witness {
    /// An activity begins.
    fn begin(&self, _: Activity) {}

    /// The activity that began last ends.
    fn end(&self, _: Activity, _: Outcome<'_>) {}

    /// So many alerts were read again that had been handed over before, and were left out.
    fn repeated(&self, _: u64) {}

    /// These alerts are durable in the queue: their source need not keep them.
    fn acknowledge(&self, _: &[AlertId]) {}
}

/// Nobody looks.
pub(crate) struct Nobody;

impl Witness for Nobody {}

/// Runs `act` as an activity. `outcome` says how a success ended.
pub(crate) fn witnessed<T>(
    witness: &dyn Witness,
    activity: Activity,
    act: impl FnOnce() -> Result<T, SpoolError>,
    outcome: impl FnOnce(&T) -> Outcome<'static>,
) -> Result<T, SpoolError> {
    witness.begin(activity);
    let result = act();
    let ended = match &result {
        Ok(value) => outcome(value),
        Err(error) => Outcome {
            error: Some(error),
            ..Outcome::default()
        },
    };
    witness.end(activity, ended);
    result
}

impl Outcome<'_> {
    /// Adds what became of a claim.
    pub(crate) fn add(&mut self, done: &Completion) {
        self.seen += done.seen;
        self.vanished += done.vanished;
        self.settled += done.cased + done.quarantined + done.duplicates + done.vanished + done.held;
    }
}
