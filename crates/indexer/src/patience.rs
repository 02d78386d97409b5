//! How long the other side may keep us waiting, and whether to go on at all.
//!
//! One value bounds everything that waits for an indexer: every attempt, every page, every pause between two attempts. It is
//! handed down to the transport with each request, so that no layer has a limit of its own that the layer above does not
//! know.

use host::{Host, Millis, Stop};
use std::fmt;
use std::time::Duration;

/// The time that one user of an indexer has for all its requests together.
#[derive(Clone, Copy)]
pub struct Patience<'a> {
    limit: Option<Limit<'a>>,
    stop: Option<&'a dyn Stop>,
}

#[derive(Clone, Copy)]
struct Limit<'a> {
    host: &'a dyn Host,
    began: Millis,
    most: Duration,
}

/// A pause is slept in pieces of this length, so that the word to stop is heard in the middle of it.
const PIECE: Duration = Duration::from_millis(100);

impl<'a> Patience<'a> {
    /// Without an end: for whoever waits for nothing else. The transport has limits for each attempt.
    pub const ENDLESS: Patience<'static> = Patience {
        limit: None,
        stop: None,
    };

    /// The time from now until `most` is over, or until `stop` says so.
    pub fn new(host: &'a dyn Host, most: Duration, stop: Option<&'a dyn Stop>) -> Self {
        let began = host.now();
        let limit = Some(Limit { host, began, most });
        Patience { limit, stop }
    }

    /// Whether the program has been told to stop.
    pub fn is_stopped(&self) -> bool {
        self.stop.is_some_and(Stop::is_told)
    }

    /// What is left; `None` if there is no end.
    ///
    /// Nothing is left after the clock was stepped back beyond the beginning: nobody can tell how long ago that was, and to
    /// wait for the clock to catch up would be to wait for hours.
    pub fn left(&self) -> Option<Duration> {
        let limit = self.limit.as_ref()?;
        let since = limit.host.now().0.saturating_sub(limit.began.0);
        let left = u64::try_from(since).ok();
        let left = left.and_then(|since| limit.most.checked_sub(Duration::from_millis(since)));
        Some(left.unwrap_or_default())
    }

    /// Whether nothing is left.
    pub fn is_over(&self) -> bool {
        self.left() == Some(Duration::ZERO)
    }

    /// Whether more than half is gone: then only what is begun is ended.
    pub fn is_tight(&self) -> bool {
        let most = self.limit.map(|limit| limit.most / 2);
        self.left() < most
    }

    /// The longest time for one attempt: what is left, and never more than half of all, so that one that hangs is followed
    /// by another. `None` if there is no end.
    pub fn attempt(&self) -> Option<Duration> {
        let most = self.limit?.most / 2;
        self.left().map(|left| left.min(most.max(ATTEMPT_MIN)))
    }

    /// What the clock says that this is measured by; `None` if there is no end.
    pub(crate) fn now(&self) -> Option<Millis> {
        self.limit.map(|limit| limit.host.now())
    }

    /// Sleeps for `pause` on `host`. False, and then at once, if not so much is left that another attempt after it has a
    /// chance, or as soon as the word to stop comes.
    pub(crate) fn sleep(&self, host: &dyn Host, pause: Duration) -> bool {
        // An attempt that ends at once would hide why the last one failed.
        let chance = self.limit.map_or(Duration::ZERO, |limit| limit.most / 10);
        if self.left().is_some_and(|left| left <= pause + chance) {
            return false;
        }
        let Some(stop) = self.stop else {
            host.sleep(pause);
            return true;
        };
        let mut rest = pause;
        while !stop.is_told() && !rest.is_zero() {
            let piece = rest.min(PIECE);
            host.sleep(piece);
            rest -= piece;
        }
        !stop.is_told()
    }
}

/// An attempt that is shorter than this would give a healthy indexer no chance.
const ATTEMPT_MIN: Duration = Duration::from_secs(1);

impl fmt::Debug for Patience<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Patience")
            .field("left", &self.left())
            .field("is_stopped", &self.is_stopped())
            .finish()
    }
}
