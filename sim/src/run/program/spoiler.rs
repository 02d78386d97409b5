//! Somebody who spoils alerts at rest: an indexer sends only JSON, but a file can be damaged after it was published.

use super::neighbour::list;
use super::wait_until;
use crate::kernel::{Exit, Prng};
use crate::run::program::foundry::ROOT;
use crate::run::shared::Shared;
use crate::scenario::PlantKind;
use alert::PAYLOAD_BYTES_MAX;
use contract::{Id, Place};
use host::{At, Dir, File, Host};
use spool::{BucketName, EntryName};

/// Where bad files are made: outside the queue.
const WORKSHOP: &str = "spoiled";
/// How often the queue is looked at, in nanoseconds.
const LOOK_NS: u64 = 500_000_000;

/// Spoils as many pending alerts as are planted, one after the other, soon after each was published.
pub(crate) fn run(host: &dyn Host, shared: &Shared) -> Exit {
    let mut draw = shared.seed.stream("spoiler");
    let Ok(workshop) = Dir::open_or_make(host, At::new(host.root(), WORKSHOP)) else {
        return Exit::OK;
    };
    while let Some(kind) = next_kind(shared) {
        let due = shared.now_ns() + LOOK_NS;
        if shared.faults_stop_ns() <= due || !wait_until(host, shared, due) {
            break;
        }
        let Some((path, id)) = some_pending(host, shared, &mut draw) else {
            continue;
        };
        if replace(host, &workshop, kind, &path).is_ok() {
            // The contract is told before anybody else can act: from here on quarantine is the right place for it.
            shared.watch.borrow_mut().contract.spoil(id);
            shared.spoiled.set(shared.spoiled.get() + 1);
        }
    }
    Exit::OK
}

/// What the next bad file is: kind by kind, as many as are planted. `None` once all are.
fn next_kind(shared: &Shared) -> Option<PlantKind> {
    let mut number = shared.spoiled.get();
    for plant in &shared.scenario.plants {
        match number.checked_sub(plant.count) {
            None => return Some(plant.kind),
            Some(rest) => number = rest,
        }
    }
    None
}

/// A pending alert of the newest bucket, by the one name that it has: its path, and its number.
fn some_pending(host: &dyn Host, shared: &Shared, draw: &mut Prng) -> Option<(Vec<u8>, Id)> {
    let pending = [ROOT.as_bytes(), b"/pending"].concat();
    let buckets = list(host, &pending)?;
    let bucket = buckets
        .into_iter()
        .filter(|name| BucketName::parse(name).is_some())
        .max()?;
    let bucket = [&pending[..], b"/", &bucket].concat();
    let entries = list(host, &bucket)?;
    let pick = usize::try_from(draw.below(entries.len() as u64)).unwrap_or(0);
    let name = entries.get(pick)?;
    let id = Id(shared.source.index_of(EntryName::parse(name)?.id())?);
    let watch = shared.watch.borrow();
    let known = watch.contract.census().get(id);
    let is_plain = known.place == Place::Pending && known.copies == 0;
    is_plain.then(|| ([&bucket[..], b"/", name].concat(), id))
}

/// Puts a bad file in the place of a good one, in one step.
fn replace(host: &dyn Host, workshop: &Dir<'_>, kind: PlantKind, path: &[u8]) -> host::Result<()> {
    let aside = workshop.at("aside");
    match host.unlink(aside) {
        Err(error) if !error.is_vanished() => return Err(error),
        _ => {}
    }
    let file = File::create_new(host, aside)?;
    file.append(&bad_bytes(kind))?;
    drop(file);
    // A rename does not ask whether its target is still there: a bucket that was claimed meanwhile is gone as a path.
    host.rename(aside, At::new(host.root(), path))
}

/// Bytes that are no alert.
fn bad_bytes(kind: PlantKind) -> Vec<u8> {
    match kind {
        PlantKind::Empty => Vec::new(),
        PlantKind::Oversized => vec![b' '; PAYLOAD_BYTES_MAX + 1],
        PlantKind::NotJson => b"{\"half\": ".to_vec(),
    }
}
