//! Stage 7: how the pass went, as `heartbeat.json` for people and programs, and as `foundry.prom` for Prometheus.
//!
//! Both are replaced in one step, so that a reader sees a whole one. A stage that failed keeps the time of its last success,
//! apart from that of its last run: a poll that could not ask must never look like a poll that found nothing. The errors
//! of this stage are the heartbeats before this one that the same process could not write.

mod memory;
mod pace;
mod prometheus;

pub(crate) use memory::Memory;
pub use memory::{
    Heartbeat, InboxState, QueueState, RetentionState, ScrubState, SignatureTotal, StageState,
};
pub use pace::{Pace, Paced};
pub use prometheus::exposition;

use crate::failure::Failure;
use crate::observed::Observed;
use crate::reconciled::Reconciled;
use crate::retained::Retained;
use crate::scrubbed::Scrubbed;
use crate::stage::{Ran, StageReport};
use host::Millis;
use policy::Stats;
use spool::{Depth, Inbox, Spool};
use std::collections::BTreeMap;

/// The file for people and programs, in the spool's directory.
pub const JSON_FILE: &str = "heartbeat.json";
/// The file for node_exporter's textfile collector, in the spool's directory.
const PROMETHEUS_FILE: &str = "foundry.prom";

/// What stage 7 takes: all that is to be told of a pass.
pub(crate) struct Facts<'a> {
    /// What the caller called the pass.
    pub(crate) run_id: &'a str,
    /// When it began.
    pub(crate) started: Millis,
    /// The stages before this one, in order.
    pub(crate) stages: &'a [StageReport],
    /// What the policy's signatures did, worker by worker.
    pub(crate) stats: Vec<&'a Stats>,
    /// How deep the queue is, as far as somebody has seen it.
    pub(crate) depth: Option<Depth>,
    /// What reconcile found; `None` if it could not finish.
    pub(crate) found: Option<&'a Reconciled>,
    /// The chain's head of each writer of the ledger; `None` likewise.
    pub(crate) ledger_heads: Option<BTreeMap<String, String>>,
    /// How the scrub stands; `None` if there is none, or its state could not be read.
    pub(crate) scrubbed: Option<&'a Scrubbed>,
    /// What retention has removed.
    pub(crate) retained: Option<Retained>,
    /// When the indexer's counts were last compared with ours.
    pub(crate) counts_audited: Millis,
    /// What the indexer told besides its alerts.
    pub(crate) indexer: Option<Observed>,
    /// What the inbox held; `None` if it could not be looked at.
    pub(crate) inbox: Option<&'a Inbox>,
    /// The policy in force.
    pub(crate) policy_sha256: &'a str,
    /// Whether anybody could answer for the indexer.
    pub(crate) insecure: bool,
}

/// Writes both files. Gives the depth of the queue, which it looks for itself if nobody has seen it.
pub(crate) fn run(
    memory: &mut Memory,
    spool: &Spool<'_>,
    mut facts: Facts<'_>,
) -> Ran<Option<Depth>> {
    Ran::noting(|counts, depth| {
        facts.depth = facts.depth.or_else(|| spool::depth(spool).ok());
        *depth = facts.depth;
        let heartbeat = memory.beat(facts, spool.host().now());
        let json = serde_json::to_vec_pretty(&heartbeat).expect("its keys are strings");
        let text = exposition(&heartbeat);
        // Until both are written: the next ones tell how many were not.
        memory.unwritten += 1;
        for (name, bytes) in [
            (JSON_FILE, json.as_slice()),
            (PROMETHEUS_FILE, text.as_bytes()),
        ] {
            let replaced = spool.root().replace(name, bytes);
            replaced.map_err(|error| Failure::of_host("write", name, &error))?;
        }
        memory.unwritten = 0;
        counts.taken = heartbeat.stages.len() as u64;
        counts.given = counts.taken;
        Ok(())
    })
}
