//! Points in time: what a search saw when one was opened, and the contexts that keep it open.

use crate::failure::{Failure, NODE, argument};
use crate::radix64::{SORTED, decode, encode};
use crate::search::Target;
use serde_json::json;
use std::collections::BTreeMap;

/// The open points in time of the one node.
#[derive(Clone, Debug)]
pub(crate) struct Pits {
    /// The most contexts; one for each shard of each point in time.
    contexts_max: u32,
    open: BTreeMap<u64, Pit>,
    next: u64,
}

/// A point in time.
#[derive(Clone, Debug)]
pub(crate) struct Pit {
    /// The shards that it has a context of. It cannot know of others.
    pub(crate) targets: Vec<Target>,
    /// When it was opened: what it sees.
    pub(crate) opened_at_ms: i64,
    expires_at_ms: i64,
}

/// What every id starts with.
const MAGIC: &[u8; 4] = b"PIT\x07";

impl Pits {
    pub(crate) fn new(contexts_max: u32) -> Self {
        Pits {
            contexts_max,
            open: BTreeMap::new(),
            next: 0,
        }
    }

    /// Opens a point in time over as many shards of `targets` as the node has contexts for; its id, and what it opened.
    pub(crate) fn open(
        &mut self,
        now_ms: i64,
        targets: &[Target],
        keep_alive_ms: i64,
    ) -> (String, Vec<Target>) {
        self.expire(now_ms);
        let used: u32 = self.open.values().map(Pit::contexts).sum();
        let mut left = self.contexts_max.saturating_sub(used);
        let mut opened = Vec::new();
        for target in targets {
            let mut shards = target.shards;
            while left < shards.count_ones() {
                // The highest shard goes without.
                shards &= !(1 << (7 - shards.leading_zeros()));
            }
            left -= shards.count_ones();
            if shards != 0 {
                opened.push(Target { shards, ..*target });
            }
        }
        let number = self.next;
        self.next += 1;
        let pit = Pit {
            targets: opened.clone(),
            opened_at_ms: now_ms,
            expires_at_ms: now_ms + keep_alive_ms,
        };
        self.open.insert(number, pit);
        (write_id(number), opened)
    }

    /// The point in time `id`, which lives on for `keep_alive_ms` if that is given.
    pub(crate) fn find(
        &mut self,
        now_ms: i64,
        id: &str,
        keep_alive_ms: Option<i64>,
    ) -> Result<&Pit, Failure> {
        self.expire(now_ms);
        let Some(number) = read_id(id) else {
            let reason = "Unsupported version [ES 0.0.1]";
            return Err(Failure::plain(500, "unsupported_version_exception", reason));
        };
        let Some(pit) = self.open.get_mut(&number) else {
            let reason = format!("No search context found for id [{number}]");
            let cause = json!({"type": "search_context_missing_exception", "reason": reason});
            return Err(Failure::on_all_shards(404, "_na_", cause));
        };
        if let Some(keep_alive_ms) = keep_alive_ms {
            pit.expires_at_ms = pit.expires_at_ms.max(now_ms + keep_alive_ms);
        }
        Ok(pit)
    }

    /// Closes a point in time; whether it was open.
    pub(crate) fn close(&mut self, id: &str) -> bool {
        read_id(id).is_some_and(|number| self.open.remove(&number).is_some())
    }

    /// The ids of all that are open.
    pub(crate) fn ids(&self) -> Vec<String> {
        self.open.keys().map(|number| write_id(*number)).collect()
    }

    /// The refusal to open a point in time over more shards than there are contexts for.
    pub(crate) fn too_many(&self) -> Failure {
        let reason = format!(
            "Trying to create too many Point In Time contexts. Must be less than or equal to: [{}]. This limit can be \
             set by changing the [search.max_open_pit_context] setting.",
            self.contexts_max
        );
        Failure::plain(429, "rejected_execution_exception", reason)
    }

    fn expire(&mut self, now_ms: i64) {
        self.open.retain(|_, pit| now_ms < pit.expires_at_ms);
    }
}

impl Pit {
    fn contexts(&self) -> u32 {
        self.targets.iter().map(|t| t.shards.count_ones()).sum()
    }
}

/// What is said of a shard that got no context.
pub(crate) fn no_context(index: &str, shard: u8) -> serde_json::Value {
    let reason = argument("too many Point In Time contexts");
    json!({"shard": shard, "index": index, "node": NODE, "reason": reason})
}

fn write_id(number: u64) -> String {
    let mut bytes = MAGIC.to_vec();
    bytes.extend_from_slice(&number.to_be_bytes());
    encode(SORTED, &bytes)
}

fn read_id(id: &str) -> Option<u64> {
    let bytes = decode(SORTED, id)?;
    let number = bytes.strip_prefix(MAGIC)?;
    Some(u64::from_be_bytes(number.try_into().ok()?))
}
