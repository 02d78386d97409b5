//! What else runs full besides the filesystem: the names of one directory, and the time between two passes. Each has a limit
//! that is far away on the first day, and stops everything on the day that it is met; so it is told of before.
//!
//! What is near its limit is counted where `space` notes what is left, once an hour: from the last heartbeat, by the
//! links of a directory, which are its subdirectories and two more, and by one listing of `ledger/`, which has a name for each
//! writer. Nothing that grows with the history is listed (contract S20).

use crate::config::Config;
use crate::words;
use host::{Dir, Millis, Names};
use pipeline::heartbeat::{Heartbeat, QueueState};
use spool::Spool;
use std::collections::BTreeMap;

/// How full each thing is, by its name.
pub(crate) type Levels = BTreeMap<String, u64>;

/// What limits a thing.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Bound {
    /// Names of a directory.
    Names,
    /// Directories in a directory.
    Subdirs,
    /// Names in `ledger/`, where each pass lists them.
    LedgerNames,
    /// Thousandths of the time between the starts of passes.
    Busy,
}

/// A thing that may run full.
struct Wall {
    /// Its key in [`Levels`].
    name: &'static str,
    bound: Bound,
    /// What helps.
    remedy: &'static str,
}

/// The fullest hour of cases of the last day.
const HOUR_OF_CASES: &str = "the fullest hour of cases/";
/// The hours in which it is looked for: alerts are filed by their own time, and most are new.
const HOURS: i64 = 24;
const HOUR_MS: i64 = 3_600_000;
/// A rate takes so long to be one: a day.
pub(crate) const RATE_MS: u64 = 24 * HOUR_MS.unsigned_abs();
/// What passes take of the time.
const PASSES: &str = "passes";

const WALLS: [Wall; 8] = [
    Wall {
        name: "inbox/",
        bound: Bound::Names,
        remedy: "name what is to be taken *.json, and remove what is not",
    },
    Wall {
        name: "quarantine/",
        bound: Bound::Names,
        remedy: "look at the reasons beside the files; `retention.cases_older_than` removes old ones",
    },
    Wall {
        name: "ledger/",
        bound: Bound::LedgerNames,
        remedy: "it has a name for each writer, and segments that were not sealed: `foundry ledger verify` names them",
    },
    Wall {
        name: "ledger/sealed/",
        bound: Bound::Subdirs,
        remedy: "set `retention.cases_older_than`, or call `foundry prune`: segments go with the cases that they tell of",
    },
    Wall {
        name: "pending/",
        bound: Bound::Subdirs,
        remedy: "lower queue.cap, or raise queue.bucket_max",
    },
    Wall {
        name: "overflow/",
        bound: Bound::Subdirs,
        remedy: "raise queue.cap, so that buckets are larger, and run.workers, so that it drains",
    },
    Wall {
        name: HOUR_OF_CASES,
        bound: Bound::Subdirs,
        remedy: "pack the cases of dispositions that nobody opens (cases.packed)",
    },
    Wall {
        name: PASSES,
        bound: Bound::Busy,
        remedy: "start passes less often, raise run.workers, or pack cases (cases.packed); `foundry status` names the stage that is slow",
    },
];

/// The limits of a configuration.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[cfg_attr(test, derive(Default))]
pub(crate) struct Limits {
    names: u64,
    subdirs: u64,
    ledger_names: u64,
    percent_max: u64,
    last_min_ms: Option<u64>,
}

impl Limits {
    /// Those of this configuration.
    pub(crate) fn new(config: &Config) -> Self {
        let home = &config.values.home;
        Limits {
            names: home.names_max.value.into(),
            subdirs: home.subdirs_max.value.into(),
            ledger_names: home.ledger_names_max.value.into(),
            percent_max: home.full_percent_max.value.into(),
            last_min_ms: home.lasts_min.value.ms(),
        }
    }

    fn of(&self, bound: Bound) -> u64 {
        match bound {
            Bound::Names => self.names,
            Bound::Subdirs => self.subdirs,
            Bound::LedgerNames => self.ledger_names,
            Bound::Busy => 1_000,
        }
    }

    /// What there is to complain of in `now`, if it was `then` so many milliseconds before.
    pub(crate) fn reasons(&self, now: &Levels, then: &Levels, over_ms: u64) -> Vec<String> {
        let told = WALLS.iter().filter_map(|wall| {
            let level = *now.get(wall.name)?;
            self.reason(wall, level, then.get(wall.name).copied(), over_ms)
        });
        told.collect()
    }

    fn reason(&self, wall: &Wall, now: u64, then: Option<u64>, over_ms: u64) -> Option<String> {
        let limit = self.of(wall.bound);
        let percent = now.saturating_mul(100) / limit.max(1);
        let reached_ms = then.and_then(|then| reached(then, now, limit, over_ms));
        let is_full = self.percent_max <= percent;
        let is_soon = reached_ms
            .zip(self.last_min_ms)
            .is_some_and(|(reached, least)| reached < least);
        if !is_full && !is_soon {
            return None;
        }
        let rate = match reached_ms {
            Some(reached) => format!(
                ", all of it in {} at the rate of the last {}",
                words::duration(reached),
                words::duration(over_ms)
            ),
            None => String::new(),
        };
        let (name, remedy) = (wall.name, wall.remedy);
        let (now, limit) = (words::count(now), words::count(limit));
        let what = match wall.bound {
            Bound::Names => format!("{name} has {now} names of {limit} (home.names_max)"),
            Bound::Subdirs => format!("{name} has {now} directories of {limit} (home.subdirs_max)"),
            Bound::LedgerNames => {
                format!("{name} has {now} names of {limit} (home.ledger_names_max)")
            }
            Bound::Busy => format!("{name} take {percent} % of the time between their starts"),
        };
        Some(format!(
            "{what}{rate} (home.full_percent_max, home.lasts_min): {remedy}"
        ))
    }
}

/// In how many milliseconds `now` is at `limit`, if it was `then` so many milliseconds before; `None` if it does not grow, is there
/// already, or too little time has passed to tell.
fn reached(then: u64, now: u64, limit: u64, over_ms: u64) -> Option<u64> {
    let grown = now.checked_sub(then).filter(|grown| 0 < *grown)?;
    let left = limit.checked_sub(now).filter(|left| 0 < *left)?;
    if over_ms < RATE_MS {
        return None;
    }
    let reached = u128::from(left) * u128::from(over_ms) / u128::from(grown);
    Some(u64::try_from(reached).unwrap_or(u64::MAX))
}

/// Counts how full everything is. What cannot be looked at is left out: other means tell of that.
pub(crate) fn count(spool: &Spool<'_>, now: Millis) -> Levels {
    let mut levels = Levels::new();
    let mut note = |name: &str, level: Option<u64>| {
        levels.extend(level.map(|level| (name.to_owned(), level)));
    };
    if let Ok(Some(last)) = Heartbeat::load(spool) {
        let inbox = last.inbox.as_ref();
        note(
            "inbox/",
            inbox.map(|inbox| inbox.waiting + inbox.hidden + inbox.ignored),
        );
        // Each file with its reason. Somebody may have moved some away: then this is too much.
        let removed = last.retention.map_or(0, |retention| retention.quarantined);
        let kept = |queue: QueueState| 2 * queue.quarantined.saturating_sub(removed);
        note("quarantine/", last.queue.map(kept));
        let paced = last.pace.and_then(|pace| pace.last);
        note(PASSES, paced.map(|paced| paced.busy_permille()));
    }
    note("ledger/", names(spool, "ledger").ok());
    for name in ["ledger/sealed/", "pending/", "overflow/"] {
        note(name, subdirs(spool, name.trim_end_matches('/')));
    }
    let hours = (0..HOURS).filter_map(|ago| {
        let at = words::timestamp(Millis(now.0.saturating_sub(ago * HOUR_MS)));
        subdirs(spool, &format!("cases/{}", at.strftime("%Y/%m/%d/%H")))
    });
    note(HOUR_OF_CASES, hours.max());
    levels
}

/// How many directories are in this one, by its links; `None` if there is none, or its filesystem does not count so.
fn subdirs(spool: &Spool<'_>, path: &str) -> Option<u64> {
    let meta = spool.host().stat(spool.root().at(path)).ok()?;
    meta.links.checked_sub(2).map(u64::from)
}

fn names(spool: &Spool<'_>, path: &str) -> host::Result<u64> {
    let dir = Dir::open(spool.host(), spool.root().at(path))?;
    let (mut names, mut count) = (Names::default(), 0);
    while dir.read(&mut names)? {
        count += names.iter().count() as u64;
    }
    Ok(count)
}

#[cfg(test)]
mod tests {
    use super::*;

    const DAY_MS: u64 = 24 * 3_600_000;
    const LIMITS: Limits = Limits {
        names: 1_000,
        subdirs: 500,
        ledger_names: 50,
        percent_max: 80,
        last_min_ms: Some(14 * DAY_MS),
    };

    fn levels(name: &str, level: u64) -> Levels {
        Levels::from([(name.to_owned(), level)])
    }

    #[track_caller]
    fn check(name: &str, then: u64, now: u64, days: u64, parts: &[&str]) {
        let reasons = LIMITS.reasons(&levels(name, now), &levels(name, then), days * DAY_MS);
        assert_eq!(reasons.len(), usize::from(!parts.is_empty()), "{reasons:?}");
        for part in parts {
            assert!(reasons[0].contains(part), "no {part:?} in {}", reasons[0]);
        }
    }

    #[test]
    fn what_is_nearly_full_or_will_be_soon_is_told_with_number_limit_and_remedy() {
        check("quarantine/", 799, 799, 7, &[]);
        let full = [
            "quarantine/ has 800 names of 1,000 (home.names_max)",
            "reasons",
        ];
        check("quarantine/", 800, 800, 7, &full);
        // 350 in a week: the other 300 in six days.
        let soon = [
            "700 names of 1,000",
            "all of it in 6 days at the rate of the last 7 days",
        ];
        check("quarantine/", 350, 700, 7, &soon);
        check("quarantine/", 600, 700, 7, &[]);
        // A day's burst is no rate before the day is over.
        check("quarantine/", 0, 700, 0, &[]);
        check(
            HOUR_OF_CASES,
            0,
            400,
            0,
            &["400 directories of 500", "cases.packed"],
        );
        check(
            "ledger/",
            0,
            40,
            0,
            &["ledger/ has 40 names of 50 (home.ledger_names_max)"],
        );
        check(PASSES, 0, 799, 0, &[]);
        check(
            PASSES,
            0,
            801,
            0,
            &["passes take 80 % of the time", "run.workers"],
        );
        // From half to six tenths of the time in five days: all of it in twenty.
        check(PASSES, 500, 600, 5, &[]);
        check(PASSES, 400, 600, 5, &["take 60 %", "all of it in 10 days"]);
        check(PASSES, 600, 1_200, 5, &["take 120 %"]);
    }

    #[test]
    fn what_was_never_counted_is_not_told_of() {
        assert!(
            LIMITS
                .reasons(&Levels::new(), &Levels::new(), DAY_MS)
                .is_empty()
        );
        let grown = LIMITS.reasons(&levels("inbox/", 700), &Levels::new(), DAY_MS);
        assert!(grown.is_empty(), "{grown:?}");
    }
}
