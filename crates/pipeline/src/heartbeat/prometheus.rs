//! The heartbeat in Prometheus' text format: base units, `_total` for what only grows.

use crate::heartbeat::{Heartbeat, ScrubState, StageState};
use crate::observed::Observed;
use jiff::Timestamp;
use std::fmt::Write;

/// The metrics of a heartbeat. See <https://prometheus.io/docs/instrumenting/exposition_formats/>.
pub fn exposition(beat: &Heartbeat) -> String {
    let mut text = Text::default();
    text.family("foundry_alerts_total", "counter", "Cases by disposition.");
    for (word, count) in &beat.dispositions {
        text.sample(
            "foundry_alerts_total",
            &[("disposition", word)],
            *count as f64,
        );
    }
    stages(&mut text, &beat.stages);
    if let Some(queue) = &beat.queue {
        text.family(
            "foundry_queue_entries",
            "gauge",
            "Entries of the queue by place.",
        );
        for (place, count) in [
            ("pending", queue.pending),
            ("overflow", queue.overflow),
            ("claimed", queue.claimed),
            ("quarantined", queue.quarantined),
        ] {
            text.sample("foundry_queue_entries", &[("place", place)], count as f64);
        }
        let age = queue.oldest_age_ms as f64 / 1e3;
        text.one(
            "foundry_queue_oldest_age_seconds",
            "How long the oldest entry waits.",
            age,
        );
    }
    if let Some(inbox) = &beat.inbox {
        let name = "foundry_inbox_names";
        text.family(name, "gauge", "Names in the inbox that were not taken.");
        for (why, count) in [
            ("waiting", inbox.waiting),
            ("hidden", inbox.hidden),
            ("ignored", inbox.ignored),
        ] {
            text.sample(name, &[("why", why)], count as f64);
        }
    }
    text.one(
        "foundry_quarantined_last_day",
        "Alerts of the last 24 hours that were set aside.",
        beat.last_day.quarantined as f64,
    );
    let mismatches = beat.mismatches as f64;
    text.one(
        "foundry_reconcile_mismatch",
        "Alerts that contradict the ledger or the disk.",
        mismatches,
    );
    if let Some(of) = &beat.scrub {
        scrub(&mut text, of);
    }
    if let Some(of) = &beat.retention {
        let name = "foundry_retention_removed_total";
        text.family(name, "counter", "What was removed for its age.");
        for (what, count) in [("case", of.cases), ("quarantined", of.quarantined)] {
            text.sample(name, &[("what", what)], count as f64);
        }
        text.one(
            "foundry_retention_kept_from_seconds",
            "What was published before this time is removed.",
            of.before.as_millisecond() as f64 / 1e3,
        );
    }
    text.family(
        "foundry_signature_hits_total",
        "counter",
        "Alerts that a signature matched.",
    );
    for (name, total) in &beat.signatures {
        text.sample(
            "foundry_signature_hits_total",
            &[("sig", name)],
            total.hits as f64,
        );
    }
    text.family("foundry_policy_info", "gauge", "The policy in force.");
    text.sample(
        "foundry_policy_info",
        &[("sha256", &beat.policy_sha256)],
        1.0,
    );
    text.one(
        "foundry_indexer_insecure",
        "Whether the indexer's certificate is not verified.",
        f64::from(u8::from(beat.insecure)),
    );
    if let Some(indexer) = &beat.indexer {
        observed(&mut text, indexer);
    }
    if let Some(last) = beat.pace.and_then(|pace| pace.last) {
        text.one(
            "foundry_passes_busy_ratio",
            "How much of the time passes took in the last hour that is over.",
            last.busy_permille() as f64 / 1e3,
        );
    }
    text.one(
        "foundry_up",
        "Whether the last pass finished in every stage.",
        f64::from(u8::from(beat.ok)),
    );
    text.0
}

fn scrub(text: &mut Text, scrub: &ScrubState) {
    let name = "foundry_scrub_verified_total";
    text.family(name, "counter", "Finished cases that were looked at again.");
    text.sample(name, &[], scrub.verified_total as f64);
    let gauges = [
        (
            "foundry_scrub_findings",
            "What is finished and not as it was recorded.",
            scrub.findings as f64,
        ),
        (
            "foundry_scrub_due",
            "Records and cases that are due to be looked at again.",
            scrub.due as f64,
        ),
        (
            "foundry_scrub_oldest_unverified_age_seconds",
            "For how long the oldest part of what is finished has not been looked at.",
            scrub.oldest_unverified_age_ms as f64 / 1e3,
        ),
        (
            "foundry_scrub_every_seconds",
            "Within which time all of it is to be looked at again.",
            scrub.every_ms as f64 / 1e3,
        ),
        (
            "foundry_scrub_round_began_timestamp_seconds",
            "When the round that is going on began.",
            scrub.round_began.as_millisecond() as f64 / 1e3,
        ),
    ];
    for (name, help, value) in gauges {
        text.one(name, help, value);
    }
}

fn observed(text: &mut Text, indexer: &Observed) {
    let seconds = |at: Timestamp| at.as_millisecond() as f64 / 1e3;
    let audit = indexer.audit.as_ref();
    let values = [
        (
            "foundry_indexer_clock_skew_seconds",
            "Our clock minus the indexer's: negative if ours is behind.",
            indexer.skew_s.map(|skew| skew as f64),
        ),
        (
            "foundry_indexer_newest_alert_timestamp_seconds",
            "The time of the newest alert that the indexer has.",
            indexer.newest_alert.map(seconds),
        ),
        (
            "foundry_indexer_last_answer_timestamp_seconds",
            "When the indexer gave its last complete answer.",
            indexer.answered.map(seconds),
        ),
        (
            "foundry_indexer_out_of_reach",
            "Alerts that were indexed late, before what the audit compares.",
            Some(indexer.out_of_reach as f64),
        ),
        (
            "foundry_audit_since_timestamp_seconds",
            "Since when the last audit of counts compared.",
            audit.map(|audit| seconds(audit.since)),
        ),
        (
            "foundry_audit_late",
            "Late alerts that the last audit of counts found.",
            audit.map(|audit| audit.late as f64),
        ),
        (
            "foundry_audit_future",
            "Alerts more than an hour in the future at the last audit of counts.",
            audit.map(|audit| audit.future as f64),
        ),
    ];
    for (name, help, value) in values {
        if let Some(value) = value {
            text.one(name, help, value);
        }
    }
}

fn stages(text: &mut Text, stages: &[StageState]) {
    type Value = fn(&StageState) -> Option<f64>;
    let families: [(&str, &str, Value); 6] = [
        (
            "foundry_last_run_timestamp_seconds",
            "When the stage last ran.",
            |stage| Some(stage.last_run.as_millisecond() as f64 / 1e3),
        ),
        (
            "foundry_last_success_timestamp_seconds",
            "When the stage last finished.",
            |stage| {
                stage
                    .last_success
                    .map(|at| at.as_millisecond() as f64 / 1e3)
            },
        ),
        (
            "foundry_stage_duration_seconds",
            "How long the stage took in the last pass.",
            |stage| Some(stage.duration_ms as f64 / 1e3),
        ),
        (
            "foundry_stage_in",
            "What the stage took up in the last pass.",
            |stage| Some(stage.taken as f64),
        ),
        (
            "foundry_stage_out",
            "What the stage passed on in the last pass.",
            |stage| Some(stage.given as f64),
        ),
        (
            "foundry_stage_errors",
            "What was wrong in the last pass.",
            |stage| Some(stage.errors as f64),
        ),
    ];
    for (name, help, value) in families {
        text.family(name, "gauge", help);
        for stage in stages {
            if let Some(value) = value(stage) {
                text.sample(name, &[("stage", &stage.stage)], value);
            }
        }
    }
}

#[derive(Default)]
struct Text(String);

impl Text {
    fn family(&mut self, name: &str, kind: &str, help: &str) {
        self.line(format_args!("# HELP {name} {help}\n# TYPE {name} {kind}"));
    }

    fn sample(&mut self, name: &str, labels: &[(&str, &str)], value: f64) {
        self.0.push_str(name);
        for (at, (label, of)) in labels.iter().enumerate() {
            self.0.push_str(if at == 0 { "{" } else { "," });
            self.0.push_str(label);
            self.0.push_str("=\"");
            for letter in of.chars() {
                match letter {
                    '\\' => self.0.push_str("\\\\"),
                    '"' => self.0.push_str("\\\""),
                    '\n' => self.0.push_str("\\n"),
                    other => self.0.push(other),
                }
            }
            self.0.push('"');
        }
        if !labels.is_empty() {
            self.0.push('}');
        }
        self.line(format_args!(" {value}"));
    }

    fn one(&mut self, name: &str, help: &str, value: f64) {
        self.family(name, "gauge", help);
        self.sample(name, &[], value);
    }

    fn line(&mut self, line: std::fmt::Arguments<'_>) {
        writeln!(self.0, "{line}").expect("writing into memory cannot fail");
    }
}
