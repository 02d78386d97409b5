//! The disk is full from some call of a pass on to its end, and has space again for the next: whatever could not be done is
//! reported, the other stages run, and the next pass finishes everything.

use crate::intake::starter;
use crate::simulated::run_with;
use host::{At, Call, Errno, Host, Millis};
use indexer::Profile;
use mock_indexer::{Core, Options, Population};
use pipeline::heartbeat::Heartbeat;
use pipeline::{Pipeline, Report, Settings, Stage};
use policy::Policy;
use sim::kernel::{Act, Content, Director, Machine, Pending, View};
use spool::audit::{Audit, audit};
use spool::{Spool, SpoolOptions};
use std::cell::{Cell, RefCell};
use std::collections::BTreeSet;
use std::rc::Rc;
use std::sync::{Arc, LazyLock};
use tests::InProcess;

/// An hour before the machine's clock begins.
const FROM: i64 = 1_775_000_000_000 - 3_600_000;
const ALERTS: u64 = 9;

/// Loaded outside of the simulated machine: its parser measures the thread's stack.
static POLICY: LazyLock<Policy> = LazyLock::new(starter);

static POPULATION: LazyLock<Arc<Population>> =
    LazyLock::new(|| Arc::new(tests::nine_alerts(FROM, FROM + 3_000_000)));

/// What a full disk refuses.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Full {
    /// New files, new directories, and bytes.
    Bytes,
    /// Also names that are moved, and what was still to be written back: a directory may have to grow for the first, and
    /// space is found for the second only then.
    Names,
}

impl Full {
    fn refuses(self, call: Call) -> bool {
        match call {
            Call::CreateNew | Call::Mkdir | Call::Append => true,
            Call::Rename | Call::RenameNoreplace | Call::Link | Call::SyncFile | Call::SyncAll => {
                self == Full::Names
            }
            _ => false,
        }
    }
}

/// Refuses what needs space, from one such call on, while the pass runs that is to meet the full disk.
struct Filling {
    full: Full,
    from: usize,
    is_on: Rc<Cell<bool>>,
    /// Calls that needed space so far.
    calls: usize,
}

impl Director for Filling {
    fn before(&mut self, _view: &mut View<'_>, pending: &Pending<'_>) -> Act {
        if !self.is_on.get() || !self.full.refuses(pending.call) {
            return Act::Proceed;
        }
        self.calls += 1;
        match self.from < self.calls {
            true => Act::Fail(Errno::NoSpace),
            false => Act::Proceed,
        }
    }
}

/// What one run of two passes left.
struct Told {
    full: Report,
    /// What stands on disk after the pass on the full disk.
    full_heartbeat: Option<Heartbeat>,
    /// What the next pass left.
    next_heartbeat: Heartbeat,
    healed: Report,
    healed_heartbeat: Heartbeat,
    audit: Audit,
}

/// Two passes, the first while `is_full` is on; by one process, or by two. A third if what was to be written back failed: a
/// descriptor that was open then tells of it once, when there is space again, as syncfs(2) does.
fn two_passes(host: &dyn Host, is_full: &Cell<bool>, is_restarted: bool) -> Told {
    let options = SpoolOptions {
        pending_max: 4,
        claim_buckets: 2,
        ..SpoolOptions::default()
    };
    let spool = Spool::init(host, At::new(host.root(), "spool"), options).unwrap();
    let core = Core::new(
        Arc::clone(&POPULATION),
        Options::healthy("poller", "secret"),
    );
    let transport = InProcess {
        host,
        core: Rc::new(RefCell::new(core)),
    };
    let open = || {
        let intake = tests::intake(host, &transport, Profile::wazuh4(), Millis(FROM));
        Pipeline::open(&spool, &POLICY, Some(intake), Settings::default()).unwrap()
    };
    let mut pipeline = open();
    is_full.set(true);
    let full = pipeline.pass("full", &mut |job| vec![job.drain("w1")]);
    is_full.set(false);
    let full_heartbeat = Heartbeat::load(&spool).unwrap();
    if is_restarted {
        drop(pipeline);
        pipeline = open();
    }
    let mut healed = pipeline.pass("healed", &mut |job| vec![job.drain("w1")]);
    let next_heartbeat = Heartbeat::load(&spool).unwrap().unwrap();
    let failures = healed.stages.iter().filter_map(|one| one.failure.as_ref());
    let is_told_late =
        |failure: &pipeline::Failure| failure.message.contains("sync_all: no space left");
    if 0 < failures.clone().count() && failures.into_iter().all(is_told_late) {
        healed = pipeline.pass("healed", &mut |job| vec![job.drain("w1")]);
    }
    Told {
        full,
        full_heartbeat,
        next_heartbeat,
        healed,
        healed_heartbeat: Heartbeat::load(&spool).unwrap().unwrap(),
        audit: audit(&spool).unwrap(),
    }
}

/// Runs both passes on a machine of its own. Also says how many calls of the first one needed space.
fn run(full: Full, from: usize, is_restarted: bool) -> (Told, usize) {
    LazyLock::force(&POLICY);
    let mut machine = Machine::new(tests::machine_options(1));
    let secret = Content::Bytes(b"poller:secret\n".to_vec());
    machine.make_file("secret", secret, 0).unwrap();
    let is_on = Rc::new(Cell::new(false));
    let mut filling = Filling {
        full,
        from,
        is_on: Rc::clone(&is_on),
        calls: 0,
    };
    let told = run_with(&mut machine, &mut filling, move |host| {
        two_passes(host, &is_on, is_restarted)
    });
    (told, filling.calls)
}

/// The stages that say that something was wrong.
fn complaints(report: &Report) -> BTreeSet<&'static str> {
    let wrong = report
        .stages
        .iter()
        .filter(|stage| stage.failure.is_some() || 0 < stage.counts.errors);
    wrong.map(|stage| stage.stage.word()).collect()
}

#[track_caller]
fn check(full: Full, told: &Told, what: &str) {
    let report = &told.full;
    let complaints = complaints(report);
    assert!(
        !complaints.is_empty(),
        "{what}: nobody noticed\n{report:#?}"
    );
    assert_eq!(report.stages.len(), Stage::ALL.len(), "{what}");
    for stage in &report.stages {
        let Some(failure) = &stage.failure else {
            continue;
        };
        let message = &failure.message;
        assert!(message.contains("free space"), "{what}: {message}");
    }
    // These read, and rename at most: a full disk keeps neither from its work, nor from telling of it.
    assert!(report.depth.is_some(), "{what}");
    assert!(report.reconciled.is_some(), "{what}\n{report:#?}");
    if full == Full::Bytes {
        assert!(!complaints.contains("cap"), "{what}\n{report:#?}");
    }
    let is_unwritten = complaints.contains("heartbeat");
    let written = told.full_heartbeat.as_ref();
    if !is_unwritten {
        let written = written.unwrap();
        let said = written
            .stages
            .iter()
            .filter(|stage| stage.error.is_some() || 0 < stage.errors);
        let said: BTreeSet<&str> = said.map(|stage| stage.stage.as_str()).collect();
        assert_eq!(
            (written.run_id.as_str(), said),
            ("full", complaints),
            "{what}"
        );
    }
    // With space again, the next pass does it.
    let healed = &told.healed;
    assert!(healed.is_ok(), "{what}\n{healed:#?}");
    let found = healed.reconciled.as_ref().unwrap();
    assert_eq!((found.cases(), found.queue), (ALERTS, 0), "{what}: {found}");
    let expected = Audit {
        published: ALERTS,
        cased: ALERTS,
        ..Audit::default()
    };
    assert_eq!(told.audit, expected, "{what}");
    assert!(told.healed_heartbeat.ok, "{what}");
}

/// The full disk at every call that needs space. Returns the stages that complained, all runs together.
fn sweep(full: Full) -> BTreeSet<&'static str> {
    let (whole, calls) = run(full, usize::MAX, false);
    assert_eq!(complaints(&whole.full), BTreeSet::new());
    assert!(80 < calls, "{calls} calls are too few for a pass");
    let mut all = BTreeSet::new();
    for is_restarted in [false, true] {
        for from in 0..calls {
            let (told, _) = run(full, from, is_restarted);
            let what = format!("{full:?} from call {from} of {calls}, restarted: {is_restarted}");
            check(full, &told, &what);
            let complained = complaints(&told.full);
            let late = told.next_heartbeat.stages.iter();
            let unwritten: u64 = late
                .filter(|stage| stage.stage == Stage::Heartbeat.word())
                .map(|stage| stage.errors)
                .sum();
            let is_told = !is_restarted && complained.contains(Stage::Heartbeat.word());
            assert_eq!(
                unwritten,
                u64::from(is_told),
                "{what}: heartbeats that were not written"
            );
            all.extend(complained);
        }
    }
    all
}

#[test]
fn a_disk_without_space_for_bytes_is_told_of_by_each_stage_that_writes_and_the_next_pass_finishes()
{
    let writes = [
        Stage::Poll,
        Stage::Triage,
        Stage::Cases,
        Stage::Escalation,
        Stage::Reconcile,
        Stage::Heartbeat,
    ];
    let writes: BTreeSet<&str> = writes.iter().map(|stage| stage.word()).collect();
    assert_eq!(sweep(Full::Bytes), writes);
}

#[test]
fn a_disk_without_space_for_names_is_told_of_by_every_stage_and_the_next_pass_finishes() {
    let every: BTreeSet<&str> = Stage::ALL.iter().map(|stage| stage.word()).collect();
    assert_eq!(sweep(Full::Names), every);
}
