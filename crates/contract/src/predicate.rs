//! A predicate is data: an id and a name to print, a mode, a test.

use crate::census::Census;
use crate::event::Event;

/// When a predicate must hold.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Mode {
    /// In every state.
    Always,
    /// Once faults have stopped.
    Eventually,
    /// At least once in a campaign: otherwise the campaign proves nothing.
    Sometimes,
}

/// What a queue is asked to keep to. Numbers that depend on its configuration, never on its depth.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Bounds {
    /// The cap.
    pub cap: u64,
    /// The most entries that move as one.
    pub bucket: u64,
    /// Whether what is parked comes back by itself: otherwise it is where it is to be.
    pub readmits: bool,
    /// K of S13: how many older ids may be pending when one is claimed.
    pub overtaken: u64,
    /// F of S16: handles that one actor may hold.
    pub handles: u32,
    /// W of S19: calls between seeing a name and using it.
    pub window_calls: u32,
    /// Names that one chunk of a directory returns at the least.
    pub names_per_chunk: u64,
    /// Calls that a recovery may take for each id in flight, and beside them.
    pub recover_calls: (u64, u64),
    /// Calls that a pass of the whole pipeline may take that has nothing to do, however many there were before it, and beside
    /// them for the first of a process.
    pub idle_calls: (u64, u64),
}

/// A promise.
pub struct Predicate {
    /// As in every verdict, report cell and tape.
    pub id: &'static str,
    /// Two or three words.
    pub name: &'static str,
    /// When it must hold.
    pub mode: Mode,
    /// The promise as a sentence.
    pub promise: &'static str,
    /// Says how an event breaks the promise; sees the census as it was before the event.
    pub(crate) breach: fn(&Census, &Bounds, &Event) -> Option<String>,
}

/// A promise that was broken.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("{predicate} {name} at step {step}: {what}")]
pub struct Violation {
    /// The predicate's id.
    pub predicate: &'static str,
    /// The predicate's name.
    pub name: &'static str,
    /// When.
    pub step: u64,
    /// What was seen, with the id, both places and the actor where there are such.
    pub what: String,
}
