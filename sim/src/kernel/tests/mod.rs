//! The machine as programs and directors see it.

mod crash;
mod durability;
mod errors;
mod faults;
mod image;
mod names;
mod rests;
mod scans;
mod tasks;

use super::*;
use crate::schedule::Timed;
use host::{At, Host, Millis};
use std::cell::RefCell;
use std::rc::Rc;
use std::time::Duration;

/// 2026-04-01, a time that no clock of a test machine shows.
pub(crate) const T0: Millis = Millis(1_775_000_000_000);

pub(crate) fn options(seed: u64) -> MachineOptions {
    MachineOptions {
        seed: Seed(seed),
        t0: T0,
        directory: DirectoryProfile::Ext4,
        latency: LatencyProfile::linux_ext4(),
        sharing: Sharing::Posix,
        limits: Limits::ORDINARY,
        power_loss: PowerLossProfile::AnySubset,
        generator: |seed, index, into| {
            into.extend_from_slice(format!("payload {index} of {seed}").as_bytes());
        },
        recording: Recording::HashOnly,
    }
}

pub(crate) fn spec(name: &str, process: u16) -> TaskSpec {
    TaskSpec {
        name: name.to_owned(),
        process: ProcessId(process),
        root: Vec::new(),
        start_after: Duration::ZERO,
        is_watched: true,
        stack_bytes: 128 * 1024,
    }
}

/// How tasks ended, in order.
#[derive(Default)]
pub(crate) struct Ends(pub(crate) Vec<(TaskId, Ended)>);

impl Director for Ends {
    fn exited(&mut self, _view: &mut View<'_>, task: TaskId, how: &Ended) {
        self.0.push((task, how.clone()));
    }
}

/// Runs one program on `machine` to its end, and gives what it returns.
pub(crate) fn run<T: 'static>(
    machine: &mut Machine,
    spec: TaskSpec,
    program: impl FnOnce(&dyn Host) -> T + 'static,
) -> T {
    let result = Rc::new(RefCell::new(None));
    let slot = Rc::clone(&result);
    let task = move |host: &dyn Host| {
        *slot.borrow_mut() = Some(program(host));
        Exit::OK
    };
    machine.spawn(spec, Box::new(task)).unwrap();
    let mut ends = Ends::default();
    let end = machine.run(&mut Timed::new(Seed(1)), &mut ends, RunLimit::NONE);
    assert_eq!(end, RunEnd::Finished);
    assert!(
        ends.0
            .iter()
            .all(|(_, how)| *how == Ended::Returned(Exit::OK)),
        "{:?}",
        ends.0
    );
    result.take().unwrap()
}

/// Runs one program on a fresh machine.
pub(crate) fn solo<T: 'static>(program: impl FnOnce(&dyn Host) -> T + 'static) -> T {
    run(&mut Machine::new(options(1)), spec("solo", 1), program)
}

pub(crate) fn at<'a>(host: &dyn Host, path: &'a str) -> At<'a> {
    At::new(host.root(), path)
}

/// Makes a file with these bytes through the host.
pub(crate) fn write(host: &dyn Host, path: &str, bytes: &[u8]) {
    let file = host.create_new(at(host, path)).unwrap();
    host.append(file, bytes).unwrap();
    host.close(file);
}

/// All names below the root directory of the task, with a small buffer.
pub(crate) fn list(host: &dyn Host, dir: host::DirId) -> Vec<String> {
    let mut names = host::Names::with_capacity(600);
    let mut all = Vec::new();
    loop {
        host.read_dir(dir, &mut names).unwrap();
        if names.is_empty() {
            all.sort();
            return all;
        }
        all.extend(
            names
                .iter()
                .map(|e| String::from_utf8_lossy(e.name).into_owned()),
        );
    }
}
