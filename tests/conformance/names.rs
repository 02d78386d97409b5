//! Which names and paths there are.

use crate::fixture::{Case, Fixture, cases, refused};
use host::{At, Call, Errno, Result};

pub fn cases() -> Vec<Case> {
    Vec::from(cases![Host:
        a_path_that_could_leave_its_directory_is_refused_by_every_call,
        a_name_with_a_zero_byte_is_refused,
        a_name_of_255_bytes_is_taken_and_one_of_256_is_not,
        a_path_of_4096_bytes_is_refused,
        a_name_is_bytes_and_not_text,
        names_that_only_look_like_dots_are_names,
        upper_and_lower_case_are_two_names,
    ])
}

/// Every call that takes one path, and both sides of each that takes two, with "good" as the other.
fn every_call_with(f: &Fixture<'_>, at: At<'_>) -> Vec<(Call, Result<()>)> {
    let (host, good) = (f.host, f.at("good"));
    vec![
        (Call::OpenDir, host.open_dir(at).map(drop)),
        (Call::Mkdir, host.mkdir(at)),
        (Call::Rmdir, host.rmdir(at)),
        (Call::CreateNew, host.create_new(at).map(drop)),
        (Call::OpenAppend, host.open_append(at).map(drop)),
        (Call::OpenRead, host.open_read(at).map(drop)),
        (Call::Stat, host.stat(at).map(drop)),
        (Call::RenameNoreplace, host.rename_noreplace(at, good)),
        (Call::RenameNoreplace, host.rename_noreplace(good, at)),
        (Call::Rename, host.rename(at, good)),
        (Call::Rename, host.rename(good, at)),
        (Call::Link, host.link(at, good)),
        (Call::Link, host.link(good, at)),
        (Call::Unlink, host.unlink(at)),
        (Call::Lock, host.lock(at).map(drop)),
    ]
}

fn a_path_that_could_leave_its_directory_is_refused_by_every_call(f: &Fixture<'_>) {
    f.mkdir("d");
    f.write("good", b"");
    for path in [
        "",
        "/",
        ".",
        "..",
        "/good",
        "good/",
        "d/",
        "d//x",
        "./good",
        "d/.",
        "d/..",
        "../good",
        "d/../good",
    ] {
        for (call, result) in every_call_with(f, f.at(path)) {
            refused(result, call, Errno::Invalid);
        }
    }
    assert_eq!(f.stat("good").links, 1);
    assert!(f.exists("d"));
}

fn a_name_with_a_zero_byte_is_refused(f: &Fixture<'_>) {
    f.write("good", b"");
    for (call, result) in every_call_with(f, f.at("a\0b")) {
        refused(result, call, Errno::Invalid);
    }
    assert!(!f.exists("a"));
}

fn a_name_of_255_bytes_is_taken_and_one_of_256_is_not(f: &Fixture<'_>) {
    f.write("good", b"");
    for (call, result) in every_call_with(f, f.at(&[b'x'; 256])) {
        refused(result, call, Errno::NameTooLong);
    }
    let longest = [b'x'; 255];
    f.write(&longest, b"one");
    assert_eq!(f.bytes(&longest), b"one");
    f.mkdir("d");
    let mut below = b"d/".to_vec();
    below.extend_from_slice(&longest);
    f.host.rename(f.at(&longest), f.at(&below)).unwrap();
    assert_eq!(f.list("d"), [longest]);
}

fn a_path_of_4096_bytes_is_refused(f: &Fixture<'_>) {
    // The kernel's limit is 4,096 with the terminator.
    let mut path = "d/".repeat(2_047).into_bytes();
    path.push(b'd');
    assert_eq!(path.len(), 4_095);
    refused(f.host.stat(f.at(&path)), Call::Stat, Errno::NotFound);
    path.push(b'd');
    refused(f.host.stat(f.at(&path)), Call::Stat, Errno::NameTooLong);
}

fn a_name_is_bytes_and_not_text(f: &Fixture<'_>) {
    f.mkdir("d");
    let mut names: Vec<Vec<u8>> = (1..=255_u8)
        .filter(|byte| !matches!(byte, b'/' | b'.'))
        .map(|byte| vec![byte])
        .collect();
    names.push(vec![0xff, 0xfe, b' ', b'\n', 0x80]);
    names.sort();
    let dir = f.dir("d");
    for name in &names {
        f.host.close(f.host.create_new(dir.at(name)).unwrap());
    }
    assert_eq!(f.list("d"), names);
    for name in &names {
        f.host.unlink(dir.at(name)).unwrap();
    }
    f.host.rmdir(f.at("d")).unwrap();
}

fn names_that_only_look_like_dots_are_names(f: &Fixture<'_>) {
    f.mkdir("d");
    let names = [&b" ."[..], b"...", b"..a", b".a", b"a.", b"a.."];
    for name in names {
        let file = f.host.create_new(f.dir("d").at(name)).unwrap();
        f.host.close(file);
    }
    assert_eq!(f.list("d"), names);
}

fn upper_and_lower_case_are_two_names(f: &Fixture<'_>) {
    f.write("a", b"lower");
    f.write("A", b"upper");
    assert_eq!(f.bytes("a"), b"lower");
    assert_eq!(f.bytes("A"), b"upper");
}
