//! Who takes part in a run, and how each is started, and started again.

use super::program::{cap, filler, foundry, neighbour, secret, specimen, spoiler, worker, writer};
use super::shared::Shared;
use crate::kernel::{Exit, ProcessId, Program, TaskSpec};
use crate::scenario::{
    Antivirus, Archiver, Consumer, DangerKind, Engine, FileIndexer, Operator, Role, Scenario, Stage,
};
use contract::{Actor, Side};
use host::Host;
use std::rc::Rc;
use std::time::Duration;

/// What a player does.
#[derive(Clone)]
pub(super) enum Part {
    Foundry,
    /// Fills the queue, and ends.
    Filler,
    SecondInstance,
    Worker,
    Cap {
        every_ns: u64,
    },
    Specimen(Consumer, Engine),
    Producer,
    Archiver(Archiver),
    Antivirus(Antivirus),
    FileIndexer(FileIndexer),
    Operator(Operator),
    /// Spoils alerts that are pending.
    Spoiler,
    /// Brings the program its new passwords.
    Messenger,
    /// Puts files into the inbox: the scenario's writer of this number.
    Writer(usize),
}

/// One program of a run, through all its lives.
#[derive(Clone)]
pub(super) struct Player {
    pub(super) name: String,
    pub(super) part: Part,
    pub(super) process: ProcessId,
    pub(super) start_ns: u64,
    /// Which danger of the scenario it is, if it is one: its kind, and its place in that list.
    pub(super) danger: Option<(DangerKind, usize)>,
    /// Its present life.
    pub(super) actor: Actor,
}

impl Player {
    pub(super) fn side(&self) -> Side {
        match self.part {
            Part::Foundry
            | Part::Filler
            | Part::SecondInstance
            | Part::Worker
            | Part::Cap { .. }
            | Part::Specimen(..)
            | Part::Producer => Side::Inside,
            Part::Archiver(_)
            | Part::Antivirus(_)
            | Part::FileIndexer(_)
            | Part::Operator(_)
            | Part::Spoiler
            | Part::Messenger
            | Part::Writer(_) => Side::Outside,
        }
    }

    /// Whether a fault that is aimed at `role` may strike it. Neighbours are never struck.
    pub(super) fn plays(&self, role: Role) -> bool {
        match role {
            Role::Any => self.side() == Side::Inside,
            Role::Producer => matches!(self.part, Part::Foundry | Part::Producer),
            Role::Worker => matches!(self.part, Part::Worker | Part::Specimen(..)),
            // The pipeline enforces the cap in each of its passes, and mostly finds it first.
            Role::Cap => matches!(self.part, Part::Foundry | Part::Cap { .. }),
        }
    }

    pub(super) fn task(&self, delay_ns: u64) -> TaskSpec {
        TaskSpec {
            name: self.name.clone(),
            process: self.process,
            root: Vec::new(),
            start_after: Duration::from_nanos(delay_ns),
            is_watched: self.side() == Side::Inside,
            stack_bytes: TaskSpec::STACK_BYTES,
        }
    }

    pub(super) fn program(&self, shared: &Rc<Shared>) -> Program {
        let (shared, part) = (Rc::clone(shared), self.part.clone());
        let (actor, name) = (self.actor, self.name.clone());
        Box::new(move |host| perform(host, &shared, actor, &name, &part))
    }
}

fn perform(host: &dyn Host, shared: &Shared, actor: Actor, name: &str, part: &Part) -> Exit {
    match part {
        Part::Foundry => foundry::run(host, shared, actor),
        Part::Filler => filler::run(host, shared, actor),
        Part::SecondInstance => foundry::second_instance(host, shared, actor),
        Part::Worker => worker::run(host, shared, actor, name),
        Part::Cap { every_ns } => cap::run(host, shared, actor, *every_ns),
        Part::Specimen(consumer, engine) => specimen::run(host, shared, actor, consumer, *engine),
        Part::Producer => specimen::produce(host, shared),
        Part::Archiver(archiver) => neighbour::archive(host, shared, archiver),
        Part::Antivirus(antivirus) => neighbour::scan_for_viruses(host, shared, antivirus),
        Part::FileIndexer(indexer) => neighbour::index(host, shared, indexer),
        Part::Operator(operator) => neighbour::operate(host, shared, operator),
        Part::Spoiler => spoiler::run(host, shared),
        Part::Messenger => secret::bring(host, shared),
        Part::Writer(number) => writer::run(host, shared, *number),
    }
}

/// Whoever fills a queue before a run.
pub(super) fn filler() -> Vec<Player> {
    let mut cast = Cast {
        players: Vec::new(),
    };
    cast.add("filler", Part::Filler, 0);
    cast.players
}

/// Everybody whom the scenario names, for one engine.
pub(super) fn players(scenario: &Scenario, engine: Engine) -> Vec<Player> {
    let mut cast = Cast {
        players: Vec::new(),
    };
    match engine {
        Engine::Spool => {
            cast.add("foundry", Part::Foundry, 0);
            for consumer in &scenario.consumers {
                if consumer.engine.is_none_or(|own| own == Engine::Spool) {
                    for number in 1..=consumer.count {
                        cast.add(
                            &format!("w{number}"),
                            Part::Worker,
                            consumer.active.start_ns,
                        );
                    }
                }
            }
            for pass in &scenario.caps {
                cast.add(
                    &pass.id,
                    Part::Cap {
                        every_ns: pass.every_ns,
                    },
                    pass.active.start_ns,
                );
            }
            for (place, second) in scenario.second_instances.iter().enumerate() {
                let danger = (DangerKind::SecondInstance, place);
                let start_ns = second.active.start_ns;
                cast.add_danger(&second.id, Part::SecondInstance, start_ns, danger);
            }
            if !scenario.plants.is_empty() {
                cast.add("spoiler", Part::Spoiler, 0);
            }
            if !scenario.indexer.rotations.is_empty() {
                cast.add("messenger", Part::Messenger, 0);
            }
            for (number, writer) in scenario.writers.iter().enumerate() {
                let danger = (DangerKind::Writer, number);
                cast.add_danger(&writer.id, Part::Writer(number), writer.start_ns, danger);
            }
        }
        Engine::Legacy | Engine::Hotfix => {
            let polls = |consumer: &Consumer| consumer.stages.contains(&Stage::Poll);
            if !scenario.producers.is_empty() && !scenario.consumers.iter().any(polls) {
                cast.add("producer", Part::Producer, 0);
            }
            for consumer in &scenario.consumers {
                let own = consumer.engine.unwrap_or(engine);
                cast.add(&consumer.id, Part::Specimen(consumer.clone(), own), 0);
            }
        }
    }
    for (place, archiver) in scenario.archivers.iter().enumerate() {
        cast.add_danger(
            &archiver.id,
            Part::Archiver(archiver.clone()),
            archiver.active.start_ns,
            (DangerKind::Archiver, place),
        );
    }
    for (place, antivirus) in scenario.antiviruses.iter().enumerate() {
        cast.add_danger(
            &antivirus.id,
            Part::Antivirus(antivirus.clone()),
            antivirus.active.start_ns,
            (DangerKind::Antivirus, place),
        );
    }
    for (place, indexer) in scenario.file_indexers.iter().enumerate() {
        cast.add_danger(
            &indexer.id,
            Part::FileIndexer(indexer.clone()),
            indexer.active.start_ns,
            (DangerKind::FileIndexer, place),
        );
    }
    for (place, operator) in scenario.operators.iter().enumerate() {
        cast.add_danger(
            &operator.id,
            Part::Operator(operator.clone()),
            operator.active.start_ns,
            (DangerKind::Operator, place),
        );
    }
    cast.players
}

struct Cast {
    players: Vec<Player>,
}

impl Cast {
    /// Adds a player that is a danger: the scenario's one of this kind, at this place of its list.
    fn add_danger(&mut self, name: &str, part: Part, start_ns: u64, danger: (DangerKind, usize)) {
        self.add(name, part, start_ns);
        if let Some(added) = self.players.last_mut() {
            added.danger = Some(danger);
        }
    }

    fn add(&mut self, name: &str, part: Part, start_ns: u64) {
        let process = u16::try_from(self.players.len() + 1).expect("a cast is small");
        self.players.push(Player {
            name: name.to_owned(),
            part,
            process: ProcessId(process),
            start_ns,
            danger: None,
            actor: Actor(u16::MAX),
        });
    }
}
