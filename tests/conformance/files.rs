//! The bytes of a file.

use crate::fixture::{Case, Fixture, all_bytes, cases, refused};
use host::{Call, Errno, File, Kind};
use std::time::Duration;

pub fn cases() -> Vec<Case> {
    let mut all = Vec::from(cases![Host:
        a_new_file_is_there_at_once_and_empty,
        creating_onto_a_taken_name_is_refused_and_changes_nothing,
        what_is_appended_is_visible_to_other_handles_at_once,
        an_open_file_grows_for_its_readers,
        appends_of_two_handles_follow_each_other,
        an_append_of_nothing_changes_nothing,
        many_bytes_are_appended_whole,
        a_read_starts_at_its_offset_and_brings_at_most_max,
        a_read_adds_to_what_the_buffer_holds,
        a_read_past_the_end_brings_nothing,
        a_handle_for_appending_does_not_read,
        a_handle_for_reading_does_not_append,
        a_file_knows_its_length_and_kind,
        an_append_moves_the_time_of_change_on,
        a_rename_keeps_the_time_of_change,
        a_live_file_has_a_number_of_its_own,
        what_is_synced_stays_as_it_was,
        a_sleep_moves_the_clock_on,
        files_are_stamped_with_the_time_that_the_clock_tells,
    ]);
    all.extend(cases![Neighbour:
        what_is_appended_is_visible_to_another_process_at_once,
    ]);
    all
}

fn a_new_file_is_there_at_once_and_empty(f: &Fixture<'_>) {
    let file = f.host.create_new(f.at("a")).unwrap();
    assert_eq!(f.stat("a").len, 0);
    assert_eq!(f.bytes("a"), b"");
    f.host.close(file);
    assert!(f.exists("a"));
}

fn creating_onto_a_taken_name_is_refused_and_changes_nothing(f: &Fixture<'_>) {
    f.write("file", b"kept");
    f.mkdir("dir");
    refused(
        f.host.create_new(f.at("file")),
        Call::CreateNew,
        Errno::Exists,
    );
    refused(
        f.host.create_new(f.at("dir")),
        Call::CreateNew,
        Errno::Exists,
    );
    assert_eq!(f.bytes("file"), b"kept");
}

fn what_is_appended_is_visible_to_other_handles_at_once(f: &Fixture<'_>) {
    let writer = File::create_new(f.host, f.at("a")).unwrap();
    let reader = File::open_read(f.host, f.at("a")).unwrap();
    writer.append(b"one").unwrap();
    assert_eq!(all_bytes(&reader), b"one");
    assert_eq!(f.stat("a").len, 3);
}

fn an_open_file_grows_for_its_readers(f: &Fixture<'_>) {
    f.write("a", b"one");
    let reader = File::open_read(f.host, f.at("a")).unwrap();
    let mut bytes = Vec::new();
    assert_eq!(reader.read(0, &mut bytes, 100), Ok(3));
    assert_eq!(reader.read(3, &mut bytes, 100), Ok(0));
    let writer = File::open_append(f.host, f.at("a")).unwrap();
    writer.append(b"two").unwrap();
    assert_eq!(reader.read(3, &mut bytes, 100), Ok(3));
    assert_eq!(bytes, b"onetwo");
}

fn appends_of_two_handles_follow_each_other(f: &Fixture<'_>) {
    let first = File::create_new(f.host, f.at("a")).unwrap();
    let second = File::open_append(f.host, f.at("a")).unwrap();
    first.append(b"1").unwrap();
    second.append(b"2").unwrap();
    first.append(b"3").unwrap();
    assert_eq!(f.bytes("a"), b"123");
}

fn an_append_of_nothing_changes_nothing(f: &Fixture<'_>) {
    let file = File::create_new(f.host, f.at("a")).unwrap();
    file.append(b"").unwrap();
    assert_eq!(f.stat("a").len, 0);
}

fn many_bytes_are_appended_whole(f: &Fixture<'_>) {
    let bytes: Vec<u8> = (0..1_000_003_u32).map(|k| (k % 251) as u8).collect();
    f.write("a", &bytes);
    assert_eq!(f.stat("a").len, 1_000_003);
    assert!(f.bytes("a") == bytes, "the bytes differ");
}

fn a_read_starts_at_its_offset_and_brings_at_most_max(f: &Fixture<'_>) {
    f.write("a", b"0123456789");
    let file = File::open_read(f.host, f.at("a")).unwrap();
    for (offset, max, expect) in [
        (0, 3, &b"012"[..]),
        (3, 3, b"345"),
        (8, 3, b"89"),
        (0, 0, b""),
        (1, 100, b"123456789"),
    ] {
        let mut bytes = Vec::new();
        let count = file.read(offset, &mut bytes, max).unwrap();
        assert_eq!((count, &bytes[..]), (expect.len(), expect), "at {offset}");
    }
}

fn a_read_adds_to_what_the_buffer_holds(f: &Fixture<'_>) {
    f.write("a", b"cd");
    let file = File::open_read(f.host, f.at("a")).unwrap();
    let mut bytes = b"ab".to_vec();
    assert_eq!(file.read(0, &mut bytes, 100), Ok(2));
    assert_eq!(bytes, b"abcd");
}

fn a_read_past_the_end_brings_nothing(f: &Fixture<'_>) {
    f.write("a", b"one");
    let file = File::open_read(f.host, f.at("a")).unwrap();
    let mut bytes = Vec::new();
    assert_eq!(file.read(3, &mut bytes, 100), Ok(0));
    assert_eq!(file.read(1_000_000, &mut bytes, 100), Ok(0));
    assert_eq!(bytes, b"");
}

fn a_handle_for_appending_does_not_read(f: &Fixture<'_>) {
    f.write("a", b"one");
    let file = File::open_append(f.host, f.at("a")).unwrap();
    refused(
        file.read(0, &mut Vec::new(), 1),
        Call::Read,
        Errno::BadHandle,
    );
}

fn a_handle_for_reading_does_not_append(f: &Fixture<'_>) {
    f.write("a", b"one");
    let file = File::open_read(f.host, f.at("a")).unwrap();
    refused(file.append(b"two"), Call::Append, Errno::BadHandle);
    assert_eq!(f.bytes("a"), b"one");
}

fn a_file_knows_its_length_and_kind(f: &Fixture<'_>) {
    f.write("a", b"one");
    f.mkdir("d");
    let file = f.stat("a");
    assert_eq!((file.kind, file.len, file.links), (Kind::File, 3, 1));
    assert_eq!(f.stat("d").kind, Kind::Dir);
}

fn an_append_moves_the_time_of_change_on(f: &Fixture<'_>) {
    let file = File::create_new(f.host, f.at("a")).unwrap();
    file.append(b"one").unwrap();
    let before = f.stat("a").mtime_ns;
    f.host.sleep(Duration::from_millis(50));
    assert_eq!(f.stat("a").mtime_ns, before);
    file.append(b"two").unwrap();
    assert!(before < f.stat("a").mtime_ns);
}

fn a_rename_keeps_the_time_of_change(f: &Fixture<'_>) {
    f.write("a", b"one");
    let before = f.stat("a");
    f.host.sleep(Duration::from_millis(50));
    f.host.rename(f.at("a"), f.at("b")).unwrap();
    assert_eq!(f.stat("b"), before);
}

fn a_live_file_has_a_number_of_its_own(f: &Fixture<'_>) {
    f.mkdir("d");
    let mut inodes: Vec<u64> = f
        .fill("d", "n", 200)
        .iter()
        .map(|name| f.host.stat(f.dir("d").at(name)).unwrap().inode)
        .collect();
    inodes.push(f.stat("d").inode);
    inodes.sort_unstable();
    inodes.dedup();
    assert_eq!(inodes.len(), 201);
}

fn what_is_synced_stays_as_it_was(f: &Fixture<'_>) {
    f.mkdir("d");
    let dir = f.dir("d");
    let file = File::create_new(f.host, dir.at("a")).unwrap();
    file.append(b"one").unwrap();
    file.sync().unwrap();
    dir.sync().unwrap();
    f.host.sync_dir(f.host.root()).unwrap();
    f.host.sync_all(f.host.root()).unwrap();
    let reader = File::open_read(f.host, dir.at("a")).unwrap();
    reader.sync().unwrap();
    assert_eq!(all_bytes(&reader), b"one");
    assert_eq!(f.list("d"), [b"a"]);
}

fn a_sleep_moves_the_clock_on(f: &Fixture<'_>) {
    let before = f.host.now();
    f.host.sleep(Duration::from_millis(30));
    let after = f.host.now();
    // The clock may be slewed meanwhile, so this asks for less than it slept.
    assert!(before.0 + 20 <= after.0, "{before:?} to {after:?}");
}

fn files_are_stamped_with_the_time_that_the_clock_tells(f: &Fixture<'_>) {
    let before = f.host.now();
    f.write("a", b"one");
    let stamp = f.stat("a").mtime_ns / 1_000_000;
    // The stamp is coarse and may be a tick older; this asks for the same origin and unit, not for an order.
    assert!(
        before.0.abs_diff(stamp) < 10_000,
        "{before:?}, stamp {stamp} ms"
    );
}

fn what_is_appended_is_visible_to_another_process_at_once(f: &Fixture<'_>) {
    let neighbour = f.neighbour.expect("the case needs it");
    let file = File::create_new(f.host, f.at("a")).unwrap();
    file.append(b"one").unwrap();
    let at = host::At::new(neighbour.root(), "a");
    let theirs = File::open_read(neighbour, at).unwrap();
    assert_eq!(all_bytes(&theirs), b"one");
    neighbour.unlink(at).unwrap();
    assert!(!f.exists("a"));
    file.append(b"two").unwrap();
    assert_eq!(all_bytes(&theirs), b"onetwo");
}
