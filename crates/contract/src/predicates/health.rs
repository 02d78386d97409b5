//! What health must say, and must not go on saying: S21.

use crate::event::Event;
use crate::predicate::{Mode, Predicate};

pub(super) const ALL: &[&Predicate] = &[&NOTHING_SILENT];

static NOTHING_SILENT: Predicate = Predicate {
    id: "S21",
    name: "nothing-silent",
    mode: Mode::Always,
    promise: "health names each danger that has stood for longer than its limit, and is well again once all are over",
    breach: |_, _, event| {
        let Event::HealthTold(told) = event else {
            return None;
        };
        let unsaid = told.standing.without(told.named);
        if !unsaid.is_empty() {
            return Some(format!(
                "health of actor {} says nothing of {}",
                told.actor.0,
                unsaid.names()
            ));
        }
        let alarm = told.named.without(told.possible);
        (told.is_settled && !alarm.is_empty()).then(|| {
            format!(
                "all is settled, and health of actor {} still complains of {}",
                told.actor.0,
                alarm.names()
            )
        })
    },
};
