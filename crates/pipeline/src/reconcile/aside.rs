//! Files that were set aside not long ago: whoever was still writing one when it was taken goes on writing to it, and it may
//! be whole by now. Then its alert is published, under the identity of its content; the file stays where it is, and so does the
//! record of it.

use crate::failure::Failure;
use crate::source::Again;
use alert::{Alert, AlertId};
use host::Millis;
use serde::{Deserialize, Serialize};
use spool::{EntryName, Incoming, Spool, SpoolError};
use std::collections::BTreeMap;

/// For how long a file that was set aside is looked at.
const LOOKED_AT_MS: i64 = 24 * 3_600_000;
/// So far a name may be ahead of the clock.
const AHEAD_MS: i64 = 1_000;
/// No more files are looked at in a pass: the newest.
const LOOKED_AT_MAX: usize = 1_000;

/// The files that were set aside in the last day, and when each was last written to that was no alert when it was
/// looked at.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub(super) struct Aside(BTreeMap<EntryName, i64>);

impl Aside {
    /// Notes that an entry was set aside.
    pub(super) fn add(&mut self, entry: EntryName) {
        self.0.entry(entry).or_insert(0);
    }

    /// Publishes the alerts of files that are whole by now.
    pub(super) fn take_back(
        &mut self,
        spool: &Spool<'_>,
        again: &mut Again<'_, '_>,
    ) -> Result<(), Failure> {
        self.forget(spool.host().now());
        let mut whole = Vec::new();
        for (entry, written) in self.0.iter_mut().rev().take(LOOKED_AT_MAX) {
            let Some((at, bytes)) = changed(spool, *entry, *written)? else {
                continue;
            };
            match Alert::parse(&bytes) {
                // Due until it is published: that may fail.
                Ok(_) => whole.push((*entry, bytes)),
                Err(_) => *written = at,
            }
        }
        if whole.is_empty() {
            return Ok(());
        }
        let batch: Vec<_> = whole
            .iter()
            .map(|(_, bytes)| Incoming {
                id: AlertId::of_alert(bytes),
                payload: bytes,
                document: None,
                time: None,
            })
            .collect();
        let published = again.publish(&batch)?;
        tracing::info!(
            count = published.published,
            "files that were set aside are whole by now, and taken"
        );
        for (entry, _) in &whole {
            self.0.remove(entry);
        }
        Ok(())
    }

    fn forget(&mut self, now: Millis) {
        let oldest = u64::try_from(now.0.saturating_sub(LOOKED_AT_MS)).unwrap_or(0);
        self.0.retain(|entry, _| oldest <= entry.stamp().millis);
    }
}

/// When a file in quarantine was last written to, and its bytes, if that was after it was taken and not at `written`.
fn changed(
    spool: &Spool<'_>,
    entry: EntryName,
    written: i64,
) -> Result<Option<(i64, Vec<u8>)>, SpoolError> {
    let Some(Millis(at)) = spool::cases::quarantined_at(spool, entry)? else {
        return Ok(None);
    };
    let taken = i64::try_from(entry.stamp().millis).unwrap_or(i64::MAX);
    if at <= taken.saturating_sub(AHEAD_MS) || at == written {
        return Ok(None);
    }
    let bytes = spool::cases::quarantined_bytes(spool, entry)?;
    Ok(bytes.map(|bytes| (at, bytes)))
}
