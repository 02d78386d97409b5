//! What the account of the incident says: figures to compare a run with, and those that do not fit together.

use super::Pace;
use super::checks::{Checks, IdSpace};
use super::units::{Nanos, Share, When, WrittenPace};
use serde::{Deserialize, Serialize};
use toml::Spanned;

/// Figures that were observed, to stand beside the simulated ones. `None`: the account does not say.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
pub struct Observed {
    /// Which figures.
    pub id: String,
    /// When, in nanoseconds after t0.
    pub at_ns: Vec<u64>,
    /// How many events of this kind.
    pub count: Option<u64>,
    /// Alerts pending, at first.
    pub depth: Option<u64>,
    /// Alerts pending, at the end.
    pub depth_end: Option<u64>,
    /// From listing a name to its last use, in nanoseconds.
    pub window_ns: Option<u64>,
    /// Names that were gone at their use.
    pub vanished: Option<u64>,
    /// Errors that ended a run.
    pub unhandled: Option<u64>,
    /// Alerts that were accepted and are nowhere.
    pub lost: Option<u64>,
    /// Alerts that left the queue, before new ones are taken off.
    pub gross: Option<Pace>,
    /// How long it took, in nanoseconds.
    pub over_ns: Option<u64>,
    /// How far a simulated figure may be off, as a share of the observed one.
    pub tolerance: f64,
    /// What a reader should know about them.
    pub note: Option<String>,
}

/// What the account says of runs before the fix and after it, side by side.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Comparison {
    /// A run of the old queue.
    pub before: RunFigures,
    /// A run of the patched one.
    pub after: RunFigures,
    /// How far a simulated count of files may be off, as a share of the account's.
    pub tolerance: f64,
}

/// One of its columns.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct RunFigures {
    /// Runs die within this time, in nanoseconds; `None`: they do not die.
    pub dies_within_ns: Option<u64>,
    /// They go on for at least this time, in nanoseconds.
    pub sustained_ns: Option<u64>,
    /// Alerts pending at the end of that time; `None`: more than at the start.
    pub depth_end: Option<u64>,
    /// Alerts that a run handles while it handles any; `None`: not one.
    pub drain: Option<Pace>,
    /// Unhandled exceptions in each run.
    pub exceptions: u64,
    /// Stages that come to their end.
    pub stages: u8,
    /// What the heartbeat says.
    pub heartbeat: String,
}

/// Figures of the account that contradict each other. The report prints them; nothing is tuned to hide them.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Unresolved {
    /// Which.
    pub id: String,
    /// The contradiction, in plain words.
    pub note: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawObserved {
    id: Spanned<String>,
    #[serde(default)]
    at: Vec<Spanned<When>>,
    count: Option<u64>,
    depth: Option<u64>,
    depth_end: Option<u64>,
    window: Option<Nanos>,
    vanished: Option<u64>,
    unhandled: Option<u64>,
    lost: Option<u64>,
    gross: Option<WrittenPace>,
    over: Option<Nanos>,
    tolerance: Option<Spanned<Share>>,
    note: Option<String>,
}

impl RawObserved {
    pub(super) fn resolve(self, checks: &mut Checks) -> Observed {
        Observed {
            id: checks.id_in(IdSpace::Observed, self.id),
            at_ns: self.at.into_iter().map(|at| checks.when(at)).collect(),
            count: self.count,
            depth: self.depth,
            depth_end: self.depth_end,
            window_ns: self.window.map(|window| window.0),
            vanished: self.vanished,
            unhandled: self.unhandled,
            lost: self.lost,
            gross: self.gross.map(|gross| gross.0),
            over_ns: self.over.map(|over| over.0),
            tolerance: checks.share_or(self.tolerance, 0.0),
            note: self.note,
        }
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawComparison {
    before: RawRunFigures,
    after: RawRunFigures,
    tolerance: Option<Spanned<Share>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawRunFigures {
    dies_within: Option<Nanos>,
    sustained: Option<Nanos>,
    depth_end: Option<u64>,
    drain: Option<WrittenPace>,
    exceptions: u64,
    stages: u8,
    heartbeat: String,
}

impl RawComparison {
    pub(super) fn resolve(self, checks: &mut Checks) -> Comparison {
        Comparison {
            before: self.before.resolve(),
            after: self.after.resolve(),
            tolerance: checks.share_or(self.tolerance, 0.0),
        }
    }
}

impl RawRunFigures {
    fn resolve(self) -> RunFigures {
        RunFigures {
            dies_within_ns: self.dies_within.map(|within| within.0),
            sustained_ns: self.sustained.map(|sustained| sustained.0),
            depth_end: self.depth_end,
            drain: self.drain.map(|drain| drain.0),
            exceptions: self.exceptions,
            stages: self.stages,
            heartbeat: self.heartbeat,
        }
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawUnresolved {
    id: Spanned<String>,
    note: String,
}

impl RawUnresolved {
    pub(super) fn resolve(self, checks: &mut Checks) -> Unresolved {
        Unresolved {
            id: checks.id_in(IdSpace::Unresolved, self.id),
            note: self.note,
        }
    }
}
