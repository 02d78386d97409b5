//! Calls on a name that is missing, or that stands for the wrong kind of thing.

use crate::fixture::{Case, Fixture, cases, refused};
use host::{At, Call, Errno, Result};

pub fn cases() -> Vec<Case> {
    Vec::from(cases![Host:
        a_missing_name_is_not_found_by_every_call,
        a_name_below_a_missing_directory_is_not_found_by_every_call,
        a_path_through_a_file_is_refused_by_every_call,
        a_file_is_not_opened_as_a_directory,
        a_directory_is_not_opened_for_appending,
        a_directory_opened_as_a_file_brings_no_bytes,
        a_file_in_the_place_of_a_directory_is_not_taken_for_an_empty_one,
    ])
}

/// Every call that needs a name to be there.
fn calls_on_a_name(f: &Fixture<'_>, at: At<'_>) -> Vec<(Call, Result<()>)> {
    let (host, free) = (f.host, f.at("free"));
    vec![
        (Call::OpenDir, host.open_dir(at).map(drop)),
        (Call::Rmdir, host.rmdir(at)),
        (Call::OpenAppend, host.open_append(at).map(drop)),
        (Call::OpenRead, host.open_read(at).map(drop)),
        (Call::Stat, host.stat(at).map(drop)),
        (Call::RenameNoreplace, host.rename_noreplace(at, free)),
        (Call::Rename, host.rename(at, free)),
        (Call::Link, host.link(at, free)),
        (Call::Unlink, host.unlink(at)),
    ]
}

/// Every call that makes a name, from the file "good" where it needs one.
fn calls_that_make_a_name(f: &Fixture<'_>, at: At<'_>) -> Vec<(Call, Result<()>)> {
    let (host, good) = (f.host, f.at("good"));
    vec![
        (Call::Mkdir, host.mkdir(at)),
        (Call::CreateNew, host.create_new(at).map(drop)),
        (Call::RenameNoreplace, host.rename_noreplace(good, at)),
        (Call::Rename, host.rename(good, at)),
        (Call::Link, host.link(good, at)),
        (Call::Lock, host.lock(at).map(drop)),
    ]
}

fn a_missing_name_is_not_found_by_every_call(f: &Fixture<'_>) {
    for (call, result) in calls_on_a_name(f, f.at("no")) {
        refused(result, call, Errno::NotFound);
    }
    assert!(!f.exists("free"));
}

fn a_name_below_a_missing_directory_is_not_found_by_every_call(f: &Fixture<'_>) {
    f.write("good", b"one");
    let at = f.at("no/name");
    for (call, result) in calls_on_a_name(f, at) {
        refused(result, call, Errno::NotFound);
    }
    for (call, result) in calls_that_make_a_name(f, at) {
        refused(result, call, Errno::NotFound);
    }
    assert_eq!(f.bytes("good"), b"one");
}

fn a_path_through_a_file_is_refused_by_every_call(f: &Fixture<'_>) {
    f.write("good", b"one");
    f.write("file", b"two");
    let at = f.at("file/name");
    for (call, result) in calls_on_a_name(f, at) {
        refused(result, call, Errno::NotDir);
    }
    for (call, result) in calls_that_make_a_name(f, at) {
        refused(result, call, Errno::NotDir);
    }
    assert_eq!(f.bytes("good"), b"one");
    assert_eq!(f.bytes("file"), b"two");
}

fn a_file_is_not_opened_as_a_directory(f: &Fixture<'_>) {
    f.write("a", b"one");
    refused(f.host.open_dir(f.at("a")), Call::OpenDir, Errno::NotDir);
}

fn a_directory_is_not_opened_for_appending(f: &Fixture<'_>) {
    f.mkdir("d");
    refused(
        f.host.open_append(f.at("d")),
        Call::OpenAppend,
        Errno::IsDir,
    );
}

fn a_directory_opened_as_a_file_brings_no_bytes(f: &Fixture<'_>) {
    f.mkdir("d");
    let file = f.host.open_read(f.at("d")).unwrap();
    let read = f.host.read(file, 0, &mut Vec::new(), 100);
    refused(read, Call::Read, Errno::IsDir);
    f.host.close(file);
}

fn a_file_in_the_place_of_a_directory_is_not_taken_for_an_empty_one(f: &Fixture<'_>) {
    f.mkdir("d");
    f.write("file", b"one");
    refused(
        f.host.rename(f.at("d"), f.at("file")),
        Call::Rename,
        Errno::NotDir,
    );
    refused(f.host.rmdir(f.at("file")), Call::Rmdir, Errno::NotDir);
    assert_eq!(f.bytes("file"), b"one");
}
