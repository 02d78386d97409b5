//! Closing the books: the ledger is told to the contract, then compared with what stands on the disk.
//!
//! A real disk shows no single move, but the ledger says what was published and what became of it, the archiver's directory
//! says what was taken, and the recount says where everything is. The contract is asked about the moves that these imply:
//! a second case, a publication twice, a good alert in quarantine, a name out of order are breaches whoever tells of them.

use super::StressError;
use super::fabricate::Population;
use super::recount::{Recount, recount};
use super::report::{Accounts, Closed, Findings};
use super::site::{SPOOL, Site};
use alert::AlertId;
use contract::{Actor, Bounds, Contract, Id, Motion, Place, Side};
use host::{At, Dir, Host, Names};
use os::OsHost;
use rayon::prelude::*;
use spool::ledger::{self, Record};
use spool::{BucketName, EntryName, Spool, SpoolError, SpoolOptions, Stamp};

/// The promises that a run on a real disk can see.
const ASKED: [&str; 14] = [
    "S1", "S2", "S3", "S5", "S6", "S7", "S8", "S9", "S14", "S15", "S17", "L1", "L2", "L7",
];
/// Who publishes, works and steals, in the contract's eyes: the ledger does not tell workers apart.
const PUBLISHER: Actor = Actor(0);
const WORKER: Actor = Actor(1);
const ARCHIVER: Actor = Actor(2);

/// What was seen while the run went on.
pub(super) struct Evidence<'a> {
    /// Nothing moved any more, and the run was stopped.
    pub(super) is_stuck: bool,
    /// Why workers ended that were not killed.
    pub(super) failures: &'a [String],
    /// Cap passes that left more than the cap.
    pub(super) overfull_passes: u64,
}

/// From an id back to its number.
pub(super) struct Lookup(Vec<(AlertId, u32)>);

impl Lookup {
    /// Every alert of the run, and the one that is sent when all is over.
    fn new(population: Population) -> Self {
        let numbers = (0..=population.depth).into_par_iter();
        let mut ids: Vec<_> = numbers
            .map(|number| (population.id(number), number))
            .collect();
        ids.par_sort_unstable();
        Lookup(ids)
    }

    /// How many alerts there are.
    pub(super) fn len(&self) -> usize {
        self.0.len()
    }

    /// The number of an id, if it is one of the run's.
    pub(super) fn number(&self, id: AlertId) -> Option<u32> {
        let at = self.0.binary_search_by_key(&id, |(id, _)| *id).ok()?;
        Some(self.0[at].1)
    }
}

struct Books<'a> {
    site: &'a Site,
    lookup: &'a Lookup,
    contract: Contract,
    findings: Findings,
    accounts: Accounts,
    step: u64,
    /// The stamp of the entry that was recorded as finished, by number: a record may be repeated, a second entry may not.
    finished_as: Vec<Option<Stamp>>,
    first_millis: Option<u64>,
}

/// Audits the run's directory. Nobody works on it any more.
pub(super) fn close(
    site: &Site,
    host: &OsHost,
    options: SpoolOptions,
    evidence: &Evidence<'_>,
) -> Result<Closed, StressError> {
    let lookup = Lookup::new(site.population);
    let ids = u32::try_from(lookup.len()).unwrap_or(u32::MAX);
    let mut books = Books {
        site,
        lookup: &lookup,
        contract: Contract::new(ids, bounds(options)),
        findings: Findings::default(),
        accounts: Accounts::default(),
        step: 0,
        finished_as: vec![None; lookup.len()],
        first_millis: None,
    };
    for number in (0..site.population.depth).filter(|n| site.population.flaw(*n).is_some()) {
        books.contract.spoil(Id(number));
    }
    let found = recount(site, host, &lookup, &mut books.findings)?;
    // What was published comes before what became of it, whichever writer's segment tells it first.
    books.read_ledger(host, Books::note_published)?;
    books.note_stolen(&found);
    books.read_ledger(host, Books::note_completed)?;
    books.compare(&found, evidence);
    books.ask_own_audit(host, options, &found)?;
    books.note_evidence(evidence);
    Ok(books.sum_up())
}

/// The ledger tells neither order of claims nor calls nor handles: those bounds are not asked for.
fn bounds(options: SpoolOptions) -> Bounds {
    Bounds {
        readmits: options.readmit,
        cap: u64::from(options.pending_max),
        bucket: u64::from(options.bucket_entries()),
        overtaken: u64::MAX,
        handles: u32::MAX,
        window_calls: u32::MAX,
        names_per_chunk: 1,
        recover_calls: (u64::MAX / 4, 0),
        idle_calls: (u64::MAX, 0),
    }
}

impl Books<'_> {
    fn read_ledger(
        &mut self,
        host: &OsHost,
        note: fn(&mut Self, Record),
    ) -> Result<(), StressError> {
        let dir = Dir::open(host, At::new(host.root(), "spool/ledger"))
            .map_err(|source| StressError::host("open", "spool/ledger", source))?;
        for (writer, number) in ledger::segments(&dir, &mut Names::default())? {
            let name = ledger::segment_name(&writer, number);
            match ledger::read_segment(host, &dir, &name, None, |record| note(self, record)) {
                Ok(_) => {}
                Err(error @ SpoolError::BrokenLedger { .. }) => {
                    self.findings.push("S17", error.to_string());
                }
                Err(error) => return Err(error.into()),
            }
        }
        Ok(())
    }

    fn note_published(&mut self, record: Record) {
        let Record::Published {
            bucket, entries, ..
        } = record
        else {
            return;
        };
        for entry in entries {
            self.step += 1;
            let Some(number) = self.number_of(entry, bucket) else {
                continue;
            };
            let stamp = entry.stamp();
            let first = *self.first_millis.get_or_insert(stamp.millis);
            // Names of one run are within days of each other: 37 bits of milliseconds are four years.
            let key = stamp.millis.saturating_sub(first) << 27 | u64::from(stamp.sequence);
            self.contract.named(PUBLISHER, key + 1, self.step);
            self.step_to(number, Place::Staged, PUBLISHER, true);
            self.step_to(number, Place::Pending, PUBLISHER, true);
            self.accounts.published += 1;
        }
    }

    fn note_stolen(&mut self, found: &Recount) {
        for (number, place) in (0..).zip(&found.places) {
            let id = Id(number);
            let is_published = self.contract.census().get(id).place == Place::Pending;
            if *place == Place::Vanished && is_published {
                self.step += 1;
                let from = Place::Pending;
                self.contract
                    .removed(id, from, ARCHIVER, Side::Outside, self.step);
                self.accounts.stolen += 1;
            }
        }
        self.accounts.stolen_unadopted = found.stolen_unadopted;
    }

    fn note_completed(&mut self, record: Record) {
        let Record::Completed {
            bucket,
            cased,
            quarantined,
            vanished,
            ..
        } = record
        else {
            return;
        };
        for entry in cased {
            self.finish(entry, bucket, Place::Cased);
        }
        for bad in quarantined {
            self.finish(bad.entry, bucket, Place::Quarantined);
        }
        for entry in vanished {
            let Some(number) = self.number_of(entry, bucket) else {
                continue;
            };
            let place = self.contract.census().get(Id(number)).place;
            self.findings.demand(place == Place::Vanished, "S17", || {
                format!("alert {number} is recorded as vanished, and nobody took it: it is {place}")
            });
            self.accounts.vanished_recorded += u64::from(place == Place::Vanished);
        }
    }

    /// An entry was recorded as finished.
    fn finish(&mut self, entry: EntryName, bucket: BucketName, place: Place) {
        let Some(number) = self.number_of(entry, bucket) else {
            return;
        };
        let known = self.finished_as[number as usize].replace(entry.stamp());
        let is_repeated = known == Some(entry.stamp());
        if is_repeated && self.contract.census().get(Id(number)).place == place {
            self.accounts.repeated_records += 1;
            return;
        }
        self.step += 1;
        let is_whole = self.site.population.flaw(number).is_none();
        self.step_to(number, Place::Claimed, WORKER, true);
        self.step_to(number, place, WORKER, is_whole);
    }

    fn step_to(&mut self, number: u32, to: Place, actor: Actor, is_whole: bool) {
        let motion = Motion {
            to,
            actor,
            side: Side::Inside,
            is_whole,
            is_heir: false,
            step: self.step,
        };
        self.contract.moved(Id(number), motion);
    }

    fn number_of(&mut self, entry: EntryName, bucket: BucketName) -> Option<u32> {
        let number = self.lookup.number(entry.id());
        self.findings.demand(number.is_some(), "S17", || {
            format!("the ledger names {entry} in {bucket}, and nobody made it")
        });
        number
    }

    /// The ledger's places against the disk's, id by id.
    fn compare(&mut self, found: &Recount, evidence: &Evidence<'_>) {
        let fresh = self.site.population.depth;
        for (number, on_disk) in (0..).zip(&found.places) {
            let told = self.contract.census().get(Id(number)).place;
            match (told, *on_disk) {
                // The fresh alert is not sent when the run is stopped.
                (Place::Source, Place::Source) if evidence.is_stuck && number == fresh => {}
                (Place::Source, Place::Source) => self.findings.push(
                    "S2",
                    format!("alert {number} was fabricated, and is nowhere and in no record"),
                ),
                // Stolen before it was adopted: nobody ever promised anything.
                (Place::Source, Place::Vanished) => {}
                (Place::Pending, Place::Source) => {
                    self.accounts.lost += 1;
                    self.findings
                        .push("S2", format!("alert {number} was published and is nowhere"));
                }
                (Place::Pending, Place::Claimed | Place::Overflow) if evidence.is_stuck => {}
                (told, on_disk) => self.findings.demand(told == on_disk, "S17", || {
                    format!("alert {number} is {told} by the ledger, and {on_disk} on the disk")
                }),
            }
            self.accounts.cased += u64::from(*on_disk == Place::Cased);
            self.accounts.quarantined += u64::from(*on_disk == Place::Quarantined);
        }
        self.accounts.planted = u64::from(self.site.population.planted());
        self.accounts.fabricated = found.places.len() as u64;
    }

    /// The queue's own audit must agree, and name exactly the stolen ones as vanished.
    fn ask_own_audit(
        &mut self,
        host: &OsHost,
        options: SpoolOptions,
        found: &Recount,
    ) -> Result<(), StressError> {
        let spool = Spool::open(host, At::new(host.root(), SPOOL), options)?;
        let audit = spool::audit::audit(&spool)?;
        self.findings.demand(audit.mismatches() == 0, "S17", || {
            format!("own audit: {audit}")
        });
        for id in &audit.vanished {
            let number = self.lookup.number(*id);
            let place = number.map(|number| found.places[number as usize]);
            self.findings
                .demand(place == Some(Place::Vanished), "S2", || {
                    format!("the queue's audit misses alert {id}, and nobody took it")
                });
        }
        let accounts = &mut self.accounts;
        accounts.own_audit = audit.to_string();
        let own = (
            audit.published,
            audit.cased,
            audit.quarantined,
            audit.vanished.len() as u64,
        );
        let ours = (
            accounts.published,
            accounts.cased,
            accounts.quarantined,
            accounts.stolen,
        );
        self.findings.demand(own == ours, "S17", || {
            format!(
                "own audit says {own:?} published, cased, quarantined, vanished; recount {ours:?}"
            )
        });
        Ok(())
    }

    fn note_evidence(&mut self, evidence: &Evidence<'_>) {
        for failure in evidence.failures {
            self.findings.push("S8", failure.clone());
        }
        let overfull = evidence.overfull_passes;
        self.findings.demand(overfull == 0, "S15", || {
            format!("{overfull} cap passes left more than the cap")
        });
        self.findings.demand(!evidence.is_stuck, "L1", || {
            "nothing was completed any more; the run was stopped".to_owned()
        });
        // The queue alone does not fetch again what was stolen, so only the other open places count against L7.
        let census = self.contract.census();
        let open: u64 = [
            Place::Staged,
            Place::Pending,
            Place::Claimed,
            Place::Overflow,
        ]
        .into_iter()
        .map(|place| census.count(place))
        .sum();
        self.findings.demand(open == 0, "L7", || {
            format!("{open} alerts are not finished: {}", self.contract.sum())
        });
        let fresh = Id(self.site.population.depth);
        let is_cased = census.get(fresh).place == Place::Cased;
        self.findings
            .demand(is_cased || evidence.is_stuck, "L7", || {
                "a fresh alert, sent when all was over, has no case".to_owned()
            });
    }

    fn sum_up(mut self) -> Closed {
        for violation in self.contract.violations() {
            self.findings
                .push(violation.predicate, violation.to_string());
        }
        let unkept = self.contract.violation_count() - self.contract.violations().len() as u64;
        self.findings.count += unkept;
        self.accounts.sum = self.contract.sum();
        Closed {
            accounts: self.accounts,
            findings: self.findings,
            asked: ASKED.to_vec(),
        }
    }
}
