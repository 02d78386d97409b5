//! Bad input: set aside with its reason, and nothing else is touched.

use crate::fixture::{Disk, audit, drain, id, payload, publish};
use spool::{Incoming, Publisher, Worker};

/// Publishes 0 to 8, spoils entry 3 by `spoil`, and demands that it alone ends in quarantine with `reason` beside it.
#[track_caller]
fn check(spoil: impl FnOnce(&std::path::Path), reason: &str) {
    let disk = Disk::new();
    let spool = disk.spool();
    publish(
        &mut Publisher::open(&spool).expect("the lock is free"),
        0..8,
    );
    let entry = disk
        .files("pending")
        .into_iter()
        .find(|file| file.contains(&id(3).to_string()));
    spoil(&disk.path("pending").join(entry.expect("entry 3")));
    let done = drain(&mut Worker::open(&spool, "w1").expect("the name is free"));
    assert_eq!((done.cased, done.quarantined, done.held), (7, 1, 0));
    let audit = audit(&spool);
    assert_eq!((audit.cased, audit.quarantined, audit.pending), (7, 1, 0));
    let reasons: Vec<_> = disk
        .files("quarantine")
        .into_iter()
        .filter(|file| file.ends_with(".reason"))
        .collect();
    assert_eq!(reasons.len(), 1);
    assert!(reasons[0].contains(&id(3).to_string()), "{reasons:?}");
    let text = std::fs::read_to_string(disk.path("quarantine").join(&reasons[0]));
    assert!(
        text.as_ref().is_ok_and(|text| text.contains(reason)),
        "{text:?}"
    );
}

fn replace(path: &std::path::Path, bytes: &[u8]) {
    std::fs::write(path, bytes).expect("the entry is rewritten");
}

#[test]
fn an_empty_file() {
    check(|path| replace(path, b""), "empty");
}

#[test]
fn a_file_of_more_than_a_mebibyte() {
    check(
        |path| replace(path, &vec![b' '; (1 << 20) + 1]),
        "larger than 1048576 bytes",
    );
}

#[test]
fn a_sparse_file_of_four_gigabytes_is_not_read_whole() {
    let enlarge = |path: &std::path::Path| {
        let file = std::fs::OpenOptions::new()
            .write(true)
            .open(path)
            .expect("the entry");
        file.set_len(4 << 30).expect("a sparse file");
    };
    check(enlarge, "larger than 1048576 bytes");
}

#[test]
fn bytes_that_are_no_json() {
    check(|path| replace(path, b"\xff\xfe{"), "not a JSON object");
    check(|path| replace(path, b"{\"half\":"), "not a JSON object");
    check(|path| replace(path, &[0; 512]), "not a JSON object");
}

#[test]
fn a_directory_under_an_entrys_name() {
    let swap = |path: &std::path::Path| {
        std::fs::remove_file(path).expect("the entry");
        std::fs::create_dir(path).expect("a directory");
        std::fs::write(path.join("x"), b"x").expect("something in it");
    };
    check(swap, "not a regular file");
}

#[test]
fn a_fifo_under_an_entrys_name_blocks_nobody() {
    let swap = |path: &std::path::Path| {
        std::fs::remove_file(path).expect("the entry");
        let made = std::process::Command::new("mkfifo").arg(path).status();
        assert!(made.is_ok_and(|status| status.success()), "mkfifo");
    };
    check(swap, "not a regular file");
}

#[test]
fn a_symbolic_link_under_an_entrys_name_is_not_followed() {
    let swap = |path: &std::path::Path| {
        std::fs::remove_file(path).expect("the entry");
        std::os::unix::fs::symlink("/etc/hostname", path).expect("a link");
    };
    check(swap, "not a regular file");
}

#[test]
fn a_strangers_file_in_a_bucket_is_set_aside_and_the_bucket_is_finished() {
    let disk = Disk::new();
    let spool = disk.spool();
    publish(
        &mut Publisher::open(&spool).expect("the lock is free"),
        0..4,
    );
    let entry = disk.files("pending").remove(0);
    let bucket = disk
        .path("pending")
        .join(entry)
        .parent()
        .expect("a bucket")
        .to_owned();
    std::fs::write(bucket.join("notes.txt"), b"mine").expect("a stray");
    let done = drain(&mut Worker::open(&spool, "w1").expect("the name is free"));
    assert_eq!(done.cased, 4);
    assert!(disk.files("quarantine").contains(&"notes.txt".to_owned()));
    assert!(audit(&spool).is_drained());
}

#[test]
fn an_id_with_path_characters_never_leaves_its_directory() {
    let disk = Disk::new();
    let spool = disk.spool();
    let mut publisher = Publisher::open(&spool).expect("the lock is free");
    let hostile = alert::AlertId::of("../../..", "/etc/passwd\n");
    let bytes = payload(1);
    publisher
        .publish(&[Incoming {
            id: hostile,
            payload: &bytes,
            document: None,
            time: None,
        }])
        .expect("published");
    drain(&mut Worker::open(&spool, "w1").expect("the name is free"));
    assert_eq!(
        disk.files("cases"),
        [
            format!("2026/04/01/05/{hostile}/alert.json"),
            format!("2026/04/01/05/{hostile}/case.json"),
            format!("2026/04/01/05/{hostile}/manifest-sha256.txt"),
        ]
    );
}

#[test]
fn an_alert_that_is_removed_while_it_waits_is_named_by_the_audit_and_ends_no_pass() {
    let disk = Disk::new();
    let spool = disk.spool();
    publish(
        &mut Publisher::open(&spool).expect("the lock is free"),
        0..8,
    );
    let entry = disk
        .files("pending")
        .into_iter()
        .find(|file| file.contains(&id(5).to_string()));
    std::fs::remove_file(disk.path("pending").join(entry.expect("entry 5"))).expect("removed");
    assert_eq!(
        drain(&mut Worker::open(&spool, "w1").expect("the name is free")).cased,
        7
    );
    assert_eq!(audit(&spool).vanished, [id(5)]);
}

#[test]
fn a_bad_entry_that_a_power_loss_left_in_quarantine_as_well_ends_there_once() {
    let disk = Disk::new();
    let spool = disk.spool();
    publish(
        &mut Publisher::open(&spool).expect("the lock is free"),
        0..4,
    );
    let entry = disk.files("pending").remove(0);
    let path = disk.path("pending").join(&entry);
    replace(&path, b"{");
    let name = path.file_name().expect("an entry");
    std::fs::hard_link(&path, disk.path("quarantine").join(name)).expect("a second name");
    let done = drain(&mut Worker::open(&spool, "w1").expect("the name is free"));
    assert_eq!((done.cased, done.duplicates, done.held), (3, 1, 0));
    let audit = audit(&spool);
    assert!(audit.is_drained());
    assert_eq!((audit.cased, audit.quarantined), (3, 1));
}

#[test]
fn strangers_files_of_one_name_are_all_kept() {
    let disk = Disk::new();
    let spool = disk.spool();
    publish(
        &mut Publisher::open(&spool).expect("the lock is free"),
        0..12,
    );
    let entries = disk.files("pending");
    for entry in entries.iter().step_by(4) {
        let entry = disk.path("pending").join(entry);
        let bucket = entry.parent().expect("a bucket");
        std::fs::write(bucket.join("Thumbs.db"), b"mine").expect("a stray");
    }
    let done = drain(&mut Worker::open(&spool, "w1").expect("the name is free"));
    assert_eq!(done.cased, 12);
    assert!(audit(&spool).is_drained());
    assert_eq!(disk.files("pending"), Vec::<String>::new());
    let strangers: Vec<_> = disk
        .files("quarantine")
        .into_iter()
        .filter(|file| file.starts_with("Thumbs.db") && !file.ends_with(".reason"))
        .collect();
    assert_eq!(strangers, ["Thumbs.db", "Thumbs.db.1", "Thumbs.db.2"]);
}

#[test]
fn a_bad_copy_of_an_alert_that_has_its_case_is_kept_for_people_and_is_no_second_place() {
    let disk = Disk::new();
    let spool = disk.spool();
    let mut publisher = Publisher::open(&spool).expect("the lock is free");
    publish(&mut publisher, 0..4);
    let mut worker = Worker::open(&spool, "w1").expect("the name is free");
    assert_eq!(drain(&mut worker).cased, 4);
    // Its script sends it again, and somebody spoils that copy while it waits.
    let again = [spool::Incoming {
        id: id(0),
        payload: br#"{"_id":"0","#,
        document: None,
        time: None,
    }];
    publisher.restore(&again).expect("it is published again");
    assert_eq!(drain(&mut worker).quarantined, 1);
    let audit = audit(&spool);
    assert_eq!((audit.published, audit.cased, audit.quarantined), (4, 4, 0));
    assert!(audit.is_drained());
}
