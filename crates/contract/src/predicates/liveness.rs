//! What happens once faults stop: L1 to L3 and L5 to L7.

use crate::event::{Event, PassKind};
use crate::place::Place;
use crate::predicate::{Mode, Predicate};

pub(super) const ALL: &[&Predicate] = &[
    &PROGRESS,
    &CAP_COMPLETES,
    &NO_SELF_REINFORCEMENT,
    &NO_STARVATION,
    &RECOVERY,
    &DRAINS,
];

static PROGRESS: Predicate = Predicate {
    id: "L1",
    name: "progress",
    mode: Mode::Eventually,
    promise: "while something is pending and a worker lives, something leaves pending",
    breach: |census, _, event| match event {
        Event::Ended {
            is_stuck: true,
            steps,
            ..
        } if 0 < census.count(Place::Pending) => {
            let pending = census.count(Place::Pending);
            Some(format!(
                "{pending} alerts stay pending after {steps} steps, and none has left for long"
            ))
        }
        _ => None,
    },
};

static CAP_COMPLETES: Predicate = Predicate {
    id: "L2",
    name: "cap-completes",
    mode: Mode::Always,
    promise: "a cap pass over N names ends within 2·(N − cap) + names/chunk + 4·buckets calls",
    breach: |_, bounds, event| {
        let Event::PassEnded(pass) = event else {
            return None;
        };
        if pass.kind != PassKind::Cap || pass.is_refused {
            return None;
        }
        if let Some(abort) = pass.abort {
            return Some(format!(
                "a cap pass of actor {} was ended by {abort:?}",
                pass.actor.0
            ));
        }
        let inflow = pass.at_end.entered_pending - pass.at_start.entered_pending;
        let pending = pass.at_start.pending + inflow;
        let most = 2 * pending.saturating_sub(bounds.cap)
            + pass.listed.div_ceil(bounds.names_per_chunk)
            + 4 * pending.div_ceil(bounds.bucket)
            + CALLS_BESIDE;
        (most < pass.calls).then(|| {
            format!(
                "a cap pass over {pending} alerts took {} calls; {most} must do",
                pass.calls
            )
        })
    },
};

/// Calls of a pass that do not depend on what it finds.
const CALLS_BESIDE: u64 = 64;

static NO_SELF_REINFORCEMENT: Predicate = Predicate {
    id: "L3",
    name: "no-self-reinforcement",
    mode: Mode::Always,
    promise: "a cap pass at least halves what is beyond the cap, whatever comes in while it runs",
    breach: |_, bounds, event| {
        let Event::PassEnded(pass) = event else {
            return None;
        };
        if pass.kind != PassKind::Cap || pass.is_refused {
            return None;
        }
        let before = pass.at_start.pending.saturating_sub(bounds.cap);
        let after = pass.at_end.pending.saturating_sub(bounds.cap);
        let is_halved = after <= (before / 2).max(2 * bounds.bucket);
        (0 < before && !is_halved).then(|| {
            format!("a cap pass began with {before} alerts beyond the cap and ended with {after}")
        })
    },
};

static NO_STARVATION: Predicate = Predicate {
    id: "L5",
    name: "no-starvation",
    mode: Mode::Eventually,
    promise: "a held or bad head is passed by: a pass does not end before everything was tried",
    breach: |_, _, event| {
        let Event::PassEnded(pass) = event else {
            return None;
        };
        if pass.kind != PassKind::Work || !pass.is_empty || pass.is_refused {
            return None;
        }
        let left = pass.at_end.left_pending - pass.at_start.left_pending;
        let untried = pass.at_start.unclaimed.saturating_sub(left + pass.held);
        (0 < untried).then(|| {
            format!(
                "actor {} ended its pass and never tried {untried} alerts",
                pass.actor.0
            )
        })
    },
};

static RECOVERY: Predicate = Predicate {
    id: "L6",
    name: "recovery",
    mode: Mode::Always,
    promise: "recovery's work depends on what was in flight, not on the backlog",
    breach: |_, bounds, event| {
        let Event::PassEnded(pass) = event else {
            return None;
        };
        if pass.kind != PassKind::Recover {
            return None;
        }
        let (each, beside) = bounds.recover_calls;
        let chunks = pass.listed.div_ceil(bounds.names_per_chunk);
        let most = each * pass.at_start.in_flight + beside + 4 * chunks;
        (most < pass.calls).then(|| {
            let in_flight = pass.at_start.in_flight;
            format!(
                "recovery of {in_flight} alerts took {} calls; {most} must do",
                pass.calls
            )
        })
    },
};

static DRAINS: Predicate = Predicate {
    id: "L7",
    name: "drains",
    mode: Mode::Eventually,
    promise: "once faults stop and intake freezes, everything that anybody still has becomes terminal and is recorded",
    breach: |census, bounds, event| {
        let Event::Ended { steps, .. } = event else {
            return None;
        };
        // What its source had no more when it was missed can come from nowhere: health must tell of it (S21).
        let waiting = |place| census.count(place) - census.count_gone(place);
        let mut open: Vec<String> = Place::ALL
            .into_iter()
            .filter(|place| !place.is_terminal() && 0 < waiting(*place))
            .filter(|place| bounds.readmits || *place != Place::Overflow)
            .map(|place| {
                let mut waiting_there = census.iter().filter(|(_, entry)| entry.place == place);
                let first = waiting_there.find(|(_, entry)| !entry.is_nowhere());
                let first = first.map_or(String::new(), |(id, _)| format!(" (alert {})", id.0));
                format!("{} {place}{first}", waiting(place))
            })
            .collect();
        if 0 < census.unrecorded() {
            open.push(format!("{} without a record", census.unrecorded()));
        }
        (!open.is_empty()).then(|| format!("after {steps} quiet steps still {}", open.join(", ")))
    },
};
