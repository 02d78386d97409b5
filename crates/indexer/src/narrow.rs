//! Where in a range that has been read the indexer has something new.
//!
//! A range that is read again from its beginning whenever its count differs may take longer than a pass has: then it would be
//! begun again by every pass and never ended. Counting is cheap, so the beginning that fits is counted and left out.

use crate::error::PollError;
use crate::poller::Poller;
use crate::query::Range;
use host::Millis;

/// Narrowing ends at a range of this many milliseconds.
const ENOUGH: i64 = 1_000;

impl Poller<'_> {
    /// A time in `settled`, whose count differs from what was handed over there, before which the two fit.
    ///
    /// The beginning of the range, at no cost, if one page brings all of it anyway.
    pub(crate) fn first_unseen(&mut self, settled: Range) -> Result<Millis, PollError> {
        let Range { mut from, to } = settled;
        let mut end = to;
        while ENOUGH < end.0 - from.0 {
            let known = self.state.seen.count(Range::new(from, end));
            if known < self.config.page_alerts as u64 {
                break;
            }
            let middle = Millis(from.0 + (end.0 - from.0) / 2);
            let half = Range::new(from, middle);
            let (total, shards) = self.walker().count(half)?;
            self.accept_shards(shards)?;
            match total == self.state.seen.count(half) {
                true => from = middle,
                false => end = middle,
            }
        }
        Ok(from)
    }
}
