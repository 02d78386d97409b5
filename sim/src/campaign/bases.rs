//! The queues that runs begin with: each is filled once, before the first run, and kept until the last one of its cell has
//! ended.

use super::cells::CellPlan;
use super::findings::replay_line;
use super::watchdog::Watchdog;
use crate::run::Base;
use rayon::iter::{ParallelBridge, ParallelIterator};
use std::cmp::Reverse;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// What the runs of each cell begin with.
pub(super) struct Bases {
    slots: Vec<Slot>,
}

/// What the runs of one cell begin with.
struct Slot {
    base: Mutex<Option<Arc<Base>>>,
    /// Runs that have not ended.
    left: AtomicU64,
}

impl Slot {
    fn base(&self) -> MutexGuard<'_, Option<Arc<Base>>> {
        self.base.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Bases {
    /// Room for what the runs of these cells begin with.
    pub(super) fn new(cells: &[CellPlan]) -> Self {
        let slot = |cell: &CellPlan| Slot {
            base: Mutex::new(None),
            left: AtomicU64::new(cell.seeds),
        };
        Bases {
            slots: cells.iter().map(slot).collect(),
        }
    }

    /// Fills the queues, the deepest first, on the threads of the pool that this is called in. Says what could not be filled:
    /// the cells, each with its reason.
    pub(super) fn fill(&self, cells: &[CellPlan], watchdog: &Watchdog) -> Vec<(usize, String)> {
        let mut filled: Vec<usize> = (0..cells.len()).collect();
        filled.retain(|number| cells[*number].is_filled());
        filled.sort_by_key(|number| Reverse(cells[*number].depth));
        let fill = |number: usize| {
            let plan = cells[number].plan(0);
            let base = watchdog.guard(replay_line(&cells[number], plan.seed), |stop| {
                catch_unwind(AssertUnwindSafe(|| Base::of(&plan, stop)))
            });
            let (id, depth) = (&plan.scenario.id, plan.depth);
            let base = base.unwrap_or_else(|_| {
                Err(format!(
                    "the harness panicked while it filled the queue of {id} at {depth}"
                ))
            });
            match base {
                Ok(base) => *self.slots[number].base() = base.map(Arc::new),
                Err(what) => return Some((number, what)),
            }
            None
        };
        filled.into_iter().par_bridge().filter_map(fill).collect()
    }

    /// Lends a run of the cell what it begins with.
    pub(super) fn lend<R>(&self, cell: usize, play: impl FnOnce(Option<&Base>) -> R) -> R {
        let slot = &self.slots[cell];
        let base = slot.base().clone();
        let result = play(base.as_deref());
        if slot.left.fetch_sub(1, Ordering::AcqRel) == 1 {
            *slot.base() = None;
        }
        result
    }
}
