//! The judge of stage 3: the policy in force, and what each case says of its judgement.

use alert::{Alert, Disposition, Severity};
use host::Millis;
use jiff::Timestamp;
use policy::{Policy, Stats, Verdict};
use serde::Serialize;
use spool::Judge;

/// Judges by a policy, and counts.
pub(crate) struct PolicyJudge<'p> {
    policy: &'p Policy,
    now: Timestamp,
    pub(crate) stats: Stats,
}

/// What `case.json` says below `judgement`.
#[derive(Serialize)]
struct Details<'a> {
    judged_at: Timestamp,
    #[serde(skip_serializing_if = "Option::is_none")]
    signature: Option<Decided<'a>>,
    reasons: Vec<String>,
    severity: Option<Severity>,
    rule_id: Option<&'a str>,
    agent: Option<&'a str>,
    /// The verdict of an Incident Finding in the Open Cybersecurity Schema Framework.
    ocsf_verdict_id: u8,
    policy_sha256: &'a str,
}

#[derive(Serialize)]
struct Decided<'a> {
    name: &'a str,
    id: &'a str,
    title: &'a str,
}

impl<'p> PolicyJudge<'p> {
    pub(crate) fn new(policy: &'p Policy, now: Millis) -> Self {
        let mut judge = PolicyJudge {
            policy,
            now: Timestamp::UNIX_EPOCH,
            stats: Stats::new(policy),
        };
        judge.set_time(now);
        judge
    }

    /// The time that suppressions expire by.
    pub(crate) fn set_time(&mut self, now: Millis) {
        // A clock beyond the calendar's end must not stop triage: what has an end is over then.
        self.now = Timestamp::from_millisecond(now.0).unwrap_or(Timestamp::MAX);
    }

    fn details<'a>(&'a self, verdict: &'a Verdict<'_>) -> Details<'a> {
        Details {
            judged_at: self.now,
            signature: verdict.signature.map(|signature| Decided {
                name: &signature.name,
                id: &signature.id,
                title: &signature.title,
            }),
            reasons: verdict.reasons.iter().map(ToString::to_string).collect(),
            severity: verdict.severity,
            rule_id: verdict.rule_id.as_deref(),
            agent: verdict.agent.as_deref(),
            ocsf_verdict_id: ocsf_verdict_id(verdict.disposition),
            policy_sha256: self.policy.sha256(),
        }
    }
}

impl Judge for PolicyJudge<'_> {
    fn judge(&mut self, alert: &Alert<'_>, details: &mut Vec<u8>) -> Disposition {
        let verdict = self.policy.judge_bytes(alert.bytes, self.now);
        self.stats.add(&verdict, self.now);
        serde_json::to_writer(details, &self.details(&verdict)).expect("its keys are strings");
        verdict.disposition
    }

    fn policy(&self) -> &str {
        self.policy.sha256()
    }
}

/// The OCSF 1.x `verdict_id` of an Incident Finding. An escalated case is suspicious, never a true positive before a
/// person says so.
fn ocsf_verdict_id(disposition: Disposition) -> u8 {
    match disposition {
        Disposition::KnownFp => 1,
        Disposition::Escalated => 4,
        Disposition::Benign => 5,
        Disposition::Review => 7,
    }
}
