//! What must have happened: a green run that never met the danger proves nothing.

macro_rules! goals {
    ($($goal:ident $name:literal $meaning:literal;)*) => {
        /// A danger that a campaign must have met.
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
        #[repr(u8)]
        pub enum Goal {
            $(#[doc = $meaning] $goal,)*
        }

        impl Goal {
            /// Every goal, in declaration order.
            pub const ALL: &[Goal] = &[$(Goal::$goal),*];

            /// The name in scenarios and reports.
            pub fn name(self) -> &'static str {
                match self { $(Goal::$goal => $name,)* }
            }

            /// What must have happened, as a clause.
            pub fn meaning(self) -> &'static str {
                match self { $(Goal::$goal => $meaning,)* }
            }
        }
    };
}

goals! {
    VanishBetweenListAndStat "vanish-between-list-and-stat" "a listed name was gone at its stat";
    VanishBetweenListAndOpen "vanish-between-list-and-open" "a listed name was gone at its open";
    VanishBetweenOpenAndRead "vanish-between-open-and-read" "a name went while its file was open, before it was read";
    VanishBetweenListAndClaim "vanish-between-list-and-claim" "a listed bucket was gone at its claim";
    VanishBetweenListAndPark "vanish-between-list-and-park" "a bucket that a cap pass had listed was gone when it was to be parked";
    VanishBetweenClaimAndRead "vanish-between-claim-and-read" "an entry of a claimed bucket was gone when it was read";
    VanishBetweenClaimAndComplete "vanish-between-claim-and-complete" "an entry of a claimed bucket was gone at completion";
    VanishBetweenArchiveAndUnlink "vanish-between-archive-and-unlink" "a name went between its archiving and its removal";
    ScanMissedAndDoubled "scan-missed-and-doubled" "one scan missed one moved name and returned another twice";
    ClaimRaceLost "claim-race-lost" "two workers wanted one bucket";
    ClaimRedelivered "claim-redelivered" "an entry was claimed again after its worker died";
    CrashInsidePublish "crash-inside-publish" "a process died while it published";
    CrashInsideComplete "crash-inside-complete" "a process died while it completed";
    CrashInsideCap "crash-inside-cap" "a process died while it enforced the cap";
    CrashInsideRecover "crash-inside-recover" "a process died while it recovered";
    PowerLossKeptRenameLostBytes "power-loss-kept-rename-lost-bytes" "a power loss kept a rename and lost the file's bytes";
    NoSpaceThenSuccess "no-space-then-success" "one name met a full disk and the next did not";
    TooManyOpenInScan "too-many-open-in-scan" "the handles ran out during a scan";
    MtimeTieOf100 "mtime-tie-of-100" "100 pending files had one modification time";
    ClockSteppedBack "clock-stepped-back" "the wall clock went backwards while somebody worked";
    SyncFailedThenSuccess "sync-failed-then-success" "a sync failed and a later one succeeded";
    DuplicateAlert "duplicate-alert" "an alert was fetched twice";
    UnauthorisedSixDays "unauthorised-six-days" "the indexer answered 401 for six days, then succeeded";
    IndexerHung "indexer-hung" "the indexer took a request and never answered it";
    SecondInstanceStarted "second-instance-started" "a second instance started while the first ran";
    SharingViolationOnRename "sharing-violation-on-rename" "a rename failed because a neighbour held the file";
    BadFileQuarantined "bad-file-quarantined" "a planted bad file was set aside";
    ClockSkewed "clock-skewed" "our clock stayed apart from the indexer's for longer than health allows";
    IndexerSilent "indexer-silent" "the indexer answered, and had nothing new for longer than health allows";
    IndexedLate "indexed-late" "alerts were indexed with times more than two days before, which the cursor had passed";
    Reindexed "reindexed" "an answer had a document of an index that is a copy of another";
    SentAgain "sent-again" "an answer had an alert under a second document id";
    WrittenInPieces "written-in-pieces" "a pass ran while a file of the inbox was half written";
    NameNeverTaken "name-never-taken" "a pass ran while a file of the inbox had a name that is never taken";
    QuarantineGrew "quarantine-grew" "a larger share of what came was set aside than health allows";
    IdlePasses "idle-passes-200" "one life of the pipeline, or several, made 200 passes that had nothing to do";
    OverflowReadmitted "overflow-readmitted" "a parked bucket came back under the cap";
    PartReadOnly "part-read-only" "a change was refused because a part of the home was read-only";
    ShortRead "short-read" "a read gave a part of what was asked for, though there was more";
    ShortAppend "short-append" "an append failed after a part of its bytes was written";
    StaleHandle "stale-handle" "a call failed because a network filesystem had forgotten what its handle stood for";
    QuotaExceeded "quota-exceeded" "a call failed because the account's quota was used up";
    IndexClosed "index-closed" "the indexer was asked while one of its indices was closed";
    IndexDeleted "index-deleted" "an index was deleted that alerts had come from";
    IndexRenamed "index-renamed" "the indexer was asked while an index had another name than when its alerts were indexed";
    AlertLost "alert-lost" "an alert was missed that the indexer had no more, and a pass told of it";
    HomeRestored "home-restored" "an old copy of the home was put in the place of the present one";
}

impl Goal {
    /// The goal of that name.
    pub fn by_name(name: &str) -> Option<Goal> {
        Goal::ALL.iter().copied().find(|goal| goal.name() == name)
    }
}

/// The goals that one run, or a campaign, has met.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Met(u64);

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
            .iter()
            .copied()
            .filter(move |goal| self.contains(*goal))
    }

    /// What either has met.
    pub fn union(self, other: Met) -> Met {
        Met(self.0 | other.0)
    }
}
