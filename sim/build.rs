//! Bakes in the commit that is built, so that reports and tapes name it wherever the program is started.

use std::path::{Path, PathBuf};
use std::process::Command;

/// What the program is made of: a change of anything else leaves it as it was.
const PARTS: [&str; 5] = ["Cargo.toml", "Cargo.lock", "crates", "scenarios", "sim"];

fn main() {
    let package = std::env::var("CARGO_MANIFEST_DIR").expect("cargo says where the package lies");
    let root = Path::new(&package).join("..");
    let root = root.canonicalize().expect("the workspace is there");
    for part in PARTS {
        println!("cargo::rerun-if-changed={}", root.join(part).display());
    }
    let commit = commit(&root).unwrap_or_default();
    println!("cargo::rustc-env=SIM_COMMIT={commit}");
    let is_changed = !commit.is_empty() && is_changed(&root);
    println!(
        "cargo::rustc-env=SIM_CHANGED={}",
        if is_changed { "+" } else { "" }
    );
}

/// The commit that is checked out; `None` where there is none, or where the sources lie in somebody else's repository.
fn commit(root: &Path) -> Option<String> {
    let top = PathBuf::from(git(root, &["rev-parse", "--show-toplevel"])?);
    if top.canonicalize().ok()? != root {
        return None;
    }
    // What HEAD means changes with a commit, which the log tells, and with a checkout.
    for name in ["HEAD", "logs/HEAD"] {
        let path = root.join(git(root, &["rev-parse", "--git-path", name])?);
        if path.exists() {
            println!("cargo::rerun-if-changed={}", path.display());
        }
    }
    git(root, &["rev-parse", "HEAD"])
}

/// Whether a part of the program is not as the commit has it.
fn is_changed(root: &Path) -> bool {
    let args = [&["status", "--porcelain", "--"], &PARTS[..]].concat();
    git(root, &args).is_none_or(|changes| !changes.is_empty())
}

fn git(root: &Path, args: &[&str]) -> Option<String> {
    let output = Command::new("git")
        .current_dir(root)
        .args(args)
        .output()
        .ok()?;
    let text = String::from_utf8(output.stdout).ok()?;
    output.status.success().then(|| text.trim().to_owned())
}
