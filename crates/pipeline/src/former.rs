//! Alerts that were known by their document before they were known by what they say.
//!
//! A home that was begun by such a program has entries and cases under its documents' identities. Whoever reads one of these
//! documents again must find them. They are looked for only behind the time at which that program ended, so this costs
//! nothing where there was none, and less and less where there was one.

use alert::{Alert, AlertId, Hour};
use host::Millis;
use indexer::{Hit, Poller};
use spool::{Live, Publisher, Spool, SpoolError, cases, live};
use std::collections::{BTreeMap, BTreeSet};

/// What is known of such alerts.
pub(crate) struct Former {
    /// Only alerts before this time may have been known so.
    until: Millis,
    /// What is on its way. Looked at once: nothing is added under such an identity, but by the publisher, which remembers.
    live: Option<BTreeSet<AlertId>>,
    /// The cases of the hour that was asked for last: the identity of each, by itself and by what its alert says.
    hour: Option<(Hour, BTreeMap<AlertId, AlertId>)>,
}

impl Default for Former {
    fn default() -> Self {
        Former {
            until: Millis(i64::MIN),
            live: None,
            hour: None,
        }
    }
}

impl Former {
    /// Learns from the poller until when there may be such alerts.
    pub(crate) fn learn(&mut self, poller: &Poller<'_>) {
        self.until = poller.former_until();
    }

    /// The identity under which the hit's alert is known, if that is one of a document: of the hit's own, or of another one
    /// with the same content whose case stands.
    pub(crate) fn identity(
        &mut self,
        spool: &Spool<'_>,
        publisher: &mut Publisher<'_>,
        hit: &Hit<'_>,
    ) -> Result<Option<AlertId>, SpoolError> {
        if self.until <= hit.time || publisher.remembers(hit.alert())? {
            return Ok(None);
        }
        // Before the cases: what leaves the queue meanwhile has its case by then.
        if publisher.remembers(hit.document)? || self.live(spool)?.contains(&hit.document) {
            return Ok(Some(hit.document));
        }
        let Ok(alert) = Alert::parse(hit.raw) else {
            return Ok(None);
        };
        if cases::has_directory(spool, hit.document, &alert)? {
            return Ok(Some(hit.document));
        }
        let Some(hour) = alert.hour else {
            return Ok(None);
        };
        let known = self.cases(spool, hour)?;
        let of_document = known.get(&hit.document);
        Ok(of_document.or_else(|| known.get(&hit.alert())).copied())
    }

    fn live(&mut self, spool: &Spool<'_>) -> Result<&BTreeSet<AlertId>, SpoolError> {
        if self.live.is_none() {
            let mut ids = BTreeSet::new();
            live(spool, &mut |one| {
                ids.insert(match one {
                    Live::Entry(entry) | Live::Planned(entry) => entry.id(),
                    Live::Staged(id) => id,
                });
            })?;
            self.live = Some(ids);
        }
        Ok(self.live.get_or_insert_default())
    }

    /// The cases of `hour` that are known by a document.
    fn cases(
        &mut self,
        spool: &Spool<'_>,
        hour: Hour,
    ) -> Result<&BTreeMap<AlertId, AlertId>, SpoolError> {
        if self.hour.as_ref().is_none_or(|(known, _)| *known != hour) {
            let mut known = BTreeMap::new();
            cases::of_hour(spool, hour, &mut |id, alert| {
                let content = AlertId::of_alert(alert);
                if content != id {
                    known.insert(id, id);
                    known.insert(content, id);
                }
            })?;
            self.hour = Some((hour, known));
        }
        let (_, known) = self.hour.get_or_insert_with(|| (hour, BTreeMap::new()));
        Ok(known)
    }
}
