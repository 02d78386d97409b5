//! Names, links, handles and bytes.

use super::{at, list, options, run, solo, spec, write};
use crate::kernel::{Content, Limits, Machine, MachineOptions, Node};
use host::{At, Errno, Host, Kind};

fn read_all(host: &dyn Host, path: &str) -> Vec<u8> {
    let file = host::File::open_read(host, at(host, path)).unwrap();
    let mut into = Vec::new();
    file.read_to(0, &mut into, usize::MAX).unwrap();
    into
}

#[test]
fn bytes_are_read_from_where_they_were_appended() {
    solo(|host| {
        let file = host.create_new(at(host, "f")).unwrap();
        host.append(file, b"hello ").unwrap();
        host.append(file, b"").unwrap();
        host.append(file, b"world").unwrap();
        let reader = host.open_read(at(host, "f")).unwrap();
        let mut into = b"> ".to_vec();
        assert_eq!(host.read(reader, 6, &mut into, 3), Ok(3));
        assert_eq!(host.read(reader, 9, &mut into, 99), Ok(2));
        assert_eq!(host.read(reader, 11, &mut into, 99), Ok(0));
        assert_eq!(host.read(reader, u64::MAX, &mut into, 99), Ok(0));
        assert_eq!(into, b"> world");
        let meta = host.stat(at(host, "f")).unwrap();
        assert_eq!((meta.kind, meta.len, meta.links), (Kind::File, 11, 1));
    });
}

#[test]
fn an_open_file_outlives_its_names() {
    solo(|host| {
        write(host, "a", b"old");
        write(host, "b", b"new");
        let old = host.open_read(at(host, "a")).unwrap();
        host.rename(at(host, "b"), at(host, "a")).unwrap();
        let mut into = Vec::new();
        host.read(old, 0, &mut into, 99).unwrap();
        assert_eq!(
            into, b"old",
            "the handle stays on the inode that was replaced"
        );
        assert_eq!(read_all(host, "a"), b"new");
        let gone = host.open_read(at(host, "a")).unwrap();
        host.unlink(at(host, "a")).unwrap();
        into.clear();
        host.read(gone, 0, &mut into, 99).unwrap();
        assert_eq!(into, b"new");
        assert_eq!(list(host, host.root()), [""; 0]);
    });
}

#[test]
fn hard_links_share_bytes_and_are_counted() {
    solo(|host| {
        write(host, "a", b"x");
        host.link(at(host, "a"), at(host, "b")).unwrap();
        let file = host.open_append(at(host, "b")).unwrap();
        host.append(file, b"y").unwrap();
        assert_eq!(read_all(host, "a"), b"xy");
        let (a, b) = (
            host.stat(at(host, "a")).unwrap(),
            host.stat(at(host, "b")).unwrap(),
        );
        assert_eq!((a, a.links), (b, 2));
        // Onto another name of the same file: nothing happens, and it succeeds.
        host.rename(at(host, "a"), at(host, "b")).unwrap();
        assert_eq!(list(host, host.root()), ["a", "b"]);
        host.unlink(at(host, "a")).unwrap();
        assert_eq!(host.stat(at(host, "b")).unwrap().links, 1);
    });
}

#[test]
fn a_directory_moves_with_all_that_is_in_it_and_its_handles_follow() {
    solo(|host| {
        host.mkdir(at(host, "tmp")).unwrap();
        host.mkdir(at(host, "pending")).unwrap();
        host.mkdir(at(host, "tmp/bucket")).unwrap();
        write(host, "tmp/bucket/a", b"1");
        let file = host.open_read(at(host, "tmp/bucket/a")).unwrap();
        let bucket = host.open_dir(at(host, "tmp/bucket")).unwrap();
        host.rename_noreplace(at(host, "tmp/bucket"), at(host, "pending/bucket"))
            .unwrap();
        assert_eq!(read_all(host, "pending/bucket/a"), b"1");
        assert_eq!(
            host.stat(at(host, "tmp/bucket/a")).unwrap_err().errno,
            Errno::NotFound
        );
        assert!(host.stat(At::new(bucket, "a")).is_ok());
        assert_eq!(host.read(file, 0, &mut Vec::new(), 9), Ok(1));
        let links = |path: &str| host.stat(at(host, path)).unwrap().links;
        assert_eq!((links("tmp"), links("pending")), (2, 3));
        // An empty directory may be replaced by a directory.
        host.mkdir(at(host, "empty")).unwrap();
        host.rename(at(host, "pending/bucket"), at(host, "empty"))
            .unwrap();
        assert_eq!(read_all(host, "empty/a"), b"1");
    });
}

#[test]
fn fabricated_files_are_made_when_they_are_read() {
    let mut machine = Machine::new(options(5));
    machine.make_dir("queue").unwrap();
    let ino = machine
        .make_file("queue/a", Content::Generated(7), 1_000)
        .unwrap();
    machine
        .make_file("queue/big", Content::Zeros(4 << 30), 0)
        .unwrap();
    machine
        .make_file("queue/own", Content::Bytes(b"own".to_vec()), 0)
        .unwrap();
    assert_eq!(machine.fs().len(ino), 14);
    run(&mut machine, spec("solo", 1), |host| {
        assert_eq!(read_all(host, "queue/a"), b"payload 7 of 5");
        let meta = host.stat(at(host, "queue/a")).unwrap();
        assert_eq!((meta.len, meta.mtime_ns), (14, 1_000));
        let file = host.open_append(at(host, "queue/a")).unwrap();
        host.append(file, b"!").unwrap();
        assert_eq!(read_all(host, "queue/a"), b"payload 7 of 5!");
        assert_eq!(host.stat(at(host, "queue/big")).unwrap().len, 4 << 30);
        let big = host.open_append(at(host, "queue/big")).unwrap();
        assert_eq!(host.append(big, b"!").unwrap_err().errno, Errno::NoSpace);
        assert_eq!(read_all(host, "queue/own"), b"own");
    });
    assert_eq!(machine.fs().bytes(ino), b"payload 7 of 5!");
    assert_eq!(machine.fs().path(ino), b"queue/a");
    assert_eq!(
        machine.make_file("queue/a", Content::Zeros(1), 0),
        Err(Errno::Exists)
    );
    assert_eq!(
        machine.make_file("none/a", Content::Zeros(1), 0),
        Err(Errno::NotFound)
    );
    assert_eq!(
        machine.make_node("queue/fifo", Node::Dir),
        Err(Errno::Invalid)
    );
}

#[test]
fn nothing_is_renamed_or_linked_across_two_filesystems() {
    let mut machine = Machine::new(options(1));
    machine.make_device("mnt/disk").unwrap();
    machine.make_file("a", Content::Zeros(1), 0).unwrap();
    run(&mut machine, spec("solo", 1), |host| {
        let errno = |result: host::Result<()>| result.map_err(|error| error.errno);
        let (a, b) = (at(host, "a"), at(host, "mnt/disk/a"));
        assert_eq!(errno(host.rename(a, b)), Err(Errno::CrossDevice));
        assert_eq!(
            errno(host.rename(at(host, "missing"), b)),
            Err(Errno::CrossDevice)
        );
        assert_eq!(errno(host.link(a, b)), Err(Errno::CrossDevice));
        write(host, "mnt/disk/x", b"1");
        host.rename(at(host, "mnt/disk/x"), at(host, "mnt/disk/y"))
            .unwrap();
        assert_eq!(
            errno(host.rename(at(host, "mnt/disk"), at(host, "d"))),
            Err(Errno::Busy)
        );
        assert_eq!(errno(host.rmdir(at(host, "mnt/disk"))), Err(Errno::Busy));
    });
    let mut inside = spec("inside", 2);
    inside.root = b"mnt/disk".to_vec();
    assert_eq!(
        run(&mut machine, inside, |host| list(host, host.root())),
        ["y"]
    );
}

#[test]
fn each_limit_runs_out_by_itself() {
    let limited = |limits: Limits| {
        Machine::new(MachineOptions {
            limits,
            ..options(1)
        })
    };
    let errno = |error: host::HostError| error.errno;
    let mut few_inodes = limited(Limits {
        inodes_max: 3,
        ..Limits::ORDINARY
    });
    run(&mut few_inodes, spec("solo", 1), move |host| {
        write(host, "a", b"");
        write(host, "b", b"");
        assert_eq!(
            host.create_new(at(host, "c")).map_err(errno),
            Err(Errno::NoSpace)
        );
        assert_eq!(
            host.mkdir(at(host, "c")).map_err(errno),
            Err(Errno::NoSpace)
        );
        host.link(at(host, "a"), at(host, "c")).unwrap();
        host.unlink(at(host, "b")).unwrap();
        host.mkdir(at(host, "d")).unwrap();
    });
    let mut few_bytes = limited(Limits {
        bytes_max: 10,
        ..Limits::ORDINARY
    });
    run(&mut few_bytes, spec("solo", 1), move |host| {
        write(host, "a", b"123456");
        let file = host.create_new(at(host, "b")).unwrap();
        assert_eq!(
            host.append(file, b"123456").map_err(errno),
            Err(Errno::NoSpace)
        );
        assert_eq!(
            host.stat(at(host, "b")).unwrap().len,
            4,
            "what fits is written"
        );
        host.unlink(at(host, "a")).unwrap();
        host.append(file, b"123456").unwrap();
    });
    let mut few_names = limited(Limits {
        names_max: 2,
        ..Limits::ORDINARY
    });
    run(&mut few_names, spec("solo", 1), move |host| {
        write(host, "a", b"");
        host.mkdir(at(host, "d")).unwrap();
        assert_eq!(
            host.create_new(at(host, "b")).map_err(errno),
            Err(Errno::NoSpace)
        );
        write(host, "d/a", b"");
        assert_eq!(
            host.rename(at(host, "d/a"), at(host, "b")).map_err(errno),
            Err(Errno::NoSpace)
        );
        host.rename(at(host, "d/a"), at(host, "a")).unwrap();
        host.rename(at(host, "a"), at(host, "b")).unwrap();
    });
    let mut few_handles = limited(Limits {
        handles_max: 2,
        ..Limits::ORDINARY
    });
    run(&mut few_handles, spec("solo", 1), move |host| {
        let file = host.create_new(at(host, "a")).unwrap();
        let dir = host.open_dir(at(host, "a")).map_err(errno);
        assert_eq!(dir, Err(Errno::NotDir));
        host.lock(at(host, "lock")).unwrap();
        assert_eq!(
            host.open_read(at(host, "missing")).map_err(errno),
            Err(Errno::TooManyOpen)
        );
        assert_eq!(
            host.create_new(at(host, "b")).map_err(errno),
            Err(Errno::TooManyOpen)
        );
        assert_eq!(
            host.stat(at(host, "b")).map_err(errno),
            Err(Errno::NotFound)
        );
        host.close(file);
        host.open_read(at(host, "a")).unwrap();
    });
    let mut few_links = limited(Limits {
        links_max: 2,
        ..Limits::ORDINARY
    });
    run(&mut few_links, spec("solo", 1), move |host| {
        write(host, "a", b"");
        host.link(at(host, "a"), at(host, "b")).unwrap();
        assert_eq!(
            host.link(at(host, "a"), at(host, "c")).map_err(errno),
            Err(Errno::TooManyLinks)
        );
    });
}
