//! Reading single alerts again, for whoever lost them after they were handed over. Neither call moves the cursor.

use crate::error::{AnswerError, PollError};
use crate::poller::{Poller, Sink};
use crate::query::{Range, ids as ids_query, search_path};
use alert::AlertId;
use host::Millis;
use std::collections::BTreeSet;

impl Poller<'_> {
    /// Hands over the documents `ids` of one index, as far as it still has them, and returns how many it had.
    ///
    /// An index that is gone has none.
    pub fn fetch(
        &mut self,
        index: &str,
        ids: &[&str],
        sink: &mut Sink<'_>,
    ) -> Result<u64, PollError> {
        self.guarded(|poller| {
            let path = search_path(index);
            let (mut rest, mut found) = (ids, 0);
            while !rest.is_empty() {
                let part = |size: usize| rest.len().min(size);
                let body = |size| ids_query(&poller.config, &rest[..part(size)], size);
                let fetched = poller
                    .client
                    .search("fetch alerts", &path, body, |page, size| {
                        found += page.hits.len() as u64;
                        if !page.hits.is_empty() {
                            sink(&page.hits).map_err(PollError::Sink)?;
                        }
                        Ok::<usize, PollError>(part(size))
                    });
                match fetched {
                    Ok(count) => rest = &rest[count?..],
                    Err(PollError::Answer {
                        source: AnswerError::Missing { .. },
                        ..
                    }) => break,
                    Err(error) => return Err(error),
                }
            }
            Ok(found)
        })
    }

    /// Reads the alerts from `from` and before `to`, hands over those in `wanted`, and returns how many they were.
    ///
    /// For those who know an alert's identity, which does not tell its index and id. An alert may be wanted by its
    /// document's identity, from the time when that was its own; then it is handed over as that one. It is handed over once,
    /// however many documents it has.
    pub fn find(
        &mut self,
        wanted: &BTreeSet<AlertId>,
        from: Millis,
        to: Millis,
        sink: &mut Sink<'_>,
    ) -> Result<u64, PollError> {
        self.guarded(|poller| {
            let mut found = BTreeSet::new();
            let walked = poller
                .walker()
                .walk(Range::new(from, to), None, &mut |_, mut hits| {
                    hits.retain_mut(|hit| {
                        if wanted.contains(&hit.document) {
                            hit.know_by_document();
                        }
                        // A walk that is begun again brings the same alerts.
                        wanted.contains(&hit.alert()) && found.insert(hit.alert())
                    });
                    if hits.is_empty() {
                        return Ok(());
                    }
                    sink(&hits).map_err(PollError::Sink)
                })?;
            // An index that cannot be read for a while is left out without a word: that it gave nothing proves nothing.
            poller.accept_shards(walked.shards)?;
            Ok(found.len() as u64)
        })
    }
}
