//! The earliest first.

use super::{Choice, Offer, Schedule};
use crate::kernel::{Prng, Seed, TaskId};
use std::cmp::Reverse;
use std::collections::BinaryHeap;

/// Virtual latencies decide; of equal times a draw.
#[derive(Clone, Debug)]
pub struct Timed {
    ties: Prng,
    /// (ready, tie, task, the offer's number), earliest first.
    waiting: BinaryHeap<Reverse<(u64, u32, u16, u32)>>,
    /// The number of the offer that counts, by task; 0 for none.
    current: Vec<u32>,
    offers: u32,
}

impl Timed {
    /// A schedule whose ties `seed` decides.
    pub fn new(seed: Seed) -> Self {
        Timed {
            ties: seed.stream("schedule/timed"),
            waiting: BinaryHeap::new(),
            current: Vec::new(),
            offers: 0,
        }
    }
}

impl Schedule for Timed {
    fn restart(&mut self) {
        self.waiting.clear();
        self.current.clear();
    }

    #[inline]
    fn offer(&mut self, offer: &Offer<'_>) {
        let at = usize::from(offer.task.0);
        if self.current.len() <= at {
            self.current.resize(at + 1, 0);
        }
        // A number can come round only after 4,294,967,294 others, when no offer of its time is left.
        self.offers = self.offers.wrapping_add(1).max(1);
        self.current[at] = self.offers;
        let tie = self.ties.next_u32();
        let entry = (offer.ready_ns, tie, offer.task.0, self.offers);
        self.waiting.push(Reverse(entry));
    }

    fn withdraw(&mut self, task: TaskId) {
        if let Some(current) = self.current.get_mut(usize::from(task.0)) {
            *current = 0;
        }
    }

    #[inline]
    fn next(&mut self, _now_ns: u64) -> Choice {
        while let Some(Reverse((_, _, task, offer))) = self.waiting.pop() {
            let current = &mut self.current[usize::from(task)];
            if *current == offer {
                *current = 0;
                return Choice::Step(TaskId(task));
            }
        }
        Choice::Nobody
    }
}
