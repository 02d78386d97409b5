//! What one pass did, for people and for programs.

use crate::exit::Exit;
use crate::terminal::{Paint, Terminal};
use crate::words;
use pipeline::{Report, StageReport};
use serde::Serialize;
use std::fmt::Write;

/// One pass as a line of JSON.
#[derive(Serialize)]
struct Line<'a> {
    run_id: &'a str,
    ok: bool,
    exit: u8,
    started: String,
    finished: String,
    stages: Vec<StageLine<'a>>,
    queue: Option<Queue>,
    equation: Option<String>,
    mismatches: Option<u64>,
    scrub_findings: Option<u64>,
    has_more: bool,
}

#[derive(Serialize)]
struct StageLine<'a> {
    stage: &'static str,
    #[serde(rename = "in")]
    taken: u64,
    #[serde(rename = "out")]
    given: u64,
    errors: u64,
    duration_ms: u64,
    error: Option<&'a str>,
}

#[derive(Serialize)]
struct Queue {
    pending: u64,
    overflow: u64,
    claimed: u64,
    quarantined: u64,
}

/// Writes the report in the form that was asked for.
pub(crate) fn write(report: &Report, terminal: &Terminal) {
    match terminal.format {
        crate::terminal::Format::Text => terminal.result(&text(report, terminal)),
        crate::terminal::Format::Json => terminal.json(&line(report)),
    }
}

fn line(report: &Report) -> Line<'_> {
    let found = report.reconciled.as_ref();
    Line {
        run_id: &report.run_id,
        ok: report.is_ok(),
        exit: Exit::of_pass(report).code(),
        started: words::timestamp(report.started).to_string(),
        finished: words::timestamp(report.finished).to_string(),
        stages: report.stages.iter().map(stage_line).collect(),
        queue: report.depth.map(|depth| Queue {
            pending: depth.pending,
            overflow: depth.overflow,
            claimed: depth.claimed,
            quarantined: found.map_or(0, |found| found.quarantined),
        }),
        equation: found.map(ToString::to_string),
        mismatches: found.map(pipeline::Reconciled::mismatches),
        scrub_findings: report.scrubbed.as_ref().map(|scrub| scrub.findings),
        has_more: report.has_more,
    }
}

fn stage_line(stage: &StageReport) -> StageLine<'_> {
    StageLine {
        stage: stage.stage.word(),
        taken: stage.counts.taken,
        given: stage.counts.given,
        errors: stage.counts.errors,
        duration_ms: stage.duration_ms,
        error: stage
            .failure
            .as_ref()
            .map(|failure| failure.message.as_str()),
    }
}

fn text(report: &Report, terminal: &Terminal) -> String {
    let mut text = format!("pass {}\n", report.run_id);
    for stage in &report.stages {
        let counts = stage.counts;
        let mark = match &stage.failure {
            None => terminal.paint(Paint::Good, "ok"),
            Some(_) => terminal.paint(Paint::Bad, "FAILED"),
        };
        add(
            &mut text,
            format_args!(
                "  {:<11}{:>12} in {:>10} out {:>6} errors {:>9}  {mark}",
                stage.stage.word(),
                words::count(counts.taken),
                words::count(counts.given),
                words::count(counts.errors),
                words::duration(stage.duration_ms),
            ),
        );
        if let Some(failure) = &stage.failure {
            add(&mut text, format_args!("    {failure}"));
        }
    }
    if let Some(depth) = &report.depth {
        let parts = [
            ("pending", depth.pending),
            ("overflow", depth.overflow),
            ("claimed", depth.claimed),
            (
                "quarantined",
                report
                    .reconciled
                    .as_ref()
                    .map_or(0, |found| found.quarantined),
            ),
        ];
        let parts = parts.map(|(place, count)| format!("{place} {}", words::count(count)));
        add(&mut text, format_args!("queue     {}", parts.join(", ")));
    }
    if let Some(found) = &report.reconciled {
        add(&mut text, format_args!("equation  {found}"));
        named(&mut text, found, terminal);
    }
    if let Some(scrub) = report.scrubbed.as_ref().filter(|scrub| 0 < scrub.findings) {
        let count = terminal.paint(Paint::Bad, &words::count(scrub.findings));
        add(
            &mut text,
            format_args!("  {count} of what is finished is not as it was recorded"),
        );
        for one in &scrub.named {
            add(&mut text, format_args!("    {one}"));
        }
    }
    add(&mut text, format_args!("{}", verdict(report, terminal)));
    text
}

/// The lists that somebody should look at.
fn named(text: &mut String, found: &pipeline::Reconciled, terminal: &Terminal) {
    /// More than these are in `foundry audit`.
    const IDS_MAX: usize = 5;
    let lists = [
        ("on disk and not in the ledger", &found.unrecorded),
        (
            "recorded, and their case does not stand",
            &found.case_missing,
        ),
        (
            "removed by somebody, and gone from the indexer too",
            &found.lost,
        ),
        (
            "removed by somebody, to be fetched again",
            &found.to_restore,
        ),
    ];
    for (what, ids) in lists.into_iter().filter(|(_, ids)| !ids.is_empty()) {
        let shown: Vec<String> = ids.iter().take(IDS_MAX).map(ToString::to_string).collect();
        let count = terminal.paint(Paint::Bad, &words::count(ids.len() as u64));
        add(text, format_args!("  {count} {what}: {}", shown.join(" ")));
    }
}

/// The last line: how it went, which stage decides the exit code, and whether to come again at once.
fn verdict(report: &Report, terminal: &Terminal) -> String {
    let exit = Exit::of_pass(report);
    let failed = report.stages.iter().find(|stage| stage.failure.is_some());
    let more = match report.has_more {
        true => "; the indexer has more: run again at once",
        false => "",
    };
    let took = words::duration(u64::try_from(report.finished.0 - report.started.0).unwrap_or(0));
    match failed {
        Some(stage) => {
            let failed = format!("FAILED (exit {}) at {}", exit.code(), stage.stage.word());
            format!("{} after {took}{more}", terminal.paint(Paint::Bad, &failed))
        }
        None if exit == Exit::Ok => {
            format!("{} in {took}{more}", terminal.paint(Paint::Good, "OK"))
        }
        None => {
            let failed = format!("MISMATCH (exit {})", exit.code());
            let failed = terminal.paint(Paint::Bad, &failed);
            format!("{failed}: `foundry audit` names every alert{more}")
        }
    }
}

fn add(text: &mut String, line: std::fmt::Arguments<'_>) {
    writeln!(text, "{line}").expect("writing into memory cannot fail");
}
