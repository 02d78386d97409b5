//! What the actors of one run share: where alerts come from, and the watch.

use super::source::Source;
use super::watch::Watch;
use crate::kernel::Seed;
use crate::scenario::{Active, Engine, PlantKind, Scenario};
use spool::SpoolOptions;
use std::cell::RefCell;

/// What the actors of one run share.
pub struct Shared {
    /// The situation.
    pub scenario: Scenario,
    /// Whose queue it is.
    pub engine: Engine,
    /// Where every choice comes from.
    pub seed: Seed,
    /// Where alerts come from.
    pub source: Source,
    /// The production queue's promise about its size.
    pub options: SpoolOptions,
    /// The contract's eyes.
    pub watch: RefCell<Watch>,
}

impl Shared {
    /// The virtual time, in nanoseconds after the start.
    pub fn now_ns(&self) -> u64 {
        self.watch.borrow().time_ns()
    }

    /// How the alert `index` was spoiled at its source, if it was: every 13th, kind by kind, as many as are planted.
    pub fn planted(&self, index: u32) -> Option<PlantKind> {
        let mut number = u64::from(index.checked_sub(7)? / 13);
        if index % 13 != 7 {
            return None;
        }
        for plant in &self.scenario.plants {
            match number.checked_sub(plant.count) {
                None => return Some(plant.kind),
                Some(rest) => number = rest,
            }
        }
        None
    }

    /// When faults and neighbours stop.
    pub fn faults_stop_ns(&self) -> u64 {
        self.scenario
            .clock
            .faults_stop_ns
            .unwrap_or(self.scenario.clock.run_ns)
    }

    /// When an actor that is active so works no longer.
    pub fn stop_ns(&self, active: &Active) -> u64 {
        active
            .stop_ns
            .unwrap_or(u64::MAX)
            .min(self.faults_stop_ns())
    }
}
