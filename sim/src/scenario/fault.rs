//! What goes wrong without anybody's will: clock steps, crashes, power losses, failing calls, bad files.

use super::checks::Checks;
use super::names::{self, call_name, call_named, errno_name};
use super::units::{Nanos, Share, Step, When};
use host::{Call, Errno};
use serde::{Deserialize, Serialize};
use std::ops::Range;
use toml::Spanned;

/// The wall clock is set.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct ClockStep {
    /// When, in nanoseconds after t0.
    pub at_ns: u64,
    /// By how much, in milliseconds; below zero is backwards.
    pub by_ms: i64,
}

/// Who is struck.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Role {
    /// Any process of the system under test.
    #[default]
    Any,
    /// One that publishes.
    Producer,
    /// One that claims and completes.
    Worker,
    /// One that enforces the cap.
    Cap,
}

/// A place in the queue's own work where a crash can be aimed.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Point {
    /// The directory was listed.
    List,
    /// A bucket became visible.
    Publish,
    /// A bucket was taken.
    Claim,
    /// A payload was read.
    Read,
    /// A case became visible.
    Case,
    /// The ledger was made durable.
    Ledger,
    /// A bucket was parked.
    Shed,
    /// A dead epoch's bucket was returned.
    Recover,
}

/// When a misfortune strikes.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Trigger {
    /// At each call, with this chance.
    Chance(f64),
    /// In this rhythm, in nanoseconds.
    EveryNs(u64),
    /// At the k-th call of this kind, counted from 1.
    Nth {
        /// The kind.
        #[serde(with = "call_name")]
        call: Call,
        /// Which of them.
        nth: u64,
    },
    /// Right after the process has reached this place.
    After(Point),
}

/// A process dies; the page cache lives.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Crash {
    /// Who.
    pub process: Role,
    /// When.
    pub trigger: Trigger,
    /// How often at most; `None` is without bound.
    pub times: Option<u64>,
    /// How long after it the process starts again, in nanoseconds.
    pub restart_after_ns: u64,
}

/// The machine loses power: every process dies, and unsynced changes may be lost.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct PowerLoss {
    /// When.
    pub trigger: Trigger,
    /// How often at most; `None` is without bound.
    pub times: Option<u64>,
    /// How long after it the machine starts again, in nanoseconds.
    pub restart_after_ns: u64,
}

/// A call fails.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct CallFault {
    /// Which call.
    #[serde(with = "call_name")]
    pub call: Call,
    /// How.
    #[serde(with = "errno_name")]
    pub errno: Errno,
    /// Whose call.
    pub process: Role,
    /// When.
    pub trigger: Trigger,
    /// How often at most; `None` is without bound.
    pub times: Option<u64>,
    /// Whether it always strikes the same name, as a full directory index does, and never another.
    pub one_name: bool,
    /// Whether an append writes some of its bytes before it fails: as many as chance will have it, and not all.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub partial: bool,
}

/// What is wrong with a planted file.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum PlantKind {
    /// No bytes.
    Empty,
    /// More bytes than an alert may have.
    Oversized,
    /// Bytes that are no JSON.
    NotJson,
}

/// Alerts that an outsider spoils in the production queue, each while it is pending.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Plant {
    /// What is wrong with them.
    pub kind: PlantKind,
    /// How many.
    pub count: u64,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawClockStep {
    at: Spanned<When>,
    by: Spanned<Step>,
}

impl RawClockStep {
    pub(super) fn resolve(self, checks: &mut Checks) -> ClockStep {
        let Step(by_ms) = *self.by.get_ref();
        if by_ms == 0 {
            checks.problem(self.by.span(), "the clock does not move", "", None);
        }
        ClockStep {
            at_ns: checks.when(self.at),
            by_ms,
        }
    }
}

/// The ways to say when; exactly one is written. Not flattened: that would lose the places of misspelt keys.
pub(super) struct RawTrigger {
    /// Where to point if there is none, or more than one.
    at: Range<usize>,
    probability: Option<Spanned<Share>>,
    every: Option<Spanned<Nanos>>,
    nth: Option<(Call, Spanned<u64>)>,
    after: Option<Point>,
}

impl RawTrigger {
    fn resolve(self, checks: &mut Checks, keys: &str) -> Trigger {
        let mut found = Vec::new();
        if let Some(chance) = self.probability {
            found.push(Trigger::Chance(checks.share(chance)));
        }
        if let Some(every) = self.every {
            found.push(Trigger::EveryNs(checks.some_time(every, "the rhythm")));
        }
        if let Some((call, nth)) = self.nth {
            let nth = checks.above_zero(nth, "`nth`");
            found.push(Trigger::Nth { call, nth });
        }
        if let Some(point) = self.after {
            found.push(Trigger::After(point));
        }
        if found.len() != 1 {
            let message = match found.len() {
                0 => "nothing says when this happens",
                _ => "more than one key says when this happens",
            };
            checks.problem(self.at, message, format!("write one of {keys}"), None);
        }
        found.pop().unwrap_or(Trigger::Chance(0.0))
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawCrash {
    #[serde(default)]
    process: Role,
    probability: Option<Spanned<Share>>,
    every: Option<Spanned<Nanos>>,
    call: Option<Spanned<String>>,
    nth: Option<Spanned<u64>>,
    after: Option<Point>,
    times: Option<Spanned<u64>>,
    restart_after: Option<Nanos>,
}

impl RawCrash {
    pub(super) fn resolve(self, at: Range<usize>, checks: &mut Checks) -> Crash {
        let nth = match (self.call, self.nth) {
            (Some(call), Some(nth)) => call_named(call, checks).map(|call| (call, nth)),
            (None, None) => None,
            (Some(call), None) => {
                checks.problem(
                    call.span(),
                    "which call of this kind?",
                    "add `nth = 1`",
                    None,
                );
                return RawCrash::harmless();
            }
            (None, Some(nth)) => {
                checks.problem(nth.span(), "the n-th of which call?", "add `call`", None);
                return RawCrash::harmless();
            }
        };
        let trigger = RawTrigger {
            at,
            probability: self.probability,
            every: self.every,
            nth,
            after: self.after,
        };
        Crash {
            process: self.process,
            trigger: trigger.resolve(checks, "`probability`, `every`, `call` with `nth`, `after`"),
            times: self.times.map(|times| checks.above_zero(times, "`times`")),
            restart_after_ns: self.restart_after.unwrap_or(RESTART_DEFAULT).0,
        }
    }

    /// What stands in the place of a crash with a problem.
    fn harmless() -> Crash {
        Crash {
            process: Role::Any,
            trigger: Trigger::Chance(0.0),
            times: None,
            restart_after_ns: 0,
        }
    }
}

/// What a service manager waits before it starts a dead process again.
const RESTART_DEFAULT: Nanos = Nanos(5 * super::units::SECOND_NS);

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawPowerLoss {
    probability: Option<Spanned<Share>>,
    every: Option<Spanned<Nanos>>,
    after: Option<Point>,
    times: Option<Spanned<u64>>,
    restart_after: Option<Nanos>,
}

impl RawPowerLoss {
    pub(super) fn resolve(self, at: Range<usize>, checks: &mut Checks) -> PowerLoss {
        let trigger = RawTrigger {
            at,
            probability: self.probability,
            every: self.every,
            nth: None,
            after: self.after,
        };
        PowerLoss {
            trigger: trigger.resolve(checks, "`probability`, `every`, `after`"),
            times: self.times.map(|times| checks.above_zero(times, "`times`")),
            restart_after_ns: self.restart_after.unwrap_or(RESTART_DEFAULT).0,
        }
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawCallFault {
    call: Spanned<String>,
    errno: Spanned<String>,
    #[serde(default)]
    process: Role,
    probability: Option<Spanned<Share>>,
    nth: Option<Spanned<u64>>,
    times: Option<Spanned<u64>>,
    #[serde(default)]
    one_name: bool,
    partial: Option<Spanned<bool>>,
}

impl RawCallFault {
    pub(super) fn resolve(self, at: Range<usize>, checks: &mut Checks) -> CallFault {
        let errno = names::errno_of(self.errno.get_ref());
        if errno.is_none() {
            checks.known(
                self.errno,
                &names::ERRNOS.map(|(name, _)| (name, "")),
                "an error that can be injected",
            );
        }
        let call = call_named(self.call, checks).unwrap_or(Call::Now);
        let partial = self.partial.filter(|partial| *partial.get_ref());
        if let Some(partial) = &partial
            && call != Call::Append
        {
            checks.problem(
                partial.span(),
                format!("`{}` does all that it is to do, or nothing", call.name()),
                "only an append can write a part and fail",
                None,
            );
        }
        let trigger = RawTrigger {
            at,
            probability: self.probability,
            every: None,
            nth: self.nth.map(|nth| (call, nth)),
            after: None,
        };
        CallFault {
            call,
            errno: errno.unwrap_or(Errno::Io),
            process: self.process,
            trigger: trigger.resolve(checks, "`probability`, `nth`"),
            times: self.times.map(|times| checks.above_zero(times, "`times`")),
            one_name: self.one_name,
            partial: partial.is_some(),
        }
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawPlant {
    kind: PlantKind,
    count: Option<Spanned<u64>>,
}

impl RawPlant {
    pub(super) fn resolve(self, checks: &mut Checks) -> Plant {
        Plant {
            kind: self.kind,
            count: self
                .count
                .map_or(1, |count| checks.above_zero(count, "the count")),
        }
    }
}
