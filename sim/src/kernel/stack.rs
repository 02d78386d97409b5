//! Stacks of coroutines, used again: mapping one costs more than a hundred calls.

use corosensei::stack::{DefaultStack, Stack};
use std::cell::RefCell;

/// How many unused stacks a thread keeps.
const KEEP_MAX: usize = 64;

thread_local! {
    static UNUSED: RefCell<Vec<DefaultStack>> = const { RefCell::new(Vec::new()) };
}

/// A stack of at least `bytes`.
///
/// # Panics
/// If the real machine has no memory left for it.
pub(crate) fn take(bytes: usize) -> DefaultStack {
    UNUSED.with_borrow_mut(|unused| {
        let fits = |stack: &DefaultStack| bytes <= stack.base().get() - stack.limit().get();
        match unused.iter().rposition(fits) {
            Some(at) => unused.swap_remove(at),
            None => DefaultStack::new(bytes).expect("the machine has memory for a stack"),
        }
    })
}

/// Keeps a stack for the next task.
pub(crate) fn give_back(stack: DefaultStack) {
    UNUSED.with_borrow_mut(|unused| {
        if unused.len() < KEEP_MAX {
            unused.push(stack);
        }
    });
}
