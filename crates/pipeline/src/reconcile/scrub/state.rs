//! How far the scrub is: `state/scrub.json`. A cache: without it, a round begins anew.

use super::findings::Findings;
use crate::cache;
use crate::failure::Failure;
use crate::time::elapsed_ms;
use host::{Dir, Millis};
use serde::{Deserialize, Serialize};
use spool::ledger::WalkPosition;
use std::time::Duration;

const FILE: &str = "scrub.json";
/// A finding is a few hundred bytes, and a thousand of them are kept.
const FILE_BYTES_MAX: usize = 16 << 20;

/// How far the scrub is.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct State {
    /// The walk stands after this record.
    pub(super) position: WalkPosition,
    /// Cases of the next record that this round has seen.
    pub(super) skip: usize,
    /// When the round began, in milliseconds since 1970.
    pub(super) began_ms: i64,
    /// When the round before it began; `None` in the first one.
    before_ms: Option<i64>,
    /// Rounds that were finished.
    pub(super) rounds: u64,
    /// Records and cases that this round has passed.
    passed: u64,
    /// Those of the round before it.
    passed_before: u64,
    /// Cases that were looked at in all rounds.
    pub(super) verified_total: u64,
    /// Until when it was counted what is due.
    counted_ms: i64,
    /// What is due, in milliseconds of a round times its records and cases: one of these costs the length of a round.
    owed_ms: u64,
    /// What does not fit.
    pub(super) findings: Findings,
}

impl State {
    /// The state in `dir`, and whether it was begun now because there is none that can be read.
    pub(super) fn load(dir: &Dir<'_>, now: Millis) -> Result<(Self, bool), Failure> {
        let state = cache::load(dir, FILE, FILE_BYTES_MAX, "the scrub begins anew")?;
        Ok(match state {
            Some(state) => (state, false),
            None => (State::begun(now), true),
        })
    }

    /// The state of a first round that begins now.
    pub(super) fn begun(now: Millis) -> Self {
        State {
            began_ms: now.0,
            counted_ms: now.0,
            ..State::default()
        }
    }

    pub(super) fn save(&self, dir: &Dir<'_>) -> Result<(), Failure> {
        cache::save(dir, FILE, self)
    }

    /// Records and cases of a whole round: as in the last one, or more if there are more cases by now.
    pub(super) fn size(&self, cases: u64) -> u64 {
        self.passed_before.max(self.passed).max(cases)
    }

    /// How many records and cases are due at `now`.
    pub(super) fn due(&self, now: Millis, every: Duration, cases: u64) -> u64 {
        self.owed_at(now, every, cases) / millis(every)
    }

    /// How many of them are counted as due.
    pub(super) fn owed(&self, every: Duration) -> u64 {
        self.owed_ms / millis(every)
    }

    /// Counts what became due up to `now`.
    pub(super) fn count_until(&mut self, now: Millis, every: Duration, cases: u64) {
        self.owed_ms = self.owed_at(now, every, cases);
        self.counted_ms = now.0;
    }

    /// Never more than one round: what was missed in a long rest is looked at once.
    fn owed_at(&self, now: Millis, every: Duration, cases: u64) -> u64 {
        let size = self.size(cases);
        let since = elapsed_ms(Millis(self.counted_ms), now);
        let owed = self.owed_ms.saturating_add(since.saturating_mul(size));
        owed.min(size.saturating_mul(millis(every)))
    }

    /// The round has seen the next case.
    pub(super) fn pass_case(&mut self, every: Duration) {
        self.skip += 1;
        self.verified_total += 1;
        self.pass_one(every);
    }

    /// The round has seen a record and all of its cases.
    pub(super) fn pass_record(&mut self, after: WalkPosition, every: Duration) {
        (self.position, self.skip) = (after, 0);
        self.pass_one(every);
    }

    fn pass_one(&mut self, every: Duration) {
        self.passed += 1;
        self.owed_ms = self.owed_ms.saturating_sub(millis(every));
    }

    /// The round is at the ledger's end.
    pub(super) fn end_round(&mut self, now: Millis) {
        (self.position, self.skip) = (WalkPosition::default(), 0);
        self.before_ms = Some(self.began_ms);
        self.began_ms = now.0;
        (self.passed_before, self.passed) = (self.passed, 0);
        self.rounds += 1;
        self.findings.end_round();
    }

    /// How long ago that was looked at which comes next. In the first round nothing was, and it counts from its beginning.
    pub(super) fn oldest_unverified_ms(&self, now: Millis, cases: u64) -> u64 {
        let size = self.size(cases);
        if size == 0 {
            return 0;
        }
        let seen_ms = match self.before_ms {
            None => self.began_ms,
            Some(before) => {
                let round = elapsed_ms(Millis(before), Millis(self.began_ms));
                let part = u128::from(round) * u128::from(self.passed) / u128::from(size);
                before.saturating_add_unsigned(u64::try_from(part).unwrap_or(round))
            }
        };
        elapsed_ms(Millis(seen_ms), now)
    }
}

fn millis(every: Duration) -> u64 {
    u64::try_from(every.as_millis()).unwrap_or(u64::MAX).max(1)
}
