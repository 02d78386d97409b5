//! Verdicts: green, worthless, red; and the same hash from the same seed.

use crate::scene::{CALM, Ended, RACE, Scene};
use serde_json::Value;
use std::process::Command;

#[test]
fn a_calm_queue_passes_and_the_last_two_lines_keep_their_shape() {
    let scene = Scene::new();
    scene.write("calm.toml", CALM);
    let ended = scene.sim("gate --scenario calm.toml").expect(0);
    let last: Vec<&str> = ended.out.lines().rev().take(2).collect();
    assert!(last[1].starts_with("sim gate: "), "{}", ended.out);
    assert!(
        last[1].ends_with(" passed, 0 failed, 0 skipped"),
        "{}",
        ended.out
    );
    assert!(last[0].starts_with("PASS (exit 0)"), "{}", ended.out);
    assert!(
        ended
            .out
            .contains("repeat    1 of 1 runs again in a fresh process: identical hashes")
    );
    for name in ["result.json", "report.html", "report.md"] {
        assert!(scene.left(name).is_file());
    }
}

#[test]
fn a_gate_runs_its_canary_whatever_engine_was_asked_for() {
    let scene = Scene::new();
    scene.write("race.toml", RACE);
    let ended = scene.sim("gate --scenario race.toml --engine spool --seeds 1 --format json");
    let canary = one(&ended, "canary");
    assert_eq!(canary["engine"], "legacy");
    assert_eq!(
        (&canary["killed"], &canary["runs"]),
        (&Value::from(1), &Value::from(1))
    );
}

#[test]
fn a_goal_that_was_never_met_is_inconclusive() {
    let scene = Scene::new();
    let goal = CALM.replace(
        "eventually",
        "sometimes = [\"claim-redelivered\"]\neventually",
    );
    scene.write("goal.toml", &goal);
    let ended = scene.sim("gate --scenario goal.toml -q").expect(3);
    assert!(
        ended
            .out
            .contains("'claim-redelivered' never happened in 2 runs"),
        "{}",
        ended.out
    );
    assert!(ended.out.contains("INCONCLUSIVE (exit 3)"), "{}", ended.out);
}

#[test]
fn every_line_of_json_is_an_object_and_the_last_is_the_verdict() {
    let scene = Scene::new();
    scene.write("calm.toml", CALM);
    let ended = scene
        .sim("gate --scenario calm.toml --format json")
        .expect(0);
    let lines = ended.json();
    assert!(
        lines
            .iter()
            .all(|line| line["schema"] == 1 && line["type"].is_string())
    );
    let last = &lines.last().unwrap()["verdict"];
    assert_eq!(
        (&last["word"], &last["exit"]),
        (&Value::from("PASS"), &Value::from(0))
    );
    let cell = one(&ended, "cell");
    let sum = &cell["conservation"];
    assert_eq!(sum["fetched"], sum["cased"], "{sum}");
    assert_eq!(cell["scenario"], "calm");
}

#[test]
fn two_processes_give_one_hash_for_one_seed_and_another_for_another() {
    let scene = Scene::new();
    scene.write("race.toml", RACE);
    let replay = |seed: &str| {
        let line = format!("replay {seed} --scenario race.toml --engine legacy --depth 300");
        scene.sim(&line).out
    };
    let hash = |out: &str| {
        let at = out
            .find("hash ")
            .unwrap_or_else(|| panic!("no hash in {out}"));
        out[at + 5..at + 21].to_owned()
    };
    let first = replay("0x2a");
    assert_eq!(hash(&first), hash(&replay("42")));
    assert_ne!(hash(&first), hash(&replay("43")));
}

#[track_caller]
fn one(ended: &Ended, kind: &str) -> Value {
    let lines = ended.json();
    let line = lines.iter().find(|line| line["type"] == kind);
    line.unwrap_or_else(|| panic!("no {kind} in {}", ended.out))[kind].clone()
}

#[test]
fn a_queue_that_still_drains_when_its_time_is_over_is_no_failure_and_no_proof() {
    let ended = Scene::new()
        .sim("gate --scenario targeted-race --engine spool --depth 10k --seeds 1 -q")
        .expect(3);
    let want = "1 of 1 runs of targeted-race spool at 10000 files were cut off while their queues drained: raise clock.run_for";
    assert!(ended.out.contains(want), "{}", ended.out);
}

#[test]
fn the_commit_is_that_of_the_build_wherever_the_program_is_started() {
    let (plain, other) = (Scene::new(), Scene::new());
    let git = |args: &[&str]| {
        let me = ["-c", "user.name=me", "-c", "user.email=me@example.org"];
        let done = Command::new("git")
            .args(me)
            .args(args)
            .current_dir(other.path())
            .output();
        assert!(done.unwrap().status.success(), "git {args:?}");
    };
    git(&["init", "--quiet"]);
    git(&[
        "commit",
        "--quiet",
        "--allow-empty",
        "--message",
        "another program",
    ]);
    let commits = [&plain, &other].map(|scene| {
        scene.write("calm.toml", CALM);
        let ended = scene.sim("gate --scenario calm.toml --seeds 1 --format json");
        one(&ended, "environment")["commit"].clone()
    });
    assert_eq!(commits[0], commits[1]);
    let seeds = [&plain, &other].map(|scene| {
        let line = "gate --scenario calm.toml --seed from-git --print-config";
        scene.sim(line).out.lines().next().map(str::to_owned)
    });
    assert_eq!(seeds[0], seeds[1]);
}
