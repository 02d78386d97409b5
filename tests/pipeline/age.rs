//! What a pass costs does not depend on how many there were (contract S20).

use crate::world::{World, policy};
use host::{At, Host};
use os::OsHost;
use pipeline::{Pipeline, Settings};
use policy::Policy;
use spool::{Spool, SpoolOptions};
use std::io::Write;
use std::path::Path;
use std::rc::Rc;
use std::time::Instant;
use tests::{Shifted, files_on_disk};

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

/// One pass on the disk, as a process of its own makes it: its calls, and its microseconds.
fn real_pass(dir: &Path, policy: &Policy) -> (u64, u128) {
    let disk = OsHost::new(dir).unwrap();
    let host = Shifted::new(&disk, 0);
    let began = Instant::now();
    let at = At::new(host.root(), "s");
    let spool = Spool::init(&host, at, SpoolOptions::default()).unwrap();
    let mut pipeline = Pipeline::open(&spool, policy, None, Settings::default()).unwrap();
    let report = pipeline.pass("run", &mut |job| vec![job.drain("w1")]);
    assert!(report.is_ok(), "{report:?}");
    (host.calls(), began.elapsed().as_micros())
}

/// The calls of an idle pass, of nine the median, after so many passes that each found three alerts. Tells them with its time and the
/// ledger's names.
fn real_age(dir: &Path, policy: &Policy, passes: std::ops::Range<u32>) -> u64 {
    for pass in passes.clone() {
        for alert in 0..3 {
            let text = format!(r#"{{"id":"{pass}-{alert}","rule":{{"level":7}}}}"#);
            std::fs::write(dir.join(format!("s/inbox/{alert}.json")), text).unwrap();
        }
        real_pass(dir, policy);
    }
    let idle: Vec<_> = (0..9).map(|_| real_pass(dir, policy)).collect();
    let (mut calls, mut us): (Vec<_>, Vec<_>) = idle.into_iter().unzip();
    calls.sort_unstable();
    us.sort_unstable();
    let (most, calls, us) = (calls[8], calls[4], us[4]);
    let names = std::fs::read_dir(dir.join("s/ledger")).unwrap().count();
    let segments = files_on_disk(&dir.join("s/ledger")).len();
    let line = format!(
        "age: after {} passes an idle one takes {calls} calls ({most} at most) and {us} us; ledger/ has {names} names, and {segments} segments in all\n",
        passes.end
    );
    std::io::stderr().write_all(line.as_bytes()).unwrap();
    calls
}

/// A start reads the segments that are carried on, of the publisher twice: up to 128 KiB in pieces of 16. How full they are is
/// chance, and does not grow with age.
const SEGMENT_READS: f64 = 16.0;

/// `AGE_PASSES` names how many passes are made, for whoever has the time; `TMPDIR` where.
#[test]
fn an_idle_pass_on_the_disk_makes_the_calls_that_it_made_after_ten() {
    let most = std::env::var("AGE_PASSES").ok();
    let most = most.map_or(300, |most| most.parse().unwrap());
    let (dir, policy) = (tempfile::tempdir().unwrap(), policy());
    std::fs::create_dir_all(dir.path().join("s/inbox")).unwrap();
    let young = real_age(dir.path(), &policy, 0..10) as f64;
    let mut from = 10;
    for until in [1_000, most].into_iter().filter(|until| *until <= most) {
        let old = real_age(dir.path(), &policy, from..until) as f64;
        assert!(
            (old - young).abs() <= young / 20.0 + SEGMENT_READS,
            "{young} calls after ten passes, {old} after {until}"
        );
        from = until;
    }
}
