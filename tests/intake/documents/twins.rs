//! An index that was copied under a second name of the same pattern: most alerts are two documents with the same time and `_id`,
//! and a page may end between them.

use super::{T0, World};
use crate::intake::starter;
use crate::simulated::{play, program};
use host::{At, File, Millis};
use indexer::{Config, Profile};
use mock_indexer::{Core, Dated, Delivery, Options, Population, Recipe, Second};
use pipeline::{Pipeline, Settings};
use std::cell::RefCell;
use std::rc::Rc;
use std::sync::Arc;
use tests::InProcess;

const ALERTS: u32 = 150;
/// Two of three are documents of both indices, so nearly every page ends between two such documents, whatever its size.
const PAGE: usize = 20;

#[test]
fn a_page_that_ends_between_two_documents_of_one_alert_loses_neither() {
    let (done, policy) = (Rc::new(RefCell::new(None)), starter());
    let foundry = program(&done, move |host| {
        let secret = File::create_new(host, At::new(host.root(), "secret")).unwrap();
        secret.append(b"poller:secret\n").unwrap();
        drop(secret);
        let dated = |number: u32| Dated {
            timestamp_ms: T0 + i64::from(number) * 100,
            indexed_at_ms: T0 + i64::from(number) * 100,
        };
        let second = (0..ALERTS).filter(|number| number % 3 != 0);
        let population = Population::new(Recipe {
            dated: (0..ALERTS).map(dated).collect(),
            second: second
                .map(|dated| Second {
                    dated,
                    indexed_at_ms: T0 + 60_000,
                    how: Delivery::Reindexed,
                })
                .collect(),
            ..Recipe::steady(1, 0, T0..T0 + 1)
        });
        let options = Options::healthy("poller", "secret");
        let world = World {
            host,
            policy: &policy,
            core: Rc::new(RefCell::new(Core::new(Arc::new(population), options))),
        };
        let spool = world.spool();
        let transport = InProcess {
            host,
            core: Rc::clone(&world.core),
        };
        let start = Millis(T0 - 60_000);
        let mut intake = tests::intake(host, &transport, Profile::wazuh4(), start);
        intake.config = Config {
            page_alerts: PAGE,
            ..intake.config
        };
        let opened = Pipeline::open(&spool, world.policy, Some(intake), Settings::default());
        let mut pipeline = opened.unwrap();
        loop {
            let report = pipeline.pass("run", &mut |job| vec![job.drain("w1")]);
            assert!(report.is_ok(), "{report:#?}");
            if !report.has_more {
                break;
            }
        }
        let audit = spool::audit::audit(&spool).unwrap();
        assert_eq!((audit.cased, audit.mismatches()), (u64::from(ALERTS), 0));
    });
    play(Millis(T0 + 5 * 60_000), vec![foundry]);
    done.take().expect("the program came to its end");
}
