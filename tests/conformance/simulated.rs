//! The suite on the simulated host, in every order of directories, and the cases that the seam cannot make by itself.
//!
//! A case runs in a task of a fresh machine. Its neighbour is a second task, of another process: see [`Relay`].

use crate::fixture::{Fixture, refused};
use crate::relay::{Line, Relay, serve};
use crate::suite::suite;
use host::{At, Call, Class, Errno, Host, HostError, Kind, Names};
use sim::kernel::{
    Director, DirectoryProfile, Ended, Exit, Machine, MachineOptions, Node, ProcessId, Program,
    RunEnd, RunLimit, Seed, TaskId, TaskSpec, View,
};
use sim::schedule::Timed;
use std::io::Write;
use std::rc::Rc;
use std::time::Duration;

/// Where a case has its root.
const HOME: &str = "home";
/// Where another filesystem begins, below the root.
const ELSEWHERE: &str = "other/there";

#[test]
fn the_simulated_host_keeps_every_sentence_with_directories_in_hash_order() {
    run(DirectoryProfile::Ext4);
}

#[test]
fn the_simulated_host_keeps_every_sentence_with_directories_newest_first() {
    run(DirectoryProfile::Tmpfs);
}

#[test]
fn the_simulated_host_keeps_every_sentence_with_directories_as_snapshots() {
    run(DirectoryProfile::Snapshot);
}

#[test]
fn the_simulated_host_keeps_every_sentence_with_directories_in_the_worst_order() {
    run(DirectoryProfile::Adversarial);
}

/// Runs the whole suite, each case in a machine of its own, and fails with the list of all that failed.
fn run(directory: DirectoryProfile) {
    let kind = format!("simulated {directory:?}");
    let cases = suite();
    let mut failed = Vec::new();
    for case in &cases {
        let mut machine = machine(directory);
        let elsewhere = format!("{HOME}/{ELSEWHERE}");
        machine.make_device(&elsewhere).unwrap();
        let line = Rc::new(Line::default());
        let (served, check) = (Rc::clone(&line), case.run);
        spawn(&mut machine, 2, move |host| serve(&served, host));
        spawn(&mut machine, 1, move |host| {
            let neighbour = Relay::new(line, host);
            let fixture = Fixture {
                host,
                neighbour: Some(&neighbour),
                elsewhere: Some(ELSEWHERE),
            };
            check(&fixture);
        });
        if !finish(&mut machine) {
            failed.push(case.name);
        }
    }
    // Straight to standard error, which the test runner does not hold back.
    let (count, bad) = (cases.len(), failed.len());
    let line = format!("conformance: {kind}: {count} cases, {bad} failed\n");
    std::io::stderr().write_all(line.as_bytes()).unwrap();
    assert!(40 <= count, "{count} cases are too few");
    assert!(failed.is_empty(), "{kind}: {failed:#?}");
}

fn machine(directory: DirectoryProfile) -> Machine {
    let mut machine = Machine::new(MachineOptions {
        directory,
        ..tests::machine_options(0x5EED)
    });
    machine.make_dir(HOME).unwrap();
    machine
}

fn spawn(machine: &mut Machine, process: u16, body: impl FnOnce(&dyn Host) + 'static) {
    let spec = TaskSpec {
        name: format!("process {process}"),
        process: ProcessId(process),
        root: HOME.into(),
        start_after: Duration::ZERO,
        stack_bytes: TaskSpec::STACK_BYTES,
        is_watched: true,
    };
    let program: Program = Box::new(|host| {
        body(host);
        Exit::OK
    });
    machine.spawn(spec, program).unwrap();
}

/// Notes whether a task panicked.
#[derive(Default)]
struct Panics(Vec<String>);

impl Director for Panics {
    fn exited(&mut self, _view: &mut View<'_>, _task: TaskId, how: &Ended) {
        if let Ended::Panicked(message) = how {
            self.0.push(message.clone());
        }
    }
}

/// Runs the machine to its end, and says whether nothing panicked.
fn finish(machine: &mut Machine) -> bool {
    let mut panics = Panics::default();
    let end = machine.run(&mut Timed::new(Seed(1)), &mut panics, RunLimit::NONE);
    assert_eq!(end, RunEnd::Finished);
    panics.0.is_empty()
}

/// Runs `body` in a machine that `prepare` has furnished.
fn in_machine(prepare: impl FnOnce(&mut Machine), body: impl FnOnce(&dyn Host) + 'static) {
    let mut machine = machine(DirectoryProfile::Ext4);
    prepare(&mut machine);
    spawn(&mut machine, 1, body);
    assert!(finish(&mut machine), "the case panicked");
}

#[test]
fn a_simulated_symbolic_link_is_never_followed_at_the_end_of_a_path() {
    let prepare = |machine: &mut Machine| {
        machine.make_node("home/link", Node::Link).unwrap();
    };
    in_machine(prepare, |host| {
        let link = At::new(host.root(), "link");
        refused(host.open_read(link), Call::OpenRead, Errno::Loop);
        refused(host.open_append(link), Call::OpenAppend, Errno::Loop);
        refused(host.open_dir(link), Call::OpenDir, Errno::Loop);
        refused(host.lock(link), Call::Lock, Errno::Loop);
        refused(host.create_new(link), Call::CreateNew, Errno::Exists);
        refused(host.mkdir(link), Call::Mkdir, Errno::Exists);
        refused(host.rmdir(link), Call::Rmdir, Errno::NotDir);
        assert_eq!(host.stat(link).unwrap().kind, Kind::Other);
        let below = At::new(host.root(), "link/below");
        refused(host.stat(below), Call::Stat, Errno::NotFound);
        let moved = At::new(host.root(), "moved");
        host.rename_noreplace(link, moved).unwrap();
        host.unlink(moved).unwrap();
        refused(host.stat(moved), Call::Stat, Errno::NotFound);
    });
}

#[test]
fn a_simulated_scan_calls_whatever_is_no_file_and_no_directory_by_that_name() {
    let prepare = |machine: &mut Machine| {
        machine.make_node("home/fifo", Node::Fifo).unwrap();
        machine.make_node("home/link", Node::Link).unwrap();
    };
    in_machine(prepare, |host| {
        let mut names = Names::default();
        host.read_dir(host.root(), &mut names).unwrap();
        let kinds: Vec<Kind> = names.iter().map(|entry| entry.kind).collect();
        assert_eq!(kinds, [Kind::Other, Kind::Other]);
    });
}

#[test]
fn a_simulated_fifo_never_waits_and_reads_as_empty() {
    let prepare = |machine: &mut Machine| {
        machine.make_node("home/fifo", Node::Fifo).unwrap();
    };
    in_machine(prepare, |host| {
        let at = At::new(host.root(), "fifo");
        let nobody_reads = host.open_append(at).map_err(HostError::class);
        assert_eq!(nobody_reads, Err(Class::Fault));
        let reader = host.open_read(at).unwrap();
        assert_eq!(host.read(reader, 0, &mut Vec::new(), 100), Ok(0));
        host.close(reader);
    });
}

#[test]
fn a_case_that_panics_is_noticed() {
    let mut machine = machine(DirectoryProfile::Ext4);
    spawn(&mut machine, 1, |host| {
        refused(host.stat(At::new(host.root(), "no")), Call::Stat, Errno::Io);
    });
    assert!(!finish(&mut machine));
}
