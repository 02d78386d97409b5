//! The order of a run: fabricate, disturb, calm, drain, close the books.

use super::books::{self, Evidence};
use super::fabricate::Population;
use super::fleet::{Crew, Fleet, Kills, NAMES, Tally};
use super::neighbours::{CapWork, Chance, Flags, Intake, Theft};
use super::neighbours::{keep_cap, millis_since, publish, steal, take_in};
use super::report::{Seconds, StressReport};
use super::site::{SPOOL, STOP, Site};
use super::{Machine, StressError, StressOptions};
use alert::Disposition;
use host::{At, File, Host, Millis};
use os::OsHost;
use spool::{Always, Claimed, Publisher, Spool, Worker};
use std::sync::Mutex;
use std::thread::ScopedJoinHandle;
use std::time::Duration;

/// What a run is doing.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Phase {
    /// Writing the legacy queue.
    Fabricate,
    /// Everything at once.
    Disturb,
    /// The neighbours have stopped; what is left is worked off.
    Drain,
    /// Closing the books.
    Audit,
    /// Removing the run's directory, which on some disks takes longer than everything before.
    Remove,
}

/// How far a run is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Progress {
    /// What it is doing.
    pub phase: Phase,
    /// Alerts that the workers finished, by what they told.
    pub done: u64,
    /// All alerts.
    pub total: u64,
    /// Workers killed so far.
    pub kills: u64,
}

/// The depths that make sense: below, the planted files are too large a part; above, names of numbers run out.
const DEPTHS: std::ops::RangeInclusive<u32> = 1_000..=20_000_000;
/// The publisher takes its time until about so many workers can have been killed.
const KILLS_WANTED: u32 = 8;
/// How often the director looks around.
const TICK: Duration = Duration::from_millis(2);
/// The longest wait for a moment inside a claim.
const CLAIM_MS_MAX: u64 = 1_000;
/// How often it counts what is left, and tells.
const LOOK_EVERY: u64 = 200;

/// What came of the part with neighbours and workers.
struct Outcome {
    intake: Intake,
    cap: CapWork,
    theft: Theft,
    kills: Kills,
    tally: Tally,
    seconds: Seconds,
    is_stuck: bool,
}

pub(super) fn run(
    options: &StressOptions,
    progress: &mut dyn FnMut(Progress),
) -> Result<StressReport, StressError> {
    let depth = options.depth;
    if !DEPTHS.contains(&depth) {
        return Err(StressError::Depth { depth });
    }
    let parent = options.dir.clone().unwrap_or_else(std::env::temp_dir);
    let dir = tempfile::Builder::new()
        .prefix("sim-stress-")
        .tempdir_in(&parent)
        .map_err(|source| {
            StressError::io("make a directory in", &parent.to_string_lossy(), source)
        })?;
    let machine = Machine::of(dir.path());
    let site = Site::new(dir.path(), Population::new(depth))?;
    let host = site.host()?;
    let begun = host.now();
    progress(Progress {
        phase: Phase::Fabricate,
        done: 0,
        total: u64::from(depth),
        kills: 0,
    });
    let first = prepare(&site, &host, options)?;
    let fabricate = millis_since(&host, begun);
    let mut outcome = disturb(&site, &host, options, first, progress)?;
    outcome.seconds.fabricate = seconds(fabricate);
    let begun = host.now();
    progress(Progress {
        phase: Phase::Audit,
        done: outcome.tally.cased + outcome.tally.quarantined,
        total: u64::from(depth),
        kills: outcome.kills.kills,
    });
    if !outcome.is_stuck {
        round_trip(&site, &host, options)?;
    }
    let evidence = Evidence {
        is_stuck: outcome.is_stuck,
        failures: &outcome.tally.failures,
        overfull_passes: outcome.cap.overfull_passes,
    };
    let closed = books::close(&site, &host, options.spool, &evidence)?;
    outcome.seconds.audit = seconds(millis_since(&host, begun));
    let Outcome {
        intake,
        cap,
        theft,
        kills,
        tally,
        seconds,
        ..
    } = outcome;
    let report = StressReport::new(options, machine, closed, seconds)
        .with_dangers(intake, cap, theft, kills, tally);
    progress(Progress {
        phase: Phase::Remove,
        done: report.accounts.cased + report.accounts.quarantined,
        total: u64::from(depth),
        kills: kills.kills,
    });
    drop(host);
    drop(dir);
    Ok(report)
}

fn seconds(millis: u64) -> f64 {
    std::time::Duration::from_millis(millis).as_secs_f64()
}

/// Makes the spool, writes the legacy queue, publishes a first page and spoils some of it. Returns the first alert that is
/// still to be published.
fn prepare(site: &Site, host: &OsHost, options: &StressOptions) -> Result<u32, StressError> {
    let spool = Spool::init(host, At::new(host.root(), SPOOL), options.spool)?;
    site.fill_queue()?;
    let mut publisher = Publisher::open(&spool)?;
    let Population { depth, flat } = site.population;
    // Small enough to leave most of the work for later, large enough to hold the planted ones.
    let end = (flat + 250).min(depth);
    publish(
        site,
        &mut publisher,
        flat..end,
        Duration::ZERO,
        &Flags::default(),
    )?;
    site.spoil_published()?;
    Ok(end)
}

/// Lets everybody loose, calms them when nearly nothing is left, and drains.
fn disturb(
    site: &Site,
    host: &OsHost,
    options: &StressOptions,
    first: u32,
    progress: &mut dyn FnMut(Progress),
) -> Result<Outcome, StressError> {
    let flags = Flags::default();
    let crew = Crew {
        site,
        program: &options.program,
        verb: &options.verb,
        options: options.spool,
        tally: Mutex::new(Tally::default()),
    };
    let (spool, rate, seed) = (options.spool, options.stolen_per_second, options.seed);
    // On a fast disk a small run would be over before anybody was killed.
    let at_least = options.kill_every * KILLS_WANTED;
    let (flags, crew) = (&flags, &crew);
    std::thread::scope(|scope| {
        let intake = scope.spawn(move || take_in(site, spool, first, at_least, flags));
        let cap = scope.spawn(move || keep_cap(site, spool, flags));
        let theft = scope.spawn(move || steal(site, rate, seed, flags));
        // Ended on every way out, or the scope would wait for ever.
        let _end = EndGuard(flags);
        let mut fleet = Fleet::start(scope, crew)?;
        let mut stage = Stage::new(host, options);
        let mut is_stuck = false;
        let mut quiet_at = None;
        loop {
            host.sleep(TICK);
            fleet.revive()?;
            if quiet_at.is_none() {
                stage.maybe_kill(&mut fleet, crew)?;
            }
            if cap.is_finished() || (theft.is_finished() && quiet_at.is_none()) {
                break;
            }
            if !stage.is_time_to_look() {
                continue;
            }
            progress(stage.progress(crew, &fleet, quiet_at.is_some()));
            if stage.is_stuck(crew) {
                is_stuck = true;
                break;
            }
            if !intake.is_finished() {
                continue;
            }
            let left = site.outstanding(host)?;
            if quiet_at.is_none() && left <= u64::from(options.depth / 20) {
                flags.hush();
                quiet_at = Some(host.now());
            }
            if left == 0 {
                break;
            }
        }
        if !is_stuck {
            drop(
                File::create_new(host, At::new(host.root(), STOP))
                    .map_err(|source| StressError::host("create", STOP, source))?,
            );
            fleet.finish()?;
        }
        flags.end();
        let kills = fleet.kills;
        drop(fleet);
        let run = millis_since(host, stage.begun);
        let drain = quiet_at.map_or(0, |at| millis_since(host, at));
        Ok(Outcome {
            intake: join(intake, "publisher")?,
            cap: join(cap, "cap")?,
            theft: join(theft, "archiver")?,
            kills,
            tally: crew.tally().clone(),
            seconds: Seconds {
                disturb: seconds(run - drain.min(run)),
                drain: seconds(drain),
                ..Seconds::default()
            },
            is_stuck,
        })
    })
}

fn join<T>(
    thread: ScopedJoinHandle<'_, Result<T, StressError>>,
    name: &'static str,
) -> Result<T, StressError> {
    thread.join().map_err(|_| StressError::Panicked { name })?
}

struct EndGuard<'a>(&'a Flags);

impl Drop for EndGuard<'_> {
    fn drop(&mut self) {
        self.0.end();
    }
}

/// What the director keeps in mind while the run goes on.
struct Stage<'a> {
    host: &'a OsHost,
    options: &'a StressOptions,
    chance: Chance,
    begun: Millis,
    looked: u64,
    /// When the next worker is to be killed, in milliseconds of the run.
    kill_at: u64,
    /// Claims that were completed when the last one was killed.
    claims_at_kill: u64,
    claims: u64,
    claimed_at: u64,
}

impl<'a> Stage<'a> {
    fn new(host: &'a OsHost, options: &'a StressOptions) -> Self {
        let mut stage = Stage {
            host,
            options,
            chance: Chance(options.seed ^ 0x6b69_6c6c),
            begun: host.now(),
            looked: 0,
            kill_at: 0,
            claims_at_kill: 0,
            claims: 0,
            claimed_at: 0,
        };
        stage.kill_at = stage.interval();
        stage
    }

    fn elapsed(&self) -> u64 {
        millis_since(self.host, self.begun)
    }

    /// Half to one and a half times the mean.
    fn interval(&mut self) -> u64 {
        let mean = u64::try_from(self.options.kill_every.as_millis()).unwrap_or(u64::MAX);
        mean / 2 + self.chance.below(mean)
    }

    /// Kills the next worker if its time has come.
    ///
    /// Three of four times that waits until a claim was completed since the last kill, or a disk slower than the killer
    /// would end all progress, and until the worker holds a claim; the fourth time it does not wait, so that a worker dies
    /// while it recovers, too.
    fn maybe_kill(
        &mut self,
        fleet: &mut Fleet<'_, '_>,
        crew: &Crew<'_>,
    ) -> Result<(), StressError> {
        let now = self.elapsed();
        if now < self.kill_at {
            return Ok(());
        }
        let kills = fleet.kills.kills;
        let mut index = usize::try_from(kills).unwrap_or(0) % NAMES.len();
        let is_patient = kills % 4 != 3;
        let claims = crew.tally().claims;
        if is_patient {
            let is_holding = |index| fleet.holds_claims(index, self.host);
            if !is_holding(index)? {
                index = (index + 1) % NAMES.len();
            }
            if claims <= self.claims_at_kill || !is_holding(index)? {
                return Ok(());
            }
            // Any moment in the first half of the claim, which lasts about so long; it began a little ago.
            let mean = crew.tally().busy_ms / claims;
            let wait = self.chance.below(mean.min(CLAIM_MS_MAX) / 2);
            self.host.sleep(Duration::from_millis(wait));
        }
        self.claims_at_kill = claims;
        fleet.kill(index, self.host)?;
        self.kill_at = self.elapsed() + self.interval();
        Ok(())
    }

    fn is_time_to_look(&mut self) -> bool {
        let now = self.elapsed();
        let is_time = self.looked + LOOK_EVERY <= now;
        if is_time {
            self.looked = now;
        }
        is_time
    }

    fn is_stuck(&mut self, crew: &Crew<'_>) -> bool {
        let claims = crew.tally().claims;
        if self.claims < claims {
            (self.claims, self.claimed_at) = (claims, self.elapsed());
        }
        let quiet = Duration::from_millis(self.elapsed() - self.claimed_at.min(self.elapsed()));
        self.options.stuck_after < quiet
            || self.options.time_max < Duration::from_millis(self.elapsed())
    }

    fn progress(&self, crew: &Crew<'_>, fleet: &Fleet<'_, '_>, is_quiet: bool) -> Progress {
        let tally = crew.tally();
        Progress {
            phase: if is_quiet {
                Phase::Drain
            } else {
                Phase::Disturb
            },
            done: tally.cased + tally.quarantined,
            total: u64::from(self.options.depth),
            kills: fleet.kills.kills,
        }
    }
}

/// After everything, a fresh alert must still find its way: it is the one numbered `depth`.
fn round_trip(site: &Site, host: &OsHost, options: &StressOptions) -> Result<(), StressError> {
    let spool = Spool::open(host, At::new(host.root(), SPOOL), options.spool)?;
    let mut publisher = Publisher::open(&spool)?;
    let depth = site.population.depth;
    let fresh = depth..depth + 1;
    publish(
        site,
        &mut publisher,
        fresh,
        Duration::ZERO,
        &Flags::default(),
    )?;
    let mut worker = Worker::open(&spool, NAMES[0])?;
    while let Claimed::Buckets(claim) = worker.claim()? {
        worker.complete(claim, &mut Always(Disposition::Review))?;
    }
    Ok(())
}
