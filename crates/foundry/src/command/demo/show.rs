//! What the demo tells.

use super::shown;
use crate::command::case::place;
use crate::error::FoundryError;
use crate::exit::Exit;
use crate::terminal::{Paint, Terminal};
use crate::words;
use alert::Disposition;
use pipeline::heartbeat::{Heartbeat, JSON_FILE};
use pipeline::{Report, Stage};
use spool::audit::{Audit, audit};
use spool::{LedgerPosition, Spool};
use std::collections::BTreeMap;
use std::path::Path;

/// The story of one demo.
pub(super) struct Story<'a> {
    pub(super) terminal: &'a Terminal,
    pub(super) home: &'a Path,
    pub(super) config: &'a Path,
    /// Whether the home is there afterwards.
    pub(super) is_kept: bool,
}

/// One case to look at.
struct Example {
    /// Below the home.
    place: String,
    count: u64,
}

impl Story<'_> {
    /// What will happen.
    pub(super) fn begin(&self, alerts: u32, url: &str) {
        let alerts = words::count(u64::from(alerts));
        self.say(&format!(
            "{}\n{alerts} alerts of six days wait in a mock indexer at {url}\n\
             the home is {}\n\n",
            self.terminal.paint(Paint::Strong, "SignalFoundry demo"),
            shown(self.home),
        ));
    }

    /// How one pass went.
    pub(super) fn pass(&self, number: u32, report: &Report, alerts: u32) {
        let of = |stage| {
            report
                .stage(stage)
                .map(|report| report.counts)
                .unwrap_or_default()
        };
        let (poll, cap, cases) = (of(Stage::Poll), of(Stage::Cap), of(Stage::Cases));
        let done = report.reconciled.as_ref().map_or(0, |found| found.cases());
        let took = u64::try_from(report.finished.0 - report.started.0).unwrap_or(0);
        self.say(&format!(
            "  pass {number:<3}{:>9} taken in{:>9} parked{:>9} cases{:>9}   {}\n",
            words::count(poll.given),
            words::count(cap.given),
            words::count(cases.given),
            words::duration(took),
            bar(done, u64::from(alerts)),
        ));
    }

    /// What came out, and where to look.
    pub(super) fn end(&self, spool: &Spool<'_>) -> Result<Exit, FoundryError> {
        let examples = examples(spool)?;
        let total: u64 = examples.values().map(|example| example.count).sum();
        self.say("\n");
        for disposition in Disposition::ALL {
            let example = examples.get(&disposition.letter());
            let count = example.map_or(0, |example| example.count);
            let share = 100.0 * count as f64 / total.max(1) as f64;
            self.say(&format!(
                "  {:<10}{:>9}  {share:>5.1} %  {}\n",
                disposition.word(),
                words::count(count),
                meaning(disposition),
            ));
        }
        self.signatures(spool)?;
        self.say(
            "\none case of each; benign and known_fp are lines of packed files, as configured\n",
        );
        for disposition in Disposition::ALL {
            if let Some(example) = examples.get(&disposition.letter()) {
                let path = self.home.join(&example.place);
                self.say(&format!("  {:<10}{}\n", disposition.word(), shown(&path)));
            }
        }
        self.say(&format!(
            "the heartbeat\n  {}\n",
            shown(&self.home.join(JSON_FILE))
        ));
        let audit = audit(spool)?;
        self.verdict(&audit);
        self.next();
        Ok(match audit.mismatches() {
            0 if audit.is_drained() => Exit::Ok,
            _ => Exit::Data,
        })
    }

    /// What the policy's signatures matched most.
    fn signatures(&self, spool: &Spool<'_>) -> Result<(), FoundryError> {
        const SHOWN_MAX: usize = 5;
        let Some(heartbeat) = Heartbeat::load(spool)? else {
            return Ok(());
        };
        let mut hits: Vec<_> = heartbeat.signatures.iter().collect();
        hits.retain(|(_, total)| 0 < total.hits);
        hits.sort_by_key(|(name, total)| (std::cmp::Reverse(total.hits), (*name).clone()));
        self.say("\nsignatures with the most hits\n");
        for (name, total) in hits.iter().take(SHOWN_MAX) {
            self.say(&format!("  {name:<40}{:>9}\n", words::count(total.hits)));
        }
        Ok(())
    }

    fn verdict(&self, audit: &Audit) {
        let mismatches = audit.mismatches();
        let word = match mismatches {
            0 => self.terminal.paint(Paint::Good, "AUDIT OK"),
            _ => self.terminal.paint(Paint::Bad, "AUDIT FAILED"),
        };
        self.say(&format!(
            "\n{word}: {mismatches} mismatches; ledger and disk, alert by alert\n  {audit}\n"
        ));
    }

    /// The one next command.
    fn next(&self) {
        let next = if self.is_kept {
            let config = shown(self.config);
            format!("foundry case list --disposition escalated --config {config}")
        } else {
            self.say(
                "the home is removed now; `foundry demo --keep` leaves it to look around in\n",
            );
            "foundry init signalfoundry".to_owned()
        };
        self.say(&format!(
            "\nnext: {}\n",
            self.terminal.paint(Paint::Strong, &next)
        ));
    }

    fn say(&self, text: &str) {
        self.terminal.result(text);
    }
}

/// How far along, in twenty steps.
fn bar(done: u64, of: u64) -> String {
    let steps = usize::try_from(20 * done / of.max(1)).unwrap_or(20).min(20);
    format!(
        "[{}{}] {:>3} %",
        "#".repeat(steps),
        ".".repeat(20 - steps),
        100 * done / of.max(1)
    )
}

fn meaning(disposition: Disposition) -> &'static str {
    match disposition {
        Disposition::Benign => "harmless by level or by a filter",
        Disposition::KnownFp => "a filter with owner, ticket and last day says so",
        Disposition::Review => "a person should look at it",
        Disposition::Escalated => "a rule that nothing can suppress",
    }
}

/// By disposition's letter: how many cases, and the path of the first.
fn examples(spool: &Spool<'_>) -> Result<BTreeMap<char, Example>, FoundryError> {
    let mut found: BTreeMap<char, Example> = BTreeMap::new();
    spool::follow(spool, &LedgerPosition::default(), &mut |record| {
        for case in record.new_cases() {
            let example = found
                .entry(case.disposition.letter())
                .or_insert_with(|| Example {
                    place: place(case.shelf, case.entry.id()),
                    count: 0,
                });
            example.count += 1;
        }
    })?;
    Ok(found)
}
