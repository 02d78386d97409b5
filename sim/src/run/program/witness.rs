//! What a pipeline says of itself while it runs, told to the watch.

use super::abort_of;
use crate::run::shared::Shared;
use crate::run::watch::Report;
use alert::AlertId;
use contract::sometimes::Goal;
use contract::{Actor, PassKind};
use pipeline::{Activity, Outcome, Witness};

/// Tells the watch of what one program does.
pub(crate) struct Told<'a> {
    pub(crate) shared: &'a Shared,
    pub(crate) actor: Actor,
}

impl Witness for Told<'_> {
    fn begin(&self, activity: Activity) {
        let kind = match activity {
            Activity::Recover => PassKind::Recover,
            Activity::Publish => PassKind::Publish,
            Activity::Cap => PassKind::Cap,
            Activity::Readmit => PassKind::Readmit,
            Activity::Work => PassKind::Work,
        };
        self.shared.watch.borrow_mut().begin(self.actor, kind);
    }

    fn end(&self, _: Activity, outcome: Outcome<'_>) {
        let mut watch = self.shared.watch.borrow_mut();
        let report = Report {
            abort: outcome.error.map(abort_of),
            seen: outcome.seen,
            settled: outcome.settled,
            is_empty: outcome.is_empty,
            vanished: outcome.vanished,
        };
        watch.end(self.actor, report);
        if 0 < outcome.duplicates {
            watch.met.insert(Goal::DuplicateAlert);
        }
    }

    fn repeated(&self, alerts: u64) {
        if 0 < alerts {
            self.shared
                .watch
                .borrow_mut()
                .met
                .insert(Goal::DuplicateAlert);
        }
    }

    fn acknowledge(&self, alerts: &[AlertId]) {
        let source = &self.shared.source;
        let numbers = alerts.iter().filter_map(|id| source.index_of(*id));
        let mut watch = self.shared.watch.borrow_mut();
        if numbers.clone().any(|number| source.is_old(number)) {
            watch.met.insert(Goal::IndexedLate);
        }
        watch.acknowledge(numbers);
    }
}
