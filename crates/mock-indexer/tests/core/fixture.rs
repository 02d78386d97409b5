//! An indexer to ask, at a time that the test moves.

use mock_indexer::{
    Batch, Core, Document, Fault, Indexed, Misfortune, Options, Population, Recipe, Request,
    Response, When, basic_authorization,
};
use serde_json::Value;
use std::collections::BTreeSet;
use std::ops::Range;
use std::sync::Arc;

/// 2025-11-12 00:00 UTC.
pub(crate) const T0: i64 = 1_762_905_600_000;
pub(crate) const HOUR: i64 = 3_600_000;
pub(crate) const DAY: i64 = 24 * HOUR;
pub(crate) const ALERTS: &str = "/wazuh-alerts-4.x-*/_search";

pub(crate) struct Mock {
    pub(crate) core: Core,
    pub(crate) population: Arc<Population>,
    pub(crate) now_ms: i64,
    pub(crate) authorization: String,
}

impl Mock {
    /// A healthy indexer over `recipe`, an hour after the third day's end.
    pub(crate) fn new(recipe: Recipe) -> Mock {
        Mock::with(recipe, Options::healthy("poller", "secret"))
    }

    pub(crate) fn with(recipe: Recipe, options: Options) -> Mock {
        let population = Arc::new(Population::new(recipe));
        Mock {
            core: Core::new(Arc::clone(&population), options),
            population,
            now_ms: T0 + 3 * DAY + HOUR,
            authorization: basic_authorization("poller", "secret"),
        }
    }

    /// An indexer of 300 alerts over three days.
    pub(crate) fn small() -> Mock {
        Mock::new(Recipe::steady(1, 300, T0..T0 + 3 * DAY))
    }

    /// The next request meets `fault`.
    pub(crate) fn next_meets(&mut self, fault: Fault) {
        let next = self.core.tally().answered;
        let when = When::Requests(next..next + 1);
        self.core.add_misfortune(Misfortune { fault, when });
    }

    pub(crate) fn ask(&mut self, method: &str, target: &str, body: &str) -> Response {
        let (path, query) = target.split_once('?').unwrap_or((target, ""));
        let request = Request {
            method,
            path,
            query,
            authorization: Some(&self.authorization),
            body: body.as_bytes(),
        };
        self.core.answer(self.now_ms, &request)
    }

    /// The answer's status and JSON.
    pub(crate) fn json(&mut self, method: &str, target: &str, body: &str) -> (u16, Value) {
        let response = self.ask(method, target, body);
        let json = serde_json::from_slice(&response.body);
        (
            response.status,
            json.unwrap_or_else(|e| panic!("{e}: {response:?}")),
        )
    }

    /// A search that must succeed.
    pub(crate) fn search(&mut self, body: &str) -> Value {
        let (status, page) = self.json("POST", ALERTS, body);
        assert_eq!(status, 200, "{page}");
        page
    }

    /// Walks `times` with pages of `size` by time and `_id` up to the empty page; the `_id`s in order.
    pub(crate) fn walk(&mut self, times: Range<i64>, size: u64) -> Vec<String> {
        self.walk_by(r#"[{"timestamp":"asc"},{"_id":"asc"}]"#, times, size)
    }

    pub(crate) fn walk_by(&mut self, sort: &str, times: Range<i64>, size: u64) -> Vec<String> {
        let (start, end) = (times.start, times.end);
        let mut ids = Vec::new();
        let mut after = String::new();
        loop {
            let page = self.search(&format!(
                r#"{{"size":{size},"track_total_hits":true,"sort":{sort},{after}
                   "query":{{"bool":{{"filter":[{{"range":{{"timestamp":
                   {{"gte":{start},"lt":{end},"format":"epoch_millis"}}}}}}]}}}}}}"#
            ));
            let hits = page["hits"]["hits"].as_array().unwrap();
            let Some(last) = hits.last() else {
                return ids;
            };
            after = format!(r#""search_after":{},"#, last["sort"]);
            ids.extend(
                hits.iter()
                    .map(|hit| hit["_id"].as_str().unwrap().to_owned()),
            );
        }
    }

    /// The `_id`s of all documents that the oracle says are visible, in `times`.
    pub(crate) fn visible(&self, times: Range<i64>) -> BTreeSet<String> {
        let is_seen =
            |d: &Document| d.visible_at_ms <= self.now_ms && times.contains(&d.timestamp_ms);
        self.population
            .documents()
            .filter(is_seen)
            .map(|d| d.id)
            .collect()
    }
}

/// `count` live alerts in `times`.
pub(crate) fn batch(count: u32, times: Range<i64>) -> Batch {
    Batch {
        count,
        timestamps: times,
        indexed: Indexed::Live,
        redelivered: 0,
    }
}
