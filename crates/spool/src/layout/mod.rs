//! Names and layout: what the spool's directories and files are called, and how they are opened.

mod error;
mod gone;
pub(crate) mod hour;
mod name;
mod places;
mod spool;

pub(crate) use error::Context;
pub use error::SpoolError;
pub(crate) use gone::{ignore_vanished, read_or_gone, unless_away};
pub use name::{BUCKET_ENTRIES_MAX, BucketName, EntryName, Stamp};
pub use places::layout;
pub(crate) use spool::PathBuffer;
pub use spool::{Dispositions, Shed, Spool, SpoolOptions};
