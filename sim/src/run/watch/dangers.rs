//! What a call of the queue's own programs shows: handles, windows, and dangers that were met.

use super::Watch;
use super::places::place_of;
use crate::kernel::{Act, Effect, Pending, Step, View};
use crate::run::source::index_of_legacy_name;
use contract::event::Event;
use contract::sometimes::Goal;
use contract::{Actor, PassKind, Place, Side};
use host::{Call, Class, Errno, HostError};
use spool::EntryName;

/// Whether a name in a directory of cases is that of a shelf. The queue knows it from an alert's time, whether a scan has shown it
/// or not.
fn is_shelf(name: &[u8]) -> bool {
    name == b"packed" || name.iter().all(u8::is_ascii_digit)
}

impl Watch {
    pub(super) fn note_call(&mut self, view: &View<'_>, number: Actor, step: &Step<'_>) -> Side {
        let actor = self.actor_mut(number);
        actor.calls += 1;
        actor.waits += u64::from(matches!(step.pending.call, Call::Now | Call::Sleep));
        let side = actor.side;
        if side == Side::Outside {
            return side;
        }
        let call = step.pending.call;
        match step.effect {
            Effect::Opened { .. } | Effect::NameAdded { .. } if opens(call) => actor.handles += 1,
            Effect::Closed { .. } => actor.handles = actor.handles.saturating_sub(1),
            _ => {}
        }
        let handles = actor.handles;
        let place = step.dir.and_then(|dir| place_of(view.fs().note(dir)));
        // Of what is finished the ledger tells the names.
        let is_finished = matches!(place, Some(Place::Quarantined | Place::Cased));
        let is_told = is_finished && matches!(call, Call::Stat | Call::OpenRead);
        let is_seen = place.is_some() && !is_told && !is_shelf(step.name());
        let is_queue_name = is_seen || spool::BucketName::parse(step.name()).is_some();
        if opens(call) && self.contract.bounds().handles < handles {
            let event = Event::Holds {
                actor: number,
                handles,
                step: self.step,
            };
            self.contract.observe(event, self.step);
        }
        if let Some(window) = step.window
            && is_queue_name
        {
            self.windows.count += 1;
            self.windows.calls_max = self.windows.calls_max.max(window.calls);
            self.windows.nanos_max = self.windows.nanos_max.max(window.nanos);
            self.windows.nanos_sum += u128::from(window.nanos);
            if self.contract.bounds().window_calls < window.calls {
                let event = Event::Used {
                    actor: number,
                    calls: window.calls,
                    step: self.step,
                };
                self.contract.observe(event, self.step);
            }
        }
        self.note_dangers(view, number, step);
        side
    }

    /// Notes what happens to a call instead of what it asked for.
    /// `is_refused`: because a part of the home may not be changed now.
    pub fn struck(&mut self, actor: Actor, pending: &Pending<'_>, act: &Act, is_refused: bool) {
        if let Act::Fail(errno) | Act::AppendPrefixThenFail(_, errno) = act
            && ends_pass(pending.call, *errno)
        {
            self.actor_mut(actor).broken_ns = Some(pending.time_ns);
        }
        let goal = match act {
            Act::Fail(_) if is_refused => {
                self.refused_ns = Some(pending.time_ns);
                Goal::PartReadOnly
            }
            Act::ReadAtMost(_) => Goal::ShortRead,
            Act::AppendPrefixThenFail(..) => Goal::ShortAppend,
            Act::Fail(Errno::Stale) => Goal::StaleHandle,
            Act::Fail(Errno::Quota) => Goal::QuotaExceeded,
            _ => return,
        };
        self.met.insert(goal);
    }

    /// Marks the `sometimes` goals that a call of the queue's own programs shows.
    pub(super) fn note_dangers(&mut self, view: &View<'_>, number: Actor, step: &Step<'_>) {
        let call = step.pending.call;
        match step.errno {
            None => {
                let actor = self.actor_mut(number);
                let writes = matches!(call, Call::CreateNew | Call::Append | Call::RenameNoreplace);
                let syncs = matches!(call, Call::SyncAll | Call::SyncFile | Call::SyncDir);
                if actor.no_space && writes {
                    actor.no_space = false;
                    self.met.insert(Goal::NoSpaceThenSuccess);
                } else if actor.sync_failed && syncs {
                    actor.sync_failed = false;
                    self.met.insert(Goal::SyncFailedThenSuccess);
                }
            }
            Some(Errno::NotFound) => self.note_vanish(number, step),
            Some(Errno::NoSpace | Errno::Quota) => self.actor_mut(number).no_space = true,
            Some(Errno::TooManyOpen) if matches!(call, Call::OpenDir | Call::ReadDir) => {
                self.met.insert(Goal::TooManyOpenInScan);
            }
            Some(Errno::Io) if matches!(call, Call::SyncAll | Call::SyncFile | Call::SyncDir) => {
                self.actor_mut(number).sync_failed = true;
                self.has_failed_sync = true;
            }
            Some(errno @ (Errno::Busy | Errno::Access)) => {
                let is_rename = matches!(call, Call::Rename | Call::RenameNoreplace);
                if is_rename && errno == Errno::Busy {
                    self.met.insert(Goal::SharingViolationOnRename);
                }
                if is_rename {
                    self.note_held(view, number, step);
                }
                if !is_of_an_alert(step.pending.path) {
                    self.actor_mut(number).own_failed = true;
                }
            }
            Some(_) => {}
        }
    }

    /// Counts a bucket that a worker wanted and somebody held, or had locked away: it was tried, though nothing of it was claimed.
    fn note_held(&mut self, view: &View<'_>, number: Actor, step: &Step<'_>) {
        // A call that was made to fail has reached nothing: the bucket is where its path starts, in `pending/`, or in the
        // worker's own directory if it was to be given back.
        let reached = step.ino.or_else(|| view.start_of(step.pending.at()));
        let place = reached.and_then(|ino| place_of(view.note(ino)));
        let is_given_back = place == Some(Place::Claimed);
        let is_claim = !is_given_back && self.pass_of(number) == Some(PassKind::Work);
        if let Some(bucket) = spool::BucketName::parse(step.name())
            && is_claim
        {
            // Somebody may have put more into it than its name says.
            let fs = view.fs();
            let named = |dir| fs.children(dir).find(|(name, _)| *name == step.name());
            let own = step.ino.or_else(|| Some(named(reached?)?.1));
            let inside = own.map_or(0, |own| fs.children(own).count() as u64);
            let count = u64::from(bucket.count()).max(inside);
            self.actor_mut(number).named.found_held += count;
        }
    }

    pub(super) fn note_vanish(&mut self, number: Actor, step: &Step<'_>) {
        let kind = self.pass_of(number);
        let is_entry =
            |name: &[u8]| EntryName::parse(name).is_some() || index_of_legacy_name(name).is_some();
        let bucket = spool::BucketName::parse(step.name());
        let is_bucket = bucket.is_some();
        let claims_entry = step.pending.path.contains(&b'/') && is_entry(step.name());
        let goal = match (step.pending.call, kind) {
            (Call::Stat, _) if is_entry(step.name()) => Goal::VanishBetweenListAndStat,
            (Call::OpenRead, Some(PassKind::Work)) if claims_entry => {
                Goal::VanishBetweenClaimAndRead
            }
            (Call::OpenRead, _) if is_entry(step.name()) => Goal::VanishBetweenListAndOpen,
            (Call::RenameNoreplace, Some(PassKind::Work)) if is_bucket => {
                self.met.insert(Goal::ClaimRaceLost);
                Goal::VanishBetweenListAndClaim
            }
            (Call::RenameNoreplace, Some(PassKind::Cap)) if is_bucket => {
                let count = bucket.map_or(0, |bucket| u64::from(bucket.count()));
                self.actor_mut(number).named.found_gone += count;
                Goal::VanishBetweenListAndPark
            }
            (Call::RenameNoreplace, Some(PassKind::Work)) if claims_entry => {
                Goal::VanishBetweenClaimAndComplete
            }
            _ => return,
        };
        self.met.insert(goal);
    }
}

/// What stands in the directory of a case.
const CASE_FILES: [&[u8]; 2] = [b"case.json", b"alert.json"];

/// Whether a path leads to what somebody else has a use for: an alert's file or directory, and not the queue's own books.
fn is_of_an_alert(path: &[u8]) -> bool {
    let is_case = |name: &[u8]| {
        let id = name.rsplit(|byte| *byte == b'-').next().unwrap_or(name);
        alert::AlertId::from_hex(id).is_some()
    };
    path.split(|byte| *byte == b'/').any(|name| {
        EntryName::parse(name).is_some()
            || spool::BucketName::parse(name).is_some()
            || is_case(name)
            || CASE_FILES.contains(&name)
    })
}

fn opens(call: Call) -> bool {
    matches!(
        call,
        Call::OpenDir | Call::OpenRead | Call::OpenAppend | Call::CreateNew
    )
}

/// Whether a pass may rightly end because this call failed so: the machine is broken, or out of something that is needed for more
/// than one name. A move that fails for want of something is the affair of its own name.
fn ends_pass(call: Call, errno: Errno) -> bool {
    match HostError::new(call, errno).class() {
        Class::Fault => true,
        Class::Resource => !matches!(call, Call::Rename | Call::RenameNoreplace),
        Class::Vanished | Class::Contended | Class::Poison => false,
    }
}
