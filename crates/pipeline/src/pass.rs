//! One pass while it runs, and what is left of it.

use crate::drain::Drained;
use crate::pipeline::Hands;
use crate::reconcile::Reconciled;
use crate::stage::{Counts, Stage, StageReport};
use host::Millis;
use spool::Depth;

/// How a pass went.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Report {
    /// What the caller called it.
    pub run_id: String,
    /// When it began.
    pub started: Millis,
    /// When it ended.
    pub finished: Millis,
    /// Every stage, in order.
    pub stages: Vec<StageReport>,
    /// How deep the queue is now; `None` if that could not be seen.
    pub depth: Option<Depth>,
    /// What reconcile found; `None` if it could not finish.
    pub reconciled: Option<Reconciled>,
    /// Whether the indexer has more for us now: a pass ends at its limits.
    pub has_more: bool,
}

impl Report {
    /// Whether every stage finished, and nothing is mismatched.
    pub fn is_ok(&self) -> bool {
        let all_finished = self.stages.iter().all(|stage| stage.failure.is_none());
        let mismatches = self.reconciled.as_ref().map_or(0, Reconciled::mismatches);
        all_finished && mismatches == 0
    }

    /// The report of one stage.
    pub fn stage(&self, stage: Stage) -> Option<&StageReport> {
        self.stages.iter().find(|report| report.stage == stage)
    }
}

/// A pass that runs: what its stages tell each other.
pub(crate) struct Pass<'a> {
    pub(crate) run_id: &'a str,
    pub(crate) started: Millis,
    pub(crate) hands: &'a mut Hands<'a>,
    pub(crate) stages: Vec<StageReport>,
    /// What the running stage has done so far.
    pub(crate) counts: Counts,
    /// What the workers did, from stage 3 to stage 4.
    pub(crate) drained: Vec<Drained>,
    pub(crate) depth: Option<Depth>,
    pub(crate) reconciled: Option<Reconciled>,
    pub(crate) has_more: bool,
}

impl<'a> Pass<'a> {
    pub(crate) fn new(run_id: &'a str, started: Millis, hands: &'a mut Hands<'a>) -> Self {
        Pass {
            run_id,
            started,
            hands,
            stages: Vec::with_capacity(Stage::ALL.len()),
            counts: Counts::default(),
            drained: Vec::new(),
            depth: None,
            reconciled: None,
            has_more: false,
        }
    }

    pub(crate) fn into_report(self, finished: Millis) -> Report {
        Report {
            run_id: self.run_id.to_owned(),
            started: self.started,
            finished,
            stages: self.stages,
            depth: self.depth,
            reconciled: self.reconciled,
            has_more: self.has_more,
        }
    }
}
