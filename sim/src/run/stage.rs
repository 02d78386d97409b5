//! The stage: spawns the cast, hands every step to the watch, and lets fate strike.

use super::cast::Player;
use super::fate::{Copying, Fate};
use super::program::filler::AGAIN;
use super::program::writer::NEVER_TAKEN;
use super::shared::Shared;
use super::story::Telling;
use super::struck::touches;
use super::watch::{Kept, inbox};
use crate::kernel::{
    Act, Control, Director, Ended, Exit, Ino, Machine, Pending, PowerLoss, Step, TaskId, View,
};
use crate::scenario::Ends;
use contract::sometimes::Goal;
use std::collections::BTreeMap;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// How often the depth is noted, in virtual nanoseconds.
const SAMPLE_NS: u64 = 60_000_000_000;

/// Directs one run.
pub(super) struct Stage {
    shared: Rc<Shared>,
    players: Vec<Player>,
    by_task: Vec<usize>,
    pub(super) fate: Fate,
    /// What nobody planned: panics, and exits that say that data is broken.
    pub(super) accidents: Vec<String>,
    /// Virtual time and pending alerts.
    pub(super) depths: Vec<(u64, u64)>,
    /// The run stops when each of these is broken.
    stop_when_broken: Vec<String>,
    /// The run stops when it is set.
    stop: Arc<AtomicBool>,
    violations_seen: u64,
    /// What was known when a copy of the home was taken, and how many files of its inbox had names that are never taken.
    kept: BTreeMap<usize, (Kept, u64)>,
    /// Whether the run ends by a count.
    is_counted: bool,
    /// What is to be told of the run, if anything.
    pub(super) telling: Option<Telling>,
}

impl Stage {
    pub(super) fn new(
        shared: &Rc<Shared>,
        players: Vec<Player>,
        stop_when_broken: Vec<String>,
        stop: &Arc<AtomicBool>,
    ) -> Self {
        let fate = Fate::new(&shared.scenario, shared.seed, shared.faults_stop_ns());
        Stage {
            shared: Rc::clone(shared),
            players,
            by_task: Vec::new(),
            fate,
            accidents: Vec::new(),
            depths: Vec::new(),
            stop_when_broken,
            stop: Arc::clone(stop),
            violations_seen: 0,
            kept: BTreeMap::new(),
            is_counted: shared.scenario.clock.ends == Ends::Counted,
            telling: None,
        }
    }

    /// Spawns everybody for the first time.
    pub(super) fn open(&mut self, machine: &mut Machine) {
        for number in 0..self.players.len() {
            let player = &mut self.players[number];
            player.actor = self
                .shared
                .watch
                .borrow_mut()
                .enlist(&player.name, player.side());
            let program = player.program(&self.shared);
            let task = machine.spawn(player.task(player.start_ns), program);
            self.assign(task.expect("the root is a directory"), number);
        }
    }

    fn assign(&mut self, task: TaskId, number: usize) {
        let at = usize::from(task.0);
        if self.by_task.len() <= at {
            self.by_task.resize(at + 1, usize::MAX);
        }
        self.by_task[at] = number;
    }

    fn player(&self, task: TaskId) -> &Player {
        &self.players[self.by_task[usize::from(task.0)]]
    }

    /// Starts another life of a player, as another actor.
    fn start_again(&mut self, view: &mut View<'_>, number: usize, delay_ns: u64) {
        let player = &mut self.players[number];
        let mut watch = self.shared.watch.borrow_mut();
        player.actor = watch.enlist(&player.name, player.side());
        drop(watch);
        let (spec, program) = (player.task(delay_ns), player.program(&self.shared));
        let task = view.spawn(spec, program).expect("the root is a directory");
        self.assign(task, number);
    }

    fn is_broken_enough(&mut self) -> bool {
        let watch = self.shared.watch.borrow();
        let count = watch.contract.violation_count();
        if self.stop_when_broken.is_empty() || count == self.violations_seen {
            return false;
        }
        self.violations_seen = count;
        let broken = watch.contract.violations();
        let is_broken = |id: &String| broken.iter().any(|violation| violation.predicate == id);
        self.stop_when_broken.iter().all(is_broken)
    }
}

impl Director for Stage {
    fn before(&mut self, view: &mut View<'_>, pending: &Pending<'_>) -> Act {
        if let Some(by_ms) = self.fate.step_clock(view)
            && by_ms < 0
        {
            self.shared
                .watch
                .borrow_mut()
                .met
                .insert(Goal::ClockSteppedBack);
        }
        self.shared.watch.borrow_mut().before(view);
        match self.fate.copying(pending.time_ns) {
            Some(Copying::Keep(number)) => {
                view.keep_files(number);
                let kept = self.shared.watch.borrow().kept();
                let never_taken = self.shared.never_taken.get();
                self.kept.insert(number, (kept, never_taken));
            }
            Some(Copying::PutBack(number)) => return Act::PutBack(number),
            None => {}
        }
        let player = &self.players[self.by_task[usize::from(pending.task.0)]];
        let act = self.fate.before(player, view, pending);
        let mut watch = self.shared.watch.borrow_mut();
        watch.struck(player.actor, pending, &act, self.fate.is_refused);
        drop(watch);
        act
    }

    fn after(&mut self, view: &mut View<'_>, step: &Step<'_>) -> Control {
        let player = &self.players[self.by_task[usize::from(step.pending.task.0)]];
        let mut watch = self.shared.watch.borrow_mut();
        if let Some(telling) = &mut self.telling {
            telling.note(view, &player.name, step, &watch.contract);
        }
        watch.after(view, player.actor, step);
        if self.is_counted && self.fate.has_stopped(step.pending.time_ns) {
            self.shared.closing.store(true, Ordering::Relaxed);
        }
        let due = self.depths.last().map_or(0, |(time, _)| time + SAMPLE_NS);
        if due <= step.pending.time_ns {
            let pending = watch.contract.census().count(contract::Place::Pending);
            self.depths.push((step.pending.time_ns, pending));
        }
        let pass = watch.pass_of(player.actor);
        drop(watch);
        if self.is_broken_enough() || self.stop.load(Ordering::Relaxed) {
            return Control::Stop;
        }
        let player = &self.players[self.by_task[usize::from(step.pending.task.0)]];
        if let Some(danger) = player.danger
            && touches(danger.0, step)
        {
            self.shared.struck.borrow_mut().insert(danger);
        }
        self.fate.after(player, pass, view, step)
    }

    fn exited(&mut self, view: &mut View<'_>, task: TaskId, how: &Ended) {
        let number = self.by_task[usize::from(task.0)];
        let player = self.player(task);
        match how {
            Ended::Returned(Exit { code: 65, text }) => {
                self.accidents.push(format!("{}: {text}", player.name));
            }
            Ended::Returned(exit) if exit.text == AGAIN => {
                let delay_ns = self.shared.past_lived.get().wait_ns(&self.shared);
                self.start_again(view, number, delay_ns);
            }
            Ended::Returned(_) => {}
            Ended::Panicked(text) => {
                self.accidents
                    .push(format!("{} panicked: {text}", player.name));
            }
            Ended::Killed => {
                self.shared.watch.borrow_mut().died(player.actor);
                self.start_again(view, number, self.fate.restart_ns);
            }
        }
    }

    fn put_back(&mut self, view: &mut View<'_>, number: usize) {
        let shared = &self.shared;
        if let Some((kept, never_taken)) = self.kept.get(&number) {
            shared.watch.borrow_mut().put_back(view, kept);
            shared.never_taken.set(*never_taken);
            shared.half_written.set(0);
        }
    }

    fn power_lost(&mut self, view: &mut View<'_>, loss: &PowerLoss) {
        let names = names_never_taken(view);
        self.shared.never_taken.set(names);
        self.shared.half_written.set(0);
        let torn: Vec<Ino> = loss.bytes.iter().map(|change| change.ino).collect();
        self.shared.watch.borrow_mut().power_lost(view, &torn);
    }
}

/// Files of the inbox that have a name which is never taken, as they are on the disk.
fn names_never_taken(view: &View<'_>) -> u64 {
    let Some(inbox) = inbox(view.fs()) else {
        return 0;
    };
    let names = view.fs().children(inbox);
    let odd = names.filter(|(name, _)| name.ends_with(NEVER_TAKEN.as_bytes()));
    odd.count() as u64
}
