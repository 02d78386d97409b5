//! Stage 5: a pack for every escalated case.
//!
//! A pack is what a person, or another team, needs to begin: the alert and its case, byte for byte, a timeline, the
//! observables, related cases and a runbook. It is a BagIt bag at `escalations/YYYY/MM/DD/<id>/`.
//!
//! The stage follows the ledger with a position of its own. The position moves after the packs are durable, so a crash
//! repeats work; a pack that stands is never replaced, so it makes no second one. Whoever moves a finished pack elsewhere
//! gets it again only if the stage must read the ledger from its beginning.
//!
//! A case that cannot be packed (somebody removed its alert) is noted, counted in every pass, and tried again. It keeps no
//! other case from its pack.

mod bag;
mod evidence;
mod fields;
mod notes;
mod observables;
mod outcome;
mod packs;
mod related;
mod runbook;
mod settings;
mod timeline;

pub use settings::{EscalationSettings, Pap, Tlp};

use crate::failure::Failure;
use crate::stage::{Counts, Ran};
use crate::time::timestamp;
use alert::{AlertId, Disposition};
use bag::Bag;
use evidence::{Evidence, Trouble};
use host::{Dir, Millis};
use jiff::Timestamp;
use jiff::tz::Offset;
use notes::{Due, Notes};
use outcome::Outcome;
use packs::{ESCALATIONS, Packs, place_of};
use related::Recent;
use serde::Serialize;
use spool::ledger::NewCase;
use spool::{Spool, SpoolError};
use timeline::CaseTimes;

/// How many packs are made durable at once. One is some tens of kilobytes, so this bounds what a crash makes again.
const BATCH: usize = 64;

/// What stage 5 takes in one pass.
#[derive(Clone, Copy)]
pub(crate) struct Parts<'a, 'h> {
    /// The queue.
    pub(crate) spool: &'a Spool<'h>,
    /// Where the notes are kept.
    pub(crate) state: &'a Dir<'h>,
    /// What is written on every pack.
    pub(crate) settings: EscalationSettings,
}

/// Removes the pack of a case that is about to be removed, if it has one where packs stand. May be called again. Not yet durable.
pub(crate) fn remove_pack(spool: &Spool<'_>, case: &NewCase<'_>) -> Result<(), SpoolError> {
    if case.disposition != Disposition::Escalated {
        return Ok(());
    }
    // A shelf that is none has no pack either.
    let Ok(place) = place_of(case.shelf, case.entry.id()) else {
        return Ok(());
    };
    packs::remove(spool.host(), spool.root(), &place).map_err(|source| SpoolError::Host {
        operation: "remove",
        object: format!("{ESCALATIONS}/{place}"),
        source,
    })
}

/// Packs what was escalated since the last pass, and what is owed from earlier ones.
pub(crate) fn run(parts: Parts<'_, '_>) -> Ran<()> {
    Ran::noting(|counts, ()| pack(parts, counts))
}

fn pack(parts: Parts<'_, '_>, counts: &mut Counts) -> Result<(), Failure> {
    let mut notes = Notes::load(parts.state)?;
    let before = notes.clone();
    let (due, broken) = notes.advance(parts.spool)?;
    counts.taken = due.len() as u64;
    if !due.is_empty() {
        let packs = Packs::open(parts.spool.host(), parts.spool.root())?;
        for batch in due.chunks(BATCH) {
            counts.given += pack_batch(parts, &packs, batch, &mut notes)?;
        }
        // Also what an earlier life put into place and did not live to make durable.
        packs.commit()?;
        counts.errors = notes.owed.len() as u64;
    }
    if notes != before {
        notes.save(parts.state)?;
    }
    broken.map_or(Ok(()), Err)
}

/// Makes the packs of some cases. Returns how many.
fn pack_batch(
    parts: Parts<'_, '_>,
    packs: &Packs<'_>,
    batch: &[Due],
    notes: &mut Notes,
) -> Result<u64, Failure> {
    let mut written = Vec::with_capacity(batch.len());
    for due in batch {
        match prepare(parts, packs, due, &mut notes.recent) {
            Ok(place) => written.extend(place.map(|place| (due, place))),
            Err(trouble) => owe(trouble, due, notes)?,
        }
    }
    if written.is_empty() {
        return Ok(0);
    }
    packs.commit()?;
    let mut made = 0;
    for (due, place) in written {
        match packs.put(due.entry.id(), &place) {
            Ok(is_new) => made += u64::from(is_new),
            Err(trouble) => owe(trouble, due, notes)?,
        }
    }
    Ok(made)
}

/// Notes that a case could not be packed. Errs if none could.
fn owe(trouble: Trouble, due: &Due, notes: &mut Notes) -> Result<(), Failure> {
    match trouble {
        Trouble::OfCase(reason) => {
            let id = due.entry.id();
            tracing::warn!(%id, reason, "an escalated case has no pack yet");
            notes.owed.push(due.clone());
            Ok(())
        }
        Trouble::OfMachine {
            operation,
            object,
            source,
        } => Err(Failure::of_host(operation, &object, &source)),
    }
}

/// Writes the pack of a case aside, and returns its place; `None` if it stands there already.
fn prepare(
    parts: Parts<'_, '_>,
    packs: &Packs<'_>,
    due: &Due,
    recent: &mut Recent,
) -> Result<Option<String>, Trouble> {
    let id = due.entry.id();
    let place = place_of(&due.shelf, id)?;
    let stands = packs.has(&place)?;
    let evidence = match Evidence::read(parts.spool.root(), due.entry, &due.shelf) {
        Ok(evidence) => evidence,
        // It was packed while its case was whole: nothing is owed.
        Err(Trouble::OfCase(_)) if stands => return Ok(None),
        Err(trouble) => return Err(trouble),
    };
    let contents = Contents::of(&evidence, parts, recent);
    // Also of a case that has its pack: a crash takes the memory back together with the position.
    recent.remember(id, &format!("{ESCALATIONS}/{place}"), &contents.traits);
    if stands {
        return Ok(None);
    }
    packs.write(id, &contents.files(evidence, id))?;
    Ok(Some(place))
}

/// What a pack tells beyond the case itself.
struct Contents {
    traits: Vec<related::Trait>,
    timeline: Vec<timeline::Event>,
    observables: Vec<observables::Observable>,
    related: related::Related,
    runbook: String,
    outcome: Outcome,
    now: Timestamp,
}

impl Contents {
    fn of(evidence: &Evidence, parts: Parts<'_, '_>, recent: &Recent) -> Self {
        let settings = parts.settings;
        let now = timestamp(parts.spool.host().now());
        let fields = evidence.fields();
        let times = CaseTimes {
            published: published(evidence),
            judged: evidence.judgement.judged_at,
            escalated: now,
        };
        let observables = observables::observables(fields, settings.tlp);
        let traits = related::traits_of(fields, &observables);
        let service = runbook::Service::of(evidence);
        Contents {
            timeline: timeline::timeline(fields, &times),
            related: recent.related_to(evidence.entry.id(), &traits),
            runbook: runbook::runbook(evidence, service, settings),
            outcome: Outcome::new(evidence, service, settings, now),
            traits,
            observables,
            now,
        }
    }

    /// The files of the pack.
    fn files(self, evidence: Evidence, id: AlertId) -> Vec<(String, Vec<u8>)> {
        let mut timeline = Vec::new();
        for event in &self.timeline {
            serde_json::to_writer(&mut timeline, event).expect("its keys are strings");
            timeline.push(b'\n');
        }
        let mut bag = Bag::default();
        bag.add("alert.json", evidence.alert);
        bag.add("case.json", evidence.case);
        bag.add("timeline.ndjson", timeline);
        bag.add("observables.json", json(&self.observables));
        bag.add("related.json", json(&self.related));
        bag.add("runbook.md", self.runbook.into_bytes());
        let outcome = self.outcome.with_files(&bag);
        bag.add("outcome.json", json(&outcome));
        bag.files(&id.to_string(), Offset::UTC.to_datetime(self.now).date())
    }
}

fn json(value: &impl Serialize) -> Vec<u8> {
    let mut bytes = serde_json::to_vec_pretty(value).expect("its keys are strings");
    bytes.push(b'\n');
    bytes
}

/// When the queue published the alert: its entry's name says it.
fn published(evidence: &Evidence) -> Timestamp {
    let millis = i64::try_from(evidence.entry.stamp().millis).unwrap_or(i64::MAX);
    timestamp(Millis(millis))
}
