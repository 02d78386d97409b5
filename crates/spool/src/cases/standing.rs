//! Which of many alerts have a case.

use crate::cases::find::{LEVELS, numbers, undated_shelf};
use crate::cases::packs::{self, PACKED, PackName};
use crate::cases::staging::ALERT_FILE;
use crate::layout::{Context, PathBuffer, Spool, SpoolError, hour};
use alert::{AlertId, Hour};
use host::{Millis, Names};
use std::collections::{BTreeMap, BTreeSet};

/// Those of `wanted` that have a case. With each stands between which two times its alert happened, if that is known.
///
/// Costs a look for each alert and hour in which it may have happened, one for undated cases, and an open for each of those
/// hours and for each pack of theirs, however many alerts there are. An alert whose time is not known, or not to three days,
/// may have happened in any hour that has cases. A case whose alert names another hour than its source did is not found,
/// unless it is undated.
pub fn standing(
    spool: &Spool<'_>,
    wanted: &BTreeMap<AlertId, Option<(Millis, Millis)>>,
) -> Result<BTreeSet<AlertId>, SpoolError> {
    let mut search = Search {
        spool,
        names: Names::default(),
        found: BTreeSet::new(),
    };
    let (mut by_hour, mut anywhere) = (BTreeMap::<Hour, Vec<AlertId>>::new(), Vec::new());
    for (id, times) in wanted {
        match times.and_then(hours_between) {
            Some(hours) => hours.for_each(|hour| by_hour.entry(hour).or_default().push(*id)),
            None => anywhere.push(*id),
        }
    }
    if !anywhere.is_empty() {
        for hour in search.hours()? {
            by_hour.entry(hour).or_default().extend(&anywhere);
        }
    }
    for (hour, ids) in by_hour {
        search.look_in_hour(hour, &ids)?;
    }
    for id in wanted.keys() {
        search.look_on_shelf(&undated_shelf(*id), &[*id])?;
    }
    Ok(search.found)
}

/// The hours between two times, both included; `None` if that are more than three days.
fn hours_between((from, to): (Millis, Millis)) -> Option<impl Iterator<Item = Hour>> {
    const HOUR_MS: i64 = 3_600_000;
    let is_short = to.0.saturating_sub(from.0) <= 72 * HOUR_MS;
    let hours = from.0.div_euclid(HOUR_MS)..=to.0.div_euclid(HOUR_MS);
    is_short.then(|| hours.filter_map(|hour| Hour::of_millis(hour * HOUR_MS)))
}

struct Search<'a, 'h> {
    spool: &'a Spool<'h>,
    names: Names,
    found: BTreeSet<AlertId>,
}

impl Search<'_, '_> {
    /// Every hour that has cases.
    fn hours(&mut self) -> Result<BTreeSet<Hour>, SpoolError> {
        let mut hours = BTreeSet::new();
        for root in ["", PACKED] {
            self.hours_below(root, &mut [0; LEVELS], 0, &mut hours)?;
        }
        Ok(hours)
    }

    /// Adds the hours below `path`, whose names are the first `level` of `found`.
    fn hours_below(
        &mut self,
        path: &str,
        found: &mut [i16; LEVELS],
        level: usize,
        hours: &mut BTreeSet<Hour>,
    ) -> Result<(), SpoolError> {
        if level == LEVELS {
            let part = |at: usize| i8::try_from(found[at]).ok();
            if let (Some(month), Some(day), Some(hour)) = (part(1), part(2), part(3)) {
                let year = found[0];
                hours.insert(Hour {
                    year,
                    month,
                    day,
                    hour,
                });
            }
            return Ok(());
        }
        for number in numbers(self.spool, path, &mut self.names)? {
            if let Ok(value) = number.parse() {
                found[level] = value;
                let separator = if path.is_empty() { "" } else { "/" };
                let below = format!("{path}{separator}{number}");
                self.hours_below(&below, found, level + 1, hours)?;
            }
        }
        Ok(())
    }

    fn look_in_hour(&mut self, hour: Hour, ids: &[AlertId]) -> Result<(), SpoolError> {
        self.look_on_shelf(&hour::shelf_of(hour), ids)?;
        for number in packs::numbers(self.spool, hour, &mut self.names)? {
            let shelf = PackName { hour, number }.shelf();
            if let Some(index) = packs::read_index(self.spool, self.spool.cases.at(&shelf))? {
                let packed: BTreeSet<_> = index.entries.iter().map(|entry| entry.id()).collect();
                self.found
                    .extend(ids.iter().filter(|id| packed.contains(*id)));
            }
        }
        Ok(())
    }

    /// Looks for directories on a shelf: for each by its whole path, because the shelf itself may have been seen long ago.
    fn look_on_shelf(&mut self, shelf: &str, ids: &[AlertId]) -> Result<(), SpoolError> {
        let mut path = PathBuffer::default();
        for id in ids {
            // What a rename placed there has its judgement, too.
            let at = path.join(&[shelf.as_bytes(), &id.to_hex(), ALERT_FILE.as_bytes()]);
            if self.spool.cases.has(at).context("look at", at)? {
                self.found.insert(*id);
            }
        }
        Ok(())
    }
}
