//! The case study's table: runs of the old pipeline, of the patched one and of ours in one situation, row by row.
//!
//! Nothing here decides a verdict of the campaign: a row that the simulation does not meet is printed as a miss.

use super::cells::CellPlan;
use super::execute::Ran;
use crate::report::model::{ComparedRow, Figure, RowVerdict};
use crate::report::units::exact_count;
use crate::run::Outcome;
use crate::run::watch::{PassLog, RunLog};
use crate::scenario::units::show_ns;
use crate::scenario::{Comparison, Engine, Pace, RunFigures, Scenario};
use contract::PassKind;

/// The rows of the first scenario that has such a table; none if not all three engines ran in it.
pub(super) fn rows(plans: &[CellPlan], by_cell: &[Vec<&Ran>]) -> Vec<ComparedRow> {
    let scenario = plans
        .iter()
        .map(|plan| &plan.scenario)
        .find(|scenario| scenario.comparison.is_some());
    let Some((scenario, comparison)) = scenario.and_then(|s| Some((s, s.comparison.as_ref()?)))
    else {
        return Vec::new();
    };
    let column = |engine| {
        let mut cells = plans.iter().zip(by_cell);
        let cell = cells.find(|(plan, _)| plan.scenario.id == scenario.id && plan.engine == engine);
        let (_, runs) = cell?;
        Some(Column::of(scenario, &runs.first()?.outcome))
    };
    let columns = [Engine::Legacy, Engine::Hotfix, Engine::Spool].map(column);
    let [Some(legacy), Some(hotfix), Some(spool)] = columns else {
        return Vec::new();
    };
    Table {
        comparison,
        legacy,
        hotfix,
        spool,
    }
    .rows()
}

/// What one engine did while the comparison lasts.
struct Column {
    runs: Vec<RunLog>,
    /// How long that is, in nanoseconds.
    span_ns: u64,
    /// Alerts pending at its start and at its end.
    depth: (u64, u64),
    /// Uses of a name that found nothing.
    vanished: u64,
    /// Alerts that were handled a minute, while a program was handling any.
    drain: Option<f64>,
}

impl Column {
    fn of(scenario: &Scenario, outcome: &Outcome) -> Column {
        let span_ns = scenario.clock.faults_stop_ns.unwrap_or(outcome.time_ns);
        let runs = outcome.runs.iter();
        let runs = runs.filter(|one| one.time_ns.1 <= span_ns);
        let runs: Vec<RunLog> = runs.cloned().collect();
        let until_ns = runs.last().map_or(0, |run| run.time_ns.1);
        let passes = outcome.passes.iter();
        let passes = passes.filter(|one| one.time_ns.1 <= until_ns);
        let passes: Vec<&PassLog> = passes.collect();
        let last = outcome.depths.iter().rfind(|(time, _)| *time <= span_ns);
        Column {
            span_ns,
            depth: (scenario.queue.initial, last.map_or(0, |(_, depth)| *depth)),
            vanished: passes.iter().map(|pass| pass.report.vanished).sum(),
            drain: drain_of(&passes, runs.iter().map(|run| run.handled).sum()),
            runs,
        }
    }

    fn died(&self) -> impl Iterator<Item = &RunLog> {
        self.runs.iter().filter(|run| run.failure.is_some())
    }

    /// How long the runs took that died: the one in the middle, in nanoseconds.
    fn died_after_ns(&self) -> Option<u64> {
        let mut times: Vec<u64> = self.died().map(|r| r.time_ns.1 - r.time_ns.0).collect();
        times.sort_unstable();
        times.get(times.len() / 2).copied()
    }

    /// The fewest and the most stages that a run finished.
    fn stages(&self) -> Option<(u8, u8)> {
        let stages = || self.runs.iter().map(|run| run.stages_finished);
        Some((stages().min()?, stages().max()?))
    }

    fn stability(&self) -> String {
        let (died, runs) = (self.died().count(), self.runs.len());
        match self.died_after_ns() {
            Some(after) => format!("{} to crash, {died} of {runs} runs", show_ns(after)),
            None => format!("{} sustained, {runs} runs", show_ns(self.span_ns)),
        }
    }

    fn queue(&self) -> String {
        let (start, end) = self.depth;
        let way = if start < end { "growing" } else { "draining" };
        format!("{way}: {} → {}", exact_count(start), exact_count(end))
    }

    fn processed(&self) -> String {
        match self.drain {
            Some(drain) => format!("{}/min", exact_count(drain.round() as u64)),
            None => "0 files".to_owned(),
        }
    }

    fn exceptions(&self) -> String {
        let died = self.died().count();
        match died {
            0 => format!("0 unhandled, {} vanished", exact_count(self.vanished)),
            _ => format!("{:.2} a run", died as f64 / self.runs.len() as f64),
        }
    }

    fn stages_words(&self) -> String {
        match self.stages() {
            None => "no run".to_owned(),
            Some((least, most)) if least == most => format!("{least} of 7"),
            Some((least, most)) => format!("{least} to {most} of 7"),
        }
    }

    fn heartbeat(&self) -> String {
        let mut words: Vec<&str> = self.runs.iter().map(|run| run.heartbeat).collect();
        words.sort_unstable();
        words.dedup();
        words.join(", ")
    }

    fn mismatches(&self) -> String {
        match self.runs.iter().filter_map(|run| run.mismatches).max() {
            Some(most) => exact_count(most),
            None => "never compared".to_owned(),
        }
    }
}

/// Alerts a minute over the passes that handled any. `handled` is what runs handled that do their own triage; workers say it of
/// each pass.
fn drain_of(passes: &[&PassLog], handled: u64) -> Option<f64> {
    let done = |pass: &PassLog| pass.report.settled.saturating_sub(pass.report.vanished);
    let works = passes.iter().filter(|pass| pass.kind == PassKind::Work);
    let busy: Vec<_> = works.filter(|pass| 0 < done(pass)).collect();
    let nanos: u64 = busy
        .iter()
        .map(|pass| pass.time_ns.1 - pass.time_ns.0)
        .sum();
    let alerts = match handled {
        0 => busy.iter().map(|pass| done(pass)).sum(),
        handled => handled,
    };
    (0 < nanos).then(|| alerts as f64 / (nanos as f64 / 60e9))
}

struct Table<'a> {
    comparison: &'a Comparison,
    legacy: Column,
    hotfix: Column,
    spool: Column,
}

impl Table<'_> {
    fn rows(&self) -> Vec<ComparedRow> {
        vec![
            self.row("stability", stability, Column::stability, is_as_stable),
            self.row("queue", queue, Column::queue, is_as_deep),
            self.row("processed", processed, Column::processed, is_as_fast),
            self.row(
                "exceptions",
                exceptions,
                Column::exceptions,
                |told, seen, _| {
                    told.exceptions * seen.runs.len() as u64 == seen.died().count() as u64
                },
            ),
            self.row("stages", stages, Column::stages_words, |told, seen, _| {
                seen.stages() == Some((told.stages, told.stages))
            }),
            self.row(
                "heartbeat",
                heartbeat,
                Column::heartbeat,
                |told, seen, _| seen.heartbeat() == told.heartbeat,
            ),
            self.row(
                "mismatches",
                |_| "0".to_owned(),
                Column::mismatches,
                |_, seen, _| {
                    // A run that dies before stage 6 compares nothing, and the account's zero is no less true.
                    seen.runs.iter().all(|run| run.mismatches.unwrap_or(0) == 0)
                },
            ),
        ]
    }

    fn row(
        &self,
        what: &str,
        words: fn(&RunFigures) -> String,
        simulated: fn(&Column) -> String,
        is_met: fn(&RunFigures, &Column, f64) -> bool,
    ) -> ComparedRow {
        let figure = |told: &RunFigures, seen: &Column| Figure {
            words: simulated(seen),
            verdict: if is_met(told, seen, self.comparison.tolerance) {
                RowVerdict::Pass
            } else {
                RowVerdict::Miss
            },
        };
        let Comparison { before, after, .. } = self.comparison;
        ComparedRow {
            what: what.to_owned(),
            before: words(before),
            legacy: figure(before, &self.legacy),
            after: words(after),
            hotfix: figure(after, &self.hotfix),
            spool: simulated(&self.spool),
        }
    }
}

fn is_near(told: f64, seen: f64, tolerance: f64) -> bool {
    (seen - told).abs() <= tolerance * told
}

fn stability(told: &RunFigures) -> String {
    match (told.dies_within_ns, told.sustained_ns) {
        (Some(within), _) => format!("within {} to crash", show_ns(within)),
        (None, Some(sustained)) => format!("{} and more", show_ns(sustained)),
        (None, None) => "not said".to_owned(),
    }
}

fn is_as_stable(told: &RunFigures, seen: &Column, _: f64) -> bool {
    match told.dies_within_ns {
        Some(within) => {
            let all_died = seen.died().count() == seen.runs.len();
            all_died && seen.died_after_ns().is_some_and(|after| after <= within)
        }
        None => seen.died().next().is_none() && told.sustained_ns <= Some(seen.span_ns),
    }
}

fn queue(told: &RunFigures) -> String {
    match told.depth_end {
        None => "growing".to_owned(),
        Some(depth) => format!("draining to {}", exact_count(depth)),
    }
}

fn is_as_deep(told: &RunFigures, seen: &Column, tolerance: f64) -> bool {
    let (start, end) = seen.depth;
    match told.depth_end {
        None => start < end,
        Some(depth) => is_near(depth as f64, end as f64, tolerance),
    }
}

fn processed(told: &RunFigures) -> String {
    match told.drain {
        Some(Pace::EveryNs(every)) => format!("{:.0}/min", 60e9 / every as f64),
        Some(Pace::Max) | None => "0 files".to_owned(),
    }
}

fn is_as_fast(told: &RunFigures, seen: &Column, tolerance: f64) -> bool {
    match (told.drain, seen.drain) {
        (Some(Pace::EveryNs(every)), Some(drain)) => is_near(60e9 / every as f64, drain, tolerance),
        (told, seen) => told.is_none() && seen.is_none(),
    }
}

fn exceptions(told: &RunFigures) -> String {
    match told.exceptions {
        0 => "0 unhandled".to_owned(),
        count => format!("{count} a run, fatal"),
    }
}

fn stages(told: &RunFigures) -> String {
    format!("{} of 7", told.stages)
}

fn heartbeat(told: &RunFigures) -> String {
    told.heartbeat.clone()
}

#[cfg(test)]
mod tests {
    use super::super::{Heard, Patience, Request, cells, execute};
    use super::*;
    use crate::campaign::Profile;

    /// Plays the shipped scenario once for each engine, after `change`.
    fn compare(change: fn(&mut Scenario)) -> Vec<ComparedRow> {
        let mut scenario = crate::scenario::builtin("before-and-after").expect("it is built in");
        change(&mut scenario);
        let request = Request {
            source: scenario.id.clone(),
            engines: Vec::new(),
            depths: scenario.sweep.depths.clone(),
            are_depths_asked: false,
            points: Vec::new(),
            seeds: Some(1),
            scenario,
        };
        let plans = cells::of_gate(&[request], Profile::Pr);
        let heard = Heard {
            on_end: &|_, _| (),
            on_hang: &|line| panic!("{line} hangs"),
        };
        let executed = execute(&plans, 7, Patience::default(), &heard);
        let runs = |cell| executed.runs.iter().filter(move |ran| ran.cell == cell);
        let by_cell: Vec<Vec<&Ran>> = (0..plans.len()).map(|cell| runs(cell).collect()).collect();
        rows(&plans, &by_cell)
    }

    fn missed(rows: &[ComparedRow]) -> Vec<(&str, &str)> {
        let figures = rows.iter().flat_map(|row| {
            [("legacy", &row.legacy), ("hotfix", &row.hotfix)]
                .map(|(engine, figure)| (row.what.as_str(), engine, figure.verdict))
        });
        let missed = figures.filter(|(_, _, verdict)| *verdict != RowVerdict::Pass);
        missed.map(|(what, engine, _)| (what, engine)).collect()
    }

    #[test]
    fn the_case_studys_table_comes_out_of_runs_of_seven_stages() {
        let rows = compare(|_| ());
        assert_eq!(missed(&rows), [], "{rows:#?}");
        let ours: Vec<&str> = rows.iter().map(|row| row.spool.as_str()).collect();
        let [_, queue, _, exceptions, stages, heartbeat, mismatches] = ours[..] else {
            panic!("seven rows: {rows:#?}");
        };
        // What came since the last pass may wait: less than two passes' worth of what comes.
        let left = queue.strip_prefix("draining: 35,340 → ");
        let left: u64 = left
            .expect("it drains")
            .parse()
            .expect("fewer than a thousand");
        assert!(left < 2 * 490, "{queue}");
        assert!(exceptions.starts_with("0 unhandled"), "{exceptions}");
        assert_eq!((stages, heartbeat, mismatches), ("7 of 7", "OK", "0"));
    }

    #[test]
    fn without_neighbours_the_old_queue_does_not_die_and_the_table_says_so() {
        let rows = compare(|scenario| scenario.archivers.clear());
        let missed = missed(&rows);
        for what in [
            "stability",
            "processed",
            "exceptions",
            "stages",
            "heartbeat",
        ] {
            assert!(missed.contains(&(what, "legacy")), "{what}: {rows:#?}");
        }
    }
}
