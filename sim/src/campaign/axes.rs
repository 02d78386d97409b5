//! What the runs of a campaign show along the axes of scale.

use super::cells::CellPlan;
use super::execute::Ran;
use crate::report::model::{AxisCost, AxisRow};
use crate::run::Outcome;
use crate::scenario::{Axis, AxisKind, Engine, Measure};
use crate::stats::growth::Growth;
use crate::stats::sample::median;

const LEVEL: f64 = 0.95;

/// One row for each scenario with an axis, and each queue that ran along it.
pub(super) fn rows(plans: &[CellPlan], by_cell: &[Vec<&Ran>]) -> Vec<AxisRow> {
    let mut rows: Vec<AxisRow> = Vec::new();
    let key = |plan: &CellPlan| (plan.scenario.id.clone(), plan.engine);
    let mut keys: Vec<(String, Engine)> = Vec::new();
    for plan in plans.iter().filter(|plan| plan.at.is_some()) {
        if !keys.contains(&key(plan)) {
            keys.push(key(plan));
        }
    }
    for wanted in keys {
        let mut runs: Vec<(u64, &Ran)> = Vec::new();
        let mut first: Option<&Axis> = None;
        for (plan, ran) in plans.iter().zip(by_cell) {
            let Some((axis, point)) = plan.at.as_ref().filter(|_| key(plan) == wanted) else {
                continue;
            };
            first.get_or_insert(axis);
            runs.extend(ran.iter().map(|ran| (*point, *ran)));
        }
        rows.extend(first.and_then(|axis| row(axis, wanted, &runs)));
    }
    rows.sort_by_key(|row| {
        let place = |kind: &AxisKind| kind.name() == row.axis;
        AxisKind::ALL.iter().position(place)
    });
    rows
}

fn row(axis: &Axis, (scenario, engine): (String, Engine), runs: &[(u64, &Ran)]) -> Option<AxisRow> {
    let points = || runs.iter().map(|(point, _)| *point);
    Some(AxisRow {
        scenario,
        axis: axis.kind.name().to_owned(),
        unit: axis.kind.unit().to_owned(),
        engine: engine.name().to_owned(),
        range: [points().min()?, points().max()?],
        runs: runs.len() as u64,
        failed: runs
            .iter()
            .filter(|(_, ran)| !ran.outcome.is_clean())
            .count() as u64,
        costs: axis
            .flat
            .iter()
            .filter_map(|measure| cost(*measure, engine, runs))
            .collect(),
    })
}

/// How a cost grows; `None` if this queue does not have it.
fn cost(measure: Measure, engine: Engine, runs: &[(u64, &Ran)]) -> Option<AxisCost> {
    let costs = runs.iter().filter_map(|(point, ran)| {
        let cost = of_run(measure, &ran.outcome)?;
        Some((*point as f64, cost))
    });
    let costs: Vec<(f64, f64)> = costs.collect();
    let must_be_flat = engine == Engine::Spool;
    if costs.is_empty() && !must_be_flat {
        return None;
    }
    let at = |wanted: f64| {
        let here: Vec<f64> = costs
            .iter()
            .filter(|(point, _)| (point - wanted).abs() < 0.5)
            .map(|(_, cost)| *cost)
            .collect();
        median(&here).unwrap_or(0.0)
    };
    let ends = |pick: fn(f64, f64) -> f64| costs.iter().map(|(point, _)| *point).reduce(pick);
    let growth = Growth::fit(&costs);
    Some(AxisCost {
        measure: measure.name().to_owned(),
        ends: [ends(f64::min), ends(f64::max)].map(|end| end.map_or(0.0, at)),
        exponent: growth.as_ref().map(Growth::exponent),
        interval: growth
            .as_ref()
            .map(|growth| growth.exponent_interval(LEVEL)),
        must_be_flat,
    })
}

/// A cost of one run, in calls; `None` if it did not come up.
fn of_run(measure: Measure, outcome: &Outcome) -> Option<f64> {
    let positive = |calls: u64| (0 < calls).then_some(calls as f64);
    match measure {
        Measure::IdlePass => positive(outcome.idle.calls_max),
        Measure::Start => positive(outcome.idle.start_calls_max),
        Measure::Window => positive(u64::from(outcome.windows.calls_max)),
        Measure::Alert => {
            let finished = positive(outcome.finished)?;
            Some(outcome.steps as f64 / finished)
        }
    }
}
