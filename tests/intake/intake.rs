//! The whole pipeline on whatever machine there is: passes until everything that the indexer has is cased.

use host::{At, Host, Millis};
use indexer::{Profile, Transport};
use mock_indexer::Population;
use pipeline::heartbeat::Heartbeat;
use pipeline::{Pipeline, Report, Settings, Stage};
use policy::{LoadOptions, Policy};
use spool::audit::{Audit, audit};
use spool::{Spool, SpoolOptions};
use std::collections::BTreeSet;
use std::time::Duration;

/// What came in, and how each pass went.
pub(crate) struct Taken {
    pub(crate) reports: Vec<Report>,
    pub(crate) audit: Audit,
    pub(crate) heartbeat: Heartbeat,
}

/// The policy that ships. It is loaded outside of the simulated machine: its parser measures the thread's stack.
pub(crate) fn starter() -> Policy {
    Policy::load(&policy::starter(), LoadOptions::default()).unwrap()
}

/// Makes passes, a minute apart, until one that began after `until` finds nothing more and no stage fails: at most
/// `passes_max`.
pub(crate) fn take_in(
    host: &dyn Host,
    transport: &dyn Transport,
    policy: &Policy,
    start: Millis,
    until: Millis,
    passes_max: usize,
) -> Taken {
    let spool = Spool::init(host, At::new(host.root(), "spool"), SpoolOptions::default()).unwrap();
    let profile = match policy.profile() {
        policy::Profile::Wazuh4 => Profile::wazuh4(),
        policy::Profile::Wazuh5 => Profile::wazuh5(),
    };
    let intake = tests::intake(host, transport, profile, start);
    let mut pipeline = Pipeline::open(&spool, policy, Some(intake), Settings::default()).unwrap();
    let mut reports: Vec<Report> = Vec::new();
    loop {
        let run_id = format!("run-{}", reports.len());
        let report = pipeline.pass(&run_id, &mut |job| vec![job.drain("w1")]);
        let is_last = until <= report.started && report.is_ok() && !report.has_more;
        reports.push(report);
        if is_last {
            break;
        }
        assert!(reports.len() < passes_max, "{:#?}", reports.last());
        host.sleep(Duration::from_secs(60));
    }
    drop(pipeline);
    Taken {
        reports,
        audit: audit(&spool).unwrap(),
        heartbeat: Heartbeat::load(&spool).unwrap().unwrap(),
    }
}

/// How many alerts there are: one that was delivered again has two documents.
fn alerts(population: &Population) -> u64 {
    let documents = || population.documents();
    let generated: BTreeSet<u32> = documents().filter_map(|document| document.seq).collect();
    let planted = documents().filter(|document| document.seq.is_none());
    generated.len() as u64 + planted.count() as u64
}

impl Taken {
    /// Every alert of the oracle has its case, once, and there is no other; and everybody says so.
    #[track_caller]
    pub(crate) fn assert_all_once(&self, population: &Population) {
        self.assert_all_ended(population, 0);
    }

    /// The equation, with `quarantined` of the alerts set aside and all others cased; and everybody says so.
    #[track_caller]
    pub(crate) fn assert_all_ended(&self, population: &Population, quarantined: u64) {
        let published = alerts(population);
        let expected = Audit {
            published,
            quarantined,
            cased: published - quarantined,
            ..Audit::default()
        };
        assert_eq!(self.audit, expected, "{:?}", self.failures());
        let found = self.reports.last().unwrap().reconciled.as_ref().unwrap();
        let ended = (found.cases(), found.quarantined, found.mismatches());
        assert_eq!(ended, (expected.cased, quarantined, 0), "{found}");
        let told: u64 = self.heartbeat.dispositions.values().sum();
        assert_eq!(told, expected.cased, "{:#?}", self.heartbeat);
        assert!(self.heartbeat.ok);
    }

    /// What the polls of all passes said when they failed.
    pub(crate) fn failures(&self) -> Vec<&str> {
        let polls = self
            .reports
            .iter()
            .filter_map(|report| report.stage(Stage::Poll));
        let failures = polls.filter_map(|poll| poll.failure.as_ref());
        failures.map(|failure| failure.message.as_str()).collect()
    }

    /// Passes in which something else than the poll failed.
    pub(crate) fn other_failures(&self) -> Vec<String> {
        let stages = self.reports.iter().flat_map(|report| &report.stages);
        stages
            .filter(|stage| stage.stage != Stage::Poll)
            .filter_map(|stage| Some(format!("{:?}: {}", stage.stage, stage.failure.as_ref()?)))
            .collect()
    }
}
