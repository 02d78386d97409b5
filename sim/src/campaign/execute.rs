//! Plays the runs of a campaign, two at a time.

use super::cells::CellPlan;
use crate::run::{Outcome, Plan, run};
use rayon::iter::{ParallelBridge, ParallelIterator};
use std::panic::{AssertUnwindSafe, catch_unwind};

/// Never more runs at once: one of 1,000,000 files takes more than a gigabyte.
const RUNS_AT_ONCE: usize = 2;

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

/// Plays every run of `cells`, the first role first and in it the deepest first, and tells `on_end` of each.
///
/// # Panics
/// If the machine refuses two threads.
pub fn execute(
    cells: &[CellPlan],
    campaign_seed: u64,
    on_end: &(dyn Fn(&CellPlan, &Outcome) + Sync),
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
    let play = |(cell, index): (usize, u64)| {
        let plan = cells[cell].plan(cells[cell].seed(campaign_seed, index));
        let outcome = catch_unwind(AssertUnwindSafe(|| run(&plan))).map_err(|_| {
            format!(
                "the harness panicked: {} {} at {} files, seed 0x{:016x}",
                plan.scenario.id, plan.engine, plan.depth, plan.seed
            )
        })?;
        on_end(&cells[cell], &outcome);
        Ok(Ran {
            cell,
            index,
            plan,
            outcome,
        })
    };
    let ended: Vec<Result<Ran, String>> =
        pool().install(|| jobs.into_iter().par_bridge().map(play).collect());
    let mut executed = Executed::default();
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
        .num_threads(cores.min(RUNS_AT_ONCE))
        .build()
        .expect("a machine that runs programs has two threads")
}
