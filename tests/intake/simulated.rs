//! The intake on the simulated machine: the indexer answers in process, and a week takes no time.

use host::{Host, Millis};
use indexer::{Request, Transport, TransportError};
use mock_indexer::Core;
use sim::kernel::{
    DirectoryProfile, Exit, LatencyProfile, Limits, Machine, MachineOptions, PowerLossProfile,
    ProcessId, Program, Recording, RunEnd, RunLimit, Seed, Sharing, TaskSpec, Undisturbed,
};
use sim::schedule::Timed;
use std::cell::RefCell;
use std::rc::Rc;
use std::time::Duration;

/// Asks the core at the machine's time.
pub(crate) struct InProcess<'a> {
    pub(crate) host: &'a dyn Host,
    pub(crate) core: Rc<RefCell<Core>>,
}

impl Transport for InProcess<'_> {
    fn send(&self, request: &Request<'_>, answer: &mut Vec<u8>) -> Result<u16, TransportError> {
        let (path, query) = request.path.split_once('?').unwrap_or((request.path, ""));
        let asked = mock_indexer::Request {
            method: "POST",
            path,
            query,
            authorization: request.authorization,
            body: request.body.as_bytes(),
        };
        let now = self.host.now().0;
        let response = self.core.borrow_mut().answer(now, &asked);
        *answer = response.body;
        Ok(response.status)
    }
}

/// Runs programs side by side on a machine whose clock begins at `t0`; each gets its own process.
pub(crate) fn play(t0: Millis, programs: Vec<Program>) {
    let mut machine = Machine::new(MachineOptions {
        seed: Seed(1),
        t0,
        directory: DirectoryProfile::Ext4,
        latency: LatencyProfile::linux_ext4(),
        sharing: Sharing::Posix,
        limits: Limits::ORDINARY,
        power_loss: PowerLossProfile::AnySubset,
        generator: |_, _, _| {},
        recording: Recording::HashOnly,
    });
    for (number, program) in (1..).zip(programs) {
        let spec = TaskSpec {
            name: format!("program {number}"),
            process: ProcessId(number),
            root: Vec::new(),
            start_after: Duration::ZERO,
            is_watched: true,
            stack_bytes: TaskSpec::STACK_BYTES,
        };
        machine.spawn(spec, program).unwrap();
    }
    let end = machine.run(&mut Timed::new(Seed(1)), &mut Undisturbed, RunLimit::NONE);
    assert_eq!(end, RunEnd::Finished);
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
