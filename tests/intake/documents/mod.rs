//! One alert may be several documents: an index is re-indexed under another name of the same pattern, and a shipper that got
//! no answer sends its batch again. It becomes one case, which names them all; alerts that differ in anything stay apart.

mod former;
mod twins;

use crate::intake::starter;
use crate::simulated::{play, program};
use alert::AlertId;
use host::{At, File, Host, Millis};
use indexer::{Answered, Profile, Request, Transport, TransportError};
use mock_indexer::{Core, Options, Planted, Population, Recipe};
use pipeline::{Pipeline, Report, Settings};
use policy::Policy;
use serde_json::Value;
use spool::ledger::Record;
use spool::{LedgerPosition, Spool, SpoolOptions};
use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;
use tests::InProcess;

/// When the alerts of the input were made: 2026-11-27 10:00:01 UTC.
const T0: i64 = 1_795_773_601_000;
const MINUTE: u64 = 60;
const HOUR: u64 = 60 * MINUTE;

/// Two alerts as three documents each: the first, one of a second index, and one of a batch that was sent again.
const THREE: &str = include_str!("three.ndjson");

/// The documents of an alert: index and id.
type Names = BTreeSet<(String, String)>;

/// An indexer, and a home that reads it.
struct World<'a> {
    host: &'a dyn Host,
    policy: &'a Policy,
    core: Rc<RefCell<Core>>,
}

/// Runs a test on a machine whose clock begins five minutes after the alerts.
fn check(run: impl FnOnce(&World<'_>) + 'static) {
    let (done, policy) = (Rc::new(RefCell::new(None)), starter());
    let foundry = program(&done, move |host| {
        let secret = File::create_new(host, At::new(host.root(), "secret")).unwrap();
        secret.append(b"poller:secret\n").unwrap();
        drop(secret);
        let population = Population::new(Recipe::steady(1, 0, T0..T0 + 1));
        let options = Options::healthy("poller", "secret");
        run(&World {
            host,
            policy: &policy,
            core: Rc::new(RefCell::new(Core::new(Arc::new(population), options))),
        });
    });
    play(Millis(T0 + 5 * 60_000), vec![foundry]);
    done.take().expect("the program came to its end");
}

/// The hits of the input whose documents are of one kind.
fn hits(is_wanted: impl Fn(&str, &str) -> bool) -> Vec<Value> {
    let all = THREE
        .lines()
        .map(|line| serde_json::from_str(line).unwrap());
    all.filter(|hit: &Value| is_wanted(text(hit, "_index"), text(hit, "_id")))
        .collect()
}

fn text<'v>(hit: &'v Value, key: &str) -> &'v str {
    hit[key].as_str().unwrap()
}

impl World<'_> {
    /// The indexer has this document from now on. Its index is the day's, or the day's second one if its name ends so.
    fn add(&self, hit: &Value) {
        let second = if text(hit, "_index").ends_with(SECOND) {
            SECOND
        } else {
            ""
        };
        self.core.borrow_mut().ingest(Planted {
            id: format!("{}{second}", text(hit, "_id")),
            timestamp_ms: hit["sort"][0].as_i64().unwrap() - 1_795_946_401_000 + T0,
            indexed_at_ms: self.host.now().0 - 10_000,
            source: hit["_source"].to_string().into_bytes(),
        });
    }

    fn spool(&self) -> Spool<'_> {
        let at = At::new(self.host.root(), "spool");
        Spool::init(self.host, at, SpoolOptions::default()).unwrap()
    }

    /// Waits for so many seconds, and makes passes as processes of their own until nothing is left to read.
    fn pass_after(&self, seconds: u64) -> Report {
        self.host.sleep(Duration::from_secs(seconds));
        loop {
            let report = self.pass();
            assert!(report.is_ok(), "{report:#?}");
            if !report.has_more {
                return report;
            }
        }
    }

    fn pass(&self) -> Report {
        let spool = self.spool();
        let transport = Renaming(InProcess {
            host: self.host,
            core: Rc::clone(&self.core),
        });
        let start = Millis(T0 - 60_000);
        let intake = tests::intake(self.host, &transport, Profile::wazuh4(), start);
        let settings = Settings::default();
        let mut pipeline = Pipeline::open(&spool, self.policy, Some(intake), settings).unwrap();
        pipeline.pass("run", &mut |job| vec![job.drain("w1")])
    }

    /// Each case with the documents that it names: those of its alert's bytes, and those of the ledger.
    fn cases(&self) -> BTreeMap<AlertId, Names> {
        let spool = self.spool();
        let mut cases: BTreeMap<AlertId, Names> = BTreeMap::new();
        let mut repeated: Vec<(AlertId, String, String)> = Vec::new();
        spool::follow(&spool, &LedgerPosition::default(), &mut |record| {
            for case in record.new_cases() {
                let id = case.entry.id();
                let found = spool::cases::read(&spool, case.shelf, id).unwrap();
                let hit: Value = serde_json::from_slice(&found.unwrap().alert).unwrap();
                let name = (
                    text(&hit, "_index").to_owned(),
                    text(&hit, "_id").to_owned(),
                );
                assert!(cases.insert(id, [name].into()).is_none(), "{id} twice");
            }
            if let Record::Repeated { documents } = record {
                repeated.extend(documents);
            }
        })
        .unwrap();
        for (id, index, name) in repeated {
            cases.entry(id).or_default().insert((index, name));
        }
        cases
    }

    /// Whether there is a case for each of these alerts, and no other, and each names these documents.
    #[track_caller]
    fn assert_cases(&self, expected: &[&[(&str, &str)]]) {
        let name = |(suffix, id): &(&str, &str)| (format!("{INDEX}{suffix}"), (*id).to_owned());
        let expected = expected
            .iter()
            .map(|names| names.iter().map(name).collect());
        let expected: BTreeSet<Names> = expected.collect();
        let found = self.cases();
        assert_eq!(found.len(), expected.len(), "{found:#?}");
        assert_eq!(found.into_values().collect::<BTreeSet<_>>(), expected);
        let audit = spool::audit::audit(&self.spool()).unwrap();
        assert_eq!(audit.cased, expected.len() as u64, "{audit:?}");
        assert_eq!(audit.mismatches(), 0, "{audit:?}");
    }
}

/// The index of the day of the alerts.
const INDEX: &str = "wazuh-alerts-4.x-2026.11.27";
/// How the name of an index ends that another one was copied to.
const SECOND: &str = "-reindexed";

/// The indexer with a second index: a document there has the id that it had in the first one.
struct Renaming<T>(T);

impl<T: Transport> Transport for Renaming<T> {
    fn send(
        &self,
        request: &Request<'_>,
        answer: &mut Vec<u8>,
    ) -> Result<Answered, TransportError> {
        let answered = self.0.send(request, answer)?;
        let mut text = String::from_utf8(std::mem::take(answer)).unwrap();
        for id in ["first-1", "first-2"] {
            let day = format!(r#""_index":"{INDEX}","_id":"{id}{SECOND}""#);
            let second = format!(r#""_index":"{INDEX}{SECOND}","_id":"{id}""#);
            text = text.replace(&day, &second);
        }
        *answer = text.into_bytes();
        Ok(answered)
    }
}

/// What the two cases of the input must name.
const BOTH: &[&[(&str, &str)]] = &[
    &[("", "first-1"), (SECOND, "first-1"), ("", "retry-1")],
    &[("", "first-2"), (SECOND, "first-2"), ("", "retry-2")],
];

#[test]
fn the_three_documents_of_an_alert_are_one_case_that_names_them() {
    check(|world| {
        hits(|_, _| true).iter().for_each(|hit| world.add(hit));
        world.pass_after(0);
        world.assert_cases(BOTH);
    });
}

#[test]
fn an_index_that_is_copied_and_a_batch_that_is_sent_again_between_passes_make_no_second_case() {
    // Within the overlap, and beyond it, where the audit of the counts finds them.
    for seconds in [MINUTE, 20 * HOUR] {
        check(move |world| {
            let first = hits(|index, id| !index.ends_with(SECOND) && id.starts_with("first"));
            first.iter().for_each(|hit| world.add(hit));
            world.pass_after(0);
            world.assert_cases(&[&[("", "first-1")], &[("", "first-2")]]);
            let copied = hits(|index, _| index.ends_with(SECOND));
            copied.iter().for_each(|hit| world.add(hit));
            world.pass_after(seconds);
            let again = hits(|_, id| id.starts_with("retry"));
            again.iter().for_each(|hit| world.add(hit));
            world.pass_after(seconds);
            world.assert_cases(BOTH);
        });
    }
}

#[test]
fn a_document_that_is_read_again_is_named_once() {
    check(|world| {
        hits(|_, _| true).iter().for_each(|hit| world.add(hit));
        world.pass_after(0);
        let heads = |world: &World<'_>| {
            let mut count = 0;
            spool::follow(&world.spool(), &LedgerPosition::default(), &mut |record| {
                count += usize::from(matches!(record, Record::Repeated { .. }));
            })
            .unwrap();
            count
        };
        let before = heads(world);
        for _ in 0..3 {
            world.pass_after(MINUTE);
        }
        assert_eq!((before, heads(world)), (1, 1));
    });
}

#[test]
fn alerts_that_differ_in_one_thing_stay_apart() {
    check(|world| {
        let hit = hits(|_, id| id == "first-1").remove(0);
        let changes: [(&str, Value); 6] = [
            ("", Value::Null),
            ("/id", "1795946400.999".into()),
            ("/rule/level", 6.into()),
            ("/rule/level", "5".into()),
            ("/data/srcuser", "Root".into()),
            (
                "/full_log",
                "Failed password for root from 203.0.113.9 port 22 ssh2 ".into(),
            ),
        ];
        for (number, (place, value)) in changes.into_iter().enumerate() {
            let mut other = hit.clone();
            other["_index"] = INDEX.into();
            other["_id"] = format!("other-{number}").into();
            if !place.is_empty() {
                *other["_source"].pointer_mut(place).unwrap() = value;
            }
            world.add(&other);
        }
        world.pass_after(0);
        assert_eq!(world.cases().len(), 6);
    });
}
