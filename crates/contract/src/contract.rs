//! The contract at work: it is told what happens, keeps the census, and says which promise is broken.

use crate::census::{Actor, Census, Entry, Facts, Id};
use crate::event::{Books, Event, Moved, Pass, Removed};
use crate::place::{Place, Side};
use crate::predicate::{Bounds, Predicate, Violation};
use crate::predicates;

/// How many violations of one predicate are kept in full; more are only counted. A limit over all of them would let one
/// predicate hide the others.
const VIOLATIONS_EACH_MAX: usize = 8;

/// Follows every id of one run and judges every event. O(1) an event, but for the logarithm of the order's index.
#[derive(Clone)]
pub struct Contract {
    census: Census,
    bounds: Bounds,
    on_move: Vec<&'static Predicate>,
    on_other: Vec<&'static Predicate>,
    violations: Vec<Violation>,
    violation_count: u64,
    name_last: u64,
}

/// Where every id was when somebody copied a home.
#[derive(Clone)]
pub struct Kept {
    census: Census,
    name_last: u64,
}

/// How a name of an id was moved.
#[derive(Clone, Copy, Debug)]
pub struct Motion {
    /// Where it goes.
    pub to: Place,
    /// Who moves it.
    pub actor: Actor,
    /// On which side that actor is.
    pub side: Side,
    /// Whether its bytes are complete and valid.
    pub is_whole: bool,
    /// Whether the actor recovers a dead worker's directory.
    pub is_heir: bool,
    /// When.
    pub step: u64,
}

impl Contract {
    /// The contract for `ids` alerts, all at the source.
    pub fn new(ids: u32, bounds: Bounds) -> Self {
        let about_moves = ["S1", "S3", "S4", "S5", "S6", "S7", "S9", "S13"];
        let (on_move, on_other) = (
            predicates::all()
                .into_iter()
                .filter(|p| about_moves.contains(&p.id))
                .collect(),
            predicates::all(),
        );
        Contract {
            census: Census::new(ids),
            bounds,
            on_move,
            on_other,
            violations: Vec::new(),
            violation_count: 0,
            name_last: 0,
        }
    }

    /// Where every id is.
    pub fn census(&self) -> &Census {
        &self.census
    }

    /// What the queue is asked to keep to.
    pub fn bounds(&self) -> &Bounds {
        &self.bounds
    }

    /// The first violations of each predicate, oldest first.
    pub fn violations(&self) -> &[Violation] {
        &self.violations
    }

    /// How many violations there were.
    pub fn violation_count(&self) -> u64 {
        self.violation_count
    }

    /// Puts an id where it stands before anything has happened.
    pub fn place_initially(&mut self, id: Id, place: Place, is_bad: bool) {
        self.census.set_place(id, place, Actor(u16::MAX), 0);
        let facts = &mut self.census.get_mut(id).facts;
        // What lay in the queue before was somebody's responsibility already.
        *facts = Facts {
            is_bad,
            is_acknowledged: true,
            ..Facts::default()
        };
    }

    /// Marks an id's bytes as bad: quarantine is the right place for it.
    pub fn spoil(&mut self, id: Id) {
        self.census.get_mut(id).facts.is_bad = true;
    }

    /// The source of an id has it no more, or has it again.
    pub fn gone(&mut self, id: Id, is_gone: bool) {
        self.census.set_gone(id, is_gone);
    }

    /// What this contract is to go back to, should somebody put the home back that there is now.
    pub fn kept(&self) -> Kept {
        Kept {
            census: self.census.clone(),
            name_last: self.name_last,
        }
    }

    /// Somebody put an older home in the place of the present one: each id is where it was then, and what it became since it
    /// may become again. What was broken stays so, and what its source has lost is not there again.
    pub fn put_back(&mut self, kept: &Kept) {
        let now = std::mem::replace(&mut self.census, kept.census.clone());
        for (id, entry) in now.iter() {
            self.census.set_gone(id, entry.facts.is_gone);
        }
        self.name_last = kept.name_last;
    }

    /// An id's file was moved to another place, or written for the first time.
    pub fn moved(&mut self, id: Id, motion: Motion) {
        let before = *self.census.get(id);
        let Motion {
            to,
            actor,
            side,
            is_whole,
            is_heir,
            step,
        } = motion;
        let event = Event::Moved(Moved {
            id,
            before,
            to,
            actor,
            side,
            is_whole,
            is_heir,
            step,
        });
        self.judge(&event, step, true);
        self.census.set_place(id, to, actor, step);
    }

    /// Of the copies of an id, another is the one that counts from here on: it is in `place`, in the hands of `actor`.
    pub fn counts_as(&mut self, id: Id, place: Place, actor: Actor, step: u64) {
        self.census.set_place(id, place, actor, step);
    }

    /// An id got its case in a file of many. If `has_file`, the file that the case was made of still stands: it is a copy
    /// from here on, and its removal is judged as that of one.
    pub fn cased_beside(&mut self, id: Id, motion: Motion, has_file: bool) {
        self.moved(id, motion);
        let entry = self.census.get_mut(id);
        entry.copies = entry.copies.saturating_add(u8::from(has_file));
    }

    /// A second name of an id appeared.
    pub fn copied(&mut self, id: Id, actor: Actor, side: Side, step: u64) {
        self.judge(
            &Event::Copied {
                id,
                actor,
                side,
                step,
            },
            step,
            false,
        );
        let entry = self.census.get_mut(id);
        entry.copies = entry.copies.saturating_add(1);
        entry.facts.had_several = true;
    }

    /// A name of an id was removed from `place`.
    pub fn removed(&mut self, id: Id, place: Place, actor: Actor, side: Side, step: u64) {
        let before = *self.census.get(id);
        let is_last = before.copies == 0;
        let event = Event::Removed(Removed {
            id,
            before,
            place,
            is_last,
            actor,
            side,
            step,
        });
        self.judge(&event, step, false);
        if !is_last {
            self.census.get_mut(id).copies -= 1;
            return;
        }
        let to = match (side, place) {
            (Side::Inside, Place::Staged) => Place::Source,
            _ => Place::Vanished,
        };
        let is_whole = true;
        self.moved(
            id,
            Motion {
                to,
                actor,
                side,
                is_whole,
                is_heir: false,
                step,
            },
        );
    }

    /// The queue said that it has an id for good.
    pub fn acknowledged(&mut self, id: Id, is_durable: bool, step: u64) {
        self.judge(
            &Event::Acknowledged {
                id,
                is_durable,
                step,
            },
            step,
            false,
        );
        self.census.get_mut(id).facts.is_acknowledged = true;
    }

    /// The ledger got the record that an id is in the terminal `place`.
    pub fn recorded(&mut self, id: Id, place: Place, is_durable: bool, step: u64) {
        self.judge(
            &Event::Recorded {
                id,
                place,
                is_durable,
                step,
            },
            step,
            false,
        );
        self.census.get_mut(id).facts.is_recorded = true;
    }

    /// The record of an id became durable, or, if `is_kept` is false, was lost with the power.
    pub fn record_settled(&mut self, id: Id, is_kept: bool) {
        self.census.settle_record(id, is_kept);
    }

    /// The publisher gave out a name; `key` orders as names do.
    pub fn named(&mut self, actor: Actor, key: u64, step: u64) {
        let before = self.name_last;
        self.judge(
            &Event::Named {
                actor,
                before,
                key,
                step,
            },
            step,
            false,
        );
        self.name_last = before.max(key);
    }

    /// Anything else that only predicates need to know.
    pub fn observe(&mut self, event: Event, step: u64) {
        self.judge(&event, step, false);
    }

    /// A pass ended.
    pub fn pass_ended(&mut self, pass: Pass) {
        self.judge(&Event::PassEnded(pass), pass.step, false);
    }

    /// Power failed: the id is found in `places` now. What was not durable may be undone, and only that.
    pub fn survived(&mut self, id: Id, places: &[Place], is_torn: bool, step: u64) {
        let place = places.first().copied();
        self.judge(&Event::Survived { id, place, step }, step, false);
        let before = *self.census.get(id);
        // What vanished by an outsider's hand stays vanished; what nobody was told of is still at the source.
        let to = place.unwrap_or(match before.place {
            Place::Vanished => Place::Vanished,
            _ if before.facts.is_acknowledged => Place::Vanished,
            _ => Place::Source,
        });
        self.census.set_place(id, to, Actor(u16::MAX), step);
        let entry: &mut Entry = self.census.get_mut(id);
        entry.copies = u8::try_from(places.len().saturating_sub(1)).unwrap_or(u8::MAX);
        let is_put_back = to != before.place;
        entry.facts.had_several |= 0 < entry.copies || is_put_back;
        // A case that the power loss undid is to be made again, and one that it brought back was made once.
        entry.cases = u8::from(to == Place::Cased);
        entry.facts.is_bad |= is_torn;
    }

    /// Some counts at this moment.
    pub fn books(&self) -> Books {
        let census = &self.census;
        Books {
            pending: census.count(Place::Pending),
            in_flight: census.count(Place::Claimed) + census.count(Place::Staged),
            overflow: census.count(Place::Overflow),
            entered_pending: census.entered_pending,
            left_pending: census.left_pending,
            unclaimed: census.unclaimed_before(u32::MAX - 64),
        }
    }

    /// Closes the books after the liveness phase.
    pub fn ended(&mut self, steps: u64, is_stuck: bool, step: u64) {
        self.judge(
            &Event::Ended {
                steps,
                is_stuck,
                step,
            },
            step,
            false,
        );
    }

    /// The sum that every report prints.
    pub fn sum(&self) -> String {
        let fetched = self.census.len() - self.census.count(Place::Source);
        let parts: Vec<String> = Place::ALL[1..]
            .iter()
            .map(|place| format!("{place} {}", self.census.count(*place)))
            .collect();
        format!("fetched {fetched} = {}", parts.join(" + "))
    }

    fn judge(&mut self, event: &Event, step: u64, is_move: bool) {
        let asked = if is_move {
            &self.on_move
        } else {
            &self.on_other
        };
        for predicate in asked {
            if let Some(what) = (predicate.breach)(&self.census, &self.bounds, event) {
                self.violation_count += 1;
                let (predicate, name) = (predicate.id, predicate.name);
                let known = self
                    .violations
                    .iter()
                    .filter(|one| one.predicate == predicate);
                if known.count() < VIOLATIONS_EACH_MAX {
                    self.violations.push(Violation {
                        predicate,
                        name,
                        step,
                        what,
                    });
                }
            }
        }
    }
}
