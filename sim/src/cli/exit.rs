//! Verdicts and exit codes: decided here and nowhere else.

use std::fmt;
use std::process::ExitCode;

/// What a campaign found. There is no fourth value, and the second is never reported as the first.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Verdict {
    /// Every predicate held, every goal was reached, every canary died.
    Pass,
    /// The runs show nothing: a canary survived, or a goal was never reached.
    Inconclusive,
    /// A predicate was broken. A counterexample wins over everything else.
    Fail,
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Verdict::Pass => "PASS",
            Verdict::Inconclusive => "INCONCLUSIVE",
            Verdict::Fail => "FAIL",
        })
    }
}

/// How the program ends. In the order of precedence: when several apply, the first in this list is the answer.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Exit {
    /// 70: a bug in the simulator itself.
    HarnessBug,
    /// 5: the same tape gave two hashes, so nothing that it says can be trusted.
    Nondeterministic,
    /// 1: FAIL. For `replay`: REPRODUCED.
    Fail,
    /// 3: INCONCLUSIVE: a canary alive, a goal never reached, a shard missing. For `replay`: DIVERGED.
    Inconclusive,
    /// 6: a boundary moved the wrong way against the baseline.
    Regressed,
    /// 4: nothing ran.
    NothingRan,
    /// 2: wrong usage, or a wrong scenario file. Clap's own code.
    Usage,
    /// 130: interrupted; what was found until then is written.
    Interrupted,
    /// 0: PASS. For `replay`: GONE.
    Pass,
}

impl Exit {
    /// Every way to end, in order of precedence.
    pub const ALL: [Exit; 9] = [
        Exit::HarnessBug,
        Exit::Nondeterministic,
        Exit::Fail,
        Exit::Inconclusive,
        Exit::Regressed,
        Exit::NothingRan,
        Exit::Usage,
        Exit::Interrupted,
        Exit::Pass,
    ];

    /// The number that the shell sees.
    pub fn code(self) -> u8 {
        match self {
            Exit::HarnessBug => 70,
            Exit::Nondeterministic => 5,
            Exit::Fail => 1,
            Exit::Inconclusive => 3,
            Exit::Regressed => 6,
            Exit::NothingRan => 4,
            Exit::Usage => 2,
            Exit::Interrupted => 130,
            Exit::Pass => 0,
        }
    }

    /// The one answer to several: the first by precedence. Nothing at all is [`Exit::NothingRan`].
    pub fn of_all(exits: impl IntoIterator<Item = Exit>) -> Exit {
        exits.into_iter().min().unwrap_or(Exit::NothingRan)
    }
}

impl From<Verdict> for Exit {
    fn from(verdict: Verdict) -> Self {
        match verdict {
            Verdict::Pass => Exit::Pass,
            Verdict::Inconclusive => Exit::Inconclusive,
            Verdict::Fail => Exit::Fail,
        }
    }
}

impl From<crate::report::verdict::Verdict> for Exit {
    fn from(verdict: crate::report::verdict::Verdict) -> Self {
        let code = verdict.exit_code();
        let same = Exit::ALL.into_iter().find(|exit| exit.code() == code);
        same.expect("the report's codes are those of this table")
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        ExitCode::from(exit.code())
    }
}

/// The table that `--help` ends with.
pub(super) const HELP: &str = "\
Exit codes, the first that applies:
   70  bug in the simulator
    5  nondeterministic: the same tape gave two hashes
    1  FAIL            (replay: REPRODUCED)
    3  INCONCLUSIVE    (replay: DIVERGED)
    6  a boundary regressed against the baseline
    4  nothing ran
    2  wrong usage or scenario file
  130  interrupted
    0  PASS            (replay: GONE)

Environment: SIM_SEED, SIM_SEEDS, SIM_PROFILE, SIM_OUT stand in for the flags of these names; NO_COLOR, CLICOLOR_FORCE.";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_help_lists_every_code_in_order_of_precedence() {
        let listed: Vec<u8> = HELP
            .lines()
            .skip(1)
            .map_while(|line| line.split_whitespace().next()?.parse().ok())
            .collect();
        assert_eq!(listed, Exit::ALL.map(Exit::code));
    }

    #[test]
    fn a_counterexample_wins_over_a_missing_goal() {
        assert_eq!(
            Exit::of_all([Exit::Pass, Exit::Inconclusive, Exit::Fail]),
            Exit::Fail
        );
        assert_eq!(Exit::of_all([Exit::Pass, Exit::Pass]), Exit::Pass);
        assert_eq!(Exit::of_all([]), Exit::NothingRan);
        assert!(Verdict::Pass < Verdict::Inconclusive && Verdict::Inconclusive < Verdict::Fail);
    }
}
