//! What must not grow with the depth: S15, S16 and S19; nor with the age: S20.

use crate::event::{Event, PassKind};
use crate::predicate::{Mode, Predicate};

pub(super) const ALL: &[&Predicate] = &[&CAP, &BOUNDED_MEMORY, &BOUNDED_WINDOW, &BOUNDED_HISTORY];

static CAP: Predicate = Predicate {
    id: "S15",
    name: "cap",
    mode: Mode::Always,
    promise: "after a cap pass, cap − one bucket < pending ≤ cap + what came in meanwhile",
    breach: |_, bounds, event| {
        let Event::PassEnded(pass) = event else {
            return None;
        };
        if pass.kind != PassKind::Cap || pass.abort.is_some() || pass.is_refused {
            return None;
        }
        let (start, end) = (&pass.at_start, &pass.at_end);
        let inflow = end.entered_pending - start.entered_pending;
        if bounds.cap + inflow < end.pending {
            return Some(format!(
                "{} pending after a cap pass; the cap is {}, and {inflow} came in meanwhile",
                end.pending, bounds.cap
            ));
        }
        let parked = end.overflow.saturating_sub(start.overflow);
        let known = end.pending + pass.unknown;
        let is_overdone = 0 < parked && known + bounds.bucket <= bounds.cap;
        is_overdone.then(|| {
            format!(
                "a cap pass parked {parked} and left {} pending; the cap is {}",
                end.pending, bounds.cap
            )
        })
    },
};

static BOUNDED_MEMORY: Predicate = Predicate {
    id: "S16",
    name: "bounded-memory",
    mode: Mode::Always,
    promise: "open files do not grow with the depth",
    breach: |_, bounds, event| match event {
        Event::Holds { actor, handles, .. } if bounds.handles < *handles => Some(format!(
            "actor {} holds {handles} handles; {} are enough",
            actor.0, bounds.handles
        )),
        _ => None,
    },
};

static BOUNDED_WINDOW: Predicate = Predicate {
    id: "S19",
    name: "bounded-window",
    mode: Mode::Always,
    promise: "the calls between seeing a name and using it depend on the batch, not on the depth",
    breach: |_, bounds, event| match event {
        Event::Used { actor, calls, .. } if bounds.window_calls < *calls => Some(format!(
            "actor {} used a name {calls} calls after it saw it; {} is the batch's bound",
            actor.0, bounds.window_calls
        )),
        _ => None,
    },
};

static BOUNDED_HISTORY: Predicate = Predicate {
    id: "S20",
    name: "bounded-history",
    mode: Mode::Always,
    promise: "a pass that has nothing to do costs what it costs, however many passes, restarts and segments there ever were",
    breach: |_, bounds, event| {
        let Event::Idled(idle) = event else {
            return None;
        };
        // Whoever starts opens the queue, and looks for what a crash has left.
        let (each, opening) = bounds.idle_calls;
        let most = each + if idle.is_first { opening } else { 0 };
        (most < idle.calls).then(|| {
            format!(
                "an idle pass of actor {} took {} calls after {} passes; {most} must do",
                idle.actor.0, idle.calls, idle.passes
            )
        })
    },
};
