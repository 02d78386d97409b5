//! `foundry prune` and `[retention]`: what is old goes, by whole days, and the home says so.

use crate::scene::{Scene, files};
use host::{At, Host};
use os::OsHost;
use pipeline::{Pipeline, Settings};
use policy::{LoadOptions, Policy, starter};
use spool::{Spool, SpoolOptions};
use std::fs;
use tests::Shifted;

const DAY_MS: i64 = 24 * 3_600_000;

/// A home that made a pass over three alerts each so many days ago: two cases, of which one is escalated, and a file that is none.
fn home_of_ages(ages: &[i64]) -> Scene {
    let scene = Scene::home();
    let policy = Policy::load(&starter(), LoadOptions::default()).unwrap();
    let disk = OsHost::new(&scene.path("")).unwrap();
    for age in ages {
        let host = Shifted::new(&disk, -age * DAY_MS);
        for (name, text) in [
            ("a", format!(r#"{{"id":"{age}","rule":{{"level":15}}}}"#)),
            ("b", format!(r#"{{"id":"{age}","rule":{{"level":3}}}}"#)),
            ("c", format!("cut {age}")),
        ] {
            fs::write(scene.path(&format!("spool/inbox/{name}.json")), text).unwrap();
        }
        let at = At::new(host.root(), "spool");
        let spool = Spool::init(&host, at, SpoolOptions::default()).unwrap();
        let settings = Settings {
            inbox_settle: std::time::Duration::ZERO,
            ..Settings::default()
        };
        let mut pipeline = Pipeline::open(&spool, &policy, None, settings).unwrap();
        let report = pipeline.pass("run", &mut |job| vec![job.drain("w1")]);
        assert!(report.is_ok(), "{report:?}");
    }
    scene
}

fn count(scene: &Scene, below: &str) -> usize {
    tests::files_on_disk(&scene.path(below)).len()
}

#[test]
fn what_is_old_is_removed_and_every_command_knows_it() {
    let scene = home_of_ages(&[40, 31, 20, 0]);
    let listed = scene.on_home("case list --format json").expect(0).lines();
    let oldest = listed[0]["id"].as_str().unwrap().to_owned();
    let before = tests::files_on_disk(&scene.path("spool"));
    scene
        .on_home("prune --cases-older-than 30d --dry-run")
        .expect(0)
        .shows(&["would remove 4 cases and 2 quarantined files"]);
    let mut after = tests::files_on_disk(&scene.path("spool"));
    // The lock says who had it last.
    after.retain(|path, _| before.contains_key(path) && path != "run.holder");
    assert!(
        after.iter().all(|(path, bytes)| before[path] == *bytes),
        "a dry run changes nothing"
    );

    let json = scene
        .on_home("prune --cases-older-than 30d --format json")
        .expect(0)
        .json();
    let removed = ["removed_cases", "removed_quarantined", "held"].map(|key| json[key].as_u64());
    assert_eq!(removed, [Some(4), Some(2), Some(0)], "{json}");
    assert_eq!(files(&scene.path("spool/cases"), "case.json").len(), 4);
    assert_eq!(
        count(&scene, "spool/quarantine"),
        4,
        "two, with their reasons"
    );
    assert_eq!(
        files(&scene.path("spool/escalations"), "bagit.txt").len(),
        2
    );
    scene
        .on_home("prune --cases-older-than 30d")
        .expect(0)
        .shows(&["removed 0 cases, 0 quarantined files"]);

    scene.on_home("audit").expect(0).shows(&[
        "published 12",
        "cased 4",
        "quarantined 2",
        "pruned 6",
        "OK: 0 mismatches",
    ]);
    scene
        .on_home(&format!("case show {oldest}"))
        .expect(64)
        .tells(&[
            "there is no case of",
            "it was removed, as all are whose alerts came before",
        ]);
    assert_eq!(
        scene
            .on_home("case list --format json")
            .expect(0)
            .lines()
            .len(),
        4
    );
    scene.on_home("ledger verify").expect(0);
    scene.on_home("run").expect(0);
    scene
        .on_home("status")
        .expect(1)
        // A third of this home's alerts are cut.
        .shows(&[
            "retention 4 cases and 2 quarantined files",
            "published 12 =",
        ]);
    scene.on_home("audit").expect(0);
}

#[test]
fn every_pass_obeys_the_configuration() {
    let scene = home_of_ages(&[40, 20, 0]);
    scene.edit(
        "foundry.toml",
        "#cases_older_than = \"off\"",
        "cases_older_than = \"10d\"",
    );
    scene.on_home("run").expect(0);
    assert_eq!(files(&scene.path("spool/cases"), "case.json").len(), 2);
    scene
        .on_home("status")
        .expect(1)
        .shows(&["retention 4 cases and 2 quarantined files"]);
    scene.on_home("audit").expect(0).shows(&["pruned 6", "OK"]);
}

#[test]
fn what_an_audit_would_bring_back_is_not_removed() {
    let scene = Scene::home();
    scene
        .on_home("prune --cases-older-than 1h")
        .expect(64)
        .tells(&["--cases-older-than is 1h", "whole days"]);
    scene
        .on_home("prune --cases-older-than soon")
        .expect(64)
        .tells(&["not a duration"]);
    let indexer = "#url = \"https://indexer.example:9200\"";
    scene.edit("foundry.toml", indexer, &indexer[1..]);
    scene
        .on_home("prune --cases-older-than 30d")
        .expect(64)
        .tells(&["write at least 90d", "indexer.audit_window"]);
    scene.edit(
        "foundry.toml",
        "#cases_older_than = \"off\"",
        "cases_older_than = \"30d\"",
    );
    scene
        .on_home("config check")
        .expect(78)
        .tells(&["`retention.cases_older_than` is 30d", "write at least 90d"]);
    scene.edit(
        "foundry.toml",
        "#audit_window = \"2160h\"",
        "audit_window = \"30d\"",
    );
    scene.on_home("config check").expect(0);
}

#[test]
fn a_home_that_is_worked_on_is_left_alone() {
    let scene = home_of_ages(&[40]);
    let mut serve = scene.start("serve --config foundry.toml --set serve.listen=127.0.0.1:0");
    serve.wait_for("address", |line| line.contains("address").then_some(()));
    scene
        .on_home("prune --cases-older-than 30d")
        .expect(75)
        .tells(&["another process works on"]);
    assert_eq!(serve.terminate(), 0);
    assert_eq!(files(&scene.path("spool/cases"), "case.json").len(), 2);
}
