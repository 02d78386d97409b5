//! What `gate` and `sweep` share: options into cells, runs with progress, results onto disk and screen.
#![expect(
    clippy::disallowed_methods,
    reason = "wall time is shown to people and decides nothing"
)]

use super::options::{Campaign, config_json, config_text};
use super::terminal::{Format, Terminal};
use super::{CliError, Exit, Progress};
use crate::campaign::folder::{self, Kind};
use crate::campaign::{self, About, CellPlan, Heard, Patience, Recorded, Request, memory};
use crate::report::model;
use crate::report::text::TextOptions;
use crate::run::Outcome;
use crate::scenario::Engine;
use crate::stats::proportion::{runs_to_see, upper_bound_of_none, upper_bound_of_none_at_once};
use std::path::{Path, PathBuf};
use std::time::Instant;

/// A campaign that has run, and where its files lie.
pub(super) struct Done {
    pub(super) campaign: model::Campaign,
    pub(super) folder: PathBuf,
}

/// The options as what the campaign runs from.
pub(super) fn requests(options: &Campaign) -> Vec<Request> {
    let is_asked = |origin| origin != super::Origin::Scenario;
    let plans = options.plans.iter().map(|plan| Request {
        scenario: plan.scenario.clone(),
        source: plan.source.clone(),
        engines: match is_asked(plan.engines.origin) {
            true => plan.engines.value.clone(),
            false => Vec::new(),
        },
        depths: plan.depths.value.clone(),
        are_depths_asked: is_asked(plan.depths.origin),
        points: plan.points.clone(),
        seeds: is_asked(plan.seeds.origin).then_some(plan.seeds.value),
    });
    plans.collect()
}

/// Answers `--print-config` and `--plan`. `None`: neither was asked for.
pub(super) fn answer(options: &Campaign, cells: &[CellPlan], terminal: &Terminal) -> Option<Exit> {
    if options.print_config {
        match terminal.format {
            Format::Text => terminal.result(&config_text(options)),
            Format::Json => terminal.json(&config_json(options)),
        }
    } else if options.plan {
        terminal.result(&plan_text(cells));
    } else {
        return None;
    }
    Some(Exit::Pass)
}

/// What so many clean runs bound, and how many runs see a bug of a given rate.
fn plan_text(cells: &[CellPlan]) -> String {
    const LEVEL: f64 = 0.95;
    let runs: u64 = cells.iter().map(|cell| cell.seeds).sum();
    let mut text = format!("{} cells, {runs} runs\n", cells.len());
    text += &memory_text(cells, memory::budget());
    text += "scenario              engine     files   seeds  0 failures bound the rate by\n";
    for cell in cells {
        text += &format!(
            "{:<20}  {:<7} {:>8} {:>7}  {:>6.2} % a run (one-sided 95 %)\n",
            cell.scenario.id,
            cell.engine,
            cell.depth,
            cell.seeds,
            100.0 * upper_bound_of_none(cell.seeds, LEVEL)
        );
    }
    if let Some(fewest) = cells.iter().map(|cell| cell.seeds).min() {
        let all = upper_bound_of_none_at_once(fewest, cells.len() as u64, LEVEL);
        text += &format!("all cells at once: {:.2} % (Bonferroni)\n", 100.0 * all);
    }
    text += "\nseeds that see a bug of this rate once with 95 %:\n";
    for rate in [0.1, 0.01, 0.001] {
        text += &format!("  {:>5.1} %  {}\n", 100.0 * rate, runs_to_see(rate, LEVEL));
    }
    text
}

/// The memory that a run of this cell takes, in bytes.
fn need(cell: &CellPlan) -> u64 {
    memory::need(&cell.scenario, cell.depth)
}

/// How many runs fit beside one another.
fn memory_text(cells: &[CellPlan], budget: u64) -> String {
    const GIB: f64 = (1_u64 << 30) as f64;
    let most = cells.iter().map(need).max().unwrap_or(1);
    let cores = std::thread::available_parallelism().map_or(1, usize::from) as u64;
    let at_once = (budget / most.max(1)).clamp(1, cores);
    format!(
        "memory: the deepest run takes about {:.1} GiB; runs share {:.1} GiB, so {at_once} of those run at once on {cores} cores\n\n",
        most as f64 / GIB,
        budget as f64 / GIB
    )
}

/// Errs if a queue is deeper than fits into memory.
pub(super) fn check_depths(cells: &[CellPlan]) -> Result<(), CliError> {
    let budget = memory::budget();
    let too_deep = cells.iter().find(|cell| budget < need(cell));
    match too_deep {
        Some(cell) => Err(CliError::TooDeep {
            depth: cell.depth,
            gib: need(cell) >> 30,
            free_gib: budget >> 30,
            deepest: memory::deepest(&cell.scenario, budget),
        }),
        None => Ok(()),
    }
}

/// Runs the cells, repeats some of them in fresh processes, and leaves results and tapes in a new folder.
pub(super) fn run(
    options: &Campaign,
    cells: &[CellPlan],
    kind: Kind,
    terminal: &Terminal,
) -> Result<Done, CliError> {
    let started = Instant::now();
    let commit = campaign::commit();
    let exe = std::env::current_exe().map_err(CliError::NoProgram)?;
    let folder = folder::make(&options.out.value, &commit, options.seed.value)?;
    let seed = format!("0x{:016x} ({})", options.seed.value, options.seed.origin);
    announce(terminal, cells, &commit, &seed);
    let total = cells.iter().map(|cell| cell.seeds).sum();
    let progress = Progress::start(terminal, "explore", total);
    // Specimens break promises: that is what they are for.
    let is_bad =
        |cell: &CellPlan, outcome: &Outcome| cell.engine == Engine::Spool && !outcome.is_clean();
    let on_end = |cell: &CellPlan, outcome: &Outcome| progress.ended(is_bad(cell, outcome));
    let on_hang = |line: &str| hang(terminal, line);
    let heard = Heard {
        on_end: &on_end,
        on_hang: &on_hang,
    };
    let executed = campaign::execute(cells, options.seed.value, Patience::default(), &heard);
    progress.finish();
    let is_failure = |ran: &campaign::Ran| campaign::is_failure(cells, ran);
    let progress = Progress::start(
        terminal,
        "repeat",
        campaign::repeated(&executed, &is_failure),
    );
    let repeats = campaign::repeat(&exe, &executed, &is_failure, &|bad| progress.ended(bad));
    progress.finish();
    let about = About {
        profile: match kind {
            Kind::Gate => options.profile.value.to_string(),
            Kind::Sweep => "sweep".to_owned(),
        },
        must_pair: kind == Kind::Gate && options.profile.value.must_pair(),
        seed,
        commit: commit.clone(),
        command: command_line(),
        stopping_rule: "The number of seeds was fixed beforehand; no run was dropped.".to_owned(),
        folder: folder.display().to_string(),
        seconds: started.elapsed().as_secs_f64(),
        is_judged: kind == Kind::Gate,
    };
    let (campaign, recorded): (model::Campaign, Vec<Recorded>) =
        campaign::fill(cells, &executed, Some(repeats), &about);
    folder::write_tapes(&folder, &executed, &recorded, &commit)?;
    folder::write_result(&folder.join("result.json"), &campaign)?;
    warn(
        terminal,
        &folder::render(&folder, "report", kind, &campaign),
    );
    Ok(Done { campaign, folder })
}

/// Ends the process, because a run of it hangs: the verdict is FAIL, and its line is all that can be told.
fn hang(terminal: &Terminal, line: &str) {
    terminal.remark(&format!(
        "\nA run did not end, and makes no call at which it could be stopped. Look at it with:\n  {line}\nFAIL (exit 1)\n"
    ));
    std::process::exit(1);
}

/// Says what begins, the seed first: a run that is broken off can then be told of.
fn announce(terminal: &Terminal, cells: &[CellPlan], commit: &str, seed: &str) {
    let runs: u64 = cells.iter().map(|cell| cell.seeds).sum();
    let version = env!("CARGO_PKG_VERSION");
    terminal.remark(&format!(
        "sim {version}  commit {commit}  seed {seed}  {} cells, {runs} runs\n",
        cells.len()
    ));
}

/// Says what could not be rendered: a report decides nothing.
pub(super) fn warn(terminal: &Terminal, warnings: &[String]) {
    for warning in warnings {
        terminal.remark(&format!("warning: {warning}\n"));
    }
}

/// How texts are written for this terminal.
pub(super) fn text_options<'a>(terminal: &Terminal, report: Option<&'a str>) -> TextOptions<'a> {
    TextOptions {
        colour: terminal.color_out,
        ascii: terminal.ascii,
        quiet: terminal.quiet,
        report,
    }
}

/// The campaign as one object a line: cells, canaries, goals, findings, figures, and at last the verdict.
pub(super) fn print_json(terminal: &Terminal, campaign: &model::Campaign, folder: &Path) {
    let line = |kind: &str, value: serde_json::Value| {
        terminal.json(&serde_json::json!({ "schema": 1, "type": kind, kind: value }));
    };
    line("environment", serde_json::json!(campaign.environment));
    for cell in &campaign.cells {
        line("cell", serde_json::json!(cell));
    }
    for canary in &campaign.canaries {
        line("canary", serde_json::json!(canary));
    }
    for goal in &campaign.sometimes {
        line("sometimes", serde_json::json!(goal));
    }
    for swarm in &campaign.swarms {
        line("swarm", serde_json::json!(swarm));
    }
    for row in &campaign.incident {
        line("figure", serde_json::json!(row));
    }
    for trouble in &campaign.troubles {
        line("trouble", serde_json::json!(trouble));
    }
    for finding in &campaign.findings {
        line("finding", serde_json::json!(finding));
    }
    let (tally, verdict) = (campaign.tally(), campaign.verdict());
    let end = serde_json::json!({
        "word": verdict.word(),
        "exit": verdict.exit_code(),
        "passed": tally.passed,
        "failed": tally.failed,
        "skipped": tally.skipped,
        "doubts": campaign.doubts(),
        "repeats": campaign.repeats,
        "folder": folder,
    });
    line("verdict", end);
}

/// The line that starts the same campaign, without the path of the program.
fn command_line() -> String {
    let args = std::env::args().skip(1);
    std::iter::once("sim".to_owned())
        .chain(args)
        .collect::<Vec<_>>()
        .join(" ")
}
