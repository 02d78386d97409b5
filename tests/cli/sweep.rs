//! Figures against depth, and the same reports again from `result.json`.

use crate::scene::{RACE, Scene};
use std::fs;

#[test]
fn a_sweep_leaves_its_reports_and_report_makes_them_again() {
    let scene = Scene::new();
    scene.write("race.toml", RACE);
    let line =
        "sweep --scenario race.toml --engine legacy --depth 120,300 --seeds 2 --reports first";
    let ended = scene.sim(line).expect(0);
    assert!(ended.out.contains("95 % Wilson"), "{}", ended.out);
    scene
        .sim("report first/scale-boundary.json --out second")
        .expect(0);
    for name in [
        "scale-boundary.json",
        "scale-boundary.md",
        "scale-boundary.html",
    ] {
        let read = |folder: &str| fs::read_to_string(scene.path().join(folder).join(name)).unwrap();
        assert_eq!(read("first"), read("second"), "{name} differs");
    }
}

#[test]
fn a_plan_says_what_the_seeds_can_tell_and_runs_nothing() {
    let scene = Scene::new();
    scene.write("race.toml", RACE);
    let ended = scene
        .sim("sweep --scenario race.toml --seeds 200 --plan")
        .expect(0);
    assert!(ended.out.contains("1.49 % a run"), "{}", ended.out);
    assert!(!scene.path().join("target").exists(), "nothing ran");
}
