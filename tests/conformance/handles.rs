//! What a closed handle answers, and what an open one keeps.

use crate::fixture::{Case, Fixture, cases, refused};
use host::{At, Call, Errno, Names};

pub fn cases() -> Vec<Case> {
    Vec::from(cases![Host:
        a_closed_file_is_refused,
        a_closed_directory_is_refused_by_every_call,
        closing_twice_closes_nothing_else,
        the_number_of_a_closed_file_reaches_no_other_file,
        the_number_of_a_closed_directory_reaches_no_other_directory,
        an_open_file_outlives_the_handle_of_its_directory,
        the_root_is_never_closed,
        many_handles_are_open_at_once,
    ])
}

fn a_closed_file_is_refused(f: &Fixture<'_>) {
    f.write("a", b"one");
    let reader = f.host.open_read(f.at("a")).unwrap();
    let writer = f.host.open_append(f.at("a")).unwrap();
    f.host.close(reader);
    f.host.close(writer);
    let mut bytes = Vec::new();
    let read = f.host.read(reader, 0, &mut bytes, 100);
    refused(read, Call::Read, Errno::BadHandle);
    refused(
        f.host.append(writer, b"two"),
        Call::Append,
        Errno::BadHandle,
    );
    refused(f.host.sync_file(writer), Call::SyncFile, Errno::BadHandle);
    assert_eq!(bytes, b"");
    assert_eq!(f.bytes("a"), b"one");
}

fn a_closed_directory_is_refused_by_every_call(f: &Fixture<'_>) {
    f.mkdir("d");
    f.write("d/a", b"one");
    f.write("good", b"two");
    let dir = f.host.open_dir(f.at("d")).unwrap();
    f.host.close_dir(dir);
    let (host, a, good, closed) = (f.host, At::new(dir, "a"), f.at("good"), Errno::BadHandle);
    refused(host.open_dir(a), Call::OpenDir, closed);
    refused(
        host.read_dir(dir, &mut Names::default()),
        Call::ReadDir,
        closed,
    );
    refused(host.rewind_dir(dir), Call::RewindDir, closed);
    refused(host.mkdir(a), Call::Mkdir, closed);
    refused(host.rmdir(a), Call::Rmdir, closed);
    refused(host.create_new(a), Call::CreateNew, closed);
    refused(host.open_append(a), Call::OpenAppend, closed);
    refused(host.open_read(a), Call::OpenRead, closed);
    refused(host.stat(a), Call::Stat, closed);
    for (from, to) in [(a, good), (good, a)] {
        refused(
            host.rename_noreplace(from, to),
            Call::RenameNoreplace,
            closed,
        );
        refused(host.rename(from, to), Call::Rename, closed);
        refused(host.link(from, to), Call::Link, closed);
    }
    refused(host.unlink(a), Call::Unlink, closed);
    refused(host.sync_dir(dir), Call::SyncDir, closed);
    refused(host.sync_all(dir), Call::SyncAll, closed);
    refused(host.lock(a), Call::Lock, closed);
    assert_eq!(f.bytes("d/a"), b"one");
}

fn closing_twice_closes_nothing_else(f: &Fixture<'_>) {
    f.write("a", b"one");
    f.mkdir("d");
    let (file, dir) = (
        f.host.open_read(f.at("a")).unwrap(),
        f.host.open_dir(f.at("d")).unwrap(),
    );
    f.host.close(file);
    f.host.close_dir(dir);
    let (next_file, next_dir) = (
        f.host.open_read(f.at("a")).unwrap(),
        f.host.open_dir(f.at("d")).unwrap(),
    );
    f.host.close(file);
    f.host.close_dir(dir);
    let mut bytes = Vec::new();
    assert_eq!(f.host.read(next_file, 0, &mut bytes, 100), Ok(3));
    f.host.sync_dir(next_dir).unwrap();
    f.host.close(next_file);
    f.host.close_dir(next_dir);
}

fn the_number_of_a_closed_file_reaches_no_other_file(f: &Fixture<'_>) {
    f.write("a", b"one");
    f.write("b", b"two");
    for _ in 0..300 {
        let first = f.host.open_read(f.at("a")).unwrap();
        f.host.close(first);
        let second = f.host.open_read(f.at("b")).unwrap();
        assert_ne!(first, second);
        let read = f.host.read(first, 0, &mut Vec::new(), 100);
        refused(read, Call::Read, Errno::BadHandle);
        f.host.close(second);
    }
}

fn the_number_of_a_closed_directory_reaches_no_other_directory(f: &Fixture<'_>) {
    f.mkdir("a");
    f.mkdir("b");
    f.write("b/x", b"");
    for _ in 0..300 {
        let first = f.host.open_dir(f.at("a")).unwrap();
        f.host.close_dir(first);
        let second = f.host.open_dir(f.at("b")).unwrap();
        let unlink = f.host.unlink(At::new(first, "x"));
        refused(unlink, Call::Unlink, Errno::BadHandle);
        f.host.close_dir(second);
    }
}

fn an_open_file_outlives_the_handle_of_its_directory(f: &Fixture<'_>) {
    f.mkdir("d");
    f.write("d/a", b"one");
    let dir = f.host.open_dir(f.at("d")).unwrap();
    let file = f.host.open_read(At::new(dir, "a")).unwrap();
    f.host.close_dir(dir);
    let mut bytes = Vec::new();
    assert_eq!(f.host.read(file, 0, &mut bytes, 100), Ok(3));
    f.host.close(file);
}

fn the_root_is_never_closed(f: &Fixture<'_>) {
    f.write("a", b"one");
    f.host.close_dir(f.host.root());
    assert_eq!(f.bytes("a"), b"one");
}

fn many_handles_are_open_at_once(f: &Fixture<'_>) {
    f.mkdir("d");
    let names = f.fill("d", "n", 200);
    let dir = f.dir("d");
    let files: Vec<_> = names
        .iter()
        .map(|name| f.host.open_append(dir.at(name)).unwrap())
        .collect();
    for (file, name) in files.iter().zip(&names) {
        f.host.append(*file, name).unwrap();
    }
    for file in files {
        f.host.close(file);
    }
    for name in &names {
        let file = host::File::open_read(f.host, dir.at(name)).unwrap();
        assert_eq!(&crate::fixture::all_bytes(&file), name);
    }
}
