//! The ledger: what happened to every alert, append-only and hash-chained.
//!
//! Each writer has segments of its own, `<writer>-<number>.ndjson`, so writers never wait for each other. A line is
//! `{"chain":"…","record":{…}}`; its chain is the SHA-256 of the previous line's chain and of the record's bytes. The first
//! record of a segment carries on the chain of the writer's previous segment. The segment that a writer appends to stands in
//! `ledger/`, the others below `ledger/sealed/`.
//!
//! **After a crash** the last line may be torn. Nothing is repaired in place: the reader stops before the torn line, and the
//! next life of the writer carries on a copy that ends before it. A line that does not fit anywhere else is
//! [`crate::SpoolError::BrokenLedger`].
//!
//! - `record` is what can stand in a line, `pruned` what it says of the lines that are gone, `chain` a line, `segments` where they
//!   stand, `reader` and `writer` the two ends.
//! - [`follow`] reads what was recorded since one looked last, [`Walk`] all of it, a little at a time; `tail` is the end, and
//!   `seen` the alerts that it shows to be known.

mod chain;
mod fields;
mod follow;
mod pruned;
mod reader;
mod record;
mod seen;
mod segments;
mod slice;
mod tail;
mod writer;

pub(crate) use chain::hex;
pub use chain::{parse_record, write_line};
pub use follow::{LedgerPosition, follow};
pub use pruned::{KeptFrom, Pruned, Tally, pruned};
pub use reader::read_segment;
pub(crate) use reader::{Mark, read_from};
pub(crate) use record::NewCases;
pub use record::{NewCase, Quarantined, Record};
pub(crate) use seen::Seen;
pub(crate) use segments::{actives, remove_sealed, seal_older};
pub use segments::{open_segment, parse_segment_name, sealed_path, segment_name, segments};
pub use slice::{Step, Walk, WalkPosition};
pub(crate) use tail::Tail;
pub use writer::CARRIED_BYTES_MAX;
pub(crate) use writer::LedgerWriter;

/// The publisher's name as a writer of the ledger.
pub const PUBLISHER: &str = "publish";
/// The name, as a writer of the ledger, of whoever removes what is old.
pub(crate) const PRUNER: &str = "prune";
