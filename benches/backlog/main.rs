//! A backlog from an indexer over HTTPS to finished cases, by the production pipeline, beside bare loops of its calls.
//!
//! ```text
//! cargo bench -p benches --bench backlog
//! BENCH_DIR=/mnt/x BENCH_ALERTS=1000000 BENCH_ROUNDS=1 cargo bench -p benches --bench backlog
//! ```
//! `BENCH_ALERTS` is how many (20,000), `BENCH_ROUNDS` how often (2; the sides change places), `BENCH_WORKERS` how many
//! threads drain (2), `BENCH_SIGNATURES` how many signatures the last row judges by (500), `BENCH_MIX` which cases are
//! packed: `directories`, `packed` or `both`. `BENCH_SMALL` is how many alerts the run has whose memory is compared with
//! that of the large one (10,000): beyond 65,536, every window that the pipeline remembers is full in both. A million alerts take 20 GB as directories and 5 GB packed, twice each.
//!
//! The mock indexer answers from this process. Pipeline and bare loop are each a process of their own, so their memory
//! and their processor time are theirs alone, and the indexer's can be told. Each is given a fresh directory, and nothing is
//! removed before the end: deleting poisons what is measured next on some disks.

mod beside;
mod judging;
mod mix;
mod run;
mod source;
mod table;

use run::{Run, Side};
use source::Source;
use std::path::{Path, PathBuf};
use table::Table;

/// What the environment asks for.
struct Wanted {
    alerts: u32,
    /// Alerts of the run whose memory is compared with that of the large one.
    small: u32,
    rounds: u32,
    workers: u32,
    signatures: u32,
    mix: String,
}

fn main() {
    let args: Vec<String> = std::env::args().collect();
    if let Some(at) = args.iter().position(|arg| arg == run::VERB) {
        run::child_main(&args[at + 1..], beside::run);
        return;
    }
    let setting = |name: &str, default: u32| {
        std::env::var(name).map_or(default, |text| text.parse().expect("a number"))
    };
    let wanted = Wanted {
        alerts: setting("BENCH_ALERTS", 20_000),
        small: setting("BENCH_SMALL", 10_000),
        rounds: setting("BENCH_ROUNDS", 2),
        workers: setting("BENCH_WORKERS", 2),
        signatures: setting("BENCH_SIGNATURES", 500),
        mix: std::env::var("BENCH_MIX").unwrap_or_else(|_| "both".to_owned()),
    };
    let parent = std::env::var_os("BENCH_DIR").map_or_else(std::env::temp_dir, PathBuf::from);
    let dir = tempfile::tempdir_in(&parent).expect("a directory to measure in");
    let machine = sim::stress::Machine::of(dir.path());
    println!(
        "{} ({} cores), {}, kernel {}; load {}",
        machine.cpu,
        machine.cores,
        machine.filesystem,
        machine.kernel,
        table::load()
    );
    measure(dir.path(), &wanted);
}

fn measure(dir: &Path, wanted: &Wanted) {
    let mut table = Table::default();
    let source = Source::start(wanted.alerts);
    for (what, is_packed) in [("directories", false), ("packed", true)] {
        if wanted.mix != "both" && wanted.mix != what {
            continue;
        }
        let one = |side, round: u32| {
            let dir = dir.join(format!("{what}-{}-{round}", side_word(side)));
            let workers = wanted.workers;
            Run::start(&source, &dir, side, is_packed, workers, wanted.alerts)
        };
        let mut pairs = Vec::new();
        for round in 0..wanted.rounds {
            // The bare loop repeats the requests of a pipeline, so the first pipeline comes first.
            let sides = match round % 2 {
                0 => [Side::Pipeline, Side::Bare],
                _ => [Side::Bare, Side::Pipeline],
            };
            let done = sides.map(|side| one(side, round));
            let [pipeline, bare] = match round % 2 {
                0 => done,
                _ => {
                    let [bare, pipeline] = done;
                    [pipeline, bare]
                }
            };
            pairs.push((pipeline, bare));
        }
        table.add(what, is_packed, &pairs);
        memory_of_small(dir, what, is_packed, wanted, &mut table, &pairs);
    }
    judging::measure(wanted.signatures, &mut table);
    table.print();
}

fn side_word(side: Side) -> &'static str {
    match side {
        Side::Pipeline => "pipeline",
        Side::Bare => "bare",
    }
}

/// The same pipeline over few alerts, for its memory.
fn memory_of_small(
    dir: &Path,
    what: &str,
    is_packed: bool,
    wanted: &Wanted,
    table: &mut Table,
    pairs: &[(Run, Run)],
) {
    let alerts = wanted.small.min(wanted.alerts);
    let source = Source::start(alerts);
    let dir = dir.join(format!("{what}-small"));
    let small = Run::start(
        &source,
        &dir,
        Side::Pipeline,
        is_packed,
        wanted.workers,
        alerts,
    );
    let large = pairs.iter().map(|(pipeline, _)| pipeline.get("peak_kib"));
    let large = large.fold(0.0, f64::max);
    table.add_memory(wanted.alerts, large, alerts, small.get("peak_kib"));
}
