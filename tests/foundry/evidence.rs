//! What is finished stays what it was: what somebody changes, removes or adds among the cases is told.

use crate::scene::{Scene, files, indexer};
use std::fs;
use std::path::PathBuf;

/// A home after one pass over so many alerts, with these cases packed.
fn home_with(alerts: u32, packed: &str) -> Scene {
    let server = indexer(alerts);
    let scene = Scene::home_of(&server, "s3cret");
    scene.edit(
        "foundry.toml",
        "#packed = []",
        &format!("packed = [{packed}]"),
    );
    scene.on_home("run --set run.workers=1").expect(0);
    // The indexer is gone with this function: later passes are not to ask for it.
    scene.edit("foundry.toml", "url = ", "#url = ");
    scene
}

/// The directories of the cases that are directories, in order.
fn directories(scene: &Scene) -> Vec<PathBuf> {
    let alerts = files(&scene.path("spool/cases"), "alert.json");
    let mut cases: Vec<_> = alerts
        .iter()
        .map(|alert| alert.parent().unwrap().to_owned())
        .collect();
    cases.sort();
    cases
}

fn name(path: &std::path::Path) -> String {
    path.file_name().unwrap().to_str().unwrap().to_owned()
}

/// Changes the word of a case's judgement.
fn rejudge(case: &std::path::Path) {
    let file = case.join("case.json");
    let text = fs::read_to_string(&file).unwrap();
    let changed = text.replacen("\"disposition\":\"", "\"disposition\":\"x", 1);
    assert_ne!(changed, text);
    fs::write(&file, changed).unwrap();
}

fn append(file: &std::path::Path) {
    let mut bytes = fs::read(file).unwrap();
    bytes.extend_from_slice(b" ");
    fs::write(file, bytes).unwrap();
}

#[test]
fn changed_missing_and_added_files_are_told_apart() {
    let scene = home_with(40, "");
    let cases = directories(&scene);
    rejudge(&cases[0]);
    append(&cases[1].join("alert.json"));
    fs::write(cases[2].join("notes.md"), "seen before").unwrap();
    fs::remove_file(cases[3].join("case.json")).unwrap();
    fs::remove_file(cases[4].join("manifest-sha256.txt")).unwrap();
    fs::remove_file(cases[5].join("alert.json")).unwrap();
    fs::remove_dir_all(&cases[6]).unwrap();
    let json = scene.on_home("audit --format json").expect(65).json();
    let mut damaged: Vec<_> = json["damaged"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| {
            let path = one["path"].as_str().unwrap();
            let id = path.rsplit('/').next().unwrap().to_owned();
            (
                id,
                one["file"].as_str().unwrap().to_owned(),
                one["kind"].as_str().unwrap().to_owned(),
            )
        })
        .collect();
    damaged.sort();
    let wanted = [
        (0, "case.json", "changed"),
        (1, "alert.json", "changed"),
        (3, "case.json", "missing"),
        (4, "manifest-sha256.txt", "missing"),
        (5, "alert.json", "missing"),
    ];
    let mut wanted: Vec<_> = wanted
        .iter()
        .map(|(at, file, kind)| (name(&cases[*at]), (*file).to_owned(), (*kind).to_owned()))
        .collect();
    wanted.sort();
    assert_eq!(damaged, wanted);
    assert_eq!(json["case_missing"], serde_json::json!([name(&cases[6])]));
    let added = json["added"].as_array().unwrap();
    assert_eq!(added.len(), 1);
    assert!(
        added[0]
            .as_str()
            .unwrap()
            .ends_with(&format!("{}/notes.md", name(&cases[2])))
    );
    assert_eq!(json["unsealed"], 0);
    let text = scene.on_home("audit").expect(65);
    text.shows(&[
        "changed: ",
        "missing: ",
        "added, and no damage: ",
        "MISMATCH: 6",
    ]);
    // The names alone do not tell of bytes.
    let json = scene
        .on_home("audit --names --format json")
        .expect(65)
        .json();
    assert_eq!(json["mismatches"], 2);
}

#[test]
fn a_note_beside_a_case_is_no_damage() {
    let scene = home_with(10, "");
    fs::write(directories(&scene)[0].join("notes.md"), "seen before").unwrap();
    let ended = scene
        .on_home("audit")
        .expect(0)
        .shows(&["notes.md", "OK: 0 mismatches"]);
    assert_eq!(ended.err, "", "no bar where nobody watches");
}

#[test]
fn a_case_that_is_changed_with_its_manifest_is_told_by_the_ledger() {
    let scene = home_with(10, "");
    let case = directories(&scene).remove(0);
    rejudge(&case);
    let sums = |file: &str| {
        let output = std::process::Command::new("sha256sum")
            .arg(file)
            .current_dir(&case)
            .output()
            .unwrap();
        String::from_utf8(output.stdout).unwrap()
    };
    let manifest = format!("{}{}", sums("alert.json"), sums("case.json"));
    fs::write(case.join("manifest-sha256.txt"), manifest).unwrap();
    scene.on_home("audit").expect(65).shows(&[
        "changed: ",
        "manifest-sha256.txt is not the one that the ledger says",
        "MISMATCH: 1",
    ]);
}

#[test]
fn a_pack_that_is_changed_or_gone_is_told_and_names_are_not_asked_for_bytes() {
    let scene = home_with(60, "\"benign\", \"known_fp\", \"review\"");
    let packs = packs(&scene);
    let mut bytes = fs::read(&packs[0]).unwrap();
    let at = bytes.len() - 3;
    bytes[at] ^= 1;
    fs::write(&packs[0], bytes).unwrap();
    let pack = name(&packs[0]);
    scene
        .on_home("audit")
        .expect(65)
        .shows(&["changed: ", &pack, "MISMATCH: 1"]);
    scene
        .on_home("audit --names")
        .expect(0)
        .shows(&["OK: 0 mismatches"]);
    fs::remove_file(&packs[1]).unwrap();
    let json = scene.on_home("audit --format json").expect(65).json();
    assert!(!json["case_missing"].as_array().unwrap().is_empty());
}

/// The packs that have cases; others only announce directories.
fn packs(scene: &Scene) -> Vec<PathBuf> {
    let mut packs = fs_files(&scene.path("spool/cases/packed"));
    packs.retain(|pack| 1 < fs::read_to_string(pack).unwrap().lines().count());
    assert!(2 <= packs.len(), "{packs:?}");
    packs
}

/// Every file below `dir`, in order.
fn fs_files(dir: &std::path::Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        match path.is_dir() {
            true => found.extend(fs_files(&path)),
            false => found.push(path),
        }
    }
    found.sort();
    found
}

/// Passes until the scrub has made a whole round that began after this was called.
fn scrubbed(scene: &Scene) -> serde_json::Value {
    let rounds = |scene: &Scene| {
        let beat = scene.json("spool/heartbeat.json");
        beat["scrub"]["rounds"].as_u64().unwrap()
    };
    let before = rounds(scene);
    let pass = "run --set run.workers=1 --set scrub.every=1s";
    for _ in 0..60 {
        std::thread::sleep(std::time::Duration::from_millis(600));
        scene.on_home(pass);
        // One may have been under way, and past the case that was changed.
        if before + 2 <= rounds(scene) {
            return scene.json("spool/heartbeat.json")["scrub"].clone();
        }
    }
    panic!("no round in 60 passes");
}

#[test]
fn cases_that_somebody_removes_are_missed_by_the_scrub_and_named() {
    let scene = home_with(60, "");
    let cases = directories(&scene);
    for case in &cases[..40] {
        fs::remove_dir_all(case).unwrap();
    }
    let scrub = scrubbed(&scene);
    assert_eq!(scrub["findings"], 40);
    let named: Vec<_> = scrub["named"].as_array().unwrap().iter().collect();
    assert_eq!(named.len(), 20);
    for one in named {
        let one = one.as_str().unwrap();
        assert!(one.starts_with("missing: "), "{one}");
        assert!(
            cases[..40].iter().any(|case| one.ends_with(&name(case))),
            "{one}"
        );
    }
    scene
        .on_home("status")
        .expect(1)
        .shows(&["40 of what is finished is not as it was recorded: missing: "]);
    let metrics = scene.read("spool/foundry.prom");
    assert!(
        metrics.contains("\nfoundry_scrub_findings 40\n"),
        "{metrics}"
    );
}

#[test]
fn changed_cases_are_found_by_the_scrub_until_they_are_mended_and_notes_are_not() {
    let scene = home_with(20, "");
    let cases = directories(&scene);
    let before = fs::read(cases[0].join("case.json")).unwrap();
    rejudge(&cases[0]);
    append(&cases[1].join("alert.json"));
    fs::write(cases[2].join("notes.md"), "seen before").unwrap();
    let scrub = scrubbed(&scene);
    assert_eq!(scrub["findings"], 2);
    let named = scrub["named"].to_string();
    for file in [cases[0].join("case.json"), cases[1].join("alert.json")] {
        let case = name(file.parent().unwrap());
        assert!(
            named.contains(&format!("{case}/{}", name(&file))),
            "{named}"
        );
    }
    fs::write(cases[0].join("case.json"), before).unwrap();
    assert_eq!(scrubbed(&scene)["findings"], 1);
}

#[test]
fn a_pack_that_somebody_removes_is_missed_by_the_scrub_with_its_cases() {
    let scene = home_with(60, "\"benign\", \"known_fp\", \"review\"");
    let packs = packs(&scene);
    let lines = fs::read_to_string(&packs[0]).unwrap().lines().count() - 1;
    fs::remove_file(&packs[0]).unwrap();
    append(&packs[1]);
    let scrub = scrubbed(&scene);
    assert_eq!(scrub["findings"], lines + 1);
    let named = scrub["named"].to_string();
    assert!(named.contains(&format!("{}#", name(&packs[0]))), "{named}");
    assert!(named.contains("changed: packed/"), "{named}");
}

#[test]
fn a_damaged_state_of_the_scrub_begins_a_round_anew() {
    let scene = home_with(20, "");
    scene.write("spool/state/scrub.json", "{\"position\":7}");
    scene.on_home("run").tells(&["the scrub begins anew"]);
    fs::remove_dir_all(&directories(&scene)[0]).unwrap();
    assert_eq!(scrubbed(&scene)["findings"], 1);
}

#[test]
fn without_a_scrub_nothing_is_said_of_one() {
    let scene = home_with(10, "");
    scene.edit("foundry.toml", "#every = \"7d\"", "every = \"off\"");
    scene.on_home("run");
    assert!(scene.json("spool/heartbeat.json").get("scrub").is_none());
}
