//! Who steps next.
//!
//! A [`Schedule`] is told of each task that waits for its turn, with the call that it is about to make and when its virtual
//! latency is over, and answers with the task that steps. The machine's clock then stands at that time, or stays where it is
//! if that is over already; so a schedule decides the order, and the order decides the times.
//!
//! - [`Timed`]: the earliest first. What the simulated hardware would do.
//! - [`Random`]: any of those that do not sleep.
//! - [`Replay`]: what a [`Tape`] says, as long as it fits.
//! - [`Taping`]: any of these, written down.

mod random;
mod replay;
mod tape;
mod timed;

pub use random::Random;
pub use replay::Replay;
pub use tape::{Tape, TapeError, Taping, Turn};
pub use timed::Timed;

use crate::kernel::{Fs, Ino, NO_NOTE, TaskId};
use host::{At, Call};

/// A task that waits for its turn.
#[derive(Clone, Copy)]
pub struct Offer<'a> {
    /// Who.
    pub task: TaskId,
    /// The call that acts at its turn; `None` if the task has not started.
    pub call: Option<Call>,
    /// When its latency is over, in nanoseconds of virtual time.
    pub ready_ns: u64,
    /// Its path and where that starts, or the handle that it works on.
    pub at: At<'a>,
    /// The second path of a rename or link.
    pub to: At<'a>,
    /// The files, to know what the call is about.
    pub fs: &'a Fs,
}

impl Offer<'_> {
    /// The directory that its path starts from, or what its handle is open on.
    pub fn start(&self) -> Option<Ino> {
        self.call.and_then(|_| self.fs.start_of(self.at))
    }

    /// The directory that the second path of a rename or link starts from.
    pub fn to_start(&self) -> Option<Ino> {
        match self.call {
            Some(Call::Rename | Call::RenameNoreplace | Call::Link) => self.fs.start_of(self.to),
            _ => None,
        }
    }

    /// The watcher's note on the start: with the path, the role of the call.
    pub fn note(&self) -> u32 {
        self.start().map_or(NO_NOTE, |ino| self.fs.note(ino))
    }
}

/// Whose turn it is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Choice {
    /// This task's.
    Step(TaskId),
    /// Nobody's: nobody waits, or the tape is at its end.
    Nobody,
    /// The tape names a task that does not wait, or that makes another call.
    Diverged,
}

/// Who steps next.
pub trait Schedule {
    /// A run begins or goes on: whatever was offered before will be offered again.
    fn restart(&mut self);

    /// A task waits for its turn. It is offered once for each turn.
    fn offer(&mut self, offer: &Offer<'_>);

    /// A task that waits was killed.
    fn withdraw(&mut self, task: TaskId);

    /// Whose turn it is at this time. That task no longer waits.
    fn next(&mut self, now_ns: u64) -> Choice;
}

#[cfg(test)]
mod tests;
