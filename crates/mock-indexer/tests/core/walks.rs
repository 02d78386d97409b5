//! What a walk over the pages delivers, and what the naive ones lose.

use crate::fixture::{DAY, HOUR, Mock, T0, batch};
use mock_indexer::{Batch, Indexed, Recipe};
use std::collections::BTreeSet;

#[test]
fn a_walk_by_time_and_id_delivers_every_document_once_whatever_the_page() {
    let recipe = Recipe {
        batches: vec![
            batch(2_000, T0..T0 + 3 * DAY),
            // Ties: 600 alerts in one millisecond, at a page's end and beyond it.
            batch(600, T0 + DAY..T0 + DAY + 1),
            Batch {
                redelivered: 50,
                ..batch(200, T0..T0 + HOUR)
            },
        ],
        ..Recipe::steady(3, 1, T0..T0 + 1)
    };
    let mut mock = Mock::new(recipe);
    for size in [7, 100, 999, 10_000] {
        let ids = mock.walk(T0..T0 + 3 * DAY, size);
        assert_eq!(ids.len(), 2_850);
        let ids: BTreeSet<String> = ids.into_iter().collect();
        assert_eq!(ids, mock.visible(T0..T0 + 3 * DAY));
    }
}

#[test]
fn a_walk_by_time_alone_loses_the_ties_that_a_page_cuts() {
    let recipe = Recipe {
        batches: vec![batch(3_000, T0..T0 + 430)],
        ..Recipe::steady(1, 1, T0..T0 + 1)
    };
    let mut mock = Mock::new(recipe);
    let ids = mock.walk_by(r#"["timestamp"]"#, T0..T0 + DAY, 500);
    assert!((2_900..3_000).contains(&ids.len()), "{}", ids.len());
}

#[test]
fn a_walk_backwards_is_the_walk_reversed() {
    let mut mock = Mock::small();
    let forwards = mock.walk(T0..T0 + 3 * DAY, 40);
    let sort = r#"[{"timestamp":{"order":"desc"}},{"_id":{"order":"desc"}}]"#;
    let mut backwards = mock.walk_by(sort, T0..T0 + 3 * DAY, 40);
    backwards.reverse();
    assert_eq!(forwards, backwards);
}

#[test]
fn a_cursor_at_the_newest_alert_loses_what_becomes_visible_behind_it() {
    let mut mock = Mock::new(Recipe::steady(1, 5_000, T0..T0 + HOUR));
    let (mut seen, mut cursor) = (BTreeSet::new(), T0);
    for minute in 1..=70 {
        mock.now_ms = T0 + minute * 60_000;
        let until = mock.now_ms + 1;
        seen.extend(mock.walk(cursor..until, 1_000));
        // What the naive poller takes for its place: the time of the newest alert that it saw.
        let visible = mock
            .population
            .documents()
            .filter(|d| d.visible_at_ms <= until);
        cursor = visible.map(|d| d.timestamp_ms).max().unwrap_or(cursor);
    }
    let all = mock.visible(T0..T0 + HOUR);
    assert_eq!(all.len(), 5_000);
    assert!(seen.len() < all.len(), "{} of {}", seen.len(), all.len());
    assert!(seen.is_subset(&all));
}

#[test]
fn a_back_fill_appears_behind_every_cursor() {
    let recipe = Recipe {
        batches: vec![Batch {
            indexed: Indexed::At(T0 + 5 * HOUR),
            ..batch(100, T0..T0 + HOUR)
        }],
        ..Recipe::steady(1, 1, T0..T0 + 1)
    };
    let mut mock = Mock::new(recipe);
    mock.now_ms = T0 + 5 * HOUR - 1;
    let (_, page) = mock.json("POST", "/wazuh-*/_search", "");
    assert_eq!(page["_shards"]["total"], 0, "no index was created yet");
    mock.now_ms = T0 + 5 * HOUR + 5_000;
    assert_eq!(mock.walk(T0..T0 + HOUR, 30).len(), 100);
}

#[test]
fn equal_indexers_give_equal_answers() {
    let page = || {
        let mut mock = Mock::small();
        mock.ask("POST", "/wazuh-alerts-4.x-*/_search", r#"{"size":100}"#)
    };
    assert_eq!(page(), page());
}
