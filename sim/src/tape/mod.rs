//! Tapes: a run in one file that needs nothing else, to be run again by any later version.
//!
//! The first line is the [`Header`], for people with `head -1`; the second is the rest: the whole scenario with every value
//! resolved, when the run stops, the hash of its trace with a checkpoint for each thousand steps, and what was broken. A
//! run is a function of scenario, engine, depth and seed, so these are its choices.

mod fingerprint;

pub use fingerprint::fingerprint;

use crate::kernel::CHECKPOINT_STEPS;
use crate::run::{Outcome, Plan};
use crate::scenario::{Engine, Scenario};
use serde::{Deserialize, Serialize};

/// The version of the format. A reader refuses any other.
pub const VERSION: u32 = 1;
/// What the first line begins with.
const FORMAT: &str = "sim-tape";

/// The first line of a tape.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Header {
    /// Always `sim-tape`.
    pub format: String,
    /// Always [`VERSION`].
    pub version: u32,
    /// The commit that recorded it.
    pub commit: String,
    /// The scenario as `id@hash`.
    pub scenario: String,
    /// Whose queue ran.
    pub engine: Engine,
    /// Files in the queue at the start.
    pub depth: u64,
    /// Where every choice came from, in hexadecimal.
    pub seed: String,
    /// `F-` and six digits; empty if nothing was broken.
    pub fingerprint: String,
    /// Id of the predicate that the tape is about; empty if nothing was broken.
    pub predicate: String,
    /// What names in it are.
    pub names: String,
}

/// The second line of a tape.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Body {
    scenario: Scenario,
    stop_when_broken: Vec<String>,
    trace_hash: String,
    steps: u64,
    checkpoints: Vec<String>,
    violations: Vec<Broken>,
}

/// A promise that was broken in a run.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Broken {
    /// The predicate's id.
    pub predicate: String,
    /// The predicate's name.
    pub name: String,
    /// The step at which it was broken first.
    pub step: u64,
    /// What was seen.
    pub what: String,
}

/// The hashes of a run: what two runs of one plan must agree on.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Trace {
    /// The hash of all that happened.
    pub hash: u64,
    /// Steps made.
    pub steps: u64,
    /// The hash after each thousand steps.
    pub checkpoints: Vec<u64>,
}

impl Trace {
    /// The trace of a run.
    pub fn of(outcome: &Outcome) -> Self {
        Trace {
            hash: outcome.trace_hash,
            steps: outcome.steps,
            checkpoints: outcome.checkpoints.clone(),
        }
    }

    /// The first checkpoint, from 1, at which two traces differ; their common end counts as the last. `None`: they agree.
    pub fn first_difference(&self, other: &Trace) -> Option<u64> {
        let pairs = self.checkpoints.iter().zip(&other.checkpoints);
        let differing = pairs.take_while(|(one, two)| one == two).count() as u64;
        let shorter = self.checkpoints.len().min(other.checkpoints.len()) as u64;
        if differing == shorter && self.hash == other.hash && self.steps == other.steps {
            return None;
        }
        Some(differing + 1)
    }

    /// The step before which two traces that differ first at this checkpoint agree.
    pub fn last_common_step(checkpoint: u64) -> u64 {
        checkpoint.saturating_sub(1) * CHECKPOINT_STEPS
    }
}

/// A run, with what came of it.
#[derive(Clone, Debug)]
pub struct Tape {
    /// The first line.
    pub header: Header,
    /// What ran.
    pub plan: Plan,
    /// Its hashes.
    pub trace: Trace,
    /// The first violation of each predicate that was broken, oldest first.
    pub broken: Vec<Broken>,
}

/// Why a tape cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum TapeError {
    /// The file is missing, a directory, or not UTF-8.
    #[error("cannot read the tape {path}: {cause}")]
    Open {
        /// The file.
        path: std::path::PathBuf,
        /// What the machine says. Part of the message, so not its source as well.
        cause: std::io::Error,
    },
    /// The text is no tape: it was cut, or is something else.
    #[error("cannot read a tape: {0}")]
    Damaged(String),
    /// The tape is of another version.
    #[error("cannot read a tape of version {found}: this program reads version {VERSION}")]
    Version {
        /// The version that the tape names.
        found: u64,
    },
}

impl Tape {
    /// The tape of a run that was made at `commit`, about `predicate` if that was broken.
    pub fn of(plan: &Plan, outcome: &Outcome, commit: &str, predicate: Option<&str>) -> Self {
        let broken = broken_of(outcome);
        let about = predicate.and_then(|id| broken.iter().find(|one| one.predicate == id));
        let print = about.map(|one| fingerprint(&one.predicate, plan.engine, &one.what));
        Tape {
            header: Header {
                format: FORMAT.to_owned(),
                version: VERSION,
                commit: commit.to_owned(),
                scenario: plan.scenario.name(),
                engine: plan.engine,
                depth: plan.depth,
                seed: format!("0x{:016x}", plan.seed),
                fingerprint: print.unwrap_or_default(),
                predicate: about.map(|one| one.predicate.clone()).unwrap_or_default(),
                names: "synthetic".to_owned(),
            },
            plan: plan.clone(),
            trace: Trace::of(outcome),
            broken,
        }
    }

    /// Whether the scenario is still the one that the header names: nobody has edited the tape.
    pub fn is_as_recorded(&self) -> bool {
        self.plan.scenario.name() == self.header.scenario
    }

    /// The text of the file.
    pub fn to_text(&self) -> String {
        let body = Body {
            scenario: self.plan.scenario.clone(),
            stop_when_broken: self.plan.stop_when_broken.clone(),
            trace_hash: hex(self.trace.hash),
            steps: self.trace.steps,
            checkpoints: self.trace.checkpoints.iter().copied().map(hex).collect(),
            violations: self.broken.clone(),
        };
        let line = |json: serde_json::Result<String>| json.expect("plain data has a form in JSON");
        let (first, second) = (
            serde_json::to_string(&self.header),
            serde_json::to_string(&body),
        );
        format!("{}\n{}\n", line(first), line(second))
    }

    /// Reads what [`Tape::to_text`] wrote. Errs if the text was cut, or is of another version.
    pub fn parse(text: &str) -> Result<Tape, TapeError> {
        let damaged = |what: &str| TapeError::Damaged(what.to_owned());
        let (first, second) = text
            .split_once('\n')
            .ok_or_else(|| damaged("it has one line"))?;
        let value: serde_json::Value =
            serde_json::from_str(first).map_err(|error| damaged(&error.to_string()))?;
        if value.get("format").and_then(serde_json::Value::as_str) != Some(FORMAT) {
            return Err(damaged("its first line is no header"));
        }
        let found = value
            .get("version")
            .and_then(serde_json::Value::as_u64)
            .unwrap_or(0);
        if found != u64::from(VERSION) {
            return Err(TapeError::Version { found });
        }
        let header: Header =
            serde_json::from_value(value).map_err(|error| damaged(&error.to_string()))?;
        let body: Body =
            serde_json::from_str(second).map_err(|error| damaged(&error.to_string()))?;
        let number = |text: &str| unhex(text).ok_or_else(|| damaged("a hash is no number"));
        let checkpoints: Result<Vec<u64>, TapeError> =
            body.checkpoints.iter().map(|text| number(text)).collect();
        let plan = Plan {
            scenario: body.scenario,
            engine: header.engine,
            depth: header.depth,
            seed: number(&header.seed)?,
            stop_when_broken: body.stop_when_broken,
        };
        Ok(Tape {
            plan,
            trace: Trace {
                hash: number(&body.trace_hash)?,
                steps: body.steps,
                checkpoints: checkpoints?,
            },
            broken: body.violations,
            header,
        })
    }
}

/// The first violation of each predicate, oldest first.
pub fn broken_of(outcome: &Outcome) -> Vec<Broken> {
    let mut broken: Vec<Broken> = Vec::new();
    for violation in &outcome.violations {
        if !broken
            .iter()
            .any(|one| one.predicate == violation.predicate)
        {
            broken.push(Broken {
                predicate: violation.predicate.to_owned(),
                name: violation.name.to_owned(),
                step: violation.step,
                what: violation.what.clone(),
            });
        }
    }
    for accident in &outcome.accidents {
        if !broken.iter().any(|one| one.predicate == ACCIDENT.0) {
            broken.push(Broken {
                predicate: ACCIDENT.0.to_owned(),
                name: ACCIDENT.1.to_owned(),
                step: outcome.steps,
                what: accident.clone(),
            });
        }
    }
    broken
}

/// What a panic, or a ledger that cannot be read, counts as: id and name, as a predicate has them.
pub const ACCIDENT: (&str, &str) = ("A1", "no-accident");

fn hex(number: u64) -> String {
    format!("{number:016x}")
}

fn unhex(text: &str) -> Option<u64> {
    u64::from_str_radix(text.strip_prefix("0x").unwrap_or(text), 16).ok()
}

#[cfg(test)]
mod tests;
