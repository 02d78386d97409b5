//! The cap.

use crate::fixture::{Disk, audit, drain, publish};
use spool::{Publisher, Worker, cap};

#[test]
fn a_cap_pass_parks_the_oldest_whole_buckets_and_leaves_the_queue_nearly_full() {
    let disk = Disk::new();
    let spool = disk.spool();
    publish(
        &mut Publisher::open(&spool).expect("the lock is free"),
        0..102,
    );
    let pass = cap::enforce(&spool).expect("a pass");
    assert_eq!((pass.pending_before, pass.pending_after), (102, 30));
    assert_eq!(
        (pass.moved, pass.vanished_buckets, pass.held_buckets),
        (72, 0, 0)
    );
    let pending = disk.files("pending");
    let overflow = disk.files("overflow");
    assert!(overflow.last() < pending.first(), "the oldest are parked");
    let audit = audit(&spool);
    assert_eq!((audit.pending, audit.overflow), (30, 72));
}

#[test]
fn a_cap_pass_below_the_cap_changes_nothing() {
    let disk = Disk::new();
    let spool = disk.spool();
    publish(
        &mut Publisher::open(&spool).expect("the lock is free"),
        0..32,
    );
    assert_eq!(cap::enforce(&spool).expect("a pass").moved_buckets, 0);
}

#[test]
fn parked_buckets_come_back_oldest_first_as_there_is_room() {
    let disk = Disk::new();
    let spool = disk.spool();
    publish(
        &mut Publisher::open(&spool).expect("the lock is free"),
        0..100,
    );
    cap::enforce(&spool).expect("a pass");
    assert_eq!(
        cap::readmit(&spool).expect("a pass").moved,
        0,
        "the queue is full"
    );
    let mut worker = Worker::open(&spool, "w1").expect("the name is free");
    let mut cased = 0;
    for _ in 0..10 {
        cased += drain(&mut worker).cased;
        assert!(cap::readmit(&spool).expect("a pass").pending_after <= 32);
    }
    assert_eq!(cased, 100);
    assert!(audit(&spool).is_drained());
}
