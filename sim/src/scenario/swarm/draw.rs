//! A run's scenario, from its seed.
//!
//! Each danger, and each list of the table, draws from a stream of its own that its name keys. So a danger that is added to
//! the file, or a value to a list, changes no other draw.

use super::Swarm;
use super::danger::{Danger, DangerKind, Names, Visitor, names, visit};
use crate::kernel::{Prng, Seed};
use crate::scenario::{Pace, Rotation, Scenario};

/// What a seed makes of a scenario.
#[derive(Clone, Debug)]
pub struct Drawn {
    /// The situation. It has no swarm.
    pub scenario: Scenario,
    /// How many alerts are there from the start.
    pub depth: u64,
    /// The dangers that are on, in the order in which the scenario lists their kinds: of the dangers of one kind, the k-th here
    /// is the k-th in the list of the drawn scenario.
    pub on: Vec<On>,
}

/// A danger that is on in a run.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct On {
    /// Which list it stands in.
    pub kind: DangerKind,
    /// Where in the list of the drawn scenario.
    pub place: usize,
    /// Which of [`Scenario::dangers`].
    pub danger: usize,
}

impl Scenario {
    /// The names of all dangers that runs of this swarm draw from; none for a scenario without a swarm.
    pub fn dangers(&self) -> Vec<String> {
        match self.swarm {
            Some(_) => names(self),
            None => Vec::new(),
        }
    }

    /// The situation of the run with this seed at this depth. Without a swarm, the scenario itself.
    pub fn drawn(&self, seed: u64, depth: u64) -> Drawn {
        let mut drawn = Drawn {
            scenario: self.clone(),
            depth,
            on: Vec::new(),
        };
        let Some(swarm) = drawn.scenario.swarm.take() else {
            return drawn;
        };
        let seed = Seed(seed).child("swarm");
        choose(&mut drawn, &swarm, seed.child("choice"));
        let clock = &drawn.scenario.clock;
        let mut drawing = Drawing {
            chance_ppm: (swarm.chance * 1e6) as u32,
            weight: swarm.weight,
            span_ns: clock.faults_stop_ns.unwrap_or(clock.run_ns),
            seed: seed.child("danger"),
            names: Names::default(),
            dangers: 0,
            on: Vec::new(),
        };
        visit(&mut drawn.scenario, &mut drawing);
        drawn.on = drawing.on;
        in_order(&mut drawn.scenario.indexer.rotations);
        drawn
    }
}

/// Draws the machine and the options of the queue.
fn choose(drawn: &mut Drawn, swarm: &Swarm, seed: Seed) {
    let Swarm { machine, queue, .. } = swarm;
    let scenario = &mut drawn.scenario;
    let own = &mut scenario.machine;
    pick(seed, "directory", &machine.directories, &mut own.directory);
    pick(seed, "latency", &machine.latencies, &mut own.latency);
    pick(seed, "sharing", &machine.sharings, &mut own.sharing);
    pick(
        seed,
        "power-loss",
        &machine.power_losses,
        &mut own.power_loss,
    );
    let mut open_files = own.limits.open_files.unwrap_or(0);
    pick(seed, "open-files", &machine.open_files, &mut open_files);
    own.limits.open_files = Some(open_files).filter(|most| 0 < *most);

    let own = &mut scenario.queue;
    pick(seed, "cap", &queue.caps, &mut own.cap);
    pick(seed, "bucket", &queue.buckets, &mut own.bucket);
    pick(seed, "shed", &queue.sheds, &mut own.shed);
    pick(seed, "readmit", &queue.readmits, &mut own.readmit);
    pick(seed, "packed", &queue.packed, &mut own.packed);

    let audit_ns = &mut scenario.indexer.audit_every_ns;
    pick(seed, "audit", &swarm.audits_ns, audit_ns);
    for consumer in &mut scenario.consumers {
        pick(seed, "workers", &swarm.workers, &mut consumer.count);
    }
    let mut share = 1.0;
    pick(seed, "initial", &swarm.initial, &mut share);
    drawn.depth = ((drawn.depth as f64 * share) as u64).max(1);
}

/// Draws one of `items`; none of them leaves what is there.
fn pick<T: Clone>(seed: Seed, what: &str, items: &[T], into: &mut T) {
    if let Some(item) = seed.stream(what).pick(items) {
        *into = item.clone();
    }
}

/// Passwords change one after the other: one that was drawn to change before the last change was noticed changes right after.
fn in_order(rotations: &mut [Rotation]) {
    rotations.sort_by_key(|rotation| rotation.at_ns);
    let mut noticed_ns: u64 = 0;
    for rotation in rotations {
        let late_ns = (noticed_ns + 1).saturating_sub(rotation.at_ns);
        rotation.at_ns += late_ns;
        rotation.noticed_ns += late_ns;
        noticed_ns = rotation.noticed_ns;
    }
}

/// Draws the dangers, list by list.
struct Drawing {
    chance_ppm: u32,
    weight: [f64; 2],
    span_ns: u64,
    seed: Seed,
    names: Names,
    /// How many were seen.
    dangers: usize,
    on: Vec<On>,
}

impl Visitor for Drawing {
    fn list<D: Danger>(&mut self, list: &mut Vec<D>) {
        let all = std::mem::take(list);
        for danger in all {
            match self.names.of(&danger) {
                None => list.push(danger),
                Some(name) => list.extend(self.draw(danger, &name, list.len())),
            }
        }
    }
}

impl Drawing {
    /// What is left of a danger in this run, which is to stand at this place of its list.
    fn draw<D: Danger>(&mut self, mut danger: D, name: &str, place: usize) -> Option<D> {
        let number = self.dangers;
        self.dangers += 1;
        let mut draw = Draw {
            prng: self.seed.stream(name),
            weight: self.weight,
            span_ns: self.span_ns,
        };
        if !draw.prng.chance_ppm(self.chance_ppm) {
            return danger.off();
        }
        danger.vary(&mut draw);
        self.on.push(On {
            kind: D::KIND,
            place,
            danger: number,
        });
        Some(danger)
    }
}

/// The draws of one danger.
pub(super) struct Draw {
    prng: Prng,
    weight: [f64; 2],
    span_ns: u64,
}

impl Draw {
    /// A factor for a weight or a size: its logarithm is equally likely everywhere in the range of the swarm.
    pub(super) fn factor(&mut self) -> f64 {
        let [least, most] = self.weight;
        let factor = least * power(most / least, self.prng.next_u32());
        factor.clamp(least, most)
    }

    /// A count that is varied. None stays none, and some stay one at the least.
    pub(super) fn count(&mut self, count: u64) -> u64 {
        let varied = (count as f64 * self.factor()).round() as u64;
        varied.max(count.min(1))
    }

    /// A length of time that is varied.
    pub(super) fn time(&mut self, ns: u64) -> u64 {
        self.count(ns)
    }

    /// A share or a chance that is varied, and stays one.
    pub(super) fn share(&mut self, share: f64) -> f64 {
        (share * self.factor()).min(1.0)
    }

    /// A pace that is varied: the greater the factor, the faster.
    pub(super) fn pace(&mut self, pace: Pace) -> Pace {
        let factor = self.factor();
        match pace {
            Pace::Max => Pace::Max,
            Pace::EveryNs(interval) => Pace::EveryNs(((interval as f64 / factor) as u64).max(1)),
        }
    }

    /// The time until faults stop, in nanoseconds.
    pub(super) fn span_ns(&self) -> u64 {
        self.span_ns
    }

    /// Any moment before faults stop.
    pub(super) fn moment(&mut self) -> u64 {
        self.prng.below(self.span_ns)
    }
}

/// `base` to the power of `fraction / 2^32`, by square roots: these are exact to the last bit on every machine, and logarithms
/// are not.
fn power(base: f64, fraction: u32) -> f64 {
    let (mut root, mut product) = (base, 1.0);
    for bit in (0..u32::BITS).rev() {
        root = root.sqrt();
        if fraction >> bit & 1 == 1 {
            product *= root;
        }
    }
    product
}
