//! Cases on disk: as directories, or as lines of packs; while they are staged, and where they stand.

pub(crate) mod case;
mod find;
pub mod packs;
pub(crate) mod plan;
pub(crate) mod quarantine;
pub(crate) mod staging;

pub use find::{FoundCase, find, read};
