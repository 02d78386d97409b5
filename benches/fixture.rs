//! Alerts as they are measured, and the production queue around them.

use alert::{AlertId, Disposition};
use host::{At, Host};
use os::OsHost;
use spool::{Always, Claimed, Incoming, Judge, Publisher, Spool, SpoolOptions, Stamp, Worker};
use std::path::Path;

/// The queue's promise about its size while it is measured: the incident's cap, so buckets of 250 and claims of 1,000.
pub const OPTIONS: SpoolOptions = SpoolOptions {
    pending_max: 2_000,
    bucket_max: spool::BUCKET_ENTRIES_MAX,
    shed: spool::Shed::Oldest,
    readmit: true,
    claim_buckets: 4,
    seen_max: 65_536,
    packed: spool::Dispositions::NONE,
};

/// Alerts an hour: the incident's backlog of 1.1 million in six days. It fixes how many cases a directory holds.
const ALERTS_AN_HOUR: u32 = 7_638;

/// One alert: its id, its bytes, and where its case belongs.
#[derive(Clone, Debug)]
pub struct Made {
    /// Its identity.
    pub id: AlertId,
    /// An indexer's hit of about 1,200 bytes.
    pub payload: Vec<u8>,
    /// `YYYY/MM/DD/HH`.
    pub shelf: String,
}

/// The alerts of the given numbers.
pub fn make(numbers: std::ops::Range<u32>) -> Vec<Made> {
    numbers.map(make_one).collect()
}

fn make_one(number: u32) -> Made {
    let hours = number / ALERTS_AN_HOUR;
    let (day, hour) = (1 + hours / 24 % 28, hours % 24);
    let id = format!("bench{number:015}");
    let mut text = format!(
        concat!(
            r#"{{"_index":"wazuh-alerts-4.x-2026.04.{:02}","_id":"{}","_source":{{"#,
            r#""timestamp":"2026-04-{:02}T{:02}:39:02.{:03}+0000","#,
            r#""rule":{{"id":"60106","level":3,"description":"Windows logon success."}},"#,
            r#""agent":{{"id":"{:03}","name":"host-{:03}"}},"full_log":""#
        ),
        day,
        id,
        day,
        hour,
        number % 1_000,
        number % 100,
        number % 100
    );
    while text.len() < 1_190 {
        text.push_str("logon type 3; ");
    }
    text.push_str(r#""}}"#);
    Made {
        id: AlertId::of("bench", &id),
        payload: text.into_bytes(),
        shelf: format!("2026/04/{day:02}/{hour:02}"),
    }
}

/// The machine, seen from a directory.
///
/// # Panics
/// If the directory cannot be opened, as everything here: a benchmark that cannot run has nothing to say.
pub fn host(dir: &Path) -> OsHost {
    OsHost::new(dir).expect("the directory opens")
}

/// A new spool `name` below the host's directory.
pub fn spool<'h>(host: &'h OsHost, name: &str) -> Spool<'h> {
    spool_with(host, name, OPTIONS)
}

/// The spool `name`, with these options.
pub fn spool_with<'h>(host: &'h OsHost, name: &str, options: SpoolOptions) -> Spool<'h> {
    Spool::init(host, At::new(host.root(), name), options).expect("a spool")
}

/// Publishes alerts as one page.
pub fn publish(publisher: &mut Publisher<'_>, alerts: &[Made]) {
    let batch: Vec<_> = alerts
        .iter()
        .map(|made| Incoming {
            id: made.id,
            payload: &made.payload,
            document: None,
            time: None,
        })
        .collect();
    let done = publisher.publish(&batch).expect("the page is published");
    assert_eq!(done.published, alerts.len() as u64);
}

/// Claims and completes until nothing is pending; says how many cases were made.
pub fn drain(worker: &mut Worker<'_>) -> u64 {
    drain_by(worker, &mut Always(Disposition::Review))
}

/// The same, with that judge.
pub fn drain_by(worker: &mut Worker<'_>, judge: &mut dyn Judge) -> u64 {
    let mut cased = 0;
    while let Claimed::Buckets(claim) = worker.claim().expect("claims") {
        cased += worker.complete(claim, judge).expect("completes").cased;
    }
    cased
}

/// The stamp of the `number`-th entry that a bare loop names.
pub fn stamp(number: usize) -> Stamp {
    Stamp {
        millis: 1_775_021_347_123,
        sequence: u32::try_from(number).expect("a benchmark's entries are few"),
    }
}
