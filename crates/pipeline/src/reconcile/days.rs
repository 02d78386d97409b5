//! How the entries of each day ended: what retention must know before it removes a day, in a size that does not grow with the
//! number of alerts.

use serde::{Deserialize, Serialize};
use spool::ledger::{Pruned, Tally};
use spool::{EntryName, Stamp};
use std::collections::BTreeMap;

/// The milliseconds of a day.
pub(super) const DAY_MS: u64 = 24 * 3_600_000;
/// So many days are kept one by one.
const SINGLE_DAYS: u64 = 400;
/// Those before them are joined, so many at a time.
const JOINED_DAYS: u64 = 30;
/// Days are joined once there are so many more than are kept one by one.
const SLACK: usize = 30;
/// No more rows are kept: beyond that the oldest two are one.
const ROWS_MAX: usize = 1_000;

/// One number of a row.
#[derive(Clone, Copy)]
pub(super) enum Column {
    Published,
    /// The position of the disposition in [`alert::Disposition::ALL`].
    Cased(usize),
    Duplicates,
    Quarantined,
    Vanished,
}

/// Counts by the day of an entry's stamp, in days since 1970, and what retention says of the days that are no more.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Days {
    pruned: Pruned,
    /// By the last day that a row counts; it begins after the row before it.
    rows: BTreeMap<u64, Row>,
    /// By the day on which entries ended, the smallest millisecond of their stamps.
    ended: BTreeMap<u64, u64>,
}

/// As a list, because there may be hundreds of them: published, four dispositions, duplicates, quarantined, vanished.
type Row = [u64; 8];

fn tally(row: &Row) -> Tally {
    let [published, a, b, c, d, duplicates, quarantined, vanished] = *row;
    Tally {
        published,
        cased: [a, b, c, d],
        duplicates,
        quarantined,
        vanished,
    }
}

impl Days {
    /// Whether the entry counts by what retention says alone.
    pub(super) fn is_pruned(&self, entry: EntryName) -> bool {
        self.pruned.covers(entry)
    }

    /// What retention said last.
    pub(super) fn pruned(&self) -> &Pruned {
        &self.pruned
    }

    /// Takes over what retention said.
    pub(super) fn prune(&mut self, pruned: &Pruned) {
        self.pruned = pruned.clone();
        let first = pruned.before / DAY_MS;
        self.rows = self.rows.split_off(&first);
    }

    /// Counts an entry.
    pub(super) fn count(&mut self, stamp: Stamp, column: Column) {
        let day = stamp.millis / DAY_MS;
        // A day that was joined with others is counted with them.
        let joined = self.rows.range_mut(day..).next();
        let row = match joined {
            Some((last, row)) if *last == day || is_joined(*last, day) => row,
            _ => self.rows.entry(day).or_default(),
        };
        row[match column {
            Column::Published => 0,
            Column::Cased(disposition) => 1 + disposition,
            Column::Duplicates => 5,
            Column::Quarantined => 6,
            Column::Vanished => 7,
        }] += 1;
        // Bounded, whatever the age of the ledger (contract S20).
        join(&mut self.rows, |sum, row| {
            for (sum, count) in sum.iter_mut().zip(row) {
                *sum += count;
            }
        });
    }

    /// Notes that an entry ended at `at`, in milliseconds since 1970. An end without a time, from before records had one, is
    /// taken to be as old as the entry.
    pub(super) fn end(&mut self, stamp: Stamp, at: i64) {
        let at = u64::try_from(at).unwrap_or(0);
        let day = at.max(stamp.millis) / DAY_MS;
        let least = self.ended.entry(day).or_insert(stamp.millis);
        *least = stamp.millis.min(*least);
        join(&mut self.ended, |least, other| *least = other.min(*least));
    }

    /// Everything that was ever counted.
    pub(super) fn total(&self) -> Tally {
        let mut total = self.pruned.gone;
        self.rows.values().for_each(|row| total.add(&tally(row)));
        total
    }

    /// From which millisecond on things are to be kept so that what ended after `limit` stays, and everything from `open` on,
    /// which is the first millisecond of an entry without an end; and the counts of all that is before it. `None` if nothing
    /// is to go that was not announced.
    pub(super) fn cut(&self, limit: u64, open: Option<u64>) -> Option<(u64, Tally)> {
        let recent = self.ended.range(limit / DAY_MS..).map(|(_, least)| *least);
        let until = recent.chain(open).chain([limit]).min()?;
        let whole = self.rows.range(..until / DAY_MS);
        let mut gone = self.pruned.gone;
        let mut last = None;
        for (day, row) in whole {
            gone.add(&tally(row));
            last = Some(*day);
        }
        Some(((last? + 1) * DAY_MS, gone))
    }
}

/// The last day of the joined days that this day belongs to.
fn last_joined(day: u64) -> u64 {
    day - day % JOINED_DAYS + JOINED_DAYS - 1
}

/// Whether a row that ends with `last` counts `day`, because it is one of several that were joined.
fn is_joined(last: u64, day: u64) -> bool {
    last_joined(day) == last
}

/// Joins the rows of days long ago.
fn join<T: Copy>(rows: &mut BTreeMap<u64, T>, add: impl Fn(&mut T, T)) {
    let Some(newest) = rows.keys().next_back().copied() else {
        return;
    };
    let single_from = newest.saturating_sub(SINGLE_DAYS);
    let old: Vec<u64> = match rows.len() < SINGLE_DAYS as usize + SLACK {
        true => return,
        false => rows.range(..single_from).map(|(day, _)| *day).collect(),
    };
    for day in old {
        let last = last_joined(day);
        // Days that are still kept one by one are not joined with older ones.
        if day == last || single_from <= last {
            continue;
        }
        let Some(row) = rows.remove(&day) else {
            continue;
        };
        match rows.get_mut(&last) {
            Some(sum) => add(sum, row),
            None => drop(rows.insert(last, row)),
        }
    }
    while ROWS_MAX < rows.len() {
        let Some((_, oldest)) = rows.pop_first() else {
            return;
        };
        if let Some(mut next) = rows.first_entry() {
            add(next.get_mut(), oldest);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(day: u64) -> Stamp {
        Stamp {
            millis: day * DAY_MS + 7,
            sequence: 0,
        }
    }

    fn published(days: std::ops::Range<u64>) -> Days {
        let mut found = Days::default();
        for day in days {
            found.count(at(day), Column::Published);
            found.count(at(day), Column::Cased(2));
            found.end(at(day), (day * DAY_MS) as i64);
        }
        found
    }

    #[test]
    fn whole_days_go_and_nothing_that_waits_or_that_ended_not_long_ago() {
        let mut days = published(100..110);
        let limit = 105 * DAY_MS + 99;
        let cut = |days: &Days, open| {
            days.cut(limit, open)
                .map(|(until, gone)| (until, gone.published))
        };
        assert_eq!(cut(&days, None), Some((105 * DAY_MS, 5)));
        assert_eq!(cut(&days, Some(103 * DAY_MS)), Some((103 * DAY_MS, 3)));
        assert_eq!(cut(&days, Some(100 * DAY_MS)), None);
        // It waited for days, and became a case after the limit.
        days.end(at(102), (108 * DAY_MS) as i64);
        assert_eq!(cut(&days, None), Some((102 * DAY_MS, 2)));
    }

    #[test]
    fn what_is_announced_counts_as_it_did() {
        let mut days = published(100..110);
        let total = days.total();
        let (before, gone) = days.cut(104 * DAY_MS, None).expect("four days are older");
        days.prune(&Pruned {
            before,
            gone,
            ..Pruned::default()
        });
        assert_eq!((days.total(), gone.published), (total, 4));
        assert_eq!(days.cut(104 * DAY_MS, None), None, "it was announced");
        let more = days.cut(106 * DAY_MS, None).expect("two more are older");
        assert_eq!((more.0, more.1.published), (106 * DAY_MS, 6));
    }

    #[test]
    fn rows_are_bounded_over_decades_and_count_what_they_counted() {
        let days = published(20_000..40_000);
        assert_eq!(days.total().published, 20_000);
        let rows = days.rows.len().max(days.ended.len());
        assert!(rows <= ROWS_MAX, "{rows}");
        let (before, gone) = days
            .cut(39_000 * DAY_MS, None)
            .expect("most of it is older");
        let until = before / DAY_MS;
        assert!((38_970..=39_000).contains(&until), "{until}");
        assert_eq!(gone.published, until - 20_000);
    }
}
