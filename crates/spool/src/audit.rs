//! The audit: does every alert that the ledger knows stand in exactly one place, and is the ledger right?
//!
//! It reads the whole ledger and lists every place once, in the order in which alerts flow, so that one that moves meanwhile
//! is seen twice rather than never. Memory grows with the number of alerts: about 40 bytes each. It changes nothing.

use crate::bucket;
use crate::error::{Context, SpoolError};
use crate::ledger::{self, Record};
use crate::name::{BucketName, EntryName};
use crate::spool::{PathBuffer, Spool};
use crate::staging::ALERT_FILE;
use crate::worker::STAGING;
use alert::AlertId;
use host::{Dir, Kind, Names};
use std::collections::BTreeMap;

/// Where an alert stands, as the audit finds it on disk.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
enum Place {
    Pending,
    Overflow,
    Claimed,
    Quarantined,
    Cased,
}

/// What the ledger and the disk say of one alert.
#[derive(Clone, Copy, Default)]
struct Account {
    is_published: bool,
    is_recorded_cased: bool,
    is_recorded_quarantined: bool,
    live: Option<Place>,
    /// Names of the same id beyond the first, but for those of one id in quarantine.
    extra: u16,
}

/// What an audit found. The equation is `published = pending + claimed + overflow + quarantined + cased + vanished`.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Audit {
    /// Alerts that were ever published, each counted once.
    pub published: u64,
    /// Alerts that wait.
    pub pending: u64,
    /// Alerts that a worker has.
    pub claimed: u64,
    /// Alerts that are parked.
    pub overflow: u64,
    /// Alerts in quarantine.
    pub quarantined: u64,
    /// Alerts with a case.
    pub cased: u64,
    /// Published, and nowhere: somebody outside removed them. The source is to be asked for them again.
    pub vanished: Vec<AlertId>,
    /// In two places at once.
    pub doubled: Vec<AlertId>,
    /// Recorded as cased, and there is no case.
    pub case_missing: Vec<AlertId>,
    /// There is a case, and no record of it.
    pub case_unrecorded: Vec<AlertId>,
    /// Names that belong to nothing the spool knows.
    pub strays: u64,
}

impl Audit {
    /// How many alerts contradict the contract. Vanished ones do not: somebody else took them.
    pub fn mismatches(&self) -> u64 {
        (self.doubled.len() + self.case_missing.len() + self.case_unrecorded.len()) as u64
    }

    /// Whether everything that was published is in a terminal place.
    pub fn is_drained(&self) -> bool {
        self.pending + self.claimed + self.overflow == 0 && self.vanished.is_empty()
    }
}

impl std::fmt::Display for Audit {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            f,
            "published {} = pending {} + claimed {} + overflow {} + quarantined {} + cased {} + vanished {}; \
             doubled {}, case missing {}, case unrecorded {}, strays {}",
            self.published,
            self.pending,
            self.claimed,
            self.overflow,
            self.quarantined,
            self.cased,
            self.vanished.len(),
            self.doubled.len(),
            self.case_missing.len(),
            self.case_unrecorded.len(),
            self.strays
        )
    }
}

/// Audits the spool. Exact while nobody else works on it; otherwise alerts in motion may be counted as doubled.
pub fn audit(spool: &Spool<'_>) -> Result<Audit, SpoolError> {
    let mut auditor = Auditor {
        spool,
        accounts: BTreeMap::new(),
        strays: 0,
        names: Names::default(),
    };
    auditor.read_ledger()?;
    auditor.read_buckets(&spool.pending, Place::Pending)?;
    auditor.read_buckets(&spool.overflow, Place::Overflow)?;
    auditor.read_claims()?;
    auditor.read_quarantine()?;
    auditor.read_cases(&spool.cases)?;
    Ok(auditor.sum_up())
}

struct Auditor<'a, 'h> {
    spool: &'a Spool<'h>,
    accounts: BTreeMap<AlertId, Account>,
    strays: u64,
    names: Names,
}

impl Auditor<'_, '_> {
    fn read_ledger(&mut self) -> Result<(), SpoolError> {
        let segments = ledger::segments(&self.spool.ledger, &mut self.names)?;
        let mut before: Option<(String, Option<String>)> = None;
        for (writer, number) in segments {
            let continues = match before {
                Some((last, chain)) if last == writer => chain,
                _ => None,
            };
            let name = ledger::segment_name(&writer, number);
            let (host, dir) = (self.spool.host, &self.spool.ledger);
            let accounts = &mut self.accounts;
            let end = ledger::read_segment(host, dir, &name, continues.as_deref(), |record| {
                note_record(accounts, record);
            })?;
            before = Some((writer, end));
        }
        Ok(())
    }

    fn find(&mut self, id: AlertId, place: Place) {
        let account = self.accounts.entry(id).or_default();
        match account.live {
            None => account.live = Some(place),
            // A bad alert that came again: every copy is kept for people, and all are in one place.
            Some(Place::Quarantined) if place == Place::Quarantined => {}
            Some(_) => account.extra += 1,
        }
    }

    /// Opens each bucket in the chunk that named it: a name that waited for the whole listing could be long gone (S19).
    fn read_buckets(&mut self, dir: &Dir<'_>, place: Place) -> Result<(), SpoolError> {
        let mut chunk = Names::default();
        dir.rewind().context("list", "buckets")?;
        while bucket::read_or_gone(dir, &mut chunk).context("list", "buckets")? {
            for found in chunk.iter() {
                let Some(bucket) = BucketName::parse(found.name) else {
                    self.strays += 1;
                    continue;
                };
                let content = bucket::list(self.spool, dir, bucket, &mut self.names)?;
                let content = content.unwrap_or_default();
                self.strays += content.strays.len() as u64;
                for (entry, _) in content.entries {
                    self.find(entry.id(), place);
                }
            }
        }
        Ok(())
    }

    fn read_claims(&mut self) -> Result<(), SpoolError> {
        for (worker, epoch) in crate::recover::homes(self.spool, &mut self.names)? {
            let home_name = crate::recover::home_name(&worker, epoch);
            let at = self.spool.claimed.at(&home_name);
            let Some(home) = open_if_there(self.spool, at)? else {
                continue;
            };
            for (name, kind) in list(&home, &mut self.names)? {
                if let Some(bucket) = BucketName::parse(&name) {
                    let content = bucket::list(self.spool, &home, bucket, &mut self.names)?;
                    for (entry, _) in content.unwrap_or_default().entries {
                        self.find(entry.id(), Place::Claimed);
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
                (Some(id), Ok(_)) => self.find(id, Place::Claimed),
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
                self.find(id, Place::Quarantined);
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
                self.read_cases(&below)?;
            }
            shelf = next_shelf(dir, &name, &mut self.names)?;
        }
        Ok(())
    }

    /// Finds the cases that stand in `dir` itself, and the first shelf in it.
    fn read_shelf(&mut self, dir: &Dir<'_>) -> Result<Option<Vec<u8>>, SpoolError> {
        let (mut path, mut first) = (PathBuffer::default(), None);
        let mut chunk = Names::default();
        dir.rewind().context("list", "cases")?;
        while bucket::read_or_gone(dir, &mut chunk).context("list", "cases")? {
            for found in chunk.iter() {
                if is_shelf(&found) {
                    note_first(&mut first, found.name);
                    continue;
                }
                let Some(id) = AlertId::from_hex(found.name) else {
                    self.strays += 1;
                    continue;
                };
                let alert = dir.at(path.join(&[found.name, ALERT_FILE.as_bytes()]));
                match self.spool.host.stat(alert) {
                    Ok(_) => self.find(id, Place::Cased),
                    Err(error) if error.is_vanished() => self.strays += 1,
                    Err(error) => return Err(error).context("look at", alert.path),
                }
            }
        }
        Ok(first)
    }

    fn sum_up(self) -> Audit {
        let mut audit = Audit {
            strays: self.strays,
            ..Audit::default()
        };
        for (id, account) in self.accounts {
            audit.published += 1;
            match account.live {
                Some(Place::Pending) => audit.pending += 1,
                Some(Place::Overflow) => audit.overflow += 1,
                Some(Place::Claimed) => audit.claimed += 1,
                Some(Place::Quarantined) => audit.quarantined += 1,
                Some(Place::Cased) => audit.cased += 1,
                None if account.is_recorded_cased => audit.case_missing.push(id),
                None => audit.vanished.push(id),
            }
            if 0 < account.extra {
                audit.doubled.push(id);
            }
            if account.live == Some(Place::Cased) && !account.is_recorded_cased {
                audit.case_unrecorded.push(id);
            }
        }
        audit
    }
}

fn note_record(accounts: &mut BTreeMap<AlertId, Account>, record: Record) {
    match record {
        Record::Opened { .. } => {}
        Record::Published { entries, .. } => {
            for entry in entries {
                accounts.entry(entry.id()).or_default().is_published = true;
            }
        }
        Record::Completed {
            cased,
            quarantined,
            duplicates,
            ..
        } => {
            for entry in cased.into_iter().chain(duplicates) {
                accounts.entry(entry.id()).or_default().is_recorded_cased = true;
            }
            for bad in quarantined {
                accounts
                    .entry(bad.entry.id())
                    .or_default()
                    .is_recorded_quarantined = true;
            }
        }
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
    while bucket::read_or_gone(dir, names).context("list", "cases")? {
        for found in names.iter().filter(|found| is_shelf(found)) {
            if last < found.name {
                note_first(&mut first, found.name);
            }
        }
    }
    Ok(first)
}

fn is_shelf(found: &host::Entry<'_>) -> bool {
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
    while bucket::read_or_gone(dir, names).context("list", "a directory")? {
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
