//! What a seed draws, and what it leaves alone.

use super::danger::DangerKind;
use super::draw::Drawn;
use crate::scenario::{Pace, Scenario, builtin};
use std::collections::BTreeMap;

/// A small swarm: three dangers, and lists for everything that is chosen.
const SMALL: &str = "\
schema = 1
id = \"t\"
title = \"A test\"
[clock]
run_for = \"2h\"
faults_stop = \"30m\"
[queue]
initial = 100
cap = { limit = 400 }
[swarm]
weight = { from = 0.2, to = 5.0 }
workers = [1, 2, 3]
audit = [\"1m\", \"1h\"]
initial = [0.5, 1.0]
[swarm.machine]
directory = [\"ext4\", \"tmpfs\"]
[swarm.queue]
cap = [80, 400]
bucket = [5, 10]
packed = [[], [\"benign\"]]
[[consumer]]
id = \"w\"
[[archiver]]
id = \"archiver\"
rate = \"60/min\"
batch = 10
[[power_loss]]
probability = 0.001
times = 10
[[indexer.rotation]]
at = \"1m\"
noticed = \"11m\"
";

fn small() -> Scenario {
    of(SMALL)
}

fn of(text: &str) -> Scenario {
    Scenario::parse("t.toml", text)
        .unwrap_or_else(|error| panic!("{:?}", miette::Report::new(error)))
}

fn names(scenario: &Scenario, drawn: &Drawn) -> Vec<String> {
    let all = scenario.dangers();
    drawn.on.iter().map(|on| all[on.danger].clone()).collect()
}

#[test]
fn the_same_seed_draws_the_same_and_another_seed_something_else() {
    let scenario = small();
    let of = |seed| scenario.drawn(seed, 100).scenario;
    assert_eq!(of(7), of(7));
    let swarm = builtin("swarm").unwrap();
    let texts = (0..50).map(|seed| format!("{:?}", swarm.drawn(seed, 100).scenario));
    let texts: std::collections::BTreeSet<String> = texts.collect();
    assert_eq!(texts.len(), 50, "no two of 50 runs are the same");
}

#[test]
fn what_is_drawn_is_an_ordinary_scenario_that_a_tape_can_hold() {
    let drawn = builtin("swarm").unwrap().drawn(3, 1_000).scenario;
    assert_eq!(drawn.swarm, None);
    assert!(drawn.dangers().is_empty());
    let json = serde_json::to_string(&drawn).unwrap();
    assert!(!json.contains("\"swarm\":"), "{json}");
    assert_eq!(serde_json::from_str::<Scenario>(&json).unwrap(), drawn);
    // Whoever draws from what was drawn gets it as it is.
    assert_eq!(drawn.drawn(99, 1_000).scenario, drawn);
}

#[test]
fn a_danger_that_is_added_leaves_what_the_others_draw() {
    let before = small();
    let crash =
        "[[crash]]\nprobability = 0.01\n[[power_loss]]\nafter = \"ledger\"\n[[power_loss]]\n";
    let after = of(&SMALL.replace("[[power_loss]]\n", crash));
    assert_eq!(after.dangers().len(), before.dangers().len() + 2);
    for seed in 0..100 {
        let (old, new) = (before.drawn(seed, 100), after.drawn(seed, 100));
        let [old_names, mut new_names] = [names(&before, &old), names(&after, &new)];
        new_names.retain(|name| before.dangers().contains(name));
        assert_eq!(old_names, new_names, "seed {seed}");
        let mut rest = new.scenario;
        rest.crashes.clear();
        rest.power_losses
            .retain(|loss| matches!(loss.trigger, crate::scenario::Trigger::Chance(_)));
        assert_eq!(old.scenario, rest, "seed {seed}");
    }
}

#[test]
fn each_danger_is_on_in_about_half_of_the_runs() {
    let scenario = builtin("swarm").unwrap();
    let mut runs: BTreeMap<String, u32> = BTreeMap::new();
    for seed in 0..400 {
        for name in names(&scenario, &scenario.drawn(seed, 1_000)) {
            *runs.entry(name).or_default() += 1;
        }
    }
    // Five standard deviations of 400 coins.
    for name in scenario.dangers() {
        let count = runs.get(&name).copied().unwrap_or(0);
        assert!((150..=250).contains(&count), "{name}: {count} of 400");
    }
}

#[test]
fn every_pair_of_dangers_meets_within_the_seeds_of_the_gate() {
    let scenario = builtin("swarm").unwrap();
    let count = scenario.dangers().len();
    let mut met = vec![vec![false; count]; count];
    for seed in 0..scenario.sweep.seeds {
        let on = scenario.drawn(seed, 1_000).on;
        for (place, one) in on.iter().enumerate() {
            for other in &on[..=place] {
                met[one.danger][other.danger] = true;
            }
        }
    }
    for one in 0..count {
        for other in 0..=one {
            let names = scenario.dangers();
            assert!(met[one][other], "{} and {}", names[one], names[other]);
        }
    }
}

#[test]
fn weights_stay_in_their_range_and_use_all_of_it() {
    let scenario = small();
    let mut factors: BTreeMap<&str, Vec<f64>> = BTreeMap::new();
    for seed in 0..400 {
        let drawn = scenario.drawn(seed, 100).scenario;
        if let Some(archiver) = drawn.archivers.first() {
            let Pace::EveryNs(interval) = archiver.pace else {
                panic!("a pace stays one")
            };
            factors
                .entry("pace")
                .or_default()
                .push(1e9 / interval as f64);
            factors
                .entry("batch")
                .or_default()
                .push(archiver.batch as f64 / 10.0);
        }
        if let Some(loss) = drawn.power_losses.first() {
            let crate::scenario::Trigger::Chance(chance) = loss.trigger else {
                panic!("a chance stays one")
            };
            factors.entry("chance").or_default().push(chance / 0.001);
            let times = loss.times.expect("it is bounded");
            factors
                .entry("times")
                .or_default()
                .push(times as f64 / 10.0);
        }
        if let Some(rotation) = drawn.indexer.rotations.first() {
            let length = rotation.noticed_ns - rotation.at_ns;
            factors
                .entry("length")
                .or_default()
                .push(length as f64 / 600e9);
            assert!(rotation.at_ns < 1_800_000_000_000, "before faults stop");
        }
    }
    assert_eq!(factors.len(), 5);
    for (what, factors) in factors {
        let (least, most) = factors
            .iter()
            .fold((f64::MAX, 0.0), |(least, most), factor| {
                (f64::min(least, *factor), f64::max(most, *factor))
            });
        assert!(0.199 < least && most < 5.001, "{what}: {least} to {most}");
        assert!(
            least < 0.3 && 3.5 < most,
            "{what}: {least} to {most} of 0.2 to 5"
        );
        // As often a fifth as five times as much.
        let smaller = factors.iter().filter(|factor| **factor < 1.0).count();
        let share = smaller as f64 / factors.len() as f64;
        assert!((0.35..0.65).contains(&share), "{what}: {share} below 1");
    }
}

#[test]
fn every_value_of_every_list_is_drawn_and_no_other() {
    let scenario = small();
    let mut seen: BTreeMap<String, u32> = BTreeMap::new();
    for seed in 0..200 {
        let Drawn {
            scenario, depth, ..
        } = scenario.drawn(seed, 100);
        for value in [
            format!("depth {depth}"),
            format!("directory {:?}", scenario.machine.directory),
            format!("sharing {:?}", scenario.machine.sharing),
            format!("cap {}", scenario.queue.cap),
            format!("bucket {}", scenario.queue.bucket),
            format!("packed {}", scenario.queue.packed.len()),
            format!("workers {}", scenario.consumers[0].count),
            format!(
                "audit {} s",
                scenario.indexer.audit_every_ns / 1_000_000_000
            ),
            format!("open files {:?}", scenario.machine.limits.open_files),
        ] {
            *seen.entry(value).or_default() += 1;
        }
    }
    let values: Vec<&str> = seen.keys().map(String::as_str).collect();
    assert_eq!(
        values,
        [
            "audit 3600 s",
            "audit 60 s",
            "bucket 10",
            "bucket 5",
            "cap 400",
            "cap 80",
            "depth 100",
            "depth 50",
            "directory Ext4",
            "directory Tmpfs",
            "open files None",
            "packed 0",
            "packed 1",
            "sharing Posix",
            "workers 1",
            "workers 2",
            "workers 3",
        ]
    );
}

#[test]
fn passwords_change_one_after_the_other_whatever_is_drawn() {
    let second = "[[indexer.rotation]]\nat = \"20m\"\nnoticed = \"25m\"\n";
    let scenario = of(&format!("{SMALL}{second}"));
    assert_eq!(
        scenario.dangers()[2..],
        ["password changed", "password changed 2"]
    );
    let mut both = 0;
    for seed in 0..100 {
        let rotations = scenario.drawn(seed, 100).scenario.indexer.rotations;
        assert!(rotations.iter().all(|one| one.at_ns < one.noticed_ns));
        if let [first, second] = rotations[..] {
            assert!(first.noticed_ns < second.at_ns, "seed {seed}");
            both += 1;
        }
    }
    assert!(10 < both, "{both} runs have both");
}

#[test]
fn a_producer_of_late_alerts_goes_on_in_time_when_that_danger_is_off() {
    let live = "[[producer]]\nid = \"live\"\ntotal = 9\nduplicates = 0.5\n";
    let old = "[[producer]]\nid = \"old\"\ntotal = 9\nage = \"9h\"\n";
    let scenario = of(&format!("{SMALL}{live}{old}"));
    assert_eq!(scenario.dangers()[..2], ["late alerts of live", "old"]);
    let mut seen = [0; 4];
    for seed in 0..50 {
        let drawn = scenario.drawn(seed, 100);
        let is_on = |number| drawn.on.iter().any(|on| on.danger == number);
        let producers = &drawn.scenario.producers;
        assert_eq!(producers[0].id, "live");
        assert_eq!(0.0 < producers[0].duplicates, is_on(0), "seed {seed}");
        assert_eq!(producers.len() == 2, is_on(1), "seed {seed}");
        seen[usize::from(is_on(0)) * 2 + usize::from(is_on(1))] += 1;
    }
    assert!(seen.iter().all(|count| 0 < *count), "{seen:?}");
}

#[test]
fn the_places_of_dangers_are_those_in_the_drawn_scenario() {
    let scenario = builtin("swarm").unwrap();
    for seed in 0..20 {
        let drawn = scenario.drawn(seed, 1_000);
        for on in drawn.on.iter().filter(|on| on.kind == DangerKind::Archiver) {
            let id = &drawn.scenario.archivers[on.place].id;
            assert_eq!(id, &scenario.dangers()[on.danger], "seed {seed}");
        }
    }
}
