//! Whether all is well, from the last heartbeat and its age. Whoever is asked, a command or a page, says the same, and the
//! simulator holds it against what really stood.

use crate::heartbeat::{Heartbeat, InboxState, ScrubState};
use crate::observed::Observed;
use crate::reconciled::LastDay;
use crate::stage::Stage;
use crate::words;
use host::Millis;
use jiff::Timestamp;
use std::collections::BTreeSet;

/// What there is to complain of.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Health {
    /// Each a sentence; none if all is well.
    pub reasons: Vec<String>,
    /// What those reasons are about that come from the heartbeat.
    pub concerns: BTreeSet<Concern>,
    /// How long ago the last pass ended, or how far ahead that time is after the clock was set back; `None` if there was none.
    pub age_ms: Option<u64>,
}

/// What a reason is about, for programs: the sentences are for people.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Concern {
    /// No pass has ended, or none for too long.
    Overdue,
    /// A stage did not come to its end.
    Failed(Stage),
    /// Ledger and disk disagree, or the pass says of itself that it was not well.
    Mismatch,
    /// What is finished is not what it was, or was not looked at for too long.
    Finished,
    /// Names in the inbox are never taken.
    NeverTaken,
    /// Another program does not let go of what was taken in.
    Held,
    /// Too many alerts were set aside.
    SetAside,
    /// Our clock and the indexer's differ.
    Skew,
    /// The indexer has had nothing new for long.
    Silence,
    /// Late alerts are out of reach.
    OutOfReach,
}

/// What a healthy home keeps to.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Limits {
    /// How old the last heartbeat may be.
    pub age_max_ms: u64,
    /// How much our clock may differ from the indexer's; `None` for any.
    pub skew_max_ms: Option<u64>,
    /// For how long the indexer may have nothing new; `None` for ever.
    pub silence_max_ms: Option<u64>,
    /// How many of a hundred alerts of the last day may have been set aside.
    pub quarantine_percent_max: u32,
}

impl Default for Limits {
    /// As the program is configured when nobody says otherwise: clocks that agree within a minute, something new each day, one of
    /// ten alerts set aside; any age.
    fn default() -> Self {
        Limits {
            age_max_ms: u64::MAX,
            skew_max_ms: Some(60_000),
            silence_max_ms: Some(24 * 3_600_000),
            quarantine_percent_max: 10,
        }
    }
}

impl Health {
    /// The health at `now`: the last pass finished in every stage without a mismatch and is not too old, what the indexer told is
    /// within its limits, what is finished is what it was, as far as the scrub has seen, and it has seen all of it in twice its
    /// time.
    pub fn of(last: Option<&Heartbeat>, now: Millis, limits: &Limits) -> Health {
        let mut health = Health {
            reasons: Vec::new(),
            concerns: BTreeSet::new(),
            age_ms: None,
        };
        let Some(last) = last else {
            health.complain(Concern::Overdue, ["no pass has ended yet".to_owned()]);
            return health;
        };
        for stage in &last.stages {
            if let Some(error) = &stage.error {
                let reason = format!("{} failed: {error}", stage.stage);
                let known = Stage::ALL.into_iter().find(|one| one.word() == stage.stage);
                let concern = known.map_or(Concern::Mismatch, Concern::Failed);
                health.complain(concern, [reason]);
            }
        }
        if 0 < last.mismatches {
            let count = words::count(last.mismatches);
            let reason = format!("{count} mismatches: `foundry audit` names every alert");
            health.complain(Concern::Mismatch, [reason]);
        }
        if let Some(scrub) = &last.scrub {
            health.complain(Concern::Finished, of_scrub(scrub));
        }
        let inbox = last.inbox.as_ref().and_then(never_taken);
        health.complain(Concern::NeverTaken, inbox);
        let held = last.inbox.as_ref().and_then(|inbox| inbox.held_since);
        let held = held.and_then(|since| held_for_long(since, last.finished));
        health.complain(Concern::Held, held);
        health.complain(Concern::SetAside, set_aside(last.last_day, limits));
        let since = now.0.saturating_sub(last.finished.as_millisecond());
        let age = since.unsigned_abs();
        if let Some(indexer) = &last.indexer {
            health.complain(Concern::Skew, skewed(indexer, limits));
            health.complain(Concern::Silence, silent(indexer, limits));
            health.complain(Concern::OutOfReach, out_of_reach(indexer));
        }
        if limits.age_max_ms < age {
            let (ago, limit) = (words::duration(age), words::duration(limits.age_max_ms));
            let reason = match since < 0 {
                true => format!(
                    "the last pass ended at a time that is {ago} to come: the clock was set back since, and no pass was made"
                ),
                false => format!("the last pass ended {ago} ago, and one is due within {limit}"),
            };
            health.complain(Concern::Overdue, [reason]);
        }
        if !last.ok && health.reasons.is_empty() {
            let reason = "the last pass says that it was not well".to_owned();
            health.complain(Concern::Mismatch, [reason]);
        }
        health.age_ms = Some(age);
        health
    }

    fn complain(&mut self, concern: Concern, reasons: impl IntoIterator<Item = String>) {
        let before = self.reasons.len();
        self.reasons.extend(reasons);
        if before < self.reasons.len() {
            self.concerns.insert(concern);
        }
    }

    /// The same with more to complain of.
    pub fn and(mut self, reasons: Vec<String>) -> Health {
        self.reasons.extend(reasons);
        self
    }

    /// Whether there is nothing to complain of.
    pub fn is_healthy(&self) -> bool {
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

/// Why the inbox is not well.
fn never_taken(inbox: &InboxState) -> Option<String> {
    if inbox.ignored == 0 {
        return None;
    }
    let (count, names) = (words::count(inbox.ignored), inbox.named.join(", "));
    Some(format!(
        "{count} in inbox/ will never be taken: {names}; a file is taken if its name ends in .json, and nothing below a directory is"
    ))
}

/// Why what another program holds is not well. A virus scanner lets go of a file within seconds.
fn held_for_long(since: Timestamp, now: Timestamp) -> Option<String> {
    const LONG_S: i64 = 60;
    if now.as_second().saturating_sub(since.as_second()) < LONG_S {
        return None;
    }
    Some(format!(
        "alerts that were taken in are held back since {}: another program has their files open, or tmp/, claimed/ or pending/ \
         may not be changed; what they are is in tmp/ and claimed/",
        words::time(since)
    ))
}

/// Why what is set aside is too much.
fn set_aside(day: LastDay, limits: &Limits) -> Option<String> {
    let (bad, all) = (day.quarantined, day.good + day.quarantined);
    if bad * 100 <= all * u64::from(limits.quarantine_percent_max) {
        return None;
    }
    Some(format!(
        "{} of {} alerts of the last 24 h were set aside, and {} % is normal (queue.quarantine_percent_max): in quarantine/, beside \
         each, a file that ends in .reason says why",
        words::count(bad),
        words::count(all),
        limits.quarantine_percent_max
    ))
}

/// Why the clocks are not well.
fn skewed(indexer: &Observed, limits: &Limits) -> Option<String> {
    let (skew, ours) = (indexer.skew_s?, indexer.answered?);
    let by = skew.unsigned_abs().saturating_mul(1_000);
    if by <= limits.skew_max_ms? {
        return None;
    }
    let theirs = ours
        .as_millisecond()
        .saturating_sub(skew.saturating_mul(1_000));
    let theirs = words::time(words::timestamp(Millis(theirs)));
    let (ours, by) = (words::time(ours), words::duration(by));
    let side = if skew < 0 { "behind" } else { "ahead of" };
    Some(format!(
        "our clock is {by} {side} the indexer's: ours showed {ours}, its own {theirs}; set the wrong one, and let both machines \
         keep it by NTP (`timedatectl` says whether this one does)"
    ))
}

/// Why the indexer's silence is not well.
fn silent(indexer: &Observed, limits: &Limits) -> Option<String> {
    let (silence, most) = (indexer.silence_ms()?, limits.silence_max_ms?);
    if silence <= most {
        return None;
    }
    let since = words::time(indexer.newest_alert?);
    let (silence, most) = (words::duration(silence), words::duration(most));
    Some(format!(
        "the indexer has had nothing new since {since}, for {silence}, and {most} is normal (indexer.silence_max): its shipper may \
         have stopped, its shards may be exhausted (cluster.max_shards_per_node), or indexer.index may not fit the new indices"
    ))
}

/// Why late alerts are not well.
fn out_of_reach(indexer: &Observed) -> Option<String> {
    if indexer.out_of_reach == 0 {
        return None;
    }
    let count = words::count(indexer.out_of_reach);
    let since = indexer.audit.as_ref().map(|audit| words::time(audit.since));
    let since = since.unwrap_or_else(|| "what is compared".to_owned());
    Some(format!(
        "{count} alerts were indexed late with times before {since}, and are not here: `foundry backfill --from TIME --to TIME` \
         reads them"
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn too_many_alerts_in_quarantine_are_told() {
        let told = |good, quarantined| set_aside(LastDay { good, quarantined }, &Limits::default());
        assert_eq!((told(0, 0), told(90, 10)), (None, None));
        assert!(told(15, 9).is_some_and(|reason| reason.contains("9 of 24 alerts")));
    }

    #[test]
    fn what_is_held_for_a_minute_is_told() {
        let at = |seconds: i64| words::timestamp(Millis(seconds * 1_000));
        assert_eq!(held_for_long(at(1_000), at(1_059)), None);
        let told = held_for_long(at(1_775_044_800), at(1_775_044_860));
        let since = "held back since 2026-04-01 12:00:00 UTC";
        assert!(told.is_some_and(|told| told.contains(since)));
    }

    fn check(skew_s: i64, silence_s: i64, out_of_reach: u64, limits: &Limits, parts: &[&str]) {
        let theirs = 1_775_044_800 - skew_s;
        let at = |seconds: i64| words::timestamp(Millis(seconds * 1_000));
        let indexer = Observed {
            skew_s: Some(skew_s),
            newest_alert: Some(at(theirs - silence_s)),
            answered: Some(at(1_775_044_800)),
            out_of_reach,
            audit: None,
        };
        let mut reasons = Vec::new();
        reasons.extend(skewed(&indexer, limits));
        reasons.extend(silent(&indexer, limits));
        reasons.extend(super::out_of_reach(&indexer));
        assert_eq!(reasons.len(), parts.len(), "{reasons:?}");
        for (reason, part) in reasons.iter().zip(parts) {
            assert!(reason.contains(part), "no {part:?} in {reason}");
        }
    }

    #[test]
    fn skew_silence_and_what_is_out_of_reach_are_told_with_their_remedies() {
        check(60, 86_400, 0, &Limits::default(), &[]);
        let both = "24 h 0 min behind the indexer's: ours showed 2026-04-01 12:00:00 UTC, its own 2026-04-02 12:00:00 UTC";
        check(-86_400, 0, 0, &Limits::default(), &[both]);
        check(
            61,
            0,
            0,
            &Limits::default(),
            &["1 min 1 s ahead of the indexer's"],
        );
        let since = "nothing new since 2026-03-31 11:59:59 UTC";
        check(0, 86_401, 0, &Limits::default(), &[since]);
        check(
            0,
            0,
            12,
            &Limits::default(),
            &["12 alerts were indexed late"],
        );
        let off = Limits {
            skew_max_ms: None,
            silence_max_ms: None,
            ..Limits::default()
        };
        check(-86_400, 864_000, 1, &off, &["foundry backfill"]);
    }
}
