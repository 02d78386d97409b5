//! Recovery: the claims of the dead go back, what they had nearly finished is finished.
//!
//! It touches what was claimed, not the backlog (contract L6), and may itself be cut short and run again at any call.

use crate::bucket::{self, GivenBack, ignore_vanished, read_or_gone};
use crate::case::CasePlace;
use crate::error::{Context, SpoolError};
use crate::ledger::{LedgerWriter, Quarantined, Record};
use crate::name::{BucketName, EntryName};
use crate::plan;
use crate::quarantine;
use crate::record::NewCases;
use crate::spool::{PathBuffer, Spool};
use crate::staging::{ALERT_FILE, Placed, Staging, ensure_shelf};
use crate::worker::{STAGING, take_lock};
use alert::Disposition;
use host::{Class, Dir, Kind, Names};
use std::collections::{BTreeMap, BTreeSet};

/// What was found in the directories of dead workers.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Recovery {
    /// Directories of dead workers.
    pub homes: u64,
    /// Cases that were finished or found finished, and recorded.
    pub cased: u64,
    /// Buckets that are pending again.
    pub buckets: u64,
    /// Entries in them.
    pub entries: u64,
}

/// Returns the claims of every worker whose lock is free.
pub(crate) fn sweep(
    spool: &Spool<'_>,
    ledger: &mut LedgerWriter<'_>,
) -> Result<Recovery, SpoolError> {
    let mut names = Names::default();
    let mut total = Recovery::default();
    for (worker, epoch) in homes(spool, &mut names)? {
        let _lock = match take_lock(spool, &worker) {
            Ok(lock) => lock,
            Err(SpoolError::Held { .. }) => continue,
            Err(error) => return Err(error),
        };
        let one = return_claims(spool, &worker, epoch, ledger)?;
        total.homes += one.homes;
        total.cased += one.cased;
        total.buckets += one.buckets;
        total.entries += one.entries;
    }
    Ok(total)
}

/// The workers' directories: name and epoch, sorted.
pub(crate) fn homes(
    spool: &Spool<'_>,
    names: &mut Names,
) -> Result<Vec<(String, u32)>, SpoolError> {
    let mut found = Vec::new();
    spool.claimed.rewind().context("list", "claimed")?;
    while spool.claimed.read(names).context("list", "claimed")? {
        for entry in names.iter().filter(|entry| entry.kind != Kind::File) {
            let Some(name) = std::str::from_utf8(entry.name).ok() else {
                continue;
            };
            let Some((worker, epoch)) = name.rsplit_once('-') else {
                continue;
            };
            if let Ok(epoch) = epoch.parse() {
                found.push((worker.to_owned(), epoch));
            }
        }
    }
    found.sort();
    Ok(found)
}

/// The name of a worker's directory.
pub(crate) fn home_name(worker: &str, epoch: u32) -> String {
    format!("{worker}-{epoch:06}")
}

/// The entries that a worker's plans name, with their buckets.
pub(crate) fn planned(
    spool: &Spool<'_>,
    home: &Dir<'_>,
    names: &mut Names,
) -> Result<Vec<(BucketName, EntryName)>, SpoolError> {
    let mut plans = Vec::new();
    home.rewind().context("list", "a worker's directory")?;
    while read_or_gone(home, names).context("list", "a worker's directory")? {
        let found = names.iter().filter(|entry| plan::is_plan(entry.name));
        plans.extend(found.map(|entry| entry.name.to_vec()));
    }
    let mut entries = Vec::new();
    for name in plans {
        match plan::read(spool, home, &name) {
            Ok(plan) => {
                let named = plan.steps.iter().map(|step| (step.bucket, step.entry));
                entries.extend(named);
            }
            // Its worker has finished it meanwhile, and recorded what it named.
            Err(error) if error.class() == Class::Vanished => {}
            Err(error) => return Err(error),
        }
    }
    Ok(entries)
}

/// What a dead worker's directory holds.
#[derive(Default)]
struct Remains {
    buckets: Vec<BucketName>,
    plans: Vec<Vec<u8>>,
    staged: Vec<String>,
}

/// What is to be recorded for one bucket.
#[derive(Default)]
struct Outcomes {
    policy: String,
    cased: BTreeMap<EntryName, (CasePlace, Disposition)>,
    quarantined: Vec<Quarantined>,
    duplicates: Vec<EntryName>,
}

impl Outcomes {
    fn into_record(self, bucket: BucketName) -> Record {
        let mut cases = NewCases::default();
        for (entry, (place, disposition)) in self.cased {
            cases.push(entry, disposition, place.shelf());
        }
        Record::Completed {
            bucket,
            cased: cases.entries,
            dispositions: cases.dispositions,
            shelves: cases.shelves,
            policy: self.policy,
            quarantined: self.quarantined,
            duplicates: self.duplicates,
            vanished: Vec::new(),
        }
    }
}

/// Finishes and returns what the epoch `epoch` of `worker` held. The caller holds the worker's lock.
pub(crate) fn return_claims(
    spool: &Spool<'_>,
    worker: &str,
    epoch: u32,
    ledger: &mut LedgerWriter<'_>,
) -> Result<Recovery, SpoolError> {
    let home_name = home_name(worker, epoch);
    let mut names = Names::default();
    let home = match Dir::open(spool.host, spool.claimed.at(&home_name)) {
        Ok(home) => home,
        Err(error) if error.is_vanished() => return Ok(Recovery::default()),
        Err(error) => return Err(error).context("open", &home_name),
    };
    let remains = list_home(spool, &home, &mut names)?;
    let mut done = Recovery {
        homes: 1,
        ..Recovery::default()
    };

    let staging = Staging { spool, home: &home };
    let duplicates = finish_staged(&staging, &remains.staged)?;
    let mut outcomes: BTreeMap<BucketName, Outcomes> = BTreeMap::new();
    for name in &remains.plans {
        let plan = plan::read(spool, &home, name)?;
        for step in &plan.steps {
            let of_bucket = outcomes.entry(step.bucket).or_default();
            of_bucket.policy.clone_from(&plan.policy);
            note_outcome(spool, step, &duplicates, of_bucket)?;
        }
    }
    // What was moved must be durable before the ledger says so, and recorded before anything is removed.
    spool.group_commit()?;
    for (bucket, outcome) in outcomes {
        done.cased += outcome.cased.len() as u64;
        ledger.append(&outcome.into_record(bucket))?;
    }
    ledger.sync()?;

    for staged in &duplicates {
        staging.discard_duplicate(staged)?;
    }
    for name in &remains.plans {
        ignore_vanished(spool.host.unlink(home.at(name))).context("remove", name)?;
    }
    for bucket in remains.buckets {
        if let GivenBack::Pending(count) = bucket::give_back(spool, &home, bucket, &mut names)? {
            done.buckets += 1;
            done.entries += u64::from(count);
        }
    }
    remove_home(spool, &home, &home_name)?;
    Ok(done)
}

fn list_home(spool: &Spool<'_>, home: &Dir<'_>, names: &mut Names) -> Result<Remains, SpoolError> {
    let mut remains = Remains::default();
    while read_or_gone(home, names).context("list", "a worker's directory")? {
        for entry in names.iter() {
            if let Some(bucket) = BucketName::parse(entry.name) {
                remains.buckets.push(bucket);
            } else if plan::is_plan(entry.name) {
                remains.plans.push(entry.name.to_vec());
            }
        }
    }
    let staging = match Dir::open(spool.host, home.at(STAGING)) {
        Ok(staging) => staging,
        Err(error) if error.is_vanished() => return Ok(remains),
        Err(error) => return Err(error).context("open", STAGING),
    };
    while read_or_gone(&staging, names).context("list", STAGING)? {
        remains.staged.extend(
            names
                .iter()
                .filter_map(|entry| String::from_utf8(entry.name.to_vec()).ok()),
        );
    }
    remains.buckets.sort_unstable();
    remains.plans.sort_unstable();
    remains.staged.sort_unstable();
    Ok(remains)
}

/// Moves every staged case that holds its alert into its place, removes those that do not, and returns the duplicates.
pub(crate) fn finish_staged(
    staging: &Staging<'_, '_>,
    staged: &[String],
) -> Result<BTreeSet<String>, SpoolError> {
    let spool = staging.spool;
    let (mut duplicates, mut shelves) = (BTreeSet::new(), BTreeSet::new());
    let mut path = PathBuffer::default();
    for name in staged {
        let Some(place) = CasePlace::parse_staged(name.as_bytes()) else {
            continue;
        };
        let alert = path.join(&[STAGING.as_bytes(), name.as_bytes(), ALERT_FILE.as_bytes()]);
        match spool.host.stat(staging.home.at(alert)) {
            Ok(_) => {
                ensure_shelf(spool, &mut shelves, place)?;
                if staging.place(name, place)? == Placed::Duplicate {
                    duplicates.insert(name.clone());
                }
            }
            Err(error) if error.is_vanished() => staging.discard(name)?,
            Err(error) => return Err(error).context("look at", alert),
        }
    }
    Ok(duplicates)
}

/// Looks whether what the plan says has come about.
fn note_outcome(
    spool: &Spool<'_>,
    step: &plan::Step,
    duplicates: &BTreeSet<String>,
    outcomes: &mut Outcomes,
) -> Result<(), SpoolError> {
    let found = match step.case {
        Some((place, _)) if duplicates.contains(&place.staged()) => {
            outcomes.duplicates.push(step.entry);
            return Ok(());
        }
        Some((place, _)) => {
            let alert = format!("{}/{ALERT_FILE}", place.path());
            spool.host.stat(spool.cases.at(&alert))
        }
        None => spool.host.stat(spool.quarantine.at(&step.entry)),
    };
    match found {
        Ok(_) if let Some(case) = step.case => drop(outcomes.cased.insert(step.entry, case)),
        Ok(_) => {
            let reason = quarantine::reason_of(spool, step.entry.as_ref()).unwrap_or_default();
            outcomes.quarantined.push(Quarantined {
                entry: step.entry,
                reason,
            });
        }
        Err(error) if error.is_vanished() => {}
        Err(error) => return Err(error).context("look at", step.entry),
    }
    Ok(())
}

/// Removes a worker's directory. What somebody holds in it keeps it for the next sweep.
fn remove_home(spool: &Spool<'_>, home: &Dir<'_>, home_name: &str) -> Result<(), SpoolError> {
    for at in [home.at(STAGING), spool.claimed.at(home_name)] {
        match spool.host.rmdir(at) {
            Ok(()) => {}
            Err(error) if matches!(error.class(), Class::Vanished | Class::Contended) => {}
            Err(error) => return Err(error).context("remove", home_name),
        }
    }
    Ok(())
}
