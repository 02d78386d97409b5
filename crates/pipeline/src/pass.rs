//! One pass: its stages, each in an error boundary of its own, and what is left of it.

use crate::failure::Failure;
use crate::reconciled::Reconciled;
use crate::scrubbed::Scrubbed;
use crate::stage::{Ran, Stage, StageReport};
use crate::time::elapsed_ms;
use host::{Host, Millis};
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
    /// How the scrub stands; `None` if there is none, or its state could not be read.
    pub scrubbed: Option<Scrubbed>,
    /// Whether the indexer has more for us now: a pass ends at its limits.
    pub has_more: bool,
}

impl Report {
    /// Whether every stage finished, nothing is mismatched, and what is finished is what it was.
    pub fn is_ok(&self) -> bool {
        let all_finished = self.stages.iter().all(|stage| stage.failure.is_none());
        let mismatches = self.reconciled.as_ref().map_or(0, Reconciled::mismatches);
        let findings = self.scrubbed.as_ref().map_or(0, |scrub| scrub.findings);
        all_finished && mismatches == 0 && findings == 0
    }

    /// The report of one stage.
    pub fn stage(&self, stage: Stage) -> Option<&StageReport> {
        self.stages.iter().find(|report| report.stage == stage)
    }
}

/// A pass that runs: it times its stages, and keeps their reports.
pub(crate) struct Pass<'a> {
    host: &'a dyn Host,
    run_id: &'a str,
    stages: Vec<StageReport>,
    /// Why nothing but the heartbeat may be written.
    blocked: Option<Failure>,
}

impl<'a> Pass<'a> {
    pub(crate) fn new(host: &'a dyn Host, run_id: &'a str) -> Self {
        Pass {
            host,
            run_id,
            stages: Vec::with_capacity(Stage::ALL.len()),
            blocked: None,
        }
    }

    /// From here on no stage runs but the heartbeat, which tells that all of them failed for this reason.
    pub(crate) fn block(&mut self, failure: Failure) {
        self.blocked = Some(failure);
    }

    /// Runs a stage, which may see the reports of those before it. Whether it fails or not, returns what it gives.
    pub(crate) fn run<T: Default>(
        &mut self,
        stage: Stage,
        act: impl FnOnce(&[StageReport]) -> Ran<T>,
    ) -> T {
        let began = self.host.now();
        // Of the gravest level, so that whatever is told from within says which stage it is of.
        let span = tracing::error_span!("stage", stage = stage.word());
        let blocked = self.blocked.clone().filter(|_| stage != Stage::Heartbeat);
        let ran = match blocked {
            Some(failure) => Ran::noting(|_, _| Err(failure)),
            None => span.in_scope(|| act(&self.stages)),
        };
        if let Some(failure) = &ran.failure {
            let run_id = self.run_id;
            tracing::error!(run_id, stage = stage.word(), %failure, "a stage failed");
        }
        self.stages.push(StageReport {
            stage,
            began,
            duration_ms: elapsed_ms(began, self.host.now()),
            counts: ran.counts,
            failure: ran.failure,
        });
        ran.gives
    }

    /// The reports of all stages that ran, in order.
    pub(crate) fn into_stages(self) -> Vec<StageReport> {
        self.stages
    }
}
