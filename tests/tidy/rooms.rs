//! Inside a crate, imports run one way between its rooms.
//!
//! A room is a file or a folder directly below `src/`. Files of one folder may know each other; `lib.rs` and `main.rs` are above
//! all rooms, and what they define themselves is of no room. A circle of rooms is one room that says it is several.

use crate::paths::{paths, renamed};
use crate::repository::{Repository, read};
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::path::Path;

/// The stages of the pipeline, none of which knows another, nor `pipeline`, which conducts them.
const STAGES: &[&str] = &[
    "poll",
    "cap",
    "drain",
    "escalation",
    "reconcile",
    "heartbeat",
];

/// Who imports whom in a crate: for each pair of rooms, what is imported, file by file.
type Imports = BTreeMap<(String, String), BTreeMap<String, BTreeSet<String>>>;

/// The imports of a crate whose files have these paths below `src/`.
fn imports(files: &[(String, String)]) -> Imports {
    let rooms: BTreeSet<&str> = files.iter().filter_map(|(path, _)| room(path)).collect();
    let root = files.iter().find(|(path, _)| path == "lib.rs");
    let names: BTreeMap<String, Vec<String>> = root
        .map(|(_, text)| renamed(text).into_iter().collect())
        .unwrap_or_default();
    let mut found = Imports::new();
    for (path, text) in files {
        let Some(from) = room(path) else { continue };
        for target in paths(text, &module(path)) {
            // A room's own name goes before one that the root gives to something else.
            let first = target.first().map(String::as_str).unwrap_or_default();
            let to = match rooms.contains(first) {
                true => Some(first),
                false => names
                    .get(first)
                    .and_then(|path| path.first())
                    .map(String::as_str),
            };
            let Some(to) = to.filter(|to| *to != from && rooms.contains(to)) else {
                continue;
            };
            let imported = target.last().cloned().unwrap_or_default();
            let between = found.entry((from.to_owned(), to.to_owned())).or_default();
            between.entry(path.clone()).or_default().insert(imported);
        }
    }
    found
}

/// The room of a file; `None` for what is above all rooms.
fn room(path: &str) -> Option<&str> {
    match path {
        "lib.rs" | "main.rs" => None,
        _ => path.split('/').next()?.split('.').next(),
    }
}

/// The module path of a file.
fn module(path: &str) -> Vec<&str> {
    let path = path.trim_end_matches(".rs");
    let mut names: Vec<&str> = path.split('/').collect();
    names.pop_if(|name| *name == "mod");
    names
}

/// The shortest circle through `room`, from it to it; `None` if there is none.
fn circle_through(imports: &Imports, room: &str) -> Option<Vec<String>> {
    let mut ways = VecDeque::from([vec![room.to_owned()]]);
    let mut reached = BTreeSet::new();
    while let Some(way) = ways.pop_front() {
        for (from, to) in imports.keys() {
            if way.last() != Some(from) {
                continue;
            }
            let mut longer = way.clone();
            longer.push(to.clone());
            if to == room {
                return Some(longer);
            }
            if reached.insert(to) {
                ways.push_back(longer);
            }
        }
    }
    None
}

/// Circles, as sentences of files and names: one for every room that is in a circle, unless it is in one that was told before.
fn circles(imports: &Imports) -> Vec<String> {
    let mut found = Vec::new();
    let mut told = BTreeSet::new();
    let rooms: BTreeSet<&String> = imports.keys().map(|(from, _)| from).collect();
    for room in rooms {
        let Some(circle) = circle_through(imports, room) else {
            continue;
        };
        if told.contains(room) {
            continue;
        }
        let steps = circle.windows(2).map(|step| {
            let files = &imports[&(step[0].clone(), step[1].clone())];
            let files = files.iter().map(|(file, names)| {
                let names: Vec<&str> = names.iter().map(String::as_str).collect();
                format!("{file} imports {} of {}", names.join(", "), step[1])
            });
            files.collect::<Vec<_>>().join(", ")
        });
        found.push(steps.collect::<Vec<_>>().join("; "));
        told.extend(circle);
    }
    found
}

/// The Rust files below `source`, each with its path from there and its text.
fn files(repository: &Repository, source: &Path) -> Vec<(String, String)> {
    let all = repository.rust_files().into_iter();
    let below = all.filter_map(|path| {
        let name = path.strip_prefix(source).ok()?.to_str()?.to_owned();
        Some((name, read(&path)))
    });
    below.collect()
}

/// Every crate, with what its rooms import.
fn crates() -> Vec<(String, Imports)> {
    let repository = Repository::open();
    let folder = repository.root.join("crates");
    let packages = repository.packages.iter();
    let packages = packages.filter(|package| package.dir.starts_with(&folder));
    packages
        .map(|package| {
            let files = files(&repository, &package.dir.join("src"));
            (package.name.clone(), imports(&files))
        })
        .collect()
}

#[test]
fn imports_run_one_way_between_the_rooms_of_a_crate() {
    let mut found = Vec::new();
    for (name, imports) in crates() {
        let circles = circles(&imports);
        found.extend(circles.iter().map(|circle| format!("{name}: {circle}")));
    }
    assert!(found.is_empty(), "{}", found.join("\n"));
}

#[test]
fn no_stage_of_the_pipeline_knows_another_or_the_conductor() {
    let crates = crates();
    let pipeline = crates.iter().find(|(name, _)| name == "pipeline");
    let (_, imports) = pipeline.expect("the pipeline is a crate");
    for stage in STAGES {
        let key = ("pipeline".to_owned(), (*stage).to_owned());
        assert!(
            imports.contains_key(&key),
            "the pipeline has no stage {stage}"
        );
    }
    for ((from, to), files) in imports {
        let is_stage = |room: &String| STAGES.contains(&room.as_str());
        let is_forbidden = is_stage(from) && (is_stage(to) || to == "pipeline");
        assert!(!is_forbidden, "{from} imports {to}: {files:?}");
    }
}

/// The circles of files that are given as lines `path: text`.
fn circles_of(files: &[(&str, &str)]) -> Vec<String> {
    let own = files
        .iter()
        .map(|(path, text)| ((*path).to_owned(), (*text).to_owned()));
    circles(&imports(&own.collect::<Vec<_>>()))
}

#[test]
fn a_circle_is_named_file_by_file() {
    let found = circles_of(&[
        ("lib.rs", "mod a; mod b; mod c; pub use c::Thing;"),
        ("a.rs", "use crate::b::{B, C};"),
        ("b/mod.rs", "use one::One;"),
        ("b/one.rs", "use crate::Thing; use super::two::Two;"),
        ("b/two.rs", "use super::one::One;"),
        ("c.rs", "fn f() { crate::a::g() }"),
    ]);
    let circle = "a.rs imports B, C of b; b/one.rs imports Thing of c; c.rs imports g of a";
    assert_eq!(found, [circle]);
}

#[test]
fn what_runs_one_way_is_no_circle() {
    let found = circles_of(&[
        (
            "lib.rs",
            "mod a; mod b; pub use b::Deep; pub struct Own; use a::A;",
        ),
        ("main.rs", "use crate::a::A;"),
        (
            "a.rs",
            "use crate::b::B; use crate::Own; mod tests { use crate::a::A; }",
        ),
        (
            "b/mod.rs",
            "mod one; use one::One; mod tests { use crate::a::A; }",
        ),
        (
            "b/one.rs",
            "use super::B; use crate::Own; // use crate::a::A;",
        ),
        ("tests.rs", "use crate::a::A; use crate::Deep;"),
    ]);
    assert_eq!(found, Vec::<String>::new());
}
