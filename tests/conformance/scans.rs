//! Reading the names of a directory that nobody changes meanwhile.

use crate::fixture::{Case, Fixture, cases, rest};
use host::{Kind, Names};

pub fn cases() -> Vec<Case> {
    Vec::from(cases![Host:
        a_scan_returns_every_name_exactly_once_in_bounded_chunks,
        a_scan_of_an_empty_directory_ends_at_once,
        a_scan_leaves_out_the_dots,
        a_scan_stays_at_its_end,
        a_scan_says_what_each_name_stands_for,
        a_scan_shows_a_hard_link_under_both_names,
        the_smallest_buffer_holds_the_longest_name,
        a_chunk_replaces_what_the_buffer_held,
        a_buffer_may_go_from_one_directory_to_another,
        a_rewound_scan_starts_again_and_sees_what_is_new,
        a_scan_is_rewound_from_its_middle,
        two_handles_on_one_directory_scan_by_themselves,
        names_below_another_directory_do_not_show,
    ])
}

fn a_scan_returns_every_name_exactly_once_in_bounded_chunks(f: &Fixture<'_>) {
    f.mkdir("d");
    let expect = f.fill("d", "name-", 3_000);
    let dir = f.dir("d");
    // One of these names takes 32 bytes: ten would be 4 too many for the first buffer.
    for capacity in [316, 1_024, 32 * 1_024] {
        let mut names = Names::with_capacity(capacity);
        let mut found: Vec<Vec<u8>> = Vec::new();
        let mut chunks = 0;
        dir.rewind().unwrap();
        while dir.read(&mut names).unwrap() {
            let cost: usize = names.iter().map(|e| Names::cost(e.name.len())).sum();
            assert!(cost <= capacity, "{cost} bytes in a chunk of {capacity}");
            found.extend(names.iter().map(|entry| entry.name.to_vec()));
            chunks += 1;
        }
        found.sort();
        assert!(found == expect, "{} names of {capacity}", found.len());
        let least = expect.len() * Names::cost("name-0000".len()) / capacity;
        assert!(least <= chunks, "{chunks} chunks, at least {least}");
    }
}

fn a_scan_of_an_empty_directory_ends_at_once(f: &Fixture<'_>) {
    f.mkdir("d");
    let mut names = Names::with_capacity(280);
    assert_eq!(f.dir("d").read(&mut names), Ok(false));
    assert!(names.is_empty());
}

fn a_scan_leaves_out_the_dots(f: &Fixture<'_>) {
    f.mkdir("d");
    f.mkdir("d/e");
    assert_eq!(f.list("d"), [b"e"]);
    assert_eq!(f.list("d/e").len(), 0);
}

fn a_scan_stays_at_its_end(f: &Fixture<'_>) {
    f.mkdir("d");
    f.fill("d", "n", 100);
    let dir = f.dir("d");
    let mut names = Names::with_capacity(512);
    assert_eq!(rest(&dir, &mut names).len(), 100);
    assert_eq!(dir.read(&mut names), Ok(false));
    assert_eq!(dir.read(&mut names), Ok(false));
}

fn a_scan_says_what_each_name_stands_for(f: &Fixture<'_>) {
    f.mkdir("d");
    f.mkdir("d/dir");
    f.write("d/file", b"one");
    let mut names = Names::default();
    f.dir("d").read(&mut names).unwrap();
    assert_eq!(names.len(), 2);
    for entry in names.iter() {
        let expect = if entry.name == b"dir" {
            Kind::Dir
        } else {
            Kind::File
        };
        // A filesystem may leave the question to `stat`.
        if entry.kind != Kind::Unknown {
            assert_eq!(entry.kind, expect);
        }
        assert_eq!(f.host.stat(f.dir("d").at(entry.name)).unwrap().kind, expect);
    }
}

fn a_scan_shows_a_hard_link_under_both_names(f: &Fixture<'_>) {
    f.mkdir("d");
    f.write("d/a", b"one");
    f.host.link(f.at("d/a"), f.at("d/b")).unwrap();
    assert_eq!(f.list("d"), [b"a", b"b"]);
}

fn the_smallest_buffer_holds_the_longest_name(f: &Fixture<'_>) {
    f.mkdir("d");
    let dir = f.dir("d");
    let mut expect: Vec<Vec<u8>> = Vec::new();
    for byte in b"xyz" {
        let name = vec![*byte; 255];
        f.host.close(f.host.create_new(dir.at(&name)).unwrap());
        expect.push(name);
    }
    let mut found = rest(&dir, &mut Names::with_capacity(280));
    found.sort();
    assert_eq!(found, expect);
}

fn a_chunk_replaces_what_the_buffer_held(f: &Fixture<'_>) {
    f.mkdir("d");
    f.write("d/a", b"");
    let mut names = Names::default();
    names.push(b"stale", Kind::File);
    let dir = f.dir("d");
    dir.read(&mut names).unwrap();
    assert_eq!(names.iter().map(|e| e.name).collect::<Vec<_>>(), [b"a"]);
    assert_eq!(dir.read(&mut names), Ok(false));
    assert!(names.is_empty());
}

fn a_buffer_may_go_from_one_directory_to_another(f: &Fixture<'_>) {
    f.mkdir("a");
    f.mkdir("b");
    f.fill("a", "a", 300);
    f.fill("b", "b", 300);
    let (a, b) = (f.dir("a"), f.dir("b"));
    let mut names = Names::with_capacity(512);
    let mut found: Vec<Vec<u8>> = Vec::new();
    let mut more = true;
    while more {
        more = false;
        for dir in [&a, &b] {
            more |= dir.read(&mut names).unwrap();
            found.extend(names.iter().map(|entry| entry.name.to_vec()));
        }
    }
    found.sort();
    found.dedup();
    assert_eq!(found.len(), 600);
}

fn a_rewound_scan_starts_again_and_sees_what_is_new(f: &Fixture<'_>) {
    f.mkdir("d");
    f.fill("d", "old", 500);
    let dir = f.dir("d");
    let mut names = Names::with_capacity(1_024);
    assert_eq!(rest(&dir, &mut names).len(), 500);
    f.fill("d", "new", 500);
    f.host.unlink(dir.at("old0000")).unwrap();
    dir.rewind().unwrap();
    let mut found = rest(&dir, &mut names);
    found.sort();
    found.dedup();
    assert_eq!(found.len(), 999);
    assert!(!found.contains(&b"old0000".to_vec()));
}

fn a_scan_is_rewound_from_its_middle(f: &Fixture<'_>) {
    f.mkdir("d");
    let expect = f.fill("d", "n", 500);
    let dir = f.dir("d");
    let mut names = Names::with_capacity(1_024);
    dir.read(&mut names).unwrap();
    dir.read(&mut names).unwrap();
    dir.rewind().unwrap();
    let mut found = rest(&dir, &mut names);
    found.sort();
    assert!(found == expect, "{} names", found.len());
}

fn two_handles_on_one_directory_scan_by_themselves(f: &Fixture<'_>) {
    f.mkdir("d");
    let expect = f.fill("d", "n", 500);
    let (first, second) = (f.dir("d"), f.dir("d"));
    let mut names = Names::with_capacity(1_024);
    first.read(&mut names).unwrap();
    let mut begun: Vec<Vec<u8>> = names.iter().map(|e| e.name.to_vec()).collect();
    let mut whole = rest(&second, &mut names);
    begun.extend(rest(&first, &mut names));
    whole.sort();
    begun.sort();
    assert!(whole == expect, "{} names", whole.len());
    assert!(begun == expect, "{} names", begun.len());
}

fn names_below_another_directory_do_not_show(f: &Fixture<'_>) {
    f.mkdir("d");
    f.mkdir("d/e");
    f.write("d/e/a", b"");
    f.write("b", b"");
    assert_eq!(f.list("d"), [b"e"]);
}
