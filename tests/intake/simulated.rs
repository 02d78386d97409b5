//! The intake on the simulated machine: the indexer answers in process, and a week takes no time.

use host::{Host, Millis};
use sim::kernel::{
    Director, Exit, Machine, MachineOptions, Program, RunEnd, RunLimit, Seed, TaskSpec, Undisturbed,
};
use sim::schedule::Timed;
use std::cell::RefCell;
use std::rc::Rc;

/// Runs programs side by side on a machine whose clock begins at `t0`; each gets its own process. Gives the
/// machine as they left it.
pub(crate) fn play(t0: Millis, programs: Vec<Program>) -> Machine {
    let mut machine = Machine::new(MachineOptions {
        t0,
        ..tests::machine_options(1)
    });
    for (number, program) in (1..).zip(programs) {
        machine.spawn(spec(number), program).unwrap();
    }
    let end = machine.run(&mut Timed::new(Seed(1)), &mut Undisturbed, RunLimit::NONE);
    assert_eq!(end, RunEnd::Finished);
    machine
}

/// Runs one program to its end under a director, and gives what it found. Panics where it does.
pub(crate) fn run_with<T: 'static>(
    machine: &mut Machine,
    director: &mut dyn Director,
    run: impl FnOnce(&dyn Host) -> T + 'static,
) -> T {
    let slot = Rc::new(RefCell::new(None));
    machine.spawn(spec(1), program(&slot, run)).unwrap();
    let end = machine.run(&mut Timed::new(Seed(1)), director, RunLimit::NONE);
    assert_eq!(end, RunEnd::Finished);
    slot.take().expect("the program did not panic")
}

fn spec(number: u16) -> TaskSpec {
    tests::task(&format!("program {number}"), number)
}

/// One program that gives what it found.
pub(crate) fn program<T: 'static>(
    slot: &Rc<RefCell<Option<T>>>,
    run: impl FnOnce(&dyn Host) -> T + 'static,
) -> Program {
    let slot = Rc::clone(slot);
    Box::new(move |host| {
        *slot.borrow_mut() = Some(run(host));
        Exit::OK
    })
}
