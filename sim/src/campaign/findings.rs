//! Findings: one for each cause, with the tape that shows it.

use super::cells::{CellPlan, pace_words};
use super::execute::{Executed, Ran};
use crate::report::model::{Cell, Expect, Finding, FindingStatus};
use crate::scenario::AxisKind;
use crate::tape::{Broken, Tape, broken_of, fingerprint};
use std::collections::BTreeMap;

/// A cause of failure, and the run that shows it at the smallest depth.
#[derive(Clone, Debug)]
pub struct Recorded {
    /// `F-` and six digits.
    pub fingerprint: String,
    /// What was broken.
    pub broken: Broken,
    /// Index of the run among all.
    pub run: usize,
    /// Whether it is the death of a canary, as it must be.
    pub is_expected: bool,
}

impl Recorded {
    /// The file's name, in the folder of the run.
    pub fn file(&self) -> String {
        format!("{}.tape", self.fingerprint)
    }

    /// The tape.
    pub fn tape(&self, executed: &Executed, commit: &str) -> Tape {
        let ran = &executed.runs[self.run];
        Tape::of(
            &ran.plan,
            &ran.outcome,
            commit,
            Some(&self.broken.predicate),
        )
    }
}

/// What counts as a failure of a run: everything that its engine must not break.
pub(super) fn failures(cell: &Cell, ran: &Ran) -> Vec<Broken> {
    let is_judged = |one: &Broken| expect_of(cell, &one.predicate) == Some(Expect::Always);
    broken_of(&ran.outcome)
        .into_iter()
        .filter(is_judged)
        .collect()
}

fn expect_of(cell: &Cell, id: &str) -> Option<Expect> {
    cell.predicates
        .iter()
        .find(|checked| checked.id == id)
        .map(|checked| checked.expect)
}

/// Every cause, by fingerprint, each with its smallest run. Causes that nobody judges are left out.
pub(super) fn record(cells: &[Cell], executed: &Executed) -> Vec<Recorded> {
    let mut found: BTreeMap<String, Recorded> = BTreeMap::new();
    for (run, ran) in executed.runs.iter().enumerate() {
        for broken in broken_of(&ran.outcome) {
            let is_expected = match expect_of(&cells[ran.cell], &broken.predicate) {
                Some(Expect::Always) => false,
                Some(Expect::MustFail) => true,
                Some(Expect::Observed) | None => continue,
            };
            let print = fingerprint(&broken.predicate, ran.plan.engine, &broken.what);
            let new = Recorded {
                fingerprint: print.clone(),
                broken,
                run,
                is_expected,
            };
            let size = |run: usize| {
                let one = &executed.runs[run];
                (one.plan.depth, one.outcome.steps, run)
            };
            match found.get_mut(&print) {
                None => {
                    found.insert(print, new);
                }
                Some(old) if size(new.run) < size(old.run) => *old = new,
                Some(_) => {}
            }
        }
    }
    found.into_values().collect()
}

/// The findings of a campaign, whose tapes lie in `folder`.
pub(super) fn findings(
    plans: &[CellPlan],
    cells: &[Cell],
    executed: &Executed,
    recorded: &[Recorded],
    commit: &str,
    folder: &str,
) -> Vec<Finding> {
    let news = recorded.iter().filter(|one| !one.is_expected);
    news.map(|one| {
        let first = &executed.runs[one.run];
        let is_same = |ran: &&Ran| {
            let same = |broken: &Broken| {
                fingerprint(&broken.predicate, ran.plan.engine, &broken.what) == one.fingerprint
            };
            ran.cell == first.cell && failures(&cells[ran.cell], ran).iter().any(same)
        };
        Finding {
            fingerprint: one.fingerprint.clone(),
            status: FindingStatus::New,
            predicate: one.broken.predicate.clone(),
            name: one.broken.name.clone(),
            engine: first.plan.engine.name().to_owned(),
            depth: first.plan.depth,
            failed: executed.runs.iter().filter(is_same).count() as u64,
            runs: cells[first.cell].runs,
            story: format!(
                "{}, seed 0x{:016x}, step {}: {}",
                first.plan.scenario.id, first.plan.seed, one.broken.step, one.broken.what
            ),
            shrunk: None,
            replay: format!("sim replay {folder}/{}", one.file()),
            seed_command: Some(seed_command(&plans[first.cell], first, commit)),
        }
    })
    .collect()
}

/// The line that runs a seed again at its commit.
fn seed_command(cell: &CellPlan, ran: &Ran, commit: &str) -> String {
    let checkout = match commit.trim_end_matches('+') {
        "unknown" => String::new(),
        clean => format!("git checkout {clean} && "),
    };
    checkout + &replay_line(cell, ran.plan.seed)
}

/// The line that runs a seed again.
pub(super) fn replay_line(cell: &CellPlan, seed: u64) -> String {
    let rate = cell
        .pace
        .map(|pace| format!(" --archiver-rate {}", pace_words(pace)));
    let axis = cell.at.as_ref();
    let axis = axis.filter(|(axis, _)| axis.kind != AxisKind::Depth);
    let point = axis.map(|(_, point)| format!(" --at {point}"));
    format!(
        "sim replay 0x{seed:016x} --scenario {} --engine {} --depth {}{}{}",
        cell.source,
        cell.engine,
        cell.depth,
        rate.unwrap_or_default(),
        point.unwrap_or_default()
    )
}
