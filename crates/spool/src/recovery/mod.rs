//! Recovery: the claims of the dead go back, what they had nearly finished is finished.
//!
//! It touches what was claimed, not the backlog (contract L6), and may itself be cut short and run again at any call.

use crate::buckets::bucket::{self, GivenBack};
use crate::buckets::claims::{home_name, homes, take_lock};
use crate::cases::case::CasePlace;
use crate::cases::packs::{Permit, Since};
use crate::cases::plan::{self, PlanRead, Target};
use crate::cases::quarantine;
use crate::cases::staging::{self, ALERT_FILE, Placed, STAGING, Staging, ensure_shelf};
use crate::layout::{
    BucketName, Context, EntryName, PathBuffer, Spool, SpoolError, ignore_vanished, read_or_gone,
};
use crate::ledger::NewCases;
use crate::ledger::{LedgerWriter, Quarantined, Record};
use alert::Disposition;
use host::{Class, Dir, Millis, Names};
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
    /// Directories of dead workers in which another program held something. They are tried again.
    pub held: u64,
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
        total.held += one.held;
    }
    Ok(total)
}

/// The steps of the plans of all workers.
pub(crate) fn all_planned(
    spool: &Spool<'_>,
    names: &mut Names,
) -> Result<Vec<plan::Step>, SpoolError> {
    let mut all = Vec::new();
    for (worker, epoch) in homes(spool, names)? {
        let home_name = home_name(&worker, epoch);
        match Dir::open(spool.host, spool.claimed.at(&home_name)) {
            Ok(home) => all.extend(planned(spool, &home, names)?),
            Err(error) if error.is_vanished() => {}
            Err(error) => return Err(error).context("open", &home_name),
        }
    }
    Ok(all)
}

/// The steps of a worker's plans.
pub(crate) fn planned(
    spool: &Spool<'_>,
    home: &Dir<'_>,
    names: &mut Names,
) -> Result<Vec<plan::Step>, SpoolError> {
    let mut plans = Vec::new();
    home.rewind().context("list", "a worker's directory")?;
    while read_or_gone(home, names).context("list", "a worker's directory")? {
        let found = names.iter().filter(|entry| plan::is_plan(entry.name));
        plans.extend(found.map(|entry| entry.name.to_vec()));
    }
    let mut steps = Vec::new();
    for name in plans {
        match plan::read(spool, home, &name) {
            Ok(plan) => steps.extend(plan.steps),
            // Its worker has finished it meanwhile, and recorded what it named.
            Err(error) if error.class() == Class::Vanished => {}
            Err(error) => return Err(error),
        }
    }
    Ok(steps)
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
    /// With the shelf, the judgement and the digest.
    cased: BTreeMap<EntryName, (String, Disposition, String)>,
    quarantined: Vec<Quarantined>,
    duplicates: Vec<EntryName>,
    /// Entries that are still in the bucket and have their case in a pack.
    dropped: Vec<EntryName>,
}

impl Outcomes {
    fn into_record(self, bucket: BucketName, at: Millis) -> Record {
        let mut cases = NewCases::default();
        for (entry, (shelf, disposition, digest)) in self.cased {
            cases.push(entry, disposition, &shelf, &digest);
        }
        Record::Completed {
            bucket,
            at: at.0,
            cased: cases.entries,
            dispositions: cases.dispositions,
            shelves: cases.shelves,
            digests: cases.digests,
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

    let plans = remains.plans.iter();
    let plans: Vec<_> = plans
        .map(|name| plan::read(spool, &home, name))
        .collect::<Result<_, _>>()?;
    let mut since = Since::new(spool, &home, &plans)?;
    let staging = Staging { spool, home: &home };
    let Finished { duplicates, held } =
        finish_staged(&staging, &remains.staged, &plans, &mut since)?;
    let outcomes = find_outcomes(spool, &plans, &duplicates, &mut since)?;
    // What was moved must be durable before the ledger says so, and recorded before anything is removed.
    spool.group_commit()?;
    let mut dropped = Vec::new();
    for (bucket, mut outcome) in outcomes {
        done.cased += outcome.cased.len() as u64;
        dropped.push((bucket, std::mem::take(&mut outcome.dropped)));
        ledger.append(&outcome.into_record(bucket, spool.host.now()))?;
    }
    ledger.sync()?;

    for staged in &duplicates {
        staging.discard_duplicate(staged)?;
    }
    for (bucket, entries) in dropped {
        bucket::drop_entries(spool, &home, bucket, &entries)?;
    }
    for (name, plan) in remains.plans.iter().zip(&plans) {
        // Nothing else tells which entry a case is of that waits to be placed.
        if !plan
            .steps
            .iter()
            .any(|step| held.contains(&staged_of(step)))
        {
            ignore_vanished(spool.host.unlink(home.at(name))).context("remove", name)?;
        }
    }
    for bucket in remains.buckets {
        if let GivenBack::Pending(count) = bucket::give_back(spool, &home, bucket, &mut names)? {
            done.buckets += 1;
            done.entries += u64::from(count);
        }
    }
    done.held = u64::from(!remove_home(spool, &home, &home_name)?);
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

/// What became of staged cases, by their names.
#[derive(Default)]
struct Finished {
    /// There is a case of its alert already.
    duplicates: BTreeSet<String>,
    /// Another program held it: it stays staged.
    held: BTreeSet<String>,
}

/// The name under which the case of a step is staged; empty if it is to be none of its own.
fn staged_of(step: &plan::Step) -> String {
    match step.target {
        Target::Directory(place, _) => place.staged(),
        Target::Packed(..) | Target::Quarantine => String::new(),
    }
}

/// Moves every staged case that holds its alert into its place, and removes those that do not.
fn finish_staged(
    staging: &Staging<'_, '_>,
    staged: &[String],
    plans: &[PlanRead],
    since: &mut Since,
) -> Result<Finished, SpoolError> {
    let spool = staging.spool;
    let (mut finished, mut shelves) = (Finished::default(), BTreeSet::new());
    let mut path = PathBuffer::default();
    for name in staged {
        let Some(place) = CasePlace::parse_staged(name.as_bytes()) else {
            continue;
        };
        let alert = path.join(&[STAGING.as_bytes(), name.as_bytes(), ALERT_FILE.as_bytes()]);
        match spool.host.stat(staging.home.at(alert)) {
            Ok(_) => {}
            Err(error) if error.is_vanished() => {
                staging.discard(name)?;
                continue;
            }
            Err(error) => return Err(error).context("look at", alert),
        }
        match since.permit(spool, place)? {
            Permit::Place => {
                ensure_shelf(spool, &mut shelves, place.shelf())?;
                match staging.place(name, place)? {
                    Placed::Duplicate => drop(finished.duplicates.insert(name.clone())),
                    Placed::Held => drop(finished.held.insert(name.clone())),
                    Placed::Cased | Placed::Completed | Placed::Vanished => {}
                }
            }
            Permit::Duplicate => drop(finished.duplicates.insert(name.clone())),
            Permit::Refused => {
                if !undo(staging, name, place, plans)? {
                    finished.held.insert(name.clone());
                }
            }
        }
    }
    Ok(finished)
}

/// Puts the alert of a staged case back into its bucket: it is to be drafted, and announced, again. Returns whether it is no longer
/// staged, or cannot be put back.
fn undo(
    staging: &Staging<'_, '_>,
    staged: &str,
    place: CasePlace,
    plans: &[PlanRead],
) -> Result<bool, SpoolError> {
    let mut steps = plans.iter().flat_map(|plan| &plan.steps);
    let step = steps.find(|step| match step.target {
        Target::Directory(planned, _) => planned == place,
        Target::Packed(..) | Target::Quarantine => false,
    });
    // What no plan names stays where it is, and keeps this directory for people.
    let Some(step) = step else { return Ok(true) };
    let mut path = PathBuffer::default();
    let to = path.join(&[step.bucket.as_ref(), step.entry.as_ref()]);
    match staging.return_alert(staged, to) {
        Ok(()) => staging.discard(staged).map(|()| true),
        // A power loss left both names.
        Err(error) if error.is_exists() => staging.discard_duplicate(staged).map(|()| true),
        Err(error) => match error.class() {
            Class::Vanished => Ok(true),
            Class::Contended | Class::Poison => Ok(false),
            Class::Resource | Class::Fault => Err(error).context("return", step.entry),
        },
    }
}

/// Looks whether what the plans say has come about.
fn find_outcomes(
    spool: &Spool<'_>,
    plans: &[PlanRead],
    duplicates: &BTreeSet<String>,
    since: &mut Since,
) -> Result<BTreeMap<BucketName, Outcomes>, SpoolError> {
    let mut outcomes: BTreeMap<BucketName, Outcomes> = BTreeMap::new();
    for plan in plans {
        for step in &plan.steps {
            let of_bucket = outcomes.entry(step.bucket).or_default();
            of_bucket.policy.clone_from(&plan.policy);
            match step.target {
                Target::Quarantine => note_quarantined(spool, step.entry, of_bucket)?,
                Target::Directory(place, _) if duplicates.contains(&place.staged()) => {
                    of_bucket.duplicates.push(step.entry);
                }
                Target::Directory(place, disposition) => {
                    let alert = format!("{}/{ALERT_FILE}", place.path());
                    if spool.cases.has(&alert).context("look at", &alert)? {
                        // The plan cannot say it: what stands may be another entry's case, or an earlier draft completed.
                        let digest = staging::standing_digest(spool, &place.path())?;
                        let case = (place.shelf(), disposition, digest);
                        of_bucket.cased.insert(step.entry, case);
                    }
                }
                Target::Packed(hour, disposition) => {
                    let Some((pack, entry)) = since.packed(spool, hour, step.entry.id())? else {
                        continue;
                    };
                    of_bucket.dropped.push(step.entry);
                    if entry == step.entry {
                        let digest = since.digest(pack).to_owned();
                        let case = (pack.shelf(), disposition, digest);
                        of_bucket.cased.insert(step.entry, case);
                    } else {
                        of_bucket.duplicates.push(step.entry);
                    }
                }
            }
        }
    }
    Ok(outcomes)
}

fn note_quarantined(
    spool: &Spool<'_>,
    entry: EntryName,
    outcomes: &mut Outcomes,
) -> Result<(), SpoolError> {
    let name = entry.as_str();
    if spool.quarantine.has(name).context("look at", name)? {
        let reason = quarantine::reason_of(spool, entry.as_ref()).unwrap_or_default();
        outcomes.quarantined.push(Quarantined { entry, reason });
    }
    Ok(())
}

/// Removes a worker's directory, and returns whether it is gone. What somebody holds in it keeps it for the next sweep.
fn remove_home(spool: &Spool<'_>, home: &Dir<'_>, home_name: &str) -> Result<bool, SpoolError> {
    let mut is_gone = true;
    for at in [home.at(STAGING), spool.claimed.at(home_name)] {
        match ignore_vanished(spool.host.rmdir(at)) {
            Err(error) if error.class() == Class::Contended => is_gone = false,
            other => other.context("remove", home_name)?,
        }
    }
    Ok(is_gone)
}
