//! The incident's beginning: the indexer's password is rotated, nobody tells the poller for six days, and then all of it
//! comes at once.

use crate::intake::{starter, take_in};
use crate::simulated::{play, program};
use host::{At, File, Host, Millis};
use mock_indexer::{Account, Core, Options, Population, Recipe};
use sim::kernel::{Exit, Program};
use std::cell::RefCell;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;
use tests::InProcess;

/// 2026-03-26 00:00 UTC.
const T0: i64 = 1_774_483_200_000;
const HOUR: i64 = 3_600_000;
const DAY: i64 = 24 * HOUR;

#[test]
fn six_days_of_401_and_their_backlog_end_in_one_case_for_every_alert() {
    let population = Arc::new(Population::new(Recipe::steady(3, 20_000, T0..T0 + 7 * DAY)));
    let account = Account {
        passwords: vec![(i64::MIN, "old".to_owned()), (T0 + HOUR, "new".to_owned())],
        ..Account::reader("poller", "old")
    };
    let options = Options {
        accounts: vec![account],
        ..Options::healthy("poller", "old")
    };
    let core = Rc::new(RefCell::new(Core::new(Arc::clone(&population), options)));
    let taken = Rc::new(RefCell::new(None));
    let asked = Rc::clone(&core);
    let policy = starter();
    let foundry = program(&taken, move |host| {
        put(host, "secret", b"poller:old\n");
        let transport = InProcess { host, core: asked };
        take_in(
            host,
            &transport,
            &policy,
            Millis(T0),
            Millis(T0 + 7 * DAY),
            20_000,
        )
    });
    let operator: Program = Box::new(|host| {
        let six_days = u64::try_from(6 * DAY).unwrap();
        host.sleep(Duration::from_millis(six_days));
        put(host, "secret.new", b"poller:new\n");
        let (from, to) = (
            At::new(host.root(), "secret.new"),
            At::new(host.root(), "secret"),
        );
        host.rename(from, to).unwrap();
        Exit::OK
    });
    play(Millis(T0), vec![foundry, operator]);

    let taken = taken.take().unwrap();
    taken.assert_all_once(&population);
    // The other six stages never missed a pass for it.
    assert_eq!(taken.other_failures(), Vec::<String>::new());
    // Six days in waits of at most 15 minutes: few enough that no account is locked, and often enough to notice.
    let refused = core.borrow().tally().unauthorized;
    assert!(
        (570..700).contains(&refused),
        "{refused} requests were refused"
    );
    assert!(
        refused < taken.failures().len() as u64,
        "the pauses are told too"
    );
}

fn put(host: &dyn Host, name: &str, bytes: &[u8]) {
    let file = File::create_new(host, At::new(host.root(), name)).unwrap();
    file.append(bytes).unwrap();
}
