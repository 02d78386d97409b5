//! Mistakes are answered with 2 and a sentence on stderr; stdout stays empty.

use crate::scene::Scene;

#[track_caller]
fn refused(line: &str, want: &str) {
    let ended = Scene::new().sim(line).expect(2);
    assert!(ended.err.contains(want), "no '{want}' in:\n{}", ended.err);
    assert_eq!(ended.out, "", "a mistake is no result");
}

#[test]
fn an_unknown_verb_or_engine_is_named() {
    refused("gat", "gat");
    refused("gate --engine spol", "did you mean `spool`?");
    refused("gate --depth many", "write a number of files");
}

#[test]
fn a_queue_that_no_machine_holds_is_refused_with_the_deepest_that_fits() {
    for verb in ["gate", "sweep"] {
        let line = format!("{verb} --scenario targeted-race --depth 99999999999");
        refused(&line, "a run of 99999999999 files needs about");
        refused(&line, "the deepest queue that fits has about");
    }
}

#[test]
fn an_unknown_scenario_is_answered_with_the_nearest() {
    refused(
        "gate --scenario targeted-rase",
        "did you mean `targeted-race`?",
    );
    refused(
        "gate --scenario nowhere.toml",
        "cannot read the scenario file nowhere.toml",
    );
}

#[test]
fn a_scenario_with_a_misspelt_key_is_pointed_at() {
    let scene = Scene::new();
    scene.write(
        "odd.toml",
        "# odd\nschema = 1\nid = \"odd\"\ntitel = \"x\"\n",
    );
    let ended = scene.sim("gate --scenario odd.toml").expect(2);
    assert!(ended.err.contains("titel"), "{}", ended.err);
}

#[test]
fn a_tape_that_is_missing_or_cut_is_refused() {
    refused("replay nowhere.tape", "cannot read the tape nowhere.tape");
    let scene = Scene::new();
    scene.write("cut.tape", "{\"format\":\"sim-tape\",\"version\":1}\n");
    assert!(
        scene
            .sim("replay cut.tape")
            .expect(2)
            .err
            .contains("cannot read a tape")
    );
    scene.write("new.tape", "{\"format\":\"sim-tape\",\"version\":99}\n{}\n");
    assert!(
        scene
            .sim("replay new.tape")
            .expect(2)
            .err
            .contains("version 99")
    );
}
