//! A campaign for tests: invented, complete, and near to what the incident's own arithmetic gives.

use super::model::*;
use crate::stats::sample::Summary;

const RUNS: u64 = 400;
const DEPTHS: [u64; 8] = [
    10_000, 25_000, 50_000, 100_000, 250_000, 505_836, 750_000, 1_000_000,
];
const SHALLOW: [(u64, u64); 3] = [(100, 3), (1_000, 27), (3_000, 76)];

/// Predicates of the contract: id, name, and whether the legacy queue and the hot fix are known to break them.
const PREDICATES: [(&str, &str, bool, bool); 19] = [
    ("S1", "one-place", false, false),
    ("S2", "conservation", false, false),
    ("S3", "one-case", false, false),
    ("S4", "exclusive-claim", false, false),
    ("S5", "no-resurrection", false, false),
    ("S6", "whole-when-visible", false, false),
    ("S7", "idempotent-ingest", false, false),
    ("S8", "vanish-is-data", true, false),
    ("S9", "blast-radius-one", false, false),
    ("S10", "scan-tolerance", false, false),
    ("S11", "ack-after-durable", false, false),
    ("S12", "write-ahead-removal", false, false),
    ("S13", "order", false, false),
    ("S14", "names-monotone", false, false),
    ("S15", "cap", false, false),
    ("S16", "bounded-memory", false, false),
    ("S19", "bounded-window", true, true),
    ("L2", "cap-completes", true, false),
    ("L3", "no-self-reinforcement", true, true),
];

/// A campaign that passes.
pub(super) fn campaign() -> Campaign {
    Campaign {
        schema: SCHEMA,
        environment: environment(),
        stopping_rule: "400 seeds for each engine and depth, fixed beforehand; no run was dropped."
            .to_owned(),
        cells: cells(),
        axes: Vec::new(),
        sometimes: sometimes(),
        canaries: canaries(),
        swarms: vec![swarm()],
        findings: Vec::new(),
        troubles: Vec::new(),
        corpus: Some(Share { ok: 14, of: 14 }),
        repeats: Some(Share { ok: 512, of: 512 }),
        incident: incident(),
        unresolved: unresolved(),
        before_and_after: before_and_after(),
        observed_scans: vec![ObservedScan {
            label: "verification scan at 12:49".to_owned(),
            depth: 35_162,
            vanished: 1_056,
            window_nanos: Some(307_300_000_000),
        }],
        deadlines: vec![
            Deadline {
                name: "run interval".to_owned(),
                nanos: 300_000_000_000,
            },
            Deadline {
                name: "working shift".to_owned(),
                nanos: 8 * 3_600_000_000_000,
            },
        ],
        overlay: Some(overlay()),
        story: Some(race()),
        comparisons: vec![Comparison {
            first: "legacy".to_owned(),
            second: "spool".to_owned(),
            predicate: "S8".to_owned(),
            depth: 10_000,
            only_first: 203,
            only_second: 0,
        }],
        wall: Some(Wall {
            seconds: 412.6,
            budget_seconds: Some(600.0),
            machine: "2 cores, Linux 6.18".to_owned(),
        }),
    }
}

fn swarm() -> Swarm {
    let danger = |name: &str, on, struck| SwarmDanger {
        name: name.to_owned(),
        on,
        struck,
    };
    Swarm {
        scenario: "swarm".to_owned(),
        runs: 400,
        dangers: vec![
            danger("crash", 203, 201),
            danger("power loss", 197, 88),
            danger("archiver", 210, 210),
        ],
        together: vec![vec![], vec![101], vec![99, 7]],
        struck_together: vec![vec![], vec![44], vec![98, 0]],
    }
}

fn before_and_after() -> Vec<ComparedRow> {
    let row = |what: &str, told: [&str; 2], seen: [(&str, RowVerdict); 2], spool: &str| {
        let figure = |(words, verdict): (&str, RowVerdict)| Figure {
            words: words.to_owned(),
            verdict,
        };
        ComparedRow {
            what: what.to_owned(),
            before: told[0].to_owned(),
            legacy: figure(seen[0]),
            after: told[1].to_owned(),
            hotfix: figure(seen[1]),
            spool: spool.to_owned(),
        }
    };
    let (pass, miss) = (RowVerdict::Pass, RowVerdict::Miss);
    vec![
        row(
            "stages",
            ["0 of 7", "7 of 7"],
            [("0 of 7", pass), ("7 of 7", pass)],
            "7 of 7",
        ),
        row(
            "queue",
            ["growing", "draining to 28,901"],
            [
                ("growing: 35,340 → 41,200", pass),
                ("draining: 35,340 → 12,000", miss),
            ],
            "draining: 35,340 → 12",
        ),
    ]
}

/// The same campaign with one failing predicate of the production queue.
pub(super) fn failing() -> Campaign {
    let mut campaign = campaign();
    let cell = campaign
        .cells
        .iter_mut()
        .find(|c| c.engine == "spool" && c.depth == 100_000)
        .unwrap();
    let checked = cell.predicates.iter_mut().find(|p| p.id == "S3").unwrap();
    checked.failed = 3;
    checked.first_tape = Some("F-3a91c2.tape".to_owned());
    campaign.findings.push(Finding {
        fingerprint: "F-3a91c2".to_owned(),
        status: FindingStatus::New,
        predicate: "S3".to_owned(),
        name: "one-case".to_owned(),
        engine: "spool".to_owned(),
        depth: 100_000,
        failed: 3,
        runs: RUNS,
        story: "a17.json was handled twice: its rename to done/ met a sharing violation, was taken for a vanish, and the \
                next scan handled it again."
            .to_owned(),
        shrunk: Some("Shrunk 41,228 → 9 events, 3 files, 2 actors; reproduces 2/2.".to_owned()),
        replay: "sim replay target/sim-runs/r-0193/F-3a91c2.tape".to_owned(),
        seed_command: Some("git checkout 4f1d0c2 && sim replay 0x9d1e55 --engine spool --depth 100k".to_owned()),
    });
    campaign
}

fn environment() -> Environment {
    Environment {
        version: "0.1.0".to_owned(),
        commit: "4f1d0c2".to_owned(),
        scenario: "incident@b71c9e".to_owned(),
        cost_model: "incident-host@v3".to_owned(),
        profile: "nightly".to_owned(),
        seed: "0x4f1d0c2a (from-git)".to_owned(),
        shard: "1/1".to_owned(),
        created: None,
        command:
            "sim sweep --scenario incident --engine legacy,hotfix,spool --seeds 400 --seed from-git"
                .to_owned(),
    }
}

fn cells() -> Vec<Cell> {
    let shallow = SHALLOW.map(|(depth, crashed)| legacy(depth, crashed));
    let crashed = [203, 321, 396, 400, 400, 400, 400, 400];
    let deep = DEPTHS
        .iter()
        .zip(crashed)
        .map(|(&depth, crashed)| legacy(depth, crashed));
    let hotfix = DEPTHS.iter().map(|&depth| Cell {
        engine: "hotfix".to_owned(),
        crashed: 0,
        predicates: predicates(|_, _, hotfix| if hotfix { Some(RUNS) } else { None }),
        ..legacy(depth, 0)
    });
    shallow
        .into_iter()
        .chain(deep)
        .chain(hotfix)
        .chain(DEPTHS.map(spool))
        .collect()
}

/// A small, fixed unevenness, so that fits have residuals.
fn uneven(depth: u64) -> f64 {
    1.0 + ((depth / 100 % 7) as f64 - 3.0) * 0.004
}

fn legacy(depth: u64, crashed: u64) -> Cell {
    let files = depth as f64;
    let window = files * 8.74e6 * uneven(depth);
    let vanished = files * 8.74e-3 * 0.8 / 60.0 * files.min(35_000.0) / 35_000.0 * 6.0;
    Cell {
        scenario: String::new(),
        variant: String::new(),
        simulated_bytes_per_file: Some(131.0),
        engine: "legacy".to_owned(),
        depth,
        runs: RUNS,
        distinct_schedules: RUNS - depth % 3,
        crashed,
        predicates: predicates(|id, legacy, _| match (id, legacy) {
            ("S19", true) => Some(RUNS),
            (_, true) => Some(crashed),
            _ => None,
        }),
        window_nanos: summary(window, 0.06),
        window_calls_max: Some(depth + depth / 800),
        vanished_per_scan: summary(vanished.min(files * 0.03), 0.6),
        calls_per_file: Some(3.02 + 1.0 / files.sqrt()),
        virtual_nanos_per_file: Some(11.2e6 * (1.0 + 0.06 * (files / 1e4).log10().max(0.0))),
        heap_bytes_peak: Some(3_200_000 + depth * 168),
        handles_peak: Some(2),
        conservation: Some(Conservation {
            fetched: depth * RUNS,
            pending: depth * RUNS - crashed * 40,
            archived: crashed * 40,
            ..Conservation::default()
        }),
    }
}

fn spool(depth: u64) -> Cell {
    let all = depth * RUNS + 800;
    Cell {
        scenario: String::new(),
        variant: String::new(),
        simulated_bytes_per_file: Some(131.0),
        engine: "spool".to_owned(),
        depth,
        runs: RUNS,
        distinct_schedules: RUNS,
        crashed: 0,
        predicates: predicates(|_, _, _| None),
        window_nanos: summary(41.5e6 * uneven(depth), 0.2),
        window_calls_max: Some(1_024),
        vanished_per_scan: summary(0.04, 1.0),
        calls_per_file: Some(4.4 + 600.0 / depth as f64),
        virtual_nanos_per_file: Some(93_000.0 * uneven(depth)),
        heap_bytes_peak: Some(2_310_000 + depth % 9_973),
        handles_peak: Some(9),
        conservation: Some(Conservation {
            fetched: all + 120,
            duplicates: 120,
            cased: all - 30,
            quarantined: 30,
            ..Conservation::default()
        }),
    }
}

fn predicates(failed: impl Fn(&str, bool, bool) -> Option<u64>) -> Vec<Checked> {
    PREDICATES
        .iter()
        .map(|&(id, name, legacy, hotfix)| {
            let count = failed(id, legacy, hotfix);
            Checked {
                id: id.to_owned(),
                name: name.to_owned(),
                expect: if count.is_some() {
                    Expect::MustFail
                } else {
                    Expect::Always
                },
                failed: count.unwrap_or(0),
                of: RUNS,
                first_tape: count.filter(|&k| 0 < k).map(|_| format!("F-c0{id}.tape")),
            }
        })
        .filter(|checked| checked.expect == Expect::Always || 0 < checked.of)
        // The old queues promise little: only what the incident is about is checked on them.
        .filter(|checked| {
            failed("S19", true, true).is_none() || is_checked_on_specimens(&checked.id)
        })
        .collect()
}

fn is_checked_on_specimens(id: &str) -> bool {
    ["S8", "S19", "L2", "L3"].contains(&id)
}

fn summary(median: f64, spread: f64) -> Option<Summary> {
    Some(Summary {
        count: RUNS,
        mean: median * 1.01,
        p05: median / (1.0 + spread),
        median,
        p95: median * (1.0 + spread),
        max: median * (1.0 + spread) * 1.1,
    })
}

fn sometimes() -> Vec<Sometimes> {
    let goals = [
        ("vanish between list and stat", 3_014),
        ("vanish between list and claim", 2_871),
        ("lost claim race", 2_204),
        ("sharing violation on rename", 612),
        ("crash inside cap", 388),
        ("power loss that kept a rename and lost its bytes", 41),
    ];
    let goal = |(goal, runs_seen): (&str, u64)| Sometimes {
        goal: goal.to_owned(),
        runs_seen,
        runs: 3_200,
    };
    goals.into_iter().map(goal).collect()
}

fn canaries() -> Vec<Canary> {
    let canary = |engine: &str, predicate: &str, killed| Canary {
        scenario: String::new(),
        engine: engine.to_owned(),
        predicate: predicate.to_owned(),
        killed,
        runs: 4_400,
        must_fail: true,
    };
    vec![
        canary("legacy", "S8", 3_026),
        canary("legacy", "L2", 3_026),
        canary("legacy", "L3", 3_026),
        canary("legacy", "S19", 4_400),
        canary("hotfix", "L3", 3_200),
        canary("hotfix", "S19", 3_200),
    ]
}

fn incident() -> Vec<IncidentRow> {
    use RowVerdict::{Info, Miss, Pass, Unresolved};
    // Figure, account, simulated, tolerance, verdict, note.
    let rows = [
        (
            "crashes before the hot fix|3|3|same count|the instants are not matched",
            Pass,
        ),
        (
            "peak depth|505,836 files|505,836 files|1 %|arrivals are an input",
            Pass,
        ),
        (
            "verification scan|307.3 s|307.4 s|10 %|8.74 ms a stat",
            Pass,
        ),
        (
            "vanished in that scan|1,056 = 3.00 %|1,044 = 2.97 %|10 %|archiver at 206/min",
            Pass,
        ),
        ("full sort at 505,836|74 min|73.7 min|10 %|", Pass),
        (
            "gross drain|340/min|80/min net|10 %|see drain-arithmetic",
            Unresolved,
        ),
        (
            "first crash after|5.4 s|9.8 s|50 %|one sample of an exponential time",
            Miss,
        ),
        (
            "cap first exceeded|not said|before t0|none|2,800 is above the cap of 2,000",
            Info,
        ),
    ];
    rows.into_iter()
        .map(|(words, verdict)| incident_row(words, verdict))
        .collect()
}

fn incident_row(words: &str, verdict: RowVerdict) -> IncidentRow {
    let fields: Vec<&str> = words.split('|').collect();
    let [figure, account, simulated, tolerance, note] = fields.try_into().unwrap();
    let number = |words: &str| {
        words
            .split([' ', '/'])
            .next()?
            .replace(',', "")
            .parse()
            .ok()
    };
    IncidentRow {
        figure: figure.to_owned(),
        account: account.to_owned(),
        account_value: number(account),
        simulated: simulated.to_owned(),
        simulated_value: number(simulated),
        tolerance: tolerance.to_owned(),
        verdict,
        note: note.to_owned(),
    }
}

fn unresolved() -> Vec<Unresolved> {
    let fact = |id: &str, note: &str| Unresolved {
        id: id.to_owned(),
        note: note.to_owned(),
    };
    vec![
        fact(
            "drain-arithmetic",
            "6,439 files at 340/min is 19 min, not 80 or more",
        ),
        fact(
            "peak-to-drain",
            "470,496 files left the queue in 250 min: at least 1,882/min, and nothing says by what",
        ),
        fact(
            "depth-at-start",
            "one source grows the queue to 505,836; the other starts with it",
        ),
    ]
}

fn overlay() -> Overlay {
    let growth = (0..=25).map(|i| {
        (
            339.0 + f64::from(i) * 5.0,
            2_800 + (503_036 * u64::from(i as u32)) / 25,
        )
    });
    let moved =
        (1..=25_u32).map(|i| (464.0 + f64::from(i) * 10.0, 505_836 - 18_820 * u64::from(i)));
    let drained = (1..=8_u32).map(|i| (714.0 + f64::from(i) * 10.0, 35_336 - 804 * u64::from(i)));
    let before = [(329.0, 2_800)];
    let as_it_was = before
        .into_iter()
        .chain(growth.clone())
        .chain(moved)
        .chain(drained)
        .collect();
    let capped = [(329.0, 2_800), (330.0, 2_000), (339.0, 2_000)];
    let ours = capped.into_iter().chain((0..=46).map(|i| {
        (
            340.0 + f64::from(i) * 10.0,
            1_750 + u64::from(i as u32 % 2) * 250,
        )
    }));
    let observed = |minute, depth, label: &str| Observed {
        minute,
        depth,
        label: label.to_owned(),
    };
    let mark = |minute, label: &str| Mark {
        minute,
        label: label.to_owned(),
    };
    Overlay {
        day: "1 April 2026, UTC".to_owned(),
        series: vec![
            DepthSeries {
                name: "legacy, then hotfix".to_owned(),
                points: as_it_was,
            },
            DepthSeries {
                name: "spool on the same arrivals".to_owned(),
                points: ours.collect(),
            },
        ],
        observed: vec![
            observed(339.0, 2_800, "start of the backlog"),
            observed(464.0, 505_836, "peak"),
            observed(714.0, 35_340, "first run after the fix"),
            observed(769.0, 35_162, "verification scan"),
            observed(794.0, 28_901, "end of the watch"),
        ],
        crashes: vec![
            mark(329.1, "crash 1, cap"),
            mark(339.0, "crash 2, triage"),
            mark(464.05, "crash 3, cap"),
        ],
        simulated_crashes: vec![mark(331.0, ""), mark(352.0, ""), mark(401.0, "")],
    }
}

fn race() -> Race {
    let event = |at_nanos, lane, what: &str, role| RaceEvent {
        at_nanos,
        lane,
        what: what.to_owned(),
        role,
    };
    Race {
        title: "F-7c02d1: S8 vanish-is-data on legacy, minimal tape".to_owned(),
        lanes: ["consumer", "archiver", "antivirus"]
            .map(str::to_owned)
            .to_vec(),
        events: vec![
            event(0, 0, "readdir queue/ → a03, a17, a21", Role::Step),
            event(8_740_000, 0, "stat a03.json → mtime 05:28:59", Role::Step),
            event(
                9_120_000,
                2,
                "open a21.json, deny delete for 40 ms",
                Role::Step,
            ),
            event(
                12_006_000,
                1,
                "rename a17.json → processed/a17.json",
                Role::Cause,
            ),
            event(17_480_000, 0, "stat a17.json → no such file", Role::Step),
            event(
                17_480_001,
                0,
                "✗ S8: the pass ends with FileNotFoundError",
                Role::Violation,
            ),
        ],
        list_to_use: Some((0, 4)),
    }
}
