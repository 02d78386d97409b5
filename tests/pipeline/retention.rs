//! Retention: what is old goes, by whole days, and nothing else does, whatever happens meanwhile.

use crate::bags::packs;
use crate::world::{Blow, Strike, World, policy};
use alert::Disposition;
use host::{Call, Errno};
use pipeline::{Report, Retained, Stage};
use spool::Dispositions;
use std::io::Write;
use std::rc::Rc;
use std::time::Duration;

const DAY: Duration = Duration::from_secs(24 * 3_600);

/// A spool that keeps things for so many days.
fn keeping(days: u32) -> World {
    let mut world = World::new(&Rc::new(policy()), 1);
    world.settings.retention.cases_older_than = Some(DAY * days);
    // What does not parse is set aside at once.
    world.settings.inbox_settle = Duration::ZERO;
    world
}

#[track_caller]
fn pass_well(world: &mut World) -> Report {
    let report = world.live(None).report.unwrap();
    assert!(report.is_ok(), "{report:#?}");
    report
}

fn retained(world: &mut World) -> Option<Retained> {
    pass_well(world);
    let files = world.files();
    let beat: pipeline::heartbeat::Heartbeat =
        serde_json::from_slice(&files["heartbeat.json"]).unwrap();
    beat.retention.map(|of| Retained {
        before: host::Millis(of.before.as_millisecond()),
        cases: of.cases,
        quarantined: of.quarantined,
        removed: of.removed,
        is_done: of.is_done,
    })
}

/// Files below a directory of the spool.
fn count(world: &World, below: &str) -> usize {
    let files = world.files();
    files.keys().filter(|path| path.starts_with(below)).count()
}

/// A case, one that is escalated, and a file that is none.
fn drop_three(world: &mut World, name: &str) {
    world.drop_in(&format!("{name}-a.json"), 7);
    world.drop_in(&format!("{name}-b.json"), 15);
    world.drop_any(&format!("{name}-c.json"), format!("cut {name}").as_bytes());
}

#[test]
fn a_home_of_a_steady_stream_does_not_grow_and_its_counts_are_exact() {
    let (mut world, passes) = (keeping(5), 12);
    let (mut sizes, mut dropped) = (Vec::new(), 4);
    for day in 0..40 {
        for pass in 0..passes {
            drop_three(&mut world, &format!("{day}-{pass}"));
            pass_well(&mut world);
            dropped += 3;
        }
        world.days_pass(1);
        let report = pass_well(&mut world);
        let found = report.reconciled.unwrap();
        assert_eq!(found.published, dropped, "day {day}");
        assert!(found.is_balanced(), "{found}");
        let bytes: usize = world.files().values().map(Vec::len).sum();
        sizes.push((world.files().len(), bytes));
    }
    let (young, old) = (sizes[12], sizes[39]);
    assert!(
        old.0 <= young.0 + young.0 / 10 && old.1 <= young.1 + young.1 / 4,
        "{young:?} files and bytes after 12 days, {old:?} after 39"
    );
    let pruned = world.run(|spool| spool::ledger::pruned(spool).unwrap());
    assert!(!pruned.kept_from.is_empty(), "no segment was ever removed");
    let kept = 6 * passes;
    assert!(
        count(&world, "quarantine/") <= 2 * kept,
        "with their reasons"
    );
    assert!(
        count(&world, "escalations/") <= 12 * kept,
        "eleven files a pack"
    );
    let audit = world.audit();
    assert_eq!(audit.mismatches(), 0, "{audit}");
    let ended = audit.cased + audit.quarantined + audit.pruned;
    assert_eq!((audit.published, ended), (dropped, dropped), "{audit}");
    assert!(audit.added.is_empty() && audit.strays == 0, "{audit}");
}

#[test]
fn who_reads_the_ledger_anew_knows_what_is_gone() {
    let mut world = keeping(3);
    for day in 0..6 {
        drop_three(&mut world, &format!("{day}"));
        pass_well(&mut world);
        world.days_pass(1);
    }
    let before = pass_well(&mut world).reconciled.unwrap();
    for file in [
        "reconcile.json",
        "escalation.json",
        "retention.json",
        "scrub.json",
    ] {
        world.remove(&format!("state/{file}"));
    }
    let packs = count(&world, "escalations/");
    let after = pass_well(&mut world);
    let found = after.reconciled.unwrap();
    assert_eq!(found.to_string(), before.to_string());
    assert!(found.case_missing.is_empty());
    assert_eq!(
        count(&world, "escalations/"),
        packs,
        "no pack is made of what is gone"
    );
    let stage = after
        .stages
        .iter()
        .find(|one| one.stage == Stage::Escalation);
    assert_eq!(
        stage.unwrap().counts.errors,
        0,
        "nothing is owed to what is gone"
    );
}

#[test]
fn an_alert_that_comes_again_after_it_was_removed_is_a_case_that_stays() {
    let mut world = keeping(2);
    world.drop_in("x.json", 15);
    pass_well(&mut world);
    world.days_pass(4);
    let gone = retained(&mut world).unwrap();
    assert_eq!((gone.cases, gone.is_done), (5, true));
    assert_eq!(count(&world, "cases/"), 0);
    // Far more than the publisher remembers may have come since; here it only forgets.
    world.settings.retention.cases_older_than = None;
    world.drop_in("y.json", 7);
    world.drop_in("x.json", 15);
    pass_well(&mut world);
    let cases = count(&world, "cases/");
    world.remove("state/retention.json");
    world.settings.retention.cases_older_than = Some(2 * DAY);
    pass_well(&mut world);
    assert_eq!(count(&world, "cases/"), cases);
    let audit = world.audit();
    assert_eq!(audit.mismatches(), 0, "{audit}");
}

#[test]
fn what_somebody_added_to_a_case_goes_with_it() {
    let mut world = keeping(2);
    pass_well(&mut world);
    let case = world
        .files()
        .keys()
        .find(|path| path.starts_with("cases/"))
        .cloned()
        .unwrap();
    let dir = case.rsplit_once('/').unwrap().0.to_owned();
    world.plant(&format!("{dir}/notes"), "deep.md", b"seen before");
    world.days_pass(4);
    pass_well(&mut world);
    assert_eq!(count(&world, "cases/"), 0);
}

#[test]
fn an_hour_of_packs_takes_numbers_anew_and_no_younger_pack_goes() {
    let mut world = keeping(2);
    world.options.packed = Dispositions::of(&[
        Disposition::Benign,
        Disposition::KnownFp,
        Disposition::Review,
    ]);
    pass_well(&mut world);
    world.days_pass(4);
    pass_well(&mut world);
    assert_eq!(count(&world, "cases/"), 0);
    world.drop_in("again.json", 7);
    pass_well(&mut world);
    assert_eq!(count(&world, "cases/packed/2026/04/01/05/000001"), 1);
    world.remove("state/retention.json");
    pass_well(&mut world);
    assert_eq!(count(&world, "cases/packed/2026/04/01/05/000001"), 1);
    let audit = world.audit();
    assert_eq!(audit.mismatches(), 0, "{audit}");
}

/// Two old days and a young one, and the pass that is to remove the old ones is next.
fn before_the_removal() -> World {
    let mut world = keeping(2);
    for day in 0..3 {
        drop_three(&mut world, &format!("{day}"));
        pass_well(&mut world);
        world.days_pass(if day == 1 { 3 } else { 0 });
        world.days_pass(i64::from(day == 0));
    }
    world
}

/// Whether all that is old is gone, and all that is young stands and is counted.
fn settled(world: &mut World, strikes: &[Strike]) -> Result<(), String> {
    let report = world.live(None).report.ok_or("the last life was killed")?;
    let report = match report.is_ok() {
        true => report,
        // What a power loss left may be told of once.
        false => world.live(None).report.ok_or("the last life was killed")?,
    };
    let found = report.reconciled.as_ref().ok_or("nothing was reconciled")?;
    let audit = world.audit();
    let is_exact = report.is_ok()
        && audit.mismatches() == 0
        && found.is_balanced()
        && (found.published, audit.published) == (13, 13)
        // Of the young day: a case, one that is escalated, and a file that is none.
        && (audit.cased, audit.quarantined, audit.pruned) == (2, 1, 10)
        && packs(&world.files())?.len() == 1;
    match is_exact {
        true => Ok(()),
        false => Err(format!("{strikes:?}\n  {audit}\n  {found}\n  {report:?}")),
    }
}

/// Strikes the pass that removes, at every call that it makes, and fails with the executions that are not settled afterwards.
fn sweep(what: &str, blows: &[Blow], only: impl Fn(Call) -> bool) {
    let calls = before_the_removal().live(None).calls;
    let (mut count, mut failed) = (0, Vec::new());
    for (call, _) in calls.iter().enumerate().filter(|(_, call)| only(**call)) {
        for blow in blows {
            let strike = Strike { call, blow: *blow };
            let mut world = before_the_removal();
            world.live(Some(strike));
            count += 1;
            failed.extend(settled(&mut world, &[strike]).err());
        }
    }
    let line = format!(
        "retention: {what}: {count} executions, {} failed\n",
        failed.len()
    );
    std::io::stderr().write_all(line.as_bytes()).unwrap();
    let shown: Vec<_> = failed.iter().take(4).cloned().collect();
    assert!(shown.is_empty(), "{what}:\n{}", shown.join("\n"));
    assert!(0 < count);
}

#[test]
fn what_is_old_goes_and_what_is_young_stays() {
    let mut world = before_the_removal();
    settled(&mut world, &[]).unwrap();
}

#[test]
fn a_kill_at_any_call_of_a_pass_that_removes_loses_nothing_that_should_stay() {
    let blows = [false, true].map(|after| Blow::Kill { after });
    sweep("a kill at every call", &blows, |_| true);
}

#[test]
fn a_power_loss_at_any_call_of_a_pass_that_removes_loses_nothing_that_should_stay() {
    let blows = [false, true].map(|after| Blow::Power { after });
    sweep("a power loss at every call", &blows, |_| true);
}

#[test]
fn a_call_that_fails_in_a_pass_that_removes_loses_nothing_that_should_stay() {
    let blows = [Blow::Fail(Errno::Io)];
    sweep("every call fails once", &blows, |call| call != Call::Now);
    let held = [Blow::Fail(Errno::Busy)];
    let is_removal = |call| matches!(call, Call::Unlink | Call::Rmdir | Call::OpenRead);
    sweep("every file is held once", &held, is_removal);
}
