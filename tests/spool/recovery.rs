//! What a predecessor left is finished, returned or dropped.

use crate::fixture::{Disk, audit, drain, publish};
use spool::{Claimed, Publisher, SpoolError, Worker};
use std::io::Write;

#[test]
fn the_claims_of_a_dead_worker_are_pending_again() {
    let disk = Disk::new();
    let spool = disk.spool();
    publish(
        &mut Publisher::open(&spool).expect("the lock is free"),
        0..20,
    );
    let mut dead = Worker::open(&spool, "w1").expect("the name is free");
    let Claimed::Buckets(claim) = dead.claim().expect("claims") else {
        panic!("20 are pending")
    };
    assert_eq!((claim.entries(), audit(&spool).claimed), (8, 8));
    drop(dead);
    let mut next = Worker::open(&spool, "w1").expect("the name is free again");
    assert_eq!(audit(&spool).pending, 20);
    assert_eq!(drain(&mut next).cased, 20);
}

#[test]
fn a_publisher_returns_the_claims_of_a_worker_that_never_comes_back() {
    let disk = Disk::new();
    let spool = disk.spool();
    publish(
        &mut Publisher::open(&spool).expect("the lock is free"),
        0..20,
    );
    let mut dead = Worker::open(&spool, "w1").expect("the name is free");
    let _ = dead.claim().expect("claims");
    drop(dead);
    let publisher = Publisher::open(&spool).expect("the lock is free");
    assert_eq!(
        (publisher.recovery().buckets, publisher.recovery().entries),
        (2, 8)
    );
    assert_eq!(audit(&spool).pending, 20);
}

#[test]
fn a_living_workers_claims_are_left_alone() {
    let disk = Disk::new();
    let spool = disk.spool();
    publish(
        &mut Publisher::open(&spool).expect("the lock is free"),
        0..20,
    );
    let mut living = Worker::open(&spool, "w1").expect("the name is free");
    let _ = living.claim().expect("claims");
    let publisher = Publisher::open(&spool).expect("the lock is free");
    assert_eq!(publisher.recovery().buckets, 0);
    assert_eq!(audit(&spool).claimed, 8);
}

#[test]
fn a_bucket_that_was_never_recorded_is_dropped() {
    let disk = Disk::new();
    let spool = disk.spool();
    let bucket = disk.path("tmp/1775021347123-00000007-00004");
    std::fs::create_dir(&bucket).expect("a bucket");
    let entry = spool::EntryName::new(
        spool::Stamp {
            millis: 1_775_021_347_123,
            sequence: 7,
        },
        crate::fixture::id(1),
    );
    std::fs::write(bucket.join(entry.as_str()), b"{").expect("an entry");
    drop(Publisher::open(&spool).expect("the lock is free"));
    assert!(!bucket.exists());
    assert_eq!(audit(&spool).published, 0);
}

#[test]
fn a_torn_last_line_of_the_ledger_is_left_out_and_the_next_segment_carries_on() {
    let disk = Disk::new();
    let spool = disk.spool();
    publish(
        &mut Publisher::open(&spool).expect("the lock is free"),
        0..4,
    );
    let segment = disk.path("ledger/publish-000000.ndjson");
    let mut file = std::fs::OpenOptions::new()
        .append(true)
        .open(&segment)
        .expect("a segment");
    file.write_all(br#"{"chain":"00","rec"#)
        .expect("a torn line");
    let mut publisher = Publisher::open(&spool).expect("recovers");
    publish(&mut publisher, 4..8);
    drop(publisher);
    drop(Publisher::open(&spool).expect("the chain holds"));
    assert_eq!(audit(&spool).published, 8);
}

#[test]
fn a_ledger_line_that_was_edited_is_refused_and_named() {
    let disk = Disk::new();
    let spool = disk.spool();
    let mut publisher = Publisher::open(&spool).expect("the lock is free");
    publish(&mut publisher, 0..4);
    publish(&mut publisher, 4..8);
    drop(publisher);
    let segment = disk.path("ledger/publish-000000.ndjson");
    let text = std::fs::read_to_string(&segment).expect("a segment");
    std::fs::write(&segment, text.replacen("-00004\"", "-00003\"", 1)).expect("an edit");
    match Publisher::open(&spool).err() {
        Some(SpoolError::BrokenLedger {
            segment, line: 2, ..
        }) => {
            assert_eq!(segment, "publish-000000.ndjson");
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn names_grow_over_a_restart_with_the_clock_set_back() {
    let disk = Disk::new();
    let spool = disk.spool();
    publish(
        &mut Publisher::open(&spool).expect("the lock is free"),
        0..4,
    );
    // As if the clock had been an hour ahead when the last bucket was made.
    let before = disk.files("pending").remove(0);
    let ahead = spool::Stamp {
        millis: 9_000_000_000_000,
        sequence: 3,
    };
    let bucket = spool::BucketName::new(ahead, 4);
    let first = before.split('/').next().expect("a bucket");
    std::fs::rename(
        disk.path("pending").join(first),
        disk.path("pending").join(bucket.as_str()),
    )
    .expect("renamed");
    publish(
        &mut Publisher::open(&spool).expect("the lock is free"),
        4..8,
    );
    let buckets: Vec<_> = disk
        .files("pending")
        .iter()
        .map(|file| file[..28].to_owned())
        .collect();
    assert!(
        buckets.iter().all(|name| bucket.as_str() <= name.as_str()),
        "{buckets:?}"
    );
}

#[test]
fn a_publication_whose_record_a_power_loss_took_is_recorded_again_with_the_times_of_its_alerts() {
    let disk = Disk::new();
    let spool = disk.spool();
    let mut publisher = Publisher::open(&spool).expect("the lock is free");
    publish(&mut publisher, 0..4);
    publish(&mut publisher, 4..8);
    drop(publisher);
    // The ledger's end is gone, and the buckets are there.
    let segment = disk.path("ledger/publish-000000.ndjson");
    let text = std::fs::read_to_string(&segment).expect("a segment");
    let kept = text.lines().take_while(|line| !line.contains("published"));
    let kept: String = kept.map(|line| format!("{line}\n")).collect();
    std::fs::write(&segment, kept).expect("the segment is cut");
    drop(Publisher::open(&spool).expect("recovers"));
    let mut times = Vec::new();
    spool::follow(&spool, &spool::LedgerPosition::default(), &mut |record| {
        if let spool::ledger::Record::Published { times: of, .. } = record {
            times.push(of);
        }
    })
    .expect("the chain holds");
    // 2026-04-01 05:00 to 06:00, in which all of them happened: where an indexer is to be asked, should one vanish.
    let hour = Some((1_775_019_600_000, 1_775_023_199_999));
    assert_eq!(times, [hour, hour]);
}
