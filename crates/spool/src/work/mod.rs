//! Work: a worker claims buckets, judges their alerts, and makes their cases.

mod complete;
mod draft;
mod judge;
mod placing;
mod worker;

pub use complete::{Completion, Drafted};
pub use judge::{Always, Judge};
pub use worker::{Claim, Claimed, Worker};
