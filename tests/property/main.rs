//! Generated sequences of operations, on both hosts, against a queue of a few lines.
//!
//! - [`operation`] is what can happen: the queue's own operations, a crash between two of them, an outsider's hand.
//! - [`model`] is the queue as it should be: lists and sets, no files.
//! - [`system`] is the queue as it is, on any host.
//! - [`hosts`] runs sequences on the real host and on the simulated one, and demands that every answer is the model's.
//!
//! The sequences are always the same ones. A failure prints the shortest sequence that shows it.

mod hosts;
mod model;
mod operation;
mod system;
