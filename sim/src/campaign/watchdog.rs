//! Real time for runs: none goes on for ever, whatever the program under test does.
//!
//! A run is bounded by its steps, which every repetition counts alike. This is for what steps do not show: a run whose steps
//! have become slow is stopped at its next call, and one that makes no call any more is told of, so that the campaign can end.
#![expect(
    clippy::disallowed_methods,
    reason = "a run that hangs has no virtual time by which it could be stopped"
)]

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// How much real time runs get. The longest of the gate takes 150 seconds on the slowest machine that we have.
#[derive(Clone, Copy, Debug)]
pub struct Patience {
    /// After this a run is stopped at its next call.
    pub run: Duration,
    /// One that makes no call for so long after that hangs.
    pub call: Duration,
}

impl Default for Patience {
    /// Twenty minutes, and a minute.
    fn default() -> Self {
        Patience {
            run: Duration::from_secs(20 * 60),
            call: Duration::from_secs(60),
        }
    }
}

/// Looks after the runs of a campaign.
pub(super) struct Watchdog {
    patience: Patience,
    running: Mutex<Runs>,
    changed: Condvar,
}

#[derive(Default)]
struct Runs {
    is_over: bool,
    next: u64,
    by_number: BTreeMap<u64, Run>,
}

struct Run {
    since: Instant,
    stop: Arc<AtomicBool>,
    line: String,
}

impl Watchdog {
    pub(super) fn new(patience: Patience) -> Self {
        Watchdog {
            patience,
            running: Mutex::default(),
            changed: Condvar::new(),
        }
    }

    /// Does `act`, which should end soon once its flag is set, and must not panic. `line` is what starts it again.
    pub(super) fn guard<R>(&self, line: String, act: impl FnOnce(&Arc<AtomicBool>) -> R) -> R {
        let stop = Arc::new(AtomicBool::new(false));
        let number = {
            let mut running = self.lock();
            running.next += 1;
            let number = running.next;
            let (since, stop) = (Instant::now(), Arc::clone(&stop));
            running.by_number.insert(number, Run { since, stop, line });
            number
        };
        let result = act(&stop);
        self.lock().by_number.remove(&number);
        result
    }

    /// Does `act`, and watches the runs that it guards meanwhile. Calls `on_hang` with the line of a run that does not stop.
    pub(super) fn watching<R>(
        &self,
        on_hang: &(dyn Fn(&str) + Sync),
        act: impl FnOnce() -> R,
    ) -> R {
        /// Ends the watch also if what is watched panics: the scope waits for it.
        struct End<'a>(&'a Watchdog);
        impl Drop for End<'_> {
            fn drop(&mut self) {
                self.0.lock().is_over = true;
                self.0.changed.notify_all();
            }
        }
        std::thread::scope(|scope| {
            scope.spawn(|| self.watch(on_hang));
            let _end = End(self);
            act()
        })
    }

    fn watch(&self, on_hang: &(dyn Fn(&str) + Sync)) {
        let mut running = self.lock();
        while !running.is_over {
            for run in running.by_number.values() {
                let elapsed = run.since.elapsed();
                if self.patience.run <= elapsed {
                    run.stop.store(true, Ordering::Relaxed);
                }
                if self.patience.run + self.patience.call <= elapsed {
                    on_hang(&run.line);
                }
            }
            let often = (self.patience.run / 8).min(Duration::from_secs(1));
            let waited = self.changed.wait_timeout(running, often);
            running = waited.unwrap_or_else(PoisonError::into_inner).0;
        }
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Runs> {
        self.running.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Guards `act` with so much patience; gives what it gave, and the lines that hung.
    fn guarded<R>(patience: Patience, act: impl FnOnce(&AtomicBool) -> R) -> (R, Vec<String>) {
        let (dog, hung) = (Watchdog::new(patience), Mutex::new(Vec::new()));
        let on_hang = |line: &str| hung.lock().unwrap().push(line.to_owned());
        let result = dog.watching(&on_hang, || {
            dog.guard("sim replay 7".to_owned(), |stop| act(stop))
        });
        (result, hung.into_inner().unwrap())
    }

    #[test]
    fn a_run_is_stopped_when_its_time_is_over_and_one_that_ends_is_left_alone() {
        let patience = Patience {
            run: Duration::from_millis(10),
            call: Duration::from_secs(3_600),
        };
        let ((), hung) = guarded(patience, |stop| {
            while !stop.load(Ordering::Relaxed) {
                std::thread::yield_now();
            }
        });
        assert_eq!(hung, Vec::<String>::new());
        let (is_stopped, _) = guarded(Patience::default(), |stop| stop.load(Ordering::Relaxed));
        assert!(!is_stopped);
    }

    #[test]
    fn a_run_that_makes_no_call_any_more_is_told_of() {
        let patience = Patience {
            run: Duration::from_millis(1),
            call: Duration::from_millis(1),
        };
        let is_told = AtomicBool::new(false);
        let dog = Watchdog::new(patience);
        let on_hang = |line: &str| is_told.store(line == "sim replay 7", Ordering::Relaxed);
        dog.watching(&on_hang, || {
            dog.guard("sim replay 7".to_owned(), |_| {
                while !is_told.load(Ordering::Relaxed) {
                    std::thread::yield_now();
                }
            });
        });
    }

    #[test]
    fn a_campaign_that_panics_does_not_wait_for_its_watch() {
        let dog = Watchdog::new(Patience::default());
        let act = || dog.watching(&|_| (), || panic!("the campaign's own bug"));
        assert!(std::panic::catch_unwind(std::panic::AssertUnwindSafe(act)).is_err());
    }
}
