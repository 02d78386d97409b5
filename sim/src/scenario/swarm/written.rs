//! The table `[swarm]` as it is written.

use super::danger::names;
use super::{Swarm, SwarmMachine, SwarmQueue};
use crate::scenario::checks::Checks;
use crate::scenario::units::{Nanos, Share};
use crate::scenario::{DirectoryProfile, LatencyProfile, PowerLossModel, Scenario, Sharing, Shed};
use alert::Disposition;
use serde::Deserialize;
use std::ops::Range;
use toml::Spanned;

/// A list of values that runs draw from.
type Listed<T> = Option<Spanned<Vec<T>>>;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::scenario) struct RawSwarm {
    chance: Option<Spanned<Share>>,
    weight: Option<Spanned<RawWeight>>,
    #[serde(default)]
    machine: RawSwarmMachine,
    #[serde(default)]
    queue: RawSwarmQueue,
    workers: Listed<Spanned<u64>>,
    audit: Listed<Spanned<Nanos>>,
    initial: Listed<Spanned<Share>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawWeight {
    from: f64,
    to: f64,
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields)]
struct RawSwarmMachine {
    directory: Listed<DirectoryProfile>,
    latency: Listed<LatencyProfile>,
    sharing: Listed<Sharing>,
    power_loss: Listed<PowerLossModel>,
    open_files: Listed<Spanned<u64>>,
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields)]
struct RawSwarmQueue {
    cap: Listed<Spanned<u64>>,
    bucket: Listed<Spanned<u64>>,
    shed: Listed<Shed>,
    readmit: Listed<bool>,
    packed: Listed<Vec<Disposition>>,
}

/// Half of the dangers are off in each run.
const CHANCE_DEFAULT: f64 = 0.5;
/// Weights and sizes as they are written.
const WEIGHT_DEFAULT: [f64; 2] = [1.0, 1.0];

impl RawSwarm {
    pub(in crate::scenario) fn resolve(self, checks: &mut Checks) -> Swarm {
        let c = checks;
        Swarm {
            chance: self.chance.map_or(CHANCE_DEFAULT, |written| {
                let span = written.span();
                let chance = c.share(written);
                if chance == 0.0 {
                    c.problem(span, "no danger is ever on", "must be above 0", None);
                }
                chance
            }),
            weight: self
                .weight
                .map_or(WEIGHT_DEFAULT, |weight| range(&weight, c)),
            machine: self.machine.resolve(c),
            queue: self.queue.resolve(c),
            workers: numbers(self.workers, "the number of workers", c),
            audits_ns: resolved(self.audit, c, |audit, c| c.some_time(audit, "the rhythm")),
            initial: resolved(self.initial, c, |share, c| c.share(share)),
        }
    }
}

impl RawSwarmMachine {
    fn resolve(self, c: &mut Checks) -> SwarmMachine {
        SwarmMachine {
            directories: listed(self.directory, c),
            latencies: listed(self.latency, c),
            sharings: listed(self.sharing, c),
            power_losses: listed(self.power_loss, c),
            open_files: numbers(self.open_files, "the number of open files", c),
        }
    }
}

impl RawSwarmQueue {
    fn resolve(self, c: &mut Checks) -> SwarmQueue {
        SwarmQueue {
            caps: numbers(self.cap, "the cap", c),
            buckets: numbers(self.bucket, "the bucket", c),
            sheds: listed(self.shed, c),
            readmits: listed(self.readmit, c),
            packed: listed(self.packed, c),
        }
    }
}

fn range(weight: &Spanned<RawWeight>, checks: &mut Checks) -> [f64; 2] {
    let RawWeight { from, to } = *weight.get_ref();
    if !(0.0 < from && from <= to && to.is_finite()) {
        checks.problem(
            weight.span(),
            "no factor lies in this range",
            "`from` is above 0, and `to` not below `from`",
            Some("write { from = 0.2, to = 5.0 }".to_owned()),
        );
        return WEIGHT_DEFAULT;
    }
    [from, to]
}

/// The values of a list that may not be empty once it is written.
fn listed<T>(list: Listed<T>, checks: &mut Checks) -> Vec<T> {
    let Some(list) = list else { return Vec::new() };
    if list.get_ref().is_empty() {
        checks.problem(
            list.span(),
            "there is nothing to draw from",
            "this list is empty",
            Some("name one value or more, or leave the key out".to_owned()),
        );
    }
    list.into_inner()
}

fn resolved<T, R>(
    list: Listed<T>,
    checks: &mut Checks,
    resolve: impl Fn(T, &mut Checks) -> R,
) -> Vec<R> {
    let list = listed(list, checks);
    list.into_iter().map(|one| resolve(one, checks)).collect()
}

fn numbers(list: Listed<Spanned<u64>>, what: &str, checks: &mut Checks) -> Vec<u64> {
    resolved(list, checks, |number, checks| {
        checks.above_zero(number, what)
    })
}

/// Where the parts of the table stand that are checked against the rest of the scenario.
pub(in crate::scenario) struct Places {
    table: Range<usize>,
    bucket: Option<Range<usize>>,
    cap: Option<Range<usize>>,
}

impl Places {
    pub(in crate::scenario) fn of(written: &Spanned<RawSwarm>) -> Self {
        let RawSwarm { queue, .. } = written.get_ref();
        Places {
            table: written.span(),
            bucket: queue.bucket.as_ref().map(Spanned::span),
            cap: queue.cap.as_ref().map(Spanned::span),
        }
    }

    /// Notes what of a scenario's swarm cannot be drawn.
    pub(in crate::scenario) fn check(self, scenario: &Scenario, checks: &mut Checks) {
        let Some(swarm) = &scenario.swarm else { return };
        if names(scenario).is_empty() {
            checks.problem(
                self.table.clone(),
                "a swarm without any danger",
                "this scenario lists none",
                Some("add [[crash]], [[archiver]] or whatever else may go wrong".to_owned()),
            );
        }
        if scenario.queue.filled {
            checks.problem(
                self.table.clone(),
                "runs that begin with one filled queue cannot each draw their own",
                "`queue.filled` is there too",
                None,
            );
        }
        let own = [scenario.queue.cap];
        let caps = if swarm.queue.caps.is_empty() {
            &own[..]
        } else {
            &swarm.queue.caps
        };
        let own = [scenario.queue.bucket];
        let buckets = if swarm.queue.buckets.is_empty() {
            &own[..]
        } else {
            &swarm.queue.buckets
        };
        let smallest = caps.iter().min().copied().unwrap_or(0);
        let largest = buckets.iter().max().copied().unwrap_or(0);
        if smallest / 8 < largest && (self.bucket.is_some() || self.cap.is_some()) {
            checks.problem(
                self.bucket.or(self.cap).unwrap_or(self.table),
                "a bucket is larger than an eighth of a cap",
                format!("{largest} of {smallest}"),
                Some("any bucket may meet any cap".to_owned()),
            );
        }
    }
}
