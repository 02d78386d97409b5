//! The pipeline: seven stages from an indexer to finished cases.
//!
//! | # | stage | what it does |
//! |---|---|---|
//! | 1 | poll | takes alerts from the indexer, and from `inbox/`, into the queue; the cursor moves when they are durable |
//! | 2 | cap | parks what is beyond the queue's cap, before anything expensive |
//! | 3 | triage | claims the oldest alerts, judges each by the policy, and writes its case aside |
//! | 4 | cases | makes the cases durable, moves them into place, and records them |
//! | 5 | escalation | packs every escalated case, with timeline, observables and runbook |
//! | 6 | reconcile | holds the ledger against the disk, alert by alert, and fetches again what somebody removed |
//! | 7 | heartbeat | says how all of it went, to people and to monitoring |
//!
//! - [`Pipeline::pass`] makes one pass. **A stage that fails never keeps a later one from running**: its failure is a value
//!   in the [`Report`], and so cap, reconcile and heartbeat always run.
//! - **A stage sees what it is handed, and no other stage.** It returns what it did and what it gives, also when it fails; the
//!   module `pipeline` alone knows all seven, and passes on what one gives to those that take it.
//! - Stages 3 and 4 alternate, claim by claim: [`Job::drain`] is one worker at both. Whoever calls a pass says how many
//!   workers there are, because nothing here starts concurrency.
//! - What a pass must remember for the next one is in `state/`, replaced in one step; the truth is in the ledger.
//!
//! All of it is straight-line code over `&dyn host::Host`, as the queue is.

mod cache;
mod cap;
mod drain;
mod escalation;
mod failure;
mod former;
pub mod health;
pub mod heartbeat;
mod observed;
pub mod overflow;
mod pass;
mod pipeline;
mod poll;
mod prune;
mod reconcile;
mod reconciled;
mod retained;
mod scrubbed;
mod settings;
mod source;
mod stage;
mod taker;
mod time;
mod triage;
mod witness;
pub mod words;

/// The file in the spool's directory that a program locks for as long as it makes passes. It is never deleted: the lock ends
/// with the process, however that ends.
pub const RUN_LOCK_FILE: &str = "run.lock";

pub use drain::{Drained, Hands, Job};
pub use escalation::{EscalationSettings, Pap, Tlp};
pub use failure::{Failure, FailureKind};
pub use observed::{Audited, Observed};
pub use pass::Report;
pub use pipeline::{Backfilled, Pipeline};
pub use prune::prune;
pub use reconcile::Pruning;
pub use reconciled::{LastDay, Reconciled};
pub use retained::{Retained, RetentionSettings};
pub use scrubbed::{ScrubSettings, Scrubbed};
pub use settings::Settings;
pub use source::{Intake, Secret};
pub use stage::{Counts, Stage, StageReport};
pub use witness::{Activity, Outcome, Witness};
