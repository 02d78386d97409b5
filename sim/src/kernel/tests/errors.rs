//! Which mistake gets which answer: as Linux, in its order of checks.

use super::{at, options, run, solo, spec, write};
use crate::kernel::{Machine, Node};
use host::{At, DirId, Errno, FileId, Host, LockId, Names};

/// One call, by name, on a tree that has a file `f`, a directory `d` with a file `d/f`, an empty directory `e`, a FIFO `p`
/// and a link `l`.
fn outcome(host: &dyn Host, call: &str, path: &str, to: &str) -> Option<Errno> {
    let (from, to) = (at(host, path), at(host, to));
    let result = match call {
        "open_dir" => host.open_dir(from).map(|id| host.close_dir(id)),
        "open_read" => host.open_read(from).map(|id| host.close(id)),
        "open_append" => host.open_append(from).map(|id| host.close(id)),
        "create_new" => host.create_new(from).map(|id| host.close(id)),
        "lock" => host.lock(from).map(|id| host.unlock(id)),
        "mkdir" => host.mkdir(from),
        "rmdir" => host.rmdir(from),
        "unlink" => host.unlink(from),
        "stat" => host.stat(from).map(drop),
        "link" => host.link(from, to),
        "rename" => host.rename(from, to),
        "noreplace" => host.rename_noreplace(from, to),
        _ => panic!("no call {call}"),
    };
    result.err().map(|error| error.errno)
}

#[test]
fn every_mistake_gets_the_answer_of_the_real_kernel() {
    use Errno::*;
    let table: &[(&str, &str, &str, Option<Errno>)] = &[
        ("open_dir", "d", "", None),
        ("open_dir", "f", "", Some(NotDir)),
        ("open_dir", "p", "", Some(NotDir)),
        ("open_dir", "l", "", Some(Loop)),
        ("open_dir", "x", "", Some(NotFound)),
        ("open_read", "f", "", None),
        ("open_read", "d", "", None),
        ("open_read", "p", "", None),
        ("open_read", "l", "", Some(Loop)),
        ("open_read", "x/f", "", Some(NotFound)),
        ("open_read", "f/x", "", Some(NotDir)),
        ("open_read", "p/x", "", Some(NotDir)),
        ("open_read", "l/x", "", Some(NotFound)),
        ("open_append", "d", "", Some(IsDir)),
        ("open_append", "p", "", Some(Other(6))),
        ("open_append", "l", "", Some(Loop)),
        ("open_append", "x", "", Some(NotFound)),
        ("create_new", "f", "", Some(Exists)),
        ("create_new", "d", "", Some(Exists)),
        ("create_new", "l", "", Some(Exists)),
        ("create_new", "x/f", "", Some(NotFound)),
        ("lock", "f", "", None),
        ("lock", "d", "", Some(IsDir)),
        ("lock", "l", "", Some(Loop)),
        ("mkdir", "d", "", Some(Exists)),
        ("mkdir", "f", "", Some(Exists)),
        ("mkdir", "x/y", "", Some(NotFound)),
        ("rmdir", "d", "", Some(NotEmpty)),
        ("rmdir", "f", "", Some(NotDir)),
        ("rmdir", "x", "", Some(NotFound)),
        ("unlink", "d", "", Some(IsDir)),
        ("unlink", "x", "", Some(NotFound)),
        ("stat", "l", "", None),
        ("stat", "d/x", "", Some(NotFound)),
        ("link", "x", "y", Some(NotFound)),
        ("link", "f", "d/f", Some(Exists)),
        ("link", "f", "x/y", Some(NotFound)),
        ("link", "d", "y", Some(Access)),
        ("link", "d", "f", Some(Exists)),
        ("rename", "x", "f", Some(NotFound)),
        ("rename", "x", "y/z", Some(NotFound)),
        ("rename", "f", "x/y", Some(NotFound)),
        ("rename", "f", "f/y", Some(NotDir)),
        ("rename", "f", "d", Some(IsDir)),
        ("rename", "d", "f", Some(NotDir)),
        ("rename", "e", "d", Some(NotEmpty)),
        ("rename", "d", "d/x", Some(Invalid)),
        ("rename", "d", "d/f", Some(Invalid)),
        ("rename", "d/f", "d", Some(NotEmpty)),
        ("rename", "f", "f", None),
        ("rename", "d", "d", Some(Invalid)),
        ("noreplace", "f", "f", Some(Exists)),
        ("noreplace", "f", "d/f", Some(Exists)),
        ("noreplace", "f", "e", Some(Exists)),
        ("noreplace", "d", "d/x", Some(Invalid)),
        ("noreplace", "x", "f", Some(NotFound)),
    ];
    let mut machine = Machine::new(options(1));
    machine.make_node("p", Node::Fifo).unwrap();
    machine.make_node("l", Node::Link).unwrap();
    run(&mut machine, spec("solo", 1), move |host| {
        write(host, "f", b"x");
        host.mkdir(at(host, "d")).unwrap();
        host.mkdir(at(host, "e")).unwrap();
        write(host, "d/f", b"y");
        for &(call, path, to, expected) in table {
            // A directory renamed onto itself is the same inode: nothing happens.
            let expected = expected.filter(|_| (call, path, to) != ("rename", "d", "d"));
            let to = if to.is_empty() { "unused" } else { to };
            assert_eq!(
                outcome(host, call, path, to),
                expected,
                "{call} {path} {to}"
            );
        }
    });
}

#[test]
fn bad_paths_are_refused_before_anything_is_looked_up() {
    solo(|host| {
        for path in ["", "/", "/a", "a/", "a//b", ".", "..", "a/../b", "./a"] {
            for call in ["stat", "open_dir", "create_new", "mkdir", "unlink", "lock"] {
                assert_eq!(
                    outcome(host, call, path, ""),
                    Some(Errno::Invalid),
                    "{call} {path}"
                );
            }
            assert_eq!(
                outcome(host, "rename", "missing", path),
                Some(Errno::Invalid)
            );
        }
    });
}

#[test]
fn names_have_255_bytes_and_paths_4095() {
    solo(|host| {
        let longest = "n".repeat(255);
        write(host, &longest, b"");
        assert_eq!(outcome(host, "stat", &longest, ""), None);
        let longer = "n".repeat(256);
        for call in ["stat", "create_new", "mkdir", "unlink", "open_read"] {
            assert_eq!(outcome(host, call, &longer, ""), Some(Errno::NameTooLong));
        }
        assert_eq!(
            outcome(host, "rename", &longest, &longer),
            Some(Errno::NameTooLong)
        );
        // The walk stops at the first name that is missing, and does not look at what follows.
        let behind = format!("missing/{longer}");
        assert_eq!(outcome(host, "stat", &behind, ""), Some(Errno::NotFound));
        let deep = vec!["d"; 2_048].join("/");
        assert_eq!(
            (deep.len(), outcome(host, "stat", &deep, "")),
            (4_095, Some(Errno::NotFound))
        );
        let deeper = format!("{deep}d");
        assert_eq!(outcome(host, "stat", &deeper, ""), Some(Errno::NameTooLong));
    });
}

#[test]
fn closed_and_foreign_handles_are_bad() {
    solo(|host| {
        write(host, "f", b"bytes");
        host.mkdir(at(host, "d")).unwrap();
        let file = host.open_read(at(host, "f")).unwrap();
        let dir = host.open_dir(at(host, "d")).unwrap();
        let lock = host.lock(at(host, "lock")).unwrap();
        let mut names = Names::default();
        let mut into = Vec::new();
        // A number of the one kind is not a number of another.
        assert_eq!(
            host.read_dir(DirId(file.0), &mut names).unwrap_err().errno,
            Errno::BadHandle
        );
        assert_eq!(
            host.read(FileId(dir.0), 0, &mut into, 9).unwrap_err().errno,
            Errno::BadHandle
        );
        assert_eq!(host.append(file, b"x").unwrap_err().errno, Errno::BadHandle);
        host.unlock(LockId(file.0));
        assert_eq!(host.read(file, 0, &mut into, 9), Ok(5));
        host.close(file);
        host.close_dir(dir);
        host.unlock(lock);
        let bad = Some(Errno::BadHandle);
        assert_eq!(host.read(file, 0, &mut into, 9).err().map(|e| e.errno), bad);
        assert_eq!(host.sync_file(file).err().map(|e| e.errno), bad);
        assert_eq!(host.sync_dir(dir).err().map(|e| e.errno), bad);
        assert_eq!(host.sync_all(dir).err().map(|e| e.errno), bad);
        assert_eq!(host.rewind_dir(dir).err().map(|e| e.errno), bad);
        assert_eq!(host.stat(At::new(dir, "x")).err().map(|e| e.errno), bad);
        // The root is never closed.
        host.close_dir(host.root());
        assert!(host.stat(at(host, "f")).is_ok());
    });
}

#[test]
fn a_directory_that_was_removed_takes_no_names_and_is_not_read() {
    solo(|host| {
        host.mkdir(at(host, "d")).unwrap();
        host.mkdir(at(host, "other")).unwrap();
        write(host, "f", b"x");
        let dir = host.open_dir(at(host, "d")).unwrap();
        host.rmdir(at(host, "d")).unwrap();
        let inside = At::new(dir, "x");
        assert_eq!(host.create_new(inside).unwrap_err().errno, Errno::NotFound);
        assert_eq!(host.mkdir(inside).unwrap_err().errno, Errno::NotFound);
        assert_eq!(
            host.rename(at(host, "f"), inside).unwrap_err().errno,
            Errno::NotFound
        );
        assert_eq!(
            host.rename(at(host, "other"), inside).unwrap_err().errno,
            Errno::NotFound
        );
        assert_eq!(
            host.link(at(host, "f"), inside).unwrap_err().errno,
            Errno::NotFound
        );
        assert_eq!(host.stat(inside).unwrap_err().errno, Errno::NotFound);
        let mut names = host::Names::default();
        let read = host.read_dir(dir, &mut names);
        assert_eq!(read.unwrap_err().errno, Errno::NotFound);
    });
}

#[test]
fn a_read_of_a_directory_fails_and_a_fifo_is_empty() {
    let mut machine = Machine::new(options(1));
    machine.make_node("p", Node::Fifo).unwrap();
    run(&mut machine, spec("solo", 1), |host| {
        host.mkdir(at(host, "d")).unwrap();
        let mut into = Vec::new();
        let dir = host.open_read(at(host, "d")).unwrap();
        assert_eq!(
            host.read(dir, 0, &mut into, 9).unwrap_err().errno,
            Errno::IsDir
        );
        let fifo = host.open_read(at(host, "p")).unwrap();
        assert_eq!(host.read(fifo, 0, &mut into, 9), Ok(0));
    });
}
