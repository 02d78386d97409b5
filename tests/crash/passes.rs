//! The whole pipeline as the program that is disturbed: passes over a mock indexer, until everything is cased.

use crate::failures::fail_everywhere;
use crate::life::{SPOOL, Work};
use crate::power::lose_power_everywhere;
use crate::sweep::{Execution, Sweep};
use crate::world::{Blow, Strike};
use alert::AlertId;
use host::{At, Host, Millis};
use indexer::Profile;
use mock_indexer::{Core, Options, Population};
use pipeline::{Pipeline, Settings};
use policy::{LoadOptions, Policy};
use serde_json::value::RawValue;
use spool::audit::{Audit, audit};
use spool::{Spool, SpoolOptions};
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;
use std::sync::{Arc, LazyLock};
use tests::InProcess;

/// An hour before the machine's clock begins.
const FROM: i64 = 1_775_000_000_000 - 3_600_000;
/// After every alert is there, and before the clock begins.
const TO: i64 = FROM + 3_000_000;

/// Loaded outside of the simulated machine: its parser measures the thread's stack.
static POLICY: LazyLock<Policy> = LazyLock::new(|| {
    Policy::load(&policy::starter(), LoadOptions::default()).expect("the starter policy is good")
});

/// The file of user and password, which is there before the first life, and what it holds.
pub(crate) const SECRET: &str = "secret";
pub(crate) const SECRET_BYTES: &[u8] = b"poller:secret\n";

/// Loads the policy, unless it is loaded.
pub(crate) fn load_policy() {
    LazyLock::force(&POLICY);
}

static POPULATION: LazyLock<Arc<Population>> =
    LazyLock::new(|| Arc::new(tests::nine_alerts(FROM, TO)));

/// Every alert of the indexer, with the bytes that a search answers.
pub(crate) fn alerts() -> BTreeMap<AlertId, Vec<u8>> {
    let body = format!(
        r#"{{"size":100,"track_total_hits":true,"query":{{"bool":{{"filter":[{{"range":{{"timestamp":{{"gte":{FROM},"lt":{TO},"format":"epoch_millis"}}}}}}]}}}},"sort":[{{"timestamp":{{"order":"asc"}}}},{{"_id":{{"order":"asc"}}}}]}}"#
    );
    let asked = mock_indexer::Request {
        method: "POST",
        path: "/wazuh-alerts-4.x-*/_search",
        query: "",
        authorization: Some(&mock_indexer::basic_authorization("poller", "secret")),
        body: body.as_bytes(),
    };
    let answer = core().answer(TO, &asked);
    let answer: Answer<'_> = serde_json::from_slice(&answer.body).expect("a search result");
    let hits = answer.hits.hits.iter().map(|raw| {
        let bytes = raw.get().as_bytes();
        (AlertId::of_alert(bytes), bytes.to_vec())
    });
    hits.collect()
}

#[derive(serde::Deserialize)]
struct Answer<'a> {
    #[serde(borrow)]
    hits: Hits<'a>,
}

#[derive(serde::Deserialize)]
struct Hits<'a> {
    #[serde(borrow)]
    hits: Vec<&'a RawValue>,
}

fn core() -> Core {
    let options = Options::healthy("poller", "secret");
    Core::new(Arc::clone(&POPULATION), options)
}

/// Makes passes until one is well and leaves nothing to do. `stubborn` goes on after one that is not.
pub(crate) fn live(host: &dyn Host, stubborn: bool) -> Result<Audit, String> {
    let options = SpoolOptions {
        pending_max: 4,
        claim_buckets: 2,
        ..SpoolOptions::default()
    };
    let told = |error: &dyn std::error::Error| error.to_string();
    let at = At::new(host.root(), SPOOL);
    let spool = Spool::init(host, at, options).map_err(|error| told(&error))?;
    let transport = InProcess {
        host,
        core: Rc::new(RefCell::new(core())),
    };
    let intake = tests::intake(host, &transport, Profile::wazuh4(), Millis(FROM));
    // Nine alerts, so that reconcile's book has entries in memory, and pages.
    let settings = Settings {
        near_max: 3,
        ..Settings::default()
    };
    let mut pipeline = Pipeline::open(&spool, &POLICY, Some(intake), settings)
        .map_err(|failure| failure.to_string())?;
    let mut last = String::new();
    for pass in 0..if stubborn { 4 } else { 2 } {
        let report = pipeline.pass(&pass.to_string(), &mut |job| vec![job.drain("w1")]);
        let found = report.reconciled.as_ref();
        let is_drained = found.is_some_and(|found| found.queue == 0 && found.to_restore.is_empty());
        if report.is_ok() && is_drained {
            return audit(&spool).map_err(|error| told(&error));
        }
        let failed = report.stages.iter().filter_map(|stage| {
            let failure = stage.failure.as_ref()?;
            Some(format!("{}: {failure}", stage.stage.word()))
        });
        last = format!("{:?} {found:?}", failed.collect::<Vec<_>>());
    }
    Err(last)
}

#[test]
fn a_kill_at_any_call_of_a_pass_loses_and_doubles_nothing() {
    let mut sweep = Sweep::new("kill at every call of the pipeline");
    let calls = Execution::new(Work::Pipeline).next_life().calls;
    for call in 0..calls.len() as u32 {
        for blow in [Blow::KillBefore, Blow::KillAfter] {
            let mut execution = Execution::new(Work::Pipeline);
            execution.lives = vec![vec![Strike { call, blow }]];
            sweep.run(&execution);
        }
    }
    sweep.finish();
}

#[test]
fn a_power_loss_at_any_call_of_a_pass_loses_and_doubles_nothing() {
    lose_power_everywhere(
        "power loss at every call of the pipeline",
        Work::Pipeline,
        2,
    );
}

#[test]
fn a_call_of_a_pass_that_fails_loses_nothing_and_a_later_pass_finishes() {
    fail_everywhere(
        "every call of the pipeline fails once, the process goes on",
        Work::Pipeline,
        true,
    );
}
