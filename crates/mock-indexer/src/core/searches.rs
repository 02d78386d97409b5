//! Answers that hold documents.

use super::{Asked, Core};
use crate::exchange::Response;
use crate::failure::Failure;
use crate::fault::{Fault, breaker};
use crate::search::{self, Found, Remarks, Search, Target, View};
use serde_json::json;

/// What the breaker takes a hit for.
const HIT_BYTES: u64 = 2_048;

impl Core {
    pub(super) fn search(
        &mut self,
        asked: &Asked<'_>,
        names: Option<&str>,
    ) -> Result<Response, Failure> {
        let search = search::parse(asked.request.body)?;
        let (targets, seen_at_ms) = self.scope(asked, names, &search)?;
        self.refuse(&search, &targets)?;
        if asked.fault == Some(&Fault::ContextMissing) && 0 < search.size {
            return Err(Failure::no_context());
        }
        let (down, fails) = broken(asked.fault);
        let parts = self.turns.at(asked.now_ms);
        let view = View {
            population: &self.population,
            targets: &targets,
            now_ms: seen_at_ms,
            down,
            parts: &parts,
        };
        let shards = search::health(&view, &search.filter, fails);
        let missing = shards.total - shards.successful;
        if 0 < missing {
            let is_partial_fine = asked.flag("allow_partial_search_results", true);
            let status = if fails { 500 } else { 503 };
            let unavailable = if fails { 0 } else { missing };
            if !is_partial_fine || shards.successful == 0 {
                return Err(Failure::partial(status, shards.failures, unavailable));
            }
        }
        let mut found = view.find(&search);
        damage(&mut found, asked.fault);
        let remarks = Remarks {
            shards: &shards,
            parts: &parts,
            is_lower_bound: asked.fault == Some(&Fault::LowerBound),
            timed_out: asked.fault == Some(&Fault::TimedOut),
            terminated_early: asked.fault == Some(&Fault::TerminatedEarly),
        };
        let body = search::write_page(&self.population, &search, &found, &remarks);
        self.tally.hits += found.keys.len() as u64;
        Ok(Response::json(200, body))
    }

    /// Where a search looks, and as of when.
    fn scope(
        &mut self,
        asked: &Asked<'_>,
        names: Option<&str>,
        search: &Search,
    ) -> Result<(Vec<Target>, i64), Failure> {
        let Some((id, keep_alive_ms)) = &search.pit else {
            return Ok((self.resolve(asked, names)?, asked.now_ms));
        };
        if names.is_some() {
            return Err(Failure::invalid(
                "[indices] cannot be used with point in time",
            ));
        }
        let pit = self.pits.find(asked.now_ms, id, *keep_alive_ms)?;
        Ok((pit.targets.clone(), pit.opened_at_ms))
    }

    /// Refuses what the shards, or the breaker before them, would refuse.
    fn refuse(&self, search: &Search, targets: &[Target]) -> Result<(), Failure> {
        if let (Some(cause), Some(target)) = (&search.refused, targets.first()) {
            let index = &self.population.days()[target.day].index;
            let mut cause = cause.clone();
            if cause.get("index_uuid").is_some() {
                cause["index"] = json!(index);
            }
            return Err(Failure::on_all_shards(400, index, cause));
        }
        let wanted = search.size * HIT_BYTES;
        match self.page_bytes_max {
            Some(limit) if limit < wanted => Err(breaker(wanted, limit)),
            _ => Ok(()),
        }
    }

    pub(super) fn count(&self, asked: &Asked<'_>, names: &str) -> Result<Response, Failure> {
        let fields = search::object(asked.request.body)?;
        if let Some(key) = fields.keys().find(|key| *key != "query") {
            let reason = format!("request does not support [{key}]");
            return Err(Failure::plain(400, "parsing_exception", reason));
        }
        let mut search = search::parse(asked.request.body)?;
        search.size = 0;
        let targets = self.resolve(asked, Some(names))?;
        self.refuse(&search, &targets)?;
        let (down, fails) = broken(asked.fault);
        let parts = self.turns.at(asked.now_ms);
        let view = View {
            population: &self.population,
            targets: &targets,
            now_ms: asked.now_ms,
            down,
            parts: &parts,
        };
        let shards = search::health(&view, &search.filter, fails);
        let found = view.find(&search);
        let body = json!({"count": found.total, "_shards": search::shards(&shards)});
        Ok(Response::json(200, body.to_string().into_bytes()))
    }

    /// One document by its id. The product finds it before it is refreshed; here it must be visible.
    pub(super) fn document(
        &self,
        asked: &Asked<'_>,
        index: &str,
        id: &str,
    ) -> Result<Response, Failure> {
        let targets = self.resolve(asked, Some(index))?;
        let found = self.population.find(id).filter(|key| {
            let is_here = self.population.index(key) == index;
            is_here && !targets.is_empty() && key.visible_at_ms <= asked.now_ms
        });
        let response = match found {
            Some(key) => Response::json(200, search::write_hit(&self.population, &key)),
            None => {
                let body = json!({"_index": index, "_id": id, "found": false});
                Response::json(404, body.to_string().into_bytes())
            }
        };
        Ok(response)
    }
}

/// The shards that do not answer, a bit each, and whether they answer with an error instead.
fn broken(fault: Option<&Fault>) -> (u8, bool) {
    let bit = |shard: u8| 1_u8.checked_shl(u32::from(shard)).unwrap_or(0);
    match fault {
        Some(Fault::ShardFails(shard)) => (bit(*shard), true),
        Some(Fault::ShardUnassigned(shard)) => (bit(*shard), false),
        _ => (0, false),
    }
}

/// Takes hits away, or orders them otherwise, as an answer with status 200 can.
fn damage(found: &mut Found, fault: Option<&Fault>) {
    match fault {
        Some(Fault::TimedOut | Fault::TerminatedEarly) => {
            found.keys.truncate(found.keys.len() / 2);
            found.total = found.keys.len() as u64;
        }
        Some(Fault::FetchHole) if !found.keys.is_empty() => {
            found.keys.remove(0);
        }
        Some(Fault::OutOfOrder) => found.keys.reverse(),
        _ => {}
    }
}
