//! A case between being written and standing in its place.
//!
//! A worker writes cases to `claimed/<worker>-<epoch>/cases/<staged name>/`, makes them durable, moves the alert's file in,
//! and moves the directory into place. The alert's file is the token: it is in the bucket, in the staged case, or in the
//! case, and whoever finds the rest of a dead worker's cases finishes those that hold their alert.

use crate::cases::case::{CaseFile, CasePlace};
use crate::layout::{Context, PathBuffer, Spool, SpoolError, ignore_vanished};
use crate::ledger::hex;
use host::{Class, Dir, File};
use sha2::{Digest, Sha256};
use std::collections::BTreeSet;

/// Where a worker's cases are written before they are moved into place.
pub(crate) const STAGING: &str = "cases";
/// The alert's file in a case.
pub(crate) const ALERT_FILE: &str = "alert.json";
/// The judgement's file in a case.
pub(crate) const CASE_FILE: &str = "case.json";

/// The file that says what the others' bytes are.
pub(crate) const MANIFEST_FILE: &str = "manifest-sha256.txt";

/// How many hours of `cases/` are remembered as existing.
const SHELVES_MAX: usize = 1_024;

/// What became of a staged case that holds its alert.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Placed {
    /// It stands in its place.
    Cased,
    /// Its alert completed what stood in its place, whose judgement and manifest are those of an earlier draft.
    Completed,
    /// The id had a case with its alert already: this copy is to be recorded, and then dropped.
    Duplicate,
    /// Somebody holds it: it stays staged.
    Held,
    /// It was gone: somebody else finished it, or removed it.
    Vanished,
}

/// The staged cases of one worker's directory.
pub(crate) struct Staging<'a, 'h> {
    pub(crate) spool: &'a Spool<'h>,
    pub(crate) home: &'a Dir<'h>,
}

impl Staging<'_, '_> {
    /// Writes a case, without its alert yet. False if one of that id is staged already.
    pub(crate) fn write(&self, staged: &str, case: &CaseFile) -> Result<bool, SpoolError> {
        let host = self.spool.host;
        let mut path = PathBuffer::default();
        let dir = path.join(&[STAGING.as_bytes(), staged.as_bytes()]);
        match host.mkdir(self.home.at(dir)) {
            Ok(()) => {}
            Err(error) if error.is_exists() => return Ok(false),
            Err(error) => return Err(error).context("make", staged),
        }
        for (name, bytes) in [
            (CASE_FILE, case.json.as_slice()),
            (MANIFEST_FILE, case.manifest.as_bytes()),
        ] {
            let at = path.join(&[STAGING.as_bytes(), staged.as_bytes(), name.as_bytes()]);
            let file = File::create_new(host, self.home.at(at)).context("create", staged)?;
            file.append(bytes).context("write", staged)?;
        }
        Ok(true)
    }

    /// Moves an alert's file from `from`, below the worker's directory, into its staged case.
    pub(crate) fn take_alert(&self, from: &[u8], staged: &str) -> host::Result<()> {
        let mut path = PathBuffer::default();
        let to = path.join(&[STAGING.as_bytes(), staged.as_bytes(), ALERT_FILE.as_bytes()]);
        self.spool
            .host
            .rename_noreplace(self.home.at(from), self.home.at(to))
    }

    /// Moves a staged case that holds its alert into its place.
    ///
    /// A directory that stands there without its alert is what a power loss may leave of a move; it is completed, because
    /// dropping our copy would lose the alert.
    pub(crate) fn place(&self, staged: &str, place: CasePlace) -> Result<Placed, SpoolError> {
        let (host, cases) = (self.spool.host, &self.spool.cases);
        let (mut from, mut to) = (PathBuffer::default(), PathBuffer::default());
        let target = place.path();
        let source = from.join(&[STAGING.as_bytes(), staged.as_bytes()]);
        let moved = host.rename_noreplace(self.home.at(source), cases.at(&target));
        let error = match moved {
            Ok(()) => return Ok(Placed::Cased),
            Err(error) => error,
        };
        match error.class() {
            Class::Vanished => return Ok(Placed::Vanished),
            Class::Contended if error.is_exists() => {}
            Class::Contended | Class::Poison => return Ok(Placed::Held),
            Class::Resource | Class::Fault => return Err(error).context("place", staged),
        }
        let source = from.join(&[STAGING.as_bytes(), staged.as_bytes(), ALERT_FILE.as_bytes()]);
        let target = to.join(&[target.as_bytes(), ALERT_FILE.as_bytes()]);
        match host.stat(cases.at(target)) {
            Ok(_) => return Ok(Placed::Duplicate),
            Err(error) if error.is_vanished() => {}
            Err(error) => return Err(error).context("look at", target),
        }
        match host.rename_noreplace(self.home.at(source), cases.at(target)) {
            Ok(()) => self.discard(staged).map(|()| Placed::Completed),
            Err(error) if error.is_exists() => Ok(Placed::Duplicate),
            Err(error) if error.is_vanished() => Ok(Placed::Vanished),
            Err(error) if error.class() == Class::Contended => Ok(Placed::Held),
            Err(error) => Err(error).context("place", staged),
        }
    }

    /// Puts an alert's file back to `to`, below the worker's directory, because its case could not be placed. If that fails
    /// as well, the staged case is finished by the worker's next epoch.
    pub(crate) fn return_alert(&self, staged: &str, to: &[u8]) -> host::Result<()> {
        let mut path = PathBuffer::default();
        let from = path.join(&[STAGING.as_bytes(), staged.as_bytes(), ALERT_FILE.as_bytes()]);
        self.spool
            .host
            .rename_noreplace(self.home.at(from), self.home.at(to))
    }

    /// Removes a staged case that does not hold its alert.
    pub(crate) fn discard(&self, staged: &str) -> Result<(), SpoolError> {
        self.remove(staged, &[CASE_FILE, MANIFEST_FILE])
    }

    /// Removes a staged case with the alert in it: a copy of one that is cased and recorded.
    pub(crate) fn discard_duplicate(&self, staged: &str) -> Result<(), SpoolError> {
        self.remove(staged, &[ALERT_FILE, CASE_FILE, MANIFEST_FILE])
    }

    fn remove(&self, staged: &str, files: &[&str]) -> Result<(), SpoolError> {
        let host = self.spool.host;
        let mut path = PathBuffer::default();
        for file in files {
            let at = path.join(&[STAGING.as_bytes(), staged.as_bytes(), file.as_bytes()]);
            ignore_held(host.unlink(self.home.at(at))).context("remove", staged)?;
        }
        let at = path.join(&[STAGING.as_bytes(), staged.as_bytes()]);
        ignore_held(host.rmdir(self.home.at(at))).context("remove", staged)
    }
}

/// The digest of the manifest that stands in the case directory `path` below `cases/`; empty if it cannot be read.
///
/// For whoever did not write it: recovery, and a worker that completed what a power loss left. It says what the case is from
/// now on. That is enough: a manifest is durable before its case is moved into place, so a crash cannot have changed it, and
/// a file that somebody changed before this still has to fit it.
pub(crate) fn standing_digest(spool: &Spool<'_>, path: &str) -> Result<String, SpoolError> {
    /// A manifest has two lines of some eighty bytes.
    const MANIFEST_BYTES_MAX: usize = 64 * 1024;
    let mut buffer = PathBuffer::default();
    let at = buffer.join(&[path.as_bytes(), MANIFEST_FILE.as_bytes()]);
    let mut bytes = Vec::new();
    let read = File::open_read(spool.host, spool.cases.at(at))
        .and_then(|file| file.read_to(0, &mut bytes, MANIFEST_BYTES_MAX));
    match read {
        Ok(()) => Ok(hex(&Sha256::digest(&bytes))),
        Err(error) if error.is_vanished() => Ok(String::new()),
        Err(error) if matches!(error.class(), Class::Contended | Class::Poison) => {
            Ok(String::new())
        }
        Err(error) => Err(error).context("read", at),
    }
}

/// What is held now is swept with the worker's directory later.
fn ignore_held(result: host::Result<()>) -> host::Result<()> {
    match ignore_vanished(result) {
        Err(error) if error.class() == Class::Contended => Ok(()),
        other => other,
    }
}

/// Makes the directory below `cases/` that a case or a pack is to stand in, unless it is remembered as made.
pub(crate) fn ensure_shelf(
    spool: &Spool<'_>,
    shelves: &mut BTreeSet<String>,
    shelf: String,
) -> Result<(), SpoolError> {
    if shelves.contains(&shelf) {
        return Ok(());
    }
    let ends = shelf
        .match_indices('/')
        .map(|(at, _)| at)
        .chain([shelf.len()]);
    for end in ends {
        match spool.host.mkdir(spool.cases.at(&shelf[..end])) {
            Ok(()) => {}
            Err(error) if error.is_exists() => {}
            Err(error) => return Err(error).context("make", &shelf[..end]),
        }
    }
    if SHELVES_MAX <= shelves.len() {
        shelves.clear();
    }
    shelves.insert(shelf);
    Ok(())
}
