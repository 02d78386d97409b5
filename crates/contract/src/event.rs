//! What whoever watches a system tells the contract.

use crate::census::{Actor, Entry, Id};
use crate::danger::{Idle, Told};
use crate::place::{Place, Side};

/// Something that was seen. Predicates are asked before the census changes.
#[derive(Clone, Copy, Debug)]
pub enum Event {
    /// An id is about to be counted in another place.
    Moved(Moved),
    /// A second name of an id appeared.
    Copied {
        /// The id.
        id: Id,
        /// Who made it.
        actor: Actor,
        /// On which side that actor is.
        side: Side,
        /// When.
        step: u64,
    },
    /// A name of an id was removed.
    Removed(Removed),
    /// The queue said that it has an id for good.
    Acknowledged {
        /// The id.
        id: Id,
        /// Whether a power loss now would leave it.
        is_durable: bool,
        /// When.
        step: u64,
    },
    /// A terminal record of an id was written.
    Recorded {
        /// The id.
        id: Id,
        /// Where the record says it is.
        place: Place,
        /// Whether that is durable.
        is_durable: bool,
        /// When.
        step: u64,
    },
    /// The publisher gave out a name; `key` orders as names do.
    Named {
        /// Who gave it out.
        actor: Actor,
        /// The greatest key before.
        before: u64,
        /// This one's.
        key: u64,
        /// When.
        step: u64,
    },
    /// The publisher gave out a name for an id that no alert has: the same alert under another identity, or none at all.
    Strange {
        /// Who gave it out.
        actor: Actor,
        /// When.
        step: u64,
    },
    /// A name that a scan returned was used.
    Used {
        /// By whom.
        actor: Actor,
        /// How many calls that actor had made since it saw the name.
        calls: u32,
        /// When.
        step: u64,
    },
    /// An actor holds so many handles.
    Holds {
        /// Who.
        actor: Actor,
        /// How many.
        handles: u32,
        /// When.
        step: u64,
    },
    /// A pass ended.
    PassEnded(Pass),
    /// A pass of the whole pipeline ended, and there was nothing to do.
    Idled(Idle),
    /// A pass of the whole pipeline ended, and health was asked.
    HealthTold(Told),
    /// Power failed, and an id that had been acknowledged or visible is found here; `None` for nowhere.
    Survived {
        /// The id.
        id: Id,
        /// Where.
        place: Option<Place>,
        /// When.
        step: u64,
    },
    /// The queue's own audit was held against the census.
    Audited {
        /// Ids, or counts, on which the two differ, or on which the audit finds ledger and disk at odds.
        differences: u64,
        /// One of them.
        first: Option<Difference>,
        /// When.
        step: u64,
    },
    /// Faults have stopped, nothing is left to do: the books are closed.
    Ended {
        /// Steps that the liveness phase took.
        steps: u64,
        /// Whether the run was stopped because nothing moved any more.
        is_stuck: bool,
        /// When.
        step: u64,
    },
}

/// Where the queue's own audit and the census say different things.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Difference {
    /// How many alerts are in a place.
    Count {
        /// Where.
        place: Place,
        /// What the audit says.
        audit: u64,
        /// What the census says.
        census: u64,
    },
    /// An alert that the audit misses, and that is in this place.
    Missed(Id, Place),
    /// So many alerts for which the audit finds ledger and disk at odds, in this way.
    AtOdds(u64, &'static str),
}

impl std::fmt::Display for Difference {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Difference::Count {
                place,
                audit,
                census,
            } => write!(f, "the audit has {audit} {place}, the census {census}"),
            Difference::Missed(id, place) => {
                write!(f, "the audit misses alert {}, which is {place}", id.0)
            }
            Difference::AtOdds(count, how) => write!(f, "the audit finds {count} {how}"),
        }
    }
}

/// An id about to be counted in another place.
#[derive(Clone, Copy, Debug)]
pub struct Moved {
    /// The id.
    pub id: Id,
    /// What was known of it before.
    pub before: Entry,
    /// Where it goes.
    pub to: Place,
    /// Who moves it.
    pub actor: Actor,
    /// On which side that actor is.
    pub side: Side,
    /// Whether its bytes are complete and valid now.
    pub is_whole: bool,
    /// Whether this actor took the claim over lawfully: it is recovering a dead worker's directory.
    pub is_heir: bool,
    /// When.
    pub step: u64,
}

/// A name of an id that was removed.
#[derive(Clone, Copy, Debug)]
pub struct Removed {
    /// The id.
    pub id: Id,
    /// What was known of it before.
    pub before: Entry,
    /// Where the name stood.
    pub place: Place,
    /// Whether other names of the id are left.
    pub is_last: bool,
    /// Who removed it.
    pub actor: Actor,
    /// On which side that actor is.
    pub side: Side,
    /// When.
    pub step: u64,
}

/// What a pass was to do.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum PassKind {
    /// Add alerts.
    Publish,
    /// Take alerts and make cases.
    Work,
    /// Enforce the cap.
    Cap,
    /// Bring parked alerts back.
    Readmit,
    /// Return what the dead held.
    Recover,
}

impl PassKind {
    /// The word that reports use.
    pub fn name(self) -> &'static str {
        match self {
            PassKind::Publish => "publish",
            PassKind::Work => "work",
            PassKind::Cap => "cap",
            PassKind::Readmit => "readmit",
            PassKind::Recover => "recover",
        }
    }
}

/// Why a pass ended early.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Abort {
    /// A name was gone.
    Vanished,
    /// Somebody held a name.
    Contended,
    /// One name was bad.
    Poison,
    /// The machine was out of something, or broken.
    Machine,
}

/// A pass that ended, with what the actor reports and what was counted from outside.
#[derive(Clone, Copy, Debug)]
pub struct Pass {
    /// Whose.
    pub actor: Actor,
    /// What it was to do.
    pub kind: PassKind,
    /// Why it ended early, if it did.
    pub abort: Option<Abort>,
    /// Names that its scans returned, by its own report.
    pub seen: u64,
    /// Names that led to an outcome of any kind, by its own report.
    pub settled: u64,
    /// Whether it reported that nothing was there to do.
    pub is_empty: bool,
    /// Calls that it made.
    pub calls: u64,
    /// Names that the machine returned to its scans.
    pub listed: u64,
    /// For a cap pass: by how much it could not know what is pending. What others took and it did not find gone, and what
    /// vanished inside buckets whose names still count it.
    pub unknown: u64,
    /// Entries of buckets that it wanted to claim and that somebody held, by the buckets' names: tried, and not taken.
    pub held: u64,
    /// Whether it could not be done: the machine refused every change in a part of the queue meanwhile, or was broken, or out of
    /// what a pass needs, and that ended it.
    pub is_refused: bool,
    /// What was there when it began.
    pub at_start: Books,
    /// What is there now.
    pub at_end: Books,
    /// When.
    pub step: u64,
}

/// Some counts of the census at one moment.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Books {
    /// Ids pending.
    pub pending: u64,
    /// Ids claimed or staged.
    pub in_flight: u64,
    /// Ids parked.
    pub overflow: u64,
    /// Ids that ever became pending.
    pub entered_pending: u64,
    /// Ids that ever stopped being pending.
    pub left_pending: u64,
    /// Pending ids that were never claimed.
    pub unclaimed: u64,
}
