//! A ledger that somebody took away, or replaced by an older copy: nothing is written but the heartbeat, which says so.

use crate::scene::Scene;
use std::fs;
use std::path::Path;
use tests::{Files, files_on_disk};

fn drop_alerts(scene: &Scene, numbers: std::ops::Range<u32>) {
    for number in numbers {
        let alert = format!(
            r#"{{"timestamp":"2026-04-01T05:00:00.000+0000","rule":{{"level":3,"id":"1"}},"id":"1.{number}"}}"#
        );
        scene.write(&format!("spool/inbox/{number}.json"), &alert);
    }
}

/// The files of the home but those that tell of a pass.
fn kept(scene: &Scene) -> Files {
    let mut all = files_on_disk(&scene.path("spool"));
    let told = ["heartbeat.json", "foundry.prom", "run.holder"];
    all.retain(|name, _| !told.iter().any(|of| name.ends_with(of)));
    all
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy(&entry.path(), &target);
        } else {
            fs::copy(entry.path(), target).unwrap();
        }
    }
}

/// A home that has made three passes of ten alerts each, and the ledger as it was after each pass.
fn lived() -> Scene {
    let scene = Scene::home();
    for pass in 0..3 {
        drop_alerts(&scene, pass * 10..pass * 10 + 10);
        scene.on_home("run --set run.workers=1").expect(0);
        copy(
            &scene.path("spool/ledger"),
            &scene.path(&format!("ledger-{pass}")),
        );
    }
    scene
}

fn replace_ledger(scene: &Scene, by: Option<&str>) {
    fs::remove_dir_all(scene.path("spool/ledger")).unwrap();
    if let Some(by) = by {
        copy(&scene.path(by), &scene.path("spool/ledger"));
    }
}

#[track_caller]
fn check_refused(scene: &Scene, reason: &str) {
    drop_alerts(scene, 100..103);
    let before = kept(scene);
    let ended = scene.on_home("run --set run.workers=1").expect(65);
    assert!(
        ended.out.contains(reason) || ended.err.contains(reason),
        "{}{}",
        ended.out,
        ended.err
    );
    let mut after = kept(scene);
    // What opening a home makes if it is missing.
    after.retain(|name, bytes| before.contains_key(name) || !bytes.is_empty());
    assert_eq!(after, before);
    scene.on_home("status").expect(1).shows(&[reason]);
}

#[test]
fn a_ledger_that_is_gone_stops_every_stage_and_is_told() {
    let scene = lived();
    replace_ledger(&scene, None);
    check_refused(
        &scene,
        "the ledger is not the one that state/reconcile.json remembers",
    );
    // With the ledger put back, work goes on.
    fs::remove_dir_all(scene.path("spool/ledger")).unwrap();
    copy(&scene.path("ledger-2"), &scene.path("spool/ledger"));
    scene.on_home("run").expect(0);
    scene.on_home("audit").expect(0).shows(&["33"]);
}

#[test]
fn an_older_ledger_stops_every_stage_and_is_told() {
    let scene = lived();
    replace_ledger(&scene, Some("ledger-0"));
    check_refused(
        &scene,
        "the ledger is not the one that state/reconcile.json remembers",
    );
    replace_ledger(&scene, Some("ledger-2"));
    scene.on_home("run").expect(0);
    scene.on_home("audit").expect(0).shows(&["33"]);
}
