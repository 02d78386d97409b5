//! The verdict: one of three answers, decided in one documented order.

use super::model::{Campaign, Checked, Expect, FindingStatus, TroubleKind};
use super::units::exact_count;

/// How a campaign ended.
///
/// The variants stand in the order in which they are decided: the first that applies wins, so a counterexample is never
/// hidden by an inconclusive rest.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Verdict {
    /// The harness broke one of its own promises.
    HarnessBug,
    /// The same tape gave two hashes.
    Nondeterministic,
    /// A predicate that must hold failed.
    Fail,
    /// Nothing failed, and nothing was proved.
    Inconclusive,
    /// A boundary moved against the baseline.
    Regressed,
    /// There was nothing to run.
    NothingRan,
    /// The campaign was stopped; its results are partial.
    Interrupted,
    /// Everything held, and everything that had to happen happened.
    Pass,
}

impl Verdict {
    /// The process's exit code.
    pub fn exit_code(self) -> u8 {
        match self {
            Verdict::HarnessBug => 70,
            Verdict::Nondeterministic => 5,
            Verdict::Fail => 1,
            Verdict::Inconclusive => 3,
            Verdict::Regressed => 6,
            Verdict::NothingRan => 4,
            Verdict::Interrupted => 130,
            Verdict::Pass => 0,
        }
    }

    /// The word that reports print.
    pub fn word(self) -> &'static str {
        match self {
            Verdict::HarnessBug => "HARNESS BUG",
            Verdict::Nondeterministic => "NONDETERMINISTIC",
            Verdict::Fail => "FAIL",
            Verdict::Inconclusive => "INCONCLUSIVE",
            Verdict::Regressed => "REGRESSED",
            Verdict::NothingRan => "NOTHING RAN",
            Verdict::Interrupted => "INTERRUPTED",
            Verdict::Pass => "PASS",
        }
    }
}

/// How many predicates held, failed and were not run, each counted once for each engine and depth.
///
/// Predicates that a canary must break, or that nobody judges, are not counted. Beside them each cost is counted that must be flat
/// along an axis.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Tally {
    /// Held in every run.
    pub passed: u64,
    /// Failed in at least one run.
    pub failed: u64,
    /// Had no runs.
    pub skipped: u64,
}

impl Campaign {
    /// The verdict, a function of this campaign alone.
    pub fn verdict(&self) -> Verdict {
        let tally = self.tally();
        let troubled = |kind| self.troubles.iter().any(|trouble| trouble.kind == kind);
        let ran = self.cells.iter().any(|cell| 0 < cell.runs);
        if troubled(TroubleKind::HarnessBug) {
            Verdict::HarnessBug
        } else if troubled(TroubleKind::Nondeterministic) || self.repeats_differ() {
            Verdict::Nondeterministic
        } else if 0 < tally.failed || self.has_open_finding() {
            Verdict::Fail
        } else if ran && !self.doubts().is_empty() {
            Verdict::Inconclusive
        } else if troubled(TroubleKind::Regressed) {
            Verdict::Regressed
        } else if !ran && !troubled(TroubleKind::Interrupted) {
            Verdict::NothingRan
        } else if troubled(TroubleKind::Interrupted) {
            Verdict::Interrupted
        } else {
            Verdict::Pass
        }
    }

    /// How many predicates held, failed and were not run.
    pub fn tally(&self) -> Tally {
        let judged = self
            .cells
            .iter()
            .flat_map(|cell| &cell.predicates)
            .filter(|checked| checked.expect == Expect::Always);
        let tally = judged.fold(Tally::default(), |mut tally, checked| {
            match (checked.of, checked.failed) {
                (0, _) => tally.skipped += 1,
                (_, 0) => tally.passed += 1,
                _ => tally.failed += 1,
            }
            tally
        });
        let costs = self.axes.iter().flat_map(|row| &row.costs);
        let judged = costs.filter(|cost| cost.must_be_flat && !cost.is_unknown());
        judged.fold(tally, |mut tally, cost| {
            match cost.has_grown() {
                true => tally.failed += 1,
                false => tally.passed += 1,
            }
            tally
        })
    }

    /// Why a clean campaign proves nothing: each reason makes it inconclusive.
    pub fn doubts(&self) -> Vec<String> {
        let unseen = self
            .sometimes
            .iter()
            .filter(|goal| goal.runs_seen == 0)
            .map(|goal| {
                let runs = exact_count(goal.runs);
                format!(
                    "sometimes '{}' never happened in {runs} runs: the scenario cannot test it",
                    goal.goal
                )
            });
        let alive = self
            .canaries
            .iter()
            .filter(|canary| canary.must_fail && canary.killed == 0)
            .map(|canary| {
                format!(
                    "canary '{}' survived {} in {} runs: the check does not bite",
                    canary.engine,
                    canary.predicate,
                    exact_count(canary.runs)
                )
            });
        let incomplete = self
            .troubles
            .iter()
            .filter(|trouble| trouble.kind == TroubleKind::Incomplete)
            .map(|trouble| trouble.note.clone());
        let unknown = self.axes.iter().flat_map(|row| {
            let costs = row.costs.iter().filter(|cost| cost.is_unknown());
            costs.map(|cost| {
                format!(
                    "{} runs along '{}' cannot tell whether {} is flat: more seeds, or more points",
                    exact_count(row.runs),
                    row.scenario,
                    cost.measure
                )
            })
        });
        let skipped = self.tally().skipped;
        let skipped =
            (0 < skipped).then(|| format!("{skipped} predicates were not run at some depth"));
        unseen
            .chain(alive)
            .chain(incomplete)
            .chain(unknown)
            .chain(skipped)
            .collect()
    }

    fn repeats_differ(&self) -> bool {
        self.repeats.is_some_and(|repeats| repeats.ok < repeats.of)
    }

    /// A finding of this campaign stands for a failed predicate, even if a cell's count was lost.
    fn has_open_finding(&self) -> bool {
        let open = |status| matches!(status, FindingStatus::New | FindingStatus::Ongoing);
        self.findings
            .iter()
            .any(|finding| open(finding.status) && !self.is_expected(finding))
    }

    fn is_expected(&self, finding: &super::model::Finding) -> bool {
        let judged = |checked: &Checked| checked.id == finding.predicate;
        let mut marks = self
            .cells
            .iter()
            .filter(|cell| cell.engine == finding.engine)
            .flat_map(|cell| &cell.predicates)
            .filter(|checked| judged(checked))
            .peekable();
        marks.peek().is_some() && marks.all(|checked| checked.expect != Expect::Always)
    }
}

#[cfg(test)]
mod tests {
    use super::super::demo;
    use super::super::model::{AxisCost, AxisRow, Share, Trouble};
    use super::*;
    use crate::stats::Interval;

    #[test]
    fn the_first_rule_that_applies_wins() {
        let mut campaign = demo::campaign();
        assert_eq!(campaign.verdict(), Verdict::Pass);
        campaign.sometimes[0].runs_seen = 0;
        assert_eq!(campaign.verdict(), Verdict::Inconclusive);
        assert!(
            campaign.doubts()[0].contains("never happened"),
            "{:?}",
            campaign.doubts()
        );
        let spool = campaign
            .cells
            .iter()
            .position(|c| c.engine == "spool")
            .unwrap();
        campaign.cells[spool].predicates[0].failed = 1;
        assert_eq!(campaign.verdict(), Verdict::Fail);
        campaign.repeats = Some(Share { ok: 62, of: 63 });
        assert_eq!(campaign.verdict(), Verdict::Nondeterministic);
        let note = "negative time".to_owned();
        campaign.troubles.push(Trouble {
            kind: TroubleKind::HarnessBug,
            note,
        });
        assert_eq!(campaign.verdict(), Verdict::HarnessBug);
        assert_eq!(campaign.verdict().exit_code(), 70);
    }

    #[test]
    fn a_canary_that_lives_makes_the_campaign_worthless() {
        let mut campaign = demo::campaign();
        let canary = campaign.canaries.iter_mut().find(|c| c.must_fail).unwrap();
        canary.killed = 0;
        assert_eq!(campaign.verdict(), Verdict::Inconclusive);
    }

    #[test]
    fn a_cost_that_grows_along_an_axis_fails_and_one_that_may_is_a_doubt() {
        let with = |low, high, must_be_flat| {
            let mut campaign = demo::campaign();
            campaign.axes = vec![AxisRow {
                scenario: "age".to_owned(),
                axis: "age".to_owned(),
                unit: "passes".to_owned(),
                engine: "spool".to_owned(),
                range: [10, 10_000],
                runs: 12,
                failed: 0,
                costs: vec![AxisCost {
                    measure: "start".to_owned(),
                    ends: [200.0, 200.0],
                    exponent: Some(f64::midpoint(low, high)),
                    interval: Some(Interval { low, high }),
                    must_be_flat,
                }],
            }];
            (campaign.verdict(), campaign.tally())
        };
        let before = demo::campaign().tally();
        let (verdict, tally) = with(-0.01, 0.01, true);
        assert_eq!((verdict, tally.passed), (Verdict::Pass, before.passed + 1));
        let (verdict, tally) = with(0.06, 0.4, true);
        assert_eq!((verdict, tally.failed), (Verdict::Fail, before.failed + 1));
        assert_eq!(with(-0.1, 0.4, true).0, Verdict::Inconclusive);
        assert_eq!(with(0.06, 0.4, false), (Verdict::Pass, before));
    }

    #[test]
    fn an_empty_campaign_ran_nothing() {
        assert_eq!(Campaign::default().verdict(), Verdict::NothingRan);
    }

    #[test]
    fn a_broken_canary_predicate_is_no_failure_and_no_cell() {
        let campaign = demo::campaign();
        let broken = |c: &Checked| c.expect == Expect::MustFail && 0 < c.failed;
        assert!(
            campaign
                .cells
                .iter()
                .flat_map(|c| &c.predicates)
                .any(broken)
        );
        assert_eq!(campaign.tally().failed, 0);
    }
}
