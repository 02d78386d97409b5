//! What a pass costs does not depend on how many there were (contract S20).

use crate::world::{World, policy};
use std::rc::Rc;

/// Passes that each find three alerts, and leave nothing behind that waits.
fn live(world: &mut World, passes: std::ops::Range<u32>) {
    for pass in passes {
        for alert in 0..3 {
            world.drop_in(&format!("{pass}-{alert}.json"), 7);
        }
        let report = world.live(None).report.expect("nobody struck");
        assert!(report.is_ok(), "pass {pass}: {report:?}");
    }
}

/// The calls of a pass that finds nothing, and the names of its ledger.
fn idle(world: &mut World) -> (usize, usize) {
    let life = world.live(None);
    assert!(life.report.expect("nobody struck").is_ok());
    let files = world.files();
    let active = files
        .keys()
        .filter(|path| path.starts_with("ledger/") && !path.starts_with("ledger/sealed/"));
    (life.calls.len(), active.count())
}

#[test]
fn an_idle_pass_makes_after_many_passes_the_calls_that_it_made_after_ten() {
    let mut world = World::new(&Rc::new(policy()), 1);
    live(&mut world, 0..10);
    let young = idle(&mut world);
    live(&mut world, 10..700);
    let old = idle(&mut world);
    assert_eq!(
        old.1, 2,
        "segments beside the sealed ones: of the publisher, and of one worker"
    );
    let (few, many) = (young.0 as f64, old.0 as f64);
    assert!(
        (many - few).abs() <= few / 20.0,
        "{few} calls after ten passes, {many} after 700"
    );
    let sealed = world.files();
    let sealed = sealed
        .keys()
        .filter(|path| path.starts_with("ledger/sealed/"));
    assert!(
        0 < sealed.count(),
        "no segment was ever sealed: the test shows nothing of that"
    );
}
