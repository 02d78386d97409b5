//! What becomes of indices while they are used.

use crate::fixture::{ALERTS, DAY, HOUR, Mock, T0};
use mock_indexer::{Options, Recipe, Turn, TurnKind};
use serde_json::json;
use std::collections::BTreeSet;

/// Half a day before which each turn concerns what was indexed.
const AT: i64 = T0 + DAY / 2;

/// 300 alerts of one day, an hour after its end.
fn mock(kind: TurnKind) -> Mock {
    let turn = Turn {
        kind,
        during: AT..T0 + DAY + 2 * HOUR,
    };
    let options = Options {
        turns: vec![turn],
        ..Options::healthy("poller", "secret")
    };
    let mut mock = Mock::with(Recipe::steady(1, 300, T0..T0 + DAY), options);
    mock.now_ms = T0 + DAY + HOUR;
    mock
}

/// The names that answers show: indices and ids, and how many shards were asked.
fn seen(mock: &mut Mock) -> (BTreeSet<String>, BTreeSet<String>, u64) {
    let page = mock.search(
        r#"{"size":1000,"track_total_hits":true,"sort":[{"timestamp":"asc"},{"_id":"asc"}]}"#,
    );
    let hits = page["hits"]["hits"].as_array().unwrap();
    assert_eq!(page["hits"]["total"]["value"], hits.len());
    let all = |name: &str| {
        let names = hits
            .iter()
            .map(|hit| hit[name].as_str().unwrap().to_owned());
        names.collect::<BTreeSet<_>>()
    };
    assert!(hits.iter().all(|hit| hit["sort"][1] == hit["_id"]));
    let shards = page["_shards"]["total"].as_u64().unwrap();
    (all("_index"), all("_id"), shards)
}

const INDEX: &str = "wazuh-alerts-4.x-2025.11.12";

fn indices(suffixes: &[&str]) -> BTreeSet<String> {
    suffixes
        .iter()
        .map(|suffix| format!("{INDEX}{suffix}"))
        .collect()
}

#[test]
fn what_is_indexed_after_a_rollover_is_in_an_index_of_another_name() {
    let mut mock = mock(TurnKind::RolledOver);
    let (names, ids, shards) = seen(&mut mock);
    assert_eq!(
        (names, ids.len(), shards),
        (indices(&["", "-000002"]), 300, 6)
    );
    assert_eq!(mock.walk(T0..T0 + DAY, 7).len(), 300);
    let by_name = format!("/{INDEX}-000002/_search");
    let (status, page) = mock.json("POST", &by_name, r#"{"track_total_hits":true}"#);
    let total = page["hits"]["total"]["value"].as_u64().unwrap();
    assert!(status == 200 && (100..200).contains(&total), "{total}");
    mock.now_ms = AT - HOUR;
    assert_eq!(seen(&mut mock).0, indices(&[""]));
}

#[test]
fn a_closed_index_is_left_out_by_patterns_and_refuses_by_its_name_until_it_is_opened() {
    let mut mock = mock(TurnKind::Closed);
    let (names, ids, shards) = seen(&mut mock);
    assert_eq!((names, shards), (indices(&["-000002"]), 3));
    assert!((100..200).contains(&ids.len()));
    let (status, error) = mock.json("POST", &format!("/{INDEX}/_search"), "{}");
    assert_eq!(status, 400);
    assert_eq!(error["error"]["type"], json!("index_closed_exception"));
    mock.now_ms += HOUR;
    let (names, ids, _) = seen(&mut mock);
    assert_eq!((names, ids.len()), (indices(&["", "-000002"]), 300));
}

#[test]
fn a_deleted_index_is_gone_with_what_it_had_and_begins_anew() {
    let mut mock = mock(TurnKind::Deleted);
    let (names, ids, shards) = seen(&mut mock);
    assert_eq!((names, shards), (indices(&[""]), 3));
    assert!((100..200).contains(&ids.len()));
    assert_eq!(mock.walk(T0..T0 + DAY, 7).len(), ids.len());
    mock.now_ms = AT + 1;
    let (status, error) = mock.json("POST", &format!("/{INDEX}/_search"), "{}");
    assert_eq!(
        (status, &error["error"]["type"]),
        (404, &json!("index_not_found_exception"))
    );
    let empty = mock.search("{}");
    assert_eq!(empty["_shards"]["total"], 0);
}

#[test]
fn renamed_indices_have_the_same_ids_and_renewed_ones_others() {
    let mut renamed = mock(TurnKind::Renamed);
    let (names, ids, _) = seen(&mut renamed);
    assert_eq!(
        (names, &ids),
        (indices(&["", "-v2"]), &renamed.visible(T0..T0 + DAY))
    );
    let mut renewed = mock(TurnKind::Renewed);
    let (names, ids, _) = seen(&mut renewed);
    assert_eq!((names, ids.len()), (indices(&["", "-v2"]), 300));
    let kept = ids.intersection(&renewed.visible(T0..T0 + DAY)).count();
    assert!((100..200).contains(&kept), "{kept}");
    assert_eq!(renewed.walk(T0..T0 + DAY, 7).len(), 300);
    let (status, _) = renewed.json("POST", ALERTS, "{}");
    assert_eq!(status, 200);
}
