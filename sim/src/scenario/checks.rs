//! Checks that need more than one value, or more than its type. Each problem is kept with its place, so that one run of
//! `sim scenario check` shows all of them.

use super::problem::{Problem, nearest};
use super::units::{Nanos, Share, When, WrittenPace};
use super::{Active, Pace, Spread};
use serde::Deserialize;
use std::collections::BTreeSet;
use std::ops::Range;
use toml::Spanned;

/// Collects what is wrong while a file is resolved.
///
/// A check that fails leaves a harmless value in the place of the bad one: the result is thrown away once there is a
/// problem.
pub(super) struct Checks {
    pub(super) problems: Vec<Problem>,
    /// The scenario's start, in nanoseconds since midnight of its day.
    pub(super) t0_ns: u64,
    ids: BTreeSet<(IdSpace, String)>,
}

/// What an id must be unique among.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum IdSpace {
    Scenario,
    Actors,
    Observed,
    Unresolved,
}

/// A hold or a length as written: one value, or its middle and its tail.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawSpread {
    p50: Nanos,
    p99: Nanos,
}

impl Checks {
    pub(super) fn new(t0_ns: u64) -> Self {
        Checks {
            problems: Vec::new(),
            t0_ns,
            ids: BTreeSet::new(),
        }
    }

    /// Notes a problem at `span`.
    pub(super) fn problem(
        &mut self,
        span: Range<usize>,
        message: impl Into<String>,
        label: impl Into<String>,
        help: Option<String>,
    ) {
        self.problems.push(Problem {
            message: message.into(),
            span,
            label: label.into(),
            help,
        });
    }

    /// An actor's id.
    pub(super) fn id(&mut self, id: Spanned<String>) -> String {
        self.id_in(IdSpace::Actors, id)
    }

    /// An id: kebab-case, and not used before among its kind.
    pub(super) fn id_in(&mut self, space: IdSpace, id: Spanned<String>) -> String {
        let span = id.span();
        let id = id.into_inner();
        let well_formed = !id.is_empty()
            && id
                .bytes()
                .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-');
        if !well_formed {
            self.problem(
                span.clone(),
                format!("`{id}` is not an id"),
                "small letters, digits and `-`",
                None,
            );
        }
        if !self.ids.insert((space, id.clone())) {
            self.problem(
                span,
                format!("the id `{id}` is used twice"),
                "the second use",
                Some("reports and tapes tell things apart by their ids".to_owned()),
            );
        }
        id
    }

    /// A share or a chance: from 0 to 1.
    pub(super) fn share(&mut self, share: Spanned<Share>) -> f64 {
        let Share(value) = *share.get_ref();
        if !(0.0..=1.0).contains(&value) {
            self.problem(
                share.span(),
                "a share lies between 0 and 1",
                format!("this is {value}"),
                Some("write 0.02 or \"2%\"".to_owned()),
            );
            return 0.0;
        }
        value
    }

    /// A share that is `default` when it is not written.
    pub(super) fn share_or(&mut self, share: Option<Spanned<Share>>, default: f64) -> f64 {
        share.map_or(default, |share| self.share(share))
    }

    /// Numbers from 1 on, each greater than the one before.
    pub(super) fn ascending(&mut self, numbers: Vec<Spanned<u64>>, what: &str) -> Vec<u64> {
        let mut last = 0;
        for number in &numbers {
            if *number.get_ref() <= last {
                self.problem(
                    number.span(),
                    format!("{what} ascend, from 1"),
                    format!("not above {last}"),
                    None,
                );
            }
            last = *number.get_ref();
        }
        numbers.into_iter().map(Spanned::into_inner).collect()
    }

    /// A number that must be above zero.
    pub(super) fn above_zero(&mut self, number: Spanned<u64>, what: &str) -> u64 {
        if *number.get_ref() == 0 {
            self.problem(
                number.span(),
                format!("{what} is zero"),
                "must be at least 1",
                None,
            );
        }
        number.into_inner()
    }

    /// A length of time that must be above zero.
    pub(super) fn some_time(&mut self, length: Spanned<Nanos>, what: &str) -> u64 {
        let Nanos(ns) = *length.get_ref();
        if ns == 0 {
            self.problem(
                length.span(),
                format!("{what} is zero"),
                "must take some time",
                None,
            );
        }
        ns
    }

    /// Nanoseconds from t0 to a point in time. A clock time before t0 is a problem.
    pub(super) fn when(&mut self, when: Spanned<When>) -> u64 {
        match *when.get_ref() {
            When::After(ns) => ns,
            When::Clock(ns) => ns.checked_sub(self.t0_ns).unwrap_or_else(|| {
                self.problem(
                    when.span(),
                    "this clock time is before the scenario starts",
                    "earlier than `clock.t0`",
                    Some(
                        "move `t0`, or write a length of time after it, such as \"10s\"".to_owned(),
                    ),
                );
                0
            }),
        }
    }

    /// From `start` (t0 if not written) to `stop` (the end if not written).
    pub(super) fn active(
        &mut self,
        start: Option<Spanned<When>>,
        stop: Option<Spanned<When>>,
    ) -> Active {
        let start_ns = start.map_or(0, |start| self.when(start));
        let stop_ns = stop.map(|stop| {
            let span = stop.span();
            let stop_ns = self.when(stop);
            if stop_ns <= start_ns {
                self.problem(
                    span,
                    "it stops before it starts",
                    "must be later than `start`",
                    None,
                );
            }
            stop_ns
        });
        Active { start_ns, stop_ns }
    }

    /// Notes a problem at the `end` of a time that is empty.
    pub(super) fn ends_later(
        &mut self,
        times: Range<u64>,
        end: Range<usize>,
        [message, label]: [&str; 2],
    ) {
        if times.is_empty() {
            self.problem(end, message, label, None);
        }
    }

    /// A middle and a tail: the middle may not exceed the tail.
    pub(super) fn spread(&mut self, spread: Spanned<RawSpread>) -> Spread {
        let RawSpread { p50, p99 } = spread.get_ref();
        if p99 < p50 {
            self.problem(
                spread.span(),
                "p99 is less than p50",
                "99 of 100 are at most p99",
                None,
            );
        }
        Spread {
            p50_ns: p50.0,
            p99_ns: p99.0,
        }
    }

    /// A word out of a list that is known by name.
    pub(super) fn known(
        &mut self,
        word: Spanned<String>,
        known: &[(&str, &str)],
        what: &str,
    ) -> String {
        let names = || known.iter().map(|(name, _)| *name);
        if !names().any(|name| name == word.get_ref()) {
            let label = match nearest(word.get_ref(), names()) {
                Some(near) => format!("did you mean `{near}`?"),
                None => "not known here".to_owned(),
            };
            let all: Vec<&str> = names().collect();
            self.problem(
                word.span(),
                format!("`{}` is not {what}", word.get_ref()),
                label,
                Some(format!("known: {}", all.join(", "))),
            );
        }
        word.into_inner()
    }
}

/// The plain pace of one that was written.
pub(super) fn pace_or_max(written: Option<WrittenPace>) -> Pace {
    written.map_or(Pace::Max, |WrittenPace(pace)| pace)
}
