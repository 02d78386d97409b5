//! The indexer, asked in process.

#![expect(
    clippy::unwrap_used,
    reason = "a helper of tests fails as a test does: by a panic"
)]

mod access;
mod arrivals;
mod errors;
mod faults;
mod fixture;
mod pages;
mod points;
mod turns;
mod walks;
