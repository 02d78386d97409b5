//! What a power loss may not take: S11 and S12.

use crate::event::Event;
use crate::place::{Place, Side};
use crate::predicate::{Mode, Predicate};

pub(super) const ALL: &[&Predicate] = &[&ACK_AFTER_DURABLE, &WRITE_AHEAD_REMOVAL];

static ACK_AFTER_DURABLE: Predicate = Predicate {
    id: "S11",
    name: "ack-after-durable",
    mode: Mode::Always,
    promise: "cursor and ledger never run ahead of what a power loss leaves",
    breach: |census, _, event| match event {
        Event::Acknowledged {
            id,
            is_durable: false,
            ..
        } => {
            let place = census.get(*id).place;
            Some(format!(
                "alert {} was acknowledged while {place} and not durable",
                id.0
            ))
        }
        Event::Recorded {
            id,
            place,
            is_durable,
            ..
        } => {
            let actual = census.get(*id).place;
            if actual != *place {
                return Some(format!(
                    "alert {} was recorded as {place} while {actual}",
                    id.0
                ));
            }
            (!is_durable).then(|| {
                format!(
                    "alert {} was recorded as {place} before that was durable",
                    id.0
                )
            })
        }
        Event::Survived { id, place, .. } => {
            let entry = census.get(*id);
            let is_lost = place.is_none() || *place == Some(Place::Source);
            // An acknowledged alert that vanished is staged again while it is fetched again. Until that is acknowledged too, the
            // power may take it as often as it likes: it is missed, and fetched, once more.
            let was_whole = !matches!(entry.place, Place::Vanished | Place::Staged);
            (is_lost && entry.facts.is_acknowledged && was_whole).then(|| {
                let before = entry.place;
                format!(
                    "alert {} was acknowledged, {before}, and lost with the power",
                    id.0
                )
            })
        }
        _ => None,
    },
};

static WRITE_AHEAD_REMOVAL: Predicate = Predicate {
    id: "S12",
    name: "write-ahead-removal",
    mode: Mode::Always,
    promise: "nothing of a terminal alert is removed before its record is durable",
    breach: |_, _, event| match event {
        Event::Removed(removed) => {
            let entry = &removed.before;
            let is_early = removed.side == Side::Inside
                && !removed.is_last
                && entry.place.is_terminal()
                && !entry.facts.is_record_durable;
            is_early.then(|| {
                let (id, place, actor) = (removed.id.0, removed.place, removed.actor.0);
                format!(
                    "a copy of alert {id} in {place} was removed by actor {actor} before its record was durable"
                )
            })
        }
        _ => None,
    },
};
