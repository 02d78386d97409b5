//! The same seed in a fresh process: the same hash, or nothing that the campaign says can be trusted.

use super::execute::{Executed, Ran, pool};
use super::memory::{self, Purse};
use crate::report::model::{Share, Trouble, TroubleKind};
use crate::tape::{Tape, Trace};
use rayon::iter::{ParallelBridge, ParallelIterator};
use serde::{Deserialize, Serialize};
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
    let play = |ran: &Ran| {
        let need = memory::need(&ran.plan.scenario, ran.plan.depth);
        let trouble = purse.spend(need, || again(exe, ran)).err();
        on_end(trouble.is_some());
        trouble
    };
    let mut troubles: Vec<Trouble> =
        pool().install(|| chosen.into_iter().par_bridge().filter_map(play).collect());
    troubles.sort_by(|one, two| one.note.cmp(&two.note));
    Repeats {
        share: Share {
            ok: of - troubles.len() as u64,
            of,
        },
        troubles,
    }
}

fn again(exe: &Path, ran: &Ran) -> Result<(), Trouble> {
    let plan = &ran.plan;
    let who = format!(
        "{} {} at {} files, seed 0x{:016x}",
        plan.scenario.id, plan.engine, plan.depth, plan.seed
    );
    let bug = |what: String| Trouble {
        kind: TroubleKind::HarnessBug,
        note: format!("cannot repeat {who}: {what}"),
    };
    let answer = ask(exe, ran).map_err(bug)?;
    match answer.first_difference {
        None if answer.hash == format!("{:016x}", ran.outcome.trace_hash) => Ok(()),
        difference => {
            let checkpoint = difference.unwrap_or(0);
            let step = Trace::last_common_step(checkpoint);
            Err(Trouble {
                kind: TroubleKind::Nondeterministic,
                note: format!(
                    "{who}: a fresh process gave another hash, first at checkpoint {checkpoint}, after step {step}"
                ),
            })
        }
    }
}

fn ask(exe: &Path, ran: &Ran) -> Result<Answer, String> {
    let failed = |error: std::io::Error| error.to_string();
    let mut file = tempfile::NamedTempFile::new().map_err(failed)?;
    let text = Tape::of(&ran.plan, &ran.outcome, "", None).to_text();
    file.write_all(text.as_bytes())
        .and_then(|()| file.flush())
        .map_err(failed)?;
    let output = Command::new(exe)
        .args(["run-one", "--hash", "--tape"])
        .arg(file.path())
        .stdin(Stdio::null())
        .stderr(Stdio::null())
        .output()
        .map_err(failed)?;
    let text = String::from_utf8_lossy(&output.stdout);
    serde_json::from_str(text.trim()).map_err(|_| format!("it ended with {}", output.status))
}
