//! What other programs do with the inbox: write in place, slowly, under any name, and under one name again.

use crate::scene::{Scene, files};
use serde_json::Value;
use std::fs::{self, File};
use std::io::Write;

fn alert(number: u32) -> String {
    format!(
        r#"{{"timestamp":"2026-04-01T05:00:00.000+0000","rule":{{"level":3,"id":"5501"}},"id":"1.{number}"}}"#
    )
}

/// The ids of the alerts that have a case, sorted.
fn cased(scene: &Scene) -> Vec<String> {
    let cases = files(&scene.path("spool/cases"), "alert.json");
    let id = |path: &std::path::PathBuf| {
        let alert: Value = serde_json::from_slice(&fs::read(path).unwrap()).unwrap();
        alert["id"].as_str().unwrap().to_owned()
    };
    let mut ids: Vec<_> = cases.iter().map(id).collect();
    ids.sort();
    ids
}

fn heartbeat(scene: &Scene) -> Value {
    scene.json("spool/heartbeat.json")
}

fn names_in(scene: &Scene, part: &str) -> Vec<String> {
    let entries = fs::read_dir(scene.path(part)).unwrap();
    let mut names: Vec<_> = entries
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}

#[test]
fn a_file_that_is_written_slowly_becomes_one_case_once_it_is_whole() {
    let scene = Scene::home();
    let text = alert(1);
    let (half, rest) = text.split_at(40);
    let mut file = File::create(scene.path("spool/inbox/a.json")).unwrap();
    file.write_all(half.as_bytes()).unwrap();
    scene.on_home("run").expect(0);
    assert_eq!(names_in(&scene, "spool/inbox"), ["a.json"]);
    assert_eq!(heartbeat(&scene)["inbox"]["waiting"], 1);
    file.write_all(rest.as_bytes()).unwrap();
    scene.on_home("run").expect(0);
    assert_eq!(cased(&scene), ["1.1"]);
    assert_eq!(heartbeat(&scene)["inbox"]["waiting"], 0);
    assert!(names_in(&scene, "spool/quarantine").is_empty());
    scene.on_home("audit").expect(0);
}

#[test]
fn a_name_of_its_writer_is_left_any_json_is_taken_and_the_others_are_named() {
    let scene = Scene::home();
    for (name, number) in [
        (".a.json.x1", 1),
        (".b.json", 2),
        ("C.JSON", 3),
        ("d.Json", 4),
    ] {
        scene.write(&format!("spool/inbox/{name}"), &alert(number));
    }
    scene.on_home("run").expect(0);
    assert_eq!(cased(&scene), ["1.3", "1.4"]);
    scene.on_home("status").expect(0);
    scene.write("spool/inbox/e.json.gz", &alert(5));
    scene.write("spool/inbox/f", &alert(6));
    scene.write("spool/inbox/g.json/h.json", &alert(7));
    scene.on_home("run").expect(0);
    let inbox = &heartbeat(&scene)["inbox"];
    assert_eq!(
        (&inbox["hidden"], &inbox["ignored"]),
        (&2.into(), &3.into())
    );
    let status = scene.on_home("status").expect(1);
    for name in ["e.json.gz", "f", "g.json"] {
        assert!(status.out.contains(name), "{}", status.out);
    }
    status.shows(&["3 in inbox/ will never be taken", "2 hidden, 3 never taken"]);
    // Whoever renames them is done.
    fs::rename(
        scene.path("spool/inbox/f"),
        scene.path("spool/inbox/f.json"),
    )
    .unwrap();
    fs::rename(
        scene.path("spool/inbox/e.json.gz"),
        scene.path("spool/inbox/e.json"),
    )
    .unwrap();
    fs::remove_dir_all(scene.path("spool/inbox/g.json")).unwrap();
    scene.on_home("run").expect(0);
    scene.on_home("status").expect(0);
    assert_eq!(cased(&scene), ["1.3", "1.4", "1.5", "1.6"]);
}

#[test]
fn a_name_that_is_used_again_brings_another_alert_and_a_copy_brings_none() {
    let scene = Scene::home();
    for number in [1, 2, 1] {
        scene.write("spool/inbox/alert.json", &alert(number));
        scene.on_home("run").expect(0);
    }
    assert_eq!(cased(&scene), ["1.1", "1.2"]);
    let equation = heartbeat(&scene)["equation"].to_string();
    assert!(equation.contains("duplicates 1 "), "{equation}");
    scene.on_home("audit").expect(0);
}

#[test]
fn what_its_writer_left_is_set_aside_and_taken_once_it_is_whole_after_all() {
    let scene = Scene::home();
    let text = alert(1);
    let (half, rest) = text.split_at(40);
    let mut file = File::create(scene.path("spool/inbox/a.json")).unwrap();
    file.write_all(half.as_bytes()).unwrap();
    scene.on_home("run --set inbox.settle=0s").expect(0);
    assert!(cased(&scene).is_empty());
    assert_eq!(names_in(&scene, "spool/quarantine").len(), 2);
    scene.on_home("status").expect(1).shows(&[
        "1 of 1 alerts of the last 24 h were set aside",
        ".reason says why",
    ]);
    // The file has another name by now, and its writer does not know.
    file.write_all(rest.as_bytes()).unwrap();
    for _ in 0..3 {
        scene.on_home("run").expect(0);
    }
    assert_eq!(cased(&scene), ["1.1"]);
    scene.on_home("audit").expect(0).shows(&["quarantined 1"]);
}

#[test]
fn alerts_in_quarantine_are_unhealthy_from_a_share_on() {
    let scene = Scene::home();
    for number in 0..15 {
        scene.write(&format!("spool/inbox/{number}.json"), &alert(number));
    }
    for number in 0..9 {
        scene.write(
            &format!("spool/inbox/bad-{number}.json"),
            &format!("{{\"cut\":{number}"),
        );
    }
    scene.on_home("run --set inbox.settle=0s").expect(0);
    scene
        .on_home("status")
        .expect(1)
        .shows(&["9 of 24 alerts of the last 24 h were set aside, and 10 % is normal"]);
    scene
        .on_home("status --set queue.quarantine_percent_max=40")
        .expect(0);
}
