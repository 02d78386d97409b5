//! The heartbeat as data: what one pass leaves for the next, and for everybody who looks.

use crate::failure::{Failure, FailureKind};
use crate::heartbeat::pace::Pace;
use crate::heartbeat::{Facts, JSON_FILE};
use crate::observed::Observed;
use crate::reconciled::{LastDay, Reconciled};
use crate::retained::Retained;
use crate::scrubbed::Scrubbed;
use crate::stage::{Counts, Stage, StageReport};
use crate::time::{elapsed_ms, timestamp};
use alert::Disposition;
use host::Millis;
use jiff::Timestamp;
use policy::Stats;
use serde::{Deserialize, Serialize};
use spool::{Depth, Inbox, Spool};
use std::collections::BTreeMap;

/// The version of `heartbeat.json`.
const SCHEMA_VERSION: u32 = 1;
/// How many signatures are counted one by one, so that a policy cannot flood monitoring.
const SIGNATURES_MAX: usize = 1_000;
/// How many ids a list of the heartbeat shows; the count beside it is whole.
const IDS_MAX: usize = 20;

/// `heartbeat.json`. Times are UTC; durations are milliseconds.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Heartbeat {
    /// The version of this form.
    pub schema_version: u32,
    /// What the caller called the pass.
    pub run_id: String,
    /// When the pass began.
    pub started: Timestamp,
    /// When this was written.
    pub finished: Timestamp,
    /// Whether every stage finished, nothing is mismatched, and what is finished is what it was.
    pub ok: bool,
    /// The policy in force.
    pub policy_sha256: String,
    /// Whether anybody could answer for the indexer, because its certificate is not verified.
    #[serde(default)]
    pub insecure: bool,
    /// The seven stages in order.
    pub stages: Vec<StageState>,
    /// The queue; absent if it could not be seen.
    pub queue: Option<QueueState>,
    /// What lies in `inbox/` and was not taken; absent if that could not be seen, or in the heartbeats of earlier versions.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub inbox: Option<InboxState>,
    /// What became of the alerts that came in the last 24 hours.
    #[serde(default)]
    pub last_day: LastDay,
    /// Cases since the ledger began, by disposition.
    pub dispositions: BTreeMap<String, u64>,
    /// The equation of the last reconcile, with its numbers.
    pub equation: String,
    /// Alerts that contradict the contract.
    pub mismatches: u64,
    /// Some of them, and some of those that are still to be fetched again, by what is wrong.
    pub named: BTreeMap<String, Vec<String>>,
    /// The chain's head of each writer of the ledger: nothing before it can be changed unnoticed.
    pub ledger_heads: BTreeMap<String, String>,
    /// The scrub of what is finished; absent if there is none, or in the heartbeats of earlier versions.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scrub: Option<ScrubState>,
    /// What was removed for its age; absent if nothing ever was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retention: Option<RetentionState>,
    /// Hits of signatures since the first heartbeat.
    pub signatures: BTreeMap<String, SignatureTotal>,
    /// When the indexer's counts were last compared with ours, in milliseconds since 1970; 0 for never.
    pub counts_audited_ms: i64,
    /// How much of the time passes take; absent in the heartbeats of earlier versions.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pace: Option<Pace>,
    /// The indexer's clock, its newest alert, and the last audit of counts; absent if none was ever asked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub indexer: Option<Observed>,
}

/// One stage, over all passes.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct StageState {
    /// Its word.
    pub stage: String,
    /// Alerts, or cases, that it took up in the last pass.
    #[serde(rename = "in")]
    pub taken: u64,
    /// Those that it passed on.
    #[serde(rename = "out")]
    pub given: u64,
    /// Those that something was wrong with.
    pub errors: u64,
    /// How long it took.
    pub duration_ms: u64,
    /// When it last ran.
    pub last_run: Timestamp,
    /// When it last finished; absent if it never did.
    pub last_success: Option<Timestamp>,
    /// Why it did not finish in the last pass.
    pub error: Option<String>,
}

/// The scrub after a pass.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct ScrubState {
    /// Cases that were looked at in the pass.
    pub verified: u64,
    /// Cases that were looked at since the scrub's state was begun.
    pub verified_total: u64,
    /// When the round that is going on began.
    pub round_began: Timestamp,
    /// Rounds that were finished.
    pub rounds: u64,
    /// For how long the oldest part of what is finished has not been looked at.
    pub oldest_unverified_age_ms: u64,
    /// Within which time all of it is to be looked at again.
    pub every_ms: u64,
    /// Records and cases that are due and were left to the next pass.
    pub due: u64,
    /// What is not as it was recorded, in all.
    pub findings: u64,
    /// Some of it, each a sentence.
    pub named: Vec<String>,
}

/// Retention after a pass.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct RetentionState {
    /// What was published before this has neither case nor record.
    pub before: Timestamp,
    /// Cases that were removed since the ledger began, or that are being removed.
    pub cases: u64,
    /// Quarantined files likewise.
    pub quarantined: u64,
    /// Cases and quarantined files that the pass removed.
    pub removed: u64,
    /// Whether there is nothing left to remove.
    pub is_done: bool,
}

/// The queue after a pass.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct QueueState {
    /// Entries that wait.
    pub pending: u64,
    /// Entries that are parked.
    pub overflow: u64,
    /// Entries in workers' hands.
    pub claimed: u64,
    /// Entries that were set aside since the ledger began.
    pub quarantined: u64,
    /// For how long the oldest entry waits; 0 if none does.
    pub oldest_age_ms: u64,
}

/// What lies in `inbox/` after a pass.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct InboxState {
    /// Files that are no whole JSON object yet, and that somebody has written to not long ago.
    pub waiting: u64,
    /// Names that begin with a dot: their writers will rename them.
    pub hidden: u64,
    /// Names that are never taken, because they do not end in `.json`, and directories.
    pub ignored: u64,
    /// Some of the last ones.
    pub named: Vec<String>,
    /// Since when something that was taken in cannot be moved on, because another program holds it; absent if nothing is held.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub held_since: Option<Timestamp>,
}

/// One signature, over all passes.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct SignatureTotal {
    /// Alerts that it matched.
    pub hits: u64,
    /// When it last did.
    pub last_hit: Option<Timestamp>,
}

/// What stage 7 remembers from one heartbeat to the next.
#[derive(Default)]
pub(crate) struct Memory {
    stages: BTreeMap<String, StageState>,
    signatures: BTreeMap<String, SignatureTotal>,
    dispositions: BTreeMap<String, u64>,
    equation: String,
    ledger_heads: BTreeMap<String, String>,
    quarantined: u64,
    pace: Option<Pace>,
    /// Heartbeats that could not be written since the last one that was.
    pub(super) unwritten: u64,
}

impl From<Heartbeat> for Memory {
    fn from(last: Heartbeat) -> Self {
        let stages = last.stages.into_iter();
        Memory {
            stages: stages.map(|one| (one.stage.clone(), one)).collect(),
            signatures: last.signatures,
            dispositions: last.dispositions,
            equation: last.equation,
            ledger_heads: last.ledger_heads,
            quarantined: last.queue.map_or(0, |queue| queue.quarantined),
            pace: last.pace,
            unwritten: 0,
        }
    }
}

impl Memory {
    /// Counts what signatures did.
    fn add_stats(&mut self, stats: &Stats) {
        for (name, stats) in stats.signatures() {
            let is_room = self.signatures.len() < SIGNATURES_MAX;
            if !is_room && !self.signatures.contains_key(name) {
                continue;
            }
            let total = self.signatures.entry(name.to_owned()).or_default();
            total.hits += stats.hits;
            total.last_hit = total.last_hit.max(stats.last_hit);
        }
    }

    /// The heartbeat of a pass that is at its last stage.
    pub(super) fn beat(&mut self, facts: Facts<'_>, now: Millis) -> Heartbeat {
        for report in facts.stages {
            self.note(report);
        }
        self.note(&StageReport {
            stage: Stage::Heartbeat,
            began: now,
            duration_ms: 0,
            counts: Counts {
                errors: self.unwritten,
                ..Counts::default()
            },
            failure: None,
        });
        for stats in &facts.stats {
            self.add_stats(stats);
        }
        if let Some(found) = facts.found {
            let judged = Disposition::ALL.iter().zip(found.cased);
            let judged = judged.map(|(one, count)| (one.word().to_owned(), count));
            self.dispositions = judged.collect();
            self.equation = found.to_string();
            self.quarantined = found.quarantined;
        }
        if let Some(heads) = facts.ledger_heads {
            self.ledger_heads = heads;
        }
        let pace = Pace::with(self.pace.take(), facts.started, now);
        self.pace = Some(pace);
        let mismatches = facts.found.map_or(0, Reconciled::mismatches);
        let findings = facts.scrubbed.map_or(0, |scrub| scrub.findings);
        let failed = facts.stages.iter().any(|stage| stage.failure.is_some());
        let stages = Stage::ALL.iter();
        Heartbeat {
            schema_version: SCHEMA_VERSION,
            run_id: facts.run_id.to_owned(),
            started: timestamp(facts.started),
            finished: timestamp(now),
            ok: !failed && mismatches == 0 && findings == 0,
            policy_sha256: facts.policy_sha256.to_owned(),
            insecure: facts.insecure,
            stages: stages
                .filter_map(|stage| self.stages.get(stage.word()).cloned())
                .collect(),
            queue: facts
                .depth
                .map(|depth| queue(&depth, self.quarantined, now)),
            inbox: facts.inbox.map(inbox),
            last_day: facts
                .found
                .map_or_else(LastDay::default, |found| found.last_day),
            dispositions: self.dispositions.clone(),
            equation: self.equation.clone(),
            mismatches,
            named: facts.found.map(named).unwrap_or_default(),
            ledger_heads: self.ledger_heads.clone(),
            scrub: facts.scrubbed.map(scrub),
            retention: facts.retained.map(retention),
            signatures: self.signatures.clone(),
            counts_audited_ms: facts.counts_audited.0,
            pace: self.pace,
            indexer: facts.indexer,
        }
    }

    fn note(&mut self, report: &StageReport) {
        let word = report.stage.word();
        let ended = report.began.0.saturating_add_unsigned(report.duration_ms);
        let before = self.stages.get(word).and_then(|state| state.last_success);
        let last_success = match report.failure {
            None => Some(timestamp(Millis(ended))),
            Some(_) => before,
        };
        let state = StageState {
            stage: word.to_owned(),
            taken: report.counts.taken,
            given: report.counts.given,
            errors: report.counts.errors,
            duration_ms: report.duration_ms,
            last_run: timestamp(report.began),
            last_success,
            error: report.failure.as_ref().map(ToString::to_string),
        };
        self.stages.insert(word.to_owned(), state);
    }
}

impl Heartbeat {
    /// The last heartbeat of a spool; `None` if there is none yet, or it is damaged: that is told of and left out, because no
    /// pass should die of it. Errs if the file cannot be read, or is of another schema.
    pub fn load(spool: &Spool<'_>) -> Result<Option<Self>, Failure> {
        const BYTES_MAX: usize = 16 << 20;
        let read = spool.root().read_file(JSON_FILE, BYTES_MAX);
        let bytes = read.map_err(|error| Failure::of_host("read", JSON_FILE, &error))?;
        let Some(bytes) = bytes else { return Ok(None) };
        match serde_json::from_slice::<Heartbeat>(&bytes) {
            Ok(last) if last.schema_version == SCHEMA_VERSION => Ok(Some(last)),
            Ok(last) => Err(Failure {
                kind: FailureKind::Data,
                message: format!(
                    "{JSON_FILE} has schema {}, and this program knows {SCHEMA_VERSION}; \
                     move it away to begin anew",
                    last.schema_version
                ),
            }),
            Err(error) => {
                tracing::warn!(%error, "the last heartbeat is damaged, and left out");
                Ok(None)
            }
        }
    }
}

fn scrub(of: &Scrubbed) -> ScrubState {
    ScrubState {
        verified: of.verified,
        verified_total: of.verified_total,
        round_began: timestamp(of.round_began),
        rounds: of.rounds,
        oldest_unverified_age_ms: of.oldest_unverified_ms,
        every_ms: u64::try_from(of.every.as_millis()).unwrap_or(u64::MAX),
        due: of.due,
        findings: of.findings,
        named: of.named.clone(),
    }
}

fn retention(of: Retained) -> RetentionState {
    RetentionState {
        before: timestamp(of.before),
        cases: of.cases,
        quarantined: of.quarantined,
        removed: of.removed,
        is_done: of.is_done,
    }
}

fn inbox(of: &Inbox) -> InboxState {
    InboxState {
        waiting: of.waiting,
        hidden: of.hidden,
        ignored: of.ignored,
        named: of.named.clone(),
        held_since: of.held_since.map(timestamp),
    }
}

fn queue(depth: &Depth, quarantined: u64, now: Millis) -> QueueState {
    let oldest = depth
        .oldest
        .and_then(|stamp| i64::try_from(stamp.millis).ok());
    QueueState {
        pending: depth.pending,
        overflow: depth.overflow,
        claimed: depth.claimed,
        quarantined,
        oldest_age_ms: oldest.map_or(0, |oldest| elapsed_ms(Millis(oldest), now)),
    }
}

fn named(found: &Reconciled) -> BTreeMap<String, Vec<String>> {
    let lists = [
        ("unrecorded", &found.unrecorded),
        ("case_missing", &found.case_missing),
        ("to_restore", &found.to_restore),
        ("lost", &found.lost),
    ];
    let shown =
        |ids: &[alert::AlertId]| ids.iter().take(IDS_MAX).map(ToString::to_string).collect();
    let some = lists.iter().filter(|(_, ids)| !ids.is_empty());
    some.map(|(what, ids)| ((*what).to_owned(), shown(ids)))
        .collect()
}
