//! One table, one run: the queue beside bare loops of its calls, a deep queue beside a shallow one, the cap pass, a
//! worker's memory, and the incident's own line on as many files.
//!
//! ```text
//! cargo bench -p benches --bench side-by-side
//! BENCH_DIR=/mnt/x BENCH_DEPTH=1000000 cargo bench -p benches --bench side-by-side
//! ```
//! `BENCH_DEPTH` is the deep queue (50,000 if not given), `BENCH_ROUNDS` how often the small things are repeated (5).
//! The sides of a ratio take turns within a round, and the table gives medians. A depth of 1,000,000 takes some minutes and
//! about 15 GB of disk.

use benches::bare::{self, Bare, Sizes};
use benches::fixture::{self, OPTIONS};
use host::{At, Host};
use spool::{BucketName, Publisher, Stamp, Worker, cap};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

/// Alerts of a shallow queue, and of one page as it is published to a deep one.
const SHALLOW: u32 = 10_000;
/// Alerts of a page, and of a claim, beside a bare loop.
const PAGE: u32 = 1_000;
/// Such pages of a round.
const PAGES_A_ROUND: u32 = 10;
/// The incident's depth.
const INCIDENT: u32 = 505_836;

fn main() {
    let args: Vec<String> = std::env::args().collect();
    if let Some(at) = args.iter().position(|arg| arg == sim::stress::WORKER_VERB) {
        // A worker of our own, started to have its memory looked at.
        sim::stress::worker_main(&args[at + 1..]);
        return;
    }
    let setting = |name: &str, default: u32| {
        std::env::var(name).map_or(default, |text| text.parse().expect("a number"))
    };
    let depth = setting("BENCH_DEPTH", 50_000);
    let rounds = setting("BENCH_ROUNDS", 5);
    let parent = std::env::var_os("BENCH_DIR").map_or_else(std::env::temp_dir, PathBuf::from);
    let dir = tempfile::tempdir_in(&parent).expect("a directory to measure in");
    let machine = sim::stress::Machine::of(dir.path());
    println!(
        "{} ({} cores), {}, kernel {}; medians of {rounds} rounds",
        machine.cpu, machine.cores, machine.filesystem, machine.kernel
    );
    println!(
        "{:<46} {:>12} {:>12} {:>7}  goal",
        "", "ours", "beside", "ratio"
    );
    beside_bare_loops(dir.path(), rounds);
    deep_beside_shallow(dir.path(), depth, rounds);
    cap_pass_of_the_incident(dir.path(), rounds);
    incidents_line(dir.path(), depth);
}

fn row(what: &str, ours: String, beside: String, ratio: f64, goal: &str) {
    println!("{what:<46} {ours:>12} {beside:>12} {ratio:>7.2}  {goal}");
}

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort_unstable();
    times[times.len() / 2]
}

fn timed(act: impl FnOnce()) -> Duration {
    let begun = Instant::now();
    act();
    begun.elapsed()
}

fn each(time: Duration, count: u32) -> f64 {
    time.as_secs_f64() * 1e6 / f64::from(count)
}

fn micros(time: Duration, count: u32) -> String {
    format!("{:.1} us", each(time, count))
}

/// Publish, and claim to case, each beside the bare loop of the same calls, taking turns page by page: whatever else the
/// machine does meanwhile hits both.
fn beside_bare_loops(dir: &Path, rounds: u32) {
    let [
        mut spool_publish,
        mut bare_publish,
        mut spool_drain,
        mut bare_drain,
    ] = [const { Vec::new() }; 4];
    let host = fixture::host(dir);
    let spool = fixture::spool(&host, "beside");
    let mut publisher = Publisher::open(&spool).expect("the lock is free");
    let mut worker = Worker::open(&spool, "w1").expect("the name is free");
    let mut queue = Bare::new(&dir.join("bare"), Sizes::SHORT);
    for page in 0..rounds * PAGES_A_ROUND {
        let first = page * PAGE;
        let made = fixture::make(first..first + PAGE);
        let names = bare::names(&made, first as usize);
        // Whoever comes first meets another disk than whoever comes second: so they take turns in that, too.
        let spool_first = page % 2 == 0;
        for is_spool in [spool_first, !spool_first] {
            if is_spool {
                spool_publish.push(timed(|| fixture::publish(&mut publisher, &made)));
            } else {
                bare_publish.push(timed(|| queue.publish(&made, &names)));
            }
        }
        for is_spool in [!spool_first, spool_first] {
            if is_spool {
                let drain = || assert_eq!(fixture::drain(&mut worker), u64::from(PAGE));
                spool_drain.push(timed(drain));
            } else {
                bare_drain.push(timed(|| queue.drain(&names)));
            }
        }
    }
    for (what, ours, bare) in [
        (
            "publish, a file; beside its calls",
            spool_publish,
            bare_publish,
        ),
        (
            "claim to case, a file; beside its calls",
            spool_drain,
            bare_drain,
        ),
    ] {
        // Of each pair, because the machine is the same for both of them and not for all pairs.
        let pairs = ours.iter().zip(&bare);
        let mut ratios: Vec<f64> = pairs
            .map(|(a, b)| a.as_secs_f64() / b.as_secs_f64())
            .collect();
        ratios.sort_unstable_by(f64::total_cmp);
        let ratio = ratios[ratios.len() / 2];
        let (ours, bare) = (median(ours), median(bare));
        row(
            what,
            micros(ours, PAGE),
            micros(bare, PAGE),
            ratio,
            "<= 1.4",
        );
    }
}

/// What one queue of a depth costs.
struct Cost {
    publish: Duration,
    drain: Duration,
    peak_kib: u64,
}

/// Publishes `depth` alerts without a cap and has a worker process drain them.
fn cost_of(dir: &Path, depth: u32, parks: bool) -> Cost {
    std::fs::create_dir(dir).expect("a new directory");
    let host = fixture::host(dir);
    let spool = fixture::spool(&host, "spool");
    let mut publisher = Publisher::open(&spool).expect("the lock is free");
    let mut publish = Duration::ZERO;
    for first in (0..depth).step_by(SHALLOW as usize) {
        let made = fixture::make(first..depth.min(first + SHALLOW));
        publish += timed(|| fixture::publish(&mut publisher, &made));
    }
    if parks {
        cap_pass_of_this_queue(dir, &spool, depth);
    }
    // The worker ends when nothing is pending.
    drop(host::File::create_new(&host, At::new(host.root(), "stop")).expect("the stop file"));
    let program = std::env::current_exe().expect("this program");
    let begun = Instant::now();
    let output = Command::new(program)
        .arg(sim::stress::WORKER_VERB)
        .arg(dir)
        .args([
            "w1",
            &OPTIONS.pending_max.to_string(),
            &OPTIONS.claim_buckets.to_string(),
        ])
        .output()
        .expect("a worker");
    let drain = begun.elapsed();
    let told = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{told}");
    let number =
        |line: &str, at: usize| line.split(' ').nth(at).and_then(|n| n.parse::<u64>().ok());
    let claims = told.lines().filter(|line| line.starts_with("completed"));
    let cased: u64 = claims.clone().filter_map(|line| number(line, 2)).sum();
    assert_eq!(cased, u64::from(depth), "{told}");
    let peak_kib = claims.filter_map(|line| number(line, 7)).max().unwrap_or(0);
    Cost {
        publish,
        drain,
        peak_kib,
    }
}

/// The cost a file, and a worker's memory, at `depth` and at 10,000.
fn deep_beside_shallow(dir: &Path, depth: u32, rounds: u32) {
    let before = rounds.div_ceil(2);
    let shallow = |round: u32| cost_of(&dir.join(format!("shallow-{round}")), SHALLOW, false);
    let mut costs: Vec<_> = (0..before).map(shallow).collect();
    let deep = cost_of(&dir.join("deep"), depth, true);
    costs.extend((before..rounds).map(shallow));
    let publish = median(costs.iter().map(|cost| cost.publish).collect());
    let drain = median(costs.iter().map(|cost| cost.drain).collect());
    for (what, ours, beside) in [
        ("publish", deep.publish, publish),
        ("claim to case", deep.drain, drain),
    ] {
        let ratio = each(ours, depth) / each(beside, SHALLOW);
        let what = format!("{what}, a file at {depth}; beside {SHALLOW}");
        row(
            &what,
            micros(ours, depth),
            micros(beside, SHALLOW),
            ratio,
            "<= 1.25",
        );
    }
    let peak = costs.iter().map(|cost| cost.peak_kib).max().unwrap_or(0);
    let what = format!("peak memory of a worker at {depth}; beside {SHALLOW}");
    let kib = |kib: u64| format!("{kib} KiB");
    let ratio = deep.peak_kib as f64 / peak as f64;
    row(&what, kib(deep.peak_kib), kib(peak), ratio, "<= 1.10");
}

/// A cap pass over the queue as it is, all of whose buckets come back afterwards.
fn cap_pass_of_this_queue(dir: &Path, spool: &spool::Spool<'_>, depth: u32) {
    let mut times = Vec::new();
    for _ in 0..3 {
        times.push(timed(|| {
            let pass = cap::enforce(spool).expect("a pass");
            assert_eq!(pass.pending_before, u64::from(depth));
            assert!(pass.pending_after <= u64::from(OPTIONS.pending_max));
        }));
        let parked = std::fs::read_dir(dir.join("spool/overflow")).expect("the parked");
        for bucket in parked {
            let name = bucket.expect("a bucket").file_name();
            let target = dir.join("spool/pending").join(&name);
            std::fs::rename(dir.join("spool/overflow").join(&name), target).expect("it returns");
        }
    }
    let time = median(times);
    let ratio = time.as_secs_f64() / 0.2;
    let what = format!(
        "cap pass from {depth} to {} (all files there)",
        OPTIONS.pending_max
    );
    row(
        &what,
        format!("{:.1} ms", time.as_secs_f64() * 1e3),
        "200 ms".to_owned(),
        ratio,
        "<= 1 at 505836",
    );
}

/// A cap pass over as many buckets as the incident's queue has. Their names count 250 entries each; they hold one, because
/// a pass never looks inside.
fn cap_pass_of_the_incident(dir: &Path, rounds: u32) {
    let mut times = Vec::new();
    for round in 0..rounds {
        let host = fixture::host(dir);
        let name = format!("cap-{round}");
        let spool = fixture::spool(&host, &name);
        let size = OPTIONS.bucket_entries();
        for number in 0..INCIDENT.div_ceil(size) {
            let first = Stamp {
                millis: 1_775_021_347_123,
                sequence: number * size,
            };
            let count = size.min(INCIDENT - number * size);
            let bucket = dir
                .join(&name)
                .join("pending")
                .join(BucketName::new(first, count).as_str());
            std::fs::create_dir(&bucket).expect("a bucket");
            std::fs::write(bucket.join("entry"), b"{}").expect("an entry");
        }
        host.sync_all(host.root()).expect("durable");
        times.push(timed(|| {
            let pass = cap::enforce(&spool).expect("a pass");
            assert_eq!(pass.pending_before, u64::from(INCIDENT));
            assert!(pass.pending_after <= u64::from(OPTIONS.pending_max));
        }));
    }
    let time = median(times);
    let ratio = time.as_secs_f64() / 0.2;
    let what = format!(
        "cap pass from {INCIDENT} to {} (one file a bucket)",
        OPTIONS.pending_max
    );
    row(
        &what,
        format!("{:.1} ms", time.as_secs_f64() * 1e3),
        "200 ms".to_owned(),
        ratio,
        "<= 1",
    );
}

/// The incident's own line, and what its hot fix did with the overflow, on `depth` flat files.
const PYTHON: &str = r#"
import pathlib, shutil, sys, time
root, overflow = pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2])
begun = time.perf_counter()
files = sorted([p for p in root.glob("*.json")], key=lambda p: p.stat().st_mtime)
listed = time.perf_counter()
for p in files[:-2000]:
    shutil.move(str(p), str(overflow / p.name))
moved = time.perf_counter()
print(listed - begun, moved - listed)
"#;

fn incidents_line(dir: &Path, depth: u32) {
    let (queue, overflow) = (dir.join("python"), dir.join("python-overflow"));
    for dir in [&queue, &overflow] {
        std::fs::create_dir(dir).expect("a new directory");
    }
    for made in (0..depth).map(|number| fixture::make(number..number + 1)) {
        let name = format!("{}.json", made[0].id);
        std::fs::write(queue.join(name), &made[0].payload).expect("a file");
    }
    let output = Command::new("python3")
        .args(["-c", PYTHON])
        .args([&queue, &overflow])
        .output();
    let Ok(output) = output else {
        println!("the incident's line: no python3 here");
        return;
    };
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    let times: Vec<f64> = text
        .split_whitespace()
        .map(|word| word.parse().expect("seconds"))
        .collect();
    println!(
        "{:<46} {:>12} {:>12}",
        format!("the incident's line at {depth}: sort; then moves"),
        format!("{:.2} s", times[0]),
        format!("{:.2} s", times[1])
    );
}
