//! A policy is used whole or not at all; those who write one are told file, line and remedy.

use crate::scene::Scene;

const FILTER: &str = "policy/filters/mf_fim_package_caches.yml";

#[track_caller]
fn refused(from: &str, to: &str, told: &[&str]) {
    let scene = Scene::home();
    scene.edit(FILTER, from, to);
    scene.write(
        "spool/inbox/a.json",
        "{\"rule\":{\"level\":3,\"id\":\"1\"}}",
    );
    scene.on_home("run").expect(78).tells(told);
    // Nothing was judged by the rest of it.
    assert!(scene.path("spool/inbox/a.json").exists());
    assert!(!scene.path("spool/heartbeat.json").exists());
    scene.on_home("policy lint").expect(2).tells(told);
}

#[test]
fn a_policy_that_does_not_load_refuses_the_start() {
    refused(
        "syscheck.path|",
        "syscheck.pth|",
        &["mf_fim_package_caches.yml", "syscheck.pth"],
    );
    refused(
        "condition: not selection",
        "condition: selection",
        &["mf_fim_package_caches.yml", "not"],
    );
    refused("owner: security-operations", "onwer: x", &["onwer"]);
    refused(
        "var/cache/apt",
        "var/cache/apx",
        &["mf_fim_package_caches.yml:", "`tests.match`"],
    );
}

#[test]
fn a_policy_that_cannot_be_read_refuses_the_start() {
    let scene = Scene::home();
    std::fs::remove_file(scene.path("policy/policy.toml")).unwrap();
    scene
        .on_home("run")
        .expect(78)
        .tells(&["policy.toml", "missing"]);
    scene
        .on_home("policy lint --policy nowhere")
        .expect(3)
        .tells(&["nowhere", "not found"]);
    scene.edit("foundry.toml", "dir = \"policy\"", "");
    scene
        .on_home("run")
        .expect(78)
        .tells(&["`policy.dir` is missing"]);
}

#[test]
fn an_expired_filter_lets_its_alerts_fall_to_review() {
    let scene = Scene::home();
    scene.edit(FILTER, "expires: 2027-06-30", "expires: 2026-01-31");
    let alert = r#"{"rule":{"id":"554","level":5,"groups":["ossec","syscheck"]},"syscheck":{"path":"/var/cache/apt/x"}}"#;
    scene.write("spool/inbox/a.json", alert);
    scene
        .on_home("policy lint")
        .expect(1)
        .tells(&["expired after 2026-01-31"]);
    scene.on_home("run").expect(0);
    let heartbeat = scene.json("spool/heartbeat.json");
    assert_eq!(heartbeat["dispositions"]["review"], 1, "{heartbeat:#}");
}

#[test]
fn the_starter_policy_passes_its_own_tests() {
    let scene = Scene::home();
    let passed = scene.foundry("policy test --policy policy").expect(0).out;
    assert!(passed.contains("passed, 0 failed, 0 skipped"), "{passed}");
    scene.edit(FILTER, "/usr/bin/curl", "/var/cache/apt/curl");
    let failed = scene.foundry("policy test --policy policy").expect(1);
    failed
        .tells(&["`tests.no_match` is matched"])
        .shows(&["1 failed"]);
    let json = scene
        .foundry("policy test --policy policy --format json")
        .expect(1)
        .lines();
    assert_eq!(json[0]["file"], "filters/mf_fim_package_caches.yml");
}

#[test]
fn a_verdict_is_explained() {
    let scene = Scene::home();
    let alert = r#"{"rule":{"id":"550","level":7,"groups":["ossec","syscheck"]},"syscheck":{"path":"/etc/shadow"}}"#;
    scene.write("alert.json", alert);
    let shown = scene.on_home("policy explain alert.json").expect(0);
    shown.shows(&[
        "verdict: escalated",
        "fim_credential_stores_changed matches",
    ]);
    let json = scene
        .on_home("policy explain alert.json --format json")
        .expect(0)
        .json();
    assert_eq!(json["signature"], "fim_credential_stores_changed");
    scene.write("two.json", &format!("{alert}\n{alert}\n"));
    scene
        .on_home("policy explain two.json")
        .expect(64)
        .tells(&["not one alert in JSON"]);
    let stats = scene.on_home("policy stats two.json").expect(1);
    stats.shows(&["fim_credential_stores_changed", "2 alerts: escalated 2"]);
}
