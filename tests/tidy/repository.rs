//! The repository as the rules see it: its files, and its packages with their manifests.

use std::fs;
use std::path::{Path, PathBuf};
use toml::{Table, Value};

/// The checked-out repository.
pub struct Repository {
    /// Its top directory.
    pub root: PathBuf,
    /// Every package of the workspace.
    pub packages: Vec<Package>,
}

/// One package of the workspace.
pub struct Package {
    /// Its name.
    pub name: String,
    /// Its directory.
    pub dir: PathBuf,
    /// Its `Cargo.toml`.
    pub manifest: Table,
}

impl Repository {
    /// Reads the repository that this test belongs to.
    pub fn open() -> Repository {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
        let workspace = manifest(root);
        let members = workspace["workspace"]["members"].as_array().unwrap();
        let mut packages = Vec::new();
        for member in members {
            let member = member.as_str().unwrap();
            let dirs = match member.strip_suffix("/*") {
                Some(parent) => subdirectories(&root.join(parent)),
                None => vec![root.join(member)],
            };
            packages.extend(dirs.into_iter().map(Package::open));
        }
        Repository {
            root: root.to_path_buf(),
            packages,
        }
    }

    /// Every Rust file of the workspace, in byte order.
    pub fn rust_files(&self) -> Vec<PathBuf> {
        let mut found = Vec::new();
        for package in &self.packages {
            collect(&package.dir, &mut found);
        }
        found.retain(|path| path.extension().is_some_and(|ext| ext == "rs"));
        found.sort();
        found
    }

    /// A path as a message shows it.
    pub fn show(&self, path: &Path) -> String {
        let path = path.strip_prefix(&self.root).unwrap_or(path);
        path.display().to_string()
    }
}

impl Package {
    fn open(dir: PathBuf) -> Package {
        let manifest = manifest(&dir);
        Package {
            name: manifest["package"]["name"].as_str().unwrap().to_owned(),
            dir,
            manifest,
        }
    }

    /// The names of all packages that this one depends on, in tests and build scripts too, on every platform.
    pub fn dependencies(&self) -> Vec<String> {
        let mut names = dependencies(&self.manifest);
        if let Some(targets) = self.manifest.get("target").and_then(Value::as_table) {
            for target in targets.values().filter_map(Value::as_table) {
                names.extend(dependencies(target));
            }
        }
        names
    }
}

fn dependencies(table: &Table) -> Vec<String> {
    ["dependencies", "dev-dependencies", "build-dependencies"]
        .iter()
        .filter_map(|kind| table.get(*kind)?.as_table())
        .flat_map(Table::iter)
        .map(|(name, value)| {
            // A dependency may be renamed; what counts is what it is.
            let package = value.get("package").and_then(Value::as_str);
            package.unwrap_or(name).to_owned()
        })
        .collect()
}

fn manifest(dir: &Path) -> Table {
    read(&dir.join("Cargo.toml")).parse().unwrap()
}

/// The text of a file.
pub fn read(path: &Path) -> String {
    fs::read_to_string(path).unwrap_or_else(|error| panic!("cannot read {path:?}: {error}"))
}

/// The directories directly below `dir`, in byte order.
fn subdirectories(dir: &Path) -> Vec<PathBuf> {
    let mut dirs: Vec<PathBuf> = fs::read_dir(dir)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.join("Cargo.toml").is_file())
        .collect();
    dirs.sort();
    dirs
}

/// Adds every file below `dir` to `found`.
fn collect(dir: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            collect(&path, found);
        } else {
            found.push(path);
        }
    }
}
