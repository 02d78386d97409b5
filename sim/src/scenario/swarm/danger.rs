//! What counts as a danger, what it is called, and what of it varies.

use super::draw::Draw;
use crate::scenario::writer::PAUSE_MAX_NS;
use crate::scenario::{
    Again, Antivirus, Archiver, CallFault, ClockStep, Crash, FileIndexer, IndexerFault, Operator,
    Pace, Plant, PowerLoss, Producer, Role, Rotation, Scenario, SecondInstance, Spread, Trigger,
    Writer,
};
use serde::Serialize;
use std::collections::BTreeMap;

/// A kind of danger: the list of the scenario that it stands in.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
#[allow(missing_docs, reason = "each is the type of the same name")]
pub enum DangerKind {
    Producer,
    SecondInstance,
    Writer,
    Archiver,
    Antivirus,
    FileIndexer,
    Operator,
    ClockStep,
    Crash,
    PowerLoss,
    CallFault,
    Plant,
    Rotation,
    IndexerFault,
    Again,
}

/// An entry of a scenario that a swarm switches on and off, and varies.
pub(super) trait Danger: Sized {
    /// Which list it stands in.
    const KIND: DangerKind;

    /// What it is called in reports. It keys the danger's draws, so it follows from what never varies. `None`: this entry is
    /// no danger, and always there.
    fn name(&self) -> Option<String>;

    /// What stays in a run in which it is off.
    fn off(self) -> Option<Self> {
        None
    }

    /// Varies its weights and sizes.
    fn vary(&mut self, draw: &mut Draw);
}

/// Whoever goes through the lists of a scenario.
pub(super) trait Visitor {
    /// Is shown one list.
    fn list<D: Danger>(&mut self, list: &mut Vec<D>);
}

/// Shows `visitor` every list of dangers that a scenario has.
pub(super) fn visit(scenario: &mut Scenario, visitor: &mut impl Visitor) {
    visitor.list(&mut scenario.producers);
    visitor.list(&mut scenario.second_instances);
    visitor.list(&mut scenario.writers);
    visitor.list(&mut scenario.archivers);
    visitor.list(&mut scenario.antiviruses);
    visitor.list(&mut scenario.file_indexers);
    visitor.list(&mut scenario.operators);
    visitor.list(&mut scenario.clock_steps);
    visitor.list(&mut scenario.crashes);
    visitor.list(&mut scenario.power_losses);
    visitor.list(&mut scenario.faults);
    visitor.list(&mut scenario.plants);
    visitor.list(&mut scenario.indexer.rotations);
    visitor.list(&mut scenario.indexer.faults);
    visitor.list(&mut scenario.indexer.again);
}

/// The names of the dangers that a scenario lists, in the order of [`visit`].
pub(super) fn names(scenario: &Scenario) -> Vec<String> {
    struct Naming(Names, Vec<String>);
    impl Visitor for Naming {
        fn list<D: Danger>(&mut self, list: &mut Vec<D>) {
            let names = list.iter().filter_map(|danger| self.0.of(danger));
            self.1.extend(names);
        }
    }
    let mut naming = Naming(Names::default(), Vec::new());
    visit(&mut scenario.clone(), &mut naming);
    naming.1
}

/// Tells dangers apart that are called the same: the second of a name gets the number 2.
#[derive(Default)]
pub(super) struct Names {
    seen: BTreeMap<String, u32>,
}

impl Names {
    pub(super) fn of(&mut self, danger: &impl Danger) -> Option<String> {
        let name = danger.name()?;
        let count = self.seen.entry(name.clone()).or_insert(0);
        *count += 1;
        Some(match count {
            1 => name,
            number => format!("{name} {number}"),
        })
    }
}

/// The word that a scenario file uses for a value.
fn word(value: &impl Serialize) -> String {
    match serde_json::to_value(value) {
        Ok(serde_json::Value::String(word)) => word,
        other => format!("{other:?}"),
    }
}

/// Whom and when a misfortune strikes, as the end of its name.
fn aim(role: Role, trigger: &Trigger) -> String {
    let who = match role {
        Role::Any => String::new(),
        role => format!(" of {}", word(&role)),
    };
    let when = match trigger {
        Trigger::Chance(_) => String::new(),
        Trigger::EveryNs(_) => " in a rhythm".to_owned(),
        Trigger::Nth { .. } => " at a number".to_owned(),
        Trigger::After(point) => format!(" after {}", word(point)),
    };
    who + &when
}

impl Trigger {
    fn vary(&mut self, draw: &mut Draw) {
        match self {
            Trigger::Chance(chance) => *chance = draw.share(*chance),
            Trigger::EveryNs(every) => *every = draw.time(*every),
            Trigger::Nth { nth, .. } => *nth = draw.count(*nth),
            Trigger::After(_) => {}
        }
    }
}

impl Spread {
    fn vary(&mut self, draw: &mut Draw) {
        let (p50, p99) = (draw.time(self.p50_ns), draw.time(self.p99_ns));
        (self.p50_ns, self.p99_ns) = (p50, p99.max(p50));
    }
}

impl Danger for Producer {
    const KIND: DangerKind = DangerKind::Producer;

    fn name(&self) -> Option<String> {
        let is_old = 0 < self.age_ns || self.indexed_ns.is_some();
        if is_old {
            return Some(self.id.clone());
        }
        (0.0 < self.duplicates).then(|| format!("late alerts of {}", self.id))
    }

    /// The live producer goes on in time; one whose alerts are old has no others.
    fn off(mut self) -> Option<Self> {
        let is_live = self.age_ns == 0 && self.indexed_ns.is_none();
        self.duplicates = 0.0;
        is_live.then_some(self)
    }

    fn vary(&mut self, draw: &mut Draw) {
        self.duplicates = draw.share(self.duplicates);
        if 0 < self.age_ns {
            self.age_ns = draw.time(self.age_ns);
            self.total = self.total.map(|total| draw.count(total));
        }
        if let (Some(total), Pace::EveryNs(interval)) = (self.total, self.pace) {
            // The last one comes before faults stop, as all others.
            let most = (self.age_ns + draw.span_ns()) / interval.max(1);
            self.total = Some(total.min(most.max(1)));
        }
        if self.indexed_ns.is_some() {
            self.indexed_ns = Some(draw.moment());
        }
    }
}

impl Danger for SecondInstance {
    const KIND: DangerKind = DangerKind::SecondInstance;

    fn name(&self) -> Option<String> {
        Some(self.id.clone())
    }

    fn vary(&mut self, draw: &mut Draw) {
        self.active.start_ns = draw.moment();
        self.active.stop_ns = None;
    }
}

impl Danger for Writer {
    const KIND: DangerKind = DangerKind::Writer;

    fn name(&self) -> Option<String> {
        Some(self.id.clone())
    }

    /// Every count has the same factor, and the odd ones are still no more than all.
    fn vary(&mut self, draw: &mut Draw) {
        let factor = draw.factor();
        let scaled = |count: u64| (count as f64 * factor) as u64;
        self.dotted = scaled(self.dotted);
        self.upper_case = scaled(self.upper_case);
        self.never_taken = scaled(self.never_taken);
        self.abandoned = scaled(self.abandoned);
        let odd = self.dotted + self.upper_case + self.never_taken + self.abandoned;
        self.total = scaled(self.total).max(odd).max(1);
        self.pace = draw.pace(self.pace);
        self.pieces = draw.count(self.pieces);
        self.pause_ns = draw.time(self.pause_ns).min(PAUSE_MAX_NS);
    }
}

impl Danger for Archiver {
    const KIND: DangerKind = DangerKind::Archiver;

    fn name(&self) -> Option<String> {
        Some(self.id.clone())
    }

    fn vary(&mut self, draw: &mut Draw) {
        self.pace = draw.pace(self.pace);
        self.batch = draw.count(self.batch);
        self.at_most = self.at_most.map(|most| draw.count(most));
    }
}

impl Danger for Antivirus {
    const KIND: DangerKind = DangerKind::Antivirus;

    fn name(&self) -> Option<String> {
        Some(self.id.clone())
    }

    fn vary(&mut self, draw: &mut Draw) {
        self.share = draw.share(self.share);
        self.quarantine = draw.share(self.quarantine);
        self.hold.vary(draw);
    }
}

impl Danger for FileIndexer {
    const KIND: DangerKind = DangerKind::FileIndexer;

    fn name(&self) -> Option<String> {
        Some(self.id.clone())
    }

    fn vary(&mut self, draw: &mut Draw) {
        self.share = draw.share(self.share);
        self.hold.vary(draw);
    }
}

impl Danger for Operator {
    const KIND: DangerKind = DangerKind::Operator;

    fn name(&self) -> Option<String> {
        Some(self.id.clone())
    }

    fn vary(&mut self, draw: &mut Draw) {
        self.rm = draw.count(self.rm);
        self.copy_back = draw.count(self.copy_back);
        self.edit = draw.count(self.edit);
    }
}

impl Danger for ClockStep {
    const KIND: DangerKind = DangerKind::ClockStep;

    fn name(&self) -> Option<String> {
        Some(match self.by_ms < 0 {
            true => "clock set back".to_owned(),
            false => "clock set forward".to_owned(),
        })
    }

    fn vary(&mut self, draw: &mut Draw) {
        self.at_ns = draw.moment();
        let by = draw.count(self.by_ms.unsigned_abs());
        self.by_ms = i64::try_from(by).unwrap_or(i64::MAX) * self.by_ms.signum();
    }
}

impl Danger for Crash {
    const KIND: DangerKind = DangerKind::Crash;

    fn name(&self) -> Option<String> {
        Some(format!("crash{}", aim(self.process, &self.trigger)))
    }

    fn vary(&mut self, draw: &mut Draw) {
        self.trigger.vary(draw);
        self.times = self.times.map(|times| draw.count(times));
        self.restart_after_ns = draw.time(self.restart_after_ns);
    }
}

impl Danger for PowerLoss {
    const KIND: DangerKind = DangerKind::PowerLoss;

    fn name(&self) -> Option<String> {
        Some(format!("power loss{}", aim(Role::Any, &self.trigger)))
    }

    fn vary(&mut self, draw: &mut Draw) {
        self.trigger.vary(draw);
        self.times = self.times.map(|times| draw.count(times));
        self.restart_after_ns = draw.time(self.restart_after_ns);
    }
}

impl Danger for CallFault {
    const KIND: DangerKind = DangerKind::CallFault;

    fn name(&self) -> Option<String> {
        let errno = crate::scenario::errno_name_of(self.errno).unwrap_or("error");
        let one = if self.one_name { " for one name" } else { "" };
        let aim = aim(self.process, &self.trigger);
        Some(format!("{errno} at {}{one}{aim}", self.call.name()))
    }

    fn vary(&mut self, draw: &mut Draw) {
        self.trigger.vary(draw);
        self.times = self.times.map(|times| draw.count(times));
    }
}

impl Danger for Plant {
    const KIND: DangerKind = DangerKind::Plant;

    fn name(&self) -> Option<String> {
        Some(format!("spoiled: {}", word(&self.kind)))
    }

    fn vary(&mut self, draw: &mut Draw) {
        self.count = draw.count(self.count);
    }
}

impl Danger for Rotation {
    const KIND: DangerKind = DangerKind::Rotation;

    fn name(&self) -> Option<String> {
        Some("password changed".to_owned())
    }

    fn vary(&mut self, draw: &mut Draw) {
        let length = draw.time(self.noticed_ns - self.at_ns);
        self.at_ns = draw.moment();
        self.noticed_ns = self.at_ns + length;
    }
}

impl Danger for IndexerFault {
    const KIND: DangerKind = DangerKind::IndexerFault;

    fn name(&self) -> Option<String> {
        Some(format!("indexer: {}", word(&self.kind)))
    }

    fn vary(&mut self, draw: &mut Draw) {
        let length = draw.time(self.until_ns - self.from_ns);
        self.from_ns = draw.moment();
        self.until_ns = self.from_ns + length;
    }
}

impl Danger for Again {
    const KIND: DangerKind = DangerKind::Again;

    fn name(&self) -> Option<String> {
        Some(format!("documents {}", word(&self.kind)))
    }

    fn vary(&mut self, draw: &mut Draw) {
        self.at_ns = draw.moment();
        self.share = draw.share(self.share);
    }
}
