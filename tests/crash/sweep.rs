//! Many executions, one verdict: what failed is listed with the strikes that replay it.

use crate::life::Work;
use crate::verdict::{Mercy, all_is_well, ledger_is_not_ahead};
use crate::world::{End, Life, Strike, World};
use sim::kernel::PowerLossProfile;
use std::io::Write;

/// How many failures are shown in full.
const SHOWN_MAX: usize = 12;

/// One execution: a machine, and the strikes of each life but the last, which is not disturbed.
#[derive(Clone, Debug)]
pub(crate) struct Execution {
    pub(crate) work: Work,
    pub(crate) seed: u64,
    pub(crate) power_loss: PowerLossProfile,
    /// Whether a life goes on in the same process when a call failed.
    pub(crate) stubborn: bool,
    pub(crate) lives: Vec<Vec<Strike>>,
    pub(crate) mercy: Mercy,
}

impl Execution {
    pub(crate) fn new(work: Work) -> Self {
        Execution {
            work,
            seed: 1,
            power_loss: PowerLossProfile::AnySubset,
            stubborn: false,
            lives: Vec::new(),
            mercy: Mercy::None,
        }
    }

    /// Runs it to a verdict. Errs with what is wrong.
    pub(crate) fn run(&self) -> Result<(), String> {
        let mut world = World::new(self.work, self.seed, self.power_loss);
        for strikes in &self.lives {
            let life = world.live(self.stubborn, strikes);
            if let End::Panicked(message) = life.end {
                return Err(format!("it panics: {message}"));
            }
            ledger_is_not_ahead(&world, self.work)?;
        }
        let last = world.live(false, &[]);
        all_is_well(&world, self.work, &last.end, self.mercy)
    }

    /// The last of this execution's lives, struck as it is.
    pub(crate) fn struck_life(&self) -> Life {
        let mut world = World::new(self.work, self.seed, self.power_loss);
        let mut lives = self.lives.iter();
        let first = lives.next().map_or(&[][..], Vec::as_slice);
        let life = world.live(self.stubborn, first);
        lives.fold(life, |_, strikes| world.live(self.stubborn, strikes))
    }

    /// The life after those of this execution, if nothing disturbs it: its calls are what the next strike can hit.
    pub(crate) fn next_life(&self) -> Life {
        let mut world = World::new(self.work, self.seed, self.power_loss);
        for strikes in &self.lives {
            world.live(self.stubborn, strikes);
        }
        world.live(self.stubborn, &[])
    }
}

/// Counts executions and gathers what failed.
pub(crate) struct Sweep {
    what: &'static str,
    executions: u64,
    failed: Vec<String>,
}

impl Sweep {
    pub(crate) fn new(what: &'static str) -> Self {
        Sweep {
            what,
            executions: 0,
            failed: Vec::new(),
        }
    }

    pub(crate) fn run(&mut self, execution: &Execution) {
        self.executions += 1;
        if let Err(wrong) = execution.run() {
            self.failed.push(format!("{wrong}\n    {execution:?}"));
        }
    }

    /// Says how many there were, and fails if any did.
    pub(crate) fn finish(self) {
        let (count, bad) = (self.executions, self.failed.len());
        let line = format!("crash: {}: {count} executions, {bad} failed\n", self.what);
        // Straight to standard error, which the test runner does not hold back.
        std::io::stderr()
            .write_all(line.as_bytes())
            .expect("standard error is open");
        let shown: Vec<_> = self.failed.iter().take(SHOWN_MAX).cloned().collect();
        assert!(
            shown.is_empty(),
            "{}: {bad} of {count} failed:\n{}",
            self.what,
            shown.join("\n")
        );
    }
}
