//! Noticing that an answer lacks whole indices.
//!
//! An account that may no longer read an index gets answers without it, with status 200 and complete in every other way.
//! All that shows is that there are fewer shards than before. Retention, which removes old indices, looks the same; so after
//! a drop, each index that gave alerts lately is asked for by its name. An index that somebody has closed is left out in the
//! same way.

use crate::error::{AnswerError, PollError};
use crate::poller::{Poller, before};
use crate::query::{probe, search_path};
use std::time::Duration;

/// How long an index is remembered after its newest alert.
const INDEX_MEMORY: Duration = Duration::from_secs(24 * 60 * 60);

/// The type of the error by which a closed index refuses to be searched by its name.
const INDEX_CLOSED: &str = "index_closed_exception";

impl Poller<'_> {
    /// Takes note of how many shards an answer had. After a drop, errs with [`PollError::Reduced`] if an index that gave
    /// alerts lately exists and can no longer be read, or with [`PollError::Closed`] if one is closed.
    pub(crate) fn accept_shards(&mut self, shards: u64) -> Result<(), PollError> {
        let known = self.state.known.shards;
        if known.is_some_and(|known| shards < known) {
            let indices: Vec<String> = self.state.known.indices.keys().cloned().collect();
            for index in indices {
                self.probe(&index)?;
            }
        }
        if known != Some(shards) {
            self.state.known.shards = Some(shards);
            self.is_changed = true;
        }
        Ok(())
    }

    fn probe(&mut self, index: &str) -> Result<(), PollError> {
        let body = |_| probe(&self.config);
        let path = search_path(index);
        let probed = self.client.search("probe an index", &path, body, |_, _| ());
        match probed {
            Err(PollError::Answer { source, .. }) => match source {
                AnswerError::Missing { .. } => {
                    self.state.known.indices.remove(index);
                    Ok(())
                }
                AnswerError::Forbidden { .. } | AnswerError::NoIndex => Err(PollError::Reduced {
                    index: index.to_owned(),
                }),
                // The one refusal of a search without a query: by its name, a closed index is asked in vain.
                AnswerError::Refused { reason, .. } if reason.contains(INDEX_CLOSED) => {
                    Err(PollError::Closed {
                        index: index.to_owned(),
                    })
                }
                source => Err(PollError::Answer {
                    operation: "probe an index",
                    source,
                }),
            },
            other => other,
        }
    }

    pub(crate) fn forget_old_indices(&mut self) {
        let oldest = before(self.state.watermark(), INDEX_MEMORY);
        let indices = &mut self.state.known.indices;
        indices.retain(|_, newest| oldest.0 <= *newest);
    }
}
