//! A filesystem that runs full is told of before it is.

use crate::scene::{Scene, now_ms};
use serde_json::json;
use std::fs;

#[test]
fn what_is_nearly_gone_makes_the_home_unhealthy_and_each_pass_notes_it() {
    let scene = Scene::home();
    scene.on_home("run").expect(0);
    let samples = scene.json("spool/state/space.json");
    assert_eq!(samples.as_array().unwrap().len(), 1, "{samples}");
    assert_ne!(samples[0]["bytes_free"], 0);
    scene
        .on_home("status --set home.free_percent_min=0")
        .expect(0);
    // No filesystem has more than all of it left.
    scene
        .on_home("status --set home.free_percent_min=101")
        .expect(1)
        .shows(&[
            "% of the filesystem's bytes are left for the home",
            "home.free_percent_min",
        ]);
    // A second pass within the hour notes nothing.
    scene.on_home("run").expect(0);
    assert_eq!(scene.json("spool/state/space.json"), samples);
}

#[test]
fn what_goes_fast_is_told_with_the_days_that_are_left() {
    let scene = Scene::home();
    scene.on_home("run").expect(0);
    let mut samples = scene.json("spool/state/space.json");
    let free = samples[0]["bytes_free"].as_u64().unwrap();
    let days_ago = |days: i64| now_ms() - days * 24 * 3_600_000;
    // Six days ago there was twice as much: what is left lasts six days.
    samples[0] = json!({"at_ms": days_ago(6), "bytes_free": 2 * free, "inodes_free": 0});
    scene.write("spool/state/space.json", &samples.to_string());
    let status = "status --set home.free_percent_min=0";
    scene.on_home(status).expect(1).shows(&[
        "bytes are left for the home, which last",
        "at the rate of the last 6 d",
    ]);
    scene
        .on_home(&format!("{status} --set home.lasts_min=2d"))
        .expect(0);
    scene
        .on_home(&format!("{status} --set home.lasts_min=off"))
        .expect(0);
}

/// What was noted of how full everything is.
fn noted(scene: &Scene) -> serde_json::Value {
    scene.json("spool/state/space.json")[0]["levels"].clone()
}

#[test]
fn a_directory_that_runs_full_is_told_with_number_limit_and_remedy() {
    let scene = Scene::home();
    for number in 0..8 {
        scene.write(&format!("spool/inbox/.{number}"), "half-written");
    }
    scene.write("spool/inbox/bad.json", "[]");
    scene.write("spool/inbox/good.json", r#"{"rule":{"level":3}}"#);
    scene.on_home("run --set inbox.settle=1ms").expect(0);
    let levels = noted(&scene);
    assert_eq!(levels["inbox/"], 8, "{levels}");
    assert_eq!(levels["quarantine/"], 2, "a file and its reason: {levels}");
    let count = |name: &str| fs::read_dir(scene.path(name)).unwrap().count();
    assert_eq!(levels["ledger/"], count("spool/ledger"), "{levels}");
    // The share of the day's alerts that was set aside is another warning.
    let status = "status --set queue.quarantine_percent_max=100";
    scene.on_home(status).expect(0);
    scene
        .on_home(&format!("{status} --set home.names_max=10"))
        .expect(1)
        .shows(&[
            "inbox/ has 8 names of 10 (home.names_max)",
            "remove what is not",
        ]);
    scene
        .on_home(&format!("{status} --set home.names_max=11"))
        .expect(0);
    scene
        .on_home(&format!("{status} --set home.ledger_names_max=1"))
        .expect(1)
        .shows(&["ledger/ has", "names of 1 (home.ledger_names_max)"]);
    scene
        .on_home(&format!("{status} --set home.full_percent_max=0"))
        .expect(78);
}

#[test]
fn the_directories_of_an_hour_are_counted_without_a_listing() {
    let scene = Scene::home();
    let now = jiff::Timestamp::from_millisecond(now_ms()).unwrap();
    for number in 0..5 {
        let alert = format!(r#"{{"timestamp":"{now}","rule":{{"level":3}},"id":"{number}"}}"#);
        scene.write(&format!("spool/inbox/{number}.json"), &alert);
    }
    scene.on_home("run").expect(0);
    assert_eq!(noted(&scene)["the fullest hour of cases/"], 5);
    scene
        .on_home("status --set home.subdirs_max=6")
        .expect(1)
        .shows(&[
            "the fullest hour of cases/ has 5 directories of 6 (home.subdirs_max)",
            "cases.packed",
        ]);
}

#[test]
fn what_fills_a_directory_fast_is_told_with_the_days_that_are_left() {
    let scene = Scene::home();
    scene.on_home("run").expect(0);
    let mut samples = scene.json("spool/state/space.json");
    let mut newest = samples[0].clone();
    let noted = newest["at_ms"].as_i64().unwrap();
    samples[0]["at_ms"] = json!(noted - 6 * 24 * 3_600_000);
    samples[0]["levels"]["quarantine/"] = json!(1_000_000);
    newest["levels"]["quarantine/"] = json!(3_000_000);
    samples.as_array_mut().unwrap().push(newest);
    scene.write("spool/state/space.json", &samples.to_string());
    scene.on_home("status").expect(1).shows(&[
        "quarantine/ has 3,000,000 names of 5,000,000",
        "all of it in 6 days",
        "at the rate of the last 6 d",
    ]);
    scene.on_home("status --set home.lasts_min=2d").expect(0);
}

#[test]
fn passes_that_take_all_of_their_time_are_told_of() {
    let scene = Scene::home();
    scene.on_home("run").expect(0);
    let hours_ago = |hours: i64| {
        let at = now_ms() - hours * 3_600_000;
        jiff::Timestamp::from_millisecond(at).unwrap().to_string()
    };
    // Passes of the last two hours, less a moment, that took nine tenths of it.
    let mut beat = scene.json("spool/heartbeat.json");
    assert_eq!(beat["pace"]["passes"], 1, "{beat}");
    beat["pace"] = json!({"since": hours_ago(2), "passes": 7, "busy_ms": 9 * 720_000});
    scene.write("spool/heartbeat.json", &beat.to_string());
    fs::remove_file(scene.path("spool/state/space.json")).unwrap();
    scene.on_home("run").expect(0);
    scene.on_home("status").expect(1).shows(&[
        "passes take 8",
        "% of the time between their starts",
        "run.workers",
    ]);
    scene
        .on_home("status --set home.full_percent_max=91")
        .expect(0);
}
