//! The poller's side of the queue: fetches pages, publishes them, moves its cursor; at the end asks for what vanished.

use super::{PAUSE, pass, wait_until};
use crate::kernel::{Exit, Prng};
use crate::run::shared::Shared;
use crate::run::source::{id_of, index_of, payload};
use crate::run::watch::Report;
use crate::scenario::PlantKind;
use alert::PAYLOAD_BYTES_MAX;
use contract::sometimes::Goal;
use contract::{Actor, Id, PassKind};
use host::{At, Dir, File, Host};
use spool::{Incoming, Publisher, Spool, SpoolError};

/// Where the spool is.
pub(crate) const ROOT: &str = "spool";
/// Where the cursor is.
const STATE: &str = "state";
/// The most alerts that are published at once.
const BATCH_MAX: u32 = 4_096;

/// Runs until everything that arrived is terminal, and a fresh alert went through.
pub(crate) fn run(host: &dyn Host, shared: &Shared, actor: Actor) -> Exit {
    loop {
        match session(host, shared, actor) {
            Ok(()) => return Exit::OK,
            Err(SpoolError::Held { .. }) if shared.watch.borrow().is_over => return held(),
            Err(SpoolError::BrokenLedger {
                segment,
                line,
                reason,
            }) => {
                return Exit {
                    code: 65,
                    text: format!("{segment}, line {line}: {reason}"),
                };
            }
            Err(_) if shared.watch.borrow().is_over => return Exit::OK,
            Err(_) => host.sleep(PAUSE),
        }
    }
}

/// A second instance: it finds the lock taken and goes, as often as it is started.
pub(crate) fn second_instance(host: &dyn Host, shared: &Shared, actor: Actor) -> Exit {
    let opened = Spool::open(host, At::new(host.root(), ROOT), shared.options);
    match opened.and_then(|spool| Publisher::open(&spool).map(drop)) {
        Err(SpoolError::Held { .. }) => {
            shared
                .watch
                .borrow_mut()
                .met
                .insert(Goal::SecondInstanceStarted);
            held()
        }
        // The first one was down: nothing wrong with that, and nothing to do for a moment.
        _ => {
            let _ = actor;
            Exit::OK
        }
    }
}

fn held() -> Exit {
    Exit {
        code: 75,
        text: "the spool is held by another process".to_owned(),
    }
}

/// One life of the poller's process, as far as it gets.
fn session(host: &dyn Host, shared: &Shared, actor: Actor) -> Result<(), SpoolError> {
    let spool = Spool::init(host, At::new(host.root(), ROOT), shared.options)?;
    let open = || Publisher::open(&spool);
    let mut publisher = pass(shared, actor, PassKind::Recover, open, |_| {
        Report::default()
    })?;
    let mut cursor = Cursor::open(host)?;
    let mut draw = shared.seed.stream(&format!("poller/{}", actor.0));
    while cursor.next <= shared.source.fresh() {
        let now = shared.now_ns();
        let is_last = cursor.next == shared.source.fresh();
        if is_last && !wait_for_quiet(host, shared) {
            return Ok(());
        }
        let arrived = if is_last {
            cursor.next + 1
        } else {
            shared.source.arrived(now)
        };
        if arrived <= cursor.next {
            let next = shared.source.arrival_ns(cursor.next).unwrap_or(now);
            if !wait_until(host, shared, next) {
                return Ok(());
            }
            continue;
        }
        let is_backlog = cursor.next < shared.source.initial;
        let most = if is_backlog {
            BATCH_MAX
        } else {
            shared.source.page
        };
        let end = arrived.min(cursor.next + most.max(1));
        let start = overlap(shared, &mut draw, cursor.next);
        publish(shared, actor, &mut publisher, start..end)?;
        cursor.advance(end)?;
    }
    settle(host, shared, actor, &spool, &mut publisher)?;
    shared.watch.borrow_mut().is_over = true;
    Ok(())
}

/// Where a page begins: sometimes before the cursor, because pages overlap.
fn overlap(shared: &Shared, draw: &mut Prng, next: u32) -> u32 {
    // Integer draws only: the same on every machine.
    let ppm = (shared.source.duplicates * 1e6) as u64;
    if draw.below(1_000_000) < ppm.saturating_mul(10).min(1_000_000) {
        return next.saturating_sub(1 + shared.source.page / 10);
    }
    next
}

fn publish(
    shared: &Shared,
    actor: Actor,
    publisher: &mut Publisher<'_>,
    page: std::ops::Range<u32>,
) -> Result<(), SpoolError> {
    let (bytes, ends) = payloads(shared, page.clone());
    let batch = incoming(page.clone(), &bytes, &ends);
    let act = || publisher.publish(&batch);
    let done = pass(shared, actor, PassKind::Publish, act, |_| Report::default())?;
    let mut watch = shared.watch.borrow_mut();
    if 0 < done.duplicates {
        watch.met.insert(Goal::DuplicateAlert);
    }
    watch.acknowledge(page);
    Ok(())
}

fn payloads(shared: &Shared, page: impl Iterator<Item = u32>) -> (Vec<u8>, Vec<usize>) {
    let (mut bytes, mut ends) = (Vec::new(), Vec::new());
    for index in page {
        match shared.planted(index) {
            None => payload(index, &mut bytes),
            Some(kind) => {
                shared.watch.borrow_mut().contract.spoil(Id(index));
                spoiled(kind, &mut bytes);
            }
        }
        ends.push(bytes.len());
    }
    (bytes, ends)
}

/// Bytes that are no alert.
fn spoiled(kind: PlantKind, into: &mut Vec<u8>) {
    match kind {
        PlantKind::Empty => {}
        PlantKind::Oversized => into.resize(into.len() + PAYLOAD_BYTES_MAX + 1, b' '),
        PlantKind::NotJson => into.extend_from_slice(b"{\"half\": "),
    }
}

fn incoming<'a>(
    page: impl Iterator<Item = u32>,
    bytes: &'a [u8],
    ends: &[usize],
) -> Vec<Incoming<'a>> {
    let starts = std::iter::once(0).chain(ends.iter().copied());
    let slices = starts.zip(ends).map(|(start, end)| &bytes[start..*end]);
    page.zip(slices)
        .map(|(index, payload)| Incoming {
            id: id_of(index),
            payload,
        })
        .collect()
}

/// Waits until faults have stopped and nothing is in motion. False if the run is over before that.
fn wait_for_quiet(host: &dyn Host, shared: &Shared) -> bool {
    let quiet_from = shared.faults_stop_ns();
    if !wait_until(host, shared, quiet_from.min(shared.scenario.clock.run_ns)) {
        return false;
    }
    while !shared.watch.borrow().is_quiet() {
        if shared.watch.borrow().is_over {
            return false;
        }
        host.sleep(PAUSE);
    }
    true
}

/// Audits once nothing is in motion, and publishes again what vanished, until the audit finds nothing to restore.
fn settle(
    host: &dyn Host,
    shared: &Shared,
    actor: Actor,
    spool: &Spool<'_>,
    publisher: &mut Publisher<'_>,
) -> Result<(), SpoolError> {
    while wait_for_quiet(host, shared) {
        let audit = spool::audit::audit(spool)?;
        shared.watch.borrow_mut().audited(&audit);
        let missing: Vec<u32> = audit
            .vanished
            .iter()
            .filter_map(|id| index_of(*id))
            .collect();
        if missing.is_empty() {
            break;
        }
        for some in missing.chunks(BATCH_MAX as usize) {
            let (bytes, ends) = payloads(shared, some.iter().copied());
            let batch = incoming(some.iter().copied(), &bytes, &ends);
            let act = || publisher.restore(&batch, None);
            pass(shared, actor, PassKind::Publish, act, |_| Report::default())?;
        }
    }
    Ok(())
}

/// How far the poller has got, in a file that is replaced in one step.
struct Cursor<'h> {
    host: &'h dyn Host,
    dir: Dir<'h>,
    next: u32,
}

impl<'h> Cursor<'h> {
    fn open(host: &'h dyn Host) -> Result<Self, SpoolError> {
        let failed = |source| SpoolError::Host {
            operation: "read",
            object: "state/cursor".to_owned(),
            source,
        };
        let dir = Dir::open_or_make(host, At::new(host.root(), STATE)).map_err(failed)?;
        let mut text = Vec::new();
        match File::open_read(host, dir.at("cursor")) {
            Ok(file) => file.read_to(0, &mut text, 32).map_err(failed)?,
            Err(error) if error.is_vanished() => {}
            Err(error) => return Err(failed(error)),
        }
        let text = std::str::from_utf8(&text).unwrap_or_default();
        Ok(Cursor {
            host,
            dir,
            next: text.trim().parse().unwrap_or(0),
        })
    }

    /// Moves the cursor; durable when it returns.
    fn advance(&mut self, next: u32) -> Result<(), SpoolError> {
        self.replace(next).map_err(|source| SpoolError::Host {
            operation: "write",
            object: "state/cursor".to_owned(),
            source,
        })?;
        self.next = next;
        Ok(())
    }

    fn replace(&self, next: u32) -> host::Result<()> {
        match self.host.unlink(self.dir.at("cursor.new")) {
            Err(error) if !error.is_vanished() => return Err(error),
            _ => {}
        }
        let file = File::create_new(self.host, self.dir.at("cursor.new"))?;
        file.append(format!("{next}\n").as_bytes())?;
        file.sync()?;
        self.host
            .rename(self.dir.at("cursor.new"), self.dir.at("cursor"))?;
        self.dir.sync()
    }
}
