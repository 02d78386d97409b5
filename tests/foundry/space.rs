//! A filesystem that runs full is told of before it is.

use crate::scene::{Scene, now_ms};
use serde_json::json;

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
