//! The same seed in a fresh process: the same hash, or nothing that the campaign says can be trusted.

use super::execute::{Executed, Ran, pool};
use super::memory::{self, Purse};
use crate::report::model::{Share, Trouble, TroubleKind};
use crate::tape::{Tape, Trace};
use rayon::iter::{ParallelBridge, ParallelIterator};
use serde::{Deserialize, Serialize};
use std::cmp::Reverse;
use std::collections::BTreeSet;
use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};

/// One of so many runs of each scenario is repeated, and one at the least: 5 %.
const ONE_OF: usize = 20;

/// What the repeated runs gave.
#[derive(Clone, Debug)]
pub struct Repeats {
    /// How many gave the same hash.
    pub share: Share,
    /// Those that did not, and those that did not run at all.
    pub troubles: Vec<Trouble>,
}

/// What the hidden verb `run-one --hash` prints.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Answer {
    /// The hash of the run, in hexadecimal.
    pub hash: String,
    /// The first checkpoint, from 1, at which it differs from the tape; `None`: nowhere.
    pub first_difference: Option<u64>,
}

/// Which runs are repeated: every one for which `is_failure`, and 5 % of each scenario, by their seeds.
fn chosen<'a>(executed: &'a Executed, is_failure: &dyn Fn(&Ran) -> bool) -> Vec<&'a Ran> {
    let scenarios: BTreeSet<&str> = executed
        .runs
        .iter()
        .map(|ran| ran.plan.scenario.id.as_str())
        .collect();
    let mut sample = BTreeSet::new();
    for scenario in scenarios {
        let here = executed
            .runs
            .iter()
            .filter(|ran| ran.plan.scenario.id == scenario);
        let mut here: Vec<&Ran> = here.collect();
        // Seeds are as good as drawn, and the same runs are chosen each time.
        here.sort_by_key(|ran| (ran.plan.seed, ran.cell, ran.index));
        let count = here.len().div_ceil(ONE_OF);
        // What they begin with is filled anew, which takes longer than they do: once for all of them.
        if let Some(first) = here.first().copied()
            && is_filled(first)
        {
            here.retain(|ran| ran.cell == first.cell);
        }
        sample.extend(
            here.into_iter()
                .take(count)
                .map(|ran| (ran.cell, ran.index)),
        );
    }
    let is_chosen = |ran: &&Ran| {
        // Where real time cut a run off is no choice of its seed.
        let is_cut = ran.outcome.is_timed_out;
        !is_cut && (is_failure(ran) || sample.contains(&(ran.cell, ran.index)))
    };
    executed.runs.iter().filter(is_chosen).collect()
}

fn is_filled(ran: &Ran) -> bool {
    ran.plan.scenario.is_filled_for(ran.plan.engine)
}

/// Those that one process repeats: the runs of a cell that begin with the same queue, and every other by itself. The longest
/// first: one that starts last would leave the other cores without work.
fn by_process<'a>(chosen: &[&'a Ran]) -> Vec<Vec<&'a Ran>> {
    let together = |one: &&Ran, other: &&Ran| one.cell == other.cell && is_filled(one);
    let mut processes: Vec<_> = chosen.chunk_by(together).map(<[&Ran]>::to_vec).collect();
    processes.sort_by_key(|runs| Reverse(runs.iter().map(|ran| ran.outcome.steps).sum::<u64>()));
    processes
}

/// How many runs [`repeat()`] repeats.
pub fn repeated(executed: &Executed, is_failure: &dyn Fn(&Ran) -> bool) -> u64 {
    chosen(executed, is_failure).len() as u64
}

/// Repeats runs with the program `exe`, and tells `on_end` of each whether it differed.
pub fn repeat(
    exe: &Path,
    executed: &Executed,
    is_failure: &dyn Fn(&Ran) -> bool,
    on_end: &(dyn Fn(bool) + Sync),
) -> Repeats {
    let chosen = chosen(executed, is_failure);
    let of = chosen.len() as u64;
    let purse = Purse::new(memory::budget());
    let play = |runs: Vec<&Ran>| {
        let plan = &runs[0].plan;
        let base = if is_filled(runs[0]) { 2 } else { 1 };
        let need = base * memory::need(&plan.scenario, plan.depth);
        let troubles = purse.spend(need, || again(exe, &runs));
        for _ in &runs {
            on_end(!troubles.is_empty());
        }
        troubles
    };
    let processes = by_process(&chosen).into_iter().par_bridge();
    let mut troubles: Vec<Trouble> = pool().install(|| processes.flat_map_iter(play).collect());
    troubles.sort_by(|one, two| one.note.cmp(&two.note));
    Repeats {
        share: Share {
            ok: of - troubles.len() as u64,
            of,
        },
        troubles,
    }
}

fn again(exe: &Path, runs: &[&Ran]) -> Vec<Trouble> {
    let who = |ran: &Ran| {
        let plan = &ran.plan;
        format!(
            "{} {} at {} files, seed 0x{:016x}",
            plan.scenario.id, plan.engine, plan.depth, plan.seed
        )
    };
    let answers = match ask(exe, runs) {
        Ok(answers) => answers,
        Err(what) => {
            return vec![Trouble {
                kind: TroubleKind::HarnessBug,
                note: format!("cannot repeat {}: {what}", who(runs[0])),
            }];
        }
    };
    let differing = runs.iter().zip(answers).filter(|(ran, answer)| {
        let is_same = answer.hash == format!("{:016x}", ran.outcome.trace_hash);
        answer.first_difference.is_some() || !is_same
    });
    let troubles = differing.map(|(ran, answer)| {
        let checkpoint = answer.first_difference.unwrap_or(0);
        let step = Trace::last_common_step(checkpoint);
        let who = who(ran);
        Trouble {
            kind: TroubleKind::Nondeterministic,
            note: format!(
                "{who}: a fresh process gave another hash, first at checkpoint {checkpoint}, after step {step}"
            ),
        }
    });
    troubles.collect()
}

/// Runs the tapes of `runs` in one fresh process.
fn ask(exe: &Path, runs: &[&Ran]) -> Result<Vec<Answer>, String> {
    let failed = |error: std::io::Error| error.to_string();
    let mut command = Command::new(exe);
    command.args(["run-one", "--hash"]);
    let mut files = Vec::new();
    for ran in runs {
        let mut file = tempfile::NamedTempFile::new().map_err(failed)?;
        let text = Tape::of(&ran.plan, &ran.outcome, "", None).to_text();
        file.write_all(text.as_bytes())
            .and_then(|()| file.flush())
            .map_err(failed)?;
        command.arg("--tape").arg(file.path());
        files.push(file);
    }
    command.stdin(Stdio::null()).stderr(Stdio::null());
    let output = command.output().map_err(failed)?;
    let text = String::from_utf8_lossy(&output.stdout);
    let answers = text.lines().map(serde_json::from_str);
    let answers: Result<Vec<Answer>, _> = answers.collect();
    answers
        .ok()
        .filter(|answers| answers.len() == runs.len())
        .ok_or_else(|| format!("it ended with {}", output.status))
}
