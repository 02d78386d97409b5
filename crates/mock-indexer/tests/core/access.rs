//! Who is let in, and to what.

use crate::fixture::{ALERTS, DAY, HOUR, Mock, T0};
use mock_indexer::{Account, DateHeader, Lockout, Options, Recipe, Tally, basic_authorization};

fn recipe() -> Recipe {
    Recipe::steady(1, 300, T0..T0 + 3 * DAY)
}

#[test]
fn a_rotation_between_two_pages_is_a_401_until_the_new_secret_is_used() {
    let mut options = Options::healthy("poller", "secret");
    let rotation = T0 + 3 * DAY + 2 * HOUR;
    options.accounts[0]
        .passwords
        .push((rotation, "fresh".to_owned()));
    let mut mock = Mock::with(recipe(), options);
    assert_eq!(mock.ask("POST", ALERTS, "").status, 200);
    mock.now_ms = rotation;
    let refused = mock.ask("POST", ALERTS, "");
    assert_eq!(
        (refused.status, refused.body.as_slice()),
        (401, &b"Unauthorized"[..])
    );
    mock.authorization = basic_authorization("poller", "fresh");
    assert_eq!(mock.ask("POST", ALERTS, "").status, 200);
    let expect = Tally {
        answered: 3,
        unauthorized: 1,
        hits: 20,
    };
    assert_eq!(mock.core.tally(), expect);
}

#[test]
fn hammering_locks_out_even_the_right_secret() {
    let mut options = Options::healthy("poller", "secret");
    options.lockout = Some(Lockout {
        tries: 5,
        window_ms: HOUR,
        block_ms: HOUR,
    });
    let mut mock = Mock::with(recipe(), options);
    let right = std::mem::replace(
        &mut mock.authorization,
        basic_authorization("poller", "old"),
    );
    for _ in 0..5 {
        assert_eq!(mock.ask("POST", ALERTS, "").status, 401);
    }
    mock.authorization = right;
    let refused = mock.ask("POST", ALERTS, "");
    assert_eq!(refused.status, 401);
    assert_eq!(refused.body, b"Authentication finally failed");
    mock.now_ms += HOUR;
    assert_eq!(mock.ask("POST", ALERTS, "").status, 200);
}

#[test]
fn forbidden_indices_are_refused_or_left_out_in_silence() {
    let account = Account {
        reads: vec!["*-2025.11.12".to_owned()],
        ..Account::reader("poller", "secret")
    };
    let mut options = Options {
        accounts: vec![account],
        ..Options::healthy("", "")
    };
    let mut strict = Mock::with(recipe(), options.clone());
    let (status, error) = strict.json("POST", ALERTS, "");
    assert_eq!(
        (status, &error["error"]["type"]),
        (403, &"security_exception".into())
    );
    options.forbidden_left_out = true;
    let page = Mock::with(recipe(), options).search(r#"{"track_total_hits":true}"#);
    assert_eq!(page["_shards"]["total"], 3);
    assert!(page["hits"]["total"]["value"].as_u64().unwrap() < 300);
}

#[test]
fn a_deleted_index_is_missing_by_name_and_absent_from_the_pattern() {
    let index = "wazuh-alerts-4.x-2025.11.12";
    let mut options = Options::healthy("poller", "secret");
    options.deleted.push((T0 + 4 * DAY, index.to_owned()));
    let mut mock = Mock::with(recipe(), options);
    let target = format!("/{index}/_search");
    assert_eq!(mock.ask("GET", &target, "").status, 200);
    mock.now_ms = T0 + 4 * DAY;
    let (status, error) = mock.json("GET", &target, "");
    assert_eq!(status, 404);
    assert_eq!(error["error"]["type"], "index_not_found_exception");
    assert_eq!(mock.search("")["_shards"]["total"], 6);
    let (status, _) = mock.json("GET", &format!("{target}?ignore_unavailable=true"), "");
    assert_eq!(status, 200);
}

#[test]
fn every_answer_has_a_date_by_the_clock_it_is_asked_at_unless_it_is_told_otherwise() {
    let mut mock = Mock::small();
    let mut shown = |date: DateHeader| {
        mock.core.set_date(date);
        let good = mock.ask("POST", ALERTS, "{}");
        let bad = mock.ask("DELETE", "/none", "");
        assert_eq!(good.date(), bad.date());
        good.date().map(str::to_owned)
    };
    let of = |text: &str| Some(text.to_owned());
    assert_eq!(shown(DateHeader::True), of("Sat, 15 Nov 2025 01:00:00 GMT"));
    let ahead = DateHeader::Off(24 * HOUR);
    assert_eq!(shown(ahead), of("Sun, 16 Nov 2025 01:00:00 GMT"));
    assert_eq!(shown(DateHeader::Text("soon".to_owned())), of("soon"));
    assert_eq!(shown(DateHeader::Absent), None);
}
