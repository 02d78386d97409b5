//! Names of one file: the second name, the last name, and none.

use crate::fixture::{Case, Fixture, all_bytes, cases, refused};
use host::{Call, Errno, File};

pub fn cases() -> Vec<Case> {
    let mut all = Vec::from(cases![Host:
        a_link_is_a_second_name_of_the_same_file,
        a_link_onto_a_taken_name_is_refused,
        a_link_to_a_directory_is_refused,
        a_link_to_a_missing_name_or_below_a_missing_directory_is_refused,
        an_unlinked_name_is_gone_and_the_other_stays,
        bytes_outlive_their_last_name_while_a_handle_is_open,
        a_name_can_be_taken_again_after_an_unlink,
        an_unlink_of_a_missing_name_says_so,
        an_unlink_of_a_directory_is_refused,
    ]);
    all.extend(cases![Elsewhere: a_link_onto_another_filesystem_is_refused]);
    all
}

fn a_link_is_a_second_name_of_the_same_file(f: &Fixture<'_>) {
    f.write("a", b"one");
    f.host.link(f.at("a"), f.at("b")).unwrap();
    assert_eq!(f.stat("a"), f.stat("b"));
    assert_eq!(f.stat("a").links, 2);
    let file = File::open_append(f.host, f.at("b")).unwrap();
    file.append(b"two").unwrap();
    assert_eq!(f.bytes("a"), b"onetwo");
}

fn a_link_onto_a_taken_name_is_refused(f: &Fixture<'_>) {
    f.write("a", b"one");
    f.write("b", b"two");
    f.mkdir("d");
    for taken in ["a", "b", "d"] {
        refused(
            f.host.link(f.at("a"), f.at(taken)),
            Call::Link,
            Errno::Exists,
        );
    }
    assert_eq!(f.stat("a").links, 1);
    assert_eq!(f.bytes("b"), b"two");
}

fn a_link_to_a_directory_is_refused(f: &Fixture<'_>) {
    f.mkdir("d");
    refused(f.host.link(f.at("d"), f.at("b")), Call::Link, Errno::Access);
    assert!(!f.exists("b"));
}

fn a_link_to_a_missing_name_or_below_a_missing_directory_is_refused(f: &Fixture<'_>) {
    f.write("a", b"one");
    refused(
        f.host.link(f.at("no"), f.at("b")),
        Call::Link,
        Errno::NotFound,
    );
    refused(
        f.host.link(f.at("a"), f.at("no/b")),
        Call::Link,
        Errno::NotFound,
    );
    assert_eq!(f.stat("a").links, 1);
}

fn an_unlinked_name_is_gone_and_the_other_stays(f: &Fixture<'_>) {
    f.write("a", b"one");
    f.host.link(f.at("a"), f.at("b")).unwrap();
    f.host.unlink(f.at("a")).unwrap();
    assert!(!f.exists("a"));
    assert_eq!(f.stat("b").links, 1);
    assert_eq!(f.bytes("b"), b"one");
}

fn bytes_outlive_their_last_name_while_a_handle_is_open(f: &Fixture<'_>) {
    f.write("a", b"one");
    let reader = File::open_read(f.host, f.at("a")).unwrap();
    let writer = File::open_append(f.host, f.at("a")).unwrap();
    f.host.unlink(f.at("a")).unwrap();
    writer.append(b"two").unwrap();
    writer.sync().unwrap();
    assert_eq!(all_bytes(&reader), b"onetwo");
    refused(f.host.open_read(f.at("a")), Call::OpenRead, Errno::NotFound);
}

fn a_name_can_be_taken_again_after_an_unlink(f: &Fixture<'_>) {
    f.write("a", b"old");
    let old = File::open_read(f.host, f.at("a")).unwrap();
    f.host.unlink(f.at("a")).unwrap();
    f.write("a", b"new");
    assert_eq!(all_bytes(&old), b"old");
    assert_eq!(f.bytes("a"), b"new");
}

fn an_unlink_of_a_missing_name_says_so(f: &Fixture<'_>) {
    refused(f.host.unlink(f.at("a")), Call::Unlink, Errno::NotFound);
    f.write("a", b"");
    f.host.unlink(f.at("a")).unwrap();
    refused(f.host.unlink(f.at("a")), Call::Unlink, Errno::NotFound);
}

fn an_unlink_of_a_directory_is_refused(f: &Fixture<'_>) {
    f.mkdir("d");
    refused(f.host.unlink(f.at("d")), Call::Unlink, Errno::IsDir);
    assert!(f.exists("d"));
}

fn a_link_onto_another_filesystem_is_refused(f: &Fixture<'_>) {
    let target = format!("{}/a", f.elsewhere.expect("the case needs it"));
    f.write("a", b"one");
    refused(
        f.host.link(f.at("a"), f.at(&target)),
        Call::Link,
        Errno::CrossDevice,
    );
    assert!(!f.exists(&target));
}
