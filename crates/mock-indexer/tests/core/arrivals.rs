//! Alerts whose times are given, what is known of them beforehand, and one that comes later.

use crate::fixture::{ALERTS, DAY, HOUR, Mock, T0};
use mock_indexer::{Dated, Form, Planted, Recipe};

const SORTED: &str = r#""sort":[{"timestamp":{"order":"asc"}},{"_id":{"order":"asc"}}]"#;

/// One alert an hour from `T0` on, each indexed ten minutes late.
fn hourly(form: Form) -> Recipe {
    let dated = |number: i64| Dated {
        timestamp_ms: T0 + number * HOUR,
        indexed_at_ms: T0 + number * HOUR + 600_000,
    };
    Recipe {
        form,
        batches: Vec::new(),
        dated: (0..48).map(dated).collect(),
        ..Recipe::steady(1, 1, T0..T0 + 1)
    }
}

#[test]
fn dated_alerts_have_their_times_and_are_seen_at_the_refresh_after_they_came() {
    let mock = Mock::new(hourly(Form::Full));
    for (number, document) in (0..).zip(mock.population.documents()) {
        assert_eq!(document.seq, Some(number));
        assert_eq!(document.timestamp_ms, T0 + i64::from(number) * HOUR);
        let delay = document.visible_at_ms - document.timestamp_ms - 600_000;
        assert!((1..=5_000).contains(&delay), "{delay}");
    }
}

#[test]
fn a_hit_that_is_known_by_its_number_is_the_one_on_the_page() {
    for form in [Form::Full, Form::Short] {
        let mut mock = Mock::new(hourly(form));
        let page = mock.ask("POST", ALERTS, &format!(r#"{{"size":48,{SORTED}}}"#));
        let page = String::from_utf8(page.body).unwrap();
        for number in 0..48 {
            let mut hit = Vec::new();
            let time = T0 + i64::from(number) * HOUR;
            mock.population.write_hit(number, time, &mut hit);
            let hit = String::from_utf8(hit).unwrap();
            assert!(page.contains(&hit), "{hit}");
            let (index, id) = mock.population.transport_key(number, time);
            assert!(hit.contains(&index) && hit.contains(&id), "{hit}");
            assert_eq!(mock.core.hit(&id), Some(hit.into_bytes()));
        }
    }
}

#[test]
fn a_document_that_comes_later_is_found_like_any_other() {
    let mut mock = Mock::new(hourly(Form::Short));
    for (id, timestamp_ms) in [("new", T0 + 90 * 60_000), ("of-another-day", T0 + 3 * DAY)] {
        let document = mock.core.ingest(Planted {
            id: id.to_owned(),
            timestamp_ms,
            indexed_at_ms: mock.now_ms,
            source: br#"{"level":7}"#.to_vec(),
        });
        assert!(mock.now_ms < document.visible_at_ms);
        let count = |mock: &mut Mock| mock.walk(timestamp_ms..timestamp_ms + 1, 10).len();
        assert_eq!(count(&mut mock), 0, "before its shard's refresh");
        mock.now_ms = document.visible_at_ms;
        assert_eq!(mock.walk(timestamp_ms..timestamp_ms + 1, 10), [id]);
        let hit = mock.core.hit(id).unwrap();
        let page = mock.ask("POST", ALERTS, &format!(r#"{{"size":100,{SORTED}}}"#));
        assert!(page.body.windows(hit.len()).any(|part| part == hit));
    }
    assert_eq!(mock.walk(T0..T0 + 4 * DAY, 7).len(), 50);
    assert_eq!(mock.population.len(), 48, "who holds it keeps it");
}
