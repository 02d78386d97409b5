//! Exit codes: decided here and nowhere else. They are those of `sysexits.h`, so that a scheduler can tell what to do.

use crate::error::FoundryError;
use pipeline::{FailureKind, Report};
use std::process::ExitCode;

/// How the program ends.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Exit {
    /// 0: done, and nothing to complain of.
    Ok,
    /// 1: the answer is no: not healthy (`status`), or something to look at (`policy lint`, `policy test`).
    Findings,
    /// 2: a rule of the policy is wrong (`policy` commands).
    RuleError,
    /// 3: the policy, or the configuration that names it, cannot be read (`policy` commands).
    NoPolicy,
    /// 64: wrong usage.
    Usage,
    /// 65: data on disk contradicts itself: a broken ledger, an alert that is not where it should be.
    Data,
    /// 69: the indexer gives no complete answer.
    Unavailable,
    /// 70: a bug of this program.
    Bug,
    /// 73: a file or directory cannot be made, or stands where one is to be made.
    CannotCreate,
    /// 74: a call on the disk failed.
    Io,
    /// 75: try again later: another process holds the lock, or the indexer is given a pause.
    Temporary,
    /// 77: refused: user, password or permission at the indexer, a file that may not be read, or a home of another user.
    Permission,
    /// 78: the configuration, or the policy, cannot be used.
    Configuration,
}

impl Exit {
    /// Every way to end.
    pub const ALL: [Exit; 13] = [
        Exit::Ok,
        Exit::Findings,
        Exit::RuleError,
        Exit::NoPolicy,
        Exit::Usage,
        Exit::Data,
        Exit::Unavailable,
        Exit::Bug,
        Exit::CannotCreate,
        Exit::Io,
        Exit::Temporary,
        Exit::Permission,
        Exit::Configuration,
    ];

    /// The number that the shell sees.
    pub fn code(self) -> u8 {
        match self {
            Exit::Ok => 0,
            Exit::Findings => 1,
            Exit::RuleError => 2,
            Exit::NoPolicy => 3,
            Exit::Usage => 64,
            Exit::Data => 65,
            Exit::Unavailable => 69,
            Exit::Bug => 70,
            Exit::CannotCreate => 73,
            Exit::Io => 74,
            Exit::Temporary => 75,
            Exit::Permission => 77,
            Exit::Configuration => 78,
        }
    }

    /// The code of a pass: that of its first failed stage. Mismatches without a failed stage are data that contradicts
    /// itself.
    pub(crate) fn of_pass(report: &Report) -> Exit {
        let failed = report
            .stages
            .iter()
            .find_map(|stage| stage.failure.as_ref());
        match failed {
            Some(failure) => failure.kind.into(),
            None if report.is_ok() => Exit::Ok,
            None => Exit::Data,
        }
    }
}

impl From<FailureKind> for Exit {
    fn from(kind: FailureKind) -> Self {
        match kind {
            FailureKind::Temporary => Exit::Temporary,
            FailureKind::Unavailable => Exit::Unavailable,
            FailureKind::Permission => Exit::Permission,
            FailureKind::Io => Exit::Io,
            FailureKind::Data => Exit::Data,
            FailureKind::Configuration => Exit::Configuration,
        }
    }
}

impl From<&FoundryError> for Exit {
    fn from(error: &FoundryError) -> Self {
        match error {
            FoundryError::Config(_)
            | FoundryError::Policy { .. }
            | FoundryError::NoValue { .. }
            | FoundryError::Indexer(_)
            | FoundryError::NoHome { .. } => Exit::Configuration,
            FoundryError::NotOwner { .. } | FoundryError::Foreign { .. } => Exit::Permission,
            FoundryError::Named { source, .. } if source.is_refused() => Exit::Permission,
            FoundryError::Named { .. } => Exit::Configuration,
            FoundryError::Failed(failure) => failure.kind.into(),
            FoundryError::Held { .. } => Exit::Temporary,
            FoundryError::Make { .. } | FoundryError::InTheWay { .. } => Exit::CannotCreate,
            FoundryError::Usage { .. } => Exit::Usage,
            FoundryError::Read { source, .. } if source.is_refused() => Exit::Permission,
            FoundryError::Read { .. } | FoundryError::Mock(_) | FoundryError::Listen { .. } => {
                Exit::Io
            }
        }
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        ExitCode::from(exit.code())
    }
}

/// The table that `--help` ends with.
pub(crate) const HELP: &str = "\
Exit codes:
    0  done
    1  the answer is no: not healthy (status), something to look at (policy)
    2  a rule of the policy is wrong (policy)
    3  the policy cannot be read (policy)
   64  wrong usage
   65  data contradicts itself: a broken ledger, mismatches
   69  the indexer gives no complete answer
   70  a bug of this program
   73  a file or directory cannot be made, or is in the way
   74  a call on the disk failed
   75  try again later: the lock is held, or the indexer is given a pause
   77  refused: user, password, permission, another user's home
   78  the configuration or the policy cannot be used
A pass ends with the code of its first failed stage.

Environment: FOUNDRY_SECTION__KEY sets a key of the configuration; RUST_LOG, NO_COLOR.";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_help_lists_every_code_in_order() {
        let listed: Vec<u8> = HELP
            .lines()
            .skip(1)
            .map_while(|line| line.split_whitespace().next()?.parse().ok())
            .collect();
        assert_eq!(listed, Exit::ALL.map(Exit::code));
    }
}
