//! One id, one place, one case: S1 to S5, S7 and S17.

use crate::event::{Event, Moved};
use crate::place::{Place, Side, is_allowed};
use crate::predicate::{Mode, Predicate};

pub(super) const ALL: &[&Predicate] = &[
    &ONE_PLACE,
    &CONSERVATION,
    &ONE_CASE,
    &EXCLUSIVE_CLAIM,
    &NO_RESURRECTION,
    &IDEMPOTENT,
    &RECONCILIATION,
];

static ONE_PLACE: Predicate = Predicate {
    id: "S1",
    name: "one-place",
    mode: Mode::Always,
    promise: "every id is in exactly one place and moves only as the contract allows",
    breach: |_, _, event| match event {
        Event::Moved(moved) if !is_anothers(moved) => {
            let Moved {
                id,
                before,
                to,
                actor,
                side,
                ..
            } = moved;
            (!is_allowed(before.place, *to, *side)).then(|| {
                let from = before.place;
                format!(
                    "alert {} moved from {from} to {to} by actor {}",
                    id.0, actor.0
                )
            })
        }
        Event::Copied {
            id,
            actor,
            side: Side::Inside,
            ..
        } => Some(format!(
            "alert {} got a second name by actor {}",
            id.0, actor.0
        )),
        _ => None,
    },
};

/// Moves that a more telling predicate speaks of.
fn is_anothers(moved: &Moved) -> bool {
    let from = moved.before.place;
    from.is_terminal()
        || is_publication_of_known(moved)
        || (from, moved.to) == (Place::Claimed, Place::Claimed)
}

static CONSERVATION: Predicate = Predicate {
    id: "S2",
    name: "conservation",
    mode: Mode::Always,
    promise: "no id is lost: fetched − duplicates = the sum over the places",
    breach: |_, _, event| match event {
        Event::Removed(removed) => {
            let is_lost = removed.side == Side::Inside
                && removed.is_last
                && !matches!(removed.place, Place::Staged | Place::Source);
            is_lost.then(|| {
                let (id, place, actor) = (removed.id.0, removed.place, removed.actor.0);
                format!("the last name of alert {id} was removed from {place} by actor {actor}")
            })
        }
        _ => None,
    },
};

static ONE_CASE: Predicate = Predicate {
    id: "S3",
    name: "one-case",
    mode: Mode::Always,
    promise: "at most one case is ever made for an id",
    breach: |_, _, event| match event {
        Event::Moved(Moved {
            id,
            before,
            to: Place::Cased,
            actor,
            ..
        }) if 0 < before.cases => Some(format!(
            "a second case was made for alert {} by actor {}",
            id.0, actor.0
        )),
        _ => None,
    },
};

static EXCLUSIVE_CLAIM: Predicate = Predicate {
    id: "S4",
    name: "exclusive-claim",
    mode: Mode::Always,
    promise: "claims of one id never overlap, and only its holder, or its heir, completes it",
    breach: |_, _, event| {
        let Event::Moved(moved) = event else {
            return None;
        };
        let Moved {
            id,
            before,
            to,
            actor,
            side,
            is_heir,
            ..
        } = moved;
        if before.place != Place::Claimed || *side == Side::Outside {
            return None;
        }
        let is_holder = before.actor == *actor || *is_heir || before.facts.had_several;
        match to {
            Place::Claimed if !is_holder => Some(format!(
                "alert {} was claimed by actor {} while actor {} held it",
                id.0, actor.0, before.actor.0
            )),
            Place::Cased | Place::Pending | Place::Quarantined if !is_holder => Some(format!(
                "alert {}, held by actor {}, was moved to {to} by actor {}",
                id.0, before.actor.0, actor.0
            )),
            _ => None,
        }
    },
};

static NO_RESURRECTION: Predicate = Predicate {
    id: "S5",
    name: "no-resurrection",
    mode: Mode::Always,
    promise: "a terminal id does not come back without a new generation",
    breach: |_, _, event| match event {
        Event::Moved(Moved {
            id,
            before,
            to,
            actor,
            ..
        }) if before.place.is_terminal() && before.place != *to && before.copies == 0 => {
            let from = before.place;
            Some(format!(
                "alert {} left {from} for {to} by actor {}",
                id.0, actor.0
            ))
        }
        _ => None,
    },
};

static IDEMPOTENT: Predicate = Predicate {
    id: "S7",
    name: "idempotent-ingest",
    mode: Mode::Always,
    promise: "publishing an alert again adds nothing",
    breach: |_, _, event| match event {
        Event::Moved(moved) if is_publication_of_known(moved) => {
            let from = moved.before.place;
            Some(format!(
                "alert {} was published again while it is {from}",
                moved.id.0
            ))
        }
        Event::Strange { actor, .. } => Some(format!(
            "actor {} published something under an id that no alert has",
            actor.0
        )),
        _ => None,
    },
};

static RECONCILIATION: Predicate = Predicate {
    id: "S17",
    name: "reconciliation",
    mode: Mode::Always,
    promise: "at quiescence ledger, directories and cases agree, id by id",
    breach: |_, _, event| match event {
        Event::Audited {
            differences, first, ..
        } if 0 < *differences => {
            let first = first.map_or(String::new(), |first| format!(": {first}"));
            Some(format!(
                "the queue's own audit and the census differ on {differences} alerts{first}"
            ))
        }
        _ => None,
    },
};

/// An id that is in the queue already is written again.
fn is_publication_of_known(moved: &Moved) -> bool {
    moved.to == Place::Staged
        && moved.side == Side::Inside
        && !matches!(
            moved.before.place,
            Place::Source | Place::Vanished | Place::Staged
        )
        && !moved.before.place.is_terminal()
}
