//! The story of a violation: what happened to a name, and what happened last.

use crate::kernel::{Effect, Fs, Step, View};
use contract::Contract;
use host::{Call, Errno};
use std::collections::VecDeque;
use std::ops::Range;

/// One step of a run, as people read it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Told {
    /// Its number.
    pub step: u64,
    /// Virtual time, in nanoseconds after the start.
    pub time_ns: u64,
    /// Who.
    pub actor: String,
    /// What was called.
    pub call: Call,
    /// The last name of its path; empty for calls on a handle alone.
    pub name: Vec<u8>,
    /// The whole path that it used, as far as it was reached.
    pub path: String,
    /// Where a rename leads; empty for other calls.
    pub to: String,
    /// What came of it.
    pub result: String,
    /// Whether it failed.
    pub is_error: bool,
}

/// Steps of everybody that are kept while nobody knows who will break the promise, and with which name.
const LAST: usize = 400;
/// So many of the culprit's are told.
const OF_CULPRIT: usize = 6;
/// Steps that are kept of one name.
const OF_NAME: usize = 40;

/// Collects the steps before the first violation of one predicate.
pub(super) struct Telling {
    predicate: String,
    /// The name whose steps are kept; `None`: all names.
    name: Option<Vec<u8>>,
    /// The steps that are kept, whoever makes them and whatever breaks.
    steps: Option<Range<u64>>,
    told: VecDeque<Told>,
    /// How many violations were there at the last look.
    seen: u64,
    is_over: bool,
}

impl Telling {
    /// Keeps the last steps, whatever they are.
    pub(super) fn of_last_steps(predicate: &str) -> Self {
        Telling {
            predicate: predicate.to_owned(),
            name: None,
            steps: None,
            told: VecDeque::new(),
            seen: 0,
            is_over: false,
        }
    }

    /// Keeps the steps that use a name.
    pub(super) fn of_name(predicate: &str, name: &[u8]) -> Self {
        Telling {
            name: Some(name.to_vec()),
            ..Telling::of_last_steps(predicate)
        }
    }

    /// Keeps the steps with these numbers.
    pub(super) fn of_steps(steps: Range<u64>) -> Self {
        Telling {
            steps: Some(steps),
            ..Telling::of_last_steps("")
        }
    }

    pub(super) fn into_told(self) -> Vec<Told> {
        self.told.into()
    }

    /// Notes a step. `contract` has not heard of it yet.
    pub(super) fn note(
        &mut self,
        view: &View<'_>,
        actor: &str,
        step: &Step<'_>,
        contract: &Contract,
    ) {
        if self.is_over {
            return;
        }
        if let Some(steps) = &self.steps {
            if steps.contains(&step.pending.step) {
                self.told.push_back(of_step(view.fs(), actor, step));
            }
            return;
        }
        if self.seen != contract.violation_count() {
            self.seen = contract.violation_count();
            let mut broken = contract.violations().iter();
            if broken.any(|broken| broken.predicate == self.predicate) {
                self.is_over = true;
                if self.name.is_none() {
                    self.keep_culprit();
                }
                return;
            }
        }
        let names = [
            last_name(step.pending.path),
            last_name(step.pending.to_path),
        ];
        let most = match &self.name {
            Some(name) if name.is_empty() || !names.contains(&name.as_slice()) => return,
            Some(_) => OF_NAME,
            None => LAST,
        };
        if self.name.is_some() {
            let own = step.window.map(|window| (actor, window));
            let others = step.others_window;
            let others = others.map(|(task, window)| (view.task_name(task), window));
            for (reader, window) in own.into_iter().chain(others) {
                let told = seen_in_listing(view.fs(), reader, step, window.nanos);
                // Each of many uses goes back to the same listing.
                let is_same = |one: &Told| (&one.actor, one.time_ns) == (&told.actor, told.time_ns);
                if !self.told.iter().any(|one| one.is_listing() && is_same(one)) {
                    self.told.push_back(told);
                }
            }
        }
        self.told.push_back(of_step(view.fs(), actor, step));
        while most < self.told.len() {
            self.told.pop_front();
        }
    }
}

impl Telling {
    /// A program runs on as soon as its call has acted: whoever made the last step has broken the promise.
    fn keep_culprit(&mut self) {
        let Some(culprit) = self.told.back().map(|told| told.actor.clone()) else {
            return;
        };
        self.told.retain(|told| told.actor == culprit);
        let many = self.told.len().saturating_sub(OF_CULPRIT);
        self.told.drain(..many);
    }
}

/// The step that the story turns on: the last that failed, or else the last that used a name.
pub(super) fn turning_point(steps: &[Told]) -> Option<&Told> {
    let named = || steps.iter().rev().filter(|told| !told.name.is_empty());
    named().find(|told| told.is_error).or(named().next())
}

fn seen_in_listing(fs: &Fs, actor: &str, step: &Step<'_>, nanos: u64) -> Told {
    let dir = step.dir.map(|dir| fs.path(dir)).unwrap_or_default();
    Told {
        step: step.pending.step,
        time_ns: step.pending.time_ns - nanos,
        actor: actor.to_owned(),
        call: Call::ReadDir,
        name: Vec::new(),
        path: text(&dir),
        to: String::new(),
        result: format!("lists {}", text(last_name(step.pending.path))),
        is_error: false,
    }
}

fn of_step(fs: &Fs, actor: &str, step: &Step<'_>) -> Told {
    let name = last_name(step.pending.path);
    let mut path = step.dir.map(|dir| fs.path(dir)).unwrap_or_default();
    if !name.is_empty() {
        path.extend_from_slice(b"/");
        path.extend_from_slice(name);
    }
    let to = match &step.effect {
        Effect::Moved {
            to_dir, to_name, ..
        } => [&fs.path(*to_dir), &b"/"[..], to_name].concat(),
        _ => step.pending.to_path.to_vec(),
    };
    let result = match (step.errno, &step.effect) {
        (Some(errno), _) => error_words(errno),
        (None, Effect::Listed { count: 0, .. }) => "end of the listing".to_owned(),
        (None, Effect::Listed { count, .. }) => format!("{count} names"),
        (None, Effect::ReadBytes { .. }) => "bytes".to_owned(),
        (None, _) => "done".to_owned(),
    };
    Told {
        step: step.pending.step,
        time_ns: step.pending.time_ns,
        actor: actor.to_owned(),
        call: step.pending.call,
        name: name.to_vec(),
        path: text(&path),
        to: text(&to),
        result,
        is_error: step.errno.is_some(),
    }
}

fn error_words(errno: Errno) -> String {
    errno.to_string()
}

fn last_name(path: &[u8]) -> &[u8] {
    path.rsplit(|byte| *byte == b'/').next().unwrap_or(path)
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

impl Told {
    /// Whether it is the listing that showed the name.
    pub fn is_listing(&self) -> bool {
        self.call == Call::ReadDir && self.name.is_empty()
    }

    /// The step as one line: call, path, result.
    pub fn words(&self) -> String {
        let to = match self.to.as_str() {
            "" => String::new(),
            to => format!(" → {to}"),
        };
        format!("{} {}{to}: {}", self.call.name(), self.path, self.result)
    }
}
