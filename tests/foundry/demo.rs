//! The demo: what a new user sees first.

use crate::scene::{Scene, files};

#[test]
fn the_demo_ends_well_and_with_a_command_that_works() {
    let scene = Scene::new();
    let ended = scene.foundry("demo --alerts 400 --dir here").expect(0);
    let ended = ended.shows(&[
        "400 alerts",
        "escalated",
        "known_fp",
        "AUDIT OK: 0 mismatches",
    ]);
    let directories = files(&scene.path("here/spool/cases"), "case.json").len();
    assert!((1..400).contains(&directories), "{directories}");
    let last = ended.out.trim_end().lines().last().unwrap();
    let next = last.strip_prefix("next: foundry ").unwrap();
    let listed = scene.foundry(next).expect(0);
    assert!(listed.out.contains("escalated"), "{}", listed.out);
    // Every path that it shows is there.
    let home = scene.path("here/spool").canonicalize().unwrap();
    let home = home.to_str().unwrap();
    let paths: Vec<_> = ended
        .out
        .split_whitespace()
        .filter(|word| word.starts_with(home))
        .collect();
    assert_eq!(
        paths.len(),
        1 + 4 + 1,
        "home, a case of each disposition, heartbeat: {paths:?}"
    );
    for path in paths {
        let file = path.split('#').next().unwrap();
        assert!(std::path::Path::new(file).exists(), "{path}");
    }
    // The home is a real one.
    scene
        .foundry("ledger verify --config here/foundry.toml")
        .expect(0);
    scene.foundry("demo --dir here").expect(73);
}

#[test]
fn without_a_directory_nothing_is_left_behind() {
    let scene = Scene::new();
    let temporary = scene.path("tmp");
    std::fs::create_dir(&temporary).unwrap();
    let variables = [("TMPDIR", temporary.to_str().unwrap())];
    let ended = scene.foundry_with("demo --alerts 60", &variables).expect(0);
    ended.shows(&["AUDIT OK", "next: foundry init"]);
    assert_eq!(std::fs::read_dir(&temporary).unwrap().count(), 0);
}
