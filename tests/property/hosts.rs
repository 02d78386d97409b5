//! The same sequences on both hosts.

use crate::model::predict;
use crate::operation::{Operation, Seen, operation};
use crate::system::carry_out;
use os::OsHost;
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};
use sim::kernel::{
    DirectoryProfile, Exit, Machine, MachineOptions, ProcessId, RunEnd, RunLimit, Seed, TaskSpec,
    Undisturbed,
};
use sim::schedule::Timed;
use std::cell::RefCell;
use std::rc::Rc;
use std::time::Duration;

/// Runs `cases` sequences, the same ones each time, and compares what `run` sees with what the model predicts.
fn compare(cases: u32, run: impl Fn(&[Operation]) -> Vec<Seen>) {
    let config = Config {
        cases,
        failure_persistence: None,
        ..Config::default()
    };
    let rng = TestRng::deterministic_rng(RngAlgorithm::ChaCha);
    let mut runner = TestRunner::new_with_rng(config, rng);
    let outcome = runner.run(&vec(operation(), 1..60), |operations| {
        let (seen, predicted) = (run(&operations), predict(&operations));
        prop_assert_eq!(seen.len(), predicted.len());
        for (at, (seen, predicted)) in seen.iter().zip(&predicted).enumerate() {
            prop_assert_eq!(seen, predicted, "at {}, {:?}", at, operations[at]);
        }
        Ok(())
    });
    if let Err(failure) = outcome {
        panic!("{failure}");
    }
}

#[test]
fn the_queue_on_the_real_host_answers_as_the_model() {
    compare(24, |operations| {
        let home = tempfile::tempdir().expect("a temporary directory");
        let host = OsHost::new(home.path()).expect("it opens");
        carry_out(&host, operations)
    });
}

#[test]
fn the_queue_on_the_simulated_host_answers_as_the_model() {
    compare(400, |operations| {
        on_simulated(DirectoryProfile::Ext4, operations)
    });
}

#[test]
fn the_queue_answers_as_the_model_with_directories_in_the_worst_order() {
    compare(200, |operations| {
        on_simulated(DirectoryProfile::Adversarial, operations)
    });
}

fn on_simulated(directory: DirectoryProfile, operations: &[Operation]) -> Vec<Seen> {
    let mut machine = Machine::new(MachineOptions {
        directory,
        ..tests::machine_options(1)
    });
    let spec = TaskSpec {
        name: "queue".into(),
        process: ProcessId(1),
        root: Vec::new(),
        start_after: Duration::ZERO,
        stack_bytes: TaskSpec::STACK_BYTES,
        is_watched: true,
    };
    let seen = Rc::new(RefCell::new(None));
    let (place, operations) = (Rc::clone(&seen), operations.to_vec());
    let program = Box::new(move |host: &dyn host::Host| {
        *place.borrow_mut() = Some(carry_out(host, &operations));
        Exit::OK
    });
    machine.spawn(spec, program).expect("the root is there");
    let end = machine.run(&mut Timed::new(Seed(1)), &mut Undisturbed, RunLimit::NONE);
    assert_eq!(end, RunEnd::Finished);
    let seen = seen.borrow_mut().take();
    seen.expect("the program did not panic")
}
