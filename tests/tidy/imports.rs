//! Who may import whom. Left imports right; everything else is forbidden.

use crate::repository::{Repository, read};

/// One line a package: the only packages of the workspace that it may depend on.
const TABLE: &[(&str, &[&str])] = &[
    ("alert", &[]),
    ("host", &[]),
    ("os", &["host"]),
    ("contract", &["alert"]),
    ("policy", &["alert"]),
    ("mock-indexer", &["alert"]),
    ("indexer", &["host", "alert"]),
    ("spool", &["host", "alert", "contract"]),
    ("pipeline", &["spool", "indexer", "policy", "host", "alert"]),
    (
        "foundry",
        &[
            "pipeline",
            "spool",
            "indexer",
            "policy",
            "os",
            "host",
            "alert",
            "contract",
            // For the command `demo` alone.
            "mock-indexer",
        ],
    ),
    (
        "sim",
        &[
            "pipeline",
            "spool",
            "indexer",
            "mock-indexer",
            "policy",
            "contract",
            "host",
            "alert",
            // For the files that `REAL_MACHINE` names.
            "os",
        ],
    ),
];

/// They may import everything.
const FREE: &[&str] = &["tests", "benches"];

/// The files and folders of `sim/src` that touch the real machine. All others see the simulated one.
const REAL_MACHINE: &[&str] = &["main", "probe", "stress"];

fn forbidden_arrows(repository: &Repository) -> Vec<String> {
    let mut broken = Vec::new();
    for package in &repository.packages {
        let name = package.name.as_str();
        if FREE.contains(&name) {
            continue;
        }
        let Some((_, allowed)) = TABLE.iter().find(|(left, _)| *left == name) else {
            broken.push(format!("{name} is missing from the table of imports"));
            continue;
        };
        for dependency in package.dependencies() {
            let is_ours = repository.packages.iter().any(|p| p.name == dependency);
            if is_ours && !allowed.contains(&dependency.as_str()) {
                broken.push(format!("{name} may not import {dependency}"));
            }
        }
    }
    broken
}

fn real_machine_in_the_simulator(repository: &Repository) -> Vec<String> {
    let source = repository.root.join("sim/src");
    let mut broken = Vec::new();
    for path in repository.rust_files() {
        let Ok(below) = path.strip_prefix(&source) else {
            continue;
        };
        let first = below.iter().next().and_then(|name| name.to_str());
        let first = first.unwrap_or_default().trim_end_matches(".rs");
        if !REAL_MACHINE.contains(&first) && read(&path).lines().any(names_os) {
            broken.push(format!("{} may not use os", repository.show(&path)));
        }
    }
    broken
}

/// Whether a line of code names the crate `os`, and not a module of that name inside another one.
fn names_os(line: &str) -> bool {
    let code = line.split("//").next().unwrap_or_default();
    code.match_indices("os::").any(|(at, _)| {
        let before = code[..at].chars().next_back();
        !before.is_some_and(|c| c.is_alphanumeric() || c == '_' || c == ':')
    })
}

#[test]
fn every_import_is_in_the_table() {
    assert_eq!(forbidden_arrows(&Repository::open()), Vec::<String>::new());
}

#[test]
fn the_simulator_touches_the_real_machine_in_named_files_only() {
    let broken = real_machine_in_the_simulator(&Repository::open());
    assert_eq!(broken, Vec::<String>::new());
}

#[test]
fn a_package_of_the_table_imports_only_packages_of_the_table() {
    for (left, right) in TABLE {
        for name in *right {
            let known = TABLE.iter().any(|(package, _)| package == name);
            assert!(known, "{left} may import {name}, which is not in the table");
        }
    }
}

#[test]
fn a_line_names_the_crate_os_or_it_does_not() {
    for line in ["use os::OsHost;", "let h = os::OsHost::new(p)?;", "(os::X)"] {
        assert!(names_os(line), "{line}");
    }
    for line in [
        "use std::os::unix;",
        "chaos::run()",
        "// os::OsHost",
        "x_os::y",
    ] {
        assert!(!names_os(line), "{line}");
    }
}
