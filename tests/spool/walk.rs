//! A walk over the ledger, which goes on where the last one stopped.

use crate::fixture::{Disk, OPTIONS, drain, publish};
use spool::ledger::{Walk, WalkPosition};
use spool::{Publisher, SpoolError, SpoolOptions, Worker};
use tests::Shifted;

/// A spool whose publisher has segments of two groups: those up to number 999, and those from 1,000 on.
fn two_groups() -> Disk {
    let disk = Disk::new();
    let options = SpoolOptions {
        pending_max: 32_768,
        ..OPTIONS
    };
    {
        let spool = disk.spool_with(options);
        publish(
            &mut Publisher::open(&spool).expect("the lock is free"),
            0..40,
        );
        drain(&mut Worker::open(&spool, "w1").expect("the name is free"));
        let old = disk.path("ledger/publish-000000.ndjson");
        std::fs::rename(old, disk.path("ledger/publish-000998.ndjson"))
            .expect("the segment is there");
        // Each life ends with more than is carried on.
        for life in 1..=4_u32 {
            let mut publisher = Publisher::open(&spool).expect("the lock is free");
            publish(&mut publisher, life * 3_000..life * 3_000 + 1_500);
            publish(&mut publisher, life * 3_000 + 1_500..(life + 1) * 3_000);
        }
    }
    assert!(
        disk.path("ledger/sealed/000001/publish-001000.ndjson")
            .exists()
    );
    disk
}

/// All records from a position on, each as text, with the position after it.
fn walked(disk: &Disk, from: WalkPosition) -> Result<Vec<(String, WalkPosition)>, SpoolError> {
    let spool = disk.spool();
    let (mut walk, mut found) = (Walk::take_up(&spool, from)?, Vec::new());
    while let Some(step) = walk.step()? {
        found.push((format!("{:?}", step.record), step.after));
    }
    Ok(found)
}

#[test]
fn a_walk_comes_to_every_record_once_wherever_it_is_taken_up() {
    let disk = two_groups();
    let all = walked(&disk, WalkPosition::default()).expect("a sound ledger");
    let segments = disk.files("ledger");
    assert!(5 <= segments.len(), "{segments:?}");
    let lines: usize = segments
        .iter()
        .map(|file| std::fs::read_to_string(disk.path("ledger").join(file)).expect("text"))
        .map(|text| text.lines().count())
        .sum();
    assert_eq!(all.len(), lines);
    for (number, (_, after)) in all.iter().enumerate() {
        let rest = walked(&disk, after.clone()).expect("a sound ledger");
        assert!(rest.iter().eq(&all[number + 1..]), "after record {number}");
    }
}

#[test]
fn a_record_that_is_gone_between_two_groups_is_found() {
    let disk = two_groups();
    let path = disk.path("ledger/sealed/000001/publish-001000.ndjson");
    let text = std::fs::read_to_string(&path).expect("a segment");
    let (_, rest) = text.split_once('\n').expect("more than a line");
    std::fs::write(&path, rest).expect("it is ours");
    let found = walked(&disk, WalkPosition::default());
    let Err(SpoolError::BrokenLedger { segment, line, .. }) = found else {
        panic!("not found")
    };
    assert_eq!((segment.as_str(), line), ("publish-001000.ndjson", 1));
}

#[test]
fn to_find_nothing_new_takes_as_many_calls_however_many_segments_there_are() {
    let disk = two_groups();
    let all = walked(&disk, WalkPosition::default()).expect("a sound ledger");
    let (_, end) = all.last().expect("some records");
    let calls = || {
        let host = Shifted::new(&disk.host, 0);
        let at = host::At::new(host::Host::root(&host), "s");
        let spool = spool::Spool::init(&host, at, OPTIONS).expect("a spool");
        let before = host.calls();
        let mut walk = Walk::take_up(&spool, end.clone()).expect("a sound ledger");
        assert!(walk.step().expect("a sound ledger").is_none());
        host.calls() - before
    };
    let young = calls();
    for number in 0..900 {
        let name = format!("ledger/sealed/000000/publish-{number:06}.ndjson");
        std::fs::write(disk.path(&name), "").expect("it is ours");
    }
    assert_eq!(calls(), young);
}
