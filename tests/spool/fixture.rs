//! A spool in a directory that is removed afterwards.

use alert::{AlertId, Disposition};
use host::{At, Host};
use os::OsHost;
use spool::{Always, Claimed, Completion, Incoming, Judge, Publisher, Spool, SpoolOptions, Worker};
use std::path::{Path, PathBuf};

/// A small queue: buckets of 4, a cap of 32.
pub(crate) const OPTIONS: SpoolOptions = SpoolOptions {
    pending_max: 32,
    bucket_max: spool::BUCKET_ENTRIES_MAX,
    shed: spool::Shed::Oldest,
    readmit: true,
    claim_buckets: 2,
    seen_max: 64,
    packed: spool::Dispositions::NONE,
};

pub(crate) struct Disk {
    dir: tempfile::TempDir,
    pub(crate) host: OsHost,
}

impl Disk {
    pub(crate) fn new() -> Self {
        let dir = tempfile::tempdir().expect("a temporary directory");
        let host = OsHost::new(dir.path()).expect("the temporary directory opens");
        Disk { dir, host }
    }

    /// The spool with these options, as one process opens it.
    pub(crate) fn spool_with(&self, options: SpoolOptions) -> Spool<'_> {
        Spool::init(&self.host, At::new(self.host.root(), "s"), options).expect("a spool")
    }

    /// The spool, as one process opens it.
    pub(crate) fn spool(&self) -> Spool<'_> {
        self.spool_with(OPTIONS)
    }

    pub(crate) fn path(&self, below: &str) -> PathBuf {
        self.dir.path().join("s").join(below)
    }

    /// Every file below a part of the spool, as paths relative to it, sorted.
    pub(crate) fn files(&self, part: &str) -> Vec<String> {
        let top = self.path(part);
        let mut found = Vec::new();
        collect(&top, &top, &mut found);
        found.sort();
        found
    }
}

fn collect(top: &Path, dir: &Path, into: &mut Vec<String>) {
    for entry in std::fs::read_dir(dir).expect("a directory of the spool") {
        let entry = entry.expect("an entry");
        if entry.file_type().expect("a type").is_dir() {
            collect(top, &entry.path(), into);
        } else {
            let path = entry.path();
            let below = path.strip_prefix(top).expect("below the top");
            into.push(below.to_string_lossy().into_owned());
        }
    }
}

pub(crate) fn id(number: u32) -> AlertId {
    AlertId::of("wazuh-alerts-4.x-2026.04.01", &number.to_string())
}

/// A document as an indexer's hit, of the first hour of the backlog.
pub(crate) fn payload(number: u32) -> Vec<u8> {
    format!(
        r#"{{"_index":"wazuh-alerts-4.x-2026.04.01","_id":"{number}","_source":{{"timestamp":"2026-04-01T05:39:02.123+0000","rule":{{"level":3}}}}}}"#
    )
    .into_bytes()
}

pub(crate) fn publish(
    publisher: &mut Publisher<'_>,
    numbers: std::ops::Range<u32>,
) -> spool::Published {
    let payloads: Vec<_> = numbers.clone().map(payload).collect();
    let batch: Vec<_> = numbers
        .zip(&payloads)
        .map(|(number, payload)| Incoming {
            id: id(number),
            payload,
            document: None,
            time: None,
        })
        .collect();
    publisher.publish(&batch).expect("the batch is published")
}

/// Works until nothing is pending that this pass has not tried.
pub(crate) fn drain(worker: &mut Worker<'_>) -> Completion {
    drain_by(worker, &mut Always(Disposition::Review))
}

/// The same, with that judge.
pub(crate) fn drain_by(worker: &mut Worker<'_>, judge: &mut dyn Judge) -> Completion {
    let mut total = Completion::default();
    while let Claimed::Buckets(claim) = worker.claim().expect("claims") {
        let one = worker.complete(claim, judge).expect("completes");
        total.seen += one.seen;
        total.cased += one.cased;
        total.quarantined += one.quarantined;
        total.duplicates += one.duplicates;
        total.vanished += one.vanished;
        total.held += one.held;
    }
    total
}

/// Audits, prints the equation, and demands that nothing contradicts the contract.
pub(crate) fn audit(spool: &Spool<'_>) -> spool::audit::Audit {
    let audit = spool::audit::audit(spool).expect("an audit");
    println!("{audit}");
    assert_eq!(audit.mismatches(), 0, "{audit}");
    audit
}
