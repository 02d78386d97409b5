//! Intake: how alerts come into the queue, and what a publisher's predecessors left unfinished.

mod adopt;
mod publish;
mod unrecorded;

pub use adopt::Adoption;
pub use publish::{Document, Incoming, Published, Publisher};
