//! Our clock, the indexer's, and alerts that say which of them is right; and how long the indexer has had nothing new.

use crate::fake::Fake;
use crate::*;

/// An alert each minute, from six hours before the machine's start by the indexer's clock to two days after it.
fn alert_a_minute(fake: &Fake<'_>) {
    let now = fake.now();
    for number in -360..2 * 24 * 60 {
        let time = now + number * MINUTE;
        fake.add(time, &format!("{:05}", number + 360), time + 5 * SECOND);
    }
}

/// Polls each minute for three hours, and wants everything that was visible a minute before the end.
#[track_caller]
fn comes_as_it_goes(fake: &Fake<'_>, machine: &Machine, start: i64) -> i64 {
    let mut accepted = Accepted::new();
    let mut poller = open_from(fake, machine, config(), start);
    for _ in 0..180 {
        assert!(drain(&mut poller, machine, &mut accepted).is_empty());
        machine.sleep(Duration::from_secs(60));
    }
    let until = fake.now() - 2 * MINUTE;
    let docs = fake.docs.borrow();
    let due = docs
        .iter()
        .filter(|doc| start <= doc.time && doc.time < until);
    let due = due.count();
    assert!(
        (due..due + 2).contains(&accepted.len()),
        "{} of {due}",
        accepted.len()
    );
    assert!(accepted.values().all(|times| *times == 1));
    let skew = poller.observations().skew_s.unwrap();
    assert!(poller.cursor().0 <= fake.now(), "the cursor ran ahead");
    skew
}

#[test]
fn a_clock_a_day_behind_or_ahead_holds_nothing_back_and_is_told() {
    for (ahead, skew_s) in [(DAY, -86_400), (-DAY, 86_400), (45 * SECOND, -45), (0, 0)] {
        let machine = machine();
        let fake = Fake::new(&machine);
        fake.ahead.set(ahead);
        alert_a_minute(&fake);
        let start = fake.now() - 5 * HOUR;
        let skew = comes_as_it_goes(&fake, &machine, start);
        assert_eq!(skew, skew_s);
    }
}

#[test]
fn a_clock_that_is_set_back_while_the_poller_runs_holds_nothing_back() {
    let machine = machine();
    let fake = Fake::new(&machine);
    alert_a_minute(&fake);
    let mut accepted = Accepted::new();
    let mut poller = open(&fake, &machine, config());
    for minute in 0..120 {
        if minute == 20 {
            machine.now.set(machine.now.get() - DAY);
            fake.ahead.set(DAY);
        }
        assert!(drain(&mut poller, &machine, &mut accepted).is_empty());
        machine.sleep(Duration::from_secs(60));
    }
    assert_eq!(poller.observations().skew_s, Some(-86_400));
    assert!(360 + 117 <= accepted.len(), "{}", accepted.len());
}

#[test]
fn one_absurd_date_moves_nothing() {
    for off in [40 * 365 * DAY, DAY, -DAY, -40 * 365 * DAY] {
        let machine = machine();
        let fake = Fake::new(&machine);
        alert_a_minute(&fake);
        let mut accepted = Accepted::new();
        let mut poller = open(&fake, &machine, config());
        for minute in 0..60 {
            fake.date_off.set(Some(if minute == 30 { off } else { 0 }));
            assert!(drain(&mut poller, &machine, &mut accepted).is_empty());
            assert!(
                poller.cursor().0 <= fake.now(),
                "the cursor ran ahead by {off}"
            );
            machine.sleep(Duration::from_secs(60));
        }
        assert!(360 + 58 <= accepted.len(), "{}", accepted.len());
        assert_eq!(poller.observations().skew_s, Some(0));
    }
}

#[test]
fn an_alert_of_the_future_is_no_witness_and_no_newest_alert() {
    let machine = machine();
    let fake = Fake::new(&machine);
    alert_a_minute(&fake);
    for number in 0..12 {
        fake.add(T0 + 400 * DAY, &format!("future{number:02}"), 0);
    }
    fake.date_off.set(Some(DAY));
    let mut poller = open(&fake, &machine, config());
    assert!(drain(&mut poller, &machine, &mut Accepted::new()).is_empty());
    assert!(poller.cursor().0 <= T0);
    assert_eq!(
        poller.observations().newest_alert,
        Some(Millis(T0 - MINUTE))
    );
    assert_eq!(poller.audit(&mut |_| Ok(())).unwrap().future, 12);
}

#[test]
fn without_a_date_a_crowd_of_alerts_is_the_clock() {
    for (crowd, is_fetched) in [(12, true), (3, false)] {
        let machine = machine();
        let fake = Fake::new(&machine);
        fake.date_off.set(None);
        fake.ahead.set(DAY);
        for number in 0..crowd {
            fake.add(
                T0 + DAY - number * MINUTE - MINUTE,
                &format!("{number:02}"),
                0,
            );
        }
        let mut accepted = Accepted::new();
        let mut poller = open(&fake, &machine, config());
        assert!(drain(&mut poller, &machine, &mut accepted).is_empty());
        assert_eq!(accepted.len() == crowd as usize, is_fetched);
        assert_eq!(poller.observations().skew_s.is_some(), is_fetched);
    }
}

#[test]
fn the_newest_alert_is_known_also_while_nothing_comes() {
    let machine = machine();
    let fake = Fake::new(&machine);
    fake.add(T0 - 10 * DAY, "old", 0);
    fake.add(T0 - 2 * HOUR, "newest", 0);
    let mut accepted = Accepted::new();
    let mut poller = open(&fake, &machine, config());
    assert_eq!(poller.observations(), indexer::Observations::default());
    for _ in 0..3 {
        drain(&mut poller, &machine, &mut accepted);
        let observed = poller.observations();
        assert_eq!(observed.newest_alert, Some(Millis(T0 - 2 * HOUR)));
        let ago = machine.now.get() - observed.answered_at.unwrap().0;
        assert!(ago <= MINUTE, "{ago} ms");
        machine.sleep(Duration::from_secs(24 * 3_600));
    }
    let now = machine.now.get();
    fake.add(now - 5 * MINUTE, "again", 0);
    drain(&mut poller, &machine, &mut accepted);
    assert_eq!(
        poller.observations().newest_alert,
        Some(Millis(now - 5 * MINUTE))
    );
    drop(poller);
    let mut poller = open(&fake, &machine, config());
    drain(&mut poller, &machine, &mut accepted);
    assert_eq!(
        poller.observations().newest_alert,
        Some(Millis(now - 5 * MINUTE))
    );
}
