//! Who else is at the spool while the workers work: the publisher, the cap, and an archiver that steals.
//!
//! Each is a thread with a host and a spool of its own, as if it were a process: they share nothing but the disk.

use super::StressError;
use super::site::{QUEUE, SPOOL, STOLEN, Site, names_in};
use host::{At, Dir, Host, Names};
use os::OsHost;
use serde::Serialize;
use spool::{BucketName, Incoming, Publisher, Spool, SpoolOptions, cap};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

/// What the director tells the neighbours.
#[derive(Default)]
pub(super) struct Flags {
    /// Faults have stopped: no more stealing.
    is_quiet: AtomicBool,
    /// Everything is over.
    is_over: AtomicBool,
}

impl Flags {
    pub(super) fn hush(&self) {
        self.is_quiet.store(true, Ordering::Release);
    }

    pub(super) fn end(&self) {
        self.is_over.store(true, Ordering::Release);
    }

    fn is_quiet(&self) -> bool {
        self.is_quiet.load(Ordering::Acquire) || self.is_over()
    }

    fn is_over(&self) -> bool {
        self.is_over.load(Ordering::Acquire)
    }
}

/// Milliseconds from `begun` until now; 0 if the clock was set back.
pub(super) fn millis_since(host: &OsHost, begun: host::Millis) -> u64 {
    u64::try_from(host.now().0 - begun.0).unwrap_or(0)
}

/// What came in, and how fast, beside two workers, the cap and the archiver.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize)]
pub struct Intake {
    /// Legacy files that were adopted.
    pub adopted: u64,
    /// Legacy files that were stolen after the adoption had seen their names.
    pub adoption_vanished: u64,
    /// Legacy names that are no files: set aside.
    pub adoption_quarantined: u64,
    /// How long the adoption took.
    pub adopt_ms: u64,
    /// Alerts that were published.
    pub published: u64,
    /// How long that took, their group commits included.
    pub publish_ms: u64,
}

/// Alerts of one `publish` call: a page as the poller fetches them, or less in a small run.
fn page_of(alerts: u32) -> u32 {
    (alerts / 8).clamp(250, 5_000)
}

/// Publishes the alerts `numbers`, a page at a time, evenly over at least the time `at_least`. Returns how many were
/// published, and how many milliseconds the publishing itself took.
pub(super) fn publish(
    site: &Site,
    publisher: &mut Publisher<'_>,
    numbers: std::ops::Range<u32>,
    at_least: Duration,
    flags: &Flags,
) -> Result<(u64, u64), StressError> {
    let host = site.host()?;
    let (mut at, mut published, mut busy) = (numbers.start, 0, 0);
    let total = numbers.end - numbers.start;
    let mut payloads = Vec::new();
    let begun = host.now();
    while at < numbers.end && !flags.is_over() {
        let page = at..numbers.end.min(at + page_of(total));
        payloads.resize_with(page.len(), Vec::new);
        for (number, payload) in page.clone().zip(&mut payloads) {
            site.population.payload(number, payload);
        }
        let batch: Vec<_> = page
            .clone()
            .zip(&payloads)
            .map(|(number, payload)| Incoming {
                id: site.population.id(number),
                payload,
                document: None,
                time: None,
            })
            .collect();
        let page_begun = host.now();
        published += publisher.publish(&batch)?.published;
        busy += millis_since(&host, page_begun);
        at = page.end;
        let due = at_least * (at - numbers.start) / total;
        host.sleep(due.saturating_sub(Duration::from_millis(millis_since(&host, begun))));
    }
    Ok((published, busy))
}

/// The publisher: adopts the legacy queue, then publishes the alerts from `first` on.
pub(super) fn take_in(
    site: &Site,
    options: SpoolOptions,
    first: u32,
    at_least: Duration,
    flags: &Flags,
) -> Result<Intake, StressError> {
    let host = site.host()?;
    let spool = Spool::open(&host, At::new(host.root(), SPOOL), options)?;
    let mut publisher = Publisher::open(&spool)?;
    let begun = host.now();
    let adoption = publisher.adopt(At::new(host.root(), QUEUE))?;
    let adopt_ms = millis_since(&host, begun);
    let rest = first..site.population.depth;
    let (published, publish_ms) = publish(site, &mut publisher, rest, at_least, flags)?;
    Ok(Intake {
        adopted: adoption.adopted,
        adoption_vanished: adoption.vanished,
        adoption_quarantined: adoption.quarantined,
        adopt_ms,
        published,
        publish_ms,
    })
}

/// What the cap did.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize)]
pub struct CapWork {
    /// Passes.
    pub passes: u64,
    /// Entries that were parked.
    pub parked: u64,
    /// Entries that came back.
    pub readmitted: u64,
    /// Buckets that others took between the scan and the move.
    pub vanished_buckets: u64,
    /// Passes that left more than the cap although nobody held a bucket: breaches of S15.
    pub overfull_passes: u64,
    /// The longest pass.
    pub pass_ms_max: u64,
}

/// How often the cap runs.
const CAP_EVERY: Duration = Duration::from_millis(50);

/// The cap: a pass and a readmission every 50 ms, until everything is over.
pub(super) fn keep_cap(
    site: &Site,
    options: SpoolOptions,
    flags: &Flags,
) -> Result<CapWork, StressError> {
    let host = site.host()?;
    let spool = Spool::open(&host, At::new(host.root(), SPOOL), options)?;
    let mut work = CapWork::default();
    while !flags.is_over() {
        let begun = host.now();
        let pass = cap::enforce(&spool)?;
        work.pass_ms_max = work.pass_ms_max.max(millis_since(&host, begun));
        work.passes += 1;
        work.parked += pass.moved;
        work.vanished_buckets += pass.vanished_buckets;
        let is_overfull = u64::from(options.pending_max) < pass.pending_after;
        work.overfull_passes += u64::from(is_overfull && pass.held_buckets == 0);
        work.readmitted += cap::readmit(&spool)?.moved;
        host.sleep(CAP_EVERY);
    }
    Ok(work)
}

/// What the archiver took.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize)]
pub struct Theft {
    /// Entries taken out of buckets, pending or just claimed.
    pub entries: u64,
    /// Files taken out of the legacy queue before they were adopted.
    pub legacy: u64,
    /// Files that somebody else had moved first.
    pub missed: u64,
}

/// How long the archiver rests after a theft, and when there is nothing to take.
const ARCHIVER_EVERY: Duration = Duration::from_millis(10);
const ARCHIVER_IDLE: Duration = Duration::from_millis(1);
/// It looks at the names that it has listed for up to 2 to the power of so many milliseconds, before it takes some: each
/// power as likely, so that it meets the claims of fast disks and of slow ones.
const ARCHIVER_WINDOW_POWERS: u64 = 8;
/// So many times it goes to the legacy queue first, because that is soon adopted.
const LEGACY_FIRST: u64 = 3;

/// The archiver: lists a bucket, waits, takes some of what it saw. It holds the directory open, so it also takes from
/// buckets that a worker has claimed meanwhile.
pub(super) fn steal(
    site: &Site,
    per_second: u32,
    seed: u64,
    flags: &Flags,
) -> Result<Theft, StressError> {
    let host = site.host()?;
    let stolen = Dir::open(&host, At::new(host.root(), STOLEN))
        .map_err(|source| StressError::host("open", STOLEN, source))?;
    let mut chance = Chance(seed);
    let mut theft = Theft::default();
    let begun = host.now();
    for round in 0.. {
        if flags.is_quiet() {
            break;
        }
        // A little in advance: the legacy queue is there at the beginning only.
        let due = (millis_since(&host, begun) + 200) * u64::from(per_second) / 1_000;
        let quota = due.saturating_sub(theft.entries + theft.legacy);
        let is_legacy = round < LEGACY_FIRST || chance.below(4) == 0;
        let taken = match victim(&host, is_legacy, &mut chance)? {
            Some(dir) => take_some(&host, &dir, &stolen, quota, &mut chance)?,
            None => {
                host.sleep(ARCHIVER_IDLE);
                continue;
            }
        };
        theft.missed += taken.missed;
        *(if is_legacy {
            &mut theft.legacy
        } else {
            &mut theft.entries
        }) += taken.taken;
        host.sleep(ARCHIVER_EVERY);
    }
    Ok(theft)
}

/// The legacy queue, or some pending bucket; nothing if there is none or it was taken.
fn victim<'h>(
    host: &'h OsHost,
    is_legacy: bool,
    chance: &mut Chance,
) -> Result<Option<Dir<'h>>, StressError> {
    let path = if is_legacy {
        QUEUE.to_owned()
    } else {
        let mut buckets = names_in(host, "spool/pending")?;
        buckets.retain(|name| BucketName::parse(name.as_bytes()).is_some());
        if buckets.is_empty() {
            return Ok(None);
        }
        let chosen = chance.below(buckets.len() as u64);
        format!(
            "spool/pending/{}",
            buckets[usize::try_from(chosen).unwrap_or(0)]
        )
    };
    match Dir::open(host, At::new(host.root(), &path)) {
        Ok(dir) => Ok(Some(dir)),
        Err(error) if error.is_vanished() => Ok(None),
        Err(source) => Err(StressError::host("open", &path, source)),
    }
}

#[derive(Default)]
struct Taken {
    taken: u64,
    missed: u64,
}

fn take_some(
    host: &OsHost,
    dir: &Dir<'_>,
    stolen: &Dir<'_>,
    quota: u64,
    chance: &mut Chance,
) -> Result<Taken, StressError> {
    let mut names = Names::default();
    let mut taken = Taken::default();
    match dir.read(&mut names) {
        Ok(_) => {}
        // A worker was faster, and the bucket is finished.
        Err(error) if error.is_vanished() => return Ok(taken),
        Err(source) => return Err(StressError::host("list", "a bucket", source)),
    }
    // More often short than long: on a fast disk a bucket is gone soon.
    let longest = 1 << chance.below(ARCHIVER_WINDOW_POWERS);
    host.sleep(Duration::from_millis(chance.below(longest)));
    let count = names.len() as u64;
    if count == 0 {
        return Ok(taken);
    }
    let (start, wanted) = (chance.below(count), quota.min(count));
    let chosen = names.iter().chain(names.iter());
    let chosen = chosen.skip(usize::try_from(start).unwrap_or(0));
    for found in chosen.take(usize::try_from(wanted).unwrap_or(0)) {
        if found.name == super::site::LINK.as_bytes() {
            continue;
        }
        match host.rename_noreplace(dir.at(found.name), stolen.at(found.name)) {
            Ok(()) => taken.taken += 1,
            Err(error) if error.is_vanished() => taken.missed += 1,
            Err(source) => return Err(StressError::host("steal", "an entry", source)),
        }
    }
    Ok(taken)
}

/// Choices from a seed (SplitMix64). The run is not replayable: time and two processors have their say too.
pub(super) struct Chance(pub(super) u64);

impl Chance {
    /// A number below `end`; 0 if `end` is 0.
    pub(super) fn below(&mut self, end: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (mixed ^ (mixed >> 31)) % end.max(1)
    }
}
