//! What becomes of indices while they are read: closed, opened again, deleted, renamed, rolled over.

use crate::*;
use alert::AlertId;
use std::collections::BTreeSet;

/// A poller that has read 20 alerts of two indices.
fn drained<'h>(
    fake: &'h Fake<'_>,
    machine: &'h Machine,
    accepted: &mut Accepted,
) -> (Poller<'h>, [String; 2]) {
    let indices = ["wazuh-alerts-4.x-a", "wazuh-alerts-4.x-b"].map(str::to_owned);
    for number in 0..20_i64 {
        let index = &indices[usize::from(9 < number)];
        fake.add_to(
            index,
            T0 - HOUR + number * MINUTE,
            &format!("{number:02}"),
            0,
        );
    }
    let mut poller = open(fake, machine, config());
    assert_eq!(drain(&mut poller, machine, accepted).len(), 0);
    (poller, indices)
}

fn is_closed(error: &PollError, index: &str) -> bool {
    matches!(error, PollError::Closed { index: found } if found == index)
}

#[test]
fn a_closed_index_is_told_and_stops_the_cursor_until_it_is_opened_or_deleted() {
    for is_deleted in [false, true] {
        let machine = machine();
        let fake = Fake::new(&machine);
        let mut accepted = Accepted::new();
        let (mut poller, [index, _]) = drained(&fake, &machine, &mut accepted);
        fake.closed.borrow_mut().insert(index.clone());
        machine.sleep(Duration::from_secs(300));
        fake.add_to("wazuh-alerts-4.x-b", T0 + MINUTE, "new", 0);
        let before = poller.cursor();
        for _ in 0..3 {
            let error = poller.step(&mut |_| Ok(())).unwrap_err();
            assert!(is_closed(&error, &index), "{error}");
            assert!(error.to_string().contains("open it, or delete it"));
            assert_eq!(poller.cursor(), before);
        }
        fake.closed.borrow_mut().clear();
        if is_deleted {
            fake.docs.borrow_mut().retain(|doc| doc.index != index);
        }
        assert_eq!(drain(&mut poller, &machine, &mut accepted).len(), 0);
        accepted.retain(|(found, _), _| !is_deleted || *found != index);
        assert_all_once(&fake, &accepted);
    }
}

#[test]
fn an_index_that_is_closed_or_forbidden_for_a_while_does_not_prove_that_its_alerts_are_gone() {
    for is_forbidden in [false, true] {
        let machine = machine();
        let fake = Fake::new(&machine);
        let (mut poller, [index, _]) = drained(&fake, &machine, &mut Accepted::new());
        let wanted = BTreeSet::from([AlertId::of(&index, "03")]);
        let hidden = match is_forbidden {
            true => &fake.forbidden,
            false => &fake.closed,
        };
        hidden.borrow_mut().insert(index.clone());
        let (from, to) = (Millis(T0 - HOUR), Millis(T0));
        let error = poller.find(&wanted, from, to, &mut |_| Ok(())).unwrap_err();
        let is_told = is_closed(&error, &index) || matches!(error, PollError::Reduced { .. });
        assert!(is_told, "{error}");
        hidden.borrow_mut().clear();
        let found = poller.find(&wanted, from, to, &mut |_| Ok(())).unwrap();
        assert_eq!(found, 1);
    }
}

#[test]
fn an_index_that_gets_another_name_or_rolls_over_gives_nothing_twice_and_loses_nothing() {
    let machine = machine();
    let fake = Fake::new(&machine);
    let mut accepted = Accepted::new();
    let (mut poller, [index, _]) = drained(&fake, &machine, &mut accepted);
    for doc in fake.docs.borrow_mut().iter_mut() {
        if doc.index == index {
            doc.index.push_str("-v2");
        }
    }
    machine.sleep(Duration::from_secs(300));
    fake.add_to("wazuh-alerts-4.x-b-000002", T0 + MINUTE, "new", 0);
    let before = accepted.len();
    assert_eq!(drain(&mut poller, &machine, &mut accepted).len(), 0);
    // By its alert's identity, the queue knows each that has another document now.
    let alerts: BTreeSet<_> = accepted.keys().map(|(_, id)| id).collect();
    assert_eq!(alerts.len(), before + 1);
}
