//! The four sites, and what the hot fix did at each. This file is the whole difference between `legacy` and `hotfix`.

use super::python::{exists, is_file_not_found, read_text, shutil_move, st_mtime};
use host::{At, Host, HostError};
use std::fmt;

/// Whether the four guards of the hot fix are there.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Guards {
    /// The queue as it was: what the listing returned is used as if it were still there.
    None,
    /// The queue with four guards in two files.
    Hotfix,
}

/// Where a listed name is used.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Site {
    /// Site 1: `stat()` in the sort key.
    SortStat,
    /// Site 2: `shutil.move()` of the overflow.
    OverflowMove,
    /// Site 3: `read_text()`.
    ReadText,
    /// Site 4: `shutil.move()` to the archive.
    ProcessedMove,
    /// Not one of the four: a directory that cannot be listed, a case that cannot be written.
    Elsewhere,
}

impl Site {
    /// The number in the account, 1 to 4; 0 for none of them.
    pub fn number(self) -> u8 {
        match self {
            Site::SortStat => 1,
            Site::OverflowMove => 2,
            Site::ReadText => 3,
            Site::ProcessedMove => 4,
            Site::Elsewhere => 0,
        }
    }
}

impl fmt::Display for Site {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Site::SortStat => "site 1, poll-alerts.py stat() in the sort key",
            Site::OverflowMove => "site 2, poll-alerts.py shutil.move() of overflow",
            Site::ReadText => "site 3, triage.py read_text()",
            Site::ProcessedMove => "site 4, triage.py shutil.move() to processed",
            Site::Elsewhere => "outside the four sites",
        })
    }
}

/// What became of the use of a listed name.
pub(super) enum Use<T> {
    /// It was there.
    Done(T),
    /// It was gone, and a guard caught that.
    Vanished(T),
}

impl Guards {
    /// Site 1.
    ///
    /// ```python
    /// key=lambda p: p.stat().st_mtime      # before
    ///
    /// def safe_mtime(p):                   # after: key=safe_mtime
    ///     try:
    ///         return p.stat().st_mtime
    ///     except FileNotFoundError:
    ///         return 0.0
    /// ```
    pub(super) fn sort_key(self, host: &dyn Host, at: At<'_>) -> Result<Use<f64>, HostError> {
        self.guard(0.0, st_mtime(host, at))
    }

    /// Site 2.
    ///
    /// ```python
    /// shutil.move(str(p), str(PROCESSED_ROOT / p.name))      # before
    ///
    /// if not p.exists():                                     # after
    ///     continue
    /// try:
    ///     shutil.move(str(p), str(PROCESSED_ROOT / p.name))
    /// except FileNotFoundError:
    ///     pass
    /// ```
    pub(super) fn move_overflow(
        self,
        host: &dyn Host,
        from: At<'_>,
        to: At<'_>,
    ) -> Result<Use<()>, HostError> {
        if self == Guards::Hotfix && !exists(host, from)? {
            return Ok(Use::Vanished(()));
        }
        self.guard((), shutil_move(host, from, to))
    }

    /// Site 3.
    ///
    /// ```python
    /// text = p.read_text()                 # before
    ///
    /// try:                                 # after
    ///     text = p.read_text()
    /// except FileNotFoundError:
    ///     continue
    /// ```
    pub(super) fn read_text(
        self,
        host: &dyn Host,
        at: At<'_>,
        text: &mut Vec<u8>,
    ) -> Result<Use<()>, HostError> {
        self.guard((), read_text(host, at, text))
    }

    /// Site 4.
    ///
    /// ```python
    /// shutil.move(str(p), str(PROCESSED_ROOT / p.name))      # before
    ///
    /// try:                                                   # after
    ///     shutil.move(str(p), str(PROCESSED_ROOT / p.name))
    /// except FileNotFoundError:
    ///     pass
    /// ```
    pub(super) fn move_processed(
        self,
        host: &dyn Host,
        from: At<'_>,
        to: At<'_>,
    ) -> Result<Use<()>, HostError> {
        self.guard((), shutil_move(host, from, to))
    }

    /// `except FileNotFoundError`, if the guards are there.
    fn guard<T>(self, instead: T, result: Result<T, HostError>) -> Result<Use<T>, HostError> {
        match result {
            Ok(value) => Ok(Use::Done(value)),
            Err(error) if self == Guards::Hotfix && is_file_not_found(error) => {
                Ok(Use::Vanished(instead))
            }
            Err(error) => Err(error),
        }
    }
}
