//! Walking a range of time page by page, and proving by a count that nothing was left out.

use crate::answer::{Hit, Page};
use crate::client::Client;
use crate::config::Config;
use crate::error::{AnswerError, Asked, PollError};
use crate::query::{self, Range};
use crate::state::State;
use alert::AlertId;
use host::Millis;
use std::collections::BTreeSet;

/// What a walk does with each page's hits.
pub(crate) type Each<'a> = dyn FnMut(&mut State, Vec<Hit<'_>>) -> Result<(), PollError> + 'a;

/// Where a walk may end before its range does.
#[derive(Clone, Copy)]
pub(crate) struct Cut {
    /// After this many documents, or when more than half of the time is gone: a slice that were cut at the end of it would be
    /// begun again by the next pass, and the next, for ever.
    pub(crate) alerts: u64,
    /// And beyond this time, or the reader would never get on.
    pub(crate) beyond: Millis,
}

/// A walk that is proved to be complete.
pub(crate) struct Walked {
    /// Where it ended: at its range's end, or where it was cut.
    pub(crate) to: Millis,
    /// Distinct documents.
    pub(crate) distinct: u64,
    /// The fewest shards that an answer had.
    pub(crate) shards: u64,
}

/// How often a slice is walked until its count fits.
const WALKS_MAX: u32 = 3;

/// What one walk has read so far.
struct Tally {
    /// By their own identities: the indexer counts an alert as often as it has documents of it.
    documents: BTreeSet<AlertId>,
    /// The time of the last hit, and the distinct documents that have it.
    last: (Millis, u64),
    total: u64,
    shards: u64,
    after: Option<String>,
}

impl Tally {
    fn distinct(&self) -> u64 {
        self.documents.len() as u64
    }

    /// Adds a page. Says whether the walk is at its end; errs if a hit is where it cannot be.
    fn add(&mut self, page: &Page<'_>, range: Range) -> Result<bool, AnswerError> {
        let before = self.distinct();
        for hit in &page.hits {
            if !range.contains(hit.time) || hit.time < self.last.0 {
                let time = hit.time.0;
                let reason = format!("a hit at {time} ms is outside its slice or out of order");
                return Err(AnswerError::Malformed { reason });
            }
            if self.last.0 < hit.time {
                self.last = (hit.time, 0);
            }
            self.last.1 += u64::from(self.documents.insert(hit.document));
        }
        self.total = page.total;
        self.shards = self.shards.min(page.shards);
        self.after = page.after.map(str::to_owned);
        // A page that brings nothing new, empty or not, would be followed by others of its kind.
        let is_stuck = self.distinct() == before;
        Ok(is_stuck || self.total <= self.distinct())
    }
}

/// Whoever walks: the parts of a poller that a walk works on.
pub(crate) struct Walker<'p, 'h> {
    pub(crate) config: &'p Config,
    /// The path of a search.
    pub(crate) path: &'p str,
    pub(crate) client: &'p mut Client<'h>,
    pub(crate) state: &'p mut State,
}

impl Walker<'_, '_> {
    /// Gives every document in `range` to `each`, and proves by the indexer's count that there are no more.
    ///
    /// A walk that does not fit its count is begun again, so `each` sees documents repeatedly. Errs with
    /// [`PollError::Miscount`] if no walk fits.
    pub(crate) fn walk(
        &mut self,
        range: Range,
        cut: Option<Cut>,
        each: &mut Each<'_>,
    ) -> Result<Walked, PollError> {
        let mut walks = 1;
        loop {
            match self.walk_once(range, cut, each) {
                Err(PollError::Miscount { walked, total, .. }) if walks < WALKS_MAX => {
                    tracing::warn!(walked, total, "a slice does not fit its count: again");
                    self.client.shift_pages();
                    walks += 1;
                }
                result => return result,
            }
        }
    }

    fn walk_once(
        &mut self,
        range: Range,
        cut: Option<Cut>,
        each: &mut Each<'_>,
    ) -> Result<Walked, PollError> {
        const OPERATION: &str = "read a slice";
        let mut tally = Tally {
            documents: BTreeSet::new(),
            last: (range.from, 0),
            total: 0,
            shards: u64::MAX,
            after: None,
        };
        loop {
            let after = tally.after.take();
            let body = |size| query::page(self.config, range, after.as_deref(), size);
            let read = |page: Page<'_>, _| {
                let is_end = tally.add(&page, range).asked(OPERATION)?;
                each(self.state, page.hits)?;
                Ok::<bool, PollError>(is_end)
            };
            let is_end = self.client.search(OPERATION, self.path, body, read)??;
            if is_end {
                return prove(range, tally.distinct(), tally.total, tally.shards);
            }
            let last = tally.last.0;
            let is_enough = |cut: Cut| cut.alerts <= tally.distinct() || self.client.is_tight();
            if cut.is_some_and(|cut| is_enough(cut) && cut.beyond < last) {
                // Hits come in order of time, so all that is older than the last one has been read.
                let range = Range::new(range.from, last);
                let (total, shards) = self.count(range)?;
                let walked = tally.distinct() - tally.last.1;
                return prove(range, walked, total, shards.min(tally.shards));
            }
        }
    }

    /// How many documents the indexer has in `range`, and in how many shards it looked.
    pub(crate) fn count(&mut self, range: Range) -> Result<(u64, u64), PollError> {
        let body = |_| query::count(self.config, range);
        let read = |page: Page<'_>, _| (page.total, page.shards);
        self.client.search("count a slice", self.path, body, read)
    }
}

fn prove(range: Range, walked: u64, total: u64, shards: u64) -> Result<Walked, PollError> {
    let Range { from, to } = range;
    if walked != total {
        return Err(PollError::Miscount {
            from,
            to,
            walked,
            total,
        });
    }
    Ok(Walked {
        to,
        distinct: walked,
        shards,
    })
}
