//! The poller over an indexer and a machine in memory: what it reads, what it survives, and what it never loses.

#![expect(clippy::unwrap_used, reason = "a test ends at the first surprise")]

mod account;
mod clocks;
mod delivery;
mod fake;
mod faults;
mod indices;
mod late;
mod machine;
mod patience;
mod recheck;

use fake::Fake;
use host::{Host, Millis};
use indexer::{Config, Hit, PollError, Poller, Profile, SecretFile, SinkError, Step};
use machine::Machine;
use std::collections::BTreeMap;
use std::time::Duration;

/// When the tests begin: 2026-04-01T12:00:00Z.
pub(crate) const T0: i64 = 1_775_044_800_000;
pub(crate) const SECOND: i64 = 1_000;
pub(crate) const MINUTE: i64 = 60 * SECOND;
pub(crate) const HOUR: i64 = 60 * MINUTE;
pub(crate) const DAY: i64 = 24 * HOUR;

pub(crate) fn config() -> Config {
    let mut config = Config::new(Profile::wazuh4());
    config.page_alerts = 10;
    config.slice_alerts = 40;
    config
}

pub(crate) fn machine() -> Machine {
    let machine = Machine::new(T0);
    machine.put("secret", b"reader:one\n");
    machine
}

pub(crate) fn open<'h>(fake: &'h Fake<'_>, machine: &'h Machine, config: Config) -> Poller<'h> {
    open_from(fake, machine, config, T0 - 6 * HOUR)
}

pub(crate) fn open_from<'h>(
    fake: &'h Fake<'_>,
    machine: &'h Machine,
    config: Config,
    start: i64,
) -> Poller<'h> {
    let secret = SecretFile::new(machine, machine.root(), "secret");
    let start = Millis(start);
    Poller::open(machine, machine.root(), fake, secret, config, start, 7).unwrap()
}

/// What a sink has accepted: how often, by index and id.
pub(crate) type Accepted = BTreeMap<(String, String), u32>;

pub(crate) fn accept(accepted: &mut Accepted) -> impl FnMut(&[Hit<'_>]) -> Result<(), SinkError> {
    |hits| {
        assert!(!hits.is_empty());
        for hit in hits {
            let key = (hit.index.to_string(), hit.id.to_string());
            *accepted.entry(key).or_default() += 1;
        }
        Ok(())
    }
}

/// Steps until the poller has caught up, with a minute between two failures.
pub(crate) fn drain(
    poller: &mut Poller<'_>,
    machine: &Machine,
    accepted: &mut Accepted,
) -> Vec<PollError> {
    let mut errors = Vec::new();
    for _ in 0..10_000 {
        match poller.step(&mut accept(accepted)) {
            Ok(Step {
                is_caught_up: true, ..
            }) => return errors,
            Ok(_) => {}
            Err(error) => {
                errors.push(error);
                machine.sleep(Duration::from_secs(60));
            }
        }
    }
    panic!("never caught up: {errors:?}");
}

/// Whether every document was accepted exactly once.
#[track_caller]
pub(crate) fn assert_all_once(fake: &Fake<'_>, accepted: &Accepted) {
    let docs = fake.docs.borrow();
    let expected: Accepted = docs
        .iter()
        .map(|doc| ((doc.index.clone(), doc.id.clone()), 1))
        .collect();
    assert_eq!(expected.len(), docs.len());
    assert_eq!(accepted, &expected);
}
