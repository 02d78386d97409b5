//! What becomes of indices while they are in use: rolled over, closed, deleted, renamed, written anew.
//!
//! A turn concerns what was indexed before it. So the documents of one day lie in as many *parts* as there are turns and one
//! more, and which part a document is of follows from when it became visible. A part is an index of its own from the first
//! rollover on.

use crate::population::{Key, Population};
use std::ops::Range;

/// The most turns that an indexer can take: a part is a bit.
pub const TURNS_MAX: usize = 7;

/// Something that happens to all indices that there are.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Turn {
    /// What.
    pub kind: TurnKind,
    /// When, in milliseconds since 1970. The end means something to [`TurnKind::Closed`] alone: the others are for good.
    pub during: Range<i64>,
}

/// What happens to the documents that were indexed before.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum TurnKind {
    /// Nothing: what is indexed later goes into an index of another name, which the same pattern fits.
    RolledOver,
    /// Their indices are closed: patterns leave them out, and by its name each refuses. What is indexed meanwhile goes into an
    /// index of another name.
    Closed,
    /// They are deleted. What is indexed later is in a new index of the same name.
    Deleted,
    /// Their indices get other names, which the same pattern fits.
    Renamed,
    /// They are copied into indices of other names under other `_id`s, and the first ones are deleted.
    Renewed,
}

/// All turns of an indexer, in order of time.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(crate) struct Turns(Vec<Turn>);

/// What is true of the documents of each part at one time. Empty where there are no turns.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(crate) struct Parts {
    starts: Vec<i64>,
    states: Vec<State>,
}

/// What is true of one part.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
struct State {
    /// The rollovers and closings before it.
    number: u8,
    is_closed: bool,
    is_deleted: bool,
    /// How often it was renamed.
    renamed: u8,
    is_renewed: bool,
}

impl Turns {
    pub(crate) fn new(mut turns: Vec<Turn>) -> Self {
        assert!(turns.len() <= TURNS_MAX, "{} turns", turns.len());
        turns.sort_by_key(|turn| turn.during.start);
        Turns(turns)
    }

    /// The parts at `now_ms`.
    pub(crate) fn at(&self, now_ms: i64) -> Parts {
        if self.0.is_empty() {
            return Parts::default();
        }
        let starts = self.0.iter().map(|turn| turn.during.start);
        let state = |part: usize| {
            let mut state = State::default();
            for turn in &self.0[..part] {
                let is_other = matches!(turn.kind, TurnKind::RolledOver | TurnKind::Closed);
                state.number += u8::from(is_other);
            }
            for turn in &self.0[part..] {
                let has_begun = turn.during.start <= now_ms;
                match turn.kind {
                    TurnKind::RolledOver => {}
                    TurnKind::Closed => state.is_closed |= turn.during.contains(&now_ms),
                    TurnKind::Deleted => state.is_deleted |= has_begun,
                    TurnKind::Renamed => state.renamed += u8::from(has_begun),
                    TurnKind::Renewed => {
                        state.renamed += u8::from(has_begun);
                        state.is_renewed |= has_begun;
                    }
                }
            }
            state
        };
        Parts {
            starts: starts.collect(),
            states: (0..=self.0.len()).map(state).collect(),
        }
    }
}

impl Parts {
    /// Whether documents are where they were first put, and all are seen.
    pub(crate) fn is_plain(&self) -> bool {
        self.states.is_empty()
    }

    /// How many there are; at least one.
    pub(crate) fn count(&self) -> usize {
        self.states.len().max(1)
    }

    /// The part that a document is of.
    pub(crate) fn of(&self, key: &Key) -> usize {
        self.starts
            .partition_point(|start| *start <= key.visible_at_ms)
    }

    /// Whether a part can be read by a pattern.
    pub(crate) fn is_open(&self, part: usize) -> bool {
        let state = self.state(part);
        !state.is_closed && !state.is_deleted
    }

    /// Whether a part is there, and refuses.
    pub(crate) fn is_closed(&self, part: usize) -> bool {
        let state = self.state(part);
        state.is_closed && !state.is_deleted
    }

    fn state(&self, part: usize) -> State {
        self.states.get(part).copied().unwrap_or_default()
    }

    /// The name of the index of `part` that was first called `index`.
    pub(crate) fn name(&self, part: usize, index: &str) -> String {
        let state = self.state(part);
        let mut name = index.to_owned();
        if 0 < state.number {
            name.push_str(&format!("-{:06}", state.number + 1));
        }
        if 0 < state.renamed {
            name.push_str(&format!("-v{}", state.renamed + 1));
        }
        name
    }

    /// The `_index` and `_id` of a document.
    pub(crate) fn names(&self, population: &Population, key: &Key) -> (String, String) {
        let part = self.of(key);
        let index = self.name(part, &population.index(key));
        let id = population.id(key);
        match self.state(part).is_renewed {
            // In the same order as before.
            true => (index, format!("{RENEWED}{id}")),
            false => (index, id),
        }
    }

    /// The `_id` that a document of this `_id` had first.
    pub(crate) fn first_id<'i>(&self, id: &'i str) -> &'i str {
        match self.is_plain() {
            true => id,
            false => id.strip_prefix(RENEWED).unwrap_or(id),
        }
    }
}

/// How a renewed `_id` begins. No generated one has this letter.
const RENEWED: &str = "~";
