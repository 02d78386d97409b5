//! From publish to case.

use crate::fixture::{Disk, OPTIONS, audit, drain, id, publish};
use alert::Disposition;
use host::Millis;
use spool::{Always, Claimed, Dispositions, Publisher, Spool, SpoolError, SpoolOptions, Worker};

#[test]
fn every_published_alert_becomes_one_case_that_holds_the_very_file() {
    let disk = Disk::new();
    let spool = disk.spool();
    let mut publisher = Publisher::open(&spool).expect("the lock is free");
    assert_eq!(publish(&mut publisher, 0..10).published, 10);
    let mut worker = Worker::open(&spool, "w1").expect("the name is free");
    assert_eq!(drain(&mut worker).cased, 10);
    let audit = audit(&spool);
    assert_eq!((audit.published, audit.cased), (10, 10));
    assert!(audit.is_drained());
    let alert = disk.path(&format!("cases/2026/04/01/05/{}/alert.json", id(3)));
    assert_eq!(
        std::fs::read(alert).expect("the case"),
        crate::fixture::payload(3)
    );
    assert_eq!(disk.files("pending"), Vec::<String>::new());
    let manifest = disk.path(&format!("cases/2026/04/01/05/{}", id(3)));
    let checked = std::process::Command::new("sha256sum")
        .args(["--check", "--strict", "manifest-sha256.txt"])
        .current_dir(manifest)
        .output()
        .expect("coreutils are everywhere");
    assert!(checked.status.success(), "{checked:?}");
    assert_eq!(disk.files("cases").len(), 30);
}

#[test]
fn publishing_a_page_again_adds_nothing_over_a_restart_too() {
    let disk = Disk::new();
    let spool = disk.spool();
    let mut publisher = Publisher::open(&spool).expect("the lock is free");
    publish(&mut publisher, 0..10);
    let again = publish(&mut publisher, 5..15);
    assert_eq!((again.published, again.duplicates), (5, 5));
    drop(publisher);
    let mut publisher = Publisher::open(&spool).expect("the lock is free again");
    assert_eq!(publish(&mut publisher, 0..15).published, 0);
    assert_eq!(audit(&spool).pending, 15);
}

#[test]
fn a_duplicate_that_the_publisher_has_forgotten_meets_its_first_case() {
    let disk = Disk::new();
    let spool = disk.spool();
    let mut publisher = Publisher::open(&spool).expect("the lock is free");
    let mut worker = Worker::open(&spool, "w1").expect("the name is free");
    publish(&mut publisher, 0..4);
    drain(&mut worker);
    for start in (4..200).step_by(28) {
        publish(&mut publisher, start..start + 28);
    }
    assert_eq!(
        publish(&mut publisher, 0..4).published,
        4,
        "64 ids are remembered, not 200"
    );
    let done = drain(&mut worker);
    assert_eq!((done.cased, done.duplicates), (196, 4));
    assert_eq!(audit(&spool).cased, 200);
    assert_eq!(disk.files("claimed").len(), 1, "only the lock is left");
}

#[test]
fn a_claim_that_is_released_is_pending_again_and_passed_by_once() {
    let disk = Disk::new();
    let spool = disk.spool();
    publish(
        &mut Publisher::open(&spool).expect("the lock is free"),
        0..12,
    );
    let mut worker = Worker::open(&spool, "w1").expect("the name is free");
    let Claimed::Buckets(first) = worker.claim().expect("claims") else {
        panic!("12 are pending")
    };
    assert_eq!(first.entries(), 8);
    worker.release(first).expect("releases");
    let Claimed::Buckets(next) = worker.claim().expect("claims") else {
        panic!("4 are untried")
    };
    assert_eq!(next.entries(), 4);
    worker
        .complete(next, &mut Always(Disposition::Review))
        .expect("completes");
    assert!(
        matches!(worker.claim().expect("claims"), Claimed::Nothing),
        "the pass is over"
    );
    assert_eq!(
        drain(&mut worker).cased,
        8,
        "the next pass takes what was given back"
    );
}

#[test]
fn a_second_publisher_and_a_second_worker_of_one_name_are_refused() {
    let disk = Disk::new();
    let spool = disk.spool();
    let _publisher = Publisher::open(&spool).expect("the lock is free");
    let _worker = Worker::open(&spool, "w1").expect("the name is free");
    assert!(matches!(
        Publisher::open(&spool),
        Err(SpoolError::Held { .. })
    ));
    assert!(matches!(
        Worker::open(&spool, "w1"),
        Err(SpoolError::Held { .. })
    ));
    assert!(Worker::open(&spool, "w2").is_ok());
}

#[test]
fn two_workers_share_the_queue_and_no_case_is_made_twice() {
    let disk = Disk::new();
    let spool = disk.spool();
    publish(
        &mut Publisher::open(&spool).expect("the lock is free"),
        0..400,
    );
    let cased: Vec<u64> = std::thread::scope(|scope| {
        let start = |name: &'static str| {
            let host = &disk.host;
            scope.spawn(move || {
                let at = host::At::new(host::Host::root(host), "s");
                let spool = spool::Spool::open(host, at, crate::fixture::OPTIONS).expect("opens");
                let mut worker = Worker::open(&spool, name).expect("the name is free");
                drain(&mut worker).cased
            })
        };
        let workers = [start("w1"), start("w2")];
        workers
            .into_iter()
            .map(|worker| worker.join().expect("no panic"))
            .collect()
    });
    assert_eq!(cased.iter().sum::<u64>(), 400, "{cased:?}");
    assert_eq!(audit(&spool).cased, 400);
}

#[test]
fn a_worker_whose_claims_were_given_away_is_fenced() {
    let disk = Disk::new();
    let spool = disk.spool();
    publish(
        &mut Publisher::open(&spool).expect("the lock is free"),
        0..8,
    );
    let mut stalled = Worker::open(&spool, "w1").expect("the name is free");
    let Claimed::Buckets(claim) = stalled.claim().expect("claims") else {
        panic!("8 pending")
    };
    // Somebody breaks the lock: the next publisher sweeps the worker's directory.
    std::fs::remove_file(disk.path("claimed/w1.lock")).expect("the lock's file");
    drop(Publisher::open(&spool).expect("the lock is free"));
    let refused = stalled.complete(claim, &mut Always(Disposition::Review));
    assert!(
        matches!(refused, Err(SpoolError::Fenced { .. })),
        "{refused:?}"
    );
    assert_eq!(audit(&spool).pending, 8);
}

#[test]
fn a_worker_name_that_could_leave_its_directory_is_refused() {
    let disk = Disk::new();
    let spool = disk.spool();
    for name in ["", "../w", "a-b", "a/b", "W", &"w".repeat(25)] {
        assert!(
            matches!(
                Worker::open(&spool, name),
                Err(SpoolError::BadWorkerName { .. })
            ),
            "{name}"
        );
    }
}

/// Makes the cases of the alerts 0 to 3, which are of one hour, and of 9, which has no time.
fn make_cases(spool: &Spool<'_>) {
    let mut publisher = Publisher::open(spool).expect("the lock is free");
    publish(&mut publisher, 0..4);
    let undated = spool::Incoming {
        id: id(9),
        payload: br#"{"_id":"9"}"#,
        document: None,
        time: None,
    };
    publisher.publish(&[undated]).expect("published");
    let mut worker = Worker::open(spool, "w1").expect("the name is free");
    assert_eq!(drain(&mut worker).cased, 5);
}

#[test]
fn a_case_is_found_by_its_id_alone_and_by_the_shelf_that_the_ledger_names() {
    let disk = Disk::new();
    let spool = disk.spool();
    make_cases(&spool);
    let found = spool::cases::find(&spool, id(2)).expect("a search");
    let found = found.expect("there is a case");
    assert_eq!((found.id, found.shelf.as_str()), (id(2), "2026/04/01/05"));
    assert_eq!(found.alert, crate::fixture::payload(2));
    let said = String::from_utf8_lossy(&found.case);
    assert!(said.contains(&id(2).to_string()), "{said}");
    let read = spool::cases::read(&spool, &found.shelf, id(2)).expect("a look");
    assert_eq!(read.as_ref(), Some(&found));
    let undated = spool::cases::find(&spool, id(9)).expect("a search");
    assert_eq!(undated.expect("a case").alert, br#"{"_id":"9"}"#);
    let elsewhere = spool::cases::read(&spool, "2026/04/01/06", id(2)).expect("a look");
    let unknown = spool::cases::find(&spool, id(7)).expect("a search");
    assert_eq!((elsewhere, unknown), (None, None));
}

#[test]
fn those_of_many_alerts_that_have_a_case_are_found_by_when_they_may_have_happened() {
    for packed in [Dispositions::NONE, Dispositions::of(&[Disposition::Review])] {
        let disk = Disk::new();
        let spool = disk.spool_with(SpoolOptions { packed, ..OPTIONS });
        make_cases(&spool);

        let hour = |hours: i64| Millis(1_775_019_600_000 + hours * 3_600_000);
        let standing = |numbers: &[u32], times: Option<(i64, i64)>| {
            let times = times.map(|(from, to)| (hour(from), hour(to)));
            let wanted = numbers.iter().map(|number| (id(*number), times)).collect();
            spool::cases::standing(&spool, &wanted).expect("a search")
        };
        let all = [0, 1, 2, 3, 7, 9];
        let found = [0, 1, 2, 3, 9].map(id).into();
        assert_eq!(standing(&all, Some((0, 0))), found);
        assert_eq!(standing(&all, Some((-2, 2))), found);
        assert_eq!(standing(&all, None), found, "any hour");
        assert_eq!(
            standing(&all, Some((1, 80))),
            found,
            "three days are any hour"
        );
        let undated = [id(9)].into();
        assert_eq!(standing(&all, Some((1, 3))), undated, "another hour");
        assert_eq!(standing(&[7], None), [].into());
    }
}
