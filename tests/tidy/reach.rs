//! No Rust file is forgotten: each is a target's root, or named by a `mod` of a file that is reached.

use crate::repository::{Package, Repository, read};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use toml::Value;

/// Files that Cargo takes for roots without being told.
const ROOTS: &[&str] = &["build.rs", "src/lib.rs", "src/main.rs"];
/// Folders in which Cargo takes every file, or every `main.rs` one folder below, for a root.
const ROOT_FOLDERS: &[&str] = &["src/bin", "tests", "benches", "examples"];

fn forgotten(repository: &Repository) -> Vec<String> {
    let mut reached = BTreeSet::new();
    for package in &repository.packages {
        for root in roots(package) {
            reach(&root, true, &mut reached);
        }
    }
    repository
        .rust_files()
        .iter()
        .filter(|path| !reached.contains(*path))
        .map(|path| repository.show(path))
        .collect()
}

fn roots(package: &Package) -> Vec<PathBuf> {
    let mut roots: Vec<PathBuf> = ROOTS.iter().map(|path| package.dir.join(path)).collect();
    // The two packages at the top name each target themselves.
    if package.dir.join("src").is_dir() {
        for folder in ROOT_FOLDERS {
            let Ok(entries) = std::fs::read_dir(package.dir.join(folder)) else {
                continue;
            };
            for entry in entries {
                let path = entry.unwrap().path();
                roots.push(path.join("main.rs"));
                roots.push(path);
            }
        }
    }
    for kind in ["lib", "bin", "test", "bench", "example"] {
        let targets = match package.manifest.get(kind) {
            Some(Value::Array(targets)) => targets.clone(),
            Some(target) => vec![target.clone()],
            None => Vec::new(),
        };
        let paths = targets
            .iter()
            .filter_map(|target| target.get("path")?.as_str());
        roots.extend(paths.map(|path| package.dir.join(path)));
    }
    roots.retain(|path| path.is_file() && path.extension().is_some_and(|ext| ext == "rs"));
    roots
}

/// Adds `file`, and all that its `mod` lines lead to.
fn reach(file: &Path, is_root: bool, reached: &mut BTreeSet<PathBuf>) {
    if !reached.insert(file.to_path_buf()) {
        return;
    }
    let here = file.parent().unwrap();
    // A module's children are in the folder of its name, unless it is the folder's own file.
    let below = if is_root || file.ends_with("mod.rs") {
        here.to_path_buf()
    } else {
        file.with_extension("")
    };
    for (path, name) in modules(&read(file)) {
        let candidates = match path {
            Some(path) => vec![normal(&here.join(path))],
            None => vec![
                below.join(format!("{name}.rs")),
                below.join(&name).join("mod.rs"),
            ],
        };
        for candidate in candidates.iter().filter(|path| path.is_file()) {
            reach(candidate, false, reached);
        }
    }
}

/// Every `mod name;` of a file, with the `#[path = "…"]` before it if there is one.
fn modules(text: &str) -> Vec<(Option<String>, String)> {
    let mut found = Vec::new();
    let mut path = None;
    for line in text.lines().map(str::trim) {
        if let Some(rest) = line.strip_prefix("#[path = \"") {
            path = rest.split('"').next().map(str::to_owned);
        } else if let Some(name) = module(line) {
            found.push((path.take(), name.to_owned()));
        } else if !line.starts_with("#[") {
            path = None;
        }
    }
    found
}

/// The name in `mod name;`, whatever its visibility.
fn module(line: &str) -> Option<&str> {
    let (before, name) = line.strip_suffix(';')?.rsplit_once("mod ")?;
    let before = before.trim_end();
    let is_visibility =
        before.is_empty() || before == "pub" || before.starts_with("pub(") && before.ends_with(')');
    is_visibility.then_some(name)
}

/// The path without its `..`.
fn normal(path: &Path) -> PathBuf {
    let mut normal = PathBuf::new();
    for part in path.components() {
        if part == std::path::Component::ParentDir {
            normal.pop();
        } else {
            normal.push(part);
        }
    }
    normal
}

#[test]
fn every_rust_file_is_reached_from_a_target() {
    let repository = Repository::open();
    assert_eq!(forgotten(&repository), Vec::<String>::new());
    assert!(20 < repository.rust_files().len(), "the walk finds files");
}

#[test]
fn a_module_is_found_whatever_its_visibility_and_place() {
    let text = "mod a;\npub mod b;\n    pub(crate) mod c;\n#[cfg(test)]\n#[path = \"../d/e.rs\"]\nmod e;\n\
                mod inline {\n}\n// mod comment;\nlet x = y mod z;\n";
    let expect = [
        (None, "a"),
        (None, "b"),
        (None, "c"),
        (Some("../d/e.rs"), "e"),
    ];
    let found = modules(text);
    let found: Vec<_> = found
        .iter()
        .map(|(p, n)| (p.as_deref(), n.as_str()))
        .collect();
    assert_eq!(found, expect);
}
