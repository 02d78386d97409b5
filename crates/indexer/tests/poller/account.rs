//! The account: wrong and rotated passwords, lockouts, and permissions that are taken away.

use crate::fake::{Fake, Fault, ONE, TWO};
use crate::*;
use indexer::AnswerError;

fn fill(fake: &Fake<'_>) {
    for number in 0..100 {
        fake.add(T0 - HOUR + number * SECOND, &format!("{number:03}"), 0);
    }
}

fn is_unauthorized(error: &PollError) -> bool {
    let PollError::Answer { source, .. } = error else {
        return false;
    };
    matches!(source, AnswerError::Unauthorized { .. })
}

#[test]
fn a_password_that_is_swapped_between_two_pages_is_not_even_an_error() {
    let machine = machine();
    let fake = Fake::new(&machine);
    fill(&fake);
    let swap = |fake: &Fake<'_>| {
        *fake.accepted.borrow_mut() = TWO.to_owned();
        fake.machine.put("secret", b"reader:two\n");
    };
    fake.fault(7, Fault::Before(Box::new(swap)));
    let mut accepted = Accepted::new();
    let mut poller = open(&fake, &machine, config());
    assert_eq!(drain(&mut poller, &machine, &mut accepted).len(), 0);
    assert_all_once(&fake, &accepted);
}

#[test]
fn six_days_of_401_are_few_requests_and_lose_nothing() {
    let machine = machine();
    let fake = Fake::new(&machine);
    fill(&fake);
    let mut accepted = Accepted::new();
    let mut poller = open(&fake, &machine, config());
    assert_eq!(drain(&mut poller, &machine, &mut accepted).len(), 0);
    *fake.accepted.borrow_mut() = TWO.to_owned();
    let before = fake.count();
    let mut refused = 0;
    // A timer starts the program anew every minute, so only the state can know of the refusals.
    for minute in 0..6 * 24 * 60 {
        machine.now.set(T0 + minute * MINUTE);
        fake.add(T0 + minute * MINUTE, &format!("m{minute}"), 0);
        let error = open(&fake, &machine, config())
            .step(&mut |_| Ok(()))
            .unwrap_err();
        refused += usize::from(is_unauthorized(&error));
        assert!(is_unauthorized(&error) || matches!(error, PollError::Paused { .. }));
    }
    assert_eq!(fake.count() - before, refused);
    // A few short waits, then four an hour.
    assert!((500..600).contains(&refused), "{refused}");
    machine.put("secret", b"reader:two\n");
    // Within a quarter of an hour it is tried again.
    let mut poller = open(&fake, &machine, config());
    let errors = drain(&mut poller, &machine, &mut accepted);
    assert!(errors.len() <= 15, "{}", errors.len());
    assert_all_once(&fake, &accepted);
}

#[test]
fn a_new_secret_is_tried_at_once_by_a_process_that_knows_the_old_one() {
    let machine = machine();
    let fake = Fake::new(&machine);
    fill(&fake);
    *fake.accepted.borrow_mut() = TWO.to_owned();
    let mut poller = open(&fake, &machine, config());
    assert!(is_unauthorized(&poller.step(&mut |_| Ok(())).unwrap_err()));
    let paused = poller.step(&mut |_| Ok(())).unwrap_err();
    assert!(matches!(paused, PollError::Paused { until } if until.0 == T0 + MINUTE));
    machine.put("secret", b"reader:two\n");
    let mut accepted = Accepted::new();
    assert_eq!(drain(&mut poller, &machine, &mut accepted).len(), 0);
    assert_all_once(&fake, &accepted);
}

#[test]
fn a_blocked_account_with_the_right_password_is_left_alone() {
    let machine = machine();
    let fake = Fake::new(&machine);
    fill(&fake);
    for request in 0..3 {
        fake.fault(
            request,
            Fault::Answer(401, "Authentication finally failed".to_owned()),
        );
    }
    let mut accepted = Accepted::new();
    let mut poller = open(&fake, &machine, config());
    let errors = drain(&mut poller, &machine, &mut accepted);
    // The same password is not sent twice in one step; the waits are 1, 2 and 4 minutes.
    assert_eq!(
        errors.iter().filter(|error| is_unauthorized(error)).count(),
        3
    );
    assert_eq!(errors.len(), 7);
    assert_all_once(&fake, &accepted);
}

#[test]
fn a_clock_that_steps_back_does_not_prolong_a_pause() {
    let machine = machine();
    let fake = Fake::new(&machine);
    fill(&fake);
    fake.fault(0, Fault::Answer(401, "Unauthorized".to_owned()));
    let mut poller = open(&fake, &machine, config());
    assert!(poller.step(&mut |_| Ok(())).is_err());
    machine.now.set(T0 - 24 * HOUR);
    assert!(poller.step(&mut |_| Ok(())).is_ok());
}

#[test]
fn an_index_that_is_silently_forbidden_stops_the_cursor_until_it_is_back() {
    let machine = machine();
    let fake = Fake::new(&machine);
    fill(&fake);
    fake.add_to("wazuh-alerts-4.x-other", T0 - 2 * HOUR, "other", 0);
    let mut accepted = Accepted::new();
    let mut poller = open(&fake, &machine, config());
    assert_eq!(drain(&mut poller, &machine, &mut accepted).len(), 0);
    let before = poller.cursor();
    let index = fake.docs.borrow()[5].index.clone();
    fake.forbidden.borrow_mut().insert(index.clone());
    machine.sleep(Duration::from_secs(300));
    fake.add(T0 + MINUTE, "new", 0);
    for _ in 0..3 {
        let error = poller.step(&mut |_| Ok(())).unwrap_err();
        assert!(matches!(error, PollError::Reduced { index: found } if found == index));
        assert_eq!(poller.cursor(), before);
    }
    fake.forbidden.borrow_mut().clear();
    assert_eq!(drain(&mut poller, &machine, &mut accepted).len(), 0);
    assert_all_once(&fake, &accepted);
}

#[test]
fn an_index_that_retention_removed_stops_nothing() {
    let machine = machine();
    let fake = Fake::new(&machine);
    fill(&fake);
    fake.add_to("wazuh-alerts-4.x-old", T0 - 5 * HOUR, "old", 0);
    let mut accepted = Accepted::new();
    let mut poller = open(&fake, &machine, config());
    assert_eq!(drain(&mut poller, &machine, &mut accepted).len(), 0);
    fake.docs.borrow_mut().retain(|doc| doc.id != "old");
    fake.add(T0 + MINUTE, "new", 0);
    machine.sleep(Duration::from_secs(300));
    assert_eq!(drain(&mut poller, &machine, &mut accepted).len(), 0);
    accepted.retain(|(_, id), _| id != "old");
    assert_all_once(&fake, &accepted);
}

#[test]
fn a_secret_file_of_another_form_is_refused_without_a_request() {
    let machine = machine();
    machine.put("secret", b"only-a-password\n");
    let fake = Fake::new(&machine);
    let error = open(&fake, &machine, config())
        .step(&mut |_| Ok(()))
        .unwrap_err();
    assert!(matches!(error, PollError::Secret(_)));
    assert_eq!(fake.count(), 0);
    assert!(!format!("{error:?}").contains("only-a"), "{error:?}");
    assert_eq!(ONE.len(), TWO.len());
}
