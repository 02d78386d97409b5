//! Making and removing directories, and what a handle on one follows.

use crate::fixture::{Case, Fixture, cases, refused, rest};
use host::{At, Call, Errno, File, Names};

pub fn cases() -> Vec<Case> {
    let mut all = Vec::from(cases![Host:
        a_directory_is_made_once,
        a_directory_on_the_name_of_a_file_is_refused,
        a_directory_below_a_missing_one_is_refused,
        an_empty_directory_is_removed,
        a_directory_that_holds_a_name_is_not_removed,
        a_removal_of_a_file_or_of_nothing_as_a_directory_is_refused,
        a_handle_follows_its_directory_through_a_rename,
        a_handle_on_a_removed_directory_finds_and_makes_nothing,
        a_removed_directory_made_again_is_another,
        a_path_may_go_through_several_directories,
    ]);
    all.extend(cases![Neighbour: two_processes_see_one_tree]);
    all
}

fn a_directory_is_made_once(f: &Fixture<'_>) {
    f.mkdir("d");
    refused(f.host.mkdir(f.at("d")), Call::Mkdir, Errno::Exists);
    assert_eq!(f.list("d"), Vec::<Vec<u8>>::new());
}

fn a_directory_on_the_name_of_a_file_is_refused(f: &Fixture<'_>) {
    f.write("a", b"one");
    refused(f.host.mkdir(f.at("a")), Call::Mkdir, Errno::Exists);
    assert_eq!(f.bytes("a"), b"one");
}

fn a_directory_below_a_missing_one_is_refused(f: &Fixture<'_>) {
    refused(f.host.mkdir(f.at("no/d")), Call::Mkdir, Errno::NotFound);
    assert!(!f.exists("no"));
}

fn an_empty_directory_is_removed(f: &Fixture<'_>) {
    f.mkdir("d");
    f.write("d/a", b"");
    f.host.unlink(f.at("d/a")).unwrap();
    f.host.rmdir(f.at("d")).unwrap();
    assert!(!f.exists("d"));
}

fn a_directory_that_holds_a_name_is_not_removed(f: &Fixture<'_>) {
    f.mkdir("file");
    f.write("file/a", b"");
    f.mkdir("dir");
    f.mkdir("dir/d");
    for full in ["file", "dir"] {
        refused(f.host.rmdir(f.at(full)), Call::Rmdir, Errno::NotEmpty);
        assert_eq!(f.list(full).len(), 1);
    }
}

fn a_removal_of_a_file_or_of_nothing_as_a_directory_is_refused(f: &Fixture<'_>) {
    f.write("a", b"one");
    refused(f.host.rmdir(f.at("a")), Call::Rmdir, Errno::NotDir);
    refused(f.host.rmdir(f.at("no")), Call::Rmdir, Errno::NotFound);
    assert_eq!(f.bytes("a"), b"one");
}

fn a_handle_follows_its_directory_through_a_rename(f: &Fixture<'_>) {
    f.mkdir("old");
    f.mkdir("parent");
    f.write("old/a", b"one");
    let dir = f.dir("old");
    f.host.rename(f.at("old"), f.at("parent/new")).unwrap();
    // A directory that takes the old name is none of the handle's business.
    f.mkdir("old");
    drop(File::create_new(f.host, dir.at("b")).unwrap());
    let mut found = rest(&dir, &mut Names::default());
    found.sort();
    assert_eq!(found, [b"a", b"b"]);
    assert_eq!(f.list("parent/new"), [b"a", b"b"]);
    assert_eq!(f.list("old").len(), 0);
}

fn a_handle_on_a_removed_directory_finds_and_makes_nothing(f: &Fixture<'_>) {
    f.mkdir("d");
    f.write("file", b"one");
    let dir = f.dir("d");
    f.host.rmdir(f.at("d")).unwrap();
    let gone = Errno::NotFound;
    refused(f.host.create_new(dir.at("a")), Call::CreateNew, gone);
    refused(f.host.mkdir(dir.at("a")), Call::Mkdir, gone);
    refused(f.host.lock(dir.at("a")), Call::Lock, gone);
    refused(f.host.stat(dir.at("a")), Call::Stat, gone);
    refused(f.host.open_read(dir.at("a")), Call::OpenRead, gone);
    let into = dir.at("a");
    refused(f.host.rename(f.at("file"), into), Call::Rename, gone);
    let claim = f.host.rename_noreplace(f.at("file"), into);
    refused(claim, Call::RenameNoreplace, gone);
    refused(f.host.link(f.at("file"), into), Call::Link, gone);
    refused(dir.read(&mut Names::default()), Call::ReadDir, gone);
    assert_eq!(f.bytes("file"), b"one");
}

fn a_removed_directory_made_again_is_another(f: &Fixture<'_>) {
    f.mkdir("d");
    let old = f.dir("d");
    f.host.rmdir(f.at("d")).unwrap();
    f.mkdir("d");
    f.write("d/a", b"");
    refused(f.host.stat(old.at("a")), Call::Stat, Errno::NotFound);
}

fn a_path_may_go_through_several_directories(f: &Fixture<'_>) {
    f.mkdir("a");
    f.mkdir("a/b");
    f.mkdir("a/b/c");
    f.write("a/b/c/file", b"deep");
    let middle = f.dir("a/b");
    let file = File::open_read(f.host, middle.at("c/file")).unwrap();
    assert_eq!(crate::fixture::all_bytes(&file), b"deep");
    f.host.rename(f.at("a/b"), f.at("b")).unwrap();
    assert_eq!(f.bytes("b/c/file"), b"deep");
    assert!(!f.exists("a/b/c/file"));
}

fn two_processes_see_one_tree(f: &Fixture<'_>) {
    let neighbour = f.neighbour.expect("the case needs it");
    f.mkdir("d");
    let dir = neighbour.open_dir(At::new(neighbour.root(), "d")).unwrap();
    f.write("d/a", b"");
    let mut names = Names::default();
    neighbour.read_dir(dir, &mut names).unwrap();
    assert_eq!(names.len(), 1);
    let (from, to) = (At::new(dir, "a"), At::new(neighbour.root(), "moved"));
    neighbour.rename_noreplace(from, to).unwrap();
    neighbour.close_dir(dir);
    assert!(f.exists("moved"));
    f.host.rmdir(f.at("d")).unwrap();
}
