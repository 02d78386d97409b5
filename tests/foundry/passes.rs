//! One pass over a real indexer: what comes out, and with which code it ends when something is wrong.

use crate::scene::{Scene, files, indexer};
use serde_json::Value;

/// The state of one stage in the heartbeat.
fn stage(scene: &Scene, name: &str) -> Value {
    let heartbeat = scene.json("spool/heartbeat.json");
    let stages = heartbeat["stages"].as_array().unwrap();
    stages
        .iter()
        .find(|stage| stage["stage"] == name)
        .unwrap()
        .clone()
}

#[test]
fn a_pass_ends_in_cases_and_a_heartbeat() {
    let server = indexer(300);
    let scene = Scene::home_of(&server, "s3cret");
    let shown = scene.on_home("run --set run.workers=2").expect(0);
    shown.shows(&["published 300 =", "escalated 1", "OK in"]);
    assert_eq!(files(&scene.path("spool/cases"), "case.json").len(), 300);
    assert_eq!(files(&scene.path("spool/cases"), "alert.json").len(), 300);
    let heartbeat = scene.json("spool/heartbeat.json");
    assert_eq!(heartbeat["ok"], true);
    assert_eq!(heartbeat["dispositions"]["escalated"], 1);
    assert!(!stage(&scene, "poll")["last_success"].is_null());
    assert!(scene.read("spool/foundry.prom").contains("foundry_up 1"));
    // Nothing new: the next pass makes nothing.
    let report = scene.on_home("run --format json").expect(0).json();
    assert_eq!(
        (&report["ok"], &report["exit"]),
        (&Value::Bool(true), &Value::from(0))
    );
    assert_eq!(report["stages"][0]["out"], 0);
}

#[test]
fn a_pack_says_what_the_configuration_says_of_packs() {
    let server = indexer(10);
    let scene = Scene::home_of(&server, "s3cret");
    let keys = "run --set escalation.tlp=amber+strict --set escalation.pap=green";
    scene.on_home(keys).expect(0).shows(&["escalated 1"]);
    let outcomes = files(&scene.path("spool/escalations"), "outcome.json");
    let [outcome] = outcomes.as_slice() else {
        panic!("one pack is made, not {outcomes:?}");
    };
    let outcome: Value = serde_json::from_slice(&std::fs::read(outcome).unwrap()).unwrap();
    assert_eq!(
        (&outcome["tlp"], &outcome["pap"]),
        (&Value::from("amber+strict"), &Value::from("green"))
    );
}

#[test]
fn a_wrong_password_is_a_permission_and_never_looks_like_nothing_new() {
    let server = indexer(50);
    let scene = Scene::home_of(&server, "wrong");
    let ended = scene.on_home("run").expect(77);
    ended.shows(&[
        "poll",
        "FAILED",
        "refuses user or password (401)",
        "FAILED (exit 77) at poll",
    ]);
    let poll = stage(&scene, "poll");
    assert!(poll["last_success"].is_null(), "{poll}");
    assert!(poll["error"].as_str().unwrap().contains("401"));
    assert!(!stage(&scene, "reconcile")["last_success"].is_null());
    // The next one would only bring the account nearer to a lock.
    scene
        .on_home("run")
        .expect(75)
        .shows(&["no request before"]);
    // The right password helps without any other change, once the pause is over.
    scene
        .on_home("status")
        .expect(1)
        .shows(&["NOT healthy", "poll failed"]);
}

#[test]
fn an_unreadable_secret_is_a_permission_too() {
    let server = indexer(50);
    let scene = Scene::home_of(&server, "s3cret");
    std::fs::remove_file(scene.path("indexer.secret")).unwrap();
    scene
        .on_home("run")
        .expect(77)
        .shows(&["cannot read the credentials"]);
    scene.edit("foundry.toml", "credential_file", "#credential_file");
    scene
        .on_home("run")
        .expect(78)
        .tells(&["`indexer.credential_file` is missing", "LoadCredential"]);
    // As systemd passes it.
    scene.write("credentials/indexer", "reader:s3cret\n");
    let dir = scene.path("credentials");
    let variables = [("CREDENTIALS_DIRECTORY", dir.to_str().unwrap())];
    scene
        .foundry_with("run --config foundry.toml", &variables)
        .expect(0);
}

#[test]
fn an_indexer_that_is_down_keeps_no_other_stage_from_its_work() {
    let server = indexer(50);
    let scene = Scene::home_of(&server, "s3cret");
    drop(server);
    scene.write(
        "spool/inbox/a.json",
        "{\"rule\":{\"level\":3,\"id\":\"1\"}}",
    );
    let report = scene.on_home("run --format json").expect(69).json();
    assert_eq!(report["exit"], 69);
    let stages = report["stages"].as_array().unwrap();
    let failed: Vec<_> = stages
        .iter()
        .filter(|stage| !stage["error"].is_null())
        .collect();
    assert_eq!(failed.len(), 1, "{report:#}");
    assert_eq!(failed[0]["stage"], "poll");
    // What was there already went all the way.
    assert_eq!(stages[3]["out"], 1, "{report:#}");
    assert_eq!(report["mismatches"], 0);
    for name in ["cap", "triage", "cases", "reconcile", "heartbeat"] {
        assert!(!stage(&scene, name)["last_success"].is_null(), "{name}");
    }
}

#[test]
fn a_certificate_of_somebody_else_is_refused() {
    let (server, stranger) = (indexer(10), indexer(10));
    let scene = Scene::home_of(&server, "s3cret");
    scene.write("root-ca.pem", stranger.ca_pem());
    scene
        .on_home("run")
        .expect(69)
        .shows(&["FAILED (exit 69) at poll"]);
    scene.write("root-ca.pem", "no certificate");
    scene
        .on_home("run")
        .expect(78)
        .tells(&["the file holds no certificate"]);
    std::fs::remove_file(scene.path("root-ca.pem")).unwrap();
    scene
        .on_home("run")
        .expect(78)
        .tells(&["cannot use indexer.ca_file", "not found"]);
}

#[test]
fn an_unverified_indexer_is_told_of_in_every_heartbeat() {
    let server = indexer(10);
    let scene = Scene::home_of(&server, "s3cret");
    scene
        .on_home("config check --set indexer.insecure=true")
        .expect(78)
        .tells(&["leave one of them"]);
    scene.edit("foundry.toml", "ca_file = ", "insecure = true\n#ca_file = ");
    scene.on_home("run").expect(0);
    assert_eq!(scene.json("spool/heartbeat.json")["insecure"], true);
    assert!(
        scene
            .read("spool/foundry.prom")
            .contains("foundry_indexer_insecure 1")
    );
    scene.on_home("status").expect(0).shows(&["INSECURE"]);
}

#[test]
fn a_second_instance_is_told_who_works_here() {
    let scene = Scene::home();
    let line = "serve --config foundry.toml --set serve.listen=127.0.0.1:0 --log info";
    let mut first = scene.start(line);
    first.wait_for("address", |line| line.contains("/healthz").then_some(()));
    let pid = scene.json("spool/run.holder")["pid"].to_string();
    for command in ["run", "adopt etc-not"] {
        std::fs::create_dir_all(scene.path("etc-not")).unwrap();
        let ended = scene.on_home(command).expect(75);
        ended.tells(&["another process works on", "foundry serve", &pid]);
    }
    assert_eq!(first.terminate(), 0);
    scene.on_home("run").expect(0);
}
