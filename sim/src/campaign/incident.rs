//! The account of the incident, figure by figure, against the runs.
//!
//! Which figures there are, the scenario's `[[observed]]` tables say; what is computed from the runs follows from the fields
//! that a table has. Nothing here decides a verdict: a miss is printed.

use super::cells::{CellPlan, is_history};
use super::execute::Ran;
use crate::report::model::{IncidentRow, ObservedScan, RowVerdict};
use crate::run::Outcome;
use crate::run::watch::PassLog;
use crate::scenario::units::show_ns;
use crate::scenario::{Engine, Observed, Pace, Scenario};
use contract::PassKind;

/// The rows of all scenarios that have an account.
pub(super) fn rows(plans: &[CellPlan], by_cell: &[Vec<&Ran>]) -> Vec<IncidentRow> {
    let mut rows = Vec::new();
    for (plan, runs) in plans.iter().zip(by_cell) {
        let (Some(first), true) = (runs.first(), tells_the_account(plan)) else {
            continue;
        };
        for observed in &plan.scenario.observed {
            rows.extend(rows_of(&plan.scenario, observed, &first.outcome));
        }
    }
    rows
}

/// A history tells it as a whole; an exercise was done with the hot fix.
fn tells_the_account(plan: &CellPlan) -> bool {
    let is_asked = !plan.scenario.observed.is_empty();
    is_asked
        && (plan.engine == Engine::Hotfix
            || (is_history(&plan.scenario) && plan.engine != Engine::Spool))
}

/// Scans that people measured.
pub(super) fn scans(scenarios: &[&Scenario]) -> Vec<ObservedScan> {
    let mut scans: Vec<ObservedScan> = Vec::new();
    for observed in scenarios.iter().flat_map(|scenario| &scenario.observed) {
        let (Some(depth), Some(vanished), Some(window)) =
            (observed.depth, observed.vanished, observed.window_ns)
        else {
            continue;
        };
        if !scans
            .iter()
            .any(|scan| scan.depth == depth && scan.vanished == vanished)
        {
            scans.push(ObservedScan {
                label: observed.id.clone(),
                depth,
                vanished,
                window_nanos: Some(window),
            });
        }
    }
    scans
}

/// A figure before it is worded.
struct Figure<'a> {
    name: String,
    account: f64,
    simulated: Option<f64>,
    unit: &'a str,
    tolerance: f64,
    note: String,
}

fn rows_of(scenario: &Scenario, observed: &Observed, outcome: &Outcome) -> Vec<IncidentRow> {
    let figure = |what: &str, account: u64, simulated: Option<f64>, unit: &'static str| Figure {
        name: format!("{}: {} {what}", scenario.id, observed.id),
        account: account as f64,
        simulated,
        unit,
        tolerance: observed.tolerance,
        note: observed.note.clone().unwrap_or_default(),
    };
    let mut figures = Vec::new();
    if let Some(count) = observed.count {
        let mut row = figure("count", count, Some(outcome.crashes.len() as f64), "");
        row.note = instants(scenario, outcome);
        figures.push(row);
    }
    let is_span = observed.at_ns.len() == 2;
    let scan = scan_of(observed, outcome);
    if let Some(window) = observed.window_ns {
        figures.push(figure("window", window, scan.map(length_ns), "ns"));
    }
    if let Some(vanished) = observed.vanished {
        let seen = scan.map(|pass| pass.report.vanished as f64);
        figures.push(figure("vanished", vanished, seen, " files"));
    }
    match (observed.depth, observed.depth_end) {
        (Some(depth), _) if is_span => {
            figures.push(figure(
                "depth before",
                depth,
                depth_at(outcome, observed.at_ns[0]),
                " files",
            ));
        }
        (Some(depth), None) if observed.at_ns.is_empty() => {
            let listed = scan.map(|pass| pass.report.seen as f64);
            figures.push(figure("files listed", depth, listed, " files"));
        }
        _ => {}
    }
    if let (Some(depth), true) = (observed.depth_end, is_span) {
        figures.push(figure(
            "depth after",
            depth,
            depth_at(outcome, observed.at_ns[1]),
            " files",
        ));
    }
    if let Some(unhandled) = observed.unhandled {
        let start = fixed_from(scenario);
        let later = outcome
            .crashes
            .iter()
            .filter(|(time, _)| start <= *time)
            .count();
        figures.push(figure("unhandled", unhandled, Some(later as f64), ""));
    }
    if let Some(lost) = observed.lost {
        // Conservation is the predicate that speaks of loss.
        let broken = outcome
            .violations
            .iter()
            .filter(|v| v.predicate == "S2")
            .count();
        figures.push(figure("lost", lost, Some(broken as f64), ""));
    }
    if let Some(Pace::EveryNs(interval)) = observed.gross {
        let rate = gross_per_minute(outcome, observed);
        figures.push(figure(
            "files a minute",
            (60e9 / interval as f64).round() as u64,
            rate,
            "/min",
        ));
    }
    if observed.count.is_none() && observed.at_ns.is_empty() {
        let first = first_crash_ns(outcome);
        figures.extend(
            observed
                .over_ns
                .map(|over| figure("after", over, first, "ns")),
        );
    }
    figures
        .into_iter()
        .map(|figure| row(scenario, observed, figure))
        .collect()
}

fn row(scenario: &Scenario, observed: &Observed, figure: Figure<'_>) -> IncidentRow {
    let off = figure
        .simulated
        .map(|simulated| (simulated - figure.account).abs());
    let is_met = off.map(|off| off <= figure.tolerance * figure.account.abs() + 1e-9);
    // What the account says in two ways cannot be met: it names the row that it contradicts.
    let doubted = scenario
        .unresolved
        .iter()
        .find(|fact| fact.id.starts_with(observed.id.as_str()));
    let verdict = match (is_met, doubted) {
        (None, _) => RowVerdict::Info,
        (Some(true), _) => RowVerdict::Pass,
        (Some(false), Some(_)) => RowVerdict::Unresolved,
        (Some(false), None) => RowVerdict::Miss,
    };
    let note = match doubted {
        Some(fact) if verdict == RowVerdict::Unresolved => format!("see {}", fact.id),
        _ => figure.note,
    };
    IncidentRow {
        figure: figure.name,
        account: words(figure.account, figure.unit),
        account_value: Some(figure.account),
        simulated: figure.simulated.map_or_else(
            || "not simulated here".to_owned(),
            |value| words(value, figure.unit),
        ),
        simulated_value: figure.simulated,
        tolerance: match figure.tolerance {
            0.0 => "the same".to_owned(),
            share => format!("{:.0} %", share * 100.0),
        },
        verdict,
        note,
    }
}

fn words(value: f64, unit: &str) -> String {
    match unit {
        "ns" => show_ns(value.round().max(0.0) as u64),
        unit => format!("{}{unit}", grouped(value.round().max(0.0) as u64)),
    }
}

fn grouped(count: u64) -> String {
    crate::report::units::exact_count(count)
}

/// The pass that the figures of a scan are held against: the longest over a queue of about that depth.
fn scan_of<'a>(observed: &Observed, outcome: &'a Outcome) -> Option<&'a PassLog> {
    let depth = observed.depth? as f64;
    let is_near = |pass: &&PassLog| (pass.report.seen as f64 - depth).abs() <= 0.1 * depth;
    let caps = outcome
        .passes
        .iter()
        .filter(|pass| pass.kind == PassKind::Cap);
    caps.filter(is_near)
        .max_by_key(|pass| pass.time_ns.1 - pass.time_ns.0)
}

fn length_ns(pass: &PassLog) -> f64 {
    (pass.time_ns.1 - pass.time_ns.0) as f64
}

/// Pending alerts at a time, from the samples that are taken once a minute. At the end of a span, the greatest of the
/// minute before: the sample after a peak may already be past it.
fn depth_at(outcome: &Outcome, at_ns: u64) -> Option<f64> {
    let near = outcome
        .depths
        .iter()
        .filter(|(time, _)| time.abs_diff(at_ns) <= 90_000_000_000);
    near.min_by_key(|(time, _)| time.abs_diff(at_ns))
        .map(|(_, depth)| *depth as f64)
}

/// How long the first run that crashed had lasted.
fn first_crash_ns(outcome: &Outcome) -> Option<f64> {
    outcome
        .passes
        .iter()
        .find(|pass| pass.report.abort.is_some())
        .map(length_ns)
}

/// When the queue was patched; the start, if it is patched from there.
fn fixed_from(scenario: &Scenario) -> u64 {
    let patched = scenario
        .consumers
        .iter()
        .filter(|c| c.engine == Some(Engine::Hotfix));
    patched
        .map(|consumer| consumer.active.start_ns)
        .min()
        .unwrap_or(0)
}

/// Files that the passes after the figure's first instant finished in a minute.
fn gross_per_minute(outcome: &Outcome, observed: &Observed) -> Option<f64> {
    let from = observed.at_ns.first().copied().unwrap_or(0);
    let works = |pass: &&PassLog| pass.kind == PassKind::Work && from <= pass.time_ns.0;
    let passes: Vec<&PassLog> = outcome.passes.iter().filter(works).collect();
    let nanos: f64 = passes.iter().map(|pass| length_ns(pass)).sum();
    let done: u64 = passes
        .iter()
        .map(|pass| pass.report.seen - pass.report.vanished)
        .sum();
    (0.0 < nanos).then(|| done as f64 / (nanos / 60e9))
}

/// When the runs crashed, as the clock on the wall showed it.
fn instants(scenario: &Scenario, outcome: &Outcome) -> String {
    let clock = |(time, _): &(u64, String)| {
        let millis = scenario.clock.t0_ms + i64::try_from(time / 1_000_000).unwrap_or(i64::MAX);
        let second = millis.div_euclid(1_000).rem_euclid(86_400);
        format!(
            "{:02}:{:02}:{:02}",
            second / 3_600,
            second / 60 % 60,
            second % 60
        )
    };
    let times: Vec<String> = outcome.crashes.iter().take(8).map(clock).collect();
    format!("simulated at {}", times.join(", "))
}
