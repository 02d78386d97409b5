//! Reading the ledger and every place.

use super::bytes::{self, Flaw};
use super::notes::{Met, Notes};
use super::seals::Seals;
use super::{Audit, Damage, DamageKind, Progress};
use crate::buckets::bucket;
use crate::cases::packs;
use crate::cases::staging::ALERT_FILE;
use crate::cases::staging::STAGING;
use crate::layout::{BucketName, Context, EntryName, PathBuffer, Spool, SpoolError, read_or_gone};
use crate::ledger;
use alert::AlertId;
use host::{Dir, Entry, Kind, Names};

/// Reads a spool from one end to the other.
pub(super) struct Auditor<'a, 'h, 'p> {
    spool: &'a Spool<'h>,
    notes: Notes,
    strays: u64,
    /// What the ledger says of bytes; `None` if they are not looked at.
    seals: Option<Seals>,
    /// Is told after each case and pack whose bytes were read.
    progress: &'p mut dyn FnMut(Progress),
    read: u64,
    damaged: Vec<Damage>,
    added: Vec<String>,
    unsealed: u64,
    /// The shelf that is being read.
    shelf: Vec<u8>,
    names: Names,
}

impl<'a, 'h, 'p> Auditor<'a, 'h, 'p> {
    pub(super) fn new(
        spool: &'a Spool<'h>,
        is_deep: bool,
        progress: &'p mut dyn FnMut(Progress),
    ) -> Self {
        Auditor {
            spool,
            notes: Notes::default(),
            strays: 0,
            seals: is_deep.then(Seals::default),
            progress,
            read: 0,
            damaged: Vec::new(),
            added: Vec::new(),
            unsealed: 0,
            shelf: Vec::new(),
            names: Names::default(),
        }
    }

    /// Sums up what was met.
    pub(super) fn into_audit(self) -> Audit {
        let mut audit = self.notes.sum_up();
        (audit.strays, audit.damaged) = (self.strays, self.damaged);
        (audit.added, audit.unsealed) = (self.added, self.unsealed);
        audit.is_deep = self.seals.is_some();
        audit
    }

    pub(super) fn read_ledger(&mut self) -> Result<(), SpoolError> {
        self.notes = Notes::after(ledger::pruned(self.spool)?);
        let segments = ledger::segments(&self.spool.ledger, &mut self.names)?;
        let mut before: Option<(String, Option<String>)> = None;
        for (writer, number) in segments {
            let continues = match before {
                Some((last, chain)) if last == writer => chain,
                _ => self.begins_with(&writer, number)?,
            };
            let name = ledger::segment_name(&writer, number);
            let (host, dir) = (self.spool.host, &self.spool.ledger);
            let (notes, seals) = (&mut self.notes, &mut self.seals);
            let end = ledger::read_segment(host, dir, &name, continues.as_deref(), |record| {
                if let Some(seals) = seals {
                    seals.add(&record, notes.pruned());
                }
                notes.add_record(record);
            })?;
            before = Some((writer, end));
        }
        if let Some(seals) = &mut self.seals {
            seals.sort();
        }
        Ok(())
    }

    /// The chain that a writer's first segment carries on, as far as the ledger says: older ones may have been removed.
    fn begins_with(&self, writer: &str, number: u32) -> Result<Option<String>, SpoolError> {
        match self.notes.pruned().kept_from(writer) {
            Some(kept) if kept.number < number => Err(SpoolError::BrokenLedger {
                segment: ledger::segment_name(writer, kept.number),
                line: 1,
                reason: "the segment is gone, and no record says that it was removed".to_owned(),
            }),
            Some(kept) if kept.number == number => Ok(Some(kept.chain.clone())),
            // Its removal was cut short.
            Some(_) | None => Ok(None),
        }
    }

    /// Lists every place, in the order in which alerts flow.
    pub(super) fn read_places(&mut self) -> Result<(), SpoolError> {
        let spool = self.spool;
        self.read_buckets(&spool.pending, Met::Pending)?;
        self.read_buckets(&spool.overflow, Met::Overflow)?;
        self.read_claims()?;
        self.read_quarantine()?;
        self.read_cases(&spool.cases)
    }

    /// Opens each bucket in the chunk that named it: a name that waited for the whole listing could be long gone (S19).
    fn read_buckets(&mut self, dir: &Dir<'_>, place: Met) -> Result<(), SpoolError> {
        let mut chunk = Names::default();
        dir.rewind().context("list", "buckets")?;
        while read_or_gone(dir, &mut chunk).context("list", "buckets")? {
            for found in chunk.iter() {
                let Some(bucket) = BucketName::parse(found.name) else {
                    self.strays += 1;
                    continue;
                };
                let content = bucket::list(self.spool, dir, bucket, &mut self.names)?;
                let content = content.unwrap_or_default();
                self.strays += content.strays.len() as u64;
                for (entry, _) in content.entries {
                    self.notes.add(entry.id(), place);
                }
            }
        }
        Ok(())
    }

    fn read_claims(&mut self) -> Result<(), SpoolError> {
        for (worker, epoch) in crate::buckets::claims::homes(self.spool, &mut self.names)? {
            let home_name = crate::buckets::claims::home_name(&worker, epoch);
            let at = self.spool.claimed.at(&home_name);
            let Some(home) = open_if_there(self.spool, at)? else {
                continue;
            };
            for (name, kind) in list(&home, &mut self.names)? {
                if let Some(bucket) = BucketName::parse(&name) {
                    let content = bucket::list(self.spool, &home, bucket, &mut self.names)?;
                    for (entry, _) in content.unwrap_or_default().entries {
                        self.notes.add(entry.id(), Met::Claimed);
                    }
                } else if kind == Kind::Dir && name == STAGING.as_bytes() {
                    self.read_staged(&home)?;
                }
            }
        }
        Ok(())
    }

    fn read_staged(&mut self, home: &Dir<'_>) -> Result<(), SpoolError> {
        let Some(staging) = open_if_there(self.spool, home.at(STAGING))? else {
            return Ok(());
        };
        for (name, _) in list(&staging, &mut self.names)? {
            let id = name
                .rsplit(|byte| *byte == b'-')
                .next()
                .and_then(AlertId::from_hex);
            let alert = [&name, &b"/"[..], ALERT_FILE.as_bytes()].concat();
            match (id, self.spool.host.stat(staging.at(&alert))) {
                (Some(id), Ok(_)) => self.notes.add(id, Met::Claimed),
                (None, _) => self.strays += 1,
                (Some(_), Err(_)) => {}
            }
        }
        Ok(())
    }

    fn read_quarantine(&mut self) -> Result<(), SpoolError> {
        let dir = &self.spool.quarantine;
        dir.rewind().context("list", "quarantine")?;
        while dir.read(&mut self.names).context("list", "quarantine")? {
            let ids: Vec<_> = self
                .names
                .iter()
                .filter_map(|found| EntryName::parse(found.name).map(|entry| entry.id()))
                .collect();
            for id in ids {
                self.notes.add(id, Met::Quarantined);
            }
        }
        Ok(())
    }

    /// Reads the cases that stand in `dir`, and then its shelves, one after the other.
    ///
    /// A shelf is looked up again when its turn comes, instead of keeping a list: what is in a list grows old while the
    /// shelves before it are read (S19).
    fn read_cases(&mut self, dir: &Dir<'_>) -> Result<(), SpoolError> {
        let mut shelf = self.read_shelf(dir)?;
        while let Some(name) = shelf {
            if let Some(below) = open_if_there(self.spool, dir.at(&name))? {
                let len = self.shelf.len();
                self.shelf.extend_from_slice(&name);
                self.shelf.push(b'/');
                self.read_cases(&below)?;
                self.shelf.truncate(len);
            }
            shelf = next_shelf(dir, &name, &mut self.names)?;
        }
        Ok(())
    }

    /// Finds the cases that stand in `dir` itself, and the first shelf in it.
    fn read_shelf(&mut self, dir: &Dir<'_>) -> Result<Option<Vec<u8>>, SpoolError> {
        let mut first = None;
        let mut chunk = Names::default();
        dir.rewind().context("list", "cases")?;
        while read_or_gone(dir, &mut chunk).context("list", "cases")? {
            for found in chunk.iter() {
                if is_shelf(&found) {
                    note_first(&mut first, found.name);
                    continue;
                }
                if packs::parse_number(found.name).is_some() {
                    self.read_pack(dir, found.name)?;
                    continue;
                }
                let Some(id) = AlertId::from_hex(found.name) else {
                    self.strays += 1;
                    continue;
                };
                self.read_directory(dir, found.name, id)?;
            }
        }
        Ok(first)
    }

    /// Notes the case that is the directory `name` of `dir`.
    fn read_directory(
        &mut self,
        dir: &Dir<'_>,
        name: &[u8],
        id: AlertId,
    ) -> Result<(), SpoolError> {
        let spool = self.spool;
        let mut path = PathBuffer::default();
        let alert = dir.at(path.join(&[name, ALERT_FILE.as_bytes()]));
        match spool.host.stat(alert) {
            Ok(_) => {}
            Err(error) if error.is_vanished() => {
                // A directory without its alert is no case, unless the ledger says so: then it has lost a file.
                let seals = self.seals.as_ref();
                if !seals.is_some_and(|seals| seals.is_directory(id)) {
                    self.strays += 1;
                    return Ok(());
                }
            }
            Err(error) => return Err(error).context("look at", alert.path),
        }
        self.notes.add(id, Met::Cased);
        let Some(seals) = &self.seals else {
            return Ok(());
        };
        let recorded = seals.of_directory(id);
        let proof = bytes::prove_directory(spool, dir, name, &recorded)?;
        let mut added = Vec::new();
        bytes::list_added(spool, dir, name, &mut added)?;
        let case = self.path_of(name);
        self.added.extend(
            added
                .iter()
                .map(|file| format!("{case}/{}", String::from_utf8_lossy(file))),
        );
        self.note_flaws(&case, proof.flaws);
        self.count_read(1, !recorded.is_empty());
        Ok(())
    }

    /// Notes the cases of a pack by its first line. What it announces as directories stands elsewhere, or not yet.
    fn read_pack(&mut self, dir: &Dir<'_>, name: &[u8]) -> Result<(), SpoolError> {
        let path = self.path_of(name);
        let index = match packs::read_index(self.spool, dir.at(name)) {
            Ok(Some(index)) => index,
            Ok(None) => return Ok(()),
            Err(SpoolError::BrokenPack { reason, .. }) => {
                let flaw = Flaw {
                    file: "",
                    kind: DamageKind::Changed,
                    what: reason,
                };
                self.note_flaws(&path, vec![flaw]);
                return Ok(());
            }
            Err(error) => return Err(error),
        };
        for entry in &index.entries {
            self.notes.add(entry.id(), Met::Cased);
        }
        let Some(seals) = &self.seals else {
            return Ok(());
        };
        let recorded = seals.of_pack(&path);
        let is_sealed = !recorded.is_empty();
        if let Some(proof) = bytes::prove_pack(self.spool, dir, name, recorded)? {
            self.note_flaws(&path, proof.flaws);
        }
        self.count_read(index.entries.len() as u64, is_sealed);
        Ok(())
    }

    /// The path below `cases/` of what stands on the shelf that is being read.
    fn path_of(&self, name: &[u8]) -> String {
        let path = [&self.shelf, name].concat();
        String::from_utf8_lossy(&path).into_owned()
    }

    fn note_flaws(&mut self, path: &str, flaws: Vec<Flaw>) {
        self.damaged
            .extend(flaws.into_iter().map(|flaw| flaw.at(path)));
    }

    fn count_read(&mut self, cases: u64, is_sealed: bool) {
        self.read += cases;
        if !is_sealed {
            self.unsealed += cases;
        }
        let total = self.seals.as_ref().map_or(0, Seals::cases);
        (self.progress)(Progress {
            read: self.read,
            recorded: total,
        });
    }
}

/// The first shelf of `dir` after `last`, in the order of names.
fn next_shelf(
    dir: &Dir<'_>,
    last: &[u8],
    names: &mut Names,
) -> Result<Option<Vec<u8>>, SpoolError> {
    let mut first = None;
    dir.rewind().context("list", "cases")?;
    while read_or_gone(dir, names).context("list", "cases")? {
        for found in names.iter().filter(|found| is_shelf(found)) {
            if last < found.name {
                note_first(&mut first, found.name);
            }
        }
    }
    Ok(first)
}

fn is_shelf(found: &Entry<'_>) -> bool {
    matches!(found.kind, Kind::Dir | Kind::Unknown) && AlertId::from_hex(found.name).is_none()
}

fn note_first(first: &mut Option<Vec<u8>>, name: &[u8]) {
    if first.as_deref().is_none_or(|first| name < first) {
        *first = Some(name.to_vec());
    }
}

fn list(dir: &Dir<'_>, names: &mut Names) -> Result<Vec<(Vec<u8>, Kind)>, SpoolError> {
    let mut found = Vec::new();
    dir.rewind().context("list", "a directory")?;
    while read_or_gone(dir, names).context("list", "a directory")? {
        found.extend(names.iter().map(|entry| (entry.name.to_vec(), entry.kind)));
    }
    found.sort();
    Ok(found)
}

fn open_if_there<'h>(spool: &Spool<'h>, at: host::At<'_>) -> Result<Option<Dir<'h>>, SpoolError> {
    match Dir::open(spool.host, at) {
        Ok(dir) => Ok(Some(dir)),
        Err(error) if error.is_vanished() => Ok(None),
        Err(error) => Err(error).context("open", at.path),
    }
}
