//! An indexer that hangs, in virtual time: what waits is triaged in the same pass, and nobody in that pass asks again.

use crate::intake::starter;
use crate::simulated::{play, program};
use host::{At, Dir, File, Host, Millis};
use indexer::{Answered, Class, Profile, Request, Transport, TransportError};
use mock_indexer::{Core, Options, Population, Recipe};
use pipeline::{FailureKind, Pipeline, Report, Settings, Stage};
use policy::Policy;
use spool::{Spool, SpoolOptions};
use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;
use tests::InProcess;

const T0: i64 = 1_774_483_200_000;
const HOUR: i64 = 3_600_000;

/// The way to an indexer that hangs while it is told to.
struct Hanging<'a> {
    way: InProcess<'a>,
    hangs: &'a Cell<bool>,
    asked: &'a Cell<u32>,
}

impl Transport for Hanging<'_> {
    fn send(
        &self,
        request: &Request<'_>,
        answer: &mut Vec<u8>,
    ) -> Result<Answered, TransportError> {
        self.asked.set(self.asked.get() + 1);
        if !self.hangs.get() {
            return self.way.send(request, answer);
        }
        let has = request.patience.attempt().unwrap();
        self.way.host.sleep(has);
        Err(TransportError::new(Class::Timeout, "did not answer"))
    }
}

fn put(host: &dyn Host, dir: &Dir<'_>, name: &str) {
    let file = File::create_new(host, dir.at(name)).unwrap();
    let alert = format!(r#"{{"rule":{{"level":3,"id":"1"}},"id":"{name}"}}"#);
    file.append(alert.as_bytes()).unwrap();
}

fn length_ms(report: &Report) -> i64 {
    report.finished.0 - report.started.0
}

fn given(report: &Report, stage: Stage) -> u64 {
    report.stage(stage).unwrap().counts.given
}

/// What a program on the simulated machine finds that has ten alerts to fetch from such an indexer.
fn with_ten<T: 'static>(
    act: impl FnOnce(&mut Pipeline<'_>, &Spool<'_>, &Cell<bool>, &Cell<u32>) -> T + 'static,
) -> T {
    let population = Arc::new(Population::new(Recipe::steady(3, 10, T0..T0 + 60_000)));
    let options = Options::healthy("poller", "secret");
    let core = Rc::new(RefCell::new(Core::new(population, options)));
    let policy: Policy = starter();
    let slot = Rc::new(RefCell::new(None));
    let foundry = program(&slot, move |host| {
        let secret = File::create_new(host, At::new(host.root(), "secret")).unwrap();
        secret.append(b"poller:secret\n").unwrap();
        let at = At::new(host.root(), "spool");
        let spool = Spool::init(host, at, SpoolOptions::default()).unwrap();
        let (hangs, asked) = (Cell::new(false), Cell::new(0));
        let transport = Hanging {
            way: InProcess { host, core },
            hangs: &hangs,
            asked: &asked,
        };
        let intake = tests::intake(host, &transport, Profile::wazuh4(), Millis(T0));
        let settings = Settings::default();
        let mut pipeline = Pipeline::open(&spool, &policy, Some(intake), settings).unwrap();
        act(&mut pipeline, &spool, &hangs, &asked)
    });
    play(Millis(T0 + HOUR), vec![foundry]);
    slot.take().unwrap()
}

#[test]
fn what_waits_in_the_inbox_is_cased_in_the_pass_that_the_indexer_holds() {
    with_ten(|pipeline, spool, hangs, asked| {
        hangs.set(true);
        let inbox = Dir::open(spool.host(), spool.root().at("inbox")).unwrap();
        for number in 0..5 {
            put(spool.host(), &inbox, &format!("{number}.json"));
        }
        let report = pipeline.pass("held", &mut |job| vec![job.drain("w1")]);
        let failure = report.stage(Stage::Poll).unwrap().failure.as_ref();
        assert_eq!(failure.unwrap().kind, FailureKind::Unavailable);
        assert_eq!(given(&report, Stage::Cases), 5);
        let others = report.stages.iter().filter(|one| one.failure.is_some());
        assert_eq!(others.count(), 1, "{report:#?}");
        assert!(length_ms(&report) < 22_000, "{} ms", length_ms(&report));
        assert_eq!(asked.get(), 2, "one attempt, and another one");

        hangs.set(false);
        let report = pipeline.pass("answered", &mut |job| vec![job.drain("w1")]);
        assert!(report.is_ok(), "{report:#?}");
        assert_eq!(given(&report, Stage::Cases), 10);
    });
}

#[test]
fn reconcile_does_not_ask_an_indexer_that_has_hung_in_the_same_pass() {
    with_ten(|pipeline, spool, hangs, asked| {
        let idle = &mut |_: &pipeline::Job<'_, '_>| Vec::new();
        pipeline.pass("published", idle);
        remove_one(spool);
        hangs.set(true);
        let before = asked.get();
        let report = pipeline.pass("held", idle);
        let reconcile = report.stage(Stage::Reconcile).unwrap();
        assert_eq!(reconcile.failure, None);
        assert_eq!(report.reconciled.as_ref().unwrap().to_restore.len(), 1);
        assert_eq!(asked.get() - before, 2);
        assert!(length_ms(&report) < 22_000, "{} ms", length_ms(&report));

        hangs.set(false);
        spool.host().sleep(Duration::from_secs(60));
        let report = pipeline.pass("answered", idle);
        assert_eq!(
            report.reconciled.unwrap().restored,
            1,
            "at once, not after an hour"
        );
    });
}

/// Removes one pending entry behind the queue's back.
fn remove_one(spool: &Spool<'_>) {
    let host = spool.host();
    let pending = Dir::open(host, spool.root().at("pending")).unwrap();
    let mut names = host::Names::default();
    assert!(pending.read(&mut names).unwrap());
    let bucket = String::from_utf8(names.iter().next().unwrap().name.to_vec()).unwrap();
    let bucket = Dir::open(host, pending.at(&bucket)).unwrap();
    assert!(bucket.read(&mut names).unwrap());
    let entry = names.iter().next().unwrap().name.to_vec();
    host.unlink(bucket.at(&entry)).unwrap();
}
