//! How many calls a second the simulated machine makes on this machine, and what a file costs it.
//!
//! `cargo run --release --example kernel_speed -p sim [-- DEPTH]...`
//!
//! Four workers and a mover work on one directory of DEPTH files with names of 58 bytes: stat; open, read and close; rename
//! within the directory and into another one and back; create, append and close; unlink; a group commit each 2,000 calls. The trace hash is on, the director
//! does nothing. Times are of the processor, as far as the system tells, so that other programs disturb less; they vary with
//! the machine, and calls and hashes do not.

#![expect(
    clippy::print_stdout,
    reason = "this measures the real machine and prints what it found"
)]

use host::{At, Dir, File, Host, Millis, Names};
use sim::kernel::{
    Content, DirectoryProfile, Exit, LatencyProfile, Limits, Machine, MachineOptions,
    PowerLossProfile, Prng, ProcessId, Program, Recording, RunLimit, Seed, Sharing, TaskSpec,
    Undisturbed,
};
use sim::schedule::Timed;
use std::time::Duration;

const CALLS: u64 = 4_000_000;
const WORKERS: u64 = 4;

fn main() {
    let depths: Vec<u32> = std::env::args()
        .skip(1)
        .map(|text| text.parse().expect("a depth is a number"))
        .collect();
    let depths = if depths.is_empty() {
        vec![10_000, 100_000, 1_000_000]
    } else {
        depths
    };
    println!(
        "   depth  fabricate     B/file    mix M/s   stat M/s  list M names/s  hash of the mix"
    );
    for depth in depths {
        measure(depth);
    }
}

fn measure(depth: u32) {
    let before = resident_bytes();
    let start = cpu_seconds();
    let mut machine = fabricate(depth);
    let fabricate_s = cpu_seconds() - start;
    let per_file = (resident_bytes() - before) as f64 / f64::from(depth);
    let structures = machine.fs().memory() as f64 / f64::from(depth);
    let stat = speed(&mut machine, |seed| {
        Box::new(move |host| stats(host, depth, seed))
    });
    let list = listing(&mut machine, depth);
    let mut machine = fabricate(depth);
    let mix = speed(&mut machine, |seed| {
        Box::new(move |host| mixed(host, depth, seed))
    });
    println!(
        "{depth:>8} {fabricate_s:>8.2} s {structures:>4.0} ({per_file:>3.0}) {mix:>10.2} {stat:>10.2} {list:>15.2}  {:016x}",
        machine.trace_hash()
    );
}

fn fabricate(depth: u32) -> Machine {
    let mut machine = Machine::new(MachineOptions {
        seed: Seed(1),
        t0: Millis(1_775_000_000_000),
        directory: DirectoryProfile::Ext4,
        latency: LatencyProfile::linux_ext4(),
        sharing: Sharing::Posix,
        limits: Limits::ORDINARY,
        power_loss: PowerLossProfile::AnySubset,
        generator: |seed, index, into| {
            into.extend_from_slice(&seed.to_le_bytes());
            into.resize(600 + index as usize % 800, b'x');
        },
        recording: Recording::HashOnly,
    });
    let queue = machine.make_dir("queue").expect("is new");
    machine.make_dir("done").expect("is new");
    let mut text = Vec::new();
    for index in 0..depth {
        name(u64::from(index), &mut text);
        machine
            .make_file_in(queue, &text, Content::Generated(index), 0)
            .expect("is new");
    }
    machine
}

/// A name of 58 bytes, as the spool makes them. By hand, so that the kernel is measured and not the formatting.
fn name(index: u64, into: &mut Vec<u8>) {
    let mut text = *b"01775000000000-0000000000-0123456789abcdef0123456789a.json";
    let mut rest = index;
    for digit in text[15..25].iter_mut().rev() {
        *digit += (rest % 10) as u8;
        rest /= 10;
    }
    let mut hash = index.wrapping_mul(0x9E37_79B9_7F4A_7C15);
    for digit in &mut text[26..42] {
        *digit = b"0123456789abcdef"[(hash & 15) as usize];
        hash >>= 4;
    }
    into.clear();
    into.extend_from_slice(&text);
}

/// Millions of calls a second of `WORKERS` tasks that run `program`.
fn speed(machine: &mut Machine, program: impl Fn(u64) -> Program) -> f64 {
    for worker in 0..WORKERS {
        let spec = TaskSpec {
            name: format!("worker-{worker}"),
            process: ProcessId(worker as u16 + 1),
            root: Vec::new(),
            start_after: Duration::ZERO,
            is_watched: true,
            stack_bytes: TaskSpec::STACK_BYTES,
        };
        machine
            .spawn(spec, program(worker))
            .expect("the root is there");
    }
    let steps = machine.steps();
    let start = cpu_seconds();
    machine.run(&mut Timed::new(Seed(1)), &mut Undisturbed, RunLimit::NONE);
    (machine.steps() - steps) as f64 / (cpu_seconds() - start) / 1e6
}

fn stats(host: &dyn Host, depth: u32, seed: u64) -> Exit {
    let mut prng = Prng::new(Seed(seed));
    let queue = Dir::open(host, At::new(host.root(), "queue")).expect("is there");
    let mut text = Vec::new();
    for _ in 0..CALLS / WORKERS / 2 {
        name(prng.below(u64::from(depth)), &mut text);
        host.stat(queue.at(&text)).expect("is there");
    }
    Exit::OK
}

fn mixed(host: &dyn Host, depth: u32, seed: u64) -> Exit {
    let mut prng = Prng::new(Seed(seed));
    let root = host.root();
    let queue = Dir::open(host, At::new(root, "queue")).expect("is there");
    let done = Dir::open(host, At::new(root, "done")).expect("is there");
    let (mut text, mut other, mut bytes) = (Vec::new(), Vec::new(), Vec::new());
    let payload = [b'p'; 900];
    let mut calls = 0;
    let mut fresh = 0;
    // Each worker renames and removes only its own share, so that every call succeeds.
    let own = |prng: &mut Prng| prng.below(u64::from(depth) / WORKERS) * WORKERS + seed;
    let mut committed = 0;
    while calls < CALLS / WORKERS {
        // The group commit of production code: without it, what was removed waits for a power loss that may bring it back.
        if committed + 2_000 < calls {
            host.sync_all(root).expect("nothing fails");
            committed = calls;
        }
        name(own(&mut prng), &mut text);
        match prng.below(8) {
            0..=2 => {
                host.stat(queue.at(&text)).expect("is there");
                calls += 1;
            }
            3..=4 => {
                let file = File::open_read(host, queue.at(&text)).expect("is there");
                bytes.clear();
                file.read(0, &mut bytes, 1 << 16).expect("can be read");
                calls += 3;
            }
            5 => {
                other.clear();
                other.extend_from_slice(&text);
                other[0] = b'9';
                host.rename(queue.at(&text), queue.at(&other))
                    .expect("moves");
                host.rename_noreplace(queue.at(&other), done.at(&text))
                    .expect("moves");
                host.rename_noreplace(done.at(&text), queue.at(&text))
                    .expect("moves");
                calls += 3;
            }
            _ => {
                fresh += 1;
                name((1 << 33) + fresh * WORKERS + seed, &mut other);
                let file = File::create_new(host, queue.at(&other)).expect("is new");
                file.append(&payload).expect("has room");
                drop(file);
                host.unlink(queue.at(&other)).expect("is there");
                calls += 4;
            }
        }
    }
    Exit::OK
}

/// Millions of names a second of one scan of the whole directory.
fn listing(machine: &mut Machine, depth: u32) -> f64 {
    let spec = TaskSpec {
        name: "lister".into(),
        process: ProcessId(99),
        root: b"queue".to_vec(),
        start_after: Duration::ZERO,
        is_watched: true,
        stack_bytes: TaskSpec::STACK_BYTES,
    };
    let program = move |host: &dyn Host| {
        let mut names = Names::default();
        let mut count = 0;
        while host.read_dir(host.root(), &mut names).is_ok() && !names.is_empty() {
            count += names.len();
        }
        assert_eq!(count, depth as usize, "each name once");
        Exit::OK
    };
    machine
        .spawn(spec, Box::new(program))
        .expect("the queue is there");
    let start = cpu_seconds();
    machine.run(&mut Timed::new(Seed(1)), &mut Undisturbed, RunLimit::NONE);
    f64::from(depth) / (cpu_seconds() - start) / 1e6
}

/// What this thread has used of the processor.
fn cpu_seconds() -> f64 {
    let times = std::fs::read_to_string("/proc/thread-self/schedstat").expect("Linux tells");
    let nanos = times.split_whitespace().next().expect("the first of three");
    nanos.parse::<f64>().expect("is a number") / 1e9
}

fn resident_bytes() -> usize {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find(|line| line.starts_with("VmRSS:"));
    let kib = line.and_then(|line| line.split_whitespace().nth(1)?.parse::<usize>().ok());
    kib.unwrap_or(0) * 1024
}
