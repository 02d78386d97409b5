//! Looking at a home: status, audit, ledger, cases.

use crate::scene::{Scene, files, indexer, indexer_of, now_ms};
use mock_indexer::Recipe;
use std::fs;

/// A home after one pass over so many alerts.
fn after_a_pass(alerts: u32) -> Scene {
    let server = indexer(alerts);
    let scene = Scene::home_of(&server, "s3cret");
    // Small pages, so that the ledger has more than one record to tell of them.
    scene
        .on_home("run --set run.workers=1 --set indexer.page_alerts=10")
        .expect(0);
    scene
}

/// The last segment of a writer: its path in the scene, and its name.
fn segment(scene: &Scene, writer: &str) -> (String, String) {
    let names = fs::read_dir(scene.path("spool/ledger")).unwrap();
    let names = names.map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let name = names
        .filter(|name| name.starts_with(&format!("{writer}-")))
        .max()
        .unwrap();
    (format!("spool/ledger/{name}"), name)
}

#[test]
fn status_is_healthy_after_a_good_pass_and_not_before_or_long_after() {
    let scene = Scene::home();
    scene
        .on_home("status")
        .expect(1)
        .shows(&["NOT healthy", "no pass has ended yet"]);
    scene.on_home("run").expect(0);
    scene
        .on_home("status")
        .expect(0)
        .shows(&["healthy", "last pass", "pending 0"]);
    let json = scene.on_home("status --format json").expect(0).json();
    assert_eq!(json["healthy"], true);
    assert_eq!(json["heartbeat"]["stages"].as_array().unwrap().len(), 7);
    let soon = "status --set serve.every=1s --set run.pass_max=1s";
    std::thread::sleep(std::time::Duration::from_millis(4_100));
    scene
        .on_home(soon)
        .expect(1)
        .shows(&["one is due within 4.0 s"]);
}

#[test]
fn an_alert_that_somebody_removed_is_named_by_the_audit() {
    let scene = after_a_pass(40);
    scene
        .on_home("audit")
        .expect(0)
        .shows(&["published 40", "cased 40", "OK"]);
    let case = files(&scene.path("spool/cases"), "alert.json")
        .pop()
        .unwrap();
    let case = case.parent().unwrap();
    let id = case.file_name().unwrap().to_str().unwrap().to_owned();
    fs::remove_dir_all(case).unwrap();
    scene
        .on_home("audit")
        .expect(65)
        .shows(&[&id, "there is no case", "MISMATCH: 1"]);
    let json = scene.on_home("audit --format json").expect(65).json();
    assert_eq!(json["case_missing"][0], id);
    assert_eq!(json["ok"], false);
}

#[test]
fn a_changed_ledger_line_is_named_by_segment_and_line() {
    let scene = after_a_pass(40);
    scene
        .on_home("ledger verify")
        .expect(0)
        .shows(&["publish", "w1", "head", "OK: 2 chains"]);
    let (segment, name) = segment(&scene, "publish");
    let text = scene.read(&segment);
    assert!(3 < text.lines().count(), "{text}");
    // The second line tells of one alert less.
    let line = text.lines().nth(1).unwrap();
    let changed = line.replacen("\"published\"", "\"publishd\"", 1);
    assert_ne!(changed, line);
    scene.write(&segment, &text.replacen(line, &changed, 1));
    let broken = &*format!("{name}, line 2");
    scene
        .on_home("ledger verify")
        .expect(65)
        .shows(&[broken, "BROKEN", "w1"]);
    scene.on_home("audit").expect(65).tells(&[broken]);
    // A pass says so as well, and makes its heartbeat all the same.
    let report = scene
        .on_home("run --set indexer.url=http://127.0.0.1:1")
        .expect(65);
    report.shows(&[broken]);
    scene.on_home("status").expect(1).shows(&[broken]);
}

#[test]
fn a_ledger_whose_end_was_taken_away_is_not_what_the_heartbeat_says() {
    let scene = after_a_pass(40);
    let (segment, _) = segment(&scene, "w1");
    let text = scene.read(&segment);
    let last = text.lines().last().unwrap();
    scene.write(&segment, &text.replace(&format!("{last}\n"), ""));
    let ended = scene.on_home("ledger verify").expect(65);
    ended.shows(&["which the last heartbeat names", "BROKEN"]);
}

#[test]
fn a_case_is_shown_by_its_id() {
    let scene = after_a_pass(40);
    let listed = scene
        .on_home("case list --disposition escalated --format json")
        .expect(0)
        .lines();
    assert_eq!(listed.len(), 1);
    let id = listed[0]["id"].as_str().unwrap();
    let shown = scene.on_home(&format!("case show {id}")).expect(0);
    shown.shows(&[
        "fim_credential_stores_changed",
        "/etc/shadow",
        "case.json",
        "alert.json",
    ]);
    let json = scene
        .on_home(&format!("case show {id} --format json"))
        .expect(0)
        .json();
    assert_eq!(json["case"]["disposition"], "escalated");
    assert_eq!(json["alert"]["_id"], "planted");
    let shelf = json["shelf"].as_str().unwrap();
    assert!(
        scene
            .path(&format!("spool/cases/{shelf}/{id}/alert.json"))
            .exists()
    );
    assert_eq!(
        scene
            .on_home("case list --limit 7")
            .expect(0)
            .out
            .lines()
            .count(),
        7
    );
    let nobody = "00000000000000000000000000000000";
    scene
        .on_home(&format!("case show {nobody}"))
        .expect(64)
        .tells(&["there is no case"]);
    scene
        .on_home("case show ../x")
        .expect(64)
        .tells(&["not an alert's id"]);
}

#[test]
fn a_case_names_every_document_of_its_alert() {
    let now = now_ms();
    let mut recipe = Recipe::steady(7, 4, now - 7_200_000..now - 3_600_000);
    recipe.batches[0].redelivered = 4;
    let server = indexer_of(recipe);
    let scene = Scene::home_of(&server, "s3cret");
    scene.on_home("run").expect(0);
    let listed = scene.on_home("case list --format json").expect(0).lines();
    assert_eq!(listed.len(), 4, "a case an alert");
    for one in listed {
        let id = one["id"].as_str().unwrap();
        let show = format!("case show {id} --format json");
        let json = scene.on_home(&show).expect(0).json();
        let documents = json["documents"].as_array().unwrap();
        assert_eq!(documents.len(), 2, "{json:#}");
        assert_eq!(documents[0]["_id"], json["alert"]["_id"]);
        assert_ne!(documents[0]["_id"], documents[1]["_id"]);
        let text = scene.on_home(&format!("case show {id}")).expect(0);
        let other = documents[1]["_id"].as_str().unwrap();
        text.shows(&["\ndocuments\n", other]);
    }
}

#[test]
fn a_packed_case_is_shown_like_any_other() {
    let server = indexer(60);
    let scene = Scene::home_of(&server, "s3cret");
    scene.edit(
        "foundry.toml",
        "#packed = []",
        "packed = [\"benign\", \"known_fp\"]",
    );
    scene.on_home("run").expect(0);
    let listed = scene
        .on_home("case list --disposition benign --format json")
        .expect(0)
        .lines();
    assert!(!listed.is_empty());
    let (id, shelf) = (
        listed[0]["id"].as_str().unwrap(),
        listed[0]["shelf"].as_str().unwrap(),
    );
    assert!(
        shelf.starts_with("packed/") && shelf.ends_with(".ndjson"),
        "{shelf}"
    );
    assert!(scene.path(&format!("spool/cases/{shelf}")).is_file());
    let shown = scene.on_home(&format!("case show {id}")).expect(0);
    shown.shows(&[
        &format!("cases/{shelf}#{id}"),
        "\"disposition\": \"benign\"",
        "alert.json",
    ]);
    // What is escalated stands in a directory of its own.
    let escalated = scene
        .on_home("case list --disposition escalated --format json")
        .expect(0);
    assert!(
        !escalated.lines()[0]["shelf"]
            .as_str()
            .unwrap()
            .contains("packed")
    );
    scene
        .on_home("audit")
        .expect(0)
        .shows(&["cased 60", "OK: 0 mismatches"]);
    scene.edit("foundry.toml", "\"known_fp\"]", "\"escalated\"]");
    scene
        .on_home("run")
        .expect(78)
        .tells(&["unknown value `escalated`"]);
}
