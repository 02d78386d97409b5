//! Stress on the real disk with real processes: 10,000 alerts, `kill -9`, an archiver that steals.

use sim::stress::{StressOptions, StressReport, Verdict, run};
use std::path::PathBuf;
use std::time::Duration;

/// In memory where the machine has such a place: `kill -9` leaves the page cache on any filesystem, and on a disk that
/// discards online, removing the 30,000 files afterwards may take minutes. `STRESS_DIR` names another place.
fn place() -> Option<PathBuf> {
    let in_memory = PathBuf::from("/dev/shm");
    match std::env::var_os("STRESS_DIR") {
        Some(dir) => Some(dir.into()),
        None => in_memory.is_dir().then_some(in_memory),
    }
}

fn options(depth: u32) -> StressOptions {
    let program = PathBuf::from(env!("CARGO_BIN_EXE_sim-under-test"));
    StressOptions {
        dir: place(),
        kill_every: Duration::from_millis(150),
        stolen_per_second: 200,
        stuck_after: Duration::from_secs(20),
        time_max: Duration::from_secs(50),
        ..StressOptions::new(depth, program)
    }
}

fn stress(options: &StressOptions) -> StressReport {
    let report = run(options, &mut |_| {}).expect("the run can be carried out");
    println!("{report}");
    report
}

#[test]
fn ten_thousand_alerts_survive_kill_9_theft_and_bad_input() {
    let report = stress(&options(10_000));
    assert_eq!(report.verdict, Verdict::Pass, "{report}");
    let accounts = &report.accounts;
    assert_eq!(
        accounts.published,
        accounts.cased + accounts.quarantined + accounts.stolen
    );
    // One more was sent when all was over.
    assert_eq!(accounts.fabricated, 10_001);
    assert_eq!(accounts.published + accounts.stolen_unadopted, 10_001);
    assert!(3 <= report.kills.kills, "{report}");
    assert!(0 < report.kills.with_claims, "{report}");
    assert!(
        report.workers.peak_kib_max < 64 * 1_024,
        "a worker's memory depends on its claim: {report}"
    );
}

#[test]
fn workers_that_cannot_start_are_a_finding_and_not_a_pass() {
    let mut options = options(1_000);
    // A verb that the program refuses: every worker ends at once.
    options.verb = vec!["no-such-verb".to_owned()];
    options.stuck_after = Duration::from_millis(500);
    let report = stress(&options);
    assert_eq!(report.verdict, Verdict::Fail);
    let broken: Vec<_> = report
        .findings
        .iter()
        .map(|found| found.predicate)
        .collect();
    for expected in ["S8", "L1", "L7"] {
        assert!(broken.contains(&expected), "{expected} in {broken:?}");
    }
    assert_eq!(report.accounts.lost, 0, "{report}");
}

#[test]
fn a_depth_that_makes_no_sense_is_refused() {
    let refused = run(&options(10), &mut |_| {}).expect_err("ten are too few");
    assert_eq!(
        refused.to_string(),
        "cannot stress a depth of 10: it must be 1,000 to 20,000,000"
    );
}
