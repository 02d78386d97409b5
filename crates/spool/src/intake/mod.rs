//! Intake: how alerts come into the queue, and what a publisher's predecessors left unfinished.

mod adopt;
mod inbox;
mod publish;
mod unrecorded;

pub use adopt::Adoption;
pub use inbox::Inbox;
pub use publish::{Document, Incoming, Published, Publisher};
