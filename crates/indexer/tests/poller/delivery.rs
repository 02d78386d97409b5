//! Every alert comes in, once, whatever its time is and whenever it becomes visible.

use crate::fake::{Fake, Fault};
use crate::*;

/// Drains what `fill` puts into the indexer, and wants each document exactly once.
#[track_caller]
fn check(fill: impl FnOnce(&Fake<'_>)) -> usize {
    let machine = machine();
    let fake = Fake::new(&machine);
    fill(&fake);
    let mut accepted = Accepted::new();
    let mut poller = open(&fake, &machine, config());
    let errors = drain(&mut poller, &machine, &mut accepted);
    assert!(errors.is_empty(), "{errors:?}");
    assert_all_once(&fake, &accepted);
    fake.count()
}

#[test]
fn a_backlog_comes_in_once_and_is_read_once() {
    let requests = check(|fake| {
        for number in 0..2_000 {
            fake.add(
                T0 - 6 * HOUR + number * 10 * SECOND,
                &format!("a{number:05}"),
                0,
            );
        }
    });
    // 200 pages hold everything. Counting each slice, and ends of slices, may take half as many again.
    assert!(requests < 320, "{requests} requests");
}

#[test]
fn six_hundred_alerts_in_one_millisecond_come_in() {
    check(|fake| {
        for number in 0..600 {
            fake.add(T0 - HOUR, &format!("tie{number:03}"), 0);
        }
        fake.add(T0 - HOUR + 1, "next", 0);
    });
}

#[test]
fn one_id_in_two_indices_comes_in_twice_though_a_page_ends_between() {
    check(|fake| {
        for number in 0..30 {
            fake.add_to("wazuh-alerts-4.x-a", T0 - HOUR, &format!("{number:02}"), 0);
        }
        // The tenth and eleventh of the order, at a page of ten.
        fake.add_to("wazuh-alerts-4.x-b", T0 - HOUR, "09", 0);
    });
}

#[test]
fn midnight_and_the_repeated_hour_of_summer_time_are_moments_like_others() {
    // 2025-10-26T01:00:00Z, when clocks in Europe show 02:00 for the second time; and a UTC midnight.
    for moment in [1_761_440_400_000, 1_774_998_000_000 - 23 * HOUR] {
        let machine = Machine::new(moment + 3 * HOUR);
        machine.put("secret", b"reader:one\n");
        let fake = Fake::new(&machine);
        for number in -50..50 {
            fake.add(
                moment + number * 60 * SECOND,
                &format!("{:03}", number + 50),
                0,
            );
        }
        let mut accepted = Accepted::new();
        let secret = SecretFile::new(&machine, machine.root(), "secret");
        let start = Millis(moment - HOUR);
        let mut poller =
            Poller::open(&machine, machine.root(), &fake, secret, config(), start, 7).unwrap();
        assert!(drain(&mut poller, &machine, &mut accepted).is_empty());
        assert_all_once(&fake, &accepted);
    }
}

#[test]
fn years_of_silence_are_crossed_in_few_requests() {
    let machine = machine();
    let fake = Fake::new(&machine);
    fake.add(T0 - HOUR, "only", 0);
    let secret = SecretFile::new(&machine, machine.root(), "secret");
    let mut poller = Poller::open(
        &machine,
        machine.root(),
        &fake,
        secret,
        config(),
        Millis(0),
        7,
    )
    .unwrap();
    let mut accepted = Accepted::new();
    assert!(drain(&mut poller, &machine, &mut accepted).is_empty());
    assert_all_once(&fake, &accepted);
    assert!(fake.count() < 40, "{} requests", fake.count());
}

#[test]
fn what_becomes_visible_within_the_overlap_is_not_missed() {
    let machine = machine();
    let fake = Fake::new(&machine);
    // Every alert appears between 0 and 600 s after its time; the poller runs every 20 s.
    for number in 0..400 {
        let time = T0 + number * 5 * SECOND;
        let delay = (number * 7_919) % (600 * SECOND);
        fake.add(time, &format!("{number:03}"), time + delay);
    }
    let mut accepted = Accepted::new();
    let mut poller = open(&fake, &machine, config());
    for _ in 0..150 {
        assert!(drain(&mut poller, &machine, &mut accepted).is_empty());
        machine.sleep(Duration::from_secs(20));
    }
    assert_all_once(&fake, &accepted);
}

#[test]
fn a_quiet_overlap_costs_one_small_request() {
    let machine = machine();
    let fake = Fake::new(&machine);
    for number in 0..100 {
        fake.add(T0 - 9 * MINUTE + number, &format!("{number:03}"), 0);
    }
    let mut accepted = Accepted::new();
    let mut poller = open(&fake, &machine, config());
    assert!(drain(&mut poller, &machine, &mut accepted).is_empty());
    let before = fake.count();
    assert!(drain(&mut poller, &machine, &mut accepted).is_empty());
    let requests = fake.requests.borrow();
    assert_eq!(requests.len() - before, 1);
    assert_eq!(requests[before].1["size"], 0);
}

#[test]
fn a_future_alert_does_not_drag_the_cursor_and_comes_in_time() {
    let machine = machine();
    let fake = Fake::new(&machine);
    fake.add(T0 + 5 * HOUR, "future", 0);
    let mut accepted = Accepted::new();
    let mut poller = open(&fake, &machine, config());
    assert!(drain(&mut poller, &machine, &mut accepted).is_empty());
    assert!(poller.cursor().0 < T0);
    assert!(accepted.is_empty());
    let audit = poller.audit(&mut accept(&mut accepted)).unwrap();
    assert_eq!(audit.future, 1);
    fake.add(T0 + HOUR, "present", 0);
    machine.now.set(T0 + 6 * HOUR);
    assert!(drain(&mut poller, &machine, &mut accepted).is_empty());
    assert_all_once(&fake, &accepted);
}

#[test]
fn a_clock_that_steps_back_repeats_and_loses_nothing() {
    let machine = machine();
    let fake = Fake::new(&machine);
    let mut accepted = Accepted::new();
    let mut poller = open(&fake, &machine, config());
    for (number, step) in [0, 60, -900, 30, 1_000, -5, 700].into_iter().enumerate() {
        let now = machine.now.get() + step * SECOND;
        machine.now.set(now);
        fake.add(now - 40 * SECOND, &number.to_string(), 0);
        assert!(drain(&mut poller, &machine, &mut accepted).is_empty());
    }
    machine.now.set(T0 + HOUR);
    assert!(drain(&mut poller, &machine, &mut accepted).is_empty());
    let audit = poller.audit(&mut accept(&mut accepted)).unwrap();
    assert_eq!(accepted.len(), fake.docs.borrow().len(), "{audit:?}");
}

#[test]
fn alerts_that_arrive_during_a_walk_make_it_begin_again() {
    let machine = machine();
    let fake = Fake::new(&machine);
    for number in 0..35 {
        fake.add(
            T0 - 5 * HOUR - 30 * MINUTE + number,
            &format!("{number:03}"),
            0,
        );
    }
    let late = |fake: &Fake<'_>| fake.add(T0 - 5 * HOUR - 31 * MINUTE, "late", 0);
    fake.fault(2, Fault::Before(Box::new(late)));
    let mut accepted = Accepted::new();
    let mut poller = open(&fake, &machine, config());
    assert!(drain(&mut poller, &machine, &mut accepted).is_empty());
    assert_all_once(&fake, &accepted);
}
