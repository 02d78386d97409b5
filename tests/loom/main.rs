//! Every interleaving of a few threads on the table of handles: the production file, with loom's locks in place of std's.
//!
//! The promise under test: a look-up gives what was put in under that number or nothing, never another's; what is being
//! used stays alive when it is closed; and it is dropped once, by the last who held it.

#[path = "../../crates/os/src/handles.rs"]
mod handles;

/// What `handles` locks with, here.
mod sync {
    pub(crate) use loom::sync::{Arc, Mutex};
}

use handles::Handles;
use loom::sync::Arc;
use loom::sync::atomic::{AtomicUsize, Ordering};
use loom::thread;

/// A resource that says who it is, and counts its drop.
struct Resource {
    name: u32,
    drops: Arc<AtomicUsize>,
}

impl Drop for Resource {
    fn drop(&mut self) {
        self.drops.fetch_add(1, Ordering::SeqCst);
    }
}

struct Table {
    handles: Handles<Resource>,
    drops: Arc<AtomicUsize>,
}

impl Table {
    fn new(first: u32) -> Arc<Table> {
        Arc::new(Table {
            handles: Handles::starting_at(first),
            drops: Arc::new(AtomicUsize::new(0)),
        })
    }

    fn open(&self, name: u32) -> u32 {
        self.handles.insert(Resource {
            name,
            drops: self.drops.clone(),
        })
    }

    fn dropped(&self) -> usize {
        self.drops.load(Ordering::SeqCst)
    }
}

#[test]
fn a_closed_number_never_reaches_what_another_thread_opens_meanwhile() {
    loom::model(|| {
        let table = Table::new(0);
        let old = table.open(1);
        let closer = thread::spawn({
            let table = table.clone();
            move || {
                drop(table.handles.remove(old));
                table.open(2)
            }
        });
        let opener = thread::spawn({
            let table = table.clone();
            move || table.open(3)
        });
        if let Some(found) = table.handles.get(old) {
            assert_eq!(found.name, 1);
        }
        let (second, third) = (closer.join().unwrap(), opener.join().unwrap());
        assert_ne!(second, third);
        assert!(table.handles.get(old).is_none());
        assert_eq!(table.handles.get(second).unwrap().name, 2);
        assert_eq!(table.handles.get(third).unwrap().name, 3);
        assert_eq!(table.dropped(), 1);
    });
}

#[test]
fn what_is_in_use_stays_alive_when_it_is_closed_and_is_dropped_once() {
    loom::model(|| {
        let table = Table::new(0);
        let id = table.open(1);
        let user = thread::spawn({
            let table = table.clone();
            move || {
                let Some(held) = table.handles.get(id) else {
                    return;
                };
                assert_eq!(held.name, 1);
                assert_eq!(table.dropped(), 0, "dropped while in use");
                drop(held);
            }
        });
        drop(table.handles.remove(id));
        user.join().unwrap();
        assert_eq!(table.dropped(), 1);
    });
}

#[test]
fn of_two_that_close_the_same_number_one_gets_it() {
    loom::model(|| {
        let table = Table::new(0);
        let id = table.open(1);
        let other = thread::spawn({
            let table = table.clone();
            move || table.handles.remove(id).is_some()
        });
        let mine = table.handles.remove(id).is_some();
        assert!(mine ^ other.join().unwrap());
        assert_eq!(table.dropped(), 1);
    });
}

#[test]
fn numbers_that_go_round_are_still_one_to_a_handle() {
    loom::model(|| {
        let table = Table::new(u32::MAX);
        let last = table.open(1);
        assert_eq!(last, u32::MAX);
        let root = table.open(2);
        assert_eq!(root, 0);
        let opener = thread::spawn({
            let table = table.clone();
            move || table.open(3)
        });
        let fourth = table.open(4);
        let third = opener.join().unwrap();
        for (id, name) in [(last, 1), (root, 2), (third, 3), (fourth, 4)] {
            assert_eq!(table.handles.get(id).unwrap().name, name);
        }
    });
}

#[test]
fn a_number_that_one_thread_has_closed_is_not_given_to_another() {
    loom::model(|| {
        let table = Table::new(0);
        let open_and_close = |table: &Table| {
            let id = table.open(1);
            drop(table.handles.remove(id));
            id
        };
        let other = thread::spawn({
            let table = table.clone();
            move || open_and_close(&table)
        });
        let mine = open_and_close(&table);
        assert_ne!(mine, other.join().unwrap());
        assert_eq!(table.dropped(), 2);
    });
}
