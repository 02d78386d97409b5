//! A tape replays anywhere: the same failure, gone, or another way.

use crate::scene::{RACE, Scene};
use std::fs;
use std::path::PathBuf;

/// A gate that has caught its canary, and the tape of that.
fn caught() -> (Scene, PathBuf) {
    let scene = Scene::new();
    scene.write("race.toml", RACE);
    scene.sim("gate --scenario race.toml --engine legacy --seeds 1");
    let tape = scene.left(".tape");
    (scene, tape)
}

#[test]
fn a_tape_reproduces_its_failure_and_tells_how_it_came() {
    let (scene, tape) = caught();
    let ended = scene.sim(&format!("replay {}", tape.display())).expect(1);
    let last = ended.out.lines().last().unwrap();
    assert!(last.starts_with("REPRODUCED, same hash "), "{}", ended.out);
    for word in [
        "lists alert-",
        "archiver ",
        "rename queue/alert-",
        "stat queue/alert-",
        "not found",
        "S8 vanish-is-data",
    ] {
        assert!(ended.out.contains(word), "no '{word}' in:\n{}", ended.out);
    }
    scene
        .sim(&format!("replay {} --expect fail", tape.display()))
        .expect(0);
}

#[test]
fn without_the_neighbour_the_failure_is_gone() {
    let (scene, tape) = caught();
    let text = fs::read_to_string(&tape).unwrap();
    let (header, body) = text.split_once('\n').unwrap();
    let mut body: serde_json::Value = serde_json::from_str(body).unwrap();
    body["scenario"]["archivers"] = serde_json::json!([]);
    scene.write("edited.tape", &format!("{header}\n{body}\n"));
    let ended = scene.sim("replay edited.tape").expect(0);
    assert!(
        ended
            .out
            .starts_with("GONE: S8 held, but the scenario was edited"),
        "{}",
        ended.out
    );
    scene.sim("replay edited.tape --expect fail").expect(1);
}

#[test]
fn code_that_takes_another_way_before_the_failure_diverges() {
    let (scene, tape) = caught();
    let text = fs::read_to_string(&tape).unwrap();
    let (header, body) = text.split_once('\n').unwrap();
    let mut body: serde_json::Value = serde_json::from_str(body).unwrap();
    // As if the code of the recording had met, much later, what today's code does not meet at all.
    body["violations"][0]["step"] = serde_json::json!(10_000_000);
    body["violations"][0]["predicate"] = serde_json::json!("S3");
    body["trace_hash"] = serde_json::json!("00000000000000ff");
    let header = header.replace("\"predicate\":\"S8\"", "\"predicate\":\"S3\"");
    scene.write("other.tape", &format!("{header}\n{body}\n"));
    let ended = scene.sim("replay other.tape").expect(3);
    assert!(
        ended.out.contains("DIVERGED at checkpoint "),
        "{}",
        ended.out
    );
}

#[test]
fn the_header_of_a_tape_is_one_readable_line() {
    let (_scene, tape) = caught();
    let text = fs::read_to_string(tape).unwrap();
    let header: serde_json::Value = serde_json::from_str(text.lines().next().unwrap()).unwrap();
    assert_eq!(header["format"], "sim-tape");
    assert_eq!(header["engine"], "legacy");
    assert_eq!(header["depth"], 300);
    assert!(
        header["scenario"].as_str().unwrap().starts_with("race@"),
        "{header}"
    );
}
