//! The exclusive lock.

use crate::fixture::{Case, Fixture, cases, refused};
use host::{At, Call, Errno, Kind, Lock};

pub fn cases() -> Vec<Case> {
    let mut all = Vec::from(cases![Host:
        a_lock_makes_its_file_and_leaves_it_there,
        a_lock_leaves_the_bytes_of_its_file_alone,
        a_lock_is_free_again_after_it_is_given_back,
        giving_a_lock_back_twice_gives_back_no_other,
        a_lock_on_another_name_is_another_lock,
        a_lock_follows_its_file_through_a_rename,
        a_lock_on_a_directory_or_below_a_missing_one_is_refused,
    ]);
    all.extend(cases![Neighbour: a_lock_keeps_other_processes_out]);
    all
}

fn a_lock_makes_its_file_and_leaves_it_there(f: &Fixture<'_>) {
    let lock = Lock::take(f.host, f.at("LOCK")).unwrap();
    assert_eq!(f.stat("LOCK").kind, Kind::File);
    drop(lock);
    assert_eq!(f.stat("LOCK").len, 0);
}

fn a_lock_leaves_the_bytes_of_its_file_alone(f: &Fixture<'_>) {
    f.write("LOCK", b"kept");
    drop(Lock::take(f.host, f.at("LOCK")).unwrap());
    assert_eq!(f.bytes("LOCK"), b"kept");
}

fn a_lock_is_free_again_after_it_is_given_back(f: &Fixture<'_>) {
    for _ in 0..3 {
        let lock = f.host.lock(f.at("LOCK")).unwrap();
        refused(f.host.lock(f.at("LOCK")), Call::Lock, Errno::Busy);
        f.host.unlock(lock);
    }
}

fn giving_a_lock_back_twice_gives_back_no_other(f: &Fixture<'_>) {
    let first = f.host.lock(f.at("LOCK")).unwrap();
    f.host.unlock(first);
    let second = f.host.lock(f.at("LOCK")).unwrap();
    f.host.unlock(first);
    refused(f.host.lock(f.at("LOCK")), Call::Lock, Errno::Busy);
    f.host.unlock(second);
}

fn a_lock_on_another_name_is_another_lock(f: &Fixture<'_>) {
    let first = Lock::take(f.host, f.at("a")).unwrap();
    let second = Lock::take(f.host, f.at("b")).unwrap();
    drop(first);
    refused(f.host.lock(f.at("b")), Call::Lock, Errno::Busy);
    drop(second);
}

fn a_lock_follows_its_file_through_a_rename(f: &Fixture<'_>) {
    let lock = Lock::take(f.host, f.at("a")).unwrap();
    f.host.rename(f.at("a"), f.at("b")).unwrap();
    refused(f.host.lock(f.at("b")), Call::Lock, Errno::Busy);
    let other = Lock::take(f.host, f.at("a")).unwrap();
    drop(lock);
    drop(other);
}

fn a_lock_on_a_directory_or_below_a_missing_one_is_refused(f: &Fixture<'_>) {
    f.mkdir("d");
    refused(f.host.lock(f.at("d")), Call::Lock, Errno::IsDir);
    refused(f.host.lock(f.at("no/LOCK")), Call::Lock, Errno::NotFound);
}

fn a_lock_keeps_other_processes_out(f: &Fixture<'_>) {
    let neighbour = f.neighbour.expect("the case needs it");
    let theirs = At::new(neighbour.root(), "LOCK");
    let lock = Lock::take(f.host, f.at("LOCK")).unwrap();
    refused(neighbour.lock(theirs), Call::Lock, Errno::Busy);
    drop(lock);
    let lock = Lock::take(neighbour, theirs).unwrap();
    refused(f.host.lock(f.at("LOCK")), Call::Lock, Errno::Busy);
    drop(lock);
    drop(Lock::take(f.host, f.at("LOCK")).unwrap());
}
