//! An OpenSearch-compatible server that others wrote: our poller drains it, and the mock answers as it does (`alike`).

use crate::alike::answer_alike;
use crate::python::{Python, say};
use host::{At, Dir, Host, Millis};
use indexer::{
    Config, Https, HttpsOptions, Patience, Poller, Profile, Request, SecretFile, Transport,
};
use mock_indexer::{Batch, Core, Indexed, Options, Population, Recipe, basic_authorization};
use os::OsHost;
use serde_json::{Value, json};
use std::io::{BufRead, BufReader};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

const REQUIREMENTS: &str = "osmem-server==0.1.6 \
    --hash=sha256:24c862de01ab1c6dd1564284933fdc4f774494a41e071676914f86d82fdbef40\n";
const WHERE: &str = "
import os, osmem_server
print(os.path.join(os.path.dirname(osmem_server.__file__), 'bin', 'osmem-server'))
";

const HOUR: i64 = 3_600_000;
pub(crate) const DAY: i64 = 24 * HOUR;
pub(crate) const PATTERN: &str = "wazuh-alerts-4.x-*";

/// The server while it runs. It ends when its standard input does.
struct Osmem {
    child: Child,
    stdin: Option<ChildStdin>,
    url: String,
}

impl Osmem {
    fn start(program: &str) -> Self {
        let mut command = Command::new(program);
        let command = command
            .args(["--addr", "127.0.0.1:0"])
            .stderr(Stdio::null());
        let mut child = command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let stdin = child.stdin.take();
        let mut line = String::new();
        let mut out = BufReader::new(child.stdout.take().unwrap());
        out.read_line(&mut line).unwrap();
        let said: Value = serde_json::from_str(&line).unwrap();
        Osmem {
            child,
            stdin,
            url: said["url"].as_str().unwrap().to_owned(),
        }
    }
}

impl Drop for Osmem {
    fn drop(&mut self) {
        drop(self.stdin.take());
        self.child.wait().unwrap();
    }
}

/// The same documents in both servers.
pub(crate) struct Both {
    osmem: Https,
    mock: Core,
    pub(crate) population: Arc<Population>,
    now: i64,
    /// When 600 alerts have one time.
    pub(crate) tied: i64,
}

impl Both {
    fn new(url: &str) -> Self {
        let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
        let now = i64::try_from(now.unwrap().as_millis()).unwrap();
        // Over a midnight, and old enough to be settled.
        let midnight = (now - HOUR * 30).div_euclid(DAY) * DAY + DAY;
        let tied = midnight + HOUR / 2;
        let mut recipe = Recipe::steady(33, 3_000, midnight - 6 * HOUR..midnight + 5 * HOUR);
        for (count, timestamps) in [(600, tied..tied + 1), (400, midnight - 20..midnight + 20)] {
            recipe.batches.push(Batch {
                count,
                timestamps,
                indexed: Indexed::Live,
                redelivered: count / 10,
            });
        }
        let population = Arc::new(Population::new(recipe));
        let options = Options::healthy("poller", "secret");
        let both = Both {
            osmem: Https::new(HttpsOptions::new(url)).unwrap(),
            mock: Core::new(Arc::clone(&population), options),
            population,
            now,
            tied,
        };
        both.load()
    }

    /// Puts what the mock has into the other one, with Wazuh's mapping of the time.
    fn load(mut self) -> Self {
        let template = json!({"index_patterns": [PATTERN], "template": {
            "settings": {"number_of_shards": 3, "number_of_replicas": 0},
            "mappings": {"dynamic": false, "properties": {"timestamp": {"type": "date"}}}}});
        let (status, _) = self.ask_osmem("/_index_template/wazuh", &template.to_string());
        assert_eq!(status, 200);
        let mut after = None;
        loop {
            let mut body = page(1_000);
            if let Some(after) = after {
                body["search_after"] = after;
            }
            let (status, answer) = self.ask_mock(&search(PATTERN), &body.to_string());
            assert_eq!(status, 200, "{answer}");
            let hits = answer["hits"]["hits"].as_array().unwrap();
            let Some(last) = hits.last() else { break };
            after = Some(last["sort"].clone());
            let mut bulk = String::new();
            for hit in hits {
                let to = json!({"create": {"_index": hit["_index"], "_id": hit["_id"]}});
                bulk.push_str(&format!("{to}\n{}\n", hit["_source"]));
            }
            let (status, answer) = self.ask_osmem("/_bulk?refresh=true", &bulk);
            assert_eq!((status, &answer["errors"]), (200, &json!(false)));
        }
        self
    }

    pub(crate) fn ask_osmem(&self, path: &str, body: &str) -> (u16, Value) {
        let mut answer = Vec::new();
        let request = Request {
            path,
            authorization: None,
            body,
            patience: Patience::ENDLESS,
        };
        let answered = self.osmem.send(&request, &mut answer).unwrap();
        (answered.status, serde_json::from_slice(&answer).unwrap())
    }

    pub(crate) fn ask_mock(&mut self, path: &str, body: &str) -> (u16, Value) {
        let (path, query) = path.split_once('?').unwrap_or((path, ""));
        let authorization = basic_authorization("poller", "secret");
        let request = mock_indexer::Request {
            method: "POST",
            path,
            query,
            authorization: Some(&authorization),
            body: body.as_bytes(),
        };
        let response = self.mock.answer(self.now, &request);
        (
            response.status,
            serde_json::from_slice(&response.body).unwrap(),
        )
    }

    /// Index and `_id` of every document, in byte order.
    fn documents(&self) -> Vec<(String, String)> {
        let documents = self.population.documents();
        let mut all: Vec<_> = documents.map(|one| (one.index, one.id)).collect();
        all.sort();
        all
    }
}

pub(crate) fn search(index: &str) -> String {
    format!("/{index}/_search?allow_partial_search_results=false")
}

/// The body of a page as our poller asks for it.
pub(crate) fn page(size: usize) -> Value {
    json!({"size": size, "track_total_hits": true, "query": {"match_all": {}},
        "sort": [{"timestamp": {"order": "asc"}}, {"_id": {"order": "asc"}}]})
}

/// Every document comes out of the foreign server once, and an audit finds nothing more.
fn drain_with_our_poller(both: &Both) {
    let dir = tempfile::tempdir().unwrap();
    let host = OsHost::new(dir.path()).unwrap();
    // It asks for no password; the poller has one in any case.
    std::fs::write(dir.path().join("secret"), "poller:secret\n").unwrap();
    let state = Dir::open_or_make(&host, At::new(host.root(), "state")).unwrap();
    let secret = SecretFile::new(&host, host.root(), "secret");
    let mut config = Config::new(Profile::wazuh4());
    // 600 alerts of one millisecond are on three pages or more.
    config.page_alerts = 250;
    config.slice = Duration::from_secs(3 * 3_600);
    let start = Millis(both.tied - 2 * DAY);
    let mut poller =
        Poller::open(&host, state.id(), &both.osmem, secret, config, start, 7).unwrap();
    let mut found = Vec::new();
    loop {
        let step = poller.step(&mut |hits| {
            let names = hits
                .iter()
                .map(|hit| (hit.index.to_string(), hit.id.to_string()));
            found.extend(names);
            Ok(())
        });
        if step.unwrap().is_caught_up {
            break;
        }
    }
    let audit = poller.audit(&mut |_| Ok(())).unwrap();
    assert!(0 < audit.minutes);
    assert_eq!((audit.behind, audit.handed_over, audit.ahead), (0, 0, 0));
    found.sort();
    let expected = both.documents();
    let is_in = |list: &[(String, String)], one| list.binary_search(one).is_ok();
    let missing = expected.iter().find(|one| !is_in(&found, one));
    let foreign = found.iter().find(|one| !is_in(&expected, one));
    assert_eq!(
        (missing, foreign, found.len()),
        (None, None, expected.len())
    );
}

#[test]
fn our_poller_drains_a_foreign_server_and_the_mock_answers_as_it_does() {
    let Some(python) = Python::with("osmem-server", REQUIREMENTS) else {
        return;
    };
    let program = python.run(WHERE, &[""; 0]);
    let osmem = Osmem::start(program.trim());
    let mut both = Both::new(&osmem.url);
    drain_with_our_poller(&both);
    let count = answer_alike(&mut both);
    say(&format!(
        "osmem: {} documents drained, {count} questions answered alike: checked",
        both.population.len()
    ));
}
