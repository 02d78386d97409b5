//! The ledger says what proves the bytes of each case, and the audit finds what no longer is so.

use crate::fixture::{Disk, OPTIONS, drain, drain_by, publish};
use alert::Disposition;
use sha2::{Digest, Sha256};
use spool::audit::{DamageKind, Progress, audit_deep};
use spool::{Always, Dispositions, LedgerPosition, Publisher, SpoolOptions, Worker, follow};
use std::fs;

/// The cases that the ledger tells of: shelf, id and digest.
fn recorded(spool: &spool::Spool<'_>) -> Vec<(String, String, Option<String>)> {
    let mut found = Vec::new();
    follow(spool, &LedgerPosition::default(), &mut |record| {
        let cases = record.new_cases();
        found.extend(cases.map(|case| {
            let digest = case.digest.map(str::to_owned);
            (case.shelf.to_owned(), case.entry.id().to_string(), digest)
        }));
    })
    .expect("a ledger");
    found
}

fn sum(bytes: &[u8]) -> String {
    let digest = Sha256::digest(bytes);
    digest.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[test]
fn a_record_has_the_digest_of_each_cases_manifest() {
    let disk = Disk::new();
    let spool = disk.spool();
    publish(
        &mut Publisher::open(&spool).expect("the lock is free"),
        0..10,
    );
    drain(&mut Worker::open(&spool, "w1").expect("the name is free"));
    let recorded = recorded(&spool);
    assert_eq!(recorded.len(), 10);
    for (shelf, id, digest) in recorded {
        let manifest = disk
            .path("cases")
            .join(shelf)
            .join(id)
            .join("manifest-sha256.txt");
        assert_eq!(digest, Some(sum(&fs::read(manifest).expect("a manifest"))));
    }
}

#[test]
fn a_record_has_the_digest_of_each_pack_once() {
    let disk = Disk::new();
    let spool = disk.spool_with(SpoolOptions {
        packed: Dispositions::of(&[Disposition::Benign]),
        ..OPTIONS
    });
    publish(
        &mut Publisher::open(&spool).expect("the lock is free"),
        0..10,
    );
    let mut worker = Worker::open(&spool, "w1").expect("the name is free");
    drain_by(&mut worker, &mut Always(Disposition::Benign));
    let recorded = recorded(&spool);
    assert_eq!(recorded.len(), 10);
    for (shelf, _, digest) in &recorded {
        let pack = fs::read(disk.path("cases").join(shelf)).expect("a pack");
        assert_eq!(digest.as_ref(), Some(&sum(&pack[77..])));
    }
    let ledger = fs::read_to_string(disk.path("ledger/w1-000000.ndjson"));
    let ledger = ledger.expect("a segment");
    for (_, _, digest) in &recorded {
        let digest = digest.as_ref().expect("a digest");
        assert_eq!(ledger.matches(digest.as_str()).count(), 1);
    }
}

#[test]
fn cases_of_a_ledger_without_digests_are_held_against_their_manifests_and_counted() {
    let disk = Disk::new();
    let spool = disk.spool();
    publish(
        &mut Publisher::open(&spool).expect("the lock is free"),
        0..10,
    );
    drain(&mut Worker::open(&spool, "w1").expect("the name is free"));
    without_digests(&disk);
    let mut last = None;
    let audit = audit_deep(&spool, &mut |progress| last = Some(progress)).expect("an audit");
    assert_eq!(
        (audit.mismatches(), audit.unsealed, audit.is_deep),
        (0, 10, true),
        "{audit}"
    );
    let all = Progress {
        read: 10,
        recorded: 10,
    };
    assert_eq!(last, Some(all));
    let (shelf, id, _) = recorded(&spool).remove(3);
    let case = disk.path("cases").join(shelf).join(id).join("case.json");
    fs::write(&case, b"{}").expect("an edit");
    let audit = audit_deep(&spool, &mut |_| {}).expect("an audit");
    let [one] = &audit.damaged[..] else {
        panic!("{audit}")
    };
    assert_eq!(
        (one.kind, one.file.as_str()),
        (DamageKind::Changed, "case.json")
    );
}

/// Writes the worker's segment as an earlier version did, with a chain that fits.
fn without_digests(disk: &Disk) {
    let path = disk.path("ledger/w1-000000.ndjson");
    let text = fs::read_to_string(&path).expect("a segment");
    let (mut chain, mut old) = (String::new(), String::new());
    for line in text.lines() {
        let json = &line[85..line.len() - 1];
        let json = match json.find(",\"digests\":") {
            Some(at) => {
                let end = at + json[at..].find("]]").expect("the list's end") + 2;
                format!("{}{}", &json[..at], &json[end..])
            }
            None => json.to_owned(),
        };
        chain = sum(format!("{chain}{json}").as_bytes());
        old.push_str(&format!("{{\"chain\":\"{chain}\",\"record\":{json}}}\n"));
    }
    assert_ne!(old, text);
    fs::write(&path, old).expect("an older segment");
}
