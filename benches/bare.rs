//! The bare loops: the same system calls as the queue's, in the same order, with the same syncs and names of the same
//! length, from names that were made beforehand. No parsing, no ledger's hash, no decision.

use crate::fixture::{Made, OPTIONS, stamp};
use rustix::fd::{AsFd, OwnedFd};
use rustix::fs::{AtFlags, Mode, OFlags, RawDir, RenameFlags, SeekFrom};
use rustix::fs::{mkdirat, openat, renameat_with, seek, syncfs, unlinkat};
use spool::{BucketName, EntryName};
use std::mem::MaybeUninit;
use std::path::Path;

/// Bytes that a ledger line takes for each entry.
const LEDGER_BYTES: usize = 63;
/// Bytes that a plan takes for each entry.
const PLAN_BYTES: usize = 28 + 1 + 60 + 1 + 43 + 1;
/// Bytes that an entry takes in a pack's first line.
const INDEX_BYTES: usize = 68;
/// Bytes of the file that says what the others' bytes are.
const MANIFEST_BYTES: usize = 153;

/// Bytes that a case takes, which depend on its alert and on its judge.
#[derive(Clone, Copy, Debug)]
pub struct Sizes {
    /// Its `case.json` in a directory of its own.
    pub case: usize,
    /// Its line of a pack.
    pub line: usize,
}

impl Sizes {
    /// Of an alert as [`crate::fixture`] makes it, judged without a word.
    pub const SHORT: Sizes = Sizes {
        case: 175,
        line: 1_550,
    };
}

const FILE_MODE: Mode = Mode::from_raw_mode(0o640);
const DIR_MODE: Mode = Mode::from_raw_mode(0o750);

/// The directories and the ledger of a bare queue.
pub struct Bare {
    tmp: OwnedFd,
    pending: OwnedFd,
    home: OwnedFd,
    cases: OwnedFd,
    ledger: OwnedFd,
    shelves: std::collections::BTreeSet<String>,
    filler: Vec<u8>,
    sizes: Sizes,
}

/// The names of one bucket, made beforehand.
pub struct Names {
    bucket: String,
    /// For each entry: in its bucket, staged file of the case, staged alert, the case's place, staged manifest, staged.
    entries: Vec<[String; 6]>,
}

impl Names {
    /// How many entries the bucket has.
    #[allow(clippy::len_without_is_empty, reason = "no bucket is empty")]
    pub fn len(&self) -> usize {
        self.entries.len()
    }
}

/// Makes the names under which `alerts` will be moved; `first` is the number of the first.
pub fn names(alerts: &[Made], first: usize) -> Vec<Names> {
    let size = OPTIONS.bucket_entries() as usize;
    let buckets = alerts.chunks(size).enumerate();
    buckets
        .map(|(index, alerts)| {
            let start = first + index * size;
            let count = u32::try_from(alerts.len()).expect("a bucket's entries are few");
            let bucket = BucketName::new(stamp(start), count).to_string();
            let entries = alerts.iter().enumerate().map(|(offset, made)| {
                let entry = EntryName::new(stamp(start + offset), made.id);
                let date = made.shelf.replace('/', "");
                let staged = format!("cases/{date}-{}", made.id);
                [
                    format!("{bucket}/{entry}"),
                    format!("{staged}/case.json"),
                    format!("{staged}/alert.json"),
                    format!("{}/{}", made.shelf, made.id),
                    format!("{staged}/manifest-sha256.txt"),
                    staged,
                ]
            });
            let entries = entries.collect();
            Names { bucket, entries }
        })
        .collect()
}

impl Bare {
    /// A bare queue in the new directory `dir`.
    ///
    /// # Panics
    /// If anything fails, as every function here.
    pub fn new(dir: &Path, sizes: Sizes) -> Self {
        std::fs::create_dir(dir).expect("a new directory");
        let root = rustix::fs::open(dir, OFlags::RDONLY | OFlags::DIRECTORY, Mode::empty());
        let root = root.expect("the directory opens");
        let part = |name: &str| {
            mkdirat(&root, name, DIR_MODE).expect("a part");
            open(&root, name, OFlags::RDONLY | OFlags::DIRECTORY)
        };
        let home = part("home");
        mkdirat(&home, "cases", DIR_MODE).expect("the staging directory");
        Bare {
            tmp: part("tmp"),
            pending: part("pending"),
            cases: part("cases"),
            ledger: create(&root, "ledger.ndjson"),
            home,
            shelves: std::collections::BTreeSet::new(),
            // As much as the lines of the largest pack.
            filler: vec![b'x'; 4 << 20],
            sizes,
        }
    }

    /// The calls of publishing `alerts` as one page.
    pub fn publish(&self, alerts: &[Made], names: &[Names]) {
        let mut alerts = alerts.iter();
        for bucket in names {
            mkdirat(&self.tmp, &bucket.bucket, DIR_MODE).expect("a bucket");
            for ([entry, ..], made) in bucket.entries.iter().zip(alerts.by_ref()) {
                write(&create(&self.tmp, entry), &made.payload);
            }
        }
        syncfs(&self.tmp).expect("durable");
        for Names { bucket, entries } in names {
            write(&self.ledger, &self.filler[..entries.len() * LEDGER_BYTES]);
            rename(&self.tmp, bucket, &self.pending, bucket);
        }
        syncfs(&self.tmp).expect("durable");
    }

    /// The calls of claiming and completing everything that is pending, `names`, claim by claim.
    pub fn drain(&mut self, names: &[Names]) {
        for claim in names.chunks(OPTIONS.claim_buckets as usize) {
            seek(&self.pending, SeekFrom::Start(0)).expect("the start");
            list(&self.pending);
            for Names { bucket, .. } in claim {
                rename(&self.pending, bucket, &self.home, bucket);
            }
            for bucket in claim {
                self.draft(bucket);
            }
            let planned: usize = claim.iter().map(|bucket| bucket.entries.len()).sum();
            write(
                &create(&self.home, "plan"),
                &self.filler[..planned * PLAN_BYTES],
            );
            syncfs(&self.home).expect("durable");
            for [entry, _, staged_alert, place, _, staged] in claim.iter().flat_map(|b| &b.entries)
            {
                rename(&self.home, entry, &self.home, staged_alert);
                rename(&self.home, staged, &self.cases, place);
            }
            syncfs(&self.home).expect("durable");
            self.record(claim);
            for Names { bucket, .. } in claim {
                unlinkat(&self.home, bucket, AtFlags::REMOVEDIR).expect("an empty bucket");
            }
        }
        // The queue looks once more, and finds nothing.
        seek(&self.pending, SeekFrom::Start(0)).expect("the start");
        list(&self.pending);
    }

    /// The calls of recording what became of a claim, which ends its plan.
    fn record(&self, claim: &[Names]) {
        for bucket in claim {
            write(
                &self.ledger,
                &self.filler[..bucket.entries.len() * LEDGER_BYTES],
            );
        }
        rustix::fs::fsync(&self.ledger).expect("durable");
        unlinkat(&self.home, "plan", AtFlags::empty()).expect("the plan");
    }

    /// The calls of claiming and completing everything, where all of a bucket but each `every`-th entry shares one file of
    /// its hour; `number` counts those files.
    pub fn drain_packed(&mut self, names: &[Names], every: usize, number: &mut u32) {
        let flags = OFlags::RDONLY | OFlags::DIRECTORY;
        for claim in names.chunks(OPTIONS.claim_buckets as usize) {
            seek(&self.pending, SeekFrom::Start(0)).expect("the start");
            list(&self.pending);
            for Names { bucket, .. } in claim {
                rename(&self.pending, bucket, &self.home, bucket);
            }
            let mut planned = 0;
            for Names { bucket, entries } in claim {
                list(&open(&self.home, bucket, flags));
                for (index, entry) in entries.iter().enumerate() {
                    read(&self.home, &entry[0]);
                    if index % every == 0 {
                        self.stage(entry);
                    }
                }
                let packed = entries.len() - entries.len().div_ceil(every);
                let pack = create(&self.home, &format!("{bucket}/pack"));
                write(&pack, &self.filler[..entries.len() * INDEX_BYTES]);
                write(&pack, &self.filler[..packed * self.sizes.line]);
                planned += entries.len();
            }
            write(
                &create(&self.home, "plan"),
                &self.filler[..planned * PLAN_BYTES],
            );
            for Names { bucket, .. } in claim {
                list(&open(&self.home, bucket, flags));
            }
            syncfs(&self.home).expect("durable");
            for Names { bucket, entries } in claim {
                *number += 1;
                let pack = format!("{number:06}.ndjson");
                rename(&self.home, &format!("{bucket}/pack"), &self.cases, &pack);
                for [entry, _, staged_alert, place, _, staged] in entries.iter().step_by(every) {
                    rename(&self.home, entry, &self.home, staged_alert);
                    rename(&self.home, staged, &self.cases, place);
                }
            }
            syncfs(&self.home).expect("durable");
            self.record(claim);
            for Names { bucket, entries } in claim {
                let dir = open(&self.home, bucket, flags);
                for (index, [entry, ..]) in entries.iter().enumerate() {
                    if index % every != 0 {
                        let (_, name) = entry.rsplit_once('/').expect("a bucket and a name");
                        unlinkat(&dir, name, AtFlags::empty()).expect("a packed entry");
                    }
                }
                unlinkat(&self.home, bucket, AtFlags::REMOVEDIR).expect("an empty bucket");
            }
        }
        seek(&self.pending, SeekFrom::Start(0)).expect("the start");
        list(&self.pending);
    }

    fn draft(&mut self, bucket: &Names) {
        list(&open(
            &self.home,
            &bucket.bucket,
            OFlags::RDONLY | OFlags::DIRECTORY,
        ));
        for entry in &bucket.entries {
            read(&self.home, &entry[0]);
            self.stage(entry);
        }
    }

    fn stage(&mut self, [_, case, _, place, manifest, staged]: &[String; 6]) {
        let (shelf, _) = place.rsplit_once('/').expect("a shelf and a name");
        if !self.shelves.contains(shelf) {
            std::fs::DirBuilder::new()
                .recursive(true)
                .create(format!("/proc/self/fd/{}/{shelf}", raw(&self.cases)))
                .expect("a shelf");
            self.shelves.insert(shelf.to_owned());
        }
        mkdirat(&self.home, staged, DIR_MODE).expect("a staged case");
        write(&create(&self.home, case), &self.filler[..self.sizes.case]);
        write(
            &create(&self.home, manifest),
            &self.filler[..MANIFEST_BYTES],
        );
    }
}

fn raw(fd: &OwnedFd) -> i32 {
    use std::os::fd::AsRawFd;
    fd.as_raw_fd()
}

fn open(dir: &OwnedFd, path: &str, flags: OFlags) -> OwnedFd {
    let flags = flags | OFlags::CLOEXEC | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::NOCTTY;
    openat(dir, path, flags, FILE_MODE).expect("a name that is there")
}

fn create(dir: &OwnedFd, path: &str) -> OwnedFd {
    let flags = OFlags::WRONLY | OFlags::APPEND | OFlags::CREATE | OFlags::EXCL;
    open(dir, path, flags)
}

fn write(file: &OwnedFd, bytes: &[u8]) {
    let count = rustix::io::write(file, bytes).expect("bytes are taken");
    assert_eq!(count, bytes.len(), "a disk takes everything at once");
}

fn rename(from: &OwnedFd, old: &str, to: &OwnedFd, new: &str) {
    renameat_with(from, old, to, new, RenameFlags::NOREPLACE).expect("the name moves");
}

/// Reads a file as the queue does: once for its bytes, and once to find its end.
fn read(dir: &OwnedFd, path: &str) {
    let file = open(dir, path, OFlags::RDONLY);
    let mut bytes = [MaybeUninit::<u8>::uninit(); 16 * 1_024];
    let (found, _) = rustix::io::pread(&file, &mut bytes, 0).expect("the alert");
    let end = found.len() as u64;
    rustix::io::pread(&file, &mut bytes, end).expect("its end");
}

/// Reads a directory to its end, as the queue does: in chunks of 32 KiB.
fn list(dir: &OwnedFd) {
    let mut buffer = vec![MaybeUninit::<u8>::uninit(); 32 * 1_024];
    let mut entries = RawDir::new(dir.as_fd(), &mut buffer);
    while let Some(entry) = entries.next() {
        entry.expect("a name");
    }
}
