//! The word that ends a program in good order.

use std::sync::atomic::{AtomicBool, Ordering};

/// Whether the program has been told to stop.
///
/// Whatever takes long asks between two of its steps, and ends early in good order. Once true, it stays true. It is shared
/// between threads: the one that hears the signal is not the one that works.
pub trait Stop: Sync {
    /// Whether the word has come.
    fn is_told(&self) -> bool;
}

impl Stop for AtomicBool {
    fn is_told(&self) -> bool {
        self.load(Ordering::Acquire)
    }
}
