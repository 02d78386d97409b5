//! Alerts that are indexed days late: what the audit finds, what it says of the rest, and reading a range again.

use crate::fake::Fake;
use crate::*;

/// A poller that begins `days` ago at an indexer with one alert of just before, and has caught up.
fn caught_up<'h>(
    fake: &'h Fake<'_>,
    machine: &'h Machine,
    days: i64,
    accepted: &mut Accepted,
) -> Poller<'h> {
    fake.add(T0 - MINUTE, "prompt", 0);
    let mut poller = open_from(fake, machine, config(), T0 - days * DAY);
    assert!(drain(&mut poller, machine, accepted).is_empty());
    poller
}

#[test]
fn an_alert_for_each_hour_of_six_days_is_handed_over_though_the_cursor_had_passed() {
    let machine = machine();
    let fake = Fake::new(&machine);
    let mut accepted = Accepted::new();
    let mut poller = caught_up(&fake, &machine, 7, &mut accepted);
    for hour in 1..=144 {
        fake.add(T0 - hour * HOUR, &format!("{hour:03}"), 0);
    }
    let audit = poller.audit(&mut accept(&mut accepted)).unwrap();
    assert_eq!(
        (audit.behind, audit.late, audit.handed_over),
        (144, 144, 144)
    );
    assert_eq!((audit.ahead, audit.out_of_reach), (0, 0));
    assert_eq!(audit.since, Millis(T0 - 7 * DAY));
    assert_all_once(&fake, &accepted);
    let audit = poller.audit(&mut |_| panic!("nothing is new")).unwrap();
    assert_eq!((audit.behind, audit.ahead), (0, 0));
}

#[test]
fn an_alert_sixty_days_late_costs_the_hour_that_it_lies_in() {
    let machine = machine();
    let fake = Fake::new(&machine);
    for number in 0..240 {
        let time = T0 - 60 * DAY + number * MINUTE;
        fake.add(time, &format!("{number:03}"), 0);
    }
    let mut accepted = Accepted::new();
    drop(caught_up(&fake, &machine, 80, &mut accepted));
    fake.add(T0 - 60 * DAY + 90 * MINUTE, "late", 0);
    let mut poller = open(&fake, &machine, config());
    let before = fake.count();
    let audit = poller.audit(&mut accept(&mut accepted)).unwrap();
    assert_eq!((audit.behind, audit.late, audit.handed_over), (1, 1, 61));
    assert_eq!(accepted.len(), 242);
    assert!(
        fake.count() - before < 18,
        "{} requests",
        fake.count() - before
    );
}

#[test]
fn what_is_indexed_before_the_window_is_counted_and_a_backfill_brings_it() {
    let machine = machine();
    let fake = Fake::new(&machine);
    fake.add(T0 - 95 * DAY, "left alone", 0);
    let mut accepted = Accepted::new();
    let mut poller = caught_up(&fake, &machine, 100, &mut accepted);
    assert_eq!(accepted.len(), 2);
    assert_eq!(poller.audit(&mut |_| Ok(())).unwrap().out_of_reach, 0);
    fake.add(T0 - 92 * DAY, "out-a", 0);
    fake.add(T0 - 120 * DAY, "out-b", 0);
    fake.add(T0 - 89 * DAY, "within", 0);
    let audit = poller.audit(&mut accept(&mut accepted)).unwrap();
    assert_eq!((audit.out_of_reach, audit.late, accepted.len()), (2, 1, 3));
    drop(poller);
    let mut poller = open(&fake, &machine, config());
    assert_eq!(poller.audit(&mut |_| Ok(())).unwrap().out_of_reach, 2);
    let cursor = poller.cursor();
    let (from, to) = (Millis(T0 - 130 * DAY), Millis(T0 - 90 * DAY));
    let done = poller.backfill(from, to, &mut accept(&mut accepted));
    assert_eq!(done.unwrap().alerts, 3);
    assert_eq!((accepted.len(), poller.cursor()), (5, cursor));
    assert_eq!(poller.audit(&mut |_| Ok(())).unwrap().out_of_reach, 0);
}

#[test]
fn what_lies_before_the_start_is_left_alone_and_what_comes_there_later_is_said() {
    let machine = machine();
    let fake = Fake::new(&machine);
    for hour in 20..30 {
        fake.add(T0 - hour * HOUR, &format!("{hour:03}"), 0);
    }
    let mut accepted = Accepted::new();
    let mut poller = caught_up(&fake, &machine, 1, &mut accepted);
    assert_eq!(accepted.len(), 6, "the alerts of the last day");
    assert_eq!(poller.audit(&mut |_| Ok(())).unwrap().out_of_reach, 0);
    fake.add(T0 - 28 * HOUR + 1, "late", 0);
    assert_eq!(poller.audit(&mut |_| Ok(())).unwrap().out_of_reach, 1);
}

#[test]
fn counts_that_leave_the_window_and_retention_are_no_late_alerts() {
    let machine = machine();
    let fake = Fake::new(&machine);
    for number in 0..500 {
        fake.add(T0 - 80 * DAY + number * HOUR, &format!("{number:03}"), 0);
    }
    let mut accepted = Accepted::new();
    let mut poller = caught_up(&fake, &machine, 89, &mut accepted);
    for day in 0..30 {
        machine.sleep(Duration::from_secs(24 * 3_600));
        drain(&mut poller, &machine, &mut accepted);
        if day % 3 == 2 {
            // Retention takes a day's index that is still in the window.
            let first = fake.docs.borrow()[0].index.clone();
            fake.docs.borrow_mut().retain(|doc| doc.index != first);
        }
        let audit = poller.audit(&mut |_| panic!("nothing is late")).unwrap();
        assert_eq!((audit.behind, audit.out_of_reach), (0, 0), "day {day}");
    }
    // An hour that lost an alert is told of once, and does not hide what comes late there.
    let at = fake.docs.borrow().len() - 2;
    let gone = fake.docs.borrow_mut().remove(at).time;
    assert_eq!(poller.audit(&mut |_| Ok(())).unwrap().ahead, 1);
    assert_eq!(poller.audit(&mut |_| Ok(())).unwrap().ahead, 0);
    fake.add(gone + 5, "late", 0);
    let audit = poller.audit(&mut accept(&mut accepted)).unwrap();
    assert_eq!((audit.behind, audit.late), (1, 1));
}

#[test]
fn the_state_grows_with_the_window_and_not_with_time() {
    let machine = machine();
    let fake = Fake::new(&machine);
    let mut config = config();
    config.audit_window = Duration::from_secs(5 * 24 * 3_600);
    let mut poller = open_from(&fake, &machine, config, T0 - DAY);
    let mut sizes = Vec::new();
    for day in 0..12 {
        for number in 0..288 {
            let time = T0 + day * DAY + number * 5 * MINUTE;
            fake.add(time, &format!("{day}-{number}"), 0);
        }
        machine.sleep(Duration::from_secs(24 * 3_600));
        drain(&mut poller, &machine, &mut Accepted::new());
        poller.audit(&mut |_| Ok(())).unwrap();
        sizes.push(machine.get("indexer.state").unwrap().len());
    }
    assert!(sizes[11] <= sizes[6] + 200, "{sizes:?}");
    assert!(sizes[11] < 24_000, "{sizes:?}");
}

#[test]
fn a_backfill_reads_in_slices_and_a_second_one_adds_nothing() {
    let machine = machine();
    let fake = Fake::new(&machine);
    for number in 0..300 {
        fake.add(T0 - 5 * HOUR + number * MINUTE, &format!("{number:03}"), 0);
    }
    for number in 0..60 {
        fake.add(T0 - 4 * HOUR, &format!("tie{number:02}"), 0);
    }
    let mut accepted = Accepted::new();
    let mut poller = open(&fake, &machine, config());
    assert!(drain(&mut poller, &machine, &mut accepted).is_empty());
    fake.add(T0 - 3 * HOUR, "late", 0);
    let cursor = poller.cursor();
    let (from, to) = (Millis(T0 - 5 * HOUR), Millis(T0));
    for _ in 0..2 {
        let mut most = 0;
        let done = poller.backfill(from, to, &mut |hits| {
            most = most.max(hits.len());
            accept(&mut accepted)(hits)
        });
        let done = done.unwrap();
        assert_eq!(done.alerts, 361);
        assert!(9 <= done.slices && most <= 10, "{done:?}, {most} at once");
        assert_eq!((accepted.len(), poller.cursor()), (361, cursor));
    }
    // The counts know of it.
    let audit = poller.audit(&mut |_| panic!("nothing is late")).unwrap();
    assert_eq!((audit.behind, audit.ahead), (0, 0));
}

/// The state that the first version wrote for a poller that had read all of the last two days up to `T0`.
fn state_of_before() -> Vec<u8> {
    let (cursor, first) = (T0 - 30 * SECOND, (T0 - 48 * HOUR) / MINUTE);
    let line = format!(
        r#"{{"schema":1,"cursor":{cursor},"watermark":{cursor},"counts":{{"first":{first},"counts":{{"{}":1}}}},"shards":null,"indices":{{}},"refusal":null,"seen":0}}"#,
        (T0 - 40 * HOUR) / MINUTE,
    );
    let mut bytes = line.into_bytes();
    bytes.push(b'\n');
    let checksum = xxhash_rust::xxh3::xxh3_64(&bytes);
    bytes.extend_from_slice(&checksum.to_le_bytes());
    bytes
}

#[test]
fn a_state_of_before_reads_nothing_again_and_finds_what_comes_late_from_then_on() {
    let machine = machine();
    let fake = Fake::new(&machine);
    // Handed over before: one that its counts know, and a day that they have forgotten.
    fake.add(T0 - 40 * HOUR, "known", 0);
    for number in 0..24 {
        fake.add(T0 - 10 * DAY + number * HOUR, &format!("{number:02}"), 0);
    }
    fake.add(T0 - 25 * DAY, "before the start", 0);
    machine.put("indexer.state", &state_of_before());
    let mut accepted = Accepted::new();
    let mut poller = open_from(&fake, &machine, config(), T0 - 20 * DAY);
    assert!(drain(&mut poller, &machine, &mut accepted).is_empty());
    let audit = poller.audit(&mut |_| panic!("all was read")).unwrap();
    assert_eq!((audit.behind, audit.ahead, audit.out_of_reach), (0, 0, 0));
    assert_eq!(audit.since, Millis(T0 - 20 * DAY));
    fake.add(T0 - 9 * DAY, "late", 0);
    fake.add(T0 - 41 * HOUR, "late too", 0);
    fake.add(T0 - 24 * DAY, "out of reach", 0);
    let audit = poller.audit(&mut accept(&mut accepted)).unwrap();
    assert_eq!((audit.behind, audit.late, audit.out_of_reach), (2, 2, 1));
    assert_eq!(accepted.len(), 2);
}

#[test]
fn a_minute_that_lost_alerts_does_not_hide_what_came_late_there_before_the_next_audit() {
    let machine = machine();
    let fake = Fake::new(&machine);
    let time = T0 - 3 * HOUR;
    for number in 0..5 {
        fake.add(time + number, &format!("{number}"), 0);
    }
    let mut accepted = Accepted::new();
    let mut poller = caught_up(&fake, &machine, 1, &mut accepted);
    fake.docs
        .borrow_mut()
        .retain(|doc| doc.time < time || time + 2 <= doc.time);
    fake.add(time + 9, "late", 0);
    let audit = poller.audit(&mut accept(&mut accepted)).unwrap();
    assert_eq!((audit.ahead, audit.behind, audit.handed_over), (1, 0, 4));
    assert!(accepted.keys().any(|(_, id)| id == "late"), "{accepted:?}");
    let audit = poller.audit(&mut |_| panic!("nothing is new")).unwrap();
    assert_eq!((audit.ahead, audit.behind), (0, 0));
}
