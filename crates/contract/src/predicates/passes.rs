//! What a pass may not do when names move: S8 and S10.

use crate::event::{Abort, Event, Pass, PassKind};
use crate::predicate::{Mode, Predicate};

pub(super) const ALL: &[&Predicate] = &[&VANISH_IS_DATA, &SCAN_TOLERANCE];

static VANISH_IS_DATA: Predicate = Predicate {
    id: "S8",
    name: "vanish-is-data",
    mode: Mode::Always,
    promise: "a name that is gone ends no pass, and makes none report an empty queue",
    breach: |_, _, event| {
        let Event::PassEnded(pass) = event else {
            return None;
        };
        let Pass { actor, kind, .. } = pass;
        if pass.abort == Some(Abort::Vanished) {
            return Some(format!(
                "a vanished name ended the {} pass of actor {}",
                kind.name(),
                actor.0
            ));
        }
        // Some id was pending all the while, and free, if more were pending than ever left or were held.
        let left = pass.at_end.left_pending - pass.at_start.left_pending;
        let stayed = pass.at_start.unclaimed.saturating_sub(left + pass.held);
        let is_false = *kind == PassKind::Work && pass.is_empty && !pass.is_refused && 0 < stayed;
        is_false.then(|| {
            format!(
                "actor {} reported an empty queue while {stayed} alerts were pending",
                actor.0
            )
        })
    },
};

static SCAN_TOLERANCE: Predicate = Predicate {
    id: "S10",
    name: "scan-tolerance",
    mode: Mode::Always,
    promise: "every name that a pass saw leads to exactly one outcome",
    breach: |_, _, event| match event {
        Event::PassEnded(pass) if pass.abort.is_none() && pass.seen != pass.settled => {
            Some(format!(
                "a {} pass of actor {} saw {} names and settled {}",
                pass.kind.name(),
                pass.actor.0,
                pass.seen,
                pass.settled
            ))
        }
        _ => None,
    },
};
