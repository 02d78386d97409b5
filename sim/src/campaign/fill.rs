//! From runs to the campaign that every report is a function of.

use super::cells::{CellPlan, Role};
use super::execute::{Executed, Ran};
use super::findings::{self, Recorded};
use super::measures::measure;
use super::repeat::Repeats;
use super::{axes, compared, environment, incident, overlay, pairs};
use crate::report::model::{
    Campaign, Canary, Cell, Checked, Environment, Expect, SCHEMA, Sometimes, Trouble, TroubleKind,
    Unresolved, Wall,
};
use crate::scenario::{Engine, Scenario};
use crate::tape::{ACCIDENT, broken_of, fingerprint};
use contract::sometimes::Goal;
use std::collections::BTreeMap;

/// What a campaign says of itself.
#[derive(Clone, PartialEq, Debug)]
pub struct About {
    /// The profile that set the number of seeds.
    pub profile: String,
    /// The seed, and where it came from.
    pub seed: String,
    /// The commit.
    pub commit: String,
    /// The line that starts the same campaign.
    pub command: String,
    /// How n was fixed beforehand.
    pub stopping_rule: String,
    /// Where its files lie, as lines to paste name it.
    pub folder: String,
    /// Seconds that it took on the real machine.
    pub seconds: f64,
    /// Whether every two dangers of a swarm must have been on together.
    pub must_pair: bool,
    /// Whether its goals and canaries are judged. A sweep measures, and judges neither.
    pub is_judged: bool,
}

/// Fills a campaign, and says which runs are to be kept as tapes.
pub fn fill(
    plans: &[CellPlan],
    executed: &Executed,
    repeats: Option<Repeats>,
    about: &About,
) -> (Campaign, Vec<Recorded>) {
    let by_cell = runs_by_cell(plans, executed);
    let cells: Vec<(&CellPlan, &Vec<&Ran>)> = plans.iter().zip(&by_cell).collect();
    let mut cells: Vec<Cell> = cells
        .into_iter()
        .map(|(plan, runs)| cell_of(plan, runs))
        .collect();
    let recorded = findings::record(&cells, executed);
    name_tapes(&mut cells, &by_cell, &recorded);
    let scenarios = scenarios(plans);
    let (share, mut troubles) = match repeats {
        Some(repeats) => (Some(repeats.share), repeats.troubles),
        None => (None, Vec::new()),
    };
    troubles.extend(executed.broken.iter().map(|note| Trouble {
        kind: TroubleKind::HarnessBug,
        note: note.clone(),
    }));
    troubles.extend(cut_off(plans, &by_cell));
    let swarms = pairs::swarms(plans, &by_cell);
    if about.must_pair {
        troubles.extend(pairs::unmet(&swarms));
    }
    let campaign = Campaign {
        schema: SCHEMA,
        environment: environment_of(about, &scenarios),
        stopping_rule: about.stopping_rule.clone(),
        sometimes: if about.is_judged {
            sometimes(&scenarios, executed)
        } else {
            Vec::new()
        },
        axes: axes::rows(plans, &by_cell),
        canaries: canaries(plans, &by_cell, about.is_judged),
        swarms,
        findings: findings::findings(
            plans,
            &cells,
            executed,
            &recorded,
            &about.commit,
            &about.folder,
        ),
        troubles,
        repeats: share,
        incident: incident::rows(plans, &by_cell),
        before_and_after: compared::rows(plans, &by_cell),
        unresolved: unresolved(&scenarios),
        observed_scans: incident::scans(&scenarios),
        overlay: overlay::of(plans, &by_cell),
        story: overlay::story(executed, &recorded),
        wall: Some(Wall {
            seconds: about.seconds,
            budget_seconds: None,
            machine: environment::machine(),
        }),
        cells,
        ..Campaign::default()
    };
    (campaign, recorded)
}

/// Which runs were cut off while they got on: whether their queues drain is not known.
fn cut_off(plans: &[CellPlan], by_cell: &[Vec<&Ran>]) -> Vec<Trouble> {
    let mut troubles = Vec::new();
    for (plan, runs) in plans.iter().zip(by_cell) {
        let cut = runs.iter().filter(|ran| ran.outcome.is_cut).count();
        if 0 < cut {
            let note = format!(
                "{cut} of {} runs of {} {} at {} files were cut off while their queues drained: raise clock.run_for",
                runs.len(),
                plan.scenario.id,
                plan.engine,
                plan.depth
            );
            troubles.push(Trouble {
                kind: TroubleKind::Incomplete,
                note,
            });
        }
    }
    troubles
}

/// Whether a run broke something that its cell must keep: such a run is repeated, whatever the sample says.
pub fn is_failure(plans: &[CellPlan], ran: &Ran) -> bool {
    let is_canary = |id: &str| expect_of(&plans[ran.cell], id) != Expect::Always;
    broken_of(&ran.outcome)
        .iter()
        .any(|broken| !is_canary(&broken.predicate))
}

fn runs_by_cell<'a>(plans: &[CellPlan], executed: &'a Executed) -> Vec<Vec<&'a Ran>> {
    let mut by_cell = vec![Vec::new(); plans.len()];
    for ran in &executed.runs {
        by_cell[ran.cell].push(ran);
    }
    by_cell
}

/// What breaking a predicate means for an engine: the production queue must keep all of them, in every scenario.
fn expect_of(plan: &CellPlan, id: &str) -> Expect {
    if id == ACCIDENT.0 || plan.engine == Engine::Spool {
        Expect::Always
    } else if plan.canary.iter().any(|canary| canary == id) {
        Expect::MustFail
    } else {
        Expect::Observed
    }
}

fn cell_of(plan: &CellPlan, runs: &[&Ran]) -> Cell {
    let of = runs.len() as u64;
    let mut known: Vec<(&str, &str)> = contract::predicates()
        .iter()
        .map(|predicate| (predicate.id, predicate.name))
        .collect();
    known.push(ACCIDENT);
    let failed = |id: &str| {
        let is_broken = |ran: &&&Ran| {
            broken_of(&ran.outcome)
                .iter()
                .any(|one| one.predicate == id)
        };
        runs.iter().filter(is_broken).count() as u64
    };
    let checked = |&(id, name): &(&str, &str)| Checked {
        id: id.to_owned(),
        name: name.to_owned(),
        expect: expect_of(plan, id),
        failed: failed(id),
        of,
        first_tape: None,
    };
    let mut predicates: Vec<Checked> = known.iter().map(checked).collect();
    // A specimen stops once it has shown what it must, so what it did not break says nothing.
    predicates.retain(|one| one.expect != Expect::Observed || 0 < one.failed);
    predicates.extend(asked_and_unknown(plan, &known));
    let mut cell = Cell {
        scenario: plan.scenario.id.clone(),
        variant: plan.variant(),
        engine: plan.engine.name().to_owned(),
        depth: plan.depth,
        runs: of,
        predicates,
        ..Cell::default()
    };
    measure(&mut cell, runs);
    cell
}

/// Predicates that the scenario asks the production queue to keep, and nobody checks: they count as not run.
fn asked_and_unknown(plan: &CellPlan, known: &[(&str, &str)]) -> Vec<Checked> {
    if plan.engine != Engine::Spool {
        return Vec::new();
    }
    let expect = &plan.scenario.expect;
    let asked = expect.always.iter().chain(&expect.eventually);
    let unknown = asked.filter(|id| !known.iter().any(|(known, _)| known == id));
    unknown
        .map(|id| Checked {
            id: id.clone(),
            name: "nobody checks it".to_owned(),
            expect: Expect::Always,
            failed: 0,
            of: 0,
            first_tape: None,
        })
        .collect()
}

fn name_tapes(cells: &mut [Cell], by_cell: &[Vec<&Ran>], recorded: &[Recorded]) {
    for (cell, runs) in cells.iter_mut().zip(by_cell) {
        for ran in runs {
            for broken in broken_of(&ran.outcome) {
                let print = fingerprint(&broken.predicate, ran.plan.engine, &broken.what);
                let tape = recorded.iter().find(|one| one.fingerprint == print);
                let checked = cell
                    .predicates
                    .iter_mut()
                    .find(|one| one.id == broken.predicate);
                if let (Some(tape), Some(checked)) = (tape, checked) {
                    checked.first_tape.get_or_insert_with(|| tape.file());
                }
            }
        }
    }
}

/// The scenarios of a campaign, each once, in order. Variants of one share its id.
fn scenarios(plans: &[CellPlan]) -> Vec<&Scenario> {
    let mut scenarios: Vec<&Scenario> = Vec::new();
    for plan in plans {
        if !scenarios.iter().any(|known| known.id == plan.scenario.id) {
            scenarios.push(&plan.scenario);
        }
    }
    scenarios
}

fn environment_of(about: &About, scenarios: &[&Scenario]) -> Environment {
    let names: Vec<String> = scenarios.iter().map(|scenario| scenario.name()).collect();
    let models: Vec<String> = scenarios
        .iter()
        .map(|scenario| {
            let latency = serde_json::to_value(scenario.machine.latency).unwrap_or_default();
            latency.as_str().unwrap_or_default().to_owned()
        })
        .collect::<std::collections::BTreeSet<String>>()
        .into_iter()
        .collect();
    Environment {
        version: env!("CARGO_PKG_VERSION").to_owned(),
        commit: about.commit.clone(),
        scenario: match &names[..] {
            [one] => one.clone(),
            many => format!("{} scenarios: {}", many.len(), many.join(" ")),
        },
        cost_model: models.join(" "),
        profile: about.profile.clone(),
        seed: about.seed.clone(),
        shard: "1/1".to_owned(),
        created: None,
        command: about.command.clone(),
    }
}

/// The goals of all scenarios: a goal is sought in the runs of those that ask for it, whatever engine ran.
fn sometimes(scenarios: &[&Scenario], executed: &Executed) -> Vec<Sometimes> {
    let mut goals: Vec<&str> = Vec::new();
    for goal in scenarios
        .iter()
        .flat_map(|scenario| &scenario.expect.sometimes)
    {
        if !goals.contains(&goal.as_str()) {
            goals.push(goal);
        }
    }
    let asks = |ran: &&Ran, goal: &str| {
        ran.plan
            .scenario
            .expect
            .sometimes
            .iter()
            .any(|asked| asked == goal)
    };
    let of_goal = |goal: &str| {
        let runs: Vec<&Ran> = executed.runs.iter().filter(|ran| asks(ran, goal)).collect();
        let known = Goal::by_name(goal);
        let saw = |ran: &&&Ran| known.is_some_and(|goal| ran.outcome.met.contains(goal));
        Sometimes {
            goal: goal.to_owned(),
            runs_seen: runs.iter().filter(saw).count() as u64,
            runs: runs.len() as u64,
        }
    };
    goals.into_iter().map(of_goal).collect()
}

fn canaries(plans: &[CellPlan], by_cell: &[Vec<&Ran>], must_fail: bool) -> Vec<Canary> {
    let mut all: BTreeMap<(usize, Engine, usize), Canary> = BTreeMap::new();
    let scenarios = scenarios(plans);
    for (plan, runs) in plans.iter().zip(by_cell) {
        let scenario = scenarios
            .iter()
            .position(|one| one.id == plan.scenario.id)
            .unwrap_or(0);
        for (place, id) in plan.canary.iter().enumerate() {
            let one = all
                .entry((scenario, plan.engine, place))
                .or_insert_with(|| Canary {
                    scenario: plan.scenario.id.clone(),
                    engine: plan.engine.name().to_owned(),
                    predicate: id.clone(),
                    killed: 0,
                    runs: 0,
                    must_fail: must_fail && plan.role == Role::Canary,
                });
            one.runs += runs.len() as u64;
            one.killed += runs.iter().filter(|ran| ran.outcome.is_broken(id)).count() as u64;
        }
    }
    all.into_values().collect()
}

fn unresolved(scenarios: &[&Scenario]) -> Vec<Unresolved> {
    let facts = scenarios.iter().flat_map(|scenario| &scenario.unresolved);
    facts
        .map(|fact| Unresolved {
            id: fact.id.clone(),
            note: fact.note.clone(),
        })
        .collect()
}
