//! The planted bugs of `tests/plants`: each still fits the source, and says who must find it.

use crate::repository::{Repository, read};
use std::path::PathBuf;

fn patches(repository: &Repository) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(repository.root.join("tests/plants")).unwrap();
    let paths = entries.map(|entry| entry.unwrap().path());
    let mut patches: Vec<_> = paths
        .filter(|path| path.extension().is_some_and(|ending| ending == "patch"))
        .collect();
    patches.sort();
    patches
}

/// What each hunk of a patch expects to find: the file, and lines in a row.
fn expected(patch: &str) -> Vec<(String, String)> {
    let (mut file, mut hunks) = (String::new(), Vec::new());
    for line in patch
        .lines()
        .skip_while(|line| !line.starts_with("diff --git"))
    {
        if let Some(name) = line.strip_prefix("--- a/") {
            name.clone_into(&mut file);
        } else if line.starts_with("@@") {
            hunks.push((file.clone(), String::new()));
        } else if let Some((_, lines)) = hunks.last_mut()
            && let Some(kept) = line.strip_prefix([' ', '-'])
            && !line.starts_with("--- ")
        {
            lines.push_str(kept);
            lines.push('\n');
        }
    }
    hunks
}

#[test]
fn every_planted_bug_fits_the_source() {
    let repository = Repository::open();
    let patches = patches(&repository);
    for path in &patches {
        let (shown, patch) = (repository.show(path), read(path));
        let hunks = expected(&patch);
        assert!(!hunks.is_empty(), "{shown} changes nothing");
        for (file, lines) in hunks {
            let source = read(&repository.root.join(&file));
            assert!(
                source.contains(&lines),
                "{shown} does not fit {file}:\n{lines}"
            );
        }
    }
}

#[test]
fn every_planted_bug_says_who_must_find_it_and_the_readme_says_how_many_there_are() {
    let repository = Repository::open();
    let patches = patches(&repository);
    for path in &patches {
        let patch = read(path);
        let has = |field: &str| patch.lines().any(|line| line.starts_with(field));
        let by_gate = has("Scenario: ") && has("Predicate: ");
        assert!(by_gate != has("Test: "), "{}", repository.show(path));
    }
    let readme = read(&repository.root.join("README.md"));
    let count = format!("`tests/plants/run`: {} bugs", patches.len());
    assert!(readme.contains(&count), "the README does not say {count}");
}
