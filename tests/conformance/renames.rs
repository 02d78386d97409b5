//! Moving names: the one step that every claim, publication and completion stands on.

use crate::fixture::{Case, Fixture, all_bytes, cases, refused};
use host::{Call, Errno, File, Kind};

pub fn cases() -> Vec<Case> {
    let mut all = Vec::from(cases![Host:
        a_rename_moves_a_file_and_its_old_name_is_gone,
        a_rename_onto_a_file_replaces_it_and_open_handles_keep_the_old_bytes,
        a_rename_onto_itself_changes_nothing_and_succeeds,
        a_rename_onto_a_hard_link_of_itself_changes_nothing_and_succeeds,
        a_rename_of_a_missing_name_leaves_the_target_alone,
        a_rename_below_a_missing_directory_leaves_the_source_alone,
        a_rename_of_a_file_onto_a_directory_is_refused,
        a_directory_replaces_an_empty_directory,
        a_directory_replaces_neither_a_full_directory_nor_a_file,
        a_directory_is_not_moved_into_itself,
        a_directory_does_not_replace_the_one_it_is_in,
        a_claim_moves_a_name_that_is_free,
        a_claim_of_a_taken_name_is_refused_whatever_has_it,
        a_claim_of_a_missing_name_says_so_even_if_the_target_is_taken,
        a_claim_below_a_missing_directory_leaves_the_source_alone,
        a_claim_of_a_directory_into_itself_is_refused,
        the_second_of_two_claims_finds_the_name_gone,
        a_bucket_moves_with_its_files_and_their_open_handles,
        a_file_put_back_after_its_rename_is_another,
    ]);
    all.extend(cases![Elsewhere: a_move_onto_another_filesystem_is_refused]);
    all
}

fn a_rename_moves_a_file_and_its_old_name_is_gone(f: &Fixture<'_>) {
    f.mkdir("d");
    f.write("a", b"one");
    let before = f.stat("a");
    f.host.rename(f.at("a"), f.at("d/b")).unwrap();
    assert_eq!(f.stat("d/b"), before);
    refused(f.host.stat(f.at("a")), Call::Stat, Errno::NotFound);
    refused(f.host.unlink(f.at("a")), Call::Unlink, Errno::NotFound);
    let append = f.host.open_append(f.at("a"));
    refused(append, Call::OpenAppend, Errno::NotFound);
}

fn a_rename_onto_a_file_replaces_it_and_open_handles_keep_the_old_bytes(f: &Fixture<'_>) {
    f.write("old", b"old");
    f.write("new", b"new");
    let reader = File::open_read(f.host, f.at("old")).unwrap();
    f.host.rename(f.at("new"), f.at("old")).unwrap();
    assert_eq!(f.bytes("old"), b"new");
    assert_eq!(all_bytes(&reader), b"old");
    assert!(!f.exists("new"));
    assert_eq!(f.stat("old").links, 1);
}

fn a_rename_onto_itself_changes_nothing_and_succeeds(f: &Fixture<'_>) {
    f.write("a", b"one");
    f.mkdir("d");
    f.write("d/x", b"");
    f.host.rename(f.at("a"), f.at("a")).unwrap();
    f.host.rename(f.at("d"), f.at("d")).unwrap();
    assert_eq!(f.bytes("a"), b"one");
    assert_eq!(f.list("d"), [b"x"]);
}

fn a_rename_onto_a_hard_link_of_itself_changes_nothing_and_succeeds(f: &Fixture<'_>) {
    f.write("a", b"one");
    f.host.link(f.at("a"), f.at("b")).unwrap();
    f.host.rename(f.at("a"), f.at("b")).unwrap();
    assert!(f.exists("a"));
    assert!(f.exists("b"));
    assert_eq!(f.stat("a").links, 2);
}

fn a_rename_of_a_missing_name_leaves_the_target_alone(f: &Fixture<'_>) {
    f.write("b", b"two");
    refused(
        f.host.rename(f.at("a"), f.at("b")),
        Call::Rename,
        Errno::NotFound,
    );
    assert_eq!(f.bytes("b"), b"two");
}

fn a_rename_below_a_missing_directory_leaves_the_source_alone(f: &Fixture<'_>) {
    f.write("a", b"one");
    let rename = f.host.rename(f.at("a"), f.at("no/b"));
    refused(rename, Call::Rename, Errno::NotFound);
    assert_eq!(f.bytes("a"), b"one");
}

fn a_rename_of_a_file_onto_a_directory_is_refused(f: &Fixture<'_>) {
    f.write("a", b"one");
    f.mkdir("d");
    refused(
        f.host.rename(f.at("a"), f.at("d")),
        Call::Rename,
        Errno::IsDir,
    );
    assert_eq!(f.bytes("a"), b"one");
    assert_eq!(f.stat("d").kind, Kind::Dir);
}

fn a_directory_replaces_an_empty_directory(f: &Fixture<'_>) {
    f.mkdir("from");
    f.write("from/a", b"one");
    f.mkdir("to");
    f.host.rename(f.at("from"), f.at("to")).unwrap();
    assert_eq!(f.bytes("to/a"), b"one");
    assert!(!f.exists("from"));
}

fn a_directory_replaces_neither_a_full_directory_nor_a_file(f: &Fixture<'_>) {
    f.mkdir("from");
    f.mkdir("full");
    f.write("full/a", b"one");
    f.write("file", b"two");
    let onto_full = f.host.rename(f.at("from"), f.at("full"));
    refused(onto_full, Call::Rename, Errno::NotEmpty);
    let onto_file = f.host.rename(f.at("from"), f.at("file"));
    refused(onto_file, Call::Rename, Errno::NotDir);
    assert!(f.exists("from"));
    assert_eq!(f.bytes("full/a"), b"one");
    assert_eq!(f.bytes("file"), b"two");
}

fn a_directory_is_not_moved_into_itself(f: &Fixture<'_>) {
    f.mkdir("d");
    f.mkdir("d/e");
    for inside in ["d/x", "d/e/x", "d/e"] {
        let rename = f.host.rename(f.at("d"), f.at(inside));
        refused(rename, Call::Rename, Errno::Invalid);
    }
    assert_eq!(f.list("d"), [b"e"]);
}

fn a_directory_does_not_replace_the_one_it_is_in(f: &Fixture<'_>) {
    f.mkdir("d");
    f.mkdir("d/e");
    f.mkdir("d/e/f");
    for inner in ["d/e", "d/e/f"] {
        let rename = f.host.rename(f.at(inner), f.at("d"));
        refused(rename, Call::Rename, Errno::NotEmpty);
    }
    assert!(f.exists("d/e/f"));
}

fn a_claim_moves_a_name_that_is_free(f: &Fixture<'_>) {
    f.mkdir("d");
    f.write("d/a", b"one");
    f.mkdir("claimed");
    let to = f.at("claimed/d");
    f.host.rename_noreplace(f.at("d"), to).unwrap();
    f.host
        .rename_noreplace(f.at("claimed/d/a"), f.at("a"))
        .unwrap();
    assert_eq!(f.bytes("a"), b"one");
    assert_eq!(f.list("claimed/d").len(), 0);
    assert!(!f.exists("d"));
}

fn a_claim_of_a_taken_name_is_refused_whatever_has_it(f: &Fixture<'_>) {
    f.write("a", b"one");
    f.write("b", b"two");
    f.host.link(f.at("a"), f.at("link")).unwrap();
    f.mkdir("d");
    f.mkdir("e");
    for from in ["a", "d"] {
        for to in ["a", "b", "link", "d", "e"] {
            let claim = f.host.rename_noreplace(f.at(from), f.at(to));
            refused(claim, Call::RenameNoreplace, Errno::Exists);
        }
    }
    assert_eq!(f.bytes("a"), b"one");
    assert_eq!(f.bytes("b"), b"two");
    assert_eq!(f.stat("link").links, 2);
    assert!(f.exists("d"));
}

fn a_claim_of_a_missing_name_says_so_even_if_the_target_is_taken(f: &Fixture<'_>) {
    f.write("b", b"two");
    for to in ["free", "b"] {
        let claim = f.host.rename_noreplace(f.at("a"), f.at(to));
        refused(claim, Call::RenameNoreplace, Errno::NotFound);
    }
    assert!(!f.exists("free"));
    assert_eq!(f.bytes("b"), b"two");
}

fn a_claim_below_a_missing_directory_leaves_the_source_alone(f: &Fixture<'_>) {
    f.mkdir("d");
    let claim = f.host.rename_noreplace(f.at("d"), f.at("no/d"));
    refused(claim, Call::RenameNoreplace, Errno::NotFound);
    assert!(f.exists("d"));
}

fn a_claim_of_a_directory_into_itself_is_refused(f: &Fixture<'_>) {
    f.mkdir("d");
    f.mkdir("d/e");
    for inside in ["d/x", "d/e/x"] {
        let claim = f.host.rename_noreplace(f.at("d"), f.at(inside));
        refused(claim, Call::RenameNoreplace, Errno::Invalid);
    }
    assert_eq!(f.list("d"), [b"e"]);
}

fn the_second_of_two_claims_finds_the_name_gone(f: &Fixture<'_>) {
    f.mkdir("bucket");
    f.host
        .rename_noreplace(f.at("bucket"), f.at("first"))
        .unwrap();
    let second = f.host.rename_noreplace(f.at("bucket"), f.at("second"));
    refused(second, Call::RenameNoreplace, Errno::NotFound);
    assert!(f.exists("first"));
    assert!(!f.exists("second"));
}

fn a_bucket_moves_with_its_files_and_their_open_handles(f: &Fixture<'_>) {
    f.mkdir("pending");
    f.mkdir("claimed");
    f.mkdir("pending/bucket");
    f.write("pending/bucket/a", b"one");
    let writer = File::open_append(f.host, f.at("pending/bucket/a")).unwrap();
    let reader = File::open_read(f.host, f.at("pending/bucket/a")).unwrap();
    let (from, to) = (f.at("pending/bucket"), f.at("claimed/bucket"));
    f.host.rename_noreplace(from, to).unwrap();
    writer.append(b"two").unwrap();
    assert_eq!(all_bytes(&reader), b"onetwo");
    assert_eq!(f.bytes("claimed/bucket/a"), b"onetwo");
    let old = f.host.open_read(f.at("pending/bucket/a"));
    refused(old, Call::OpenRead, Errno::NotFound);
}

fn a_file_put_back_after_its_rename_is_another(f: &Fixture<'_>) {
    f.write("a", b"first");
    let writer = File::open_append(f.host, f.at("a")).unwrap();
    f.host.rename(f.at("a"), f.at("b")).unwrap();
    f.write("a", b"second");
    writer.append(b"!").unwrap();
    assert_eq!(f.bytes("a"), b"second");
    assert_eq!(f.bytes("b"), b"first!");
    assert_ne!(f.stat("a").inode, f.stat("b").inode);
}

fn a_move_onto_another_filesystem_is_refused(f: &Fixture<'_>) {
    let target = format!("{}/a", f.elsewhere.expect("the case needs it"));
    f.write("a", b"one");
    f.mkdir("d");
    for from in ["a", "d"] {
        let (from, to) = (f.at(from), f.at(&target));
        let rename = f.host.rename(from, to);
        refused(rename, Call::Rename, Errno::CrossDevice);
        let claim = f.host.rename_noreplace(from, to);
        refused(claim, Call::RenameNoreplace, Errno::CrossDevice);
    }
    assert_eq!(f.bytes("a"), b"one");
    assert!(!f.exists(&target));
}
