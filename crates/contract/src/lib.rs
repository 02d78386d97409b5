//! The queue contract: what an alert queue promises, at every depth. The one oracle for everybody.
//!
//! It knows no file, no path and no clock. It sees alerts move between [`Place`]s; whoever watches a system maps what it sees
//! onto places with a [`Layout`], and tells the [`Contract`]. The contract keeps a [`Census`] of every id in at most 40 bytes
//! each, asks every [`Predicate`] about every event in O(1), and keeps the [`Violation`]s.
//!
//! The predicates stand in `predicates/`, by what they are about. Each has an id that appears in every verdict, report cell
//! and tape, and a promise in one sentence.

mod census;
mod contract;
mod danger;
pub mod event;
mod layout;
mod place;
mod predicate;
mod predicates;
pub mod sometimes;
#[cfg(test)]
mod tests;

pub use census::{Actor, Census, Entry, Facts, Id};
pub use contract::{Contract, Kept, Motion};
pub use danger::{Danger, Dangers, Idle, Told};
pub use event::{Abort, Books, Event, Pass, PassKind};
pub use layout::Layout;
pub use place::{Place, Side, is_allowed};
pub use predicate::{Bounds, Mode, Predicate, Violation};
pub use predicates::all as predicates;
