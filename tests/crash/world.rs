//! A machine on which one life follows another, and the strikes that end them.

use crate::life::{LEGACY, LEGACY_COUNT, Memory, Work, legacy_name, live, payload};
use crate::passes::{SECRET, SECRET_BYTES};
use host::{Call, Errno};
use sim::kernel::{
    Act, Content, Control, Director, Ended, Exit, Fs, Machine, MachineOptions, Pending,
    PowerLossProfile, RunEnd, RunLimit, Seed, Step, TaskId, View,
};
use sim::schedule::Timed;
use spool::audit::Audit;
use std::cell::RefCell;
use std::rc::Rc;

/// What happens at a call.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Blow {
    /// The process dies before the call acts.
    KillBefore,
    /// The process dies after the call acted.
    KillAfter,
    /// The power goes before the call acts.
    PowerBefore,
    /// The power goes after the call acted.
    PowerAfter,
    /// The call fails.
    Fail(Errno),
    /// An append writes half of its bytes and fails.
    FailHalfWay(Errno),
}

/// A blow at the call of that number, counted from 0 in the life that it hits.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Strike {
    pub(crate) call: u32,
    pub(crate) blow: Blow,
}

/// How a life ended.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum End {
    /// It came to its end, and this is its audit.
    Done(Box<Audit>),
    /// It gave up with this error.
    GaveUp(String),
    /// It was killed.
    Killed,
    /// It panicked, which nothing allows.
    Panicked(String),
}

/// One machine and its lives.
pub(crate) struct World {
    machine: Machine,
    work: Work,
    memory: Rc<RefCell<Memory>>,
}

/// What was seen of one life.
pub(crate) struct Life {
    pub(crate) end: End,
    /// The calls it made.
    pub(crate) calls: Vec<Call>,
}

impl World {
    pub(crate) fn new(work: Work, seed: u64, power_loss: PowerLossProfile) -> Self {
        let mut machine = Machine::new(MachineOptions {
            power_loss,
            ..tests::machine_options(seed)
        });
        if work == Work::Pipeline {
            crate::passes::load_policy();
            let secret = Content::Bytes(SECRET_BYTES.to_vec());
            machine.make_file(SECRET, secret, 0).expect("a new file");
        }
        if work == Work::Adopt {
            machine.make_dir(LEGACY).expect("a new directory");
            for number in 0..LEGACY_COUNT {
                let path = format!("{LEGACY}/{}", legacy_name(number));
                let content = Content::Bytes(payload(number));
                machine.make_file(&path, content, 0).expect("a new file");
            }
        }
        World {
            machine,
            work,
            memory: Rc::default(),
        }
    }

    /// The files, as they are now.
    pub(crate) fn fs(&self) -> &Fs {
        self.machine.fs()
    }

    /// Runs one life, struck as given; the strikes are in order of their calls.
    pub(crate) fn live(&mut self, stubborn: bool, strikes: &[Strike]) -> Life {
        let audit = Rc::new(RefCell::new(None));
        let (place, memory, work) = (Rc::clone(&audit), Rc::clone(&self.memory), self.work);
        let program = Box::new(move |host: &dyn host::Host| {
            match live(host, work, stubborn, &mut memory.borrow_mut()) {
                Ok(audit) => *place.borrow_mut() = Some(End::Done(Box::new(audit))),
                Err(error) => *place.borrow_mut() = Some(End::GaveUp(error)),
            }
            Exit::OK
        });
        self.machine
            .spawn(tests::task("life", 1), program)
            .expect("the root is there");
        let mut striker = Striker {
            strikes,
            calls: Vec::new(),
            end: None,
        };
        let mut schedule = Timed::new(Seed(1));
        let limit = RunLimit {
            // No life makes nearly as many calls: more is a loop that does not end.
            steps_max: self.machine.steps() + 100_000,
            ..RunLimit::NONE
        };
        let run = self.machine.run(&mut schedule, &mut striker, limit);
        assert_eq!(run, RunEnd::Finished, "the life does not end");
        let end = audit.borrow_mut().take().or(striker.end);
        Life {
            end: end.expect("a life that ended has an end"),
            calls: striker.calls,
        }
    }
}

/// Strikes at the calls that it was given.
struct Striker<'s> {
    strikes: &'s [Strike],
    calls: Vec<Call>,
    end: Option<End>,
}

impl Striker<'_> {
    fn blow(&self, call: usize) -> Option<Blow> {
        let strike = self
            .strikes
            .iter()
            .find(|strike| strike.call as usize == call);
        strike.map(|strike| strike.blow)
    }
}

impl Director for Striker<'_> {
    fn before(&mut self, _view: &mut View<'_>, pending: &Pending<'_>) -> Act {
        self.calls.push(pending.call);
        match self.blow(self.calls.len() - 1) {
            Some(Blow::KillBefore) => Act::Kill(pending.process),
            Some(Blow::PowerBefore) => Act::PowerLoss,
            Some(Blow::Fail(errno)) => Act::Fail(errno),
            Some(Blow::FailHalfWay(errno)) => {
                Act::AppendPrefixThenFail(pending.bytes.len() / 2, errno)
            }
            Some(Blow::KillAfter | Blow::PowerAfter) | None => Act::Proceed,
        }
    }

    fn after(&mut self, _view: &mut View<'_>, step: &Step<'_>) -> Control {
        match self.blow(self.calls.len() - 1) {
            Some(Blow::KillAfter) => Control::Kill(step.pending.process),
            Some(Blow::PowerAfter) => Control::PowerLoss,
            _ => Control::Continue,
        }
    }

    fn exited(&mut self, _view: &mut View<'_>, _task: TaskId, how: &Ended) {
        self.end = match how {
            Ended::Returned(_) => None,
            Ended::Killed => Some(End::Killed),
            Ended::Panicked(message) => Some(End::Panicked(message.clone())),
        };
    }
}
