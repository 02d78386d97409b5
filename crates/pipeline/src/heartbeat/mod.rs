//! Stage 7: how the pass went, as `heartbeat.json` for people and programs, and as `foundry.prom` for Prometheus.
//!
//! Both are replaced in one step, so that a reader sees a whole one. A stage that failed keeps the time of its last success,
//! apart from that of its last run: a poll that could not ask must never look like a poll that found nothing. The errors
//! of this stage are the heartbeats before this one that the same process could not write.

mod memory;
mod prometheus;

pub(crate) use memory::Memory;
pub use memory::{Heartbeat, QueueState, SignatureTotal, StageState};
pub use prometheus::exposition;

use crate::failure::Failure;
use crate::pass::Pass;
use crate::pipeline::Pipeline;

/// The file for people and programs, in the spool's directory.
pub const JSON_FILE: &str = "heartbeat.json";
/// The file for node_exporter's textfile collector, in the spool's directory.
pub const PROMETHEUS_FILE: &str = "foundry.prom";

/// Writes both files.
pub(crate) fn run(pipeline: &mut Pipeline<'_>, pass: &mut Pass<'_>) -> Result<(), Failure> {
    if pass.depth.is_none() {
        pass.depth = spool::depth(pipeline.spool).ok();
    }
    let now = pipeline.host.now();
    let transport = pipeline.intake.as_ref().map(|intake| intake.transport);
    let heartbeat = Heartbeat {
        insecure: transport.is_some_and(|transport| !transport.is_verified()),
        ..pipeline.memory.beat(pass, pipeline.policy.sha256(), now)
    };
    let json = serde_json::to_vec_pretty(&heartbeat).expect("its keys are strings");
    let text = exposition(&heartbeat);
    // Until both are written: the next ones tell how many were not.
    pipeline.memory.unwritten += 1;
    let root = pipeline.spool.root();
    for (name, bytes) in [
        (JSON_FILE, json.as_slice()),
        (PROMETHEUS_FILE, text.as_bytes()),
    ] {
        root.replace(name, bytes)
            .map_err(|error| Failure::of_host("write", name, &error))?;
    }
    pipeline.memory.unwritten = 0;
    pass.counts.taken = heartbeat.stages.len() as u64;
    pass.counts.given = pass.counts.taken;
    Ok(())
}
