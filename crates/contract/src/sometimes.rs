//! What must have happened: a green run that never met the danger proves nothing.

/// A danger that a campaign must have met.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
#[repr(u8)]
#[allow(missing_docs, reason = "each goal's name says it")]
pub enum Goal {
    VanishBetweenListAndStat,
    VanishBetweenListAndOpen,
    VanishBetweenOpenAndRead,
    VanishBetweenListAndClaim,
    VanishBetweenClaimAndRead,
    VanishBetweenClaimAndComplete,
    LostClaimRace,
    CrashInPublish,
    CrashInComplete,
    CrashInCap,
    CrashInRecover,
    PowerLossKeptRenameLostBytes,
    NoSpaceThenSuccess,
    TooManyOpenInScan,
    ManyEqualTimes,
    ClockStepBackwards,
    FailedSyncThenSuccess,
    DuplicateInOverlap,
    SecondInstance,
    SharingViolationOnRename,
    ClaimRedelivered,
    BadFileQuarantined,
    OverflowReadmitted,
}

impl Goal {
    /// Every goal, in declaration order.
    pub const ALL: [Goal; 23] = [
        Goal::VanishBetweenListAndStat,
        Goal::VanishBetweenListAndOpen,
        Goal::VanishBetweenOpenAndRead,
        Goal::VanishBetweenListAndClaim,
        Goal::VanishBetweenClaimAndRead,
        Goal::VanishBetweenClaimAndComplete,
        Goal::LostClaimRace,
        Goal::CrashInPublish,
        Goal::CrashInComplete,
        Goal::CrashInCap,
        Goal::CrashInRecover,
        Goal::PowerLossKeptRenameLostBytes,
        Goal::NoSpaceThenSuccess,
        Goal::TooManyOpenInScan,
        Goal::ManyEqualTimes,
        Goal::ClockStepBackwards,
        Goal::FailedSyncThenSuccess,
        Goal::DuplicateInOverlap,
        Goal::SecondInstance,
        Goal::SharingViolationOnRename,
        Goal::ClaimRedelivered,
        Goal::BadFileQuarantined,
        Goal::OverflowReadmitted,
    ];

    /// The name in scenarios and reports.
    pub fn name(self) -> &'static str {
        match self {
            Goal::VanishBetweenListAndStat => "vanish-between-list-and-stat",
            Goal::VanishBetweenListAndOpen => "vanish-between-list-and-open",
            Goal::VanishBetweenOpenAndRead => "vanish-between-open-and-read",
            Goal::VanishBetweenListAndClaim => "vanish-between-list-and-claim",
            Goal::VanishBetweenClaimAndRead => "vanish-between-claim-and-read",
            Goal::VanishBetweenClaimAndComplete => "vanish-between-claim-and-complete",
            Goal::LostClaimRace => "lost-claim-race",
            Goal::CrashInPublish => "crash-in-publish",
            Goal::CrashInComplete => "crash-in-complete",
            Goal::CrashInCap => "crash-in-cap",
            Goal::CrashInRecover => "crash-in-recover",
            Goal::PowerLossKeptRenameLostBytes => "power-loss-kept-rename-lost-bytes",
            Goal::NoSpaceThenSuccess => "no-space-then-success",
            Goal::TooManyOpenInScan => "too-many-open-in-scan",
            Goal::ManyEqualTimes => "many-equal-times",
            Goal::ClockStepBackwards => "clock-step-backwards",
            Goal::FailedSyncThenSuccess => "failed-sync-then-success",
            Goal::DuplicateInOverlap => "duplicate-in-overlap",
            Goal::SecondInstance => "second-instance",
            Goal::SharingViolationOnRename => "sharing-violation-on-rename",
            Goal::ClaimRedelivered => "claim-redelivered",
            Goal::BadFileQuarantined => "bad-file-quarantined",
            Goal::OverflowReadmitted => "overflow-readmitted",
        }
    }

    /// The goal of that name.
    pub fn by_name(name: &str) -> Option<Goal> {
        Goal::ALL.into_iter().find(|goal| goal.name() == name)
    }
}

/// The goals that one run, or a campaign, has met.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Met(u32);

impl Met {
    /// Marks a goal as met.
    pub fn insert(&mut self, goal: Goal) {
        self.0 |= 1 << goal as u8;
    }

    /// Whether a goal was met.
    pub fn contains(self, goal: Goal) -> bool {
        self.0 & 1 << goal as u8 != 0
    }

    /// Every goal that was met.
    pub fn iter(self) -> impl Iterator<Item = Goal> {
        Goal::ALL
            .into_iter()
            .filter(move |goal| self.contains(*goal))
    }

    /// What either has met.
    pub fn union(self, other: Met) -> Met {
        Met(self.0 | other.0)
    }
}
