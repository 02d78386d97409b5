//! Cases that share a file.

use crate::fixture::{Disk, OPTIONS, audit, drain, drain_by, id, payload, publish};
use alert::{Alert, AlertId, Disposition};
use serde_json::Value;
use spool::audit::audit_deep;
use spool::{
    Always, Claimed, Dispositions, Incoming, Judge, Publisher, Spool, SpoolOptions, Worker, cases,
};

const PACKED: SpoolOptions = SpoolOptions {
    packed: Dispositions::of(&[Disposition::Benign, Disposition::KnownFp]),
    ..OPTIONS
};
const BENIGN: Always = Always(Disposition::Benign);
const HOUR: &str = "packed/2026/04/01/05";

/// Says benign of all but every so many-th alert, which a person must see.
struct Every(u64);

impl Judge for Every {
    fn judge(&mut self, alert: &Alert<'_>, details: &mut Vec<u8>) -> Disposition {
        details.extend_from_slice(br#"{"rule":"test"}"#);
        let document: Value = serde_json::from_slice(alert.bytes).expect("it was parsed before");
        let number = document["_id"]
            .as_str()
            .and_then(|id| id.parse::<u64>().ok());
        match number.expect("a number") % self.0 {
            0 => Disposition::Review,
            _ => Disposition::Benign,
        }
    }

    fn policy(&self) -> &str {
        "p"
    }
}

fn publish_bytes(spool: &Spool<'_>, alerts: &[(AlertId, &[u8])]) {
    let batch: Vec<_> = alerts
        .iter()
        .map(|&(id, payload)| Incoming {
            id,
            payload,
            document: None,
            time: None,
        })
        .collect();
    let mut publisher = Publisher::open(spool).expect("the lock is free");
    publisher.publish(&batch).expect("published");
}

/// The lines of a pack that hold cases, by a reader of its own.
fn lines(disk: &Disk, shelf: &str) -> Vec<Value> {
    let text = std::fs::read_to_string(disk.path("cases").join(shelf)).expect("a pack");
    let lines = text.lines().skip(1);
    lines
        .map(|line| serde_json::from_str(line).expect("a line is JSON"))
        .collect()
}

fn packs(disk: &Disk) -> Vec<String> {
    let all = disk.files("cases").into_iter();
    all.filter(|file| file.starts_with("packed/")).collect()
}

#[test]
fn what_is_judged_so_becomes_a_line_of_its_buckets_pack_and_the_rest_directories() {
    let disk = Disk::new();
    let spool = disk.spool_with(PACKED);
    publish(
        &mut Publisher::open(&spool).expect("the lock is free"),
        0..8,
    );
    let mut worker = Worker::open(&spool, "w1").expect("the name is free");
    let done = drain_by(&mut worker, &mut Every(4));
    assert_eq!((done.seen, done.cased, done.held), (8, 8, 0));
    assert_eq!(
        packs(&disk),
        [
            format!("{HOUR}/000001.ndjson"),
            format!("{HOUR}/000002.ndjson")
        ]
    );
    let lines = lines(&disk, &packs(&disk)[0]);
    let ids: Vec<_> = lines.iter().map(|line| &line["case"]["alert_id"]).collect();
    assert_eq!(
        ids,
        [&id(1).to_string(), &id(2).to_string(), &id(3).to_string()]
    );
    let alert: Value = serde_json::from_slice(&payload(2)).expect("a payload");
    assert_eq!(lines[1]["alert"], alert);
    assert_eq!(lines[1]["case"]["disposition"], "benign");
    assert_eq!(lines[1]["case"]["judgement"]["rule"], "test");
    for number in [0, 4] {
        let path = format!("cases/2026/04/01/05/{}/alert.json", id(number));
        assert_eq!(
            std::fs::read(disk.path(&path)).expect("a case"),
            payload(number)
        );
    }
    let audit = audit(&spool);
    assert_eq!((audit.published, audit.cased, audit.strays), (8, 8, 0));
    assert!(audit.is_drained());
    assert_eq!(disk.files("pending"), Vec::<String>::new());
    assert_eq!(disk.files("claimed").len(), 1, "only the lock is left");
}

#[test]
fn a_packed_case_is_found_by_its_id_alone_and_by_the_pack_that_the_ledger_names() {
    let disk = Disk::new();
    let spool = disk.spool_with(PACKED);
    publish(
        &mut Publisher::open(&spool).expect("the lock is free"),
        0..8,
    );
    let mut worker = Worker::open(&spool, "w1").expect("the name is free");
    drain_by(&mut worker, &mut Every(4));
    let ledger = std::fs::read(disk.path("ledger/w1-000000.ndjson")).expect("a segment");
    let records = ledger.split(|byte| *byte == b'\n');
    let records: Vec<_> = records.filter_map(spool::ledger::parse_record).collect();
    let mut told = 0;
    for case in records.iter().flat_map(spool::ledger::Record::new_cases) {
        let id = case.entry.id();
        let read = cases::read(&spool, case.shelf, id)
            .expect("a look")
            .expect("a case");
        assert_eq!(
            cases::find(&spool, id).expect("a search"),
            Some(read.clone())
        );
        let number = (0..8).find(|number| crate::fixture::id(*number) == id);
        assert_eq!(read.alert, payload(number.expect("one of ours")));
        let said: Value = serde_json::from_slice(&read.case).expect("a case is JSON");
        assert_eq!(said["disposition"], case.disposition.word());
        let is_pack = case.shelf.ends_with(".ndjson");
        assert_eq!(
            is_pack,
            case.disposition == Disposition::Benign,
            "{}",
            case.shelf
        );
        told += 1;
    }
    assert_eq!(told, 8);
    assert_eq!(cases::find(&spool, id(99)).expect("a search"), None);
}

#[test]
fn bytes_that_do_not_fit_a_line_come_back_to_the_byte_or_get_a_directory() {
    let disk = Disk::new();
    let spool = disk.spool_with(PACKED);
    let dated = |rest: &str| format!(r#"{{"timestamp":"2026-04-01T05:39:02Z"{rest}}}"#);
    let ended = format!("{}\n", dated(""));
    let pretty = dated(",\n  \"a\": \"\u{1f525} \\n\"");
    let spaced = format!("  {}", dated(",\"b\":1"));
    let mut latin = dated(",\"c\":\"?\"").into_bytes();
    let mark = latin.iter().position(|byte| *byte == b'?').expect("a mark");
    latin[mark] = 0xe9;
    let undated = br#"{"d":1}"#.to_vec();
    let all = [
        ended.into_bytes(),
        pretty.into_bytes(),
        spaced.into_bytes(),
        latin,
        undated,
    ];
    let alerts: Vec<_> = (0..).map(id).zip(all.iter().map(Vec::as_slice)).collect();
    publish_bytes(&spool, &alerts);
    drain_by(
        &mut Worker::open(&spool, "w1").expect("the name is free"),
        &mut BENIGN.clone(),
    );
    for (number, (id, bytes)) in alerts.iter().enumerate() {
        let found = cases::find(&spool, *id).expect("a search").expect("a case");
        assert_eq!(found.alert, *bytes, "{number}");
        let is_packed = found.shelf.starts_with("packed/");
        assert_eq!(is_packed, number < 3, "{number} is at {}", found.shelf);
    }
    assert_eq!(
        audit_deep(&spool, &mut |_| {})
            .expect("an audit")
            .mismatches(),
        0
    );
}

#[test]
fn a_copy_that_comes_later_meets_its_line_over_a_restart_too() {
    let disk = Disk::new();
    let options = SpoolOptions {
        seen_max: 0,
        ..PACKED
    };
    let spool = disk.spool_with(options);
    let mut publisher = Publisher::open(&spool).expect("the lock is free");
    let mut worker = Worker::open(&spool, "w1").expect("the name is free");
    publish(&mut publisher, 0..8);
    assert_eq!(drain_by(&mut worker, &mut Every(4)).cased, 8);
    publish(&mut publisher, 0..8);
    let again = drain_by(&mut worker, &mut Every(4));
    assert_eq!((again.cased, again.duplicates, again.held), (0, 8, 0));
    publish(&mut publisher, 0..8);
    let mut other = Worker::open(&spool, "w2").expect("the name is free");
    let again = drain_by(&mut other, &mut Every(4));
    assert_eq!((again.cased, again.duplicates, again.held), (0, 8, 0));
    assert_eq!(packs(&disk).len(), 2, "nothing was packed again");
    let audit = audit(&spool);
    assert_eq!((audit.cased, audit.strays), (8, 0));
    assert!(audit.is_drained());
}

#[test]
fn an_id_keeps_the_form_of_its_first_case_whatever_it_is_judged_later() {
    let disk = Disk::new();
    let options = SpoolOptions {
        seen_max: 0,
        ..PACKED
    };
    let spool = disk.spool_with(options);
    let mut publisher = Publisher::open(&spool).expect("the lock is free");
    let mut worker = Worker::open(&spool, "w1").expect("the name is free");
    publish(&mut publisher, 0..8);
    drain_by(&mut worker, &mut Every(4));
    // What was packed is a person's now, and the other way round.
    publish(&mut publisher, 0..8);
    let again = drain(&mut worker);
    assert_eq!((again.cased, again.duplicates), (0, 8));
    publish(&mut publisher, 0..8);
    let again = drain_by(&mut worker, &mut BENIGN.clone());
    assert_eq!((again.cased, again.duplicates), (0, 8));
    let audit = audit(&spool);
    assert_eq!((audit.cased, audit.strays), (8, 0));
    assert!(
        cases::find(&spool, id(0))
            .expect("a search")
            .expect("a case")
            .shelf
            == "2026/04/01/05"
    );
}

#[test]
fn a_spool_that_packed_once_still_knows_its_packs_and_one_that_begins_to_knows_its_directories() {
    let disk = Disk::new();
    let forgetful = SpoolOptions {
        seen_max: 0,
        ..OPTIONS
    };
    let packing = SpoolOptions {
        seen_max: 0,
        ..PACKED
    };
    let mut cased = 0;
    // 4 directories; then 4 of each kind, the first being copies; then copies of all, and 4 directories more.
    for (options, count) in [(forgetful, 4), (packing, 8), (forgetful, 12), (packing, 16)] {
        let spool = disk.spool_with(options);
        publish(
            &mut Publisher::open(&spool).expect("the lock is free"),
            0..count,
        );
        let mut worker = Worker::open(&spool, "w1").expect("the name is free");
        let done = drain_by(&mut worker, &mut BENIGN.clone());
        assert_eq!((done.cased, done.duplicates), (4, u64::from(count) - 4));
        cased += done.cased;
        assert_eq!(audit(&spool).cased, cased);
    }
    assert_eq!(packs(&disk).len(), 2);
}

#[test]
fn two_workers_pack_the_same_hour_and_no_id_stands_in_two_packs() {
    let disk = Disk::new();
    let options = SpoolOptions {
        seen_max: 0,
        claim_buckets: 1,
        ..PACKED
    };
    let spool = disk.spool_with(options);
    let mut publisher = Publisher::open(&spool).expect("the lock is free");
    // Every alert twice, so that both workers have copies in hand at once.
    for start in (0..400).step_by(20) {
        publish(&mut publisher, start..start + 20);
        publish(&mut publisher, start..start + 20);
    }
    let done: Vec<_> = std::thread::scope(|scope| {
        let start = |name: &'static str| {
            let host = &disk.host;
            scope.spawn(move || {
                let at = host::At::new(host::Host::root(host), "s");
                let spool = Spool::open(host, at, options).expect("opens");
                let mut worker = Worker::open(&spool, name).expect("the name is free");
                drain_by(&mut worker, &mut Every(5))
            })
        };
        let workers = [start("w1"), start("w2")];
        workers
            .into_iter()
            .map(|worker| worker.join().expect("no panic"))
            .collect()
    });
    let last = drain_by(
        &mut Worker::open(&spool, "w1").expect("free again"),
        &mut Every(5),
    );
    let cased: u64 = done.iter().chain([&last]).map(|done| done.cased).sum();
    assert_eq!(cased, 400, "{done:?}");
    let mut ids = std::collections::BTreeSet::new();
    for pack in packs(&disk) {
        for line in lines(&disk, &pack) {
            assert!(ids.insert(line["case"]["alert_id"].to_string()), "{line}");
        }
    }
    assert_eq!(ids.len(), 320);
    let audit = audit(&spool);
    assert_eq!((audit.cased, audit.strays), (400, 0));
    assert!(audit.is_drained());
}

/// Judges as [`Every`], and lets somebody else work when it comes to an alert.
struct Meanwhile<'a> {
    at: u64,
    act: &'a mut dyn FnMut(),
}

impl Judge for Meanwhile<'_> {
    fn judge(&mut self, alert: &Alert<'_>, details: &mut Vec<u8>) -> Disposition {
        let id = format!(r#""_id":"{}""#, self.at);
        if String::from_utf8_lossy(alert.bytes).contains(&id) {
            (self.act)();
        }
        Every(1_000_000).judge(alert, details)
    }

    fn policy(&self) -> &str {
        "p"
    }
}

#[test]
fn a_workers_second_pack_is_held_against_what_another_placed_before_its_first() {
    let disk = Disk::new();
    let options = SpoolOptions {
        seen_max: 0,
        claim_buckets: 2,
        ..PACKED
    };
    let spool = disk.spool_with(options);
    let mut publisher = Publisher::open(&spool).expect("the lock is free");
    // Two buckets for the first worker, and copies of all that is in the second of them for the other.
    publish(&mut publisher, 1..5);
    publish(&mut publisher, 5..9);
    publish(&mut publisher, 5..9);
    let mut first = Worker::open(&spool, "w1").expect("the name is free");
    let Claimed::Buckets(claim) = first.claim().expect("claims") else {
        panic!("three buckets are pending");
    };
    let mut second = Worker::open(&spool, "w2").expect("the name is free");
    let mut others = 0;
    let mut act = || others += drain_by(&mut second, &mut Every(1_000_000)).cased;
    let mut judge = Meanwhile {
        at: 8,
        act: &mut act,
    };
    let done = first.complete(claim, &mut judge).expect("completes");
    assert_eq!((others, done.cased, done.duplicates), (4, 4, 4));
    let mut ids = std::collections::BTreeSet::new();
    for pack in packs(&disk) {
        for line in lines(&disk, &pack) {
            assert!(ids.insert(line["case"]["alert_id"].to_string()), "{line}");
        }
    }
    assert_eq!(ids.len(), 8);
    assert!(audit(&spool).is_drained());
}

#[test]
fn a_workers_packs_that_were_not_placed_are_dropped_with_its_claim() {
    let disk = Disk::new();
    let spool = disk.spool_with(PACKED);
    publish(
        &mut Publisher::open(&spool).expect("the lock is free"),
        0..4,
    );
    let bucket = disk.files("pending")[0]
        .split('/')
        .next()
        .expect("a bucket")
        .to_owned();
    let left = disk.path("pending").join(bucket).join("2026040105-0.pack");
    std::fs::write(left, "half").expect("a pack that was never placed");
    let mut worker = Worker::open(&spool, "w1").expect("the name is free");
    assert_eq!(drain_by(&mut worker, &mut BENIGN.clone()).cased, 4);
    assert_eq!(disk.files("quarantine"), Vec::<String>::new());
    assert_eq!(audit(&spool).strays, 0);
}

#[test]
fn a_worker_whose_claims_were_given_away_cannot_place_its_packs() {
    let disk = Disk::new();
    let spool = disk.spool_with(PACKED);
    publish(
        &mut Publisher::open(&spool).expect("the lock is free"),
        0..4,
    );
    let mut stalled = Worker::open(&spool, "w1").expect("the name is free");
    let Claimed::Buckets(claim) = stalled.claim().expect("claims") else {
        panic!("4 are pending")
    };
    /// While it judges, somebody breaks the lock and returns its claims.
    struct Breaking<'a>(&'a Disk, bool);
    impl Judge for Breaking<'_> {
        fn judge(&mut self, _: &Alert<'_>, _: &mut Vec<u8>) -> Disposition {
            if !std::mem::replace(&mut self.1, true) {
                std::fs::remove_file(self.0.path("claimed/w1.lock")).expect("the lock's file");
                drop(Publisher::open(&self.0.spool_with(PACKED)).expect("the lock is free"));
            }
            Disposition::Benign
        }
        fn policy(&self) -> &str {
            ""
        }
    }
    let refused = stalled.complete(claim, &mut Breaking(&disk, false));
    assert!(refused.is_err(), "{refused:?}");
    assert_eq!(packs(&disk), Vec::<String>::new());
    assert_eq!(audit(&spool).pending, 4);
}

#[test]
fn bit_rot_is_found_by_the_deep_audit_and_a_pack_that_cannot_be_read_by_any() {
    let disk = Disk::new();
    let spool = disk.spool_with(PACKED);
    publish(
        &mut Publisher::open(&spool).expect("the lock is free"),
        0..8,
    );
    let mut worker = Worker::open(&spool, "w1").expect("the name is free");
    drain_by(&mut worker, &mut Every(4));
    assert_eq!(
        audit_deep(&spool, &mut |_| {})
            .expect("an audit")
            .mismatches(),
        0
    );
    let flip = |path: &str, at: usize| {
        let path = disk.path("cases").join(path);
        let mut bytes = std::fs::read(&path).expect("a file");
        let at = at.min(bytes.len() - 2);
        bytes[at] ^= 1;
        std::fs::write(&path, bytes).expect("a bit is other");
    };
    let [first, second] = [0, 1].map(|at| packs(&disk)[at].clone());
    flip(&first, usize::MAX);
    let directory = format!("2026/04/01/05/{}", id(4));
    flip(&format!("{directory}/alert.json"), 40);
    audit(&spool);
    let deep = audit_deep(&spool, &mut |_| {}).expect("an audit");
    let damaged: Vec<_> = deep.damaged.iter().map(|one| one.path.as_str()).collect();
    assert_eq!(damaged, [directory.as_str(), first.as_str()]);
    // The first line itself.
    flip(&second, 80);
    let plain = spool::audit::audit(&spool).expect("an audit");
    assert_eq!(plain.damaged.len(), 1, "{plain}");
    assert_eq!(plain.damaged[0].path, second);
    assert_eq!(plain.case_missing.len(), 3);
    let refused = cases::find(&spool, id(1)).map(drop);
    let told = refused.expect_err("its pack cannot be read").to_string();
    assert!(told.contains(&second) || told.contains(&first), "{told}");
}

#[test]
fn the_digest_of_a_pack_is_that_of_all_that_follows_it() {
    let disk = Disk::new();
    let spool = disk.spool_with(PACKED);
    publish(
        &mut Publisher::open(&spool).expect("the lock is free"),
        0..4,
    );
    drain_by(
        &mut Worker::open(&spool, "w1").expect("the name is free"),
        &mut BENIGN.clone(),
    );
    let path = disk.path("cases").join(&packs(&disk)[0]);
    let script = format!("tail -c +78 {} | sha256sum", path.display());
    let output = std::process::Command::new("sh")
        .args(["-c", &script])
        .output();
    let output = String::from_utf8(output.expect("a shell").stdout).expect("digits");
    let text = std::fs::read_to_string(&path).expect("a pack");
    assert_eq!(text[11..75], output[..64]);
}

#[test]
fn an_hour_of_many_packs_takes_more_of_them_from_every_new_worker() {
    let disk = Disk::new();
    let spool = disk.spool_with(PACKED);
    // A timer starts the program each time for one alert. All are of one hour, whose books are read at once up to 64 packs.
    for number in 0..70 {
        let mut publisher = Publisher::open(&spool).expect("the lock is free");
        publish(&mut publisher, number..number + 1);
        drop(publisher);
        let mut worker = Worker::open(&spool, "w1").expect("the name is free");
        let done = drain_by(&mut worker, &mut BENIGN.clone());
        assert_eq!(
            (done.seen - done.held, done.cased),
            (1, 1),
            "{number}: {done:?}"
        );
    }
    assert_eq!(packs(&disk).len(), 70);
    let audit = audit(&spool);
    assert_eq!(
        (audit.cased, audit.pending, audit.mismatches()),
        (70, 0, 0),
        "{audit}"
    );
}
