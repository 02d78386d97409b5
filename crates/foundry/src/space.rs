//! How much of the filesystem is left, and for how long at the present rate: a home that runs full should say so before.
//!
//! Each pass notes at most once an hour what is left, in `state/space.json`, and keeps a week of it. Bytes and names (inodes) end
//! apart from each other: a queue of files mostly runs out of names first. Beside them it notes what else may run full
//! ([`crate::walls`]).

use crate::config::Config;
use crate::machine::Machine;
use crate::walls::{self, Levels, Limits, RATE_MS};
use crate::words;
use host::{Host, Millis};
use os::Space;
use serde::{Deserialize, Serialize};
use spool::Spool;
use std::cell::Cell;
use std::path::PathBuf;

const HOUR_MS: i64 = 3_600_000;
/// A week of hours.
const SAMPLES_MAX: usize = 7 * 24;
const FILE: &str = "state/space.json";
const FILE_BYTES_MAX: usize = 1 << 20;

/// What was left at a time.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
struct Sample {
    at_ms: i64,
    bytes_free: u64,
    inodes_free: u64,
    /// How full everything else was; none in the samples of earlier versions.
    #[serde(default, skip_serializing_if = "Levels::is_empty")]
    levels: Levels,
}

/// Looks at what is left for a home.
#[derive(Clone, Debug)]
pub(crate) struct SpaceWatch {
    home: PathBuf,
    percent_min: u32,
    last_min_ms: Option<u64>,
    walls: Limits,
}

impl SpaceWatch {
    /// Looks for the home of this configuration, with its limits.
    pub(crate) fn new(config: &Config) -> Self {
        let keys = &config.values.home;
        SpaceWatch {
            home: config.home().to_owned(),
            percent_min: keys.free_percent_min.value,
            last_min_ms: keys.lasts_min.value.ms(),
            walls: Limits::new(config),
        }
    }

    /// What there is to complain of. The filesystem is asked now; the rest is what was noted last.
    pub(crate) fn reasons(&self, machine: &Machine) -> Vec<String> {
        let text = machine.read(&self.home.join(FILE), FILE_BYTES_MAX);
        let samples = text
            .ok()
            .and_then(|bytes| serde_json::from_slice(&bytes).ok());
        let samples: Vec<Sample> = samples.unwrap_or_default();
        let now = machine.host().now();
        let mut reasons = match os::space(&self.home) {
            Ok(space) => self.of(space, &samples, now),
            // There are filesystems that tell nothing.
            Err(_) => Vec::new(),
        };
        reasons.extend(self.of_levels(&samples));
        reasons
    }

    /// What there is to complain of in the newest sample, by the rate since the oldest one that has it too.
    fn of_levels(&self, samples: &[Sample]) -> Vec<String> {
        let told = samples.iter().filter(|sample| !sample.levels.is_empty());
        let newest = told.clone().max_by_key(|sample| sample.at_ms);
        let oldest = told.min_by_key(|sample| sample.at_ms);
        let Some((newest, oldest)) = newest.zip(oldest) else {
            return Vec::new();
        };
        let over = newest.at_ms.saturating_sub(oldest.at_ms);
        self.walls
            .reasons(&newest.levels, &oldest.levels, over.unsigned_abs())
    }

    fn of(&self, space: Space, samples: &[Sample], now: Millis) -> Vec<String> {
        let oldest = samples.iter().min_by_key(|sample| sample.at_ms);
        let mut reasons = Vec::new();
        for (what, free, all, then) in [
            (
                "bytes",
                space.bytes_free,
                space.bytes,
                oldest.map(|one| one.bytes_free),
            ),
            (
                "inodes",
                space.inodes_free,
                space.inodes,
                oldest.map(|one| one.inodes_free),
            ),
        ] {
            // Some filesystems make inodes as they are needed, and say 0.
            if all == 0 {
                continue;
            }
            let percent = free.saturating_mul(100) / all;
            let over = oldest.map_or(0, |one| now.0.saturating_sub(one.at_ms));
            let lasts_ms = then.and_then(|then| lasts(then, free, over));
            let is_low = percent < u64::from(self.percent_min);
            let is_short = lasts_ms
                .zip(self.last_min_ms)
                .is_some_and(|(lasts, least)| lasts < least);
            if !is_low && !is_short {
                continue;
            }
            let rate = match lasts_ms {
                Some(lasts) => format!(
                    ", which last {} at the rate of the last {}",
                    words::duration(lasts),
                    words::duration(over.unsigned_abs())
                ),
                None => String::new(),
            };
            reasons.push(format!(
                "{percent} % of the filesystem's {what} are left for the home{rate} (home.free_percent_min, home.lasts_min): make \
                 room, or move the home to a larger filesystem"
            ));
        }
        reasons
    }
}

/// For how many milliseconds `free` lasts, if it was `then` so many milliseconds ago; `None` if it does not get less, or too little
/// time has passed to tell.
fn lasts(then: u64, free: u64, over_ms: i64) -> Option<u64> {
    let used = then.checked_sub(free).filter(|used| 0 < *used)?;
    let over = u64::try_from(over_ms)
        .ok()
        .filter(|over| RATE_MS <= *over)?;
    let lasts = u128::from(free) * u128::from(over) / u128::from(used);
    Some(u64::try_from(lasts).unwrap_or(u64::MAX))
}

/// Notes what is left, once an hour.
#[derive(Debug, Default)]
pub(crate) struct SpaceNotes {
    /// When the file had a sample of the hour, in milliseconds since 1970; `None` before it was read.
    noted_ms: Cell<Option<i64>>,
}

impl SpaceNotes {
    /// Notes what is left after a pass, unless that was done within the hour. A home without room for it is told of by other
    /// means.
    pub(crate) fn note(&self, spool: &Spool<'_>, config: &Config) {
        let now = spool.host().now();
        if self.noted_ms.get().is_some_and(|at| is_fresh(at, now)) {
            return;
        }
        let Ok(space) = os::space(config.home()) else {
            return;
        };
        let read = spool.root().read_file(FILE, FILE_BYTES_MAX);
        let text = read.ok().flatten().unwrap_or_default();
        let mut samples: Vec<Sample> = serde_json::from_slice(&text).unwrap_or_default();
        if add(&mut samples, space, now, || walls::count(spool, now)) {
            let bytes = serde_json::to_vec(&samples).expect("numbers");
            if let Err(error) = spool.root().replace(FILE, &bytes) {
                tracing::warn!(%error, "what is left of the filesystem cannot be noted");
                return;
            }
        }
        self.noted_ms.set(samples.last().map(|sample| sample.at_ms));
    }
}

/// Whether a sample of that time is of the hour before `now`. One of a time to come is not: the clock was set back.
fn is_fresh(at_ms: i64, now: Millis) -> bool {
    (0..HOUR_MS).contains(&now.0.saturating_sub(at_ms))
}

/// Adds a sample, unless there is one of this hour; forgets the oldest that are too many, and those of a time to come.
fn add(
    samples: &mut Vec<Sample>,
    space: Space,
    now: Millis,
    levels: impl FnOnce() -> Levels,
) -> bool {
    samples.retain(|sample| sample.at_ms <= now.0);
    if samples.last().is_some_and(|last| is_fresh(last.at_ms, now)) {
        return false;
    }
    samples.push(Sample {
        at_ms: now.0,
        bytes_free: space.bytes_free,
        inodes_free: space.inodes_free,
        levels: levels(),
    });
    let excess = samples.len().saturating_sub(SAMPLES_MAX);
    samples.drain(..excess);
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    const DAY_MS: i64 = 24 * HOUR_MS;
    const NOW: Millis = Millis(1_775_044_800_000);
    const ALL: Space = Space {
        bytes: 1_000_000,
        bytes_free: 500_000,
        inodes: 1_000,
        inodes_free: 500,
    };

    fn sample(days_ago: i64, bytes_free: u64, inodes_free: u64) -> Sample {
        Sample {
            at_ms: NOW.0 - days_ago * DAY_MS,
            bytes_free,
            inodes_free,
            ..Sample::default()
        }
    }

    #[track_caller]
    fn check(space: Space, samples: &[Sample], parts: &[&str]) {
        let watch = SpaceWatch {
            home: PathBuf::new(),
            percent_min: 5,
            last_min_ms: Some(14 * DAY_MS.unsigned_abs()),
            walls: Limits::default(),
        };
        let reasons = watch.of(space, samples, NOW);
        assert_eq!(reasons.len(), parts.len(), "{reasons:?}");
        for (reason, part) in reasons.iter().zip(parts) {
            assert!(reason.contains(part), "no {part:?} in {reason}");
        }
    }

    #[test]
    fn what_is_nearly_gone_or_goes_soon_is_told_bytes_and_inodes_apart() {
        check(ALL, &[], &[]);
        let few = Space {
            inodes_free: 49,
            ..ALL
        };
        check(few, &[], &["4 % of the filesystem's inodes are left"]);
        // 250,000 bytes in five days: ten days are left.
        let faster = [sample(5, 750_000, 500), sample(1, 500_000, 500)];
        check(
            ALL,
            &faster,
            &["50 % of the filesystem's bytes are left for the home, which last 10 d"],
        );
        let slower = [sample(5, 600_000, 500)];
        check(ALL, &slower, &[]);
        // An hour's backlog is no rate, and what grows does not end.
        let hour = Sample {
            at_ms: NOW.0 - HOUR_MS,
            ..sample(0, 900_000, 900)
        };
        check(ALL, &[hour], &[]);
        check(ALL, &[sample(5, 100, 1)], &[]);
        // Without a number of inodes nothing is said of them.
        let none = Space {
            inodes: 0,
            inodes_free: 0,
            ..ALL
        };
        check(none, &[], &[]);
    }

    #[test]
    fn an_hour_has_one_sample_and_a_week_is_kept() {
        let mut samples = Vec::new();
        let at = |minutes: i64| Millis(NOW.0 + minutes * 60_000);
        assert!(add(&mut samples, ALL, at(0), Levels::new));
        assert!(!add(&mut samples, ALL, at(59), Levels::new));
        for hour in 1..400 {
            assert!(add(&mut samples, ALL, at(60 * hour), Levels::new));
        }
        assert_eq!(samples.len(), SAMPLES_MAX);
        // The clock was set back by a hundred hours.
        assert!(!add(&mut samples, ALL, at(60 * 299 + 59), Levels::new));
        assert_eq!(samples.len(), SAMPLES_MAX - 100);
    }
}
