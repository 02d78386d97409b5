//! The table of open handles: small numbers outside, shared values inside.
//!
//! Numbers are never used twice while the table lives, until four billion have been given out: so a number that was
//! closed is refused, instead of reaching a neighbour's file. The mutex is held for a look-up and never for a system call.
//!
//! The loom model (`tests/loom`) compiles this very file, with loom's `Arc` and `Mutex` in `super::sync`.

use super::sync::{Arc, Mutex};
use std::collections::BTreeMap;
use std::sync::PoisonError;

/// Open handles of one kind.
pub(crate) struct Handles<T> {
    table: Mutex<Table<T>>,
}

struct Table<T> {
    next: u32,
    open: BTreeMap<u32, Arc<T>>,
}

impl<T> Handles<T> {
    /// No handles; the first that is added gets the number `first`.
    pub(crate) fn starting_at(first: u32) -> Self {
        Handles {
            table: Mutex::new(Table {
                next: first,
                open: BTreeMap::new(),
            }),
        }
    }

    /// Keeps `value` open, and gives the number that reaches it.
    pub(crate) fn insert(&self, value: T) -> u32 {
        let value = Arc::new(value);
        self.with(|table| {
            // A handle that has stayed open while the numbers went round keeps its own.
            while table.open.contains_key(&table.next) {
                table.next = table.next.wrapping_add(1);
            }
            let id = table.next;
            table.next = id.wrapping_add(1);
            table.open.insert(id, value);
            id
        })
    }

    /// What `id` reaches, or nothing if it was closed. The value lives on for this caller if `id` is closed meanwhile.
    pub(crate) fn get(&self, id: u32) -> Option<Arc<T>> {
        self.with(|table| table.open.get(&id).cloned())
    }

    /// Closes `id`, and hands its value to the caller, who drops it outside the mutex: a drop may be a system call.
    pub(crate) fn remove(&self, id: u32) -> Option<Arc<T>> {
        self.with(|table| table.open.remove(&id))
    }

    /// Nothing in here can panic half-way, so a poisoned table is a whole one.
    fn with<R>(&self, act: impl FnOnce(&mut Table<T>) -> R) -> R {
        act(&mut self.table.lock().unwrap_or_else(PoisonError::into_inner))
    }
}
