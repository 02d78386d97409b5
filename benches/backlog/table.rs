//! The table of one invocation.

use crate::mix::INCIDENT;
use crate::run::Run;
use alert::Disposition;

/// Rows, gathered while the runs go on, and printed at once.
#[derive(Default)]
pub(crate) struct Table {
    rows: Vec<String>,
    notes: Vec<String>,
}

/// The median of the pairs' values.
fn median(mut values: Vec<f64>) -> f64 {
    values.sort_unstable_by(f64::total_cmp);
    values[values.len() / 2]
}

impl Table {
    /// Adds the rows of one mix: pairs of pipeline and bare loop.
    pub(crate) fn add(&mut self, what: &str, is_packed: bool, pairs: &[(Run, Run)]) {
        let ours = |name: &str| median(pairs.iter().map(|(run, _)| run.get(name)).collect());
        let alerts: f64 = Disposition::ALL.iter().map(|one| ours(one.word())).sum();
        let drain_goal = if is_packed { 40_000.0 } else { 5_000.0 };
        for (name, what, goal) in [
            ("poll", format!("{what}: poll to queue"), 10_000.0),
            ("drain", format!("{what}: triage to ledger"), drain_goal),
        ] {
            let beside = median(pairs.iter().map(|(_, bare)| bare.get(name)).collect());
            let ratio_of = |name: &str| {
                let ratios = pairs
                    .iter()
                    .map(|(run, bare)| run.get(name) / bare.get(name));
                median(ratios.collect())
            };
            let processor = format!("{name}_cpu");
            self.rows.push(format!(
                "{what:<38} {:>9.1} {:>9.1} {:>8.0} {:>9.1} {:>7.2} {:>7.2}  >= {goal}/s, <= 1.5",
                ours(name) / alerts,
                ours(&processor) / alerts,
                alerts * 1e6 / ours(name),
                beside / alerts,
                ratio_of(name),
                ratio_of(&processor),
            ));
        }
        let all = ours("poll") + ours("drain") + ours("rest");
        for (what, wall, processor) in [
            (
                "packs, reconcile, heartbeat",
                ours("rest"),
                ours("rest_cpu"),
            ),
            (
                "all seven stages",
                all,
                ours("poll_cpu") + ours("drain_cpu") + ours("rest_cpu"),
            ),
        ] {
            self.rows.push(format!(
                "{:<38} {:>9.1} {:>9.1} {:>8.0}",
                format!("  {what}"),
                wall / alerts,
                processor / alerts,
                alerts * 1e6 / wall,
            ));
        }
        let shares: Vec<String> = Disposition::ALL
            .iter()
            .zip(INCIDENT)
            .map(|(one, incident)| {
                let share = 100.0 * ours(one.word()) / alerts;
                format!("{} {share:.1} % ({incident})", one.word())
            })
            .collect();
        self.notes.push(format!(
            "{what}: {}; {:.0} passes; of polling {:.1} us an alert were waiting for the indexer, which took {:.1} us of a \
             processor; {:.0} bytes an alert",
            shares.join(", "),
            ours("passes"),
            ours("waited") / alerts,
            ours("indexer_cpu") / alerts,
            ours("answer_bytes") / alerts,
        ));
        let stages = [
            "poll",
            "cap",
            "triage",
            "escalation",
            "reconcile",
            "heartbeat",
        ];
        let stages = stages.map(|stage| {
            let wall = ours(&format!("stage_{stage}")) / alerts;
            format!("{stage} {wall:.1}")
        });
        self.notes
            .push(format!("  by stage, us an alert: {}", stages.join(", ")));
    }

    /// Adds the comparison of peak memory.
    pub(crate) fn add_memory(&mut self, alerts: u32, large: f64, few: u32, small: f64) {
        self.rows.push(format!(
            "{:<38} {large:>6.0} KiB {:>24.0} KiB {:>7.2}  <= 1.10",
            format!("  peak memory at {alerts}; at {few}"),
            small,
            large / small,
        ));
    }

    /// Adds the speed of judging.
    pub(crate) fn add_judging(&mut self, signatures: u32, micros: f64) {
        self.rows.push(format!(
            "{:<38} {micros:>9.1} {micros:>9.1} {:>8.0} {:>25}  >= 40000/s a core",
            format!("judging by {signatures} signatures"),
            1e6 / micros,
            "",
        ));
    }

    /// Prints all of it.
    pub(crate) fn print(&self) {
        println!(
            "{:<38} {:>9} {:>9} {:>8} {:>9} {:>7} {:>7}",
            "us an alert", "wall", "cpu", "a second", "bare wall", "ratio", "of cpu"
        );
        for line in self.rows.iter().chain(&self.notes) {
            println!("{line}");
        }
        println!("load at the end: {}", load());
    }
}

/// What the machine does besides: the load of the last minute.
pub(crate) fn load() -> String {
    let text = std::fs::read_to_string("/proc/loadavg").unwrap_or_default();
    text.split(' ').next().unwrap_or("unknown").to_owned()
}
