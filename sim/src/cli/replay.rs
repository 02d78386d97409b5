//! `sim replay`: one run again, from its tape or from its seed.

use super::options::engine;
use super::terminal::{Format, Terminal};
use super::values::{Depth, Target, steps};
use super::{CliError, Exit};
use crate::campaign::cells::{at_pace, stop_of};
use crate::campaign::{commit, folder};
use crate::kernel::CHECKPOINT_STEPS;
use crate::run::{Plan, Told, tell, tell_steps};
use crate::scenario::units::pace;
use crate::scenario::{Engine, Pace, Scenario};
use crate::tape::{Broken, Tape, Trace, broken_of};
use clap::{Args, ValueEnum};
use std::ops::Range;

/// Runs a tape or a seed again: GONE (0), REPRODUCED (1) or DIVERGED at step k (3)
#[derive(Args, Debug)]
pub(super) struct ReplayArgs {
    /// The path of a tape, or a seed: 42, 0x9d1e55
    #[arg(value_name = "TAPE|SEED")]
    target: Target,
    /// With a seed: the scenario
    #[arg(long, value_name = "ID|FILE", default_value = "scale-boundaries")]
    scenario: String,
    /// With a seed: the queue that runs
    #[arg(long, value_name = "ENGINE", value_parser = engine, default_value = "spool")]
    engine: Engine,
    /// With a seed: files in the queue at the start. Without it, the scenario's smallest depth
    #[arg(long, value_name = "FILES")]
    depth: Option<Depth>,
    /// With a seed: the pace of the archivers, such as 206/min. Without it, the scenario's
    #[arg(long, value_name = "RATE", value_parser = pace)]
    archiver_rate: Option<Pace>,
    /// With a seed: the point of the scenario's axis. Without it, the smallest
    #[arg(long, value_name = "POINT")]
    at: Option<Depth>,
    /// Tell the steps with these numbers instead of those that led to the violation: 3400..3514
    #[arg(long, value_name = "FROM..TO", value_parser = steps)]
    steps: Option<Range<u64>>,
    /// What to answer with 0: `fail` turns REPRODUCED into 0 and GONE into 1, for `git bisect run`
    #[arg(long, value_enum, default_value_t = Expect::Gone)]
    expect: Expect,
}

/// Which end of a replay counts as success.
#[derive(Clone, Copy, PartialEq, Eq, Debug, ValueEnum)]
pub enum Expect {
    /// The predicate holds now.
    Gone,
    /// The failure is still there.
    Fail,
}

/// What to run again: every value is known.
#[derive(Clone, PartialEq, Debug)]
pub struct Replay {
    /// The tape or the seed.
    pub target: Target,
    /// With a seed: the situation.
    pub scenario: Scenario,
    /// With a seed: the queue.
    pub engine: Engine,
    /// With a seed: files in the queue at the start.
    pub depth: u64,
    /// The steps to tell of.
    pub steps: Option<Range<u64>>,
    /// Which end counts as success.
    pub expect: Expect,
}

/// How a replay ended.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum End {
    /// The predicate is broken again.
    Reproduced,
    /// The predicate holds.
    Gone,
    /// The code takes another way before the step at which the tape's predicate was broken, so nothing is shown.
    Diverged { checkpoint: u64 },
}

impl End {
    fn exit(self, expect: Expect) -> Exit {
        match (self, expect) {
            (End::Diverged { .. }, _) => Exit::Inconclusive,
            (End::Reproduced, Expect::Gone) | (End::Gone, Expect::Fail) => Exit::Fail,
            (End::Gone, Expect::Gone) | (End::Reproduced, Expect::Fail) => Exit::Pass,
        }
    }

    fn word(self) -> &'static str {
        match self {
            End::Reproduced => "REPRODUCED",
            End::Gone => "GONE",
            End::Diverged { .. } => "DIVERGED",
        }
    }
}

impl ReplayArgs {
    fn resolve(self) -> Result<Replay, CliError> {
        let mut scenario = Scenario::find(&self.scenario)?;
        // Along the depth, the depth is all that differs.
        scenario.axis.take_if(|axis| axis.points.is_empty());
        let scenario = at_pace(&scenario, self.archiver_rate);
        let smallest = scenario.sweep.depths.first().copied();
        let points = scenario.axis.as_ref().map(|axis| &axis.points[..]);
        let (scenario, smallest) = match (points, self.at) {
            (Some([first, ..]), at) => {
                let scenario = scenario.at(at.map_or(*first, |Depth(point)| point));
                let depth = scenario.queue.initial;
                (scenario, Some(depth))
            }
            (_, Some(_)) => {
                return Err(CliError::NoAxis {
                    scenario: scenario.id,
                });
            }
            _ => (scenario, smallest),
        };
        Ok(Replay {
            depth: match self.depth {
                Some(Depth(files)) => files,
                None => smallest.unwrap_or(scenario.queue.initial),
            },
            target: self.target,
            scenario,
            engine: self.engine,
            steps: self.steps,
            expect: self.expect,
        })
    }
}

pub(super) fn run(args: ReplayArgs, terminal: &Terminal) -> Result<Exit, CliError> {
    let replay = args.resolve()?;
    match &replay.target {
        Target::Tape(path) => of_tape(&folder::read_tape(path)?, path, &replay, terminal),
        Target::Seed(seed) => Ok(of_seed(*seed, &replay, terminal)),
    }
}

/// Runs a tape again, and compares.
fn of_tape(
    tape: &Tape,
    path: &std::path::Path,
    replay: &Replay,
    terminal: &Terminal,
) -> Result<Exit, CliError> {
    let header = &tape.header;
    terminal.remark(&format!(
        "tape {}  recorded {}  now {}  {}  {}  {} files\n",
        path.display(),
        header.commit,
        commit(),
        tape.plan.scenario.name(),
        header.engine,
        header.depth
    ));
    let predicate = match header.predicate.as_str() {
        "" => return Ok(of_run(&tape.plan, replay, terminal)),
        predicate => predicate,
    };
    let expect = replay.expect;
    let (outcome, told) = match &replay.steps {
        Some(steps) => tell_steps(&tape.plan, steps.clone()),
        None => tell(&tape.plan, predicate),
    };
    let broken = broken_of(&outcome);
    let again = broken.iter().find(|one| one.predicate == predicate);
    let trace = Trace::of(&outcome);
    let difference = match tape.is_as_recorded() {
        true => trace.first_difference(&tape.trace),
        // Somebody edited the scenario: that the run differs says nothing about the code.
        false => None,
    };
    let at = tape.broken.iter().find(|one| one.predicate == predicate);
    let end = match (again, difference) {
        (Some(_), _) => End::Reproduced,
        (None, Some(checkpoint)) if is_before(checkpoint, at) => End::Diverged { checkpoint },
        (None, _) => End::Gone,
    };
    let words = match end {
        End::Reproduced if !tape.is_as_recorded() => ", by an edited scenario".to_owned(),
        End::Reproduced => match difference {
            None => format!(", same hash {:016x}", trace.hash),
            Some(checkpoint) => format!(", by another trace from checkpoint {checkpoint} on"),
        },
        End::Gone if !tape.is_as_recorded() => {
            format!(": {predicate} held, but the scenario was edited")
        }
        End::Gone => format!(": the whole tape ran, {predicate} held"),
        End::Diverged { checkpoint } => format!(
            " at checkpoint {checkpoint}: the same steps until {}, then the code takes another way, and {predicate} held",
            Trace::last_common_step(checkpoint)
        ),
    };
    say(
        terminal,
        end,
        &words,
        again.into_iter().collect(),
        &told,
        expect,
    );
    Ok(end.exit(expect))
}

/// Whether two traces part before the step that broke the tape's predicate.
fn is_before(checkpoint: u64, broken: Option<&Broken>) -> bool {
    broken.is_none_or(|broken| checkpoint * CHECKPOINT_STEPS <= broken.step)
}

/// Runs a seed by today's code: whatever it breaks reproduces the failure that somebody told of.
fn of_seed(seed: u64, replay: &Replay, terminal: &Terminal) -> Exit {
    let plan = Plan {
        stop_when_broken: stop_of(&replay.scenario, replay.engine),
        ..Plan::of(&replay.scenario, replay.engine, replay.depth, seed)
    };
    terminal.remark(&format!(
        "seed 0x{seed:016x}  now {}  {}  {}  {} files\n",
        commit(),
        plan.scenario.name(),
        plan.engine,
        plan.depth
    ));
    of_run(&plan, replay, terminal)
}

fn of_run(plan: &Plan, replay: &Replay, terminal: &Terminal) -> Exit {
    let expect = replay.expect;
    let (outcome, asked) = match &replay.steps {
        Some(steps) => tell_steps(plan, steps.clone()),
        None => (crate::run::run(plan), Vec::new()),
    };
    let broken = broken_of(&outcome);
    let end = if broken.is_empty() {
        End::Gone
    } else {
        End::Reproduced
    };
    let told = match broken.first() {
        Some(first) if replay.steps.is_none() => tell(plan, &first.predicate).1,
        _ => asked,
    };
    let hash = format!(
        ", hash {:016x} after {} steps",
        outcome.trace_hash, outcome.steps
    );
    say(terminal, end, &hash, broken.iter().collect(), &told, expect);
    end.exit(expect)
}

/// Prints how it ended: the story, what was broken, and the verdict last.
fn say(
    terminal: &Terminal,
    end: End,
    words: &str,
    broken: Vec<&Broken>,
    told: &[Told],
    expect: Expect,
) {
    let exit = end.exit(expect);
    if terminal.format == Format::Json {
        let checkpoint = match end {
            End::Diverged { checkpoint } => Some(checkpoint),
            End::Reproduced | End::Gone => None,
        };
        terminal.json(&serde_json::json!({
            "schema": 1,
            "type": "replay",
            "end": end.word(),
            "exit": exit.code(),
            "checkpoint": checkpoint,
            "broken": broken,
            "story": told.iter().map(Told::words).collect::<Vec<_>>(),
        }));
        return;
    }
    let mut text = String::new();
    if !terminal.quiet {
        text += &story(told, terminal.ascii);
        for one in broken {
            let mark = if terminal.ascii { "X" } else { "✗" };
            let (id, name) = (&one.predicate, &one.name);
            text += &format!("  {mark} {id} {name} at step {}: {}\n", one.step, one.what);
        }
    }
    text += &format!("{}{words}  exit {}\n", end.word(), exit.code());
    terminal.result(&text);
}

/// The steps that led to the violation, a line each: when, who, what, and what came of it.
fn story(told: &[Told], ascii: bool) -> String {
    let widest = told
        .iter()
        .map(|one| one.actor.chars().count())
        .max()
        .unwrap_or(0);
    let mut text = String::new();
    for one in told {
        let seconds = one.time_ns as f64 / 1e9;
        let words = one.words();
        let words = if ascii {
            words.replace('→', "->")
        } else {
            words
        };
        text += &format!("  {seconds:>+12.6} s  {:<widest$}  {words}\n", one.actor);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_expected_failure_turns_the_answer_round_and_a_divergence_never_passes() {
        let diverged = End::Diverged { checkpoint: 3 };
        let codes =
            |expect| [End::Gone, End::Reproduced, diverged].map(|end| end.exit(expect).code());
        assert_eq!(codes(Expect::Gone), [0, 1, 3]);
        assert_eq!(codes(Expect::Fail), [1, 0, 3]);
    }

    #[test]
    fn traces_that_part_after_the_violation_show_that_it_is_gone() {
        let broken = |step| Broken {
            predicate: "S8".to_owned(),
            name: "vanish-is-data".to_owned(),
            step,
            what: String::new(),
        };
        assert!(is_before(2, Some(&broken(2_000))));
        assert!(!is_before(3, Some(&broken(2_000))));
        assert!(is_before(9, None));
    }
}
