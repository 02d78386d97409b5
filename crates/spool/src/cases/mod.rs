//! Cases on disk: as directories, or as lines of packs; while they are staged, and where they stand.

pub(crate) mod case;
mod find;
mod of_hour;
pub mod packs;
pub(crate) mod plan;
pub(crate) mod quarantine;
pub(crate) mod staging;
mod standing;

pub use find::{FoundCase, find, read};
pub use of_hour::{has_directory, of_hour};
pub use quarantine::{quarantined_at, quarantined_bytes};
pub use standing::standing;
