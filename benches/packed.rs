//! Claim to case where 19 of 20 cases share files, beside directories for all of them, and beside a bare loop of the calls.
//!
//! ```text
//! BENCH_DIR=/mnt/x cargo bench -p benches --bench packed
//! ```
//! The sides take turns within a round, and the table gives medians, of the wall clock and of the time that the worker's
//! thread had a processor: on a machine that others use as well only the latter says what a case costs. At the end two workers drain a queue of
//! `BENCH_DEPTH` alerts (100,000 if not given). The judge costs nothing. Files are removed here as the queue removes them:
//! quote this for a filesystem with a journal, because deleting poisons some others.

use alert::{Alert, Disposition};
use benches::bare::{self, Bare, Sizes};
use benches::fixture::{self, OPTIONS};
use os::OsHost;
use rustix::time::{ClockId, clock_gettime};
use spool::{Dispositions, Judge, Publisher, SpoolOptions, Worker};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// One of so many is for a person.
const EVERY: u32 = 20;
const PAGE: u32 = 1_000;
const PACKED: SpoolOptions = SpoolOptions {
    packed: Dispositions::of(&[Disposition::Benign]),
    ..OPTIONS
};

/// Says review of every twentieth alert that it is asked about.
#[derive(Default)]
struct Counting(u32);

impl Judge for Counting {
    fn judge(&mut self, _: &Alert<'_>, _: &mut Vec<u8>) -> Disposition {
        self.0 += 1;
        match self.0 % EVERY {
            1 => Disposition::Review,
            _ => Disposition::Benign,
        }
    }

    fn policy(&self) -> &str {
        ""
    }
}

fn main() {
    let setting = |name: &str, default: u32| {
        std::env::var(name).map_or(default, |text| text.parse().expect("a number"))
    };
    let parent = std::env::var_os("BENCH_DIR").map_or_else(std::env::temp_dir, PathBuf::from);
    let dir = tempfile::tempdir_in(&parent).expect("a directory to measure in");
    let machine = sim::stress::Machine::of(dir.path());
    println!(
        "{} ({} cores), {}, kernel {}",
        machine.cpu, machine.cores, machine.filesystem, machine.kernel
    );
    one_worker(dir.path(), setting("BENCH_PAGES", 40));
    let depth = setting("BENCH_DEPTH", 100_000);
    for (what, options) in [("directories", OPTIONS), ("packed", PACKED)] {
        two_workers(dir.path(), what, options, depth);
    }
}

/// What an act took: by the wall clock, and of a processor's time.
#[derive(Clone, Copy)]
struct Cost {
    wall: Duration,
    processor: Duration,
}

fn timed(clock: ClockId, act: impl FnOnce()) -> Cost {
    let now = || {
        let now = clock_gettime(clock);
        Duration::new(now.tv_sec as u64, now.tv_nsec as u32)
    };
    let (begun, before) = (Instant::now(), now());
    act();
    Cost {
        processor: now() - before,
        wall: begun.elapsed(),
    }
}

/// The median of one of the two times, in microseconds a case.
fn median(costs: &[Cost], of: impl Fn(&Cost) -> Duration) -> f64 {
    let mut times: Vec<_> = costs.iter().map(of).collect();
    times.sort_unstable();
    times[times.len() / 2].as_secs_f64() * 1e6 / f64::from(PAGE)
}

/// The median of the pairs' ratios.
fn ratio(ours: &[Cost], beside: &[Cost], of: impl Fn(&Cost) -> Duration) -> f64 {
    let pairs = ours.iter().zip(beside);
    let mut ratios: Vec<f64> = pairs
        .map(|(ours, beside)| of(ours).as_secs_f64() / of(beside).as_secs_f64())
        .collect();
    ratios.sort_unstable_by(f64::total_cmp);
    ratios[ratios.len() / 2]
}

fn one_worker(dir: &Path, pages: u32) {
    let host = fixture::host(dir);
    let spools = [("a", OPTIONS), ("b", PACKED)];
    let spools = spools.map(|(name, options)| fixture::spool_with(&host, name, options));
    let mut publishers = spools
        .each_ref()
        .map(|spool| Publisher::open(spool).expect("the lock is free"));
    let mut workers = spools
        .each_ref()
        .map(|spool| Worker::open(spool, "w1").expect("the name is free"));
    let (mut bare, mut number) = (Bare::new(&dir.join("bare"), Sizes::SHORT), 0);
    let mut times = [const { Vec::new() }; 3];
    for page in 0..pages {
        let first = page * PAGE;
        let made = fixture::make(first..first + PAGE);
        let names = bare::names(&made, first as usize);
        for publisher in &mut publishers {
            fixture::publish(publisher, &made);
        }
        bare.publish(&made, &names);
        for turn in 0..3 {
            let side = (page as usize + turn) % 3;
            times[side].push(timed(ClockId::ThreadCPUTime, || match side {
                2 => bare.drain_packed(&names, EVERY as usize, &mut number),
                _ => {
                    let judge = &mut Counting::default();
                    let cased = fixture::drain_by(&mut workers[side], judge);
                    assert_eq!(cased, u64::from(PAGE));
                }
            }));
        }
    }
    let [directories, packed, bare] = &times;
    println!("claim to case, one worker, a case: wall clock, processor");
    for (what, costs) in [
        ("directories", directories),
        ("19 of 20 packed", packed),
        ("a bare loop of its calls", bare),
    ] {
        let (wall, processor) = (median(costs, |c| c.wall), median(costs, |c| c.processor));
        println!("  {what:<26} {wall:>7.1} us {processor:>7.1} us");
    }
    for (what, ours, beside) in [
        ("directories / packed", directories, packed),
        ("packed / bare loop", packed, bare),
    ] {
        let (wall, processor) = (
            ratio(ours, beside, |c| c.wall),
            ratio(ours, beside, |c| c.processor),
        );
        println!("  {what:<26} {wall:>7.2}    {processor:>7.2}    (medians of pairs)");
    }
}

fn two_workers(dir: &Path, what: &str, options: SpoolOptions, depth: u32) {
    let host = fixture::host(dir);
    let spool = fixture::spool_with(&host, what, options);
    let mut publisher = Publisher::open(&spool).expect("the lock is free");
    for first in (0..depth).step_by(10_000) {
        fixture::publish(
            &mut publisher,
            &fixture::make(first..depth.min(first + 10_000)),
        );
    }
    let drain = |name: &'static str| {
        let host = OsHost::new(dir).expect("the directory opens");
        let spool = fixture::spool_with(&host, what, options);
        let mut worker = Worker::open(&spool, name).expect("the name is free");
        fixture::drain_by(&mut worker, &mut Counting::default())
    };
    let mut cased = 0;
    let cost = timed(ClockId::ProcessCPUTime, || {
        cased = std::thread::scope(|scope| {
            let workers = ["w1", "w2"].map(|name| scope.spawn(move || drain(name)));
            workers
                .into_iter()
                .map(|worker| worker.join().expect("no panic"))
                .sum()
        });
    });
    assert_eq!(cased, u64::from(depth));
    let (rate, each) = (
        f64::from(depth) / cost.wall.as_secs_f64(),
        cost.processor.as_secs_f64() * 1e6 / f64::from(depth),
    );
    println!(
        "two workers, {depth} alerts, {what}: {rate:.0} cases/s; {each:.1} us of a processor a case"
    );
}
