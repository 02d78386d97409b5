//! How much memory runs take, and how much of it the machine has: so many run at once as fit.

use super::cells::CellPlan;
use crate::scenario::{Ends, Scenario};
use std::sync::{Condvar, Mutex, PoisonError};

/// What a run takes for each alert, and beside that. Measured: 3.3 KiB an alert at 750,000 and at 1,000,000 of them.
const ALERT_BYTES: u64 = 4_096;
/// The same where most alerts stay where they are.
const WAITING_BYTES: u64 = 1_024;
const RUN_BYTES: u64 = 64 << 20;
/// In percent of what is free: the rest is for the results, and for whoever else uses the machine.
const SHARE: u64 = 80;

/// The memory, in bytes, that a run of this scenario takes at this depth, about.
pub fn need(scenario: &Scenario, depth: u64) -> u64 {
    // More than fits is more than fits, whatever the number.
    RUN_BYTES.saturating_add((depth as f64 * file_bytes(scenario)) as u64)
}

/// The memory that the queues take which the runs of these cells begin with, in bytes, about.
pub fn held(cells: &[CellPlan]) -> u64 {
    let filled = cells.iter().filter(|cell| cell.is_filled());
    filled.map(|cell| need(&cell.scenario, cell.depth)).sum()
}

/// The deepest queue of which a run of this scenario fits into so many bytes.
pub fn deepest(scenario: &Scenario, bytes: u64) -> u64 {
    (bytes.saturating_sub(RUN_BYTES) as f64 / file_bytes(scenario)) as u64
}

/// What each file of the queue at the start takes, with the alerts that come later for it.
fn file_bytes(scenario: &Scenario) -> f64 {
    let producers = scenario.producers.iter();
    let shares = producers.filter_map(|producer| producer.share_of_initial);
    let alert_bytes = match scenario.clock.ends {
        Ends::Drained => ALERT_BYTES,
        Ends::Counted => WAITING_BYTES,
    };
    alert_bytes as f64 * (1.0 + shares.sum::<f64>())
}

/// The bytes that runs may take together: of what is free on the machine, and of what its control group allows. All that can
/// be written down where neither is told.
pub fn budget() -> u64 {
    let read = |path: &str| std::fs::read_to_string(path).ok();
    let free = read("/proc/meminfo").and_then(|text| available(&text));
    let of_group = read("/sys/fs/cgroup/memory.max").and_then(|max| {
        let used = read("/sys/fs/cgroup/memory.current")?;
        let used: u64 = used.trim().parse().ok()?;
        // A group without a limit says `max`.
        Some(max.trim().parse::<u64>().ok()?.saturating_sub(used))
    });
    match free.into_iter().chain(of_group).min() {
        Some(bytes) => bytes / 100 * SHARE,
        None => u64::MAX,
    }
}

/// The bytes that `/proc/meminfo` calls available.
fn available(meminfo: &str) -> Option<u64> {
    let line = meminfo
        .lines()
        .find_map(|line| line.strip_prefix("MemAvailable:"))?;
    let kib: u64 = line.trim().strip_suffix(" kB")?.parse().ok()?;
    Some(kib * 1_024)
}

/// Bytes that are lent to runs: one that needs more than is left waits for others to end.
pub(super) struct Purse {
    all: u64,
    left: Mutex<u64>,
    returned: Condvar,
}

impl Purse {
    pub(super) fn new(bytes: u64) -> Self {
        Purse {
            all: bytes,
            left: Mutex::new(bytes),
            returned: Condvar::new(),
        }
    }

    /// Does `act` once there are so many bytes for it. What needs more than there ever will be gets all of it, alone.
    pub(super) fn spend<R>(&self, bytes: u64, act: impl FnOnce() -> R) -> R {
        let bytes = bytes.min(self.all);
        let left = self.left.lock().unwrap_or_else(PoisonError::into_inner);
        let wait = self.returned.wait_while(left, |left| *left < bytes);
        *wait.unwrap_or_else(PoisonError::into_inner) -= bytes;
        let result = act();
        *self.left.lock().unwrap_or_else(PoisonError::into_inner) += bytes;
        self.returned.notify_all();
        result
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicU64, Ordering};

    #[test]
    fn the_deepest_queue_that_fits_fits_and_a_deeper_one_does_not() {
        for id in ["scale-boundaries", "targeted-race"] {
            let scenario = crate::scenario::builtin(id).expect("it is built in");
            let bytes = 5 << 30;
            let deepest = deepest(&scenario, bytes);
            assert!(need(&scenario, deepest) <= bytes, "{id}");
            assert!(bytes < need(&scenario, deepest + 2), "{id}");
        }
    }

    #[test]
    fn what_is_available_is_read_in_kibibytes() {
        let text = "MemTotal:       24689788 kB\nMemFree:  1 kB\nMemAvailable:   20 kB\n";
        assert_eq!(available(text), Some(20_480));
        assert_eq!(available("MemTotal: 5 kB\n"), None);
    }

    #[test]
    fn together_runs_never_take_more_than_there_is() {
        let (purse, taken) = (Purse::new(10), AtomicU64::new(0));
        std::thread::scope(|scope| {
            for bytes in [6, 6, 4, 3, 99, 1] {
                let (purse, taken) = (&purse, &taken);
                scope.spawn(move || {
                    let bytes_due = bytes.min(10);
                    purse.spend(bytes, || {
                        let now = taken.fetch_add(bytes_due, Ordering::SeqCst) + bytes_due;
                        assert!(now <= 10, "{now} of 10");
                        std::thread::yield_now();
                        taken.fetch_sub(bytes_due, Ordering::SeqCst);
                    });
                });
            }
        });
        assert_eq!(*purse.left.lock().unwrap(), 10);
    }
}
