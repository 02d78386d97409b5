//! Every way in which an answer can be missing, incomplete or wrong: nothing is lost, and nothing is handed over twice.

use crate::fake::{Fake, Fault};
use crate::*;
use host::{Call, Errno};
use indexer::{AnswerError, Class};
use serde_json::{Value, json};

/// Faults of one kind at the requests `at`; says the errors that steps ended with. Every document must come in once.
#[track_caller]
fn check(at: impl IntoIterator<Item = usize>, fault: impl Fn() -> Fault) -> Vec<String> {
    let machine = machine();
    let fake = Fake::new(&machine);
    for number in 0..100 {
        fake.add(T0 - HOUR + number * SECOND, &format!("{number:03}"), 0);
    }
    for request in at {
        fake.fault(request, fault());
    }
    let mut accepted = Accepted::new();
    let mut poller = open(&fake, &machine, config());
    let errors = drain(&mut poller, &machine, &mut accepted);
    assert!(fake.faults.borrow().is_empty(), "a fault was not met");
    assert_all_once(&fake, &accepted);
    errors.iter().map(full).collect()
}

/// An error with its causes.
fn full(error: &PollError) -> String {
    let mut text = error.to_string();
    let mut cause = std::error::Error::source(error);
    while let Some(error) = cause {
        text = format!("{text}: {error}");
        cause = error.source();
    }
    text
}

fn answer(status: u16, body: &'static str) -> impl Fn() -> Fault {
    move || Fault::Answer(status, body.to_owned())
}

fn change(change: fn(&mut Value)) -> impl Fn() -> Fault {
    move || Fault::Change(Box::new(change))
}

/// Where the faults are: on pages in the middle of the backlog.
const MIDDLE: [usize; 2] = [7, 9];
/// More in a row than one request is tried.
const LONG: std::ops::Range<usize> = 7..13;

const BREAKER: &str = r#"{"error":{"type":"circuit_breaking_exception","reason":"Data too large","bytes_wanted":9,"bytes_limit":8,"durability":"TRANSIENT"},"status":429}"#;
const REJECTED: &str =
    r#"{"error":{"type":"rejected_execution_exception","reason":"queue full"},"status":429}"#;
const CANCELLED: &str = r#"{"error":{"type":"task_cancelled_exception"},"status":500}"#;
const ALL_SHARDS: &str = r#"{"error":{"type":"search_phase_execution_exception","reason":"all shards failed","failed_shards":[]},"status":503}"#;

const NO_CONTEXT: &str = r#"{"error":{"root_cause":[{"type":"search_context_missing_exception","reason":"No search context found for id [1]"}],"type":"search_phase_execution_exception","reason":"all shards failed"},"status":404}"#;

#[test]
fn what_passes_is_waited_for_within_the_step() {
    for (status, body) in [
        (429, BREAKER),
        (429, REJECTED),
        (500, CANCELLED),
        (503, "OpenSearch Security not initialized."),
        (503, ALL_SHARDS),
        (404, NO_CONTEXT),
        (404, "default backend - 404"),
        (200, "<html>sign in</html>"),
        (200, r#"{"took":1,"timed_out":false,"#),
        (200, r#"{"timed_out":false,"timed_out":false}"#),
        (200, ""),
    ] {
        assert_eq!(check(MIDDLE, answer(status, body)), [""; 0], "{body}");
    }
    for class in [
        Class::Unreachable,
        Class::Timeout,
        Class::Interrupted,
        Class::Protocol,
    ] {
        assert_eq!(check(MIDDLE, || Fault::Break(class)), [""; 0], "{class:?}");
    }
}

#[test]
fn a_good_status_with_an_incomplete_answer_is_waited_for_too() {
    let incomplete: [fn(&mut Value); 4] = [
        |page| page["timed_out"] = json!(true),
        |page| page["terminated_early"] = json!(true),
        |page| page["_shards"]["failed"] = json!(1),
        |page| page["_shards"]["successful"] = json!(1),
    ];
    for fault in incomplete {
        assert_eq!(check(MIDDLE, change(fault)), [""; 0]);
    }
}

#[test]
fn what_lasts_ends_the_step_with_its_reason_and_the_next_one_goes_on() {
    let errors = check(LONG, answer(503, ALL_SHARDS));
    assert_eq!(errors.len(), 1);
    assert!(errors[0].contains("cannot read a slice"), "{errors:?}");
    assert!(errors[0].contains("all shards failed"), "{errors:?}");
    let errors = check(LONG, || Fault::Break(Class::Interrupted));
    assert!(errors[0].contains("gave no answer: broken"), "{errors:?}");
}

#[test]
fn what_waiting_does_not_help_ends_the_step_at_once() {
    for (status, body, expected) in [
        (
            403,
            r#"{"error":{"type":"security_exception","reason":"no permissions"}}"#,
            "permission",
        ),
        (
            404,
            r#"{"error":{"type":"index_not_found_exception"}}"#,
            "(404)",
        ),
        (
            405,
            r#"{"error":"Incorrect HTTP method","status":405}"#,
            "Incorrect HTTP method",
        ),
        (
            400,
            r#"{"error":{"type":"parsing_exception","reason":"Unknown key"}}"#,
            "Unknown key",
        ),
        (302, "", "redirect"),
    ] {
        let errors = check([7], answer(status, body));
        assert_eq!(errors.len(), 1, "{status}");
        assert!(errors[0].contains(expected), "{errors:?}");
    }
    let errors = check([7], || Fault::Break(Class::Tls));
    assert_eq!(errors.len(), 1);
    let none = change(|page| page["_shards"] = json!({"total":0,"successful":0,"failed":0}));
    let errors = check([7], none);
    assert!(errors[0].contains("matches no index"), "{errors:?}");
}

#[test]
fn a_hole_in_a_page_is_found_by_the_count_and_read_again() {
    let hole = change(|page| {
        let hits = page["hits"]["hits"].as_array_mut().unwrap();
        hits.retain(|hit| hit["_id"] != "045");
    });
    assert_eq!(check([7], &hole), [""; 0]);
    // A hole that stays is told of, with both numbers, and the cursor waits.
    let errors = check(6..60, hole);
    assert!(
        errors[0].contains("alerts were read where the indexer counts"),
        "{errors:?}"
    );
}

#[test]
fn a_hit_from_elsewhere_is_refused() {
    let foreign = change(|page| page["hits"]["hits"][0]["sort"][0] = json!(5));
    let errors = check([7], foreign);
    assert!(
        errors[0].contains("outside its slice or out of order"),
        "{errors:?}"
    );
}

#[test]
fn pages_shrink_under_a_breaker_and_grow_again() {
    let machine = machine();
    let fake = Fake::new(&machine);
    for number in 0..200 {
        fake.add(T0 - HOUR + number * SECOND, &format!("{number:03}"), 0);
    }
    fake.breaker.set(3);
    fake.fault(
        60,
        Fault::Before(Box::new(|fake| fake.breaker.set(usize::MAX))),
    );
    let mut accepted = Accepted::new();
    let mut poller = open(&fake, &machine, config());
    assert_eq!(drain(&mut poller, &machine, &mut accepted).len(), 0);
    assert_all_once(&fake, &accepted);
    let requests = fake.requests.borrow();
    let sizes: Vec<u64> = requests
        .iter()
        .map(|(_, body)| body["size"].as_u64().unwrap())
        .collect();
    assert!(sizes.contains(&2), "{sizes:?}");
    assert_eq!(
        sizes.iter().rposition(|size| *size == 10),
        Some(sizes.len() - 1),
        "{sizes:?}"
    );
}

#[test]
fn a_page_that_is_too_large_is_halved_without_waiting() {
    let machine = machine();
    let fake = Fake::new(&machine);
    fake.add(T0 - HOUR, "large", 0);
    for request in 0..3 {
        fake.fault(request, Fault::Break(Class::TooLarge));
    }
    let mut accepted = Accepted::new();
    let mut poller = open(&fake, &machine, config());
    assert_eq!(drain(&mut poller, &machine, &mut accepted).len(), 0);
    assert_all_once(&fake, &accepted);
    assert!(machine.sleeps.borrow().is_empty());
}

#[test]
fn waits_are_jittered_and_bounded() {
    let machine = machine();
    let fake = Fake::new(&machine);
    for request in 0..5 {
        fake.fault(request, Fault::Answer(503, String::new()));
    }
    let mut poller = open(&fake, &machine, config());
    let error = poller.step(&mut |_| Ok(())).unwrap_err();
    let source = AnswerError::Unavailable {
        status: 503,
        reason: "(no text)".to_owned(),
    };
    assert!(matches!(error, PollError::Answer { source: found, .. } if found == source));
    let sleeps = machine.sleeps.borrow();
    assert_eq!(sleeps.len(), 4);
    for (sleep, bound) in sleeps.iter().zip([1, 2, 4, 8]) {
        assert!(*sleep <= Duration::from_secs(bound), "{sleeps:?}");
    }
}

#[test]
fn a_sink_that_fails_keeps_the_cursor_and_gets_the_alerts_again() {
    let machine = machine();
    let fake = Fake::new(&machine);
    for number in 0..35 {
        fake.add(
            T0 - 5 * HOUR - 30 * MINUTE + number,
            &format!("{number:02}"),
            0,
        );
    }
    let mut poller = open(&fake, &machine, config());
    let before = poller.cursor();
    let mut accepted = Accepted::new();
    let mut pages = 0;
    let error = poller.step(&mut |hits| {
        pages += 1;
        if pages == 3 {
            Err("no space left".into())
        } else {
            accept(&mut accepted)(hits)
        }
    });
    assert!(matches!(error, Err(PollError::Sink(_))));
    assert_eq!(poller.cursor(), before);
    // The first two pages were accepted, and the state remembers that even for the next process.
    let mut poller = open(&fake, &machine, config());
    assert_eq!(drain(&mut poller, &machine, &mut accepted).len(), 0);
    assert_all_once(&fake, &accepted);
}

#[test]
fn a_crash_between_hand_over_and_state_hands_over_again_and_loses_nothing() {
    for call in [
        Call::CreateNew,
        Call::Append,
        Call::SyncFile,
        Call::Rename,
        Call::SyncDir,
    ] {
        let machine = machine();
        let fake = Fake::new(&machine);
        for number in 0..35 {
            fake.add(
                T0 - 5 * HOUR - 30 * MINUTE + number,
                &format!("{number:02}"),
                0,
            );
        }
        let mut accepted = Accepted::new();
        let mut poller = open(&fake, &machine, config());
        machine.broken.set(Some((call, Errno::NoSpace)));
        let result = poller.step(&mut accept(&mut accepted));
        assert!(matches!(result, Err(PollError::Host { .. })), "{call:?}");
        assert_eq!(accepted.len(), 35);
        drop(poller);
        machine.broken.set(None);
        let mut poller = open(&fake, &machine, config());
        assert_eq!(drain(&mut poller, &machine, &mut accepted).len(), 0);
        assert_eq!(accepted.len(), 35, "{call:?}");
        // The sink sees each alert at most once more.
        assert!(accepted.values().all(|times| *times <= 2), "{call:?}");
    }
}

#[test]
fn a_damaged_state_is_refused_by_name() {
    let machine = machine();
    let fake = Fake::new(&machine);
    fake.add(T0 - HOUR, "one", 0);
    let mut poller = open(&fake, &machine, config());
    drain(&mut poller, &machine, &mut Accepted::new());
    let mut bytes = machine.get("indexer.state").unwrap();
    bytes.pop();
    machine.put("indexer.state", &bytes);
    let secret = SecretFile::new(&machine, machine.root(), "secret");
    let reopened = Poller::open(
        &machine,
        machine.root(),
        &fake,
        secret,
        config(),
        Millis(0),
        7,
    );
    let error = reopened.err().unwrap();
    assert!(
        error.to_string().starts_with("indexer.state is damaged"),
        "{error}"
    );
}
