//! Each thing that can go wrong above HTTP, in the middle of a backlog.

use crate::intake::{starter, take_in};
use crate::simulated::{play, program};
use host::{At, File, Millis};
use mock_indexer::{Batch, Core, Fault, Indexed, Misfortune, Options, Population, Recipe, When};
use std::cell::RefCell;
use std::rc::Rc;
use std::sync::Arc;
use tests::InProcess;

const T0: i64 = 1_774_483_200_000;
const HOUR: i64 = 3_600_000;

/// Ties of 600 in one millisecond, copies under a second `_id`, and a back-fill, beside an even stream.
fn recipe() -> Recipe {
    let times = T0..T0 + 6 * HOUR;
    let mut recipe = Recipe::steady(5, 1_500, times.clone());
    recipe.batches.push(Batch {
        count: 600,
        timestamps: T0 + HOUR..T0 + HOUR + 1,
        indexed: Indexed::Live,
        redelivered: 0,
    });
    recipe.batches.push(Batch {
        count: 200,
        timestamps: times,
        indexed: Indexed::At(T0 + 6 * HOUR),
        redelivered: 50,
    });
    recipe
}

fn all() -> Vec<Fault> {
    vec![
        Fault::SecurityNotInitialized,
        Fault::Redirect("https://127.0.0.1:1/".to_owned()),
        Fault::Html,
        Fault::Forbidden,
        Fault::BreakerTripped,
        Fault::Rejected,
        Fault::Cancelled,
        Fault::AllShardsFailed,
        Fault::ClusterBlocked,
        Fault::ErrorAsString,
        Fault::TimedOut,
        Fault::TerminatedEarly,
        Fault::ShardFails(1),
        Fault::ShardUnassigned(2),
        Fault::FetchHole,
        Fault::TruncatedJson,
        Fault::DuplicateKeys,
        Fault::EmptyBody,
        Fault::GzipBomb,
    ]
}

#[test]
fn no_fault_above_http_loses_or_doubles_a_document() {
    let population = Arc::new(Population::new(recipe()));
    let policy = Rc::new(starter());
    for fault in all() {
        let mut options = Options::healthy("poller", "secret");
        // From the third request on, for long enough that retries within one step do not get by.
        options.misfortunes.push(Misfortune {
            fault: fault.clone(),
            when: When::Requests(3..11),
        });
        let core = Rc::new(RefCell::new(Core::new(Arc::clone(&population), options)));
        let taken = Rc::new(RefCell::new(None));
        let (asked, policy) = (Rc::clone(&core), Rc::clone(&policy));
        let foundry = program(&taken, move |host| {
            let secret = File::create_new(host, At::new(host.root(), "secret")).unwrap();
            secret.append(b"poller:secret\n").unwrap();
            let transport = InProcess { host, core: asked };
            take_in(
                host,
                &transport,
                &policy,
                Millis(T0),
                Millis(T0 + 7 * HOUR),
                20_000,
            )
        });
        play(Millis(T0 + 7 * HOUR), vec![foundry]);
        let taken = taken.take().unwrap();
        assert!(
            11 < core.borrow().tally().answered,
            "{fault:?} never struck"
        );
        assert!(!taken.failures().is_empty(), "{fault:?} went unnoticed");
        assert_eq!(taken.other_failures(), Vec::<String>::new(), "{fault:?}");
        taken.assert_all_once(&population);
    }
}
