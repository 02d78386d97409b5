//! The mock indexer, as the OpenSearch project's client sees it.

use crate::python::{Python, say};
use mock_indexer::{Batch, Core, Indexed, Options, Population, Recipe, Server};
use serde_json::Value;
use std::sync::Arc;

/// 2026-03-26 00:00 UTC.
const T0: i64 = 1_774_483_200_000;
const HOUR: i64 = 3_600_000;
const PATTERN: &str = "wazuh-alerts-4.x-*";

const REQUIREMENTS: &str = "opensearch-py==3.2.0\n";

/// Two days, 600 alerts in one millisecond, and copies under a second `_id`.
fn population() -> Population {
    let times = T0 + 12 * HOUR..T0 + 36 * HOUR;
    let mut recipe = Recipe::steady(21, 2_000, times);
    recipe.batches.push(Batch {
        count: 600,
        timestamps: T0 + 20 * HOUR..T0 + 20 * HOUR + 1,
        indexed: Indexed::Live,
        redelivered: 40,
    });
    Population::new(recipe)
}

/// Every document once, in the order of time and `_id`.
#[track_caller]
fn check_walk(walk: &Value, population: &Population) {
    let documents = population.documents();
    let expected: Vec<_> = documents
        .map(|one| (one.index, one.id, one.timestamp_ms))
        .collect();
    let found = walk["found"].as_array().unwrap().iter();
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let found: Vec<_> = found
        .map(|hit| (text(&hit[0]), text(&hit[1]), hit[2].as_i64().unwrap()))
        .collect();
    assert_eq!(found, expected);
    let totals = serde_json::json!([[population.len(), "eq"]]);
    assert_eq!(walk["totals"], totals);
}

#[test]
fn the_projects_own_client_pages_the_mock_and_gets_every_document_once() {
    let Some(python) = Python::with("opensearch-py", REQUIREMENTS) else {
        return;
    };
    let population = Arc::new(population());
    let options = Options::healthy("poller", "secret");
    let core = Core::new(Arc::clone(&population), options);
    let server = Server::start(core, || T0 + 48 * HOUR).unwrap();
    let dir = tempfile::tempdir().unwrap();
    let ca = dir.path().join("ca.pem");
    std::fs::write(&ca, server.ca_pem()).unwrap();
    let (url, ca) = (server.url(), ca.to_str().unwrap());
    let script = include_str!("opensearch_py.py");
    let said = python.run(script, &[&url, ca, "poller", "secret", PATTERN]);
    let told: Value = serde_json::from_str(&said).unwrap();
    check_walk(&told["plain"], &population);
    check_walk(&told["pit"], &population);
    assert_eq!(told["about"], "7.10.2");
    assert_eq!(told["count"], population.len());
    assert_eq!(told["closed"], serde_json::json!([true]));
    assert_eq!(told["after_close"], "404");
    assert_eq!(told["wrong_password"], "401");
    assert_eq!(told["no_index"], "404");
    assert_eq!(told["unknown_ca"], "N/A");
    say(&format!(
        "opensearch-py: {} documents, with and without a point in time: checked",
        population.len()
    ));
}
