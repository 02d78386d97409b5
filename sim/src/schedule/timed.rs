//! The earliest first.

use super::{Choice, Offer, Schedule};
use crate::kernel::{Seed, TaskId};
use std::cmp::Reverse;
use std::collections::BinaryHeap;

/// Virtual latencies decide; of equal times a draw.
#[derive(Clone, Debug)]
pub struct Timed {
    ties: u64,
    offers: u64,
    /// One number for each offer, the least first: when it is ready, a draw for ties, the task.
    waiting: BinaryHeap<Reverse<u128>>,
    /// The offer that counts, by task; 0 for none. Offers of the killed stay in the heap until they come up.
    current: Vec<u128>,
}

impl Timed {
    /// A schedule whose ties `seed` decides.
    pub fn new(seed: Seed) -> Self {
        Timed {
            ties: seed.child("schedule/timed").0 | 1,
            offers: 0,
            waiting: BinaryHeap::new(),
            current: Vec::new(),
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
        // Multiplication by an odd number spreads consecutive numbers over the upper bits, and ties are rare.
        self.offers += 1;
        let tie = self.offers.wrapping_mul(self.ties) >> 16;
        let low = tie << 16 | u64::from(offer.task.0);
        let key = u128::from(offer.ready_ns) << 64 | u128::from(low);
        self.current[at] = key;
        self.waiting.push(Reverse(key));
    }

    fn withdraw(&mut self, task: TaskId) {
        if let Some(current) = self.current.get_mut(usize::from(task.0)) {
            *current = 0;
        }
    }

    #[inline]
    fn next(&mut self, _now_ns: u64) -> Choice {
        while let Some(Reverse(key)) = self.waiting.pop() {
            let task = key as u16;
            let current = &mut self.current[usize::from(task)];
            if *current == key {
                *current = 0;
                return Choice::Step(TaskId(task));
            }
        }
        Choice::Nobody
    }
}
