//! scratch
use sim::run::{Plan, run};
use sim::scenario::{Engine, Scenario};
fn main() {
    let args: Vec<String> = std::env::args().collect();
    let mut scenario = Scenario::find(&args[1]).unwrap();
    let engine = match args[2].as_str() {
        "legacy" => Engine::Legacy,
        "hotfix" => Engine::Hotfix,
        _ => Engine::Spool,
    };
    let depth: u64 = args[3].parse().unwrap();
    if depth > 0 {
        scenario.queue.initial = depth;
    }
    let depth = scenario.queue.initial;
    let seeds: u64 = args[4].parse().unwrap();
    for seed in seeds..seeds + args.get(5).map_or(1, |n| n.parse().unwrap()) {
        let t = std::time::Instant::now();
        let o = run(&Plan {
            scenario: scenario.clone(),
            engine,
            depth,
            seed,
            stop_when_broken: vec![],
        });
        let wall = t.elapsed().as_secs_f64();
        println!(
            "seed {seed} {:.2}s wall, {} steps ({:.2} M/s), virtual {:.0}s, hash {:016x}, violations {}, vanished {}, crashes {}, finished {}",
            wall,
            o.steps,
            o.steps as f64 / wall / 1e6,
            o.time_ns as f64 / 1e9,
            o.trace_hash,
            o.violation_count,
            o.vanished,
            o.crashes.len(),
            o.finished
        );
        println!("  {}", o.sum);
        println!("  windows {:?} passes {}", o.windows, o.passes.len());
        println!(
            "  met {}",
            o.met.iter().map(|g| g.name()).collect::<Vec<_>>().join(" ")
        );
        if std::env::var("PASSES").is_ok() {
            for p in o.passes.iter().take(8) {
                println!("  {p:?}");
            }
        }
        for v in o.violations.iter().take(8) {
            println!("  {v}");
        }
        for a in &o.accidents {
            println!("  ACCIDENT {a}");
        }
        for c in o.crashes.iter().take(5) {
            println!("  crash {:.1}s {}", c.0 as f64 / 1e9, c.1);
        }
    }
}
