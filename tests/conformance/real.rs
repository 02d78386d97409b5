//! The suite on the real host, on a disk and in memory, and the cases that the seam cannot make by itself.

use crate::fixture::{Fixture, refused};
use crate::suite::suite;
use host::{At, Call, Errno, File, Host, Kind, Names};
use os::OsHost;
use std::io::Write;
use std::os::unix::fs::symlink;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use tempfile::TempDir;

/// Where tests of this package may write: below the build folder, which is on a disk.
const ON_DISK: &str = env!("CARGO_TARGET_TMPDIR");
/// Where Linux keeps a filesystem in memory, if it does.
const IN_MEMORY: &str = "/dev/shm";

#[test]
fn the_real_host_keeps_every_sentence_on_a_disk() {
    let kind = filesystem(Path::new(ON_DISK));
    assert!(
        !is_in_memory(&kind),
        "the build folder is on {kind}, so nothing was tried on a disk"
    );
    run(Path::new(ON_DISK), &kind, memory());
}

#[test]
fn the_real_host_keeps_every_sentence_in_memory() {
    match memory() {
        Some(parent) => run(parent, &filesystem(parent), Some(Path::new(ON_DISK))),
        None => say(&format!(
            "NOT COVERED: memory; {IN_MEMORY} is no tmpfs here"
        )),
    }
}

/// The directory in memory, if this machine has one.
fn memory() -> Option<&'static Path> {
    let path = Path::new(IN_MEMORY);
    (path.is_dir() && is_in_memory(&filesystem(path))).then_some(path)
}

/// Runs the whole suite below `parent`, each case in a directory of its own, and fails with the list of all that failed.
fn run(parent: &Path, kind: &str, other: Option<&Path>) {
    let cases = suite();
    let mut failed = Vec::new();
    let mut left_out = Vec::new();
    for case in &cases {
        let home = TempDir::new_in(parent).unwrap();
        let there = other.map(|other| TempDir::new_in(other).unwrap());
        if let Some(there) = &there {
            symlink(there.path().parent().unwrap(), home.path().join("other")).unwrap();
        }
        let elsewhere = there.as_ref().map(|there| {
            let name = there.path().file_name().unwrap();
            format!("other/{}", name.to_str().unwrap())
        });
        let (host, neighbour) = (open(home.path()), open(home.path()));
        let fixture = Fixture {
            host: &host,
            neighbour: Some(&neighbour),
            elsewhere: elsewhere.as_deref(),
        };
        if !fixture.offers(case.needs) {
            left_out.push(case.name);
        } else if catch_unwind(AssertUnwindSafe(|| (case.run)(&fixture))).is_err() {
            failed.push(case.name);
        }
    }
    let count = cases.len() - left_out.len();
    say(&format!("{kind}: {count} cases, {} failed", failed.len()));
    for name in left_out {
        say(&format!("{kind}: NOT COVERED: {name}"));
    }
    assert!(failed.is_empty(), "{kind}: {failed:#?}");
}

fn open(root: &Path) -> OsHost {
    OsHost::new(root).expect("the root was just made")
}

/// Says what was covered, also when the tests pass: straight to standard error, which the test runner does not hold back.
fn say(line: &str) {
    let line = format!("conformance: {line}\n");
    std::io::stderr().write_all(line.as_bytes()).unwrap();
}

/// The kind of filesystem that `path` is on, by the machine's table of mounts.
fn filesystem(path: &Path) -> String {
    let path = path.canonicalize().unwrap();
    let mounts = std::fs::read_to_string("/proc/self/mounts").unwrap();
    let mut best = (PathBuf::new(), String::from("unknown"));
    for line in mounts.lines() {
        let mut fields = line.split(' ').skip(1);
        let (Some(point), Some(kind)) = (fields.next(), fields.next()) else {
            continue;
        };
        // A later mount on the same point hides the earlier one.
        let depth = best.0.components().count();
        let point = Path::new(point);
        if path.starts_with(point) && depth <= point.components().count() {
            best = (point.to_path_buf(), kind.to_owned());
        }
    }
    best.1
}

fn is_in_memory(kind: &str) -> bool {
    matches!(kind, "tmpfs" | "ramfs")
}

#[test]
fn a_symbolic_link_is_never_followed_at_the_end_of_a_path() {
    let home = TempDir::new_in(ON_DISK).unwrap();
    let host = open(home.path());
    let at = |path| At::new(host.root(), path);
    let file = File::create_new(&host, at("file")).unwrap();
    file.append(b"one").unwrap();
    host.mkdir(at("dir")).unwrap();
    symlink("file", home.path().join("to-file")).unwrap();
    symlink("dir", home.path().join("to-dir")).unwrap();
    symlink("nothing", home.path().join("to-nothing")).unwrap();
    symlink("to-itself", home.path().join("to-itself")).unwrap();
    for link in ["to-file", "to-dir", "to-nothing", "to-itself"] {
        let link = at(link);
        refused(host.open_read(link), Call::OpenRead, Errno::Loop);
        refused(host.open_append(link), Call::OpenAppend, Errno::Loop);
        refused(host.open_dir(link), Call::OpenDir, Errno::Loop);
        refused(host.lock(link), Call::Lock, Errno::Loop);
        refused(host.create_new(link), Call::CreateNew, Errno::Exists);
        refused(host.mkdir(link), Call::Mkdir, Errno::Exists);
        refused(host.rmdir(link), Call::Rmdir, Errno::NotDir);
        assert_eq!(host.stat(link).unwrap().kind, Kind::Other);
    }
    host.rename_noreplace(at("to-file"), at("moved")).unwrap();
    host.unlink(at("moved")).unwrap();
    assert_eq!(host.stat(at("file")).unwrap().len, 3);
    assert_eq!(
        host.stat(at("nothing")).err().map(|e| e.errno),
        Some(Errno::NotFound)
    );
}

#[test]
fn a_scan_calls_whatever_is_no_file_and_no_directory_by_that_name() {
    let home = TempDir::new_in(ON_DISK).unwrap();
    let socket = std::os::unix::net::UnixListener::bind(home.path().join("socket"));
    symlink("nowhere", home.path().join("link")).unwrap();
    let host = open(home.path());
    let mut names = Names::default();
    host.read_dir(host.root(), &mut names).unwrap();
    let kinds: Vec<Kind> = names.iter().map(|entry| entry.kind).collect();
    assert_eq!(kinds, [Kind::Other, Kind::Other]);
    let open = host.open_read(At::new(host.root(), "socket"));
    let class = open.err().map(host::HostError::class);
    assert_eq!(class, Some(host::Class::Poison));
    drop(socket);
}

#[test]
fn a_fifo_never_waits_reads_as_empty_and_takes_no_part_of_an_append_for_all_of_it() {
    let home = TempDir::new_in(ON_DISK).unwrap();
    let made = std::process::Command::new("mkfifo")
        .arg(home.path().join("fifo"))
        .status();
    assert!(made.unwrap().success());
    let host = open(home.path());
    let at = At::new(host.root(), "fifo");
    assert!(host.open_append(at).is_err(), "nobody reads it yet");
    let reader = host.open_read(at).unwrap();
    assert_eq!(host.read(reader, 0, &mut Vec::new(), 100), Ok(0));
    let writer = host.open_append(at).unwrap();
    // More than a FIFO holds: the first write is cut short, and the next one would have to wait.
    let append = host.append(writer, &[0; 4_000_000]);
    refused(append, Call::Append, Errno::Busy);
}
