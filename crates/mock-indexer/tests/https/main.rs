//! The indexer over HTTPS, asked by a real client.

#![expect(
    clippy::unwrap_used,
    reason = "a helper of tests fails as a test does: by a panic"
)]

mod certificates;
mod client;
mod pages;
mod sabotage;
