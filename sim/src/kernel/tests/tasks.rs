//! Tasks: turns, deaths, time, and that a seed fixes all of it.

use super::{Ends, T0, at, options, run, spec, write};
use crate::kernel::{
    Act, Control, Director, Ended, Exit, Machine, Pending, ProcessId, RunEnd, RunLimit, Seed, Step,
    TaskId, Undisturbed, View,
};
use crate::schedule::{Random, Schedule, Timed};
use host::{Call, Dir, Errno, File, Host, Lock};
use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::time::Duration;

/// Three tasks that create, move, list and remove each other's files.
fn busy(machine: &mut Machine) {
    machine.make_dir("queue").unwrap();
    for worker in 0..3_u16 {
        let program = move |host: &dyn Host| {
            for round in 0..120 {
                let name = format!("queue/{worker}-{round}");
                write(host, &name, name.as_bytes());
                let dir = Dir::open(host, at(host, "queue")).unwrap();
                let mut names = host::Names::with_capacity(280);
                while dir.read(&mut names).unwrap() {
                    for entry in names.iter().take(2) {
                        host.stat(dir.at(entry.name)).ok();
                        host.rename(dir.at(entry.name), dir.at("moved")).ok();
                    }
                }
                host.unlink(dir.at("moved")).ok();
                host.sleep(Duration::from_micros(u64::from(worker) * 50));
            }
            host.now();
            Exit::OK
        };
        let task = spec(&format!("worker-{worker}"), worker + 1);
        machine.spawn(task, Box::new(program)).unwrap();
    }
}

fn trace(seed: u64, schedule: &mut dyn Schedule) -> (u64, Vec<u64>, u64, u64) {
    let mut machine = Machine::new(options(seed));
    busy(&mut machine);
    let end = machine.run(schedule, &mut Undisturbed, RunLimit::NONE);
    assert_eq!(end, RunEnd::Finished);
    let checkpoints = machine.checkpoints().to_vec();
    (
        machine.trace_hash(),
        checkpoints,
        machine.steps(),
        machine.now_ns(),
    )
}

#[test]
fn a_seed_fixes_the_whole_run() {
    let timed = |seed| trace(seed, &mut Timed::new(Seed(seed)));
    let random = |seed| trace(seed, &mut Random::new(Seed(seed)));
    assert_eq!(timed(1), timed(1));
    assert_eq!(random(1), random(1));
    assert!(1 < timed(1).1.len(), "long enough for checkpoints");
    assert_ne!(timed(1).0, timed(2).0);
    assert_ne!(random(1).0, random(2).0);
    assert_ne!(timed(1).0, random(1).0);
}

#[test]
fn a_run_that_is_stopped_goes_on_as_if_it_had_not_been() {
    let whole = trace(4, &mut Timed::new(Seed(4)));
    let mut machine = Machine::new(options(4));
    busy(&mut machine);
    let mut limit = RunLimit {
        steps_max: 500,
        ..RunLimit::NONE
    };
    let end = machine.run(&mut Random::new(Seed(4)), &mut Undisturbed, limit);
    assert_eq!((end, machine.steps()), (RunEnd::Limit, 500));
    limit.steps_max = u64::MAX;
    let end = machine.run(&mut Timed::new(Seed(4)), &mut Undisturbed, limit);
    assert_eq!((end, machine.running()), (RunEnd::Finished, 0));
    assert_ne!(machine.trace_hash(), whole.0, "the first steps were random");
}

#[test]
fn every_call_is_a_turn_before_it_acts() {
    /// Counts what is pending, by call.
    struct Turns(Vec<Call>);
    impl Director for Turns {
        fn before(&mut self, _view: &mut View<'_>, pending: &Pending<'_>) -> Act {
            self.0.push(pending.call);
            Act::Proceed
        }
    }
    let mut machine = Machine::new(options(1));
    let program = |host: &dyn Host| {
        let dir = Dir::open_or_make(host, at(host, "d")).unwrap();
        drop(File::create_new(host, dir.at("f")).unwrap());
        drop(Lock::take(host, dir.at("lock")).unwrap());
        host.now();
        host.sleep(Duration::ZERO);
        Exit::OK
    };
    machine.spawn(spec("solo", 1), Box::new(program)).unwrap();
    let mut turns = Turns(Vec::new());
    machine.run(&mut Timed::new(Seed(1)), &mut turns, RunLimit::NONE);
    let names: Vec<&str> = turns.0.iter().map(|call| call.name()).collect();
    let expected = "mkdir open_dir create_new close lock unlock now sleep close_dir";
    assert_eq!(names.join(" "), expected);
    assert_eq!(machine.steps(), 1 + 9, "the start is a step too");
}

#[test]
fn time_is_virtual_and_jumps_to_the_next_event() {
    let mut machine = Machine::new(options(1));
    let times = run(&mut machine, spec("sleeper", 1), |host| {
        let before = host.now();
        host.sleep(Duration::from_secs(86_400 * 365));
        (before, host.now())
    });
    assert_eq!(times.0, T0);
    assert_eq!(times.1.0 - T0.0, 86_400_000 * 365);
    machine.step_clock(-5_000);
    assert_eq!(machine.wall().0, times.1.0 - 5_000);
    let late = crate::kernel::TaskSpec {
        start_after: Duration::from_secs(9),
        ..spec("late", 1)
    };
    let now = run(&mut machine, late, |host| host.now());
    assert_eq!(now.0, times.1.0 + 4_000);
}

#[test]
fn ties_of_modification_times_are_as_coarse_as_the_clock() {
    let mut machine = Machine::new(options(1));
    let times = run(&mut machine, spec("solo", 1), |host| {
        (0..200)
            .map(|i| {
                write(host, &i.to_string(), b"x");
                host.stat(at(host, &i.to_string())).unwrap().mtime_ns
            })
            .collect::<Vec<_>>()
    });
    assert!(times.iter().all(|ns| ns % 4_000_000 == 0));
    let mut distinct = times.clone();
    distinct.dedup();
    assert!(
        distinct.is_sorted() && distinct.len() < 5,
        "{}",
        distinct.len()
    );
}

#[test]
fn a_panic_is_reported_and_what_the_task_held_is_released() {
    let mut machine = Machine::new(options(1));
    let program = |host: &dyn Host| -> Exit {
        let _lock = Lock::take(host, at(host, "lock")).unwrap();
        let _file = File::create_new(host, at(host, "file")).unwrap();
        panic!("no case for {}", 7);
    };
    machine.spawn(spec("panics", 1), Box::new(program)).unwrap();
    let other = |host: &dyn Host| {
        host.sleep(Duration::from_secs(1));
        Exit::OK
    };
    machine
        .spawn(spec("same-process", 1), Box::new(other))
        .unwrap();
    let mut ends = Ends::default();
    machine.run(&mut Timed::new(Seed(1)), &mut ends, RunLimit::NONE);
    assert_eq!(
        ends.0[0],
        (TaskId(0), Ended::Panicked("no case for 7".into()))
    );
    assert_eq!(ends.0[1], (TaskId(1), Ended::Returned(Exit::OK)));
    assert_eq!(machine.open_handles(ProcessId(1)), 0);
    run(&mut machine, spec("next", 2), |host| {
        host.lock(at(host, "lock")).map(drop).unwrap();
    });
}

/// Kills process 1 at its k-th call, before it acts, and spawns it again once.
struct KillAt {
    call: u32,
    after: bool,
    lives: u32,
    program: fn(&dyn Host) -> Exit,
    ends: Vec<Ended>,
}

impl Director for KillAt {
    fn before(&mut self, _view: &mut View<'_>, pending: &Pending<'_>) -> Act {
        let hit = self.lives == 0 && pending.calls + 1 == self.call;
        if hit && !self.after {
            Act::Kill(ProcessId(1))
        } else {
            Act::Proceed
        }
    }

    fn after(&mut self, _view: &mut View<'_>, step: &Step<'_>) -> Control {
        let hit = self.lives == 0 && step.pending.calls + 1 == self.call;
        if hit && self.after {
            Control::Kill(ProcessId(1))
        } else {
            Control::Continue
        }
    }

    fn exited(&mut self, view: &mut View<'_>, task: TaskId, how: &Ended) {
        self.ends.push(how.clone());
        if *how == Ended::Killed && self.lives == 0 {
            self.lives += 1;
            let again = view
                .spawn(spec("victim", 1), Box::new(self.program))
                .unwrap();
            assert_eq!(again, task, "the same name is the same task");
        }
    }
}

#[test]
fn a_kill_at_any_call_releases_everything_and_loses_nothing_that_was_done() {
    fn program(host: &dyn Host) -> Exit {
        let lock = Lock::take(host, at(host, "lock")).unwrap();
        let dir = Dir::open_or_make(host, at(host, "d")).unwrap();
        if let Ok(file) = File::create_new(host, dir.at("f")) {
            file.append(b"12345").unwrap();
        }
        drop((lock, dir));
        Exit::OK
    }
    for after in [false, true] {
        for call in 1..=8 {
            let mut machine = Machine::new(options(1));
            machine.spawn(spec("victim", 1), Box::new(program)).unwrap();
            let mut director = KillAt {
                call,
                after,
                lives: 0,
                program,
                ends: Vec::new(),
            };
            let end = machine.run(&mut Timed::new(Seed(1)), &mut director, RunLimit::NONE);
            assert_eq!(end, RunEnd::Finished);
            assert_eq!(
                director.ends,
                [Ended::Killed, Ended::Returned(Exit::OK)],
                "{call}"
            );
            assert_eq!(machine.open_handles(ProcessId(1)), 0);
            // The append is the fourth call: after it, the page cache keeps the bytes (K8).
            let file = machine.fs().at(b"d/f").unwrap();
            let appended = call > 5 || (call == 5 && after) || call < 4 || (call == 4 && !after);
            assert_eq!(machine.fs().len(file) == 5, appended, "{call} {after}");
        }
    }
}

#[test]
fn a_kill_before_the_first_call_and_of_another_process_works() {
    struct KillOther(bool);
    impl Director for KillOther {
        fn before(&mut self, _view: &mut View<'_>, pending: &Pending<'_>) -> Act {
            if pending.process == ProcessId(2) && !std::mem::replace(&mut self.0, true) {
                return Act::Kill(ProcessId(1));
            }
            Act::Proceed
        }
    }
    let mut machine = Machine::new(options(1));
    let sleeper = crate::kernel::TaskSpec {
        start_after: Duration::from_secs(1),
        ..spec("not-started", 1)
    };
    machine
        .spawn(sleeper, Box::new(|_| panic!("never starts")))
        .unwrap();
    run_with(&mut machine, &mut KillOther(false), |host| {
        host.mkdir(at(host, "made")).unwrap();
    });
    assert!(
        machine.fs().at(b"made").is_some(),
        "the killer's own call acts"
    );
}

fn run_with(
    machine: &mut Machine,
    director: &mut dyn Director,
    program: impl FnOnce(&dyn Host) + 'static,
) {
    let task = |host: &dyn Host| {
        program(host);
        Exit::OK
    };
    machine.spawn(spec("killer", 2), Box::new(task)).unwrap();
    let end = machine.run(&mut Timed::new(Seed(1)), director, RunLimit::NONE);
    assert_eq!(end, RunEnd::Finished);
}

#[test]
fn a_lock_is_exclusive_among_processes_and_within_one() {
    let mut machine = Machine::new(options(1));
    let seen = Rc::new(RefCell::new(Vec::new()));
    let log = Rc::clone(&seen);
    let holder = move |host: &dyn Host| {
        let lock = Lock::take(host, at(host, "lock")).unwrap();
        let second = host.lock(at(host, "lock")).map_err(|e| e.errno);
        log.borrow_mut().push(second.map(drop));
        host.sleep(Duration::from_secs(2));
        drop(lock);
        Exit::OK
    };
    machine.spawn(spec("holder", 1), Box::new(holder)).unwrap();
    let log = Rc::clone(&seen);
    let waiter = move |host: &dyn Host| {
        for _ in 0..3 {
            host.sleep(Duration::from_millis(900));
            let lock = host.lock(at(host, "lock")).map_err(|e| e.errno);
            log.borrow_mut().push(lock.map(drop));
        }
        Exit::OK
    };
    machine.spawn(spec("waiter", 2), Box::new(waiter)).unwrap();
    machine.run(&mut Timed::new(Seed(1)), &mut Undisturbed, RunLimit::NONE);
    let busy = Err(Errno::Busy);
    assert_eq!(*seen.borrow(), [busy, busy, busy, Ok(())]);
    assert!(machine.fs().at(b"lock").is_some(), "the lock file stays");
}

#[test]
fn dropping_a_machine_unwinds_its_tasks_quietly() {
    struct Flag(Rc<Cell<bool>>);
    impl Drop for Flag {
        fn drop(&mut self) {
            self.0.set(true);
        }
    }
    let dropped = Rc::new(Cell::new(false));
    let flag = Flag(Rc::clone(&dropped));
    let mut machine = Machine::new(options(1));
    let program = move |host: &dyn Host| {
        let _flag = flag;
        let _dir = Dir::open(host, at(host, "d")).unwrap();
        host.sleep(Duration::from_secs(1));
        Exit::OK
    };
    machine.make_dir("d").unwrap();
    machine.spawn(spec("solo", 1), Box::new(program)).unwrap();
    let limit = RunLimit {
        steps_max: 2,
        ..RunLimit::NONE
    };
    assert_eq!(
        machine.run(&mut Timed::new(Seed(1)), &mut Undisturbed, limit),
        RunEnd::Limit
    );
    drop(machine);
    assert!(dropped.get());
}
