//! Bytes: S6 and S9.

use crate::event::{Abort, Event, Moved};
use crate::place::{Place, Side};
use crate::predicate::{Mode, Predicate};

pub(super) const ALL: &[&Predicate] = &[&WHOLE_WHEN_VISIBLE, &BLAST_RADIUS_ONE];

static WHOLE_WHEN_VISIBLE: Predicate = Predicate {
    id: "S6",
    name: "whole-when-visible",
    mode: Mode::Always,
    promise: "a pending name has complete bytes, or its first reader quarantines it",
    breach: |_, _, event| match event {
        Event::Moved(Moved {
            id,
            before,
            to,
            side: Side::Inside,
            is_whole: false,
            actor,
            ..
        }) => {
            let is_bad = before.facts.is_bad;
            match to {
                Place::Pending if before.place == Place::Staged && !is_bad => Some(format!(
                    "alert {} became visible with incomplete bytes by actor {}",
                    id.0, actor.0
                )),
                Place::Cased => Some(format!(
                    "a case was made of the incomplete bytes of alert {} by actor {}",
                    id.0, actor.0
                )),
                _ => None,
            }
        }
        _ => None,
    },
};

static BLAST_RADIUS_ONE: Predicate = Predicate {
    id: "S9",
    name: "blast-radius-one",
    mode: Mode::Always,
    promise: "one bad or held name changes the place of its own id only",
    breach: |_, _, event| match event {
        Event::Moved(Moved {
            id,
            before,
            to: Place::Quarantined,
            side: Side::Inside,
            is_whole: true,
            actor,
            ..
        }) if !before.facts.is_bad => Some(format!(
            "the good alert {} was set aside by actor {}",
            id.0, actor.0
        )),
        Event::PassEnded(pass) => match pass.abort {
            // A directory in which nothing may be changed is not one name.
            Some(Abort::Poison) if pass.is_refused => None,
            Some(Abort::Poison | Abort::Contended) => Some(format!(
                "one name ended a whole {} pass of actor {}",
                pass.kind.name(),
                pass.actor.0
            )),
            _ => None,
        },
        _ => None,
    },
};
