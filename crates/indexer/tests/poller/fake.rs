//! An indexer in memory: documents that become visible at a time, one account, and answers that fail on demand.

use crate::machine::Machine;
use host::{Host, Millis};
use indexer::{Answered, Class, Request, Transport, TransportError};
use serde_json::{Value, json};
use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

pub(crate) struct Doc {
    pub(crate) time: i64,
    pub(crate) index: String,
    pub(crate) id: String,
    pub(crate) visible_at: i64,
}

/// What happens to one request instead of, or after, an answer.
pub(crate) enum Fault {
    /// Another status and body.
    Answer(u16, String),
    /// No whole answer.
    Break(Class),
    /// The good answer, changed.
    Change(Box<dyn Fn(&mut Value)>),
    /// An event before the request is answered.
    Before(Box<dyn Fn(&Fake<'_>)>),
    /// An event before no whole answer comes.
    Late(Box<dyn Fn(&Fake<'_>)>, Class),
}

pub(crate) struct Fake<'h> {
    pub(crate) machine: &'h Machine,
    pub(crate) docs: RefCell<Vec<Doc>>,
    /// Faults by the number of the request, from 0.
    pub(crate) faults: RefCell<BTreeMap<usize, Fault>>,
    /// Path and body of every request.
    pub(crate) requests: RefCell<Vec<(String, Value)>>,
    /// The header that is accepted.
    pub(crate) accepted: RefCell<String>,
    /// Indices that the account may not read: dropped silently from patterns.
    pub(crate) forbidden: RefCell<BTreeSet<String>>,
    /// Indices that are closed: dropped silently from patterns too.
    pub(crate) closed: RefCell<BTreeSet<String>>,
    /// The most documents that the breaker allows in a page.
    pub(crate) breaker: Cell<usize>,
    /// By how many milliseconds the indexer's clock is ahead of the machine's.
    pub(crate) ahead: Cell<i64>,
    /// By how many milliseconds its `Date` is wrong; `None` if it sends none.
    pub(crate) date_off: Cell<Option<i64>>,
    /// How long an answer takes, in milliseconds: each one, and more for each of its documents.
    pub(crate) pace: Cell<(u64, u64)>,
}

/// The pace of an indexer that accepts connections and never answers.
pub(crate) const NEVER: (u64, u64) = (u64::MAX / 2, 0);

/// `reader:one` and `reader:two`, as the header has them.
pub(crate) const ONE: &str = "Basic cmVhZGVyOm9uZQ==";
pub(crate) const TWO: &str = "Basic cmVhZGVyOnR3bw==";

impl<'h> Fake<'h> {
    pub(crate) fn new(machine: &'h Machine) -> Self {
        Fake {
            machine,
            docs: RefCell::default(),
            faults: RefCell::default(),
            requests: RefCell::default(),
            accepted: RefCell::new(ONE.to_owned()),
            forbidden: RefCell::default(),
            closed: RefCell::default(),
            breaker: Cell::new(usize::MAX),
            ahead: Cell::new(0),
            date_off: Cell::new(Some(0)),
            pace: Cell::new((0, 0)),
        }
    }

    /// Adds a document that is visible from `visible_at` on, in the index of its UTC day.
    pub(crate) fn add(&self, time: i64, id: &str, visible_at: i64) {
        let day = time.div_euclid(86_400_000);
        self.add_to(&format!("wazuh-alerts-4.x-day-{day}"), time, id, visible_at);
    }

    pub(crate) fn add_to(&self, index: &str, time: i64, id: &str, visible_at: i64) {
        let (index, id) = (index.to_owned(), id.to_owned());
        let mut docs = self.docs.borrow_mut();
        docs.push(Doc {
            time,
            index,
            id,
            visible_at,
        });
        docs.sort_by(|a, b| (a.time, &a.id).cmp(&(b.time, &b.id)));
    }

    pub(crate) fn fault(&self, request: usize, fault: Fault) {
        self.faults.borrow_mut().insert(request, fault);
    }

    /// The indexer's time.
    pub(crate) fn now(&self) -> i64 {
        self.machine.now.get() + self.ahead.get()
    }

    fn answered(&self, status: u16) -> Answered {
        let date = self.date_off.get();
        let shown = date.map(|off| (self.now() + off).div_euclid(1_000) * 1_000);
        Answered {
            status,
            date: shown.map(Millis),
        }
    }

    /// Requests so far.
    pub(crate) fn count(&self) -> usize {
        self.requests.borrow().len()
    }

    /// Lets the time of an answer of so many documents pass, or the time that the request has.
    fn take_time(&self, request: &Request<'_>, documents: u64) -> Result<(), TransportError> {
        let (each, more) = self.pace.get();
        let takes = Duration::from_millis(each + more * documents);
        let has = request.patience.attempt().unwrap_or(Duration::MAX);
        if !takes.is_zero() {
            self.machine.sleep(takes.min(has));
        }
        match takes <= has {
            true => Ok(()),
            false => Err(TransportError::new(Class::Timeout, "did not answer")),
        }
    }

    fn search(&self, target: &str, body: &Value) -> (u16, Value) {
        let is_pattern = target.contains('*');
        let forbidden = self.forbidden.borrow();
        let docs = self.docs.borrow();
        let mut indices: BTreeSet<&str> = docs.iter().map(|doc| doc.index.as_str()).collect();
        if !is_pattern {
            if forbidden.contains(target) {
                return (
                    403,
                    json!({"error": {"type": "security_exception"}, "status": 403}),
                );
            }
            if self.closed.borrow().contains(target) {
                let error = json!({"type": "index_closed_exception", "reason": "closed"});
                return (400, json!({"error": error, "status": 400}));
            }
            if !indices.contains(target) {
                return (
                    404,
                    json!({"error": {"type": "index_not_found_exception"}, "status": 404}),
                );
            }
            indices.retain(|index| *index == target);
        }
        let closed = self.closed.borrow();
        indices.retain(|index| !forbidden.contains(*index) && !closed.contains(*index));
        let now = self.now();
        let matching: Vec<&Doc> = docs
            .iter()
            .filter(|doc| indices.contains(doc.index.as_str()) && doc.visible_at <= now)
            .filter(|doc| matches(doc, &body["query"]))
            .collect();
        let size = usize::try_from(body["size"].as_u64().unwrap()).unwrap();
        let after = body["search_after"].as_array();
        let after = after.map(|key| (key[0].as_i64().unwrap(), key[1].as_str().unwrap()));
        let is_latest_first = body["sort"][0]["timestamp"]["order"] == "desc";
        let mut in_order = matching.clone();
        if is_latest_first {
            in_order.reverse();
        }
        let hits = in_order
            .iter()
            .filter(|doc| after.is_none_or(|after| after < (doc.time, doc.id.as_str())));
        let hits: Vec<Value> = hits.take(size).map(|doc| hit(doc)).collect();
        if self.breaker.get() < hits.len() {
            let error = json!({"type": "circuit_breaking_exception", "reason": "Data too large"});
            return (429, json!({"error": error, "status": 429}));
        }
        let shards = 3 * indices.len();
        let mut answer = json!({
            "took": 1, "timed_out": false,
            "_shards": {"total": shards, "successful": shards, "skipped": 0, "failed": 0},
            "hits": {"total": {"value": matching.len(), "relation": "eq"}, "max_score": null, "hits": hits},
        });
        if !body["aggs"].is_null() {
            let interval = &body["aggs"]["times"]["date_histogram"]["fixed_interval"];
            let unit = if interval == "1h" { 3_600_000 } else { 60_000 };
            let mut times = BTreeMap::<i64, u64>::new();
            for doc in matching {
                *times.entry(doc.time.div_euclid(unit) * unit).or_default() += 1;
            }
            let buckets = times.into_iter();
            let buckets = buckets.map(|(key, count)| json!({"key": key, "doc_count": count}));
            let buckets: Vec<Value> = buckets.collect();
            answer["aggregations"] = json!({"times": {"buckets": buckets}});
        }
        (200, answer)
    }
}

fn matches(doc: &Doc, query: &Value) -> bool {
    if query.is_null() {
        return true;
    }
    if let Some(ids) = query["ids"]["values"].as_array() {
        return ids.iter().any(|id| id == doc.id.as_str());
    }
    let range = &query["bool"]["filter"][0]["range"]["timestamp"];
    let (from, to) = (
        range["gte"].as_i64().unwrap(),
        range["lt"].as_i64().unwrap(),
    );
    from <= doc.time && doc.time < to
}

fn hit(doc: &Doc) -> Value {
    json!({"_index": doc.index, "_id": doc.id, "_score": null,
        "_source": {"timestamp": "of no use here", "rule": {"level": 3}}, "sort": [doc.time, doc.id]})
}

impl Transport for Fake<'_> {
    fn send(
        &self,
        request: &Request<'_>,
        answer: &mut Vec<u8>,
    ) -> Result<Answered, TransportError> {
        let body: Value = serde_json::from_str(request.body).unwrap();
        let number = self.count();
        let logged = (request.path.to_owned(), body.clone());
        self.requests.borrow_mut().push(logged);
        answer.clear();
        let fault = self.faults.borrow_mut().remove(&number);
        match fault {
            Some(Fault::Answer(status, text)) => {
                answer.extend_from_slice(text.as_bytes());
                return Ok(self.answered(status));
            }
            Some(Fault::Break(class)) => return Err(TransportError::new(class, "broken")),
            Some(Fault::Before(ref event)) => event(self),
            Some(Fault::Late(event, class)) => {
                event(self);
                return Err(TransportError::new(class, "broken"));
            }
            Some(Fault::Change(_)) | None => {}
        }
        if request.authorization != Some(self.accepted.borrow().as_str()) {
            answer.extend_from_slice(b"Unauthorized");
            return Ok(self.answered(401));
        }
        let target = request.path.strip_prefix('/').unwrap();
        let (target, parameters) = target.split_once("/_search?").unwrap();
        assert_eq!(parameters, "allow_partial_search_results=false");
        assert_eq!(body["track_total_hits"], true);
        let (status, mut good) = self.search(target, &body);
        if let Some(Fault::Change(change)) = fault {
            change(&mut good);
        }
        let documents = good["hits"]["hits"].as_array().map_or(0, Vec::len);
        self.take_time(request, documents as u64)?;
        answer.extend_from_slice(good.to_string().as_bytes());
        Ok(self.answered(status))
    }
}
