//! What a run has to say: JSON for machines, a page of text for people. The text is a function of the values alone.

use super::fleet::{Kills, Tally};
use super::neighbours::{CapWork, Intake, Theft};
use super::{Machine, StressOptions};
use serde::Serialize;
use std::fmt;

/// The version of the JSON form.
const SCHEMA_VERSION: u32 = 1;
/// Findings that are kept in full.
const FINDINGS_MAX: usize = 32;

/// What a run came to.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum Verdict {
    /// Every promise that was asked for held.
    Pass,
    /// One was broken; the findings say which.
    Fail,
    /// Nothing was broken, but a danger that the run is for never came.
    Inconclusive,
}

/// A promise that was broken.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Finding {
    /// The contract's id of the promise.
    pub predicate: &'static str,
    /// What was seen.
    pub what: String,
}

/// The first findings in full, and how many there were.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(super) struct Findings {
    pub(super) kept: Vec<Finding>,
    pub(super) count: u64,
}

impl Findings {
    pub(super) fn push(&mut self, predicate: &'static str, what: String) {
        self.count += 1;
        if self.kept.len() < FINDINGS_MAX {
            self.kept.push(Finding { predicate, what });
        }
    }

    /// Keeps a finding unless `holds`.
    pub(super) fn demand(
        &mut self,
        holds: bool,
        predicate: &'static str,
        what: impl FnOnce() -> String,
    ) {
        if !holds {
            self.push(predicate, what());
        }
    }
}

/// Where every alert is at the end: `published = cased + quarantined + stolen`.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize)]
pub struct Accounts {
    /// Alerts that were fabricated, and one more that was sent when all was over.
    pub fabricated: u64,
    /// Alerts that the ledger says were published.
    pub published: u64,
    /// Alerts with a case, whose bytes are those that were fabricated.
    pub cased: u64,
    /// Bad alerts that were planted. The archiver may take one before a worker reads it.
    pub planted: u64,
    /// Bad alerts in quarantine.
    pub quarantined: u64,
    /// Published alerts that the archiver has.
    pub stolen: u64,
    /// Legacy files that the archiver took before they were adopted.
    pub stolen_unadopted: u64,
    /// Of the stolen, those that the ledger itself names as vanished in a worker's hands.
    pub vanished_recorded: u64,
    /// Published, and nowhere.
    pub lost: u64,
    /// Records of a case that say once more what an earlier one said, because a worker died between record and removal.
    pub repeated_records: u64,
    /// The sum as the contract prints it.
    pub sum: String,
    /// The sum as the queue's own audit prints it.
    pub own_audit: String,
}

/// How long the parts took.
#[derive(Clone, Copy, PartialEq, Debug, Default, Serialize)]
pub struct Seconds {
    /// Writing the legacy queue and making it durable.
    pub fabricate: f64,
    /// With neighbours.
    pub disturb: f64,
    /// Without.
    pub drain: f64,
    /// Closing the books.
    pub audit: f64,
}

/// What closing the books came to.
pub(super) struct Closed {
    pub(super) accounts: Accounts,
    pub(super) findings: Findings,
    pub(super) asked: Vec<&'static str>,
}

/// What a run has to say.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct StressReport {
    /// The version of this form.
    pub schema_version: u32,
    /// What the run came to.
    pub verdict: Verdict,
    /// Why the verdict is not PASS, a sentence each.
    pub reasons: Vec<String>,
    /// Promises that were asked for, by the contract's ids.
    pub asked: Vec<&'static str>,
    /// The first findings.
    pub findings: Vec<Finding>,
    /// How many findings there were.
    pub finding_count: u64,
    /// Alerts.
    pub depth: u32,
    /// What the archiver and the killer drew from.
    pub seed: u64,
    /// The cap.
    pub pending_max: u32,
    /// The kind of machine.
    pub machine: Machine,
    /// Where every alert is.
    pub accounts: Accounts,
    /// How long the parts took.
    pub seconds: Seconds,
    /// What came in.
    pub intake: Intake,
    /// What the cap did.
    pub cap: CapWork,
    /// What the archiver took.
    pub theft: Theft,
    /// What was done to the workers.
    pub kills: Kills,
    /// What the workers told.
    pub workers: Tally,
    /// Alerts published a second, beside everything else; 0 if nothing was.
    pub published_per_second: f64,
    /// Legacy files adopted a second, beside everything else; 0 if nothing was.
    pub adopted_per_second: f64,
    /// Alerts from claim to finished case a second, from the workers' start to the end of the drain.
    pub cased_per_second: f64,
}

impl StressReport {
    pub(super) fn new(
        options: &StressOptions,
        machine: Machine,
        closed: Closed,
        seconds: Seconds,
    ) -> Self {
        let rate = closed.accounts.cased as f64 / (seconds.disturb + seconds.drain).max(0.001);
        StressReport {
            schema_version: SCHEMA_VERSION,
            verdict: Verdict::Pass,
            reasons: Vec::new(),
            asked: closed.asked,
            findings: closed.findings.kept,
            finding_count: closed.findings.count,
            depth: options.depth,
            seed: options.seed,
            pending_max: options.spool.pending_max,
            machine,
            accounts: closed.accounts,
            seconds,
            intake: Intake::default(),
            cap: CapWork::default(),
            theft: Theft::default(),
            kills: Kills::default(),
            workers: Tally::default(),
            published_per_second: 0.0,
            adopted_per_second: 0.0,
            cased_per_second: rate.round(),
        }
    }

    /// Adds what happened, and judges.
    pub(super) fn with_dangers(
        mut self,
        intake: Intake,
        cap: CapWork,
        theft: Theft,
        kills: Kills,
        workers: Tally,
    ) -> Self {
        let rate =
            |count: u64, millis: u64| (count as f64 * 1_000.0 / millis.max(1) as f64).round();
        self.published_per_second = rate(intake.published, intake.publish_ms);
        self.adopted_per_second = rate(intake.adopted, intake.adopt_ms);
        (self.intake, self.cap, self.theft) = (intake, cap, theft);
        (self.kills, self.workers) = (kills, workers);
        self.judge();
        self
    }

    fn judge(&mut self) {
        let broken = self.findings.iter().map(|finding| finding.predicate);
        let broken: std::collections::BTreeSet<_> = broken.collect();
        if !broken.is_empty() {
            let list: Vec<_> = broken.into_iter().collect();
            self.reasons.push(format!("broken: {}", list.join(", ")));
            self.verdict = Verdict::Fail;
            return;
        }
        let dangers = [
            (self.kills.kills, "no worker was killed"),
            (self.kills.with_claims, "no killed worker held a claim"),
            (self.theft.entries, "nothing was stolen from a bucket"),
            (self.accounts.quarantined, "no bad input was set aside"),
            (self.cap.parked, "the cap never parked anything"),
            (self.cap.readmitted, "nothing that was parked came back"),
        ];
        let unmet = dangers.iter().filter(|(times, _)| *times == 0);
        self.reasons
            .extend(unmet.map(|(_, what)| (*what).to_owned()));
        if !self.reasons.is_empty() {
            self.verdict = Verdict::Inconclusive;
        }
    }

    /// The report as JSON, with a newline at its end.
    ///
    /// # Panics
    /// Never: the report holds no map with odd keys.
    pub fn to_json(&self) -> String {
        let mut json = serde_json::to_string_pretty(self).expect("a report is plain data");
        json.push('\n');
        json
    }
}

impl fmt::Display for StressReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (accounts, seconds, workers) = (&self.accounts, &self.seconds, &self.workers);
        writeln!(
            f,
            "sim stress  depth {}  seed {}  {} ({} cores, {} MiB), {}, {} build",
            self.depth,
            self.seed,
            self.machine.cpu,
            self.machine.cores,
            self.machine.memory_mib,
            self.machine.filesystem,
            self.machine.build
        )?;
        writeln!(f, "  contract   {}", accounts.sum)?;
        writeln!(f, "  own audit  {}", accounts.own_audit)?;
        writeln!(
            f,
            "  dangers    {} kills ({} with claims), {} restarts, {} entries stolen ({} in a worker's hands), \
             {} legacy files stolen, {} of {} bad inputs set aside, {} parked, {} readmitted",
            self.kills.kills,
            self.kills.with_claims,
            self.kills.restarts,
            self.theft.entries,
            accounts.vanished_recorded,
            self.theft.legacy,
            accounts.quarantined,
            accounts.planted,
            self.cap.parked,
            self.cap.readmitted
        )?;
        writeln!(
            f,
            "  rates      adopt {}/s, publish {}/s, claim to case {}/s",
            self.adopted_per_second, self.published_per_second, self.cased_per_second
        )?;
        writeln!(
            f,
            "  seconds    fabricate {:.1}, disturbed {:.1}, drain {:.1}, audit {:.1}",
            seconds.fabricate, seconds.disturb, seconds.drain, seconds.audit
        )?;
        writeln!(
            f,
            "  workers    peak {} KiB, start to first claim at most {} ms, {} claims; longest cap pass {} ms",
            workers.peak_kib_max, workers.open_ms_max, workers.claims, self.cap.pass_ms_max
        )?;
        writeln!(f, "  asked      {}", self.asked.join(" "))?;
        for finding in &self.findings {
            writeln!(f, "  broken     {}  {}", finding.predicate, finding.what)?;
        }
        let verdict = match self.verdict {
            Verdict::Pass => "PASS",
            Verdict::Fail => "FAIL",
            Verdict::Inconclusive => "INCONCLUSIVE",
        };
        write!(f, "{verdict}")?;
        for reason in &self.reasons {
            write!(f, "  {reason}")?;
        }
        writeln!(f)
    }
}
