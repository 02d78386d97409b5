//! What another program holds, a virus scanner or an indexer of files: it ends no pass, and is moved as soon as it is let go.

use crate::fixture::{Disk, OPTIONS, audit, drain, publish};
use host::{At, Call, Host};
use spool::{Claimed, Publisher, Spool, SpoolOptions, Worker};
use std::cell::Cell;
use std::time::Duration;
use tests::Shifted;

/// Whether a path is that of a bucket, and of nothing in it.
fn is_bucket(path: &[u8]) -> bool {
    spool::BucketName::parse(path).is_some()
}

fn open<'h>(host: &'h Shifted<'h>, options: SpoolOptions) -> Spool<'h> {
    Spool::init(host, At::new(host.root(), "s"), options).expect("a spool")
}

#[test]
fn a_bucket_that_is_held_ends_no_publication_and_follows_when_it_is_let_go() {
    let (disk, is_held, moves) = (Disk::new(), Cell::new(true), Cell::new(0));
    let host = Shifted::holding(&disk.host, |call, path| {
        let is_move = call == Call::RenameNoreplace && is_bucket(path);
        moves.set(moves.get() + u32::from(is_move));
        // The second of three.
        is_held.get() && is_move && moves.get() == 2
    });
    let spool = open(&host, OPTIONS);
    let mut publisher = Publisher::open(&spool).expect("the lock is free");
    let done = publish(&mut publisher, 0..12);
    assert_eq!((done.published, done.buckets), (12, 3));
    assert_eq!(disk.files("pending").len(), 8);
    assert_eq!(disk.files("tmp").len(), 4);
    assert!(publisher.has_left());
    let inbox = publisher.adopt_inbox(Duration::ZERO).expect("adopts");
    assert!(inbox.held_since.is_some(), "it is told since when");

    is_held.set(false);
    publisher.finish_left().expect("tries again");
    assert!(!publisher.has_left());
    let inbox = publisher.adopt_inbox(Duration::ZERO).expect("adopts");
    assert_eq!(inbox.held_since, None);
    drop(publisher);
    let mut worker = Worker::open(&spool, "w1").expect("the name is free");
    assert_eq!(drain(&mut worker).cased, 12);
    assert!(audit(&spool).is_drained());
}

#[test]
fn a_bucket_that_is_still_held_when_its_publisher_dies_is_published_by_the_next() {
    let (disk, is_held) = (Disk::new(), Cell::new(true));
    let host = Shifted::holding(&disk.host, |call, path| {
        is_held.get() && call == Call::RenameNoreplace && is_bucket(path)
    });
    let spool = open(&host, OPTIONS);
    let mut publisher = Publisher::open(&spool).expect("the lock is free");
    publish(&mut publisher, 0..4);
    drop(publisher);
    // The next one finds it held as well, and opens all the same.
    let publisher = Publisher::open(&spool).expect("what is held hinders nobody");
    assert!(publisher.has_left());
    drop(publisher);
    is_held.set(false);
    let publisher = Publisher::open(&spool).expect("the lock is free");
    assert!(!publisher.has_left());
    assert_eq!(disk.files("pending").len(), 4);
    assert_eq!(audit(&spool).pending, 4);
}

#[test]
fn what_was_never_published_and_is_held_is_dropped_when_it_is_let_go() {
    let (disk, is_held) = (Disk::new(), Cell::new(true));
    let host = Shifted::holding(&disk.host, |call, path| {
        is_held.get() && call == Call::Unlink && path.ends_with(b".json")
    });
    let spool = open(&host, OPTIONS);
    drop(Publisher::open(&spool).expect("the lock is free"));
    let bucket = disk.path("tmp/1775001911855-00000000-00001");
    std::fs::create_dir(&bucket).expect("tmp is there");
    let entry = "1775001911855-00000000-9155289cd35afe0154661c44f7dfd0b8.json";
    std::fs::write(bucket.join(entry), "{}").expect("a file of a dead publisher");
    let mut publisher = Publisher::open(&spool).expect("what is held hinders nobody");
    assert_eq!(disk.files("tmp").len(), 1);
    assert_eq!(publish(&mut publisher, 0..4).published, 4);
    is_held.set(false);
    publisher.finish_left().expect("tries again");
    assert_eq!(disk.files("tmp").len(), 0);
    assert!(!publisher.has_left());
}

#[test]
fn a_dead_workers_case_that_is_held_keeps_its_plan_until_it_is_placed_and_recorded() {
    let (disk, is_held) = (Disk::new(), Cell::new(true));
    let host = Shifted::holding(&disk.host, |call, path| {
        let is_staged = path.starts_with(b"cases/") && !path.ends_with(b"/alert.json");
        is_held.get() && call == Call::RenameNoreplace && is_staged
    });
    let spool = open(&host, OPTIONS);
    let mut publisher = Publisher::open(&spool).expect("the lock is free");
    publish(&mut publisher, 0..4);
    let mut worker = Worker::open(&spool, "w1").expect("the name is free");
    let Claimed::Buckets(claim) = worker.claim().expect("claims") else {
        panic!("a bucket is pending");
    };
    let mut judge = spool::Always(alert::Disposition::Review);
    // Its cases could not be placed, nor their alerts be put back, when it died.
    worker.complete(claim, &mut judge).expect("completes");
    drop(worker);
    drop(publisher);
    let mut publisher = Publisher::open(&spool).expect("what is held hinders nobody");
    publisher.finish_left().expect("tries again");
    is_held.set(false);
    publisher.finish_left().expect("tries again");
    let mut worker = Worker::open(&spool, "w2").expect("the name is free");
    drain(&mut worker);
    let audit = audit(&spool);
    assert_eq!((audit.cased, audit.case_unrecorded.len()), (4, 0));
    assert!(audit.is_drained());
}

#[test]
fn a_file_that_its_writer_replaces_while_it_is_taken_goes_back_until_it_is_whole() {
    let disk = Disk::new();
    let (whole, half) = (r#"{"id":"2","rule":{"level":3}}"#, r#"{"id":"2","#);
    let file = disk.path("inbox/a.json");
    let host = Shifted::holding(&disk.host, |call, path| {
        if call == Call::RenameNoreplace && path == b"a.json" {
            // Between the look and the move its writer has begun another one under the same name.
            std::fs::remove_file(&file).expect("it was there");
            std::fs::write(&file, half).expect("its writer may");
        }
        false
    });
    let spool = open(&host, OPTIONS);
    let mut publisher = Publisher::open(&spool).expect("the lock is free");
    std::fs::write(&file, r#"{"id":"1","rule":{"level":3}}"#).expect("an inbox");
    let settle = Duration::from_secs(3_600);
    let inbox = publisher.adopt_inbox(settle).expect("adopts");
    assert_eq!((inbox.adoption.adopted, inbox.adoption.held), (0, 1));
    let left = std::fs::read_to_string(&file).expect("its writer has it back");
    assert_eq!(left, half);

    drop(publisher);
    drop(spool);
    std::fs::write(&file, whole).expect("its writer goes on");
    let spool = disk.spool();
    let mut publisher = Publisher::open(&spool).expect("the lock is free");
    let inbox = publisher.adopt_inbox(settle).expect("adopts");
    assert_eq!(inbox.adoption.adopted, 1);
    let id = alert::AlertId::of_content(whole.as_bytes()).expect("it is whole");
    let name = disk.files("pending").remove(0);
    assert!(name.contains(&id.to_string()), "{name}");
}
