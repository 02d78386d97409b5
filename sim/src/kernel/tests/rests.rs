//! What the survival of one operation rests on: small stories, each with every draw of a power loss at its end.

use super::{at, options, spec};
use crate::kernel::{
    Act, Director, Ended, Exit, Fs, Ino, Machine, Node, Pending, RunLimit, Seed, TaskId, View,
};
use crate::schedule::Timed;
use host::{Call, Dir, Host};
use std::collections::BTreeSet;

/// Takes the power away when the program asks for the time.
struct AtNow;

impl Director for AtNow {
    fn before(&mut self, _view: &mut View<'_>, pending: &Pending<'_>) -> Act {
        if pending.call == Call::Now {
            Act::PowerLoss
        } else {
            Act::Proceed
        }
    }

    fn exited(&mut self, _view: &mut View<'_>, _task: TaskId, how: &Ended) {
        assert_eq!(*how, Ended::Killed, "the story was told to its end");
    }
}

fn tell(host: &dyn Host, line: &str) {
    let words: Vec<&str> = line.split_whitespace().collect();
    match words.as_slice() {
        ["mkdir", path] => host.mkdir(at(host, path)).unwrap(),
        ["file", path] => super::write(host, path, b"bytes"),
        ["rename", from, to] => host.rename(at(host, from), at(host, to)).unwrap(),
        ["rmdir", path] => host.rmdir(at(host, path)).unwrap(),
        ["unlink", path] => host.unlink(at(host, path)).unwrap(),
        ["sync", "."] => host.sync_dir(host.root()).unwrap(),
        ["sync", path] => Dir::open(host, at(host, path)).unwrap().sync().unwrap(),
        ["commit"] => host.sync_all(host.root()).unwrap(),
        _ => panic!("no story has {line}"),
    }
}

/// All paths, in order, joined by blanks.
fn paths(fs: &Fs) -> String {
    let mut paths = BTreeSet::new();
    let mut dirs = vec![Ino::ROOT];
    while let Some(dir) = dirs.pop() {
        for (_, ino) in fs.children(dir) {
            if fs.node(ino) == Node::Dir {
                dirs.push(ino);
            }
        }
        for (name, _) in fs.children(dir) {
            let mut path = fs.path(dir);
            path.extend_from_slice(if path.is_empty() { b"" } else { b"/" });
            path.extend_from_slice(name);
            paths.insert(String::from_utf8(path).unwrap());
        }
    }
    paths.into_iter().collect::<Vec<_>>().join(" ")
}

/// Every tree that a power loss at the end of the story left, over 300 seeds.
fn outcomes(story: &'static str) -> BTreeSet<String> {
    (0..300)
        .map(|seed| {
            let mut machine = Machine::new(options(seed));
            let program = move |host: &dyn Host| {
                story.split(';').for_each(|line| tell(host, line));
                host.now();
                Exit::OK
            };
            machine.spawn(spec("teller", 1), Box::new(program)).unwrap();
            machine.run(&mut Timed::new(Seed(seed)), &mut AtNow, RunLimit::NONE);
            paths(machine.fs())
        })
        .collect()
}

fn check(story: &'static str, expected: &[&str]) {
    let expected = expected.iter().map(|&tree| tree.to_owned()).collect();
    assert_eq!(outcomes(story), expected, "{story}");
}

#[test]
fn a_rename_is_old_new_or_both() {
    let before = "mkdir a; mkdir b; file a/f; commit";
    assert_eq!(outcomes(before), BTreeSet::from(["a a/f b".to_owned()]));
    let all = ["a a/f b", "a a/f b b/f", "a b b/f"];
    check("mkdir a; mkdir b; file a/f; commit; rename a/f b/f", &all);
    // The target's sync keeps the new name, the source's removes the old one as well.
    let kept = ["a a/f b b/f", "a b b/f"];
    check(
        "mkdir a; mkdir b; file a/f; commit; rename a/f b/f; sync b",
        &kept,
    );
    check(
        "mkdir a; mkdir b; file a/f; commit; rename a/f b/f; sync a",
        &["a b b/f"],
    );
}

#[test]
fn a_directory_has_exactly_one_name() {
    let story = "mkdir a; mkdir b; mkdir a/d; commit; rename a/d b/d";
    check(story, &["a a/d b", "a b b/d"]);
    for sync in ["a", "b"] {
        let story = if sync == "a" {
            "mkdir a; mkdir b; mkdir a/d; commit; rename a/d b/d; sync a"
        } else {
            "mkdir a; mkdir b; mkdir a/d; commit; rename a/d b/d; sync b"
        };
        check(story, &["a b b/d"]);
    }
}

#[test]
fn an_unlink_may_be_lost_and_a_file_may_come_without_its_bytes() {
    check("file f; commit; unlink f", &["", "f"]);
    check("file f; commit; unlink f; sync .", &[""]);
    check("file f", &["", "f"]);
    check("mkdir d; file d/f", &["", "d", "d d/f"]);
    check("mkdir d; commit; file d/f; sync d", &["d d/f"]);
}

#[test]
fn a_directory_is_not_removed_before_what_left_it_has_left() {
    let story = "mkdir n; file n/f; commit; rename n/f g; rmdir n";
    check(story, &["g", "g n", "g n n/f", "n n/f"]);
    let story = "mkdir n; mkdir m; file n/f; commit; rename n/f m/f; rmdir n; sync .";
    check(story, &["m m/f"]);
}

#[test]
fn a_name_is_not_given_up_for_one_in_a_directory_that_was_never_made() {
    let story = "mkdir a; file a/f; commit; mkdir n; rename a/f n/f";
    check(story, &["a a/f", "a a/f n", "a a/f n n/f", "a n n/f"]);
    let story = "mkdir a; file a/f; commit; mkdir n; rename a/f n/f; sync a";
    check(story, &["a n n/f"]);
    let story = "mkdir a; mkdir a/d; commit; mkdir n; rename a/d n/d";
    check(story, &["a a/d", "a a/d n", "a n n/d"]);
}

#[test]
fn two_directories_never_end_up_in_each_other() {
    let story = "mkdir p; mkdir q; commit; rename p q/p; rename q/p p; rename q p/q";
    check(story, &["p p/q", "p q", "q q/p"]);
    let story = "mkdir p; mkdir q; commit; rename p q/p; rename q/p p; rename q p/q; sync p";
    check(story, &["p p/q"]);
}

#[test]
fn an_entry_is_changed_in_order() {
    // The second file cannot have the name before the first one has moved on.
    let story = "file a; file b; mkdir d; commit; rename a d/a; rename b a";
    let outcomes = outcomes(story);
    assert!(
        outcomes.iter().all(|tree| tree.contains("a")),
        "{outcomes:?}"
    );
    assert!(!outcomes.contains("a d"), "{outcomes:?}");
    assert!(
        outcomes.contains("a d d/a") && outcomes.contains("a b d"),
        "{outcomes:?}"
    );
}
