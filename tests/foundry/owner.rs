//! Whose the home is: another user is refused before anything is written, and the owner is never locked out.

use crate::scene::Scene;
use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt, chown};
use std::path::Path;

/// An account that every Linux has, and a number that none has.
const NOBODY: u32 = 65_534;
const NAMELESS: u32 = 61_234;

/// A home of another user, if this process may give one away: only root can act as both, and the other user must be able
/// to reach a temporary directory.
fn home_of(owner: u32) -> Option<Scene> {
    let scene = Scene::home();
    if fs::metadata(scene.path("spool")).unwrap().uid() != 0 {
        eprintln!("SKIPPED: only root can act as two users");
        return None;
    }
    if let Some(closed) = closed_to_others(&std::env::temp_dir()) {
        eprintln!("SKIPPED: other users cannot enter {}", closed.display());
        return None;
    }
    give(&scene.path("."), owner);
    Some(scene)
}

/// The first directory on the way that only its owner may enter.
fn closed_to_others(path: &Path) -> Option<&Path> {
    path.ancestors()
        .find(|dir| fs::metadata(dir).unwrap().permissions().mode() & 0o001 == 0)
}

fn give(path: &Path, owner: u32) {
    chown(path, Some(owner), Some(owner)).unwrap();
    if path.is_dir() {
        for entry in fs::read_dir(path).unwrap() {
            give(&entry.unwrap().path(), owner);
        }
    }
}

/// Every name below a directory, with owner, time of its last change, and bytes.
fn tree(dir: &Path, into: &mut BTreeMap<String, (u32, i64, i64, Vec<u8>)>) {
    for entry in fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        let meta = fs::symlink_metadata(&path).unwrap();
        let bytes = if meta.is_file() {
            fs::read(&path).unwrap()
        } else {
            Vec::new()
        };
        let name = path.display().to_string();
        into.insert(name, (meta.uid(), meta.mtime(), meta.mtime_nsec(), bytes));
        if meta.is_dir() {
            tree(&path, into);
        }
    }
}

fn snapshot(scene: &Scene) -> BTreeMap<String, (u32, i64, i64, Vec<u8>)> {
    let mut all = BTreeMap::new();
    tree(&scene.path("."), &mut all);
    all
}

#[test]
fn another_user_is_refused_before_anything_is_written() {
    let Some(scene) = home_of(NOBODY) else { return };
    scene.write("spool/inbox/a.json", "{}");
    scene.write("old/b.json", "{}");
    let before = snapshot(&scene);
    for command in ["run", "serve", "adopt old"] {
        scene.on_home(command).expect(77).tells(&[
            "belongs to `nobody` (uid 65534), and this process is `root` (uid 0)",
            "sudo -u nobody foundry",
        ]);
    }
    // Root may look.
    for (command, code) in [
        ("status", 1),
        ("audit", 0),
        ("case list", 0),
        ("ledger verify", 0),
    ] {
        scene.on_home(command).expect(code);
    }
    assert_eq!(snapshot(&scene), before);
}

#[test]
fn the_owner_works_and_an_owner_without_an_account_is_told_by_number() {
    let Some(scene) = home_of(NAMELESS) else {
        return;
    };
    scene.write("spool/inbox/a.json", "{}");
    scene
        .on_home("run")
        .expect(77)
        .tells(&["belongs to uid 61234", "sudo -u #61234"]);
    scene
        .as_user(NAMELESS, "run --config foundry.toml")
        .expect(0);
    scene
        .as_user(NAMELESS, "status --config foundry.toml")
        .expect(0);
    assert_eq!(
        crate::scene::files(&scene.path("spool/cases"), "alert.json").len(),
        1
    );
}

#[test]
fn a_home_that_a_pass_of_root_has_left_files_in_says_which_and_what_to_do() {
    let Some(scene) = home_of(NAMELESS) else {
        return;
    };
    scene
        .as_user(NAMELESS, "run --config foundry.toml")
        .expect(0);
    let file = scene.path("spool/heartbeat.json");
    chown(&file, Some(0), Some(0)).unwrap();
    fs::set_permissions(&file, fs::Permissions::from_mode(0o640)).unwrap();
    scene
        .as_user(NAMELESS, "run --config foundry.toml")
        .expect(77)
        .tells(&[
            "heartbeat.json belongs to `root` (uid 0), and the home to uid 61234",
            "chown -R 61234",
        ]);
    give(&scene.path("spool"), NAMELESS);
    scene
        .as_user(NAMELESS, "run --config foundry.toml")
        .expect(0);
}
