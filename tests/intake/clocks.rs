//! A machine whose clock is a day off from the indexer's: its alerts come as they go, and the heartbeat tells of it.

use crate::intake::{starter, take_in};
use crate::simulated::{play, program};
use host::{At, File, Host, Millis};
use mock_indexer::{Core, DateHeader, Options, Population, Recipe};
use std::cell::RefCell;
use std::rc::Rc;
use std::sync::Arc;
use tests::{Apart, InProcess};

const T0: i64 = 1_774_483_200_000;
const MINUTE: i64 = 60_000;
const DAY: i64 = 1_440 * MINUTE;

/// Polls an indexer whose clock is `ahead_ms` ahead of ours for an hour, and wants every alert of that hour. Gives the skew that
/// is told.
#[track_caller]
fn check(ahead_ms: i64, date: DateHeader) -> Option<i64> {
    let theirs = T0 + ahead_ms;
    let recipe = Recipe::steady(5, 600, theirs - 30 * MINUTE..theirs + 50 * MINUTE);
    let population = Arc::new(Population::new(recipe));
    let options = Options {
        date,
        ..Options::healthy("poller", "secret")
    };
    let core = Core::new(Arc::clone(&population), options);
    let core = Rc::new(RefCell::new(core));
    let (policy, slot) = (starter(), Rc::default());
    let run = move |host: &dyn Host| {
        let secret = File::create_new(host, At::new(host.root(), "secret")).unwrap();
        secret.append(b"poller:secret\n").unwrap();
        let transport = Apart {
            way: InProcess { host, core },
            ahead_ms,
        };
        let start = Millis(theirs - 40 * MINUTE);
        let until = Millis(T0 + 55 * MINUTE);
        take_in(host, &transport, &policy, start, until, 70)
    };
    play(Millis(T0), vec![program(&slot, run)]);
    let taken = slot.take().unwrap();
    taken.assert_all_once(&population);
    let indexer = taken.heartbeat.indexer.unwrap();
    let newest = indexer.newest_alert.unwrap().as_millisecond();
    assert!((theirs + 45 * MINUTE..theirs + 50 * MINUTE).contains(&newest));
    indexer.skew_s
}

#[test]
fn a_day_behind_or_ahead_holds_nothing_back() {
    for (ahead_ms, skew_s) in [(DAY, -86_400), (-DAY, 86_400), (0, 0)] {
        let told = check(ahead_ms, DateHeader::True).unwrap();
        // A page takes its time on the simulated machine.
        assert!((skew_s..skew_s + 2).contains(&told), "{told}");
    }
}

#[test]
fn without_a_date_that_is_a_time_the_alerts_say_what_time_it_is() {
    let told = check(DAY, DateHeader::Text("soon".to_owned())).unwrap();
    assert!((-86_400..-86_400 + 15 * 60).contains(&told), "{told}");
    assert_eq!(check(0, DateHeader::Absent), None);
}
