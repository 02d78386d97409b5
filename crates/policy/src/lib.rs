//! Triage: what an alert is, and why.
//!
//! A policy is a directory of files: `policy.toml` holds what is not matching (precedence, level defaults, services,
//! aliases), `filters/mf_*.yml` are Sigma filters that lower an alert, `rules/*.yml` Sigma rules that raise one, and
//! `lists/*.txt` values for both. This crate sees them as [`Files`], because it touches no disk.
//!
//! - [`Policy::load`] refuses the whole policy if anything in it is wrong, and says where and what to do. What lowers an
//!   alert has an owner, a ticket, a last day, a highest level, and tests that pass.
//! - [`Policy::judge`] gives every alert a [`Verdict`]. The time is an argument; nothing else but alert and policy counts.
//! - [`lint`], [`test()`], [`Policy::explain`] and [`Stats`] are for those who write policies.
//! - [`starter`] is a policy to begin with.
//!
//! Signatures match as Sigma says: letter case does not count unless `|cased` or `|re` is there, a list of values is "one of
//! them", and an array matches if one of its members does.

mod check;
mod compile;
mod config;
mod document;
mod document_tree;
mod engine;
mod event;
mod explain;
mod files;
mod judge;
mod lint;
mod load;
mod options;
mod place;
mod policy;
mod problem;
mod profile;
mod selftest;
mod signature;
mod starter;
mod stats;
#[cfg(test)]
mod tests;
mod verdict;

pub use explain::{Considered, Explanation};
pub use files::{Files, POLICY_TOML};
pub use lint::{Lint, TestReport, lint, test};
pub use options::{LoadOptions, UnknownFields};
pub use policy::Policy;
pub use problem::{PolicyError, Problem};
pub use profile::Profile;
pub use signature::Signature;
pub use starter::starter;
pub use stats::{RuleStats, SignatureStats, Stats};
pub use verdict::{Reason, Verdict};
