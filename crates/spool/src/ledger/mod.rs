//! The ledger: what happened to every alert, append-only and hash-chained.
//!
//! - `segment` writes and reads the files, `record` is what can stand in them.
//! - [`follow`] reads what was recorded since one looked last, [`Walk`] all of it, a little at a time; `tail` is the end, and the alerts that it shows to be known.

mod follow;
mod record;
mod segment;
mod slice;
mod tail;

pub use follow::{LedgerPosition, follow};
pub(crate) use record::NewCases;
pub use record::{NewCase, Quarantined, Record};
pub use segment::{
    LedgerWriter, parse_record, parse_segment_name, read_segment, segment_name, segments,
};
pub(crate) use segment::{Mark, hex, read_from};
pub use slice::{Step, Walk, WalkPosition};
pub(crate) use tail::{Seen, Tail};

/// The publisher's name as a writer of the ledger.
pub(crate) const PUBLISHER: &str = "publish";
