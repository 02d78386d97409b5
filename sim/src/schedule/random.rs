//! Any task, at random.

use super::{Choice, Offer, Schedule};
use crate::kernel::{Prng, Seed, TaskId};
use host::Call;

/// Each task that does not sleep is equally likely, whatever its latency; a sleeper joins them when its time has come, or
/// when nobody else is left.
#[derive(Clone, Debug)]
pub struct Random {
    prng: Prng,
    awake: Vec<TaskId>,
    asleep: Vec<(u64, TaskId)>,
}

impl Random {
    /// A schedule that `seed` decides.
    pub fn new(seed: Seed) -> Self {
        Random {
            prng: seed.stream("schedule/random"),
            awake: Vec::new(),
            asleep: Vec::new(),
        }
    }

    fn wake(&mut self, now_ns: u64) {
        let awake = &mut self.awake;
        self.asleep.retain(|&(ready_ns, task)| {
            let sleeps = now_ns < ready_ns;
            if !sleeps {
                awake.push(task);
            }
            sleeps
        });
    }
}

impl Schedule for Random {
    fn restart(&mut self) {
        self.awake.clear();
        self.asleep.clear();
    }

    fn offer(&mut self, offer: &Offer<'_>) {
        match offer.call {
            None | Some(Call::Sleep) => self.asleep.push((offer.ready_ns, offer.task)),
            Some(_) => self.awake.push(offer.task),
        }
    }

    fn withdraw(&mut self, task: TaskId) {
        self.awake.retain(|&other| other != task);
        self.asleep.retain(|&(_, other)| other != task);
    }

    fn next(&mut self, now_ns: u64) -> Choice {
        if !self.asleep.is_empty() {
            self.wake(now_ns);
            if self.awake.is_empty()
                && let Some(&(earliest, _)) = self.asleep.iter().min()
            {
                self.wake(earliest);
            }
        }
        if self.awake.is_empty() {
            return Choice::Nobody;
        }
        let at = self.prng.below(self.awake.len() as u64) as usize;
        Choice::Step(self.awake.swap_remove(at))
    }
}
