//! Cases on the real disk, made without the pipeline, and passes over them.

use crate::bags::{Files, packs};
use alert::{AlertId, Disposition};
use host::{At, Host};
use os::OsHost;
use pipeline::{Drained, Job, Pipeline, Report, Settings, Stage};
use policy::Policy;
use spool::{Always, Claimed, Incoming, Publisher, Spool, SpoolOptions, Worker};
use std::path::PathBuf;

/// A directory with a spool in it.
pub(crate) struct Disk {
    dir: tempfile::TempDir,
    policy: Policy,
}

/// What stage 5 says: taken, given, errors.
pub(crate) type Counts = (u64, u64, u64);

impl Disk {
    pub(crate) fn new() -> Self {
        Disk {
            dir: tempfile::tempdir().unwrap(),
            policy: crate::world::policy(),
        }
    }

    /// The id of the alert `number`.
    pub(crate) fn id(number: usize) -> AlertId {
        AlertId::of("wazuh-alerts-4.x-2026.04.01", &number.to_string())
    }

    /// The spool's directory.
    pub(crate) fn root(&self) -> PathBuf {
        self.dir.path().join("s")
    }

    /// Makes an escalated case of each alert, whatever the policy would say; the first is number `from`.
    pub(crate) fn escalate(&self, from: usize, alerts: &[Vec<u8>]) {
        let host = OsHost::new(self.dir.path()).unwrap();
        let spool = self.spool(&host);
        let batch = alerts.iter().enumerate().map(|(at, payload)| Incoming {
            id: Self::id(from + at),
            payload,
            document: None,
            time: None,
        });
        let batch: Vec<_> = batch.collect();
        Publisher::open(&spool).unwrap().publish(&batch).unwrap();
        let mut worker = Worker::open(&spool, "w1").unwrap();
        let mut judge = Always(Disposition::Escalated);
        while let Claimed::Buckets(claim) = worker.claim().unwrap() {
            worker.complete(claim, &mut judge).unwrap();
        }
    }

    /// Makes a pass.
    pub(crate) fn pass(&self) -> Report {
        let host = OsHost::new(self.dir.path()).unwrap();
        let spool = self.spool(&host);
        let mut pipeline = Pipeline::open(&spool, &self.policy, None, Settings::default()).unwrap();
        let mut hands = |_: &Job<'_, '_>| Vec::<Drained>::new();
        pipeline.pass("run", &mut hands)
    }

    /// Makes a pass in which stage 5 finishes.
    #[track_caller]
    pub(crate) fn pass_well(&self) -> Counts {
        let report = self.pass();
        let stage = report.stage(Stage::Escalation).unwrap();
        assert_eq!(stage.failure, None);
        (stage.counts.taken, stage.counts.given, stage.counts.errors)
    }

    /// The packs, by their places.
    pub(crate) fn packs(&self) -> std::collections::BTreeMap<String, Files> {
        packs(&tests::files_on_disk(&self.root())).unwrap()
    }

    fn spool<'h>(&self, host: &'h dyn Host) -> Spool<'h> {
        Spool::init(host, At::new(host.root(), "s"), SpoolOptions::default()).unwrap()
    }
}
