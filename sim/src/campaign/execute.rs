//! Plays the runs of a campaign, as many at a time as there are cores and as fit into memory.

use super::bases::Bases;
use super::cells::CellPlan;
use super::findings::replay_line;
use super::memory::{self, Purse};
use super::watchdog::{Patience, Watchdog};
use crate::run::{Base, Outcome, Plan, run_until};
use rayon::iter::{ParallelBridge, ParallelIterator};
use std::panic::{AssertUnwindSafe, catch_unwind};

/// A run that has ended.
#[derive(Clone, Debug)]
pub struct Ran {
    /// Which cell it belongs to, by index.
    pub cell: usize,
    /// Which of the cell's runs it is, from 0.
    pub index: u64,
    /// What ran.
    pub plan: Plan,
    /// How it came out.
    pub outcome: Outcome,
}

/// All runs of a campaign.
#[derive(Clone, Debug, Default)]
pub struct Executed {
    /// Those that ended, in the order of the cells.
    pub runs: Vec<Ran>,
    /// What broke the harness itself, one sentence each.
    pub broken: Vec<String>,
}

/// Who is told while a campaign runs.
pub struct Heard<'a> {
    /// A run has ended.
    pub on_end: &'a (dyn Fn(&CellPlan, &Outcome) + Sync),
    /// A run hangs in code that makes no call, so that nothing can stop it. It is given the line that starts the run again;
    /// all that can be done is to say so, and to end the process.
    pub on_hang: &'a (dyn Fn(&str) + Sync),
}

/// Plays every run of `cells`, the first role first and in it the deepest first.
///
/// # Panics
/// If the machine refuses threads.
pub fn execute(
    cells: &[CellPlan],
    campaign_seed: u64,
    patience: Patience,
    heard: &Heard<'_>,
) -> Executed {
    let mut jobs: Vec<(usize, u64)> = Vec::new();
    for (number, cell) in cells.iter().enumerate() {
        jobs.extend((0..cell.seeds).map(|index| (number, index)));
    }
    // A deep run that starts last would leave the other core without work.
    jobs.sort_by_key(|(cell, index)| {
        let cell = &cells[*cell];
        (cell.role, std::cmp::Reverse(cell.depth), *index)
    });
    let (bases, watchdog) = (Bases::new(cells), Watchdog::new(patience));
    let purse = Purse::new(memory::budget().saturating_sub(memory::held(cells)));
    let play = |(number, index): (usize, u64)| {
        let cell = &cells[number];
        let plan = cell.plan(cell.seed(campaign_seed, index));
        let line = replay_line(cell, plan.seed);
        let play = |base: Option<&Base>| {
            watchdog.guard(line, |stop| {
                catch_unwind(AssertUnwindSafe(|| run_until(&plan, base, stop)))
            })
        };
        let need = memory::need(&plan.scenario, plan.depth);
        let outcome = purse
            .spend(need, || bases.lend(number, play))
            .map_err(|_| {
                format!(
                    "the harness panicked: {} {} at {} files, seed 0x{:016x}",
                    plan.scenario.id, plan.engine, plan.depth, plan.seed
                )
            })?;
        (heard.on_end)(cell, &outcome);
        Ok(Ran {
            cell: number,
            index,
            plan,
            outcome,
        })
    };
    let (pool, mut executed) = (pool(), Executed::default());
    let ended: Vec<Result<Ran, String>> = watchdog.watching(heard.on_hang, || {
        pool.install(|| {
            let unfilled = bases.fill(cells, &watchdog);
            jobs.retain(|(cell, _)| unfilled.iter().all(|(number, _)| number != cell));
            executed
                .broken
                .extend(unfilled.into_iter().map(|(_, what)| what));
            jobs.into_iter().par_bridge().map(play).collect()
        })
    });
    for one in ended {
        match one {
            Ok(ran) => executed.runs.push(ran),
            Err(broken) => executed.broken.push(broken),
        }
    }
    executed.runs.sort_by_key(|ran| (ran.cell, ran.index));
    executed.broken.sort();
    executed
}

/// The threads that runs and repeats share.
pub(super) fn pool() -> rayon::ThreadPool {
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    rayon::ThreadPoolBuilder::new()
        .num_threads(cores)
        .build()
        .expect("a machine that runs programs has threads")
}
