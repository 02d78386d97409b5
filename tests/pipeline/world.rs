//! A machine on which a pipeline makes a pass in each life, and the strikes that end the lives.

use crate::bags::Files;
use alert::AlertId;
use host::{At, Call, Errno, File, Host};
use pipeline::{Pipeline, Report, Settings};
use policy::{LoadOptions, Policy, starter};
use sim::kernel::{
    Act, Content, Control, Director, Ended, Exit, Machine, Pending, RunEnd, RunLimit, Seed, Step,
    TaskId, View,
};
use sim::schedule::Timed;
use spool::audit::{Audit, audit_deep};
use spool::{Spool, SpoolOptions};
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;

/// What happens at a call.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Blow {
    /// The process dies before, or after, the call acts.
    Kill { after: bool },
    /// The power goes before, or after, the call acts.
    Power { after: bool },
    /// The call fails.
    Fail(Errno),
}

/// A blow at the call of that number, counted from 0 in the life that it hits.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Strike {
    pub(crate) call: usize,
    pub(crate) blow: Blow,
}

/// What was seen of one life.
pub(crate) struct Life {
    /// `None` if it was killed.
    pub(crate) report: Option<Report>,
    /// The calls it made.
    pub(crate) calls: Vec<Call>,
    /// Those of stage 5.
    pub(crate) escalation: std::ops::Range<usize>,
}

/// One machine and its lives.
pub(crate) struct World {
    machine: Machine,
    policy: Rc<Policy>,
    pub(crate) settings: Settings,
    pub(crate) options: SpoolOptions,
}

const SPOOL: &str = "s";

/// Three alerts that are escalated, one of them without a time, and one that is not.
const ALERTS: [(&str, u32, &str); 4] = [
    ("a.json", 15, "2026-04-01T05:29:07.000+0000"),
    ("b.json", 15, "2026-04-01T23:59:59.000+0000"),
    ("c.json", 15, "soon"),
    ("d.json", 7, "2026-04-01T05:29:07.000+0000"),
];

/// The starter policy: an alert of level 14 or more is escalated, whatever it is about.
pub(crate) fn policy() -> Policy {
    Policy::load(&starter(), LoadOptions::default()).unwrap()
}

fn payload(level: u32, timestamp: &str) -> Vec<u8> {
    let alert = serde_json::json!({
        "timestamp": timestamp, "rule": {"level": level, "id": "100", "groups": ["syscheck"]},
        "agent": {"name": "web-03", "ip": "10.0.0.3"}, "syscheck": {"path": "/srv/x"},
    });
    alert.to_string().into_bytes()
}

impl World {
    pub(crate) fn new(policy: &Rc<Policy>, seed: u64) -> Self {
        let mut machine = Machine::new(tests::machine_options(seed));
        machine.make_dir(SPOOL).unwrap();
        machine.make_dir(&format!("{SPOOL}/inbox")).unwrap();
        for (name, level, timestamp) in ALERTS {
            let path = format!("{SPOOL}/inbox/{name}");
            let bytes = payload(level, timestamp);
            machine.make_file(&path, Content::Bytes(bytes), 0).unwrap();
        }
        World {
            machine,
            policy: Rc::clone(policy),
            settings: Settings::default(),
            options: SpoolOptions::default(),
        }
    }

    /// Puts the clock forward.
    pub(crate) fn days_pass(&mut self, days: i64) {
        self.machine.step_clock(days * 24 * 3_600_000);
    }

    /// Removes a file of the spool.
    pub(crate) fn remove(&mut self, path: &str) {
        let path = path.to_owned();
        self.run(move |spool| spool.host().unlink(spool.root().at(&path)).unwrap());
    }

    /// Makes a file in a new directory of the spool.
    pub(crate) fn plant(&mut self, dir: &str, name: &str, bytes: &'static [u8]) {
        let (dir, path) = (dir.to_owned(), format!("{dir}/{name}"));
        self.run(move |spool| {
            spool.host().mkdir(spool.root().at(&dir)).unwrap();
            let file = File::create_new(spool.host(), spool.root().at(&path)).unwrap();
            file.append(bytes).unwrap();
        });
    }

    /// The alerts that are to have a pack: place below `escalations/`, id, bytes.
    pub(crate) fn expected() -> BTreeMap<String, (String, Vec<u8>)> {
        let escalated = ALERTS.iter().filter(|(_, level, _)| 14 <= *level);
        escalated
            .map(|(_, level, timestamp)| {
                let id = AlertId::of_alert(&payload(*level, timestamp)).to_string();
                let place = match timestamp.get(..10) {
                    Some(date) => format!("{}/{id}", date.replace('-', "/")),
                    None => format!("undated/{id}"),
                };
                (place, (id, payload(*level, timestamp)))
            })
            .collect()
    }

    /// Every file of the spool's directory.
    pub(crate) fn files(&self) -> Files {
        tests::files_of_machine(&self.machine, SPOOL)
    }

    /// Drops another alert into `inbox/`.
    pub(crate) fn drop_in(&mut self, name: &str, level: u32) {
        let path = format!("{SPOOL}/inbox/{name}");
        let mut alert: serde_json::Value =
            serde_json::from_slice(&payload(level, "2026-04-01T05:29:07.000+0000")).unwrap();
        alert["id"] = name.into();
        let bytes = alert.to_string().into_bytes();
        self.drop_bytes(&path, bytes);
    }

    /// Drops any bytes into `inbox/`.
    pub(crate) fn drop_any(&mut self, name: &str, bytes: &[u8]) {
        self.drop_bytes(&format!("{SPOOL}/inbox/{name}"), bytes.to_vec());
    }

    fn drop_bytes(&mut self, path: &str, bytes: Vec<u8>) {
        let content = Content::Bytes(bytes);
        self.machine.make_file(path, content, 0).unwrap();
    }

    /// Audits the spool, byte by byte.
    pub(crate) fn audit(&mut self) -> Audit {
        self.run(|spool| audit_deep(spool, &mut |_| {}).unwrap())
    }

    /// Runs a program over the spool that nobody strikes.
    pub(crate) fn run<T: 'static>(&mut self, act: impl FnOnce(&Spool<'_>) -> T + 'static) -> T {
        let slot = Rc::new(RefCell::new(None));
        let given = Rc::clone(&slot);
        let program = Box::new(move |host: &dyn Host| {
            let at = At::new(host.root(), SPOOL);
            let spool = Spool::open(host, at, SpoolOptions::default()).unwrap();
            *given.borrow_mut() = Some(act(&spool));
            Exit::OK
        });
        self.machine
            .spawn(tests::task("other", 2), program)
            .unwrap();
        let mut nobody = Striker::new(None);
        let run = self
            .machine
            .run(&mut Timed::new(Seed(1)), &mut nobody, RunLimit::NONE);
        assert_eq!((run, nobody.panic), (RunEnd::Finished, None));
        slot.take().unwrap()
    }

    /// Runs one life: one pass, struck as given.
    pub(crate) fn live(&mut self, strike: Option<Strike>) -> Life {
        let report = Rc::new(RefCell::new(None));
        let (slot, policy) = (Rc::clone(&report), Rc::clone(&self.policy));
        let (settings, options) = (self.settings.clone(), self.options);
        let program = Box::new(move |host: &dyn Host| {
            *slot.borrow_mut() = pass(host, &policy, settings, options);
            Exit::OK
        });
        self.machine.spawn(tests::task("life", 1), program).unwrap();
        let mut striker = Striker::new(strike);
        let limit = RunLimit {
            // No life makes nearly as many calls: more is a loop that does not end.
            steps_max: self.machine.steps() + 100_000,
            ..RunLimit::NONE
        };
        let mut schedule = Timed::new(Seed(1));
        let run = self.machine.run(&mut schedule, &mut striker, limit);
        assert_eq!(run, RunEnd::Finished, "the life does not end");
        assert_eq!(striker.panic, None, "{strike:?}");
        Life {
            report: report.take(),
            calls: striker.calls,
            escalation: striker.escalation,
        }
    }
}

/// One pass; `None` if not even the spool could be opened.
fn pass(
    host: &dyn Host,
    policy: &Policy,
    settings: Settings,
    options: SpoolOptions,
) -> Option<Report> {
    let at = At::new(host.root(), SPOOL);
    let spool = Spool::init(host, at, options).ok()?;
    let mut pipeline = Pipeline::open(&spool, policy, None, settings).ok()?;
    Some(pipeline.pass("run", &mut |job| vec![job.drain("w1")]))
}

/// Strikes at the call that it was given, and notes what is called.
struct Striker {
    strike: Option<Strike>,
    calls: Vec<Call>,
    /// From the first call that names the stage's own files to the last.
    escalation: std::ops::Range<usize>,
    panic: Option<String>,
}

impl Striker {
    fn new(strike: Option<Strike>) -> Self {
        Striker {
            strike,
            calls: Vec::new(),
            // Nothing yet: the first such call is both.
            escalation: std::ops::Range {
                start: usize::MAX,
                end: 0,
            },
            panic: None,
        }
    }

    fn blow(&self) -> Option<Blow> {
        let strike = self
            .strike
            .filter(|strike| strike.call + 1 == self.calls.len());
        strike.map(|strike| strike.blow)
    }
}

impl Director for Striker {
    fn before(&mut self, _view: &mut View<'_>, pending: &Pending<'_>) -> Act {
        let paths = [pending.path, pending.to_path].map(String::from_utf8_lossy);
        if paths.iter().any(|path| path.starts_with("escalation")) {
            self.escalation.start = self.escalation.start.min(self.calls.len());
            // The file's and the directory's sync follow the last name.
            self.escalation.end = self.calls.len() + 2;
        }
        self.calls.push(pending.call);
        match self.blow() {
            Some(Blow::Kill { after: false }) => Act::Kill(pending.process),
            Some(Blow::Power { after: false }) => Act::PowerLoss,
            Some(Blow::Fail(errno)) => Act::Fail(errno),
            _ => Act::Proceed,
        }
    }

    fn after(&mut self, _view: &mut View<'_>, step: &Step<'_>) -> Control {
        match self.blow() {
            Some(Blow::Kill { after: true }) => Control::Kill(step.pending.process),
            Some(Blow::Power { after: true }) => Control::PowerLoss,
            _ => Control::Continue,
        }
    }

    fn exited(&mut self, _view: &mut View<'_>, _task: TaskId, how: &Ended) {
        if let Ended::Panicked(message) = how {
            self.panic = Some(message.clone());
        }
    }
}
