//! The specimens fail where the incident failed, and nowhere else.

use super::fake::{Before, Fake};
use super::*;
use host::{Call, Errno};

/// A queue of `count` files `0.json`, `1.json`, …, the first the oldest.
fn queue(count: i64) -> Fake {
    let fake = Fake::new();
    for age in 0..count {
        let text = format!("{{\"id\":{age}}}");
        fake.put(
            &format!("queue/{age}.json"),
            text.as_bytes(),
            1_000_000_000 * (age + 1),
        );
    }
    fake
}

fn run_with(fake: &Fake, guards: Guards, cap: u64) -> RunReport {
    let triage = TriageOptions {
        limit: None,
        alert_time_min: None,
    };
    run_only(
        fake,
        &RunOptions {
            guards,
            indexer: None,
            cap: Some(cap),
            triage: Some(triage),
            is_whole: true,
        },
    )
}

/// A run that nobody looks on.
fn run_only(fake: &Fake, options: &RunOptions<'_>) -> RunReport {
    run(fake, options, &mut |_| ())
}

/// Runs both specimens on the same misfortune: `legacy` must end at `site` with `finished` stages, `hotfix` must not.
#[track_caller]
fn check_site(call: Call, name: &str, site: Site, finished: u8) {
    let before = queue(4);
    before.before(call, name, Before::Vanish);
    let report = run_with(&before, Guards::None, 2);
    let abort = report.aborted().expect("the exception ends the run");
    assert_eq!((abort.site, abort.name.as_slice()), (site, name.as_bytes()));
    assert!(abort.is_vanished(), "{abort}");
    assert_eq!(report.stages_finished, finished);
    assert_eq!(
        before.text("heartbeat.json"),
        format!("{{\"status\":\"FAILED\",\"stages_finished\":{finished},\"stages\":7}}\n")
    );

    let after = queue(4);
    after.before(call, name, Before::Vanish);
    let report = run_with(&after, Guards::Hotfix, 2);
    assert_eq!(report.aborted(), None);
    assert_eq!(report.stages_finished, STAGES);
    let vanished: u64 = report.passes.iter().map(|pass| pass.vanished).sum();
    assert!(1 <= vanished, "the guard caught something");
    assert_eq!(after.files("queue"), [""; 0]);
}

#[test]
fn site_1_a_file_that_vanishes_before_its_stat() {
    check_site(Call::Stat, "1.json", Site::SortStat, 0);
}

#[test]
fn site_2_a_file_that_vanishes_before_its_overflow_move() {
    check_site(Call::Rename, "1.json", Site::OverflowMove, 0);
}

#[test]
fn site_3_a_file_that_vanishes_before_it_is_read() {
    check_site(Call::OpenRead, "3.json", Site::ReadText, 2);
}

#[test]
fn site_4_a_file_that_vanishes_before_it_is_archived() {
    check_site(Call::Rename, "3.json", Site::ProcessedMove, 2);
}

#[test]
fn the_cap_moves_the_oldest_by_mtime_whatever_their_names() {
    let fake = Fake::new();
    for (name, mtime) in [("a", 3), ("b", 1), ("c", 2), ("d", 4)] {
        fake.put(&format!("queue/{name}.json"), b"{}", mtime * 1_000_000_000);
    }
    fake.put("queue/note.txt", b"not an alert", 0);
    let report = run_only(
        &fake,
        &RunOptions {
            guards: Guards::None,
            indexer: None,
            cap: Some(2),
            triage: None,
            is_whole: false,
        },
    );
    assert_eq!(fake.files("processed"), ["b.json", "c.json"]);
    assert_eq!(fake.files("queue"), ["a.json", "d.json", "note.txt"]);
    let [pass] = &report.passes[..] else {
        panic!("one pass: {report:?}");
    };
    assert_eq!((pass.seen, pass.acted, pass.vanished), (4, 2, 0));
    assert_eq!(report.stages_finished, 2);
}

#[test]
fn times_that_a_float_cannot_tell_apart_keep_the_order_of_the_listing() {
    let fake = Fake::new();
    // 100 ns apart in 2026: one number as seconds in a float. The fake lists in reverse, so `b` comes first.
    let t = 1_775_021_340_000_000_000;
    fake.put("queue/a.json", b"{}", t);
    fake.put("queue/b.json", b"{}", t + 100);
    run_with(&fake, Guards::None, 1);
    assert_eq!(
        fake.files("cases"),
        ["a/case.json"],
        "the newer one was archived untriaged"
    );
}

#[test]
fn a_vanished_file_sorts_first_and_takes_a_place_in_the_overflow() {
    let fake = queue(5);
    fake.before(Call::Stat, "4.json", Before::Vanish);
    let report = run_only(
        &fake,
        &RunOptions {
            guards: Guards::Hotfix,
            indexer: None,
            cap: Some(2),
            triage: None,
            is_whole: false,
        },
    );
    // Overflow is 3 of 5 listed names: the vanished one, and the two oldest.
    assert_eq!(fake.files("processed"), ["0.json", "1.json"]);
    assert_eq!(fake.files("queue"), ["2.json", "3.json"]);
    assert_eq!((report.passes[0].acted, report.passes[0].vanished), (2, 2));
}

#[test]
fn what_is_not_missing_ends_even_a_guarded_run() {
    let fake = queue(4);
    fake.before(Call::Stat, "2.json", Before::Fail(Errno::Access));
    let report = run_with(&fake, Guards::Hotfix, 2);
    let abort = report
        .aborted()
        .expect("the guards catch one exception only");
    assert_eq!(
        abort.to_string(),
        "site 1, poll-alerts.py stat() in the sort key: stat: permission denied (2.json)"
    );
}

#[test]
fn a_sharing_violation_leaves_the_file_in_both_places() {
    let fake = queue(3);
    fake.before(Call::Rename, "0.json", Before::Fail(Errno::Busy));
    fake.before(Call::Unlink, "0.json", Before::Fail(Errno::Busy));
    let report = run_with(&fake, Guards::Hotfix, 2);
    let abort = report.aborted().expect("the removal after the copy fails");
    assert_eq!(abort.site, Site::OverflowMove);
    assert_eq!(fake.files("processed"), ["0.json"]);
    assert!(fake.files("queue").contains(&"0.json".to_owned()));
}

#[test]
fn bytes_that_are_no_json_end_the_run() {
    let fake = queue(2);
    fake.put("queue/1.json", b"{ torn", 1);
    let report = run_with(&fake, Guards::Hotfix, 10);
    let abort = report.aborted().expect("json.loads raises");
    assert_eq!(
        (abort.cause.clone(), abort.name.as_slice()),
        (Cause::NotJson, &b"1.json"[..])
    );
    assert_eq!(fake.files("cases"), ["0/case.json"]);
}

#[test]
fn triage_keeps_to_its_limit_and_its_pace() {
    let fake = queue(5);
    let report = run_only(
        &fake,
        &RunOptions {
            guards: Guards::None,
            indexer: None,
            cap: None,
            triage: Some(TriageOptions {
                limit: Some(3),
                alert_time_min: Some(std::time::Duration::from_millis(176)),
            }),
            is_whole: false,
        },
    );
    assert_eq!(report.passes[0].acted, 3);
    assert_eq!(fake.files("processed"), ["0.json", "1.json", "2.json"]);
    assert_eq!(fake.slept(), std::time::Duration::from_millis(3 * 176));
}

#[test]
fn a_case_that_is_there_already_is_written_again() {
    let fake = queue(1);
    fake.put(
        "cases/0/case.json",
        b"an older case, longer than the new one will be, by far",
        0,
    );
    run_with(&fake, Guards::None, 10);
    assert!(
        fake.text("cases/0/case.json")
            .starts_with("{\"schema\":1,\"disposition\":\"")
    );
    assert!(!fake.text("cases/0/case.json").contains("older"));
}

/// Two alerts, the second of which arrives between the runs of a test.
struct Remote {
    arrived: std::cell::Cell<u64>,
}

impl Indexer for Remote {
    fn alert(&self, cursor: u64, text: &mut Vec<u8>) -> Option<String> {
        text.extend_from_slice(b"{}");
        (cursor < self.arrived.get()).then(|| format!("{cursor}.json"))
    }
}

#[test]
fn seven_stages_take_each_alert_from_the_indexer_to_one_case_and_its_line_of_the_ledger() {
    let fake = queue(0);
    let remote = Remote {
        arrived: std::cell::Cell::new(2),
    };
    let options = RunOptions {
        guards: Guards::Hotfix,
        indexer: Some(&remote),
        cap: Some(10),
        triage: Some(TriageOptions {
            limit: None,
            alert_time_min: None,
        }),
        is_whole: true,
    };
    let first = run_only(&fake, &options);
    assert_eq!((first.aborted(), first.stages_finished), (None, STAGES));
    assert_eq!((first.mismatches, first.heartbeat), (Some(0), "OK"));
    assert_eq!(fake.files("cases"), ["0/case.json", "1/case.json"]);
    remote.arrived.set(3);
    run_only(&fake, &options);
    assert_eq!(fake.files("processed"), ["0.json", "1.json", "2.json"]);
    assert_eq!(fake.text("cursor.txt"), "3");
    // What is not in the ledger is a mismatch.
    fake.put("cases/strange/case.json", b"{}", 0);
    assert_eq!(run_only(&fake, &options).mismatches, Some(1));
}

#[test]
fn an_escalated_case_has_one_pack_however_often_it_is_looked_at() {
    let fake = queue(200);
    run_with(&fake, Guards::None, 1_000);
    let ledger = fake.text("ledger.txt");
    let escalated = ledger.lines().filter(|line| line.ends_with(" escalated"));
    let packs = fake.files("escalations");
    assert_eq!(packs.len(), escalated.count());
    assert!(!packs.is_empty(), "one of 38 is escalated");
    run_with(&fake, Guards::None, 1_000);
    assert_eq!(fake.files("escalations"), packs);
}
