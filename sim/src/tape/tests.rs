//! A tape keeps a run, and says when it no longer is that run.

use super::*;
use crate::run::run;

/// The smallest race: three files, taken away between list and stat.
fn recorded() -> Tape {
    let plan = Plan {
        scenario: Scenario::find("targeted-race").unwrap(),
        engine: Engine::Legacy,
        depth: 3,
        seed: 1,
        stop_when_broken: Vec::new(),
    };
    Tape::of(&plan, &run(&plan), "4f1d0c2", None)
}

#[test]
fn a_tape_survives_writing_and_reading_and_plays_the_same_run() {
    let tape = recorded();
    let read = Tape::parse(&tape.to_text()).unwrap();
    assert_eq!(read.header, tape.header);
    assert_eq!(read.trace, tape.trace);
    assert!(read.is_as_recorded());
    assert_eq!(
        Trace::of(&run(&read.plan)).first_difference(&tape.trace),
        None
    );
}

#[test]
fn the_first_line_alone_says_what_the_tape_is() {
    let text = recorded().to_text();
    let first = text.lines().next().unwrap();
    for word in [
        "sim-tape",
        "4f1d0c2",
        "targeted-race@",
        "legacy",
        "0x0000000000000001",
    ] {
        assert!(first.contains(word), "no {word} in {first}");
    }
}

#[test]
fn an_edited_scenario_and_another_version_are_noticed() {
    let text = recorded().to_text();
    let other = text.replacen("\"version\":1", "\"version\":2", 1);
    assert!(matches!(
        Tape::parse(&other),
        Err(TapeError::Version { found: 2 })
    ));
    let edited = text.replacen("\"run_ns\":600000000000", "\"run_ns\":500000000000", 1);
    assert!(!Tape::parse(&edited).unwrap().is_as_recorded());
    for damaged in ["", "{}\n{}\n", text.lines().next().unwrap()] {
        assert!(Tape::parse(damaged).is_err(), "{damaged}");
    }
}

#[test]
fn traces_differ_at_a_checkpoint_or_at_their_end() {
    let trace = |hash, checkpoints: &[u64]| Trace {
        hash,
        steps: 2_500,
        checkpoints: checkpoints.to_vec(),
    };
    let one = trace(9, &[1, 2]);
    assert_eq!(one.first_difference(&trace(9, &[1, 2])), None);
    assert_eq!(one.first_difference(&trace(8, &[1, 7])), Some(2));
    assert_eq!(one.first_difference(&trace(8, &[1, 2])), Some(3));
    assert_eq!(one.first_difference(&trace(8, &[1])), Some(2));
    assert_eq!(Trace::last_common_step(3), 2_000);
}

#[test]
fn a_tape_of_a_swarm_holds_what_was_drawn_and_plays_the_same_run() {
    let swarm = Scenario::find("swarm").unwrap();
    let plan = Plan::of(&swarm, Engine::Spool, 60, 5);
    assert_ne!(plan.scenario.hash(), swarm.hash());
    let tape = Tape::of(&plan, &run(&plan), "4f1d0c2", None);
    let read = Tape::parse(&tape.to_text()).unwrap();
    assert!(read.is_as_recorded());
    assert_eq!(read.plan.scenario, plan.scenario);
    let again = run(&read.plan);
    assert_eq!(Trace::of(&again).first_difference(&tape.trace), None);
    // The seed alone gives the same run.
    let drawn = run(&Plan::of(&swarm, Engine::Spool, 60, 5));
    assert_eq!(Trace::of(&drawn).first_difference(&tape.trace), None);
}
