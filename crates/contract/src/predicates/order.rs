//! Order: S13 and S14.

use crate::event::{Event, Moved};
use crate::place::Place;
use crate::predicate::{Mode, Predicate};

pub(super) const ALL: &[&Predicate] = &[&ORDER, &NAMES_MONOTONE];

static ORDER: Predicate = Predicate {
    id: "S13",
    name: "order",
    mode: Mode::Always,
    promise: "when an id is claimed, fewer than K older ones are pending that nobody has tried",
    breach: |census, bounds, event| match event {
        Event::Moved(Moved {
            id,
            before,
            to: Place::Claimed,
            actor,
            ..
        }) if before.place == Place::Pending
            && before.attempts == 0
            && !before.facts.had_several =>
        {
            let older = census.unclaimed_before(before.rank);
            (bounds.overtaken < older).then(|| {
                let (id, actor) = (id.0, actor.0);
                format!("alert {id} was claimed by actor {actor} while {older} older ones waited")
            })
        }
        _ => None,
    },
};

static NAMES_MONOTONE: Predicate = Predicate {
    id: "S14",
    name: "names-monotone",
    mode: Mode::Always,
    promise: "a new name sorts after every earlier one, over restarts and clock steps",
    breach: |_, _, event| match event {
        Event::Named {
            actor, before, key, ..
        } if key <= before => Some(format!(
            "actor {} gave out the name {key} after {before}",
            actor.0
        )),
        _ => None,
    },
};
