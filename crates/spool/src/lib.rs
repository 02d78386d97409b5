//! The queue: a spool of alert files on a disk that other programs share.
//!
//! - [`Spool`] opens the directory. [`Publisher`] adds alerts; it also adopts flat directories and recovers the spool.
//! - [`Worker`] claims the oldest buckets and makes a case of every alert.
//! - [`cap::enforce`] parks what is beyond the cap, [`cap::readmit`] brings it back.
//! - [`cases::find`] looks a case up. [`retention::Pruner`] removes what is old.
//! - [`audit::audit`] proves that every alert is in exactly one place.
//!
//! All of it is straight-line code over `&dyn host::Host`. What it promises is the contract (`crates/contract`).
//!
//! # The three ideas
//! 1. **A rename is the check.** Nothing decides on a name that it saw earlier as if it were still there; a rename that may
//!    not replace its target either moves the thing or says that somebody was faster. "Not found" is an outcome.
//! 2. **The unit is the bucket**, a directory of entries whose name carries first stamp and count. Publishing, claiming and
//!    parking are one rename each, depth is a sum over names, and no file is ever asked for its time.
//! 3. **The alert's file is the token.** It moves by rename from the bucket into its case; where it is, the alert is. Where
//!    many cases share a file ([`packs`]), that file is the token, and its number the claim.

pub mod audit;
mod buckets;
pub mod cases;
mod depth;
mod intake;
pub mod layout;
pub mod ledger;
mod recovery;
pub mod retention;
mod work;

pub use buckets::cap;
pub use cases::packs;
pub use depth::{Depth, Live, depth, live};
pub use intake::{Adoption, Document, Inbox, Incoming, Published, Publisher};
pub use layout::{
    BUCKET_ENTRIES_MAX, BucketName, Dispositions, EntryName, Shed, Spool, SpoolError, SpoolOptions,
    Stamp,
};
pub use ledger::{LedgerPosition, follow};
pub use recovery::Recovery;
pub use work::{Always, Claim, Claimed, Completion, Drafted, Judge, Worker};
