//! Reading the names of a directory while names come, go and move: the window that the legacy queue lost its alerts in.
//!
//! The promise: a name that stays where it is for the whole scan is returned exactly once; any other once, twice or never.

use crate::fixture::{Case, Fixture, cases, numbered, refused, rest};
use host::{Call, Dir, Errno, File, Names};
use std::collections::BTreeMap;

/// So many names that a scan takes some dozens of chunks.
const COUNT: usize = 2_000;
const CHUNK: usize = 1_024;

pub fn cases() -> Vec<Case> {
    Vec::from(cases![Host:
        names_removed_during_a_scan_do_not_hide_the_others,
        names_created_during_a_scan_do_not_hide_or_double_the_others,
        names_renamed_inside_during_a_scan_do_not_hide_or_double_the_others,
        names_moved_in_and_out_during_a_scan_do_not_hide_or_double_the_others,
        names_replaced_during_a_scan_do_not_hide_or_double_the_others,
        a_directory_drained_chunk_by_chunk_ends_empty,
        a_scan_goes_on_in_a_directory_that_is_renamed,
        a_scan_goes_on_after_everything_else_was_removed,
        a_scan_of_a_directory_that_was_removed_finds_it_gone,
        a_name_that_was_listed_may_be_gone_when_it_is_opened,
    ])
}

/// How often each name was returned.
type Seen = BTreeMap<Vec<u8>, usize>;

/// Scans `dir`, and lets `meddle` act after each chunk, with the number of that chunk.
fn scan(dir: &Dir<'_>, mut meddle: impl FnMut(usize)) -> Seen {
    let mut names = Names::with_capacity(CHUNK);
    let mut seen = Seen::new();
    let mut chunks = 0;
    while dir.read(&mut names).unwrap() {
        for entry in names.iter() {
            *seen.entry(entry.name.to_vec()).or_default() += 1;
        }
        meddle(chunks);
        chunks += 1;
    }
    assert!(
        10 < chunks,
        "the scan took {chunks} chunks, too few to meddle"
    );
    seen
}

/// Demands that each of `unmoved` was seen once, and everything else twice at most.
#[track_caller]
fn check(seen: &Seen, unmoved: impl Iterator<Item = Vec<u8>>) {
    for name in unmoved {
        let times = seen.get(&name).copied().unwrap_or(0);
        assert_eq!(times, 1, "{}", String::from_utf8_lossy(&name));
    }
    for (name, &times) in seen {
        assert!(times <= 2, "{times} × {}", String::from_utf8_lossy(name));
    }
}

/// The names `n0001`, `n0003` and so on, which the cases below never touch.
fn odd() -> impl Iterator<Item = Vec<u8>> {
    (1..COUNT).step_by(2).map(|k| numbered("n", k))
}

/// After chunk `chunk`, the even numbers that are dealt with then: some ahead of the scan, some behind, in no order.
fn even(chunk: usize) -> impl Iterator<Item = usize> {
    (0..40)
        .map(move |k| chunk * 40 + k)
        .filter(|&turn| turn < COUNT / 2)
        .map(|turn| turn * 7_919 % (COUNT / 2) * 2)
}

fn names_removed_during_a_scan_do_not_hide_the_others(f: &Fixture<'_>) {
    f.mkdir("d");
    f.fill("d", "n", COUNT);
    let dir = f.dir("d");
    let seen = scan(&dir, |chunk| {
        for k in even(chunk) {
            f.host.unlink(dir.at(&numbered("n", k))).unwrap();
        }
    });
    check(&seen, odd());
}

fn names_created_during_a_scan_do_not_hide_or_double_the_others(f: &Fixture<'_>) {
    f.mkdir("d");
    f.fill("d", "n", COUNT);
    let dir = f.dir("d");
    let seen = scan(&dir, |chunk| {
        for k in even(chunk) {
            drop(File::create_new(f.host, dir.at(&numbered("new", k))).unwrap());
        }
    });
    check(&seen, (0..COUNT).map(|k| numbered("n", k)));
}

fn names_renamed_inside_during_a_scan_do_not_hide_or_double_the_others(f: &Fixture<'_>) {
    f.mkdir("d");
    f.fill("d", "n", COUNT);
    let dir = f.dir("d");
    let seen = scan(&dir, |chunk| {
        for k in even(chunk) {
            let (old, new) = (numbered("n", k), numbered("moved", k));
            f.host.rename(dir.at(&old), dir.at(&new)).unwrap();
        }
    });
    check(&seen, odd());
}

fn names_moved_in_and_out_during_a_scan_do_not_hide_or_double_the_others(f: &Fixture<'_>) {
    f.mkdir("d");
    f.mkdir("outside");
    f.fill("d", "n", COUNT);
    f.fill("outside", "in", COUNT);
    let (dir, outside) = (f.dir("d"), f.dir("outside"));
    let seen = scan(&dir, |chunk| {
        for k in even(chunk) {
            let (out, into) = (numbered("n", k), numbered("in", k));
            f.host
                .rename_noreplace(dir.at(&out), outside.at(&out))
                .unwrap();
            f.host
                .rename_noreplace(outside.at(&into), dir.at(&into))
                .unwrap();
        }
    });
    check(&seen, odd());
}

fn names_replaced_during_a_scan_do_not_hide_or_double_the_others(f: &Fixture<'_>) {
    f.mkdir("d");
    f.fill("d", "n", COUNT);
    let dir = f.dir("d");
    let seen = scan(&dir, |chunk| {
        for k in even(chunk) {
            let aside = f.at("aside");
            f.write("aside", b"new");
            f.host.rename(aside, dir.at(&numbered("n", k))).unwrap();
        }
    });
    check(&seen, odd());
}

fn a_directory_drained_chunk_by_chunk_ends_empty(f: &Fixture<'_>) {
    f.mkdir("d");
    f.mkdir("out");
    f.fill("d", "n", COUNT);
    let (dir, out) = (f.dir("d"), f.dir("out"));
    let mut names = Names::with_capacity(CHUNK);
    while dir.read(&mut names).unwrap() {
        for entry in names.iter() {
            let (from, to) = (dir.at(entry.name), out.at(entry.name));
            f.host.rename_noreplace(from, to).unwrap();
        }
    }
    // Whatever was left would have stayed where it was for the whole scan without being returned.
    f.host.rmdir(f.at("d")).unwrap();
    assert_eq!(f.list("out").len(), COUNT);
}

fn a_scan_goes_on_in_a_directory_that_is_renamed(f: &Fixture<'_>) {
    f.mkdir("d");
    f.mkdir("parent");
    let expect = f.fill("d", "n", COUNT);
    let dir = f.dir("d");
    let seen = scan(&dir, |chunk| match chunk {
        3 => f.host.rename(f.at("d"), f.at("parent/d")).unwrap(),
        6 => f.host.rename(f.at("parent/d"), f.at("e")).unwrap(),
        _ => {}
    });
    check(&seen, expect.into_iter());
    assert_eq!(seen.len(), COUNT);
}

fn a_scan_goes_on_after_everything_else_was_removed(f: &Fixture<'_>) {
    f.mkdir("d");
    f.fill("d", "n", COUNT);
    let dir = f.dir("d");
    let seen = scan_then_remove_all_but(f, &dir, b"n1234");
    assert_eq!(seen.get(&b"n1234"[..]), Some(&1));
}

fn scan_then_remove_all_but(f: &Fixture<'_>, dir: &Dir<'_>, kept: &[u8]) -> Seen {
    let mut names = Names::with_capacity(CHUNK);
    let mut seen = Seen::new();
    dir.read(&mut names).unwrap();
    for entry in names.iter() {
        seen.insert(entry.name.to_vec(), 1);
    }
    for k in 0..COUNT {
        let name = numbered("n", k);
        if name != kept {
            f.host.unlink(dir.at(&name)).unwrap();
        }
    }
    for name in rest(dir, &mut names) {
        *seen.entry(name).or_default() += 1;
    }
    seen
}

fn a_scan_of_a_directory_that_was_removed_finds_it_gone(f: &Fixture<'_>) {
    f.mkdir("d");
    f.fill("d", "n", 200);
    let dir = f.dir("d");
    let mut names = Names::with_capacity(CHUNK);
    dir.read(&mut names).unwrap();
    for k in 0..200 {
        f.host.unlink(dir.at(&numbered("n", k))).unwrap();
    }
    f.host.rmdir(f.at("d")).unwrap();
    refused(dir.read(&mut names), Call::ReadDir, Errno::NotFound);
    assert!(names.is_empty(), "a failed read leaves no old names behind");
}

fn a_name_that_was_listed_may_be_gone_when_it_is_opened(f: &Fixture<'_>) {
    f.mkdir("d");
    f.fill("d", "n", 10);
    let dir = f.dir("d");
    let mut names = Names::default();
    dir.read(&mut names).unwrap();
    f.host.rename(f.at("d/n0005"), f.at("moved")).unwrap();
    assert_eq!(names.len(), 10);
    let gone = f.host.open_read(dir.at("n0005"));
    refused(gone, Call::OpenRead, Errno::NotFound);
}
