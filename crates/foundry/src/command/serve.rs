//! `foundry serve`: pass after pass, until somebody says stop.

use crate::config::Config;
use crate::context::Context;
use crate::error::FoundryError;
use crate::exit::Exit;
use crate::foundry::Workplace;
use crate::machine::Machine;
use crate::serve::{Desk, Next, Systemd};
use crate::words;
use clap::Args;
use pipeline::heartbeat::Heartbeat;
use pipeline::{Pipeline, Report, Stage};
use std::time::Duration;

/// Makes passes on a cadence; serves /metrics and /healthz; cuts the running pass short at SIGTERM or SIGINT, and ends
#[derive(Args, Debug)]
pub(crate) struct ServeArgs {}

/// Runs the command.
pub(crate) fn run(_: &ServeArgs, context: &Context) -> Result<Exit, FoundryError> {
    let machine = Machine::open().map_err(|error| FoundryError::of_host("/", error))?;
    let config = Config::load(&machine, &context.config)?;
    let workplace = Workplace::open(&machine, &config, "serve")?;
    let mut pipeline = workplace.pipeline()?;
    let systemd = Systemd::new();
    let desk = Desk::open(&config, systemd.clone(), workplace.halt())?;
    desk.show(Heartbeat::load(&workplace.spool)?);
    tracing::info!(address = %desk.address(), "serving /metrics and /healthz");
    systemd.ready();
    rounds(
        &workplace,
        &mut pipeline,
        &desk,
        config.values.serve.every.value.0,
    );
    tracing::info!("stopped");
    Ok(Exit::Ok)
}

fn rounds(workplace: &Workplace<'_>, pipeline: &mut Pipeline<'_>, desk: &Desk, every: Duration) {
    loop {
        desk.mark_alive();
        let report = workplace.pass(pipeline);
        match Heartbeat::load(&workplace.spool) {
            Ok(last) => desk.show(last),
            Err(error) => tracing::error!(%error, "the heartbeat cannot be read"),
        }
        desk.systemd().status(&status(&report));
        desk.mark_alive();
        let pause = match is_more_to_do(&report) {
            true => Duration::ZERO,
            false => every,
        };
        if desk.wait(pause) == Next::Stop {
            return;
        }
    }
}

/// Whether the next pass has work at once. Only after one that got somewhere: nothing turns without doing anything.
fn is_more_to_do(report: &Report) -> bool {
    let waits = report.depth.is_some_and(|depth| 0 < depth.backlog());
    let given = |stage| report.stage(stage).map_or(0, |stage| stage.counts.given);
    let has_moved = 0 < given(Stage::Poll) + given(Stage::Cases);
    report.is_ok() && has_moved && (report.has_more || waits)
}

/// The line that `systemctl status` shows.
fn status(report: &Report) -> String {
    let cases = report
        .stage(Stage::Cases)
        .map_or(0, |stage| stage.counts.given);
    let waiting = report.depth.map_or(0, |depth| depth.backlog());
    let failed = report.stages.iter().find(|stage| stage.failure.is_some());
    let how = match failed {
        Some(stage) => format!("{} failed", stage.stage.word()),
        None if report.is_ok() => "ok".to_owned(),
        None => "mismatches".to_owned(),
    };
    format!(
        "last pass {how}: {} cases, {} waiting",
        words::count(cases),
        words::count(waiting)
    )
}
