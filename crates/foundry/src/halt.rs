//! The word to stop, as every part of the program hears it.

use host::Stop;
use indexer::Cutter;
use std::sync::atomic::{AtomicBool, Ordering};

/// Said once, heard by all: the stages ask between two steps, and an exchange with the indexer is cut.
pub(crate) struct Halt {
    told: AtomicBool,
    cutter: Option<Cutter>,
}

impl Halt {
    /// Nobody has said it yet. `cutter` cuts the exchange that is in flight when somebody does.
    pub(crate) fn new(cutter: Option<Cutter>) -> Self {
        Halt {
            told: AtomicBool::new(false),
            cutter,
        }
    }

    /// Says it, from whatever thread.
    pub(crate) fn tell(&self) {
        // Before the cut: whoever finds the connection closed asks why.
        self.told.store(true, Ordering::Release);
        if let Some(cutter) = &self.cutter {
            cutter.clone().cut();
        }
    }
}

impl Stop for Halt {
    fn is_told(&self) -> bool {
        self.told.is_told()
    }
}
