//! Reading again: what the audit finds, and single alerts by id.

use crate::fake::{Fake, Fault};
use crate::*;
use alert::AlertId;
use serde_json::{Value, json};
use std::collections::BTreeSet;

/// A drained indexer with an alert every ten seconds of the last six hours.
fn drained<'h>(fake: &'h Fake<'_>, machine: &'h Machine, accepted: &mut Accepted) -> Poller<'h> {
    for number in 0..2_000 {
        fake.add(
            T0 - 6 * HOUR + number * 10 * SECOND,
            &format!("{number:04}"),
            0,
        );
    }
    let mut poller = open(fake, machine, config());
    assert!(drain(&mut poller, machine, accepted).is_empty());
    poller
}

#[test]
fn an_audit_of_equal_counts_reads_nothing() {
    let machine = machine();
    let fake = Fake::new(&machine);
    let mut accepted = Accepted::new();
    let mut poller = drained(&fake, &machine, &mut accepted);
    let before = fake.count();
    let audit = poller
        .audit(&mut |_| panic!("nothing to hand over"))
        .unwrap();
    assert_eq!((audit.behind, audit.ahead), (0, 0));
    assert!((340..=360).contains(&audit.minutes), "{audit:?}");
    // What is in the future, what is too old, the minutes, and their sum.
    assert_eq!(fake.count() - before, 4);
}

#[test]
fn an_alert_that_is_hours_late_is_found_by_the_audit() {
    let machine = machine();
    let fake = Fake::new(&machine);
    let mut accepted = Accepted::new();
    let mut poller = drained(&fake, &machine, &mut accepted);
    fake.add(T0 - 4 * HOUR + 7, "late", 0);
    machine.sleep(Duration::from_secs(60));
    assert!(drain(&mut poller, &machine, &mut accepted).is_empty());
    assert_eq!(accepted.len(), 2_000, "the overlap does not reach it");
    drop(poller);
    let mut poller = open(&fake, &machine, config());
    let audit = poller.audit(&mut accept(&mut accepted)).unwrap();
    // Six neighbours of the same minute come again.
    assert_eq!((audit.behind, audit.handed_over, audit.ahead), (1, 7, 0));
    assert_eq!(accepted.len(), 2_001);
    let audit = poller.audit(&mut accept(&mut accepted)).unwrap();
    assert_eq!((audit.behind, audit.handed_over), (0, 0));
}

#[test]
fn minutes_that_do_not_add_up_are_not_believed() {
    let machine = machine();
    let fake = Fake::new(&machine);
    let mut poller = drained(&fake, &machine, &mut Accepted::new());
    let fewer = |answer: &mut Value| {
        answer["terminated_early"] = json!(true);
        answer["aggregations"]["times"]["buckets"][3] = json!({"key": 0, "doc_count": 0});
    };
    // Each of three tries, which have two requests.
    for request in [2, 4, 6] {
        fake.fault(fake.count() + request, Fault::Change(Box::new(fewer)));
    }
    let error = poller.audit(&mut |_| Ok(())).unwrap_err();
    assert_eq!(error.to_string(), "cannot count alerts by time");
    assert!(poller.audit(&mut |_| Ok(())).is_ok());
}

#[test]
fn alerts_that_somebody_deleted_are_told_of() {
    let machine = machine();
    let fake = Fake::new(&machine);
    let mut accepted = Accepted::new();
    let mut poller = drained(&fake, &machine, &mut accepted);
    fake.docs.borrow_mut().retain(|doc| doc.id != "0700");
    let audit = poller.audit(&mut accept(&mut accepted)).unwrap();
    assert_eq!((audit.behind, audit.ahead), (0, 1));
}

#[test]
fn the_audit_goes_on_where_the_sink_failed() {
    let machine = machine();
    let fake = Fake::new(&machine);
    let mut accepted = Accepted::new();
    let mut poller = drained(&fake, &machine, &mut accepted);
    fake.add(T0 - 4 * HOUR, "late-a", 0);
    fake.add(T0 - 3 * HOUR, "late-b", 0);
    let mut calls = 0;
    let failed = poller.audit(&mut |hits| {
        calls += 1;
        if calls == 2 {
            Err("full".into())
        } else {
            accept(&mut accepted)(hits)
        }
    });
    assert!(matches!(failed, Err(PollError::Sink(_))));
    let audit = poller.audit(&mut accept(&mut accepted)).unwrap();
    assert_eq!(audit.behind, 1);
    assert_eq!(accepted.len(), 2_002);
}

#[test]
fn single_alerts_come_again_by_index_and_id() {
    let machine = machine();
    let fake = Fake::new(&machine);
    let mut poller = drained(&fake, &machine, &mut Accepted::new());
    let index = fake.docs.borrow()[0].index.clone();
    let ids: Vec<String> = (0..25).map(|number| format!("{number:04}")).collect();
    let mut ids: Vec<&str> = ids.iter().map(String::as_str).collect();
    ids.push("never was");
    let mut accepted = Accepted::new();
    let found = poller
        .fetch(&index, &ids, &mut accept(&mut accepted))
        .unwrap();
    assert_eq!((found, accepted.len()), (25, 25));
    let gone = poller.fetch("wazuh-alerts-4.x-gone", &ids, &mut |_| panic!("nothing"));
    assert_eq!(gone.unwrap(), 0);
}

#[test]
fn single_alerts_come_again_by_identity() {
    let machine = machine();
    let fake = Fake::new(&machine);
    let mut poller = drained(&fake, &machine, &mut Accepted::new());
    let cursor = poller.cursor();
    let wanted: BTreeSet<AlertId> = {
        let docs = fake.docs.borrow();
        [3, 77, 1_999]
            .map(|at| AlertId::of(&docs[at].index, &docs[at].id))
            .into()
    };
    let mut accepted = Accepted::new();
    let (from, to) = (Millis(T0 - 6 * HOUR), Millis(T0 - HOUR));
    let found = poller
        .find(&wanted, from, to, &mut accept(&mut accepted))
        .unwrap();
    assert_eq!((found, accepted.len()), (2, 2));
    assert_eq!(poller.cursor(), cursor);
}
