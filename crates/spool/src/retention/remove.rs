//! Removing what a spent record names: cases, packs, quarantined files, and the directories that are left empty.

use super::{Beside, Removed};
use crate::cases::packs;
use crate::cases::quarantine::REASON;
use crate::cases::staging::CASE_FILE;
use crate::layout::{Context, EntryName, Spool, SpoolError, read_or_gone};
use crate::ledger::{NewCase, Record};
use host::{Class, Dir, Kind, Names};
use serde::Deserialize;

/// Removes what came before some millisecond, record by record.
pub(super) struct Remover<'a, 'h> {
    spool: &'a Spool<'h>,
    before: u64,
    /// Whether there are packs.
    is_packed: bool,
    /// The shelf, below `cases/`, from which something was removed last.
    shelf: String,
    /// The pack that was looked at last, and what became of it: its cases follow one another.
    pack: (String, Outcome),
}

/// More than any `case.json` has whose entry is worth reading.
const CASE_BYTES_MAX: usize = 64 << 20;

/// Somebody may have put directories into a case's own; nobody needs more of them inside each other.
const LEVELS: u32 = 16;

/// What of `case.json` says how old it is.
#[derive(Deserialize)]
struct CaseHead {
    entry: String,
}

impl<'a, 'h> Remover<'a, 'h> {
    pub(super) fn new(spool: &'a Spool<'h>, before: u64) -> Result<Self, SpoolError> {
        Ok(Remover {
            spool,
            before,
            is_packed: packs::is_packed(spool)?,
            shelf: String::new(),
            pack: (String::new(), Outcome::Gone),
        })
    }

    /// Removes what a spent record names. Not yet durable.
    pub(super) fn remove_of(
        &mut self,
        record: &Record,
        beside: &mut dyn Beside,
    ) -> Result<Removed, SpoolError> {
        let mut done = Removed::default();
        for case in record.new_cases() {
            match self.remove_case(&case, beside)? {
                Outcome::Removed => done.cases += 1,
                Outcome::Gone => {}
                Outcome::Held => done.held += 1,
            }
        }
        if let Record::Completed { quarantined, .. } = record {
            for bad in quarantined {
                match self.remove_quarantined(bad.entry)? {
                    Outcome::Removed => done.quarantined += 1,
                    Outcome::Gone => {}
                    Outcome::Held => done.held += 1,
                }
            }
        }
        Ok(done)
    }

    /// Removes what is left of the shelf from which something was removed last. To be called after the last record.
    pub(super) fn finish(&mut self) -> Result<(), SpoolError> {
        let shelf = std::mem::take(&mut self.shelf);
        if shelf.is_empty() {
            return Ok(());
        }
        let cases = &self.spool.cases;
        if self.is_packed {
            let hour = shelf.strip_prefix(packs::PACKED).unwrap_or(&shelf);
            let hour = hour.trim_start_matches('/');
            self.remove_announcements(hour)?;
            let packed = format!("{}/{hour}", packs::PACKED);
            host::remove_empty(cases, &packed).context("remove", &packed)?;
        }
        host::remove_empty(cases, &shelf).context("remove", &shelf)
    }

    /// Removes the packs of an hour that hold no case and announce only directories that do not stand: no record names them.
    ///
    /// A directory that is about to be placed is refused without its announcement, as after a power loss, and made again.
    fn remove_announcements(&self, hour: &str) -> Result<(), SpoolError> {
        let (cases, packed) = (&self.spool.cases, format!("{}/{hour}", packs::PACKED));
        let dir = match Dir::open(self.spool.host, cases.at(&packed)) {
            Ok(dir) => dir,
            Err(error) if error.is_vanished() => return Ok(()),
            Err(error) => return Err(error).context("open", &packed),
        };
        let mut names = Names::default();
        while read_or_gone(&dir, &mut names).context("list", &packed)? {
            for found in names.iter() {
                if packs::parse_number(found.name).is_none() {
                    continue;
                }
                let index = match packs::read_index(self.spool, dir.at(found.name)) {
                    Ok(Some(index)) if index.entries.is_empty() => index,
                    // An audit tells of one that is damaged; the record that names it removes it.
                    Ok(_) | Err(SpoolError::BrokenPack { .. }) => continue,
                    Err(error) => return Err(error),
                };
                let mut stands = false;
                for id in index.directories {
                    let path = format!("{hour}/{id}");
                    stands |= cases.has(&path).context("look at", &path)?;
                }
                if !stands {
                    let removed = outcome_of(self.spool.host.unlink(dir.at(found.name)));
                    removed.context("remove", found.name)?;
                }
            }
        }
        Ok(())
    }

    fn remove_case(
        &mut self,
        case: &NewCase<'_>,
        beside: &mut dyn Beside,
    ) -> Result<Outcome, SpoolError> {
        let is_pack = packs::is_pack(case.shelf);
        if is_pack && case.shelf == self.pack.0 {
            return Ok(self.pack.1);
        }
        let outcome = match is_pack {
            true => self.remove_pack(case)?,
            false => self.remove_directory(case, beside)?,
        };
        if is_pack {
            self.pack = (case.shelf.to_owned(), outcome);
        }
        if outcome == Outcome::Held {
            return Ok(outcome);
        }
        // Also if it was gone: whoever removed it may not have come to what is left of the shelf.
        let shelf = match is_pack {
            true => case.shelf.rsplit_once('/').map_or("", |(shelf, _)| shelf),
            false => case.shelf,
        };
        if shelf != self.shelf {
            self.finish()?;
            shelf.clone_into(&mut self.shelf);
        }
        Ok(outcome)
    }

    fn remove_pack(&self, case: &NewCase<'_>) -> Result<Outcome, SpoolError> {
        let at = self.spool.cases.at(case.shelf);
        let is_younger = |entry: &EntryName| self.before <= entry.stamp().millis;
        match packs::read_index(self.spool, at) {
            // Its number was given to another pack after it was removed.
            Ok(Some(index)) if index.entries.iter().any(is_younger) => return Ok(Outcome::Gone),
            Ok(None) => return Ok(Outcome::Gone),
            Ok(Some(_)) | Err(SpoolError::BrokenPack { .. }) => {}
            Err(error) if error.class() == Class::Contended => return Ok(Outcome::Held),
            Err(error) => return Err(error),
        }
        outcome_of(self.spool.host.unlink(at)).context("remove", case.shelf)
    }

    fn remove_directory(
        &self,
        case: &NewCase<'_>,
        beside: &mut dyn Beside,
    ) -> Result<Outcome, SpoolError> {
        let path = format!("{}/{}", case.shelf, case.entry.id());
        let dir = match Dir::open(self.spool.host, self.spool.cases.at(&path)) {
            Ok(dir) => dir,
            Err(error) if error.is_vanished() => return Ok(Outcome::Gone),
            Err(error) => return Err(error).context("open", &path),
        };
        if self.is_made_again(&dir, &path)? {
            return Ok(Outcome::Gone);
        }
        beside.remove(case)?;
        if !host::clear(&dir, LEVELS).context("remove", &path)? {
            return Ok(Outcome::Held);
        }
        drop(dir);
        outcome_of(self.spool.host.rmdir(self.spool.cases.at(&path))).context("remove", &path)
    }

    /// Whether the case that stands in a directory is a younger one than the record's, because the alert came again after
    /// this one was removed. One that does not say is the record's, or what is left of it.
    fn is_made_again(&self, dir: &Dir<'_>, path: &str) -> Result<bool, SpoolError> {
        let bytes = match dir.read_file(CASE_FILE, CASE_BYTES_MAX) {
            Ok(bytes) => bytes.unwrap_or_default(),
            Err(error) if error.class() == Class::Poison => Vec::new(),
            Err(error) => return Err(error).context("read", path),
        };
        let head = serde_json::from_slice::<CaseHead>(&bytes).ok();
        let entry = head.and_then(|head| EntryName::parse(head.entry.as_bytes()));
        Ok(entry.is_some_and(|entry| self.before <= entry.stamp().millis))
    }

    fn remove_quarantined(&self, entry: EntryName) -> Result<Outcome, SpoolError> {
        let quarantine = &self.spool.quarantine;
        let reason = [entry.as_ref(), REASON.as_bytes()].concat();
        // The reason first: without its file it would stay for ever.
        if outcome_of(self.spool.host.unlink(quarantine.at(&reason))).context("remove", &reason)?
            == Outcome::Held
        {
            return Ok(Outcome::Held);
        }
        if !quarantine.has(&entry).context("look at", entry)? {
            return Ok(Outcome::Gone);
        }
        // What was set aside may be a directory, with anything in it.
        let removed = host::remove_all(quarantine, entry.as_ref(), Kind::Unknown, LEVELS);
        Ok(match removed.context("remove", entry)? {
            true => Outcome::Removed,
            false => Outcome::Held,
        })
    }
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Outcome {
    Removed,
    Gone,
    Held,
}

fn outcome_of(result: host::Result<()>) -> host::Result<Outcome> {
    match result {
        Ok(()) => Ok(Outcome::Removed),
        Err(error) if error.is_vanished() => Ok(Outcome::Gone),
        Err(error) if error.class() == Class::Contended => Ok(Outcome::Held),
        Err(error) => Err(error),
    }
}
