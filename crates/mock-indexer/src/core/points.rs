//! Opening and closing points in time.

use super::{Asked, Core};
use crate::exchange::Response;
use crate::failure::Failure;
use crate::pit::no_context;
use crate::search::{self, Shards, Target};
use serde_json::{Value, json};

impl Core {
    pub(super) fn open_pit(&mut self, asked: &Asked<'_>, names: &str) -> Result<Response, Failure> {
        let Some(keep_alive) = asked.parameter("keep_alive") else {
            return Err(Failure::invalid("keep alive not specified"));
        };
        let keep_alive_ms = search::duration(&keep_alive)?;
        let targets = self.resolve(asked, Some(names))?;
        let (id, opened) = self.pits.open(asked.now_ms, &targets, keep_alive_ms);
        let shards = self.contexts(&targets, &opened);
        let is_partial_fine = asked.flag("allow_partial_pit_creation", true);
        let is_short = shards.successful < shards.total;
        if is_short && (!is_partial_fine || shards.successful == 0) {
            self.pits.close(&id);
            return Err(self.pits.too_many());
        }
        let body = json!({
            "pit_id": id, "_shards": search::shards(&shards), "creation_time": asked.now_ms,
        });
        Ok(Response::json(200, body.to_string().into_bytes()))
    }

    /// How opening contexts of the shards of `wanted` did.
    fn contexts(&self, wanted: &[Target], opened: &[Target]) -> Shards {
        let mut shards = Shards {
            total: 0,
            successful: 0,
            skipped: 0,
            failures: Vec::new(),
        };
        for target in wanted {
            let of_day = opened.iter().find(|opened| opened.day == target.day);
            let missing = target.shards & !of_day.map_or(0, |opened| opened.shards);
            let index = &self.population.days()[target.day].index;
            let refused = (0..8).filter(|shard| missing >> shard & 1 == 1);
            shards.total += u64::from(target.shards.count_ones());
            shards.successful += u64::from((target.shards & !missing).count_ones());
            shards
                .failures
                .extend(refused.map(|shard| no_context(index, shard)));
        }
        shards
    }

    pub(super) fn close_pits(&mut self, asked: &Asked<'_>) -> Result<Response, Failure> {
        let fields = search::object(asked.request.body)?;
        let ids = match fields.get("pit_id") {
            Some(Value::Array(ids)) => ids.clone(),
            Some(id) => vec![id.clone()],
            None => return Err(Failure::invalid("no pit ids specified")),
        };
        let ids = ids.iter().filter_map(Value::as_str);
        let pits: Vec<Value> = ids
            .map(|id| json!({"pit_id": id, "successful": self.pits.close(id)}))
            .collect();
        let body = json!({"pits": pits});
        Ok(Response::json(200, body.to_string().into_bytes()))
    }

    pub(super) fn close_all_pits(&mut self) -> Result<Response, Failure> {
        let ids = self.pits.ids();
        let pits: Vec<Value> = ids
            .iter()
            .map(|id| json!({"pit_id": id, "successful": self.pits.close(id)}))
            .collect();
        let body = json!({"pits": pits});
        Ok(Response::json(200, body.to_string().into_bytes()))
    }
}
