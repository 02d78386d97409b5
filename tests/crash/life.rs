//! The program that is disturbed. One life runs it from start to end; whatever an earlier life left, the next goes on with.

use alert::{Alert, AlertId, Disposition};
use host::{At, Host};
use spool::audit::{Audit, audit};
use spool::{
    Claimed, Dispositions, Incoming, Judge, Publisher, Shed, Spool, SpoolError, SpoolOptions,
    Worker, cap,
};
use std::collections::BTreeMap;

/// Where the spool is, below the machine's root.
pub(crate) const SPOOL: &str = "s";
/// The flat directory that is adopted.
pub(crate) const LEGACY: &str = "legacy";

/// Buckets of 2, and no cap that matters.
const OPTIONS: SpoolOptions = SpoolOptions {
    pending_max: 16,
    bucket_max: spool::BUCKET_ENTRIES_MAX,
    shed: Shed::Oldest,
    readmit: true,
    claim_buckets: 2,
    seen_max: 64,
    packed: Dispositions::NONE,
};
/// The cap of the cap passes: most of the queue is parked.
const CAP: u32 = 4;

/// What is packed, where anything is.
pub(crate) const BENIGN: Dispositions = Dispositions::of(&[Disposition::Benign]);

/// What a life is to do.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Work {
    /// Publish three batches, cap, readmit and work.
    Flow,
    /// The same with a publisher that forgets, so that old alerts come twice.
    Forgetful,
    /// Adopt a flat directory and work.
    Adopt,
    /// The flow in a spool that packs what is benign.
    Packed,
    /// The same with a publisher that forgets, and a judge who changes his mind: what was packed comes again as a case for a
    /// person, and the other way round.
    PackedForgetful,
    /// Whole passes of the pipeline over a mock indexer.
    Pipeline,
}

/// Judges by the alert's number, so that buckets are mixed: half of the alerts are benign, and which half may change.
pub(crate) struct Halves {
    /// Of every four numbers, those that are benign.
    pub(crate) benign: [bool; 4],
}

impl Halves {
    pub(crate) const FIRST: Halves = Halves {
        benign: [true, true, false, false],
    };
    pub(crate) const OTHER: Halves = Halves {
        benign: [false, true, true, false],
    };
}

impl Judge for Halves {
    fn judge(&mut self, alert: &Alert<'_>, details: &mut Vec<u8>) -> Disposition {
        details.extend_from_slice(br#"{"said":"so"}"#);
        let digit = alert.bytes.iter().find(|byte| byte.is_ascii_digit());
        let number = digit.map_or(0, |digit| usize::from(*digit));
        match self.benign[number % 4] {
            true => Disposition::Benign,
            false => Disposition::Review,
        }
    }

    fn policy(&self) -> &str {
        ""
    }
}

/// The alerts of each batch. Numbers that come twice are pages that overlap.
const BATCHES: [&[u32]; 3] = [&[0, 1, 2, 3, 4], &[4, 5, 6, 7], &[0, 8]];
/// The alert whose bytes are no JSON.
pub(crate) const BAD: u32 = 5;
/// Files of the adopted directory.
pub(crate) const LEGACY_COUNT: u32 = 5;

/// What outlives a life: the cursor of the source.
#[derive(Default, Debug)]
pub(crate) struct Memory {
    /// How many batches were acknowledged.
    pub(crate) acknowledged: usize,
}

impl Work {
    fn options(self) -> SpoolOptions {
        match self {
            Work::Flow | Work::Adopt | Work::Pipeline => OPTIONS,
            Work::Forgetful => SpoolOptions {
                seen_max: 2,
                ..OPTIONS
            },
            Work::Packed => SpoolOptions {
                packed: BENIGN,
                ..OPTIONS
            },
            Work::PackedForgetful => SpoolOptions {
                packed: BENIGN,
                seen_max: 0,
                ..OPTIONS
            },
        }
    }

    /// Every alert that ends somewhere, with its bytes.
    pub(crate) fn alerts(self) -> BTreeMap<AlertId, Vec<u8>> {
        match self {
            Work::Flow | Work::Forgetful | Work::Packed | Work::PackedForgetful => BATCHES
                .iter()
                .flat_map(|batch| batch.iter())
                .map(|&number| (id(number), payload(number)))
                .collect(),
            Work::Pipeline => crate::passes::alerts(),
            Work::Adopt => (0..LEGACY_COUNT)
                .map(|number| {
                    let name = legacy_name(number);
                    (AlertId::of_file_name(name.as_bytes()), payload(number))
                })
                .collect(),
        }
    }
}

/// A file name of the adopted directory.
pub(crate) fn legacy_name(number: u32) -> String {
    format!("alert-{number}.json")
}

fn id(number: u32) -> AlertId {
    AlertId::of("wazuh-alerts-4.x-2026.04.01", &number.to_string())
}

/// The bytes of an alert: a document of the first hour of the backlog, or no JSON at all.
pub(crate) fn payload(number: u32) -> Vec<u8> {
    if number == BAD {
        return b"{\"half\":".to_vec();
    }
    let date = if number == 7 {
        "no timestamp"
    } else {
        "2026-04-01T05:39:02.123+0000"
    };
    format!(r#"{{"_id":"{number}","_source":{{"timestamp":"{date}"}}}}"#).into_bytes()
}

/// Runs the program once. Where a call failed, `stubborn` tries again in the same process; otherwise the life ends there.
pub(crate) fn live(
    host: &dyn Host,
    work: Work,
    stubborn: bool,
    memory: &mut Memory,
) -> Result<Audit, String> {
    if work == Work::Pipeline {
        return crate::passes::live(host, stubborn);
    }
    let mut tries = if stubborn { 3 } else { 1 };
    loop {
        tries -= 1;
        match live_once(host, work, stubborn, memory) {
            Err(_) if 0 < tries => {}
            Err(error) => return Err(format!("{error} ({:?})", error.class())),
            Ok(audit) => return Ok(audit),
        }
    }
}

fn live_once(
    host: &dyn Host,
    work: Work,
    stubborn: bool,
    memory: &mut Memory,
) -> Result<Audit, SpoolError> {
    let at = At::new(host.root(), SPOOL);
    let spool = Spool::init(host, at, work.options())?;
    let capped = SpoolOptions {
        pending_max: CAP,
        ..work.options()
    };
    let capped = Spool::open(host, at, capped)?;
    let mut publisher = Publisher::open(&spool)?;
    if work == Work::Adopt {
        publisher.adopt(At::new(host.root(), LEGACY))?;
    } else {
        publish(&mut publisher, 2, stubborn, memory)?;
    }
    cap::enforce(&capped)?;
    let mut worker = Worker::open(&spool, "w1")?;
    if let Claimed::Buckets(claim) = worker.claim()? {
        worker.release(claim)?;
    }
    drain(&mut worker, &capped, &mut { Halves::FIRST })?;
    if work != Work::Adopt {
        publish(&mut publisher, BATCHES.len(), stubborn, memory)?;
        drain(&mut worker, &capped, &mut { Halves::OTHER })?;
    }
    audit(&spool)
}

/// Publishes the batches up to `end` that are not acknowledged.
fn publish(
    publisher: &mut Publisher<'_>,
    end: usize,
    stubborn: bool,
    memory: &mut Memory,
) -> Result<(), SpoolError> {
    while memory.acknowledged < end {
        let numbers = BATCHES[memory.acknowledged];
        let payloads: Vec<_> = numbers.iter().map(|&number| payload(number)).collect();
        let batch: Vec<_> = numbers
            .iter()
            .zip(&payloads)
            .map(|(&number, payload)| Incoming {
                id: id(number),
                payload,
                document: None,
                time: None,
            })
            .collect();
        match publisher.publish(&batch) {
            Ok(_) => {}
            // A publisher that is not poisoned has shown nothing of the batch, and may be given it again.
            Err(_) if stubborn => drop(publisher.publish(&batch)?),
            Err(error) => return Err(error),
        }
        memory.acknowledged += 1;
    }
    Ok(())
}

/// Works until nothing is pending and nothing is parked, or nothing moves any more.
fn drain(
    worker: &mut Worker<'_>,
    capped: &Spool<'_>,
    judge: &mut dyn Judge,
) -> Result<(), SpoolError> {
    let mut idle = 0;
    while idle < 3 {
        let readmitted = cap::readmit(capped)?.moved;
        let mut worked = 0;
        while let Claimed::Buckets(claim) = worker.claim()? {
            let done = worker.complete(claim, judge)?;
            worked += done.cased + done.quarantined + done.duplicates + done.vanished;
        }
        idle = if readmitted + worked == 0 {
            idle + 1
        } else {
            0
        };
    }
    Ok(())
}
