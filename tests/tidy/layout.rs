//! What stands at the top, how long a file may be, and what no file may contain.

use crate::repository::{Repository, read};
use std::path::PathBuf;

/// What everybody who opens the repository relies on. See the map in the architecture page.
const TOP: &[&str] = &[
    "Cargo.toml",
    "Cargo.lock",
    "README.md",
    "clippy.toml",
    ".cargo/config.toml",
    "crates",
    "sim",
    "tests",
    "benches",
];

/// A file beyond this is two files.
const FILE_LINES_MAX: usize = 600;

/// What is not finished, or never runs. Written in two parts, so that this file does not contain them.
const STUBS: &[&str] = &[
    concat!("todo", "!("),
    concat!("unimplemented", "!("),
    concat!("#[", "ignore"),
];

#[test]
fn the_top_of_the_repository_is_as_the_map_says() {
    let root = Repository::open().root;
    for name in TOP {
        assert!(root.join(name).exists(), "{name} is missing");
    }
}

#[test]
fn no_file_is_longer_than_a_subject_needs() {
    let repository = Repository::open();
    for path in repository.rust_files() {
        let lines = read(&path).lines().count();
        let shown = repository.show(&path);
        assert!(lines <= FILE_LINES_MAX, "{shown} has {lines} lines");
    }
}

#[test]
fn nothing_is_left_for_later() {
    let repository = Repository::open();
    for path in repository.rust_files() {
        let text = read(&path);
        for stub in STUBS {
            let line = text.lines().position(|line| line.contains(stub));
            let shown = repository.show(&path);
            assert_eq!(line, None, "{shown} has {stub} at that line, from 0");
        }
    }
}

#[test]
fn every_scenario_begins_with_its_story() {
    let repository = Repository::open();
    let folder = repository.root.join("scenarios");
    let Ok(entries) = std::fs::read_dir(folder) else {
        return;
    };
    let mut files: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
    files.retain(|path| path.extension().is_some_and(|ext| ext == "toml"));
    for path in files {
        let text = read(&path);
        let first = text.lines().next().unwrap_or_default();
        let shown = repository.show(&path);
        let is_story = first.starts_with("# ") && 20 < first.len();
        assert!(is_story, "{shown} does not begin with a comment");
    }
}
