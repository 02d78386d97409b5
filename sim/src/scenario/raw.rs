//! A scenario file as it is written. [`Raw::resolve`] makes a [`Scenario`] of it.

use super::account::{RawComparison, RawObserved, RawUnresolved};
use super::actor::{RawCapPass, RawConsumer, RawProducer, RawSecondInstance};
use super::axis::{self, RawAxis};
use super::checks::{Checks, IdSpace};
use super::disk::{RawReadOnly, RawShortRead};
use super::fault::{RawCallFault, RawClockStep, RawCrash, RawPlant, RawPowerLoss};
use super::goal::RawExpect;
use super::health::RawHealth;
use super::indexer::RawIndexer;
use super::neighbour::{RawAntivirus, RawArchiver, RawFileIndexer, RawOperator, RawRestore};
use super::past::RawPast;
use super::problem::Problem;
use super::swarm::written::{Places, RawSwarm};
use super::sweep::RawSweep;
use super::world::{RawClock, RawCosts, RawMachine, RawQueue};
use super::writer::RawWriter;
use super::{SCHEMA, Scenario};
use serde::Deserialize;
use toml::Spanned;

/// One key a kind of actor. Nothing is tagged or flattened: serde would then report a misspelt key at the table.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Raw {
    schema: Spanned<u64>,
    id: Spanned<String>,
    title: Spanned<String>,
    clock: RawClock,
    #[serde(default)]
    machine: RawMachine,
    #[serde(default)]
    cost: RawCosts,
    queue: RawQueue,
    past: Option<RawPast>,
    #[serde(default)]
    indexer: RawIndexer,
    #[serde(default)]
    producer: Vec<RawProducer>,
    #[serde(default)]
    consumer: Vec<RawConsumer>,
    #[serde(default)]
    cap: Vec<RawCapPass>,
    #[serde(default)]
    second_instance: Vec<RawSecondInstance>,
    #[serde(default)]
    writer: Vec<RawWriter>,
    #[serde(default)]
    archiver: Vec<RawArchiver>,
    #[serde(default)]
    antivirus: Vec<RawAntivirus>,
    #[serde(default)]
    file_indexer: Vec<RawFileIndexer>,
    #[serde(default)]
    operator: Vec<RawOperator>,
    #[serde(default)]
    clock_step: Vec<RawClockStep>,
    #[serde(default)]
    crash: Vec<Spanned<RawCrash>>,
    #[serde(default)]
    power_loss: Vec<Spanned<RawPowerLoss>>,
    #[serde(default)]
    fault: Vec<Spanned<RawCallFault>>,
    #[serde(default)]
    short_read: Vec<RawShortRead>,
    #[serde(default)]
    read_only: Vec<RawReadOnly>,
    #[serde(default)]
    restore: Vec<RawRestore>,
    #[serde(default)]
    plant: Vec<RawPlant>,
    health: Option<RawHealth>,
    axis: Option<Spanned<RawAxis>>,
    swarm: Option<Spanned<RawSwarm>>,
    #[serde(default)]
    sweep: RawSweep,
    #[serde(default)]
    expect: RawExpect,
    #[serde(default)]
    observed: Vec<RawObserved>,
    comparison: Option<RawComparison>,
    #[serde(default)]
    unresolved: Vec<RawUnresolved>,
}

/// Resolves each item of a list.
macro_rules! each {
    ($list:expr, $checks:expr) => {
        $list
            .into_iter()
            .map(|raw| raw.resolve($checks))
            .collect::<Vec<_>>()
    };
}

/// Resolves each item of a list whose problems may concern the item as a whole.
macro_rules! each_at {
    ($list:expr, $checks:expr) => {
        $list
            .into_iter()
            .map(|raw| {
                let span = raw.span();
                raw.into_inner().resolve(span, $checks)
            })
            .collect::<Vec<_>>()
    };
}

impl Raw {
    /// Plain values, or everything that is wrong.
    pub(super) fn resolve(self) -> Result<Scenario, Vec<Problem>> {
        let mut checks = Checks::new(self.clock.t0_ns());
        let c = &mut checks;
        if *self.schema.get_ref() != SCHEMA {
            c.problem(
                self.schema.span(),
                format!("schema {} is not known", self.schema.get_ref()),
                format!("this program reads schema {SCHEMA}"),
                None,
            );
        }
        if self.title.get_ref().trim().is_empty() {
            c.problem(
                self.title.span(),
                "the title is empty",
                "one sentence",
                None,
            );
        }
        if self.consumer.is_empty() {
            c.problem(
                self.id.span(),
                "nobody works on the queue",
                "this scenario has no [[consumer]]",
                None,
            );
        }
        let past = self.past.map(|past| past.resolve(&self.queue, c));
        let queue = self.queue.resolve(c);
        let consumers = each!(self.consumer, c);
        let sweep = self.sweep.resolve(queue.initial, &consumers, c);
        let swarm_places = self.swarm.as_ref().map(Places::of);
        let expect = self.expect.resolve(&consumers, &sweep, c);
        let axis_at = self.axis.as_ref().map_or(0..0, Spanned::span);
        let scenario = Scenario {
            schema: SCHEMA,
            id: c.id_in(IdSpace::Scenario, self.id),
            title: self.title.into_inner(),
            clock: self.clock.resolve(c),
            machine: self.machine.resolve(),
            costs: self.cost.resolve(c),
            indexer: self.indexer.resolve(c),
            producers: each!(self.producer, c),
            consumers,
            caps: each!(self.cap, c),
            second_instances: each!(self.second_instance, c),
            writers: each!(self.writer, c),
            archivers: each!(self.archiver, c),
            antiviruses: each!(self.antivirus, c),
            file_indexers: each!(self.file_indexer, c),
            operators: each!(self.operator, c),
            clock_steps: each!(self.clock_step, c),
            crashes: each_at!(self.crash, c),
            power_losses: each_at!(self.power_loss, c),
            faults: each_at!(self.fault, c),
            short_reads: each!(self.short_read, c),
            read_only: each!(self.read_only, c),
            restores: each!(self.restore, c),
            plants: each!(self.plant, c),
            health: self.health.map(|health| health.resolve(c)),
            past,
            axis: self.axis.map(|axis| axis.into_inner().resolve(c)),
            swarm: self.swarm.map(|swarm| swarm.into_inner().resolve(c)),
            queue,
            sweep,
            expect,
            observed: each!(self.observed, c),
            comparison: self.comparison.map(|comparison| comparison.resolve(c)),
            unresolved: each!(self.unresolved, c),
        };
        axis::check(&scenario, axis_at, c);
        if let Some(places) = swarm_places {
            places.check(&scenario, c);
        }
        if checks.problems.is_empty() {
            Ok(scenario)
        } else {
            Err(checks.problems)
        }
    }
}
