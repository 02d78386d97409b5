//! Adopting a flat directory.

use crate::fixture::{Disk, audit, drain, payload};
use host::{At, Host};
use spool::{Publisher, Worker};
use std::time::Duration;

#[test]
fn a_legacy_queue_is_adopted_and_everything_else_in_it_is_left_alone() {
    let disk = Disk::new();
    let spool = disk.spool();
    let queue = disk.path("../queue");
    std::fs::create_dir(&queue).expect("a directory");
    for number in 0..50 {
        std::fs::write(queue.join(format!("{number}.json")), payload(number)).expect("a file");
    }
    std::fs::write(queue.join("half.tmp"), b"{").expect("a file");
    std::fs::create_dir(queue.join("processed.json")).expect("a directory");
    std::os::unix::fs::symlink("0.json", queue.join("link.json")).expect("a link");
    let mut publisher = Publisher::open(&spool).expect("the lock is free");
    let done = publisher
        .adopt(At::new(disk.host.root(), "queue"))
        .expect("adopted");
    assert_eq!(
        (done.adopted, done.quarantined, done.skipped, done.held),
        (50, 1, 2, 0)
    );
    assert_eq!(audit(&spool).pending, 50);
    assert_eq!(std::fs::read_dir(&queue).expect("the queue").count(), 2);
    assert_eq!(
        drain(&mut Worker::open(&spool, "w1").expect("the name is free")).cased,
        50
    );
    assert!(audit(&spool).is_drained());
}

#[test]
fn the_inbox_is_adopted() {
    let disk = Disk::new();
    let spool = disk.spool();
    std::fs::write(disk.path("inbox/a.json"), payload(1)).expect("a file");
    let mut publisher = Publisher::open(&spool).expect("the lock is free");
    let mut adopt = || publisher.adopt_inbox(Duration::ZERO).expect("adopted");
    assert_eq!(adopt().adoption.adopted, 1);
    assert_eq!(adopt().adoption.adopted, 0);
    assert_eq!(audit(&spool).pending, 1);
}

#[test]
fn a_directory_that_is_not_there_is_named_in_the_error() {
    let disk = Disk::new();
    let spool = disk.spool();
    let mut publisher = Publisher::open(&spool).expect("the lock is free");
    let refused = publisher.adopt(At::new(disk.host.root(), "nowhere"));
    assert_eq!(
        refused.expect_err("there is none").to_string(),
        "cannot open nowhere"
    );
}
