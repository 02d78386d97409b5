//! The house rules that a program can check: who imports whom, crate by crate and room by room, how long a file is, and that
//! nothing is forgotten.
//!
//! Each rule is a function from the [`repository::Repository`] to the list of what breaks it, and a test that wants that
//! list empty.

mod imports;
mod layout;
mod paths;
mod plants;
mod reach;
mod repository;
mod rooms;
