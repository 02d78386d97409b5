use super::*;
use crate::kernel::tests::{options, spec};
use crate::kernel::{Exit, Machine, RunEnd, RunLimit, Seed, Undisturbed};
use host::{DirId, Host};
use std::time::Duration;

/// Two tasks that make and remove names; `rounds` decides how long, `extra` adds a call to one of them.
fn machine(rounds: u32, extra: bool) -> Machine {
    let mut machine = Machine::new(options(1));
    for worker in 0..2_u16 {
        let program = move |host: &dyn Host| {
            let at = |path| At::new(host.root(), path);
            if extra && worker == 1 {
                host.now();
            }
            for _ in 0..rounds {
                host.mkdir(at("d")).ok();
                host.sleep(Duration::from_micros(20));
                host.rmdir(at("d")).ok();
            }
            Exit::OK
        };
        machine
            .spawn(spec(&format!("w{worker}"), worker), Box::new(program))
            .unwrap();
    }
    machine
}

fn taped<S: Schedule>(schedule: S) -> (u64, Tape) {
    let mut machine = machine(300, false);
    let mut taping = Taping::new(schedule);
    let end = machine.run(&mut taping, &mut Undisturbed, RunLimit::NONE);
    assert_eq!(
        (end, machine.steps()),
        (RunEnd::Finished, taping.tape().turns())
    );
    (machine.trace_hash(), taping.into_tape())
}

#[test]
fn a_tape_replays_any_schedule_exactly() {
    for (hash, tape) in [taped(Timed::new(Seed(3))), taped(Random::new(Seed(3)))] {
        let text = serde_json::to_string(&tape).unwrap();
        let read: Tape = serde_json::from_str(&text).unwrap();
        let mut machine = machine(300, false);
        let mut replay = Replay::new(&read).unwrap();
        let end = machine.run(&mut replay, &mut Undisturbed, RunLimit::NONE);
        assert_eq!((end, machine.trace_hash()), (RunEnd::Finished, hash));
        assert!(replay.is_complete());
        assert_eq!(replay.turn() as u64, tape.turns());
    }
}

#[test]
fn a_tape_that_does_not_fit_says_where() {
    let (_, tape) = taped(Timed::new(Seed(3)));
    let mut shorter = machine(299, false);
    let mut replay = Replay::new(&tape).unwrap();
    let end = shorter.run(&mut replay, &mut Undisturbed, RunLimit::NONE);
    let diverged = matches!(end, RunEnd::Diverged { step } if 1_750 < step);
    assert!(
        diverged || end == RunEnd::Finished && !replay.is_complete(),
        "{end:?}"
    );
    let mut other = machine(300, true);
    let mut replay = Replay::new(&tape).unwrap();
    let end = other.run(&mut replay, &mut Undisturbed, RunLimit::NONE);
    assert!(
        matches!(end, RunEnd::Diverged { step } if step < 10),
        "{end:?}"
    );
    let mut longer = machine(400, false);
    let end = longer.run(
        &mut Replay::new(&tape).unwrap(),
        &mut Undisturbed,
        RunLimit::NONE,
    );
    assert!(
        matches!(end, RunEnd::Diverged { .. } | RunEnd::NobodyChosen),
        "{end:?}"
    );
}

#[test]
fn a_damaged_or_foreign_tape_is_refused() {
    let (_, tape) = taped(Timed::new(Seed(3)));
    let text = serde_json::to_string(&tape).unwrap();
    let read = |text: &str| serde_json::from_str::<Tape>(text).map(|tape| tape.read());
    let foreign = text.replace("\"version\":1", "\"version\":2");
    assert_eq!(read(&foreign).unwrap().unwrap_err(), TapeError::Version(2));
    let cut = text.replace("\"calls\":\"ff", "\"calls\":\"");
    assert_eq!(read(&cut).unwrap().unwrap_err(), TapeError::Damaged);
    assert!(read(&text.replace("\"calls\":\"ff", "\"calls\":\"f?")).is_err());
    let unknown = text.replace("\"calls\":\"ff", "\"calls\":\"7f");
    assert_eq!(read(&unknown).unwrap().unwrap_err(), TapeError::Damaged);
}

#[test]
fn ten_million_turns_take_at_most_twenty_megabytes() {
    let mut tape = Tape::default();
    for turn in 0..10_000_000_u32 {
        let task = TaskId((turn % 7) as u16);
        tape.push(Turn {
            task,
            call: Some(Call::Stat),
        });
    }
    // What is written, not what the vectors hold in reserve: two digits a byte, and the rest of the line.
    let written = serde_json::to_string(&tape).unwrap().len() / 2;
    assert!(written <= 20_000_100, "{written}");
}

#[test]
fn random_lets_sleepers_sleep_until_nobody_else_is_left() {
    let machine = machine(1, false);
    let offer = |task, call, ready_ns| Offer {
        task: TaskId(task),
        call,
        ready_ns,
        at: At::new(DirId(0), ""),
        to: At::new(DirId(0), ""),
        fs: machine.fs(),
    };
    let mut random = Random::new(Seed(1));
    random.offer(&offer(0, Some(Call::Sleep), 900));
    random.offer(&offer(1, Some(Call::Stat), 5_000));
    random.offer(&offer(2, None, 1_000));
    assert_eq!(random.next(0), Choice::Step(TaskId(1)));
    assert_eq!(random.next(0), Choice::Step(TaskId(0)));
    random.withdraw(TaskId(2));
    assert_eq!(random.next(0), Choice::Nobody);
}

#[test]
fn timed_takes_the_earliest_and_forgets_the_killed() {
    let machine = machine(1, false);
    let mut timed = Timed::new(Seed(1));
    for (task, ready_ns) in [(0, 30), (1, 10), (2, 20)] {
        timed.offer(&Offer {
            task: TaskId(task),
            call: Some(Call::Stat),
            ready_ns,
            at: At::new(DirId(0), ""),
            to: At::new(DirId(0), ""),
            fs: machine.fs(),
        });
    }
    timed.withdraw(TaskId(1));
    assert_eq!(timed.next(0), Choice::Step(TaskId(2)));
    assert_eq!(timed.next(0), Choice::Step(TaskId(0)));
    assert_eq!(timed.next(0), Choice::Nobody);
}
