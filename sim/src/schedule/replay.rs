//! What a tape says.

use super::{Choice, Offer, Schedule, Tape, TapeError, Turn};
use crate::kernel::TaskId;
use host::Call;

/// Follows a tape, and says so when it no longer fits.
#[derive(Clone, Debug)]
pub struct Replay {
    turns: Vec<Turn>,
    at: usize,
    /// The call that each task waits with, by task.
    waiting: Vec<Option<Option<Call>>>,
}

impl Replay {
    /// A schedule that follows `tape`.
    ///
    /// # Errors
    /// If the tape is of another version, or damaged.
    pub fn new(tape: &Tape) -> Result<Self, TapeError> {
        Ok(Replay {
            turns: tape.read()?,
            at: 0,
            waiting: Vec::new(),
        })
    }

    /// Whether it has followed the whole tape. A run that ends before that has done less than the tape says.
    pub fn is_complete(&self) -> bool {
        self.at == self.turns.len()
    }

    /// How many turns it has followed.
    pub fn turn(&self) -> usize {
        self.at
    }
}

impl Schedule for Replay {
    fn restart(&mut self) {
        self.waiting.clear();
    }

    fn offer(&mut self, offer: &Offer<'_>) {
        let at = usize::from(offer.task.0);
        if self.waiting.len() <= at {
            self.waiting.resize(at + 1, None);
        }
        self.waiting[at] = Some(offer.call);
    }

    fn withdraw(&mut self, task: TaskId) {
        if let Some(waiting) = self.waiting.get_mut(usize::from(task.0)) {
            *waiting = None;
        }
    }

    fn next(&mut self, _now_ns: u64) -> Choice {
        let Some(turn) = self.turns.get(self.at) else {
            return Choice::Nobody;
        };
        match self.waiting.get_mut(usize::from(turn.task.0)) {
            Some(waiting) if *waiting == Some(turn.call) => {
                *waiting = None;
                self.at += 1;
                Choice::Step(turn.task)
            }
            _ => Choice::Diverged,
        }
    }
}
