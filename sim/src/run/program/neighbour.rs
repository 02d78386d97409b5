//! Neighbours: programs that touch the queue's files and know nothing of the queue.

use super::wait_until;
use crate::kernel::{Exit, Prng};
use crate::run::program::foundry::ROOT;
use crate::run::shared::Shared;
use crate::scenario::{
    Active, Antivirus, Archiver, Engine, FileIndexer, Operator, Pace, Select, Spread,
};
use crate::specimen::QUEUE_DIR;
use host::{At, Dir, File, Host, Names};
use spool::{BucketName, EntryName};
use std::time::Duration;

/// Where an archiver puts what it takes: outside the queue.
const ARCHIVE: &str = "archive";
/// How many names of its listing an archiver tries in one turn. More, and a queue that was drained since would cost it a
/// burst of calls.
const TRIES: u32 = 4;

/// A file of the queue, as a neighbour sees it: a path from the root.
type Path = Vec<u8>;

/// Moves files of the queue away, at its pace.
pub(crate) fn archive(host: &dyn Host, shared: &Shared, archiver: &Archiver) -> Exit {
    let mut draw = shared.seed.stream(&format!("archiver/{}", archiver.id));
    let Ok(archive) = Dir::open_or_make(host, At::new(host.root(), ARCHIVE)) else {
        return Exit::OK;
    };
    let stop = shared.stop_ns(&archiver.active);
    let mut view = Listing::default();
    let mut taken = 0;
    let mut due = archiver.active.start_ns;
    let mut listings = 0;
    while archiver.at_most.is_none_or(|most| taken < most) {
        due = match archiver.pace {
            Pace::Max => shared.now_ns() + 1_000,
            Pace::EveryNs(interval) => due + spread_evenly(&mut draw, interval * archiver.batch),
        };
        if stop <= due || !wait_until(host, shared, due) {
            break;
        }
        if archiver.aimed_at_list {
            // What it aims at is known beforehand, as whoever stages a race knows it.
            view.look(host, shared, &mut draw, archiver.select);
            if !wait_for_listing(host, shared, &mut listings, stop) {
                break;
            }
        }
        for _ in 0..archiver.batch {
            // A name that somebody else has taken costs it a moment, and not its turn.
            let is_taken = (0..TRIES).any(|_| {
                let path = view.next(host, shared, &mut draw, archiver.select);
                path.is_some_and(|path| put_away(host, &archive, &path))
            });
            taken += u64::from(is_taken);
            if !is_taken || archiver.at_most.is_some_and(|most| most <= taken) {
                break;
            }
        }
    }
    Exit::OK
}

/// Moves a file of the queue into the archive. False if it is there no more.
fn put_away(host: &dyn Host, archive: &Dir<'_>, path: &[u8]) -> bool {
    let name = path.rsplit(|byte| *byte == b'/').next().unwrap_or(path);
    let moved = host.rename(At::new(host.root(), path), archive.at(name));
    moved.is_ok()
}

/// Waits until a program of the queue has read its listing to the end once more.
fn wait_for_listing(host: &dyn Host, shared: &Shared, seen: &mut u64, stop: u64) -> bool {
    loop {
        let listings = shared.watch.borrow().listings;
        if *seen < listings {
            *seen = listings;
            return true;
        }
        if stop <= shared.now_ns() || shared.watch.borrow().is_over {
            return false;
        }
        host.sleep(Duration::from_millis(1));
    }
}

/// Opens files, holds them, and now and then takes one away.
pub(crate) fn scan_for_viruses(host: &dyn Host, shared: &Shared, antivirus: &Antivirus) -> Exit {
    let mut draw = shared.seed.stream(&format!("antivirus/{}", antivirus.id));
    let Ok(archive) = Dir::open_or_make(host, At::new(host.root(), ARCHIVE)) else {
        return Exit::OK;
    };
    let touch = Touch {
        active: antivirus.active,
        share: antivirus.share,
        hold: antivirus.hold,
        is_handle_kept: antivirus.deny,
    };
    touch.repeat(host, shared, &mut draw, |draw, path| {
        if chance(draw, antivirus.quarantine) {
            // It may be gone already: then somebody else has it.
            put_away(host, &archive, path);
        }
    })
}

/// Opens files and reads them, as a search service does.
pub(crate) fn index(host: &dyn Host, shared: &Shared, indexer: &FileIndexer) -> Exit {
    let mut draw = shared.seed.stream(&format!("file-indexer/{}", indexer.id));
    let touch = Touch {
        active: indexer.active,
        share: indexer.share,
        hold: indexer.hold,
        is_handle_kept: true,
    };
    touch.repeat(host, shared, &mut draw, |_, _| {})
}

/// Opening files one after the other.
struct Touch {
    active: Active,
    share: f64,
    hold: Spread,
    is_handle_kept: bool,
}

impl Touch {
    /// Holds files, one after the other, for their time, and calls `then` after each.
    fn repeat(
        &self,
        host: &dyn Host,
        shared: &Shared,
        draw: &mut Prng,
        mut then: impl FnMut(&mut Prng, &[u8]),
    ) -> Exit {
        let stop = shared.stop_ns(&self.active);
        let mut view = Listing::default();
        let mut due = self.active.start_ns;
        while wait_until(host, shared, due) && due < stop {
            let Some(path) = view.next(host, shared, draw, Select::Random) else {
                due = shared.now_ns() + 1_000_000_000;
                continue;
            };
            let hold = hold_ns(draw, self.hold);
            // So many of the files are held at a time, on average, as its share says.
            let pause = (hold as f64 * (1.0 / self.share.max(0.001) - 1.0)) as u64;
            let file = File::open_read(host, At::new(host.root(), &path));
            if !self.is_handle_kept {
                drop(file);
                host.sleep(Duration::from_nanos(hold));
            } else if let Ok(file) = file {
                host.sleep(Duration::from_nanos(hold));
                drop(file);
            }
            then(draw, &path);
            due = shared.now_ns() + pause.min(60_000_000_000);
        }
        Exit::OK
    }
}

/// Removes files, copies old ones back, edits some.
pub(crate) fn operate(host: &dyn Host, shared: &Shared, operator: &Operator) -> Exit {
    let mut draw = shared.seed.stream(&format!("operator/{}", operator.id));
    let stop = shared.stop_ns(&operator.active);
    let mut works: Vec<Work> = [
        vec![Work::Remove; usize::try_from(operator.rm).unwrap_or(0)],
        vec![Work::CopyBack; usize::try_from(operator.copy_back).unwrap_or(0)],
        vec![Work::Edit; usize::try_from(operator.edit).unwrap_or(0)],
    ]
    .concat();
    draw.shuffle(&mut works);
    let span = stop.saturating_sub(operator.active.start_ns);
    let interval = span / (works.len() as u64 + 1);
    let mut view = Listing::default();
    let mut due = operator.active.start_ns;
    for work in works {
        due += interval;
        if !wait_until(host, shared, due) {
            break;
        }
        let Some(path) = view.next(host, shared, &mut draw, Select::Random) else {
            continue;
        };
        match work {
            Work::Remove => {
                host.unlink(At::new(host.root(), &path)).ok();
            }
            Work::Edit => {
                let opened = File::open_append(host, At::new(host.root(), &path));
                // It may be gone, or held: an operator shrugs.
                opened.and_then(|file| file.append(b" edited by hand")).ok();
            }
            Work::CopyBack => copy_back(host, shared, &mut draw, &path),
        }
    }
    Exit::OK
}

#[derive(Clone, Copy)]
enum Work {
    Remove,
    CopyBack,
    Edit,
}

/// Copies the alert of a finished case into the bucket of a pending one, under a name that the bucket could have.
fn copy_back(host: &dyn Host, shared: &Shared, draw: &mut Prng, beside: &[u8]) {
    let Some(slash) = beside.iter().rposition(|byte| *byte == b'/') else {
        return;
    };
    let (Some(case), Some(entry)) = (
        some_case(host, draw),
        EntryName::parse(&beside[slash + 1..]),
    ) else {
        return;
    };
    let (path, id) = case;
    let mut bytes = Vec::new();
    let read = File::open_read(host, At::new(host.root(), &path))
        .and_then(|file| file.read_to(0, &mut bytes, 1 << 20));
    let _ = shared;
    if read.is_err() {
        return;
    }
    let name = EntryName::new(entry.stamp(), id);
    let to = [&beside[..=slash], name.as_ref()].concat();
    if let Ok(file) = File::create_new(host, At::new(host.root(), &to)) {
        file.append(&bytes).ok();
    }
}

/// A finished case's alert: its path, and its id.
fn some_case(host: &dyn Host, draw: &mut Prng) -> Option<(Path, alert::AlertId)> {
    let mut path = [ROOT.as_bytes(), b"/cases"].concat();
    loop {
        let names = list(host, &path)?;
        if names.is_empty() {
            return None;
        }
        let pick = usize::try_from(draw.below(names.len() as u64)).unwrap_or(0);
        path.push(b'/');
        path.extend_from_slice(&names[pick]);
        if let Some(id) = alert::AlertId::from_hex(&names[pick]) {
            path.extend_from_slice(b"/alert.json");
            return Some((path, id));
        }
    }
}

/// What a neighbour knows of the queue: a listing that grows old.
#[derive(Default)]
struct Listing {
    paths: Vec<Path>,
    next: usize,
    listed_at_ns: u64,
}

impl Listing {
    /// The next file to touch. Lists again when the listing is used up.
    fn next(
        &mut self,
        host: &dyn Host,
        shared: &Shared,
        draw: &mut Prng,
        select: Select,
    ) -> Option<Path> {
        self.look(host, shared, draw, select);
        let path = self.paths.get(self.next).cloned();
        self.next += 1;
        path
    }

    /// Lists the queue if nothing of the last listing is left.
    fn look(&mut self, host: &dyn Host, shared: &Shared, draw: &mut Prng, select: Select) {
        // An empty queue is looked at once a second, not at every turn.
        let is_recent = 0 < self.listed_at_ns && shared.now_ns() < self.listed_at_ns + SECOND_NS;
        if self.next < self.paths.len() || (is_recent && self.paths.is_empty()) {
            return;
        }
        self.paths = match shared.engine {
            Engine::Spool => entries_of_spool(host, draw, select),
            Engine::Legacy | Engine::Hotfix => {
                let names = list(host, QUEUE_DIR.as_bytes()).unwrap_or_default();
                let below = |name: Path| [QUEUE_DIR.as_bytes(), b"/", &name].concat();
                names.into_iter().map(below).collect()
            }
        };
        match select {
            // The numbers in the names follow the times of the files.
            Select::Oldest => self.paths.sort_unstable(),
            Select::Random => draw.shuffle(&mut self.paths),
        }
        (self.next, self.listed_at_ns) = (0, shared.now_ns().max(1));
    }
}

/// A second of virtual time.
const SECOND_NS: u64 = 1_000_000_000;

/// The entries of one bucket of the spool: the oldest, or any; now and then of a claimed one.
fn entries_of_spool(host: &dyn Host, draw: &mut Prng, select: Select) -> Vec<Path> {
    let mut dirs = vec![[ROOT.as_bytes(), b"/pending"].concat()];
    for home in list(host, &[ROOT.as_bytes(), b"/claimed"].concat()).unwrap_or_default() {
        if !home.ends_with(b".lock") {
            dirs.push([ROOT.as_bytes(), b"/claimed/", &home].concat());
        }
    }
    let pick = usize::try_from(draw.below(dirs.len() as u64)).unwrap_or(0);
    for dir in [&dirs[pick], &dirs[0]] {
        let mut buckets = list(host, dir).unwrap_or_default();
        buckets.retain(|name| BucketName::parse(name).is_some());
        buckets.sort_unstable();
        let which = match select {
            Select::Oldest => 0,
            Select::Random => draw.below(buckets.len() as u64),
        };
        let Some(bucket) = buckets.get(usize::try_from(which).unwrap_or(0)) else {
            continue;
        };
        let path = [&dir[..], b"/", bucket].concat();
        let entries = list(host, &path).unwrap_or_default();
        if !entries.is_empty() {
            return entries
                .into_iter()
                .map(|name| [&path[..], b"/", &name].concat())
                .collect();
        }
    }
    Vec::new()
}

pub(super) fn list(host: &dyn Host, path: &[u8]) -> Option<Vec<Vec<u8>>> {
    let dir = Dir::open(host, At::new(host.root(), path)).ok()?;
    let mut names = Names::default();
    let mut found = Vec::new();
    while dir.read(&mut names).ok()? {
        found.extend(names.iter().map(|entry| entry.name.to_vec()));
    }
    Some(found)
}

/// A time around `mean`: between none and twice as much.
fn spread_evenly(draw: &mut Prng, mean: u64) -> u64 {
    draw.below(mean.saturating_mul(2).max(1))
}

/// A time with the given middle and tail: half of all between a half and one and a half of the middle, one of fifty the tail.
fn hold_ns(draw: &mut Prng, hold: Spread) -> u64 {
    match draw.below(50) {
        0 => hold.p99_ns,
        _ => hold.p50_ns / 2 + draw.below(hold.p50_ns.max(1)),
    }
}

fn chance(draw: &mut Prng, share: f64) -> bool {
    draw.below(1_000_000) < (share * 1e6) as u64
}
