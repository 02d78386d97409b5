//! What the actors of one run share: where alerts come from, the indexer that has them, and the watch.

use super::base::Base;
use super::program::filler::Lived;
use super::program::foundry;
use super::remote::Remote;
use super::source::Source;
use super::struck::Struck;
use super::truth::Truth;
use super::watch::Watch;
use super::world;
use crate::kernel::Seed;
use crate::scenario::{Active, Engine, IndexTurnKind, Scenario};
use contract::Id;
use contract::sometimes::Goal;
use spool::SpoolOptions;
use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// What the actors of one run share.
pub struct Shared {
    /// The situation.
    pub scenario: Scenario,
    /// Whose queue it is.
    pub engine: Engine,
    /// Where every choice comes from.
    pub seed: Seed,
    /// Where alerts come from.
    pub source: Arc<Source>,
    /// The indexer that the production queue is filled from.
    pub remote: RefCell<Remote>,
    /// How many alerts were spoiled so far, over all lives of whoever does that.
    pub spoiled: Cell<u64>,
    /// The production queue's promise about its size.
    pub options: SpoolOptions,
    /// What health is held against.
    pub(super) truth: Truth,
    /// Set once the queue is to come to rest for a count: nobody takes new work.
    pub closing: AtomicBool,
    /// The things that have happened to the indexer's indices, a bit each.
    turned: Cell<u8>,
    /// How much of the home's past has been lived, where that is what the actors do.
    pub(super) past_lived: Cell<Lived>,
    /// Files of the inbox that have a name which is never taken.
    pub(super) never_taken: Cell<u64>,
    /// Files of the inbox that are half written, under a name that would be taken.
    pub(super) half_written: Cell<u64>,
    /// Dangers that struck, beside those of fate.
    pub(super) struck: RefCell<Struck>,
    /// The contract's eyes.
    pub watch: RefCell<Watch>,
}

impl Shared {
    /// What the actors of a run have in common. Who begins with a filled queue knows what is in it.
    pub(super) fn new(
        scenario: &Scenario,
        engine: Engine,
        seed: Seed,
        source: &Arc<Source>,
        base: Option<&Base>,
    ) -> Rc<Self> {
        // Loaded before anything is simulated, see there.
        let _ = foundry::policy();
        let options = world::spool_options(scenario);
        let watch = match base {
            Some(base) => base.watch.carried_on(source),
            None => {
                let bounds = world::bounds(scenario, &options);
                Watch::new(source, bounds, world::layout(engine))
            }
        };
        Rc::new(Shared {
            scenario: scenario.clone(),
            engine,
            seed,
            source: Arc::clone(source),
            remote: RefCell::new(Remote::new(scenario, source, faults_stop_ns(scenario))),
            spoiled: Cell::new(0),
            truth: Truth::new(scenario),
            closing: AtomicBool::new(false),
            turned: Cell::new(0),
            past_lived: Cell::new(Lived::default()),
            never_taken: Cell::new(0),
            half_written: Cell::new(0),
            options,
            struck: RefCell::default(),
            watch: RefCell::new(watch),
        })
    }

    /// The virtual time, in nanoseconds after the start.
    pub fn now_ns(&self) -> u64 {
        self.watch.borrow().time_ns()
    }

    /// When faults and neighbours stop.
    pub fn faults_stop_ns(&self) -> u64 {
        faults_stop_ns(&self.scenario)
    }

    /// Tells the contract what the indexer's indices have come to until now.
    pub(super) fn note_turns(&self, now_ns: u64) {
        let stop = self.faults_stop_ns();
        let turns = self.scenario.indexer.turns.iter();
        for (number, turn) in turns.filter(|turn| turn.at_ns < stop).enumerate() {
            if now_ns < turn.at_ns {
                continue;
            }
            let is_new = self.turned.get() >> number & 1 == 0;
            self.turned.set(self.turned.get() | 1 << number);
            let mut watch = self.watch.borrow_mut();
            match turn.kind {
                IndexTurnKind::Closed => {
                    if now_ns < turn.until_ns.unwrap_or(stop).min(stop) {
                        watch.met.insert(Goal::IndexClosed);
                    }
                }
                IndexTurnKind::Deleted if is_new => {
                    let at_ms = i64::try_from(turn.at_ns / 1_000_000).unwrap_or(i64::MAX / 2);
                    for lost in self.source.lost_at(self.source.t0_ms + at_ms) {
                        watch.contract.gone(Id(lost), true);
                    }
                    watch.met.insert(Goal::IndexDeleted);
                }
                IndexTurnKind::RolledOver | IndexTurnKind::Renamed | IndexTurnKind::Renewed => {
                    watch.met.insert(Goal::IndexRenamed);
                }
                IndexTurnKind::Deleted => {}
            }
        }
    }

    /// Whether nobody takes new work any more.
    pub fn is_closing(&self) -> bool {
        self.closing.load(Ordering::Relaxed)
    }

    /// When an actor that is active so works no longer.
    pub fn stop_ns(&self, active: &Active) -> u64 {
        active
            .stop_ns
            .unwrap_or(u64::MAX)
            .min(self.faults_stop_ns())
    }
}

/// When faults and neighbours of a scenario stop.
pub(super) fn faults_stop_ns(scenario: &Scenario) -> u64 {
    let clock = &scenario.clock;
    clock.faults_stop_ns.unwrap_or(clock.run_ns)
}
