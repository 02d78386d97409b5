//! Whether all is well, from the last heartbeat and its age. `status` and `/healthz` say the same.

use crate::words;
use host::Millis;
use pipeline::heartbeat::{Heartbeat, ScrubState};

/// What there is to complain of.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Health {
    /// Each a sentence; none if all is well.
    pub(crate) reasons: Vec<String>,
    /// How long ago the last pass ended; `None` if there was none.
    pub(crate) age_ms: Option<u64>,
}

impl Health {
    /// The health at `now`: the last pass finished in every stage without a mismatch, and not longer than `age_max_ms` ago;
    /// what is finished is what it was, as far as the scrub has seen, and it has seen all of it in twice its time.
    pub(crate) fn of(last: Option<&Heartbeat>, now: Millis, age_max_ms: u64) -> Health {
        let Some(last) = last else {
            return Health {
                reasons: vec!["no pass has ended yet".to_owned()],
                age_ms: None,
            };
        };
        let mut reasons = Vec::new();
        for stage in &last.stages {
            if let Some(error) = &stage.error {
                reasons.push(format!("{} failed: {error}", stage.stage));
            }
        }
        if 0 < last.mismatches {
            let count = words::count(last.mismatches);
            reasons.push(format!(
                "{count} mismatches: `foundry audit` names every alert"
            ));
        }
        if let Some(scrub) = &last.scrub {
            reasons.extend(of_scrub(scrub));
        }
        let age = now.0.saturating_sub(last.finished.as_millisecond());
        let age = u64::try_from(age).unwrap_or(0);
        if age_max_ms < age {
            let (age, limit) = (words::duration(age), words::duration(age_max_ms));
            reasons.push(format!(
                "the last pass ended {age} ago, and one is due within {limit}"
            ));
        }
        if !last.ok && reasons.is_empty() {
            reasons.push("the last pass says that it was not well".to_owned());
        }
        Health {
            reasons,
            age_ms: Some(age),
        }
    }

    /// Whether there is nothing to complain of.
    pub(crate) fn is_healthy(&self) -> bool {
        self.reasons.is_empty()
    }
}

/// What there is to complain of in what is finished.
fn of_scrub(scrub: &ScrubState) -> Vec<String> {
    /// The others are in the heartbeat, and `foundry audit` names all.
    const NAMED_MAX: usize = 3;
    let mut reasons = Vec::new();
    if 0 < scrub.findings {
        let count = words::count(scrub.findings);
        let named = scrub.named.iter().take(NAMED_MAX);
        let named: Vec<_> = named.map(String::as_str).collect();
        reasons.push(format!(
            "{count} of what is finished is not as it was recorded: {}",
            named.join("; ")
        ));
    }
    if scrub.every_ms.saturating_mul(2) < scrub.oldest_unverified_age_ms {
        let age = words::duration(scrub.oldest_unverified_age_ms);
        let every = words::duration(scrub.every_ms);
        reasons.push(format!(
            "finished cases were not looked at for {age}, and are to be every {every} (scrub.every): \
             make passes more often, or raise scrub.cases_max"
        ));
    }
    reasons
}
