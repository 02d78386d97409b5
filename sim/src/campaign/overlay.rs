//! The history of the queue's depth, simulated and observed; and the race, as a picture.

use super::cells::{CellPlan, is_history};
use super::execute::{Executed, Ran};
use super::findings::Recorded;
use crate::report::model::{DepthSeries, Mark, Observed, Overlay, Race, RaceEvent, Role};
use crate::run::{Told, tell};
use crate::scenario::{Engine, Scenario};

/// A longer history is thinned: a chart has no room for more.
const POINTS_MAX: usize = 400;

/// The overlay of the first scenario that is a history.
pub(super) fn of(plans: &[CellPlan], by_cell: &[Vec<&Ran>]) -> Option<Overlay> {
    let history = plans.iter().find(|plan| is_history(&plan.scenario))?;
    let scenario = &history.scenario;
    let mut overlay = Overlay {
        day: day(scenario),
        ..Overlay::default()
    };
    for (plan, runs) in plans.iter().zip(by_cell) {
        let Some(first) = runs.first().filter(|_| plan.scenario.id == scenario.id) else {
            continue;
        };
        let name = match plan.engine {
            Engine::Spool => "spool on the same arrivals",
            Engine::Legacy | Engine::Hotfix => "as it was: legacy, then hotfix",
        };
        overlay.series.push(DepthSeries {
            name: name.to_owned(),
            points: points(scenario, &first.outcome.depths),
        });
        if plan.engine != Engine::Spool {
            let crashes = first.outcome.crashes.iter();
            let mark = |(time, what): &(u64, String)| Mark {
                minute: minute(scenario, *time),
                label: what.clone(),
            };
            overlay.simulated_crashes = crashes.map(mark).collect();
        }
    }
    for observed in &scenario.observed {
        let depths = [observed.depth, observed.depth_end];
        for (at, depth) in observed.at_ns.iter().zip(depths) {
            let Some(depth) = depth else { continue };
            overlay.observed.push(Observed {
                minute: minute(scenario, *at),
                depth,
                label: observed.id.clone(),
            });
        }
        if observed.count.is_some() {
            let mark = |(number, at): (usize, &u64)| Mark {
                minute: minute(scenario, *at),
                label: format!("crash {}", number + 1),
            };
            overlay.crashes = observed.at_ns.iter().enumerate().map(mark).collect();
        }
    }
    Some(overlay)
}

fn points(scenario: &Scenario, depths: &[(u64, u64)]) -> Vec<(f64, u64)> {
    let step = depths.len().div_ceil(POINTS_MAX).max(1);
    let thinned = depths.iter().step_by(step);
    thinned
        .map(|(time, depth)| (minute(scenario, *time), *depth))
        .collect()
}

/// Minutes since the midnight before the scenario starts.
fn minute(scenario: &Scenario, time_ns: u64) -> f64 {
    let start = scenario.clock.t0_ms.rem_euclid(86_400_000) as f64 / 60_000.0;
    start + time_ns as f64 / 60e9
}

fn day(scenario: &Scenario) -> String {
    let epoch = jiff::civil::Date::constant(1970, 1, 1);
    let days = scenario.clock.t0_ms.div_euclid(86_400_000);
    let days = jiff::Span::new().try_days(days);
    let date = days.and_then(|days| epoch.checked_add(days));
    date.map_or_else(
        |_| "day 0".to_owned(),
        |date| date.strftime("%-d %B %Y, UTC").to_string(),
    )
}

/// The most steps of a run that is played again for its picture.
const STORY_STEPS_MAX: u64 = 5_000_000;

/// The race as the smallest recorded run shows it: a failure if there is one, otherwise the canary's vanish.
pub(super) fn story(executed: &Executed, recorded: &[Recorded]) -> Option<Race> {
    let steps = |one: &&Recorded| executed.runs[one.run].outcome.steps;
    let failure = recorded
        .iter()
        .filter(|one| !one.is_expected)
        .min_by_key(steps);
    let vanish = || {
        let vanishes = recorded.iter().filter(|one| one.broken.predicate == "S8");
        vanishes.min_by_key(steps)
    };
    let one = failure
        .or_else(vanish)
        .filter(|one| steps(one) < STORY_STEPS_MAX)?;
    let plan = &executed.runs[one.run].plan;
    let (_, told) = tell(plan, &one.broken.predicate);
    let title = format!(
        "{}: {} {} on {}, {}, {} files",
        one.fingerprint,
        one.broken.predicate,
        one.broken.name,
        plan.engine,
        plan.scenario.id,
        plan.depth
    );
    race(title, &told, &one.broken.what)
}

fn race(title: String, told: &[Told], what: &str) -> Option<Race> {
    let (first, last) = (told.first()?, told.last()?);
    let mut lanes: Vec<String> = Vec::new();
    for one in told {
        if !lanes.contains(&one.actor) {
            lanes.push(one.actor.clone());
        }
    }
    let lane = |actor: &str| lanes.iter().position(|lane| lane == actor).unwrap_or(0);
    let mut events: Vec<RaceEvent> = Vec::new();
    for one in told {
        events.push(RaceEvent {
            at_nanos: one.time_ns - first.time_ns,
            lane: lane(&one.actor),
            what: one.words(),
            role: Role::Step,
        });
    }
    // What another actor did to the name last is what the violating step ran into.
    let others = |one: &Told| one.name == last.name && one.actor != last.actor && !one.is_error;
    if let Some(cause) = told.iter().rposition(others) {
        events[cause].role = Role::Cause;
    }
    events.push(RaceEvent {
        at_nanos: last.time_ns - first.time_ns,
        lane: lane(&last.actor),
        what: what.to_owned(),
        role: Role::Violation,
    });
    let used = told.len() - 1;
    let listed = told
        .iter()
        .rposition(|one| one.actor == last.actor && one.is_listing());
    Some(Race {
        title,
        lanes,
        events,
        list_to_use: listed.map(|listed| (listed, used)),
    })
}
