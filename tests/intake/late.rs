//! A shipper that stood still for six days, and then indexes them all with their old times.

use crate::intake::{starter, take_in};
use crate::simulated::{play, program};
use host::{At, File, Host, Millis};
use mock_indexer::{Core, Dated, Options, Population, Recipe};
use std::cell::RefCell;
use std::rc::Rc;
use std::sync::Arc;
use tests::InProcess;

const T0: i64 = 1_774_483_200_000;
const MINUTE: i64 = 60_000;
const HOUR: i64 = 60 * MINUTE;

#[test]
fn six_days_that_are_indexed_after_the_cursor_has_passed_become_cases() {
    let now = T0 + 144 * HOUR;
    let late = (0..144).map(|hour| Dated {
        timestamp_ms: T0 + hour * HOUR + 7,
        indexed_at_ms: now + 10 * MINUTE,
    });
    // One that is indexed when it happens, so that there is something to catch up with.
    let prompt = Dated {
        timestamp_ms: now - HOUR - 7,
        indexed_at_ms: now - HOUR,
    };
    let population = Arc::new(Population::new(Recipe {
        dated: late.chain([prompt]).collect(),
        ..Recipe::steady(5, 0, T0..now)
    }));
    let core = Core::new(
        Arc::clone(&population),
        Options::healthy("poller", "secret"),
    );
    let core = Rc::new(RefCell::new(core));
    let (policy, slot) = (starter(), Rc::default());
    let run = move |host: &dyn Host| {
        let secret = File::create_new(host, At::new(host.root(), "secret")).unwrap();
        secret.append(b"poller:secret\n").unwrap();
        let transport = InProcess { host, core };
        // The second audit is an hour after the first.
        let until = Millis(now + 65 * MINUTE);
        take_in(host, &transport, &policy, Millis(T0), until, 90)
    };
    play(Millis(now), vec![program(&slot, run)]);
    let taken = slot.take().unwrap();
    taken.assert_all_once(&population);
    let indexer = taken.heartbeat.indexer.unwrap();
    let audit = indexer.audit.unwrap();
    assert_eq!(
        (audit.late, audit.behind, indexer.out_of_reach),
        (144, 144, 0)
    );
    assert_eq!(audit.since.as_millisecond(), T0);
}
