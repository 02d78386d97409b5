//! What the poller learns of the indexer besides its alerts: its clock, and how old its newest alert is.

use crate::answer::Page;
use crate::error::PollError;
use crate::observed::{Look, Observations};
use crate::poller::{Poller, millis};
use crate::query::{Range, TIME_MAX, TIME_MIN, newest};
use crate::skew::{self, AGREE, CROWD, Heard};
use host::Millis;

/// An observation of the clock, or of the newest alert, counts for so many milliseconds.
const FRESH: i64 = 60_000;

impl Poller<'_> {
    /// What the last answers told of the indexer. Sends no request.
    pub fn observations(&self) -> Observations {
        Observations {
            out_of_reach: self.state.known.out_of_reach,
            ..self.observed
        }
    }

    /// The time to poll by: see [`crate::skew`]. Sends a request if no answer is fresh.
    pub(crate) fn peer_now(&mut self) -> Result<Millis, PollError> {
        let heard = match self.fresh_answer() {
            Some(heard) => heard,
            None => {
                self.look()?;
                self.fresh_answer().unwrap_or(Heard {
                    before: self.host.now(),
                    after: self.host.now(),
                    date: None,
                })
            }
        };
        let ours = self.host.now();
        let skew = match heard.skew() {
            Some(skew) => self.believed(ours, skew)?,
            None => self.crowd_skew(ours)?,
        };
        self.observed.answered_at = Some(heard.after);
        Ok(Millis(ours.0.saturating_sub(skew)))
    }

    /// The last answer, unless our clock was set since, or long ago.
    fn fresh_answer(&self) -> Option<Heard> {
        let now = self.host.now();
        self.client
            .heard()
            .filter(|heard| is_fresh(heard.after, now))
    }

    /// The skew to poll by, where a date says `skew`.
    fn believed(&mut self, ours: Millis, skew: i64) -> Result<i64, PollError> {
        self.observed.skew_s = Some(skew.div_euclid(1_000));
        let known = self.state.known.skew;
        if !skew::is_familiar(skew, known) {
            let until = skew::witnessed_until(ours, skew);
            let newest = self.newest_before(until, 1)?;
            if !skew::is_believed(ours, skew, newest.first().copied()) {
                tracing::warn!(
                    skew,
                    "the indexer's date is not believed: no alert is near it"
                );
                return Ok(0);
            }
        }
        let is_near = |known: i64| known.abs_diff(skew) <= AGREE.unsigned_abs();
        self.is_changed |= !known.is_some_and(is_near);
        self.state.known.skew = Some(skew);
        Ok(skew)
    }

    /// The skew to poll by where no date says one.
    fn crowd_skew(&mut self, ours: Millis) -> Result<i64, PollError> {
        if self
            .look
            .as_ref()
            .is_none_or(|look| !is_fresh(look.at, ours))
        {
            self.look()?;
        }
        let look = self.look.as_ref();
        let shown = look.and_then(|look| skew::crowd_time(&look.newest));
        // The newest of them must be read, and what is younger than the lag is not.
        let shown = shown.map(|time| time.0.saturating_add(millis(self.config.lag) + 1));
        let ahead = shown.filter(|shown| ours.0.saturating_add(AGREE) < *shown);
        let skew = ahead.map(|shown| ours.0.saturating_sub(shown));
        self.observed.skew_s = skew.map(|skew| skew.div_euclid(1_000));
        Ok(skew.unwrap_or(0))
    }

    /// Asks for the newest alerts.
    fn look(&mut self) -> Result<(), PollError> {
        let newest = self.newest_before(TIME_MAX, CROWD)?;
        self.look = Some(Look {
            at: self.host.now(),
            newest,
        });
        Ok(())
    }

    /// Learns the time of the newest alert again, unless that is fresh. `now` is the time that is polled by.
    pub(crate) fn observe_newest(&mut self, now: Millis) -> Result<(), PollError> {
        let ours = self.host.now();
        let is_old = |look: &Look| !is_fresh(look.at, ours);
        let is_first = self.observed.newest_alert.is_none();
        if self.look.as_ref().is_none_or(is_old) {
            self.look()?;
        } else if !is_first {
            return Ok(());
        }
        let until = Millis(now.0.saturating_add(AGREE));
        let look = self.look.as_ref();
        let all = look.map(|look| look.newest.clone()).unwrap_or_default();
        let mut newest = all.iter().copied().find(|time| *time < until);
        if newest.is_none() && !all.is_empty() {
            newest = self.newest_before(until, 1)?.first().copied();
        }
        self.observed.newest_alert = newest.or(self.observed.newest_alert);
        Ok(())
    }

    /// Notes the time of an alert that was read. `now` is the time that is polled by.
    pub(crate) fn note_newest(&mut self, time: Millis, now: Millis) {
        if time.0 < now.0.saturating_add(AGREE) {
            let newest = &mut self.observed.newest_alert;
            *newest = (*newest).max(Some(time));
        }
    }

    /// The times of the newest alerts before `to`, at most `count`, latest first.
    fn newest_before(&mut self, to: Millis, count: usize) -> Result<Vec<Millis>, PollError> {
        let body = |size: usize| newest(&self.config, Range::new(TIME_MIN, to), count.min(size));
        let read = |page: Page<'_>, _| {
            let mut times: Vec<Millis> = page.hits.iter().map(|hit| hit.time).collect();
            // Whoever answers in another order than was asked for must not make the indexer look silent.
            times.sort_unstable_by_key(|time| std::cmp::Reverse(*time));
            times
        };
        let path = &self.path;
        self.client
            .search("look for the newest alert", path, body, read)
    }
}

fn is_fresh(at: Millis, now: Millis) -> bool {
    (0..=FRESH).contains(&now.0.saturating_sub(at.0))
}
