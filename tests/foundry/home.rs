//! Making a home, and what else a package needs.

use crate::scene::Scene;
use std::fs;

#[test]
fn init_makes_a_home_and_overwrites_nothing() {
    let scene = Scene::new();
    scene
        .foundry("init deep")
        .expect(0)
        .shows(&["next:", "foundry run --config"]);
    for name in [
        "deep/foundry.toml",
        "deep/policy/policy.toml",
        "deep/spool/ledger",
    ] {
        assert!(scene.path(name).exists(), "{name}");
    }
    scene.edit("deep/foundry.toml", "[queue]", "# mine\n[queue]");
    scene
        .foundry("init deep")
        .expect(73)
        .tells(&["foundry.toml is there already"]);
    assert!(scene.read("deep/foundry.toml").contains("# mine"));
    fs::remove_file(scene.path("deep/foundry.toml")).unwrap();
    scene
        .foundry("init deep")
        .expect(73)
        .tells(&["policy is there already"]);
    scene
        .foundry("init nowhere/deep")
        .expect(73)
        .tells(&["cannot make nowhere/deep"]);
}

#[test]
fn a_home_that_is_not_there_is_not_made_by_a_pass() {
    let scene = Scene::home();
    fs::remove_dir_all(scene.path("spool")).unwrap();
    for command in ["run", "status", "audit", "ledger verify", "case list"] {
        let ended = scene.on_home(command).expect(78);
        ended.tells(&["there is no queue at", "foundry init"]);
    }
    assert!(!scene.path("spool").exists());
    // A directory that somebody made is completed, as systemd makes one.
    fs::create_dir(scene.path("spool")).unwrap();
    scene.on_home("run").expect(0);
}

#[test]
fn a_directory_is_adopted() {
    let scene = Scene::home();
    for number in 0..7 {
        let alert = format!("{{\"rule\":{{\"level\":3,\"id\":\"{number}\"}}}}");
        scene.write(&format!("old/{number}.json"), &alert);
    }
    scene.write("old/notes.txt", "left alone");
    scene
        .on_home("adopt old")
        .expect(0)
        .shows(&["adopted 7", "left alone 1"]);
    assert!(scene.path("old/notes.txt").exists());
    let report = scene.on_home("run --format json").expect(0).json();
    assert_eq!(report["stages"][3]["out"], 7, "{report:#}");
    scene
        .on_home("audit")
        .expect(0)
        .shows(&["cased 7", "OK: 0 mismatches"]);
    scene
        .on_home("adopt nowhere")
        .expect(74)
        .tells(&["cannot read nowhere"]);
}

#[test]
fn completions_and_the_manual_name_every_command() {
    let scene = Scene::new();
    for command in [
        "completions bash",
        "completions zsh",
        "completions fish",
        "man",
    ] {
        let page = scene.foundry(command).expect(0).out;
        for name in ["run", "serve", "status", "audit", "adopt", "ledger", "demo"] {
            assert!(page.contains(name), "no {name} in `{command}`");
        }
    }
    scene.foundry("man serve").expect(0).shows(&["SIGTERM"]);
    scene.foundry("man nothing").expect(64);
}
