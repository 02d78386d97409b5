//! The queue on the real disk: each test is a sentence about what it promises.

mod adopt;
mod bad_input;
mod cap;
mod digests;
mod fixture;
mod flow;
mod held;
mod packs;
mod recovery;
mod walk;
