//! Buckets: the unit in which alerts are published, claimed and parked.
//!
//! - `bucket` is what can be done to the inside of one, `survey` looks at a directory of them, `claims` at the workers'.
//! - [`cap`] parks what is beyond the cap, and brings it back.

pub(crate) mod bucket;
pub mod cap;
pub(crate) mod claims;
mod survey;

pub(crate) use survey::survey;
