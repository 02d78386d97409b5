//! Those that touch the queue's files without knowing the queue: archiver, antivirus, file indexer, operator; and
//! whoever puts an old copy of the home back.

use super::checks::{Checks, RawSpread};
use super::units::{Nanos, SECOND_NS, Share, When, WrittenPace};
use super::{Active, Pace, Spread};
use serde::{Deserialize, Serialize};
use toml::Spanned;

/// Which of the pending files a neighbour takes.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Select {
    /// The one whose name sorts first.
    #[default]
    Oldest,
    /// Any, with equal chance.
    Random,
}

/// Moves files of the queue into the archive.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Archiver {
    /// Its name in reports and tapes.
    pub id: String,
    /// When it works.
    pub active: Active,
    /// How many files it takes, on average over its batches.
    pub pace: Pace,
    /// Which files it takes.
    pub select: Select,
    /// How many it takes at once: a large batch makes vanishes clustered.
    pub batch: u64,
    /// The most files it takes in all.
    pub at_most: Option<u64>,
    /// Whether it waits until a consumer has listed the queue, and takes only names of that list: the aimed form.
    pub aimed_at_list: bool,
}

/// Opens new files, holds them, and takes some away.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Antivirus {
    /// Its name in reports and tapes.
    pub id: String,
    /// When it works.
    pub active: Active,
    /// The share of files that it opens.
    pub share: f64,
    /// How long it holds one.
    pub hold: Spread,
    /// Whether others may not rename or remove what it holds, where the machine's sharing is that of Windows.
    pub deny: bool,
    /// The share of the opened files that it removes afterwards.
    pub quarantine: f64,
}

/// Opens files to read them, and lets others do as they like.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct FileIndexer {
    /// Its name in reports and tapes.
    pub id: String,
    /// When it works.
    pub active: Active,
    /// The share of files that it opens.
    pub share: f64,
    /// How long it holds one.
    pub hold: Spread,
}

/// A person with a shell.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Operator {
    /// Their name in reports and tapes.
    pub id: String,
    /// When they are at work; their deeds are spread over it.
    pub active: Active,
    /// How many pending files they remove.
    pub rm: u64,
    /// How many finished files they copy back into the queue.
    pub copy_back: u64,
    /// How many pending files they open, change and save.
    pub edit: u64,
}

/// Somebody stops every program, puts an old copy of the whole home in the place of the present one, and starts them again.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Restore {
    /// When the copy was taken, in nanoseconds after t0.
    pub backup_ns: u64,
    /// When it is put back, in nanoseconds after t0.
    pub at_ns: u64,
    /// How long after that the programs start, in nanoseconds.
    pub restart_after_ns: u64,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawRestore {
    backup: Spanned<When>,
    at: Spanned<When>,
    restart_after: Option<Nanos>,
}

/// What it takes to look at what was put back, and to start the service.
const RESTART_DEFAULT: Nanos = Nanos(60 * SECOND_NS);

impl RawRestore {
    pub(super) fn resolve(self, checks: &mut Checks) -> Restore {
        let at = self.at.span();
        let (backup_ns, at_ns) = (checks.when(self.backup), checks.when(self.at));
        checks.ends_later(
            backup_ns..at_ns,
            at,
            [
                "it is put back before it was taken",
                "must be later than `backup`",
            ],
        );
        Restore {
            backup_ns,
            at_ns,
            restart_after_ns: self.restart_after.unwrap_or(RESTART_DEFAULT).0,
        }
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawArchiver {
    id: Spanned<String>,
    rate: WrittenPace,
    #[serde(default)]
    select: Select,
    batch: Option<Spanned<u64>>,
    at_most: Option<Spanned<u64>>,
    after: Option<After>,
    start: Option<Spanned<When>>,
    stop: Option<Spanned<When>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
enum After {
    List,
}

impl RawArchiver {
    pub(super) fn resolve(self, checks: &mut Checks) -> Archiver {
        Archiver {
            id: checks.id(self.id),
            active: checks.active(self.start, self.stop),
            pace: self.rate.0,
            select: self.select,
            batch: self
                .batch
                .map_or(1, |batch| checks.above_zero(batch, "the batch")),
            at_most: self
                .at_most
                .map(|most| checks.above_zero(most, "`at_most`")),
            aimed_at_list: matches!(self.after, Some(After::List)),
        }
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawAntivirus {
    id: Spanned<String>,
    share: Spanned<Share>,
    hold: Spanned<RawSpread>,
    deny: Option<bool>,
    quarantine: Option<Spanned<Share>>,
    start: Option<Spanned<When>>,
    stop: Option<Spanned<When>>,
}

impl RawAntivirus {
    pub(super) fn resolve(self, checks: &mut Checks) -> Antivirus {
        Antivirus {
            id: checks.id(self.id),
            active: checks.active(self.start, self.stop),
            share: checks.share(self.share),
            hold: checks.spread(self.hold),
            deny: self.deny.unwrap_or(true),
            quarantine: checks.share_or(self.quarantine, 0.0),
        }
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawFileIndexer {
    id: Spanned<String>,
    share: Spanned<Share>,
    hold: Spanned<RawSpread>,
    start: Option<Spanned<When>>,
    stop: Option<Spanned<When>>,
}

impl RawFileIndexer {
    pub(super) fn resolve(self, checks: &mut Checks) -> FileIndexer {
        FileIndexer {
            id: checks.id(self.id),
            active: checks.active(self.start, self.stop),
            share: checks.share(self.share),
            hold: checks.spread(self.hold),
        }
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawOperator {
    id: Spanned<String>,
    #[serde(default)]
    rm: u64,
    #[serde(default)]
    copy_back: u64,
    #[serde(default)]
    edit: u64,
    start: Option<Spanned<When>>,
    stop: Option<Spanned<When>>,
}

impl RawOperator {
    pub(super) fn resolve(self, checks: &mut Checks) -> Operator {
        if self.rm + self.copy_back + self.edit == 0 {
            checks.problem(
                self.id.span(),
                "this operator does nothing",
                "give `rm`, `copy_back` or `edit` a count",
                None,
            );
        }
        Operator {
            id: checks.id(self.id),
            active: checks.active(self.start, self.stop),
            rm: self.rm,
            copy_back: self.copy_back,
            edit: self.edit,
        }
    }
}
