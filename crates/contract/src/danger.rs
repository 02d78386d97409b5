//! Everyday dangers: nothing is lost by them at once, and health must say each before somebody misses what never came.

use crate::census::Actor;

/// Something that stands for longer than is normal, and that the queue cannot end by itself.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
#[repr(u8)]
pub enum Danger {
    /// Our clock and the source's differ.
    Skew,
    /// The source answers, and has had nothing new for long.
    Silence,
    /// The source gives no answer that is of use.
    Unreachable,
    /// Somebody puts files under names that are never taken.
    NeverTaken,
    /// Too large a share of what came was set aside.
    SetAside,
    /// Alerts that were acknowledged are gone, and the source has them no more.
    Lost,
    /// Whatever else health complains of. It never stands by a scenario's will.
    Other,
}

impl Danger {
    /// All of them.
    pub const ALL: [Danger; 7] = [
        Danger::Skew,
        Danger::Silence,
        Danger::Unreachable,
        Danger::NeverTaken,
        Danger::SetAside,
        Danger::Lost,
        Danger::Other,
    ];

    /// The words that reports use.
    pub fn name(self) -> &'static str {
        match self {
            Danger::Skew => "a skewed clock",
            Danger::Silence => "a silent source",
            Danger::Unreachable => "an unreachable source",
            Danger::NeverTaken => "names that are never taken",
            Danger::SetAside => "too many alerts set aside",
            Danger::Lost => "alerts that are lost",
            Danger::Other => "something else",
        }
    }
}

/// Some dangers.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Dangers(u8);

impl Dangers {
    /// Adds one if it `is_there`.
    pub fn note(&mut self, danger: Danger, is_there: bool) {
        self.0 |= u8::from(is_there) << danger as u8;
    }

    /// Whether one is among them.
    pub fn contains(self, danger: Danger) -> bool {
        self.0 >> danger as u8 & 1 == 1
    }

    /// Those that are not among `others`.
    pub fn without(self, others: Dangers) -> Dangers {
        Dangers(self.0 & !others.0)
    }

    /// Whether there is none.
    pub fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// Their names, for a sentence.
    pub fn names(self) -> String {
        let all = Danger::ALL.into_iter().filter(|one| self.contains(*one));
        all.map(Danger::name).collect::<Vec<_>>().join(", ")
    }
}

/// What health says after a pass, beside what whoever watches knows to be true.
#[derive(Clone, Copy, Debug)]
pub struct Told {
    /// Whose pass.
    pub actor: Actor,
    /// What has stood for longer than its limit since before the pass began, and still does.
    pub standing: Dangers,
    /// What may rightly be named: it stands, or stood a moment ago, or is about to.
    pub possible: Dangers,
    /// What health names.
    pub named: Dangers,
    /// Whether faults have stopped, and everything that they did was settled before the pass began.
    pub is_settled: bool,
    /// When.
    pub step: u64,
}

/// A pass of the whole pipeline that found nothing to do, and nothing that changed since the pass before.
#[derive(Clone, Copy, Debug)]
pub struct Idle {
    /// Whose.
    pub actor: Actor,
    /// Calls that it made, but for looks at the clock, sleeps, and what it takes to look at finished cases again.
    pub calls: u64,
    /// Passes of any kind that were made before it, by whomever.
    pub passes: u64,
    /// Whether it is the first of its process, which opens everything and looks for what a crash has left.
    pub is_first: bool,
    /// When.
    pub step: u64,
}
