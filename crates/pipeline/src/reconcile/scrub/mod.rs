//! The scrub: what is finished is looked at again, a little in every pass.
//!
//! It walks the ledger from its oldest record, because the ledger says what must stand: each record's chain is held against
//! that of the record before it, each case that it tells of must stand, and the bytes of the case must be those whose digest
//! the record has. At the ledger's end a round is over, and the next one begins.
//!
//! What is due in a pass follows from the time since the last one: all that there is in [`crate::ScrubSettings::every`]. So
//! a pass right after another has nothing to do, whatever there is, and one after a long rest does no more than a pass may.
//!
//! What does not fit stays a finding until the case is seen to fit, or until a whole round no longer meets it.

mod findings;
mod state;

use crate::failure::Failure;
use crate::scrubbed::{ScrubSettings, Scrubbed};
use host::{Dir, Millis};
use spool::audit::Verifier;
use spool::ledger::{NewCase, Record, Walk};
use spool::{Spool, SpoolError};
use state::State;
use std::time::Duration;

/// Less than this is left to a later pass, unless it is all there is: a look ends with a file that is written and synced.
const PORTION: u64 = 32;

/// What the scrub remembers from one pass to the next.
#[derive(Default)]
pub(super) struct Scrub {
    /// Loaded anew after a failure.
    state: Option<State>,
}

/// What the scrub takes in one pass.
pub(super) struct Parts<'a, 'h> {
    /// The queue.
    pub(super) spool: &'a Spool<'h>,
    /// Where the state is kept.
    pub(super) dir: &'a Dir<'h>,
    /// How far it goes.
    pub(super) settings: &'a ScrubSettings,
    /// The first millisecond of stamps that retention keeps.
    pub(super) before: u64,
    /// Cases that there are, as far as that is known.
    pub(super) cases: u64,
}

impl Scrub {
    /// Looks at what is due. What it found is in `gives` also if it fails afterwards.
    pub(super) fn run(
        &mut self,
        parts: &Parts<'_, '_>,
        gives: &mut Option<Scrubbed>,
    ) -> Result<(), Failure> {
        let Some(every) = parts.settings.every else {
            return Ok(());
        };
        let now = parts.spool.host().now();
        let (mut state, is_new) = match self.state.take() {
            Some(state) => (state, false),
            None => State::load(parts.dir, now)?,
        };
        let due = state.due(now, every, parts.cases);
        let is_worth_it = 0 < due && PORTION.min(state.size(parts.cases)) <= due;
        let mut seen = Seen::default();
        let mut walked = Ok(());
        if is_worth_it {
            state.count_until(now, every, parts.cases);
            walked = look(parts, &mut state, every, &mut seen);
        }
        *gives = Some(tell(&state, seen, parts, every));
        if is_worth_it || is_new {
            // Begun anew without it: what was found is told also if there is no space for it.
            state.save(parts.dir)?;
        }
        self.state = Some(state);
        walked
    }
}

/// What one pass has looked at.
#[derive(Clone, Copy, Default)]
struct Seen {
    records: u64,
    cases: u64,
}

/// Walks on, as far as is due and a pass may go, and to the end of the round at most.
fn look(
    parts: &Parts<'_, '_>,
    state: &mut State,
    every: Duration,
    seen: &mut Seen,
) -> Result<(), Failure> {
    let (spool, settings) = (parts.spool, parts.settings);
    let mut left = state.owed(every).min(settings.cases_max);
    let mut bytes_left = settings.bytes_max;
    let mut walk = Walk::take_up(spool, state.position.clone())?;
    let mut verifier = Verifier::default();
    while 0 < left && 0 < bytes_left {
        let step = match walk.step() {
            Ok(Some(step)) => step,
            Ok(None) => {
                state.end_round(spool.host().now());
                break;
            }
            Err(error @ SpoolError::BrokenLedger { .. }) => {
                state.findings.note_ledger(&error);
                walk.pass_by();
                continue;
            }
            Err(error) => return Err(error.into()),
        };
        bytes_left = bytes_left.saturating_sub(step.bytes);
        let mut rest = cases_of(&step.record, parts.before).skip(state.skip);
        while 0 < left && 0 < bytes_left {
            let Some(case) = rest.next() else {
                state.pass_record(step.after, every);
                seen.records += 1;
                left -= 1;
                break;
            };
            let found = verifier.verify(spool, &case)?;
            bytes_left = bytes_left.saturating_sub(found.bytes);
            state.findings.note(&case, &found);
            state.pass_case(every);
            left -= 1;
            seen.cases += 1;
        }
    }
    Ok(())
}

/// The cases that must stand, says a record: not those that retention has removed, or is removing.
fn cases_of(record: &Record, before: u64) -> impl Iterator<Item = NewCase<'_>> {
    let cases = record.new_cases();
    cases.filter(move |case| before <= case.entry.stamp().millis)
}

fn tell(state: &State, seen: Seen, parts: &Parts<'_, '_>, every: Duration) -> Scrubbed {
    let now = parts.spool.host().now();
    Scrubbed {
        verified: seen.cases,
        looked_at: seen.records + seen.cases,
        verified_total: state.verified_total,
        round_began: Millis(state.began_ms),
        rounds: state.rounds,
        oldest_unverified_ms: state.oldest_unverified_ms(now, parts.cases),
        due: state.owed(every),
        findings: state.findings.count(),
        named: state.findings.named(),
        every,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const WEEK: Duration = Duration::from_secs(7 * 24 * 3_600);

    #[test]
    fn a_pass_a_minute_keeps_up_with_a_million_cases_a_week_and_one_right_after_has_nothing_to_do()
    {
        let cases = 1_000_000;
        let mut state = State::begun(Millis(0));
        let due = state.due(Millis(60_000), WEEK, cases);
        assert!((99..=210).contains(&due), "{due}");
        assert!(due < ScrubSettings::default().cases_max);
        state.count_until(Millis(60_000), WEEK, cases);
        for _ in 0..due {
            state.pass_case(WEEK);
        }
        assert_eq!(state.due(Millis(60_001), WEEK, cases), 0);
    }

    #[test]
    fn no_more_is_due_than_there_is_however_long_nobody_looked() {
        let state = State::begun(Millis(0));
        assert_eq!(state.due(Millis(i64::MAX), WEEK, 50), state.size(50));
        // A clock that was set back makes nothing due.
        assert_eq!(State::begun(Millis(500)).due(Millis(7), WEEK, 50), 0);
    }

    #[test]
    fn the_oldest_part_is_as_old_as_the_round_before_until_the_round_passes_it() {
        let mut state = State::begun(Millis(0));
        assert_eq!(state.oldest_unverified_ms(Millis(900), 10), 900);
        assert_eq!(state.oldest_unverified_ms(Millis(900), 0), 0);
        for _ in 0..10 {
            state.pass_case(WEEK);
        }
        state.end_round(Millis(1_000));
        assert_eq!(state.oldest_unverified_ms(Millis(1_000), 10), 1_000);
        for _ in 0..5 {
            state.pass_case(WEEK);
        }
        // Half of the round is done: what comes next was seen in the middle of the one before.
        assert_eq!(state.oldest_unverified_ms(Millis(1_500), 10), 1_000);
    }
}
