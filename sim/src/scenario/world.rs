//! The world before anybody acts in it: clock, machine, costs, and the queue at the start.

use super::checks::Checks;
use super::units::{Day, Nanos, Share, When};
use alert::Disposition;
use serde::{Deserialize, Serialize};
use toml::Spanned;

/// Milliseconds in a day.
const DAY_MS: i64 = 24 * 3_600 * 1_000;

/// When the scenario happens, and for how long.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Clock {
    /// The wall clock at the start, in milliseconds since 1970.
    pub t0_ms: i64,
    /// How long the scenario runs at most, in nanoseconds of virtual time.
    pub run_ns: u64,
    /// When faults stop and the liveness phase begins, in nanoseconds after t0. `None`: once every actor has stopped.
    pub faults_stop_ns: Option<u64>,
    /// How the run ends.
    #[serde(default, skip_serializing_if = "Ends::is_default")]
    pub ends: Ends,
}

/// How a run of the production queue ends.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Ends {
    /// Once every alert is where alerts end, and a fresh one went through.
    #[default]
    Drained,
    /// Soon after faults have stopped, by a count of every alert, wherever it is then.
    Counted,
}

impl Ends {
    fn is_default(&self) -> bool {
        *self == Ends::default()
    }
}

/// How a directory is listed while it changes. The simulated machine explains each.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum DirectoryProfile {
    /// By hash, in chunks: a name renamed inside the directory is missed or doubled now and then.
    #[default]
    Ext4,
    /// Newest first, in chunks: a renamed name is missed half the time, never doubled.
    Tmpfs,
    /// The whole list stands once the first chunk is read.
    Snapshot,
    /// Whatever POSIX allows, chosen against the reader.
    Adversarial,
}

/// What calls cost in virtual time, before the overrides of [`Costs`].
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum LatencyProfile {
    /// A Linux machine with ext4 on a solid-state disk.
    #[default]
    LinuxExt4,
    /// Memory.
    Tmpfs,
    /// The incident's machine: 8.74 ms a stat, 8.7 us a listed name.
    IncidentWindows,
}

/// What an open handle means for others.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Sharing {
    /// Nothing: rename and unlink succeed.
    #[default]
    Posix,
    /// Rename and unlink fail with a sharing violation while another process holds the file.
    Windows,
}

/// What a power loss may leave of directory changes that no sync covered.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum PowerLossModel {
    /// Any subset of them.
    #[default]
    AnySubset,
    /// The first so many of them, as a journal keeps them.
    Ordered,
}

/// The machine's bounds; `None` is unbounded.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Limits {
    /// Files and directories.
    pub inodes: Option<u64>,
    /// Bytes of content.
    pub bytes: Option<u64>,
    /// Names in one directory.
    pub names_per_dir: Option<u64>,
    /// Open files and directories of one process.
    pub open_files: Option<u64>,
}

/// The simulated machine.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
pub struct Machine {
    /// How directories are listed.
    pub directory: DirectoryProfile,
    /// What calls cost, before [`Scenario::costs`](super::Scenario::costs).
    pub latency: LatencyProfile,
    /// What open handles mean for others.
    pub sharing: Sharing,
    /// What a power loss may leave.
    pub power_loss: PowerLossModel,
    /// The machine's bounds.
    pub limits: Limits,
}

/// Costs in nanoseconds that replace those of the latency profile; `None` leaves the profile's.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
pub struct Costs {
    /// One `stat`.
    pub stat_ns: Option<u64>,
    /// One name of a listing.
    pub readdir_per_entry_ns: Option<u64>,
    /// One open, of a file or a directory, new or not.
    pub open_ns: Option<u64>,
    /// One read of a file.
    pub read_ns: Option<u64>,
    /// One append to a file.
    pub append_ns: Option<u64>,
    /// One rename, replacing or not, and one link.
    pub rename_ns: Option<u64>,
    /// One unlink or rmdir.
    pub unlink_ns: Option<u64>,
    /// One mkdir.
    pub mkdir_ns: Option<u64>,
    /// One sync of a file.
    pub sync_file_ns: Option<u64>,
    /// One sync of a directory.
    pub sync_dir_ns: Option<u64>,
    /// One sync of everything.
    pub sync_all_ns: Option<u64>,
    /// How far a cost varies around its middle, as a share of it.
    pub jitter: Option<f64>,
}

/// Which end of the queue the cap takes.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Shed {
    /// The oldest alerts are parked, as in the incident.
    #[default]
    Oldest,
    /// The newest alerts are parked.
    Newest,
}

/// The queue at the start, and its limits.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Queue {
    /// Alerts pending at the start. A campaign's `--depth` and `[sweep]` replace it.
    pub initial: u64,
    /// Whether they are in the queue already, the production queue's own way, when the run starts. Otherwise it has them still
    /// to fetch.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub filled: bool,
    /// The most alerts that may be pending once a cap pass has ended.
    pub cap: u64,
    /// Which end overflow is taken from.
    pub shed: Shed,
    /// Whether overflow comes back to the queue when there is room.
    pub readmit: bool,
    /// The most alerts in one bucket of the production queue.
    pub bucket: u64,
    /// How many alerts of the start share one modification time.
    pub mtime_tie: u64,
    /// From one alert of the start to the next, in milliseconds.
    #[serde(default = "every_default", skip_serializing_if = "is_every_default")]
    pub every_ms: i64,
    /// What the production queue packs: alerts that are judged so share files instead of getting directories.
    pub packed: Vec<Disposition>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawClock {
    date: Option<Spanned<Day>>,
    t0: Option<Spanned<When>>,
    run_for: Spanned<Nanos>,
    faults_stop: Option<Spanned<When>>,
    ends: Option<Spanned<Ends>>,
}

impl RawClock {
    /// The start as nanoseconds since midnight; what [`Checks`] counts clock times from.
    pub(super) fn t0_ns(&self) -> u64 {
        match self.t0.as_ref().map(Spanned::get_ref) {
            Some(When::Clock(ns)) => *ns,
            Some(When::After(_)) | None => 0,
        }
    }

    pub(super) fn resolve(self, checks: &mut Checks) -> Clock {
        if let Some(t0) = &self.t0
            && let When::After(_) = t0.get_ref()
        {
            checks.problem(
                t0.span(),
                "`t0` is a clock time",
                "write 05:29:07, without quotes",
                None,
            );
        }
        if let Some(ends) = &self.ends
            && *ends.get_ref() == Ends::Counted
            && self.faults_stop.is_none()
        {
            checks.problem(
                ends.span(),
                "nobody says when the count is to be made",
                "it is made once faults have stopped",
                Some("add `faults_stop` to [clock]".to_owned()),
            );
        }
        let midnight_ms = self.date.map_or(INCIDENT_DAY_MS, |date| {
            midnight_ms(*date.get_ref()).unwrap_or_else(|| {
                checks.problem(date.span(), "this day does not exist", "", None);
                0
            })
        });
        // Less than a day, so it fits.
        let since_midnight_ms = i64::try_from(checks.t0_ns / 1_000_000).unwrap_or(DAY_MS);
        Clock {
            t0_ms: midnight_ms + since_midnight_ms,
            run_ns: checks.some_time(self.run_for, "the run"),
            faults_stop_ns: self.faults_stop.map(|when| checks.when(when)),
            ends: self.ends.map(Spanned::into_inner).unwrap_or_default(),
        }
    }
}

/// 2026-04-01, the day of the incident: what a scenario that names no day happens on.
const INCIDENT_DAY_MS: i64 = 20_544 * DAY_MS;

fn midnight_ms(day: Day) -> Option<i64> {
    let date = jiff::civil::Date::new(
        i16::try_from(day.year).ok()?,
        i8::try_from(day.month).ok()?,
        i8::try_from(day.day).ok()?,
    )
    .ok()?;
    let epoch = jiff::civil::Date::constant(1970, 1, 1);
    let days = epoch.until(date).ok()?.get_days();
    Some(i64::from(days) * DAY_MS)
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields)]
pub(super) struct RawMachine {
    #[serde(default)]
    directory: DirectoryProfile,
    #[serde(default)]
    latency: LatencyProfile,
    #[serde(default)]
    sharing: Sharing,
    #[serde(default)]
    power_loss: PowerLossModel,
    #[serde(default)]
    limits: Limits,
}

impl RawMachine {
    pub(super) fn resolve(self) -> Machine {
        let RawMachine {
            directory,
            latency,
            sharing,
            power_loss,
            limits,
        } = self;
        Machine {
            directory,
            latency,
            sharing,
            power_loss,
            limits,
        }
    }
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields)]
pub(super) struct RawCosts {
    stat: Option<Nanos>,
    readdir_per_entry: Option<Nanos>,
    open: Option<Nanos>,
    read: Option<Nanos>,
    append: Option<Nanos>,
    rename: Option<Nanos>,
    unlink: Option<Nanos>,
    mkdir: Option<Nanos>,
    sync_file: Option<Nanos>,
    sync_dir: Option<Nanos>,
    sync_all: Option<Nanos>,
    jitter: Option<Spanned<Share>>,
}

impl RawCosts {
    pub(super) fn resolve(self, checks: &mut Checks) -> Costs {
        let ns = |cost: Option<Nanos>| cost.map(|Nanos(ns)| ns);
        Costs {
            stat_ns: ns(self.stat),
            readdir_per_entry_ns: ns(self.readdir_per_entry),
            open_ns: ns(self.open),
            read_ns: ns(self.read),
            append_ns: ns(self.append),
            rename_ns: ns(self.rename),
            unlink_ns: ns(self.unlink),
            mkdir_ns: ns(self.mkdir),
            sync_file_ns: ns(self.sync_file),
            sync_dir_ns: ns(self.sync_dir),
            sync_all_ns: ns(self.sync_all),
            jitter: self.jitter.map(|jitter| checks.share(jitter)),
        }
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawQueue {
    pub(super) initial: u64,
    #[serde(default)]
    pub(super) filled: bool,
    #[serde(default)]
    cap: RawCap,
    #[serde(default)]
    shed: Shed,
    readmit: Option<bool>,
    bucket: Option<Spanned<u64>>,
    mtime_tie: Option<Spanned<u64>>,
    every: Option<Spanned<Nanos>>,
    #[serde(default)]
    packed: Vec<Disposition>,
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields)]
struct RawCap {
    limit: Option<Spanned<u64>>,
}

/// One alert each 15 ms, the rate of the incident's backlog.
const EVERY_MS: i64 = 15;

fn every_default() -> i64 {
    EVERY_MS
}

#[expect(
    clippy::trivially_copy_pass_by_ref,
    reason = "serde hands in a reference"
)]
fn is_every_default(every_ms: &i64) -> bool {
    *every_ms == EVERY_MS
}

/// The incident's cap.
const CAP_DEFAULT: u64 = 2_000;
/// No bucket is larger, whatever the cap.
const BUCKET_MAX: u64 = 4_096;

impl RawQueue {
    pub(super) fn resolve(self, checks: &mut Checks) -> Queue {
        let cap = self
            .cap
            .limit
            .map_or(CAP_DEFAULT, |limit| checks.above_zero(limit, "the cap"));
        let bucket = match self.bucket {
            None => (cap / 8).clamp(1, BUCKET_MAX),
            Some(bucket) => {
                if cap / 8 < *bucket.get_ref() {
                    checks.problem(
                        bucket.span(),
                        "a bucket is larger than an eighth of the cap",
                        format!("the cap is {cap}"),
                        Some(
                            "whole buckets are shed: small ones leave the queue nearly full"
                                .to_owned(),
                        ),
                    );
                }
                checks.above_zero(bucket, "the bucket")
            }
        };
        Queue {
            initial: self.initial,
            filled: self.filled,
            cap,
            shed: self.shed,
            readmit: self.readmit.unwrap_or(true),
            bucket,
            mtime_tie: self
                .mtime_tie
                .map_or(1, |tie| checks.above_zero(tie, "the tie")),
            every_ms: self.every.map_or(EVERY_MS, |every| {
                let ns = checks.some_time(every, "the interval");
                i64::try_from(ns / 1_000_000).unwrap_or(i64::MAX).max(1)
            }),
            packed: self.packed,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_count_from_1970() {
        let of = |year, month, day| midnight_ms(Day { year, month, day });
        assert_eq!(of(1970, 1, 2), Some(DAY_MS));
        assert_eq!(of(2026, 4, 1), Some(INCIDENT_DAY_MS));
        assert_eq!(of(2026, 2, 30), None);
    }
}
