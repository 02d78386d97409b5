//! What goes wrong in a run, and when: crashes, power losses, failing calls, clock steps. All of it drawn from the seed.

use super::cast::Player;
use super::refusal::Refusal;
use super::struck::Struck;
use crate::kernel::{Act, Control, Effect, Pending, Prng, Seed, Step, View};
use crate::scenario::{CallFault, DangerKind, Point, Restore, Role, Scenario, ShortRead, Trigger};
use contract::{PassKind, Place};
use host::Call;

/// When something happens, and how often it still may.
struct Clockwork {
    trigger: Trigger,
    left: u64,
    /// For chances: after so many more calls. For numbered calls: so many are still to come. For rhythms: at this time.
    next: u64,
    draw: Prng,
}

/// Of ten moments that a point names, one is struck: the first would always be the same.
const POINT_CHANCE: (u64, u64) = (1, 10);

impl Clockwork {
    fn new(trigger: &Trigger, times: Option<u64>, draw: Prng) -> Self {
        let mut clockwork = Clockwork {
            trigger: trigger.clone(),
            left: times.unwrap_or(u64::MAX),
            next: 0,
            draw,
        };
        clockwork.wind(0);
        clockwork
    }

    fn wind(&mut self, now_ns: u64) {
        self.next = match self.trigger {
            Trigger::Chance(share) if share <= 0.0 => u64::MAX,
            Trigger::Chance(share) => 1 + self.draw.exponential((1.0 / share) as u64),
            Trigger::EveryNs(every) => now_ns + every / 2 + self.draw.below(every),
            Trigger::Nth { nth, .. } => nth,
            Trigger::After(_) => 0,
        };
    }

    /// Whether it strikes a call that is about to act.
    fn strikes_call(&mut self, call: Call, now_ns: u64) -> bool {
        if self.left == 0 {
            return false;
        }
        let is_due = match &self.trigger {
            Trigger::Chance(_) => self.count_down(),
            Trigger::EveryNs(_) => self.next <= now_ns,
            Trigger::Nth { call: counted, .. } => *counted == call && self.count_down(),
            Trigger::After(_) => false,
        };
        if is_due {
            self.left -= 1;
            self.wind(now_ns);
        }
        is_due
    }

    /// Whether it strikes at a point that was reached.
    fn strikes_point(&mut self, reached: Point) -> bool {
        let is_here = matches!(self.trigger, Trigger::After(point) if point == reached);
        if self.left == 0 || !is_here || !self.draw.chance(POINT_CHANCE.0, POINT_CHANCE.1) {
            return false;
        }
        self.left -= 1;
        true
    }

    fn count_down(&mut self) -> bool {
        self.next = self.next.saturating_sub(1);
        self.next == 0
    }
}

struct CrashFate {
    role: Role,
    clockwork: Clockwork,
    restart_ns: u64,
}

struct CallFate {
    fault: CallFault,
    clockwork: Clockwork,
    /// How much of an append is written, where it is not all.
    draw: Prng,
}

/// A short read gives at most so many bytes: most files of a queue are longer.
const SHORT_BYTES: u64 = 600;

/// What an operator does with copies of the home, each by the number of its restore.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Copying {
    /// A copy is taken.
    Keep(usize),
    /// Everything is stopped, and the copy takes the home's place.
    PutBack(usize),
}

/// What goes wrong in one run.
pub(super) struct Fate {
    crashes: Vec<CrashFate>,
    power_losses: Vec<(Clockwork, u64)>,
    faults: Vec<CallFate>,
    short_reads: Vec<(ShortRead, Clockwork)>,
    refusal: Refusal,
    /// Whether the last call that was asked about fails because a part of the home may not be changed.
    pub(super) is_refused: bool,
    /// When, by how much, and which of the scenario's; the next one last.
    clock_steps: Vec<(u64, i64, usize)>,
    /// Each with how much of it was done: the copy, and that it was put back.
    restores: Vec<(Restore, u8)>,
    stop_ns: u64,
    /// Which of the scenario's misfortunes struck.
    pub(super) struck: Struck,
    /// How long those that were struck last stay down.
    pub(super) restart_ns: u64,
}

impl CallFate {
    fn strike(&mut self, pending: &Pending<'_>) -> Act {
        let errno = self.fault.errno;
        if !self.fault.partial || pending.bytes.is_empty() {
            return Act::Fail(errno);
        }
        let written = self.draw.below(pending.bytes.len() as u64);
        Act::AppendPrefixThenFail(usize::try_from(written).unwrap_or(0), errno)
    }
}

impl Fate {
    pub(super) fn new(scenario: &Scenario, seed: Seed, stop_ns: u64) -> Self {
        let stream = |kind: &str, number: usize| seed.stream(&format!("nemesis/{kind}/{number}"));
        let crashes = scenario
            .crashes
            .iter()
            .enumerate()
            .map(|(number, crash)| CrashFate {
                role: crash.process,
                clockwork: Clockwork::new(&crash.trigger, crash.times, stream("crash", number)),
                restart_ns: crash.restart_after_ns,
            });
        let power_losses = scenario
            .power_losses
            .iter()
            .enumerate()
            .map(|(number, loss)| {
                let draw = stream("power-loss", number);
                (
                    Clockwork::new(&loss.trigger, loss.times, draw),
                    loss.restart_after_ns,
                )
            });
        let faults = scenario.faults.iter().enumerate().map(|(number, fault)| {
            let draw = stream("fault", number);
            CallFate {
                fault: fault.clone(),
                clockwork: Clockwork::new(&fault.trigger, fault.times, draw),
                draw: stream("fault-part", number),
            }
        });
        let short_reads = scenario
            .short_reads
            .iter()
            .enumerate()
            .map(|(number, short)| {
                let trigger = Trigger::Chance(short.probability);
                let draw = stream("short-read", number);
                (short.clone(), Clockwork::new(&trigger, None, draw))
            });
        let mut clock_steps: Vec<_> = scenario
            .clock_steps
            .iter()
            .enumerate()
            .map(|(number, step)| (step.at_ns, step.by_ms, number))
            .collect();
        clock_steps.sort_by_key(|(at, ..)| std::cmp::Reverse(*at));
        Fate {
            crashes: crashes.collect(),
            power_losses: power_losses.collect(),
            faults: faults.collect(),
            short_reads: short_reads.collect(),
            refusal: Refusal::new(&scenario.read_only),
            is_refused: false,
            clock_steps,
            restores: scenario.restores.iter().map(|one| (*one, 0)).collect(),
            stop_ns,
            struck: Struck::new(),
            restart_ns: 0,
        }
    }

    /// What an operator does now about copies of the home, if anything.
    pub(super) fn copying(&mut self, now_ns: u64) -> Option<Copying> {
        if self.has_stopped(now_ns) {
            return None;
        }
        let (number, (restore, step)) =
            self.restores
                .iter_mut()
                .enumerate()
                .find(|(_, (restore, step))| match step {
                    0 => restore.backup_ns <= now_ns,
                    1 => restore.at_ns <= now_ns,
                    _ => false,
                })?;
        *step += 1;
        if *step == 1 {
            return Some(Copying::Keep(number));
        }
        self.restart_ns = restore.restart_after_ns;
        Some(Copying::PutBack(number))
    }

    /// Steps the clock if it is time; says by how much.
    pub(super) fn step_clock(&mut self, view: &mut View<'_>) -> Option<i64> {
        let (at, by_ms, number) = *self.clock_steps.last()?;
        if view.now_ns() < at {
            return None;
        }
        self.clock_steps.pop();
        self.struck.insert((DangerKind::ClockStep, number));
        view.step_clock(by_ms);
        Some(by_ms)
    }

    /// What happens instead of a call.
    pub(super) fn before(
        &mut self,
        player: &Player,
        view: &View<'_>,
        pending: &Pending<'_>,
    ) -> Act {
        let now = pending.time_ns;
        self.is_refused = false;
        if self.has_stopped(now) || !player.plays(Role::Any) {
            return Act::Proceed;
        }
        for (number, (clockwork, restart_ns)) in self.power_losses.iter_mut().enumerate() {
            if clockwork.strikes_call(pending.call, now) {
                self.struck.insert((DangerKind::PowerLoss, number));
                self.restart_ns = *restart_ns;
                return Act::PowerLoss;
            }
        }
        for (number, crash) in self.crashes.iter_mut().enumerate() {
            if player.plays(crash.role) && crash.clockwork.strikes_call(pending.call, now) {
                self.struck.insert((DangerKind::Crash, number));
                self.restart_ns = crash.restart_ns;
                return Act::Kill(player.process);
            }
        }
        for (number, fate) in self.faults.iter_mut().enumerate() {
            let fault = &fate.fault;
            if fault.call == pending.call
                && player.plays(fault.process)
                && fate.clockwork.strikes_call(pending.call, now)
            {
                self.struck.insert((DangerKind::CallFault, number));
                return fate.strike(pending);
            }
        }
        if let Some(errno) = self.refusal.of(view, pending) {
            self.is_refused = true;
            return Act::Fail(errno);
        }
        self.short_read(player, pending)
    }

    fn short_read(&mut self, player: &Player, pending: &Pending<'_>) -> Act {
        if pending.call != Call::Read {
            return Act::Proceed;
        }
        let mut short = self.short_reads.iter_mut();
        let struck = short.find_map(|(short, clockwork)| {
            let is_struck = player.plays(short.process)
                && clockwork.strikes_call(pending.call, pending.time_ns);
            is_struck.then(|| clockwork.draw.below(SHORT_BYTES))
        });
        struck.map_or(Act::Proceed, |bytes| {
            Act::ReadAtMost(1 + usize::try_from(bytes).unwrap_or(0))
        })
    }

    /// Whether nothing goes wrong any more at this time.
    pub(super) fn has_stopped(&self, now_ns: u64) -> bool {
        self.stop_ns <= now_ns
    }

    /// What happens after a step that has acted.
    pub(super) fn after(
        &mut self,
        player: &Player,
        pass: Option<PassKind>,
        view: &View<'_>,
        step: &Step<'_>,
    ) -> Control {
        let has_points = !(self.crashes.is_empty() && self.power_losses.is_empty());
        if !has_points || self.has_stopped(step.pending.time_ns) || !player.plays(Role::Any) {
            return Control::Continue;
        }
        let Some(point) = point_of(pass, view, step) else {
            return Control::Continue;
        };
        for (number, (clockwork, restart_ns)) in self.power_losses.iter_mut().enumerate() {
            if clockwork.strikes_point(point) {
                self.struck.insert((DangerKind::PowerLoss, number));
                self.restart_ns = *restart_ns;
                return Control::PowerLoss;
            }
        }
        for (number, crash) in self.crashes.iter_mut().enumerate() {
            if player.plays(crash.role) && crash.clockwork.strikes_point(point) {
                self.struck.insert((DangerKind::Crash, number));
                self.restart_ns = crash.restart_ns;
                return Control::Kill(player.process);
            }
        }
        Control::Continue
    }
}

/// The point of the queue's work that a step has reached.
fn point_of(pass: Option<PassKind>, view: &View<'_>, step: &Step<'_>) -> Option<Point> {
    if step.errno.is_some() {
        return None;
    }
    if pass == Some(PassKind::Recover) {
        return Some(Point::Recover);
    }
    match step.effect {
        Effect::Listed { .. } => Some(Point::List),
        Effect::ReadBytes { .. } => Some(Point::Read),
        Effect::Appended { .. } if step.name().is_empty() => {
            let note = step.ino.map(|ino| view.note(ino));
            (note == Some(super::watch::SEGMENT)).then_some(Point::Ledger)
        }
        Effect::Moved { ino, to_dir, .. } => {
            let place = |note: u32| Place::ALL.get(note as usize).copied();
            match place(view.note(ino)).or(place(view.note(to_dir)))? {
                Place::Pending if pass == Some(PassKind::Publish) => Some(Point::Publish),
                Place::Claimed => Some(Point::Claim),
                Place::Cased => Some(Point::Case),
                Place::Overflow => Some(Point::Shed),
                _ => None,
            }
        }
        _ => None,
    }
}
