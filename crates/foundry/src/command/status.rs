//! `foundry status`: the last heartbeat, and the queue as it is now.

use crate::config::Config;
use crate::context::Context;
use crate::error::FoundryError;
use crate::exit::Exit;
use crate::foundry;
use crate::health::Health;
use crate::machine::Machine;
use crate::space::SpaceWatch;
use crate::terminal::{Format, Paint, Terminal};
use crate::words;
use clap::Args;
use host::Host;
use pipeline::Observed;
use pipeline::heartbeat::{Heartbeat, RetentionState, ScrubState, StageState};
use serde_json::json;
use spool::Depth;

/// Says how the last pass went and what waits now; exit code 0 if that is healthy, 1 if not
#[derive(Args, Debug)]
pub(crate) struct StatusArgs {}

/// Runs the command.
pub(crate) fn run(_: &StatusArgs, context: &Context) -> Result<Exit, FoundryError> {
    let machine = Machine::open().map_err(|error| FoundryError::of_host("/", error))?;
    let config = Config::load(&machine, &context.config)?;
    let spool = foundry::open_to_look(&machine, &config)?;
    let heartbeat = Heartbeat::load(&spool)?;
    let depth = spool::depth(&spool)?;
    let queue = heartbeat.as_ref().and_then(|beat| beat.queue.as_ref());
    let quarantined = queue.map_or(0, |queue| queue.quarantined);
    let now = machine.host().now();
    let health = Health::of(heartbeat.as_ref(), now, &config.health_limits());
    let health = health.and(SpaceWatch::new(&config).reasons(&machine));
    let terminal = &context.terminal;
    match terminal.format {
        Format::Json => terminal.json(&json!({
            "healthy": health.is_healthy(),
            "reasons": health.reasons,
            "age_ms": health.age_ms,
            "queue": {
                "pending": depth.pending,
                "overflow": depth.overflow,
                "claimed": depth.claimed,
                "quarantined": quarantined,
            },
            "heartbeat": heartbeat,
        })),
        Format::Text => text(&health, &depth, quarantined, heartbeat.as_ref(), terminal),
    }
    Ok(match health.is_healthy() {
        true => Exit::Ok,
        false => Exit::Findings,
    })
}

fn text(
    health: &Health,
    depth: &Depth,
    quarantined: u64,
    heartbeat: Option<&Heartbeat>,
    terminal: &Terminal,
) {
    let verdict = match health.is_healthy() {
        true => terminal.paint(Paint::Good, "healthy"),
        false => terminal.paint(Paint::Bad, "NOT healthy"),
    };
    terminal.result(&format!("{verdict}\n"));
    for reason in &health.reasons {
        terminal.result(&format!("  {reason}\n"));
    }
    let now = [
        ("pending", depth.pending),
        ("overflow", depth.overflow),
        ("claimed", depth.claimed),
        ("quarantined", quarantined),
    ];
    let now = now.map(|(place, count)| format!("{place} {}", words::count(count)));
    terminal.result(&format!("queue     {}\n", now.join(", ")));
    let Some(beat) = heartbeat else { return };
    if beat.insecure {
        let warning = terminal.paint(Paint::Bad, "INSECURE");
        terminal.result(&format!(
            "{warning}  the indexer's certificate is not verified (indexer.insecure)\n"
        ));
    }
    let ago = health.age_ms.map(words::duration).unwrap_or_default();
    terminal.result(&format!(
        "last pass {} at {}, {ago} ago\n",
        beat.run_id,
        words::time(beat.finished)
    ));
    beat.stages
        .iter()
        .for_each(|stage| terminal.result(&line(stage)));
    if let Some(inbox) = &beat.inbox {
        terminal.result(&format!(
            "inbox     {} half-written, {} hidden, {} never taken\n",
            words::count(inbox.waiting),
            words::count(inbox.hidden),
            words::count(inbox.ignored)
        ));
    }
    if let Some(indexer) = &beat.indexer {
        terminal.result(&seen(indexer));
    }
    terminal.result(&format!("equation  {}\n", beat.equation));
    for (what, ids) in &beat.named {
        terminal.result(&format!("  {what}: {}\n", ids.join(" ")));
    }
    if let Some(scrub) = &beat.scrub {
        terminal.result(&scrubbed(scrub));
    }
    if let Some(retention) = &beat.retention {
        terminal.result(&removed(retention));
    }
    terminal.result(&format!("policy    {}\n", beat.policy_sha256));
}

/// How much of what is finished was looked at again, and what was found.
fn scrubbed(scrub: &ScrubState) -> String {
    let mut text = format!(
        "scrub     {} looked at again, {} rounds, oldest {}, due {}, findings {}\n",
        words::count(scrub.verified_total),
        words::count(scrub.rounds),
        words::duration(scrub.oldest_unverified_age_ms),
        words::count(scrub.due),
        words::count(scrub.findings)
    );
    for one in &scrub.named {
        text.push_str(&format!("  {one}\n"));
    }
    text
}

/// What was removed for its age.
fn removed(retention: &RetentionState) -> String {
    format!(
        "retention {} cases and {} quarantined files of before {} removed{}\n",
        words::count(retention.cases),
        words::count(retention.quarantined),
        words::time(retention.before),
        match retention.is_done {
            true => "",
            false => ", or on their way out",
        }
    )
}

/// What the indexer told besides its alerts.
fn seen(indexer: &Observed) -> String {
    let newest = indexer.newest_alert.map(words::time);
    let newest = newest.unwrap_or_else(|| "unknown".to_owned());
    let skew = match indexer.skew_s {
        Some(0) => "clocks agree".to_owned(),
        Some(skew) => {
            let by = words::duration(skew.unsigned_abs().saturating_mul(1_000));
            let side = if skew < 0 { "behind" } else { "ahead" };
            format!("our clock is {by} {side}")
        }
        None => "its clock is unknown".to_owned(),
    };
    let since = match &indexer.audit {
        Some(audit) => format!("counts compared since {}", words::time(audit.since)),
        None => "counts not compared yet".to_owned(),
    };
    format!("indexer   newest alert {newest}, {skew}, {since}\n")
}

fn line(stage: &StageState) -> String {
    let succeeded = match stage.last_success {
        Some(at) => format!("last success {}", words::time(at)),
        None => "never succeeded".to_owned(),
    };
    let error = stage
        .error
        .as_ref()
        .map(|error| format!("\n    {error}"))
        .unwrap_or_default();
    format!(
        "  {:<11}{:>10} in {:>10} out {:>6} errors  {succeeded}{error}\n",
        stage.stage,
        words::count(stage.taken),
        words::count(stage.given),
        words::count(stage.errors)
    )
}
