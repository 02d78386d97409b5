//! What a campaign runs on: the commit, and the machine as words.

use std::process::Command;

/// The commit that is checked out, seven digits, with a `+` if files differ from it. `unknown` where there is none.
pub fn commit() -> String {
    let Some(hash) = git(&["rev-parse", "--short=7", "HEAD"]) else {
        return "unknown".to_owned();
    };
    let is_changed = git(&["status", "--porcelain"]).is_some_and(|changes| !changes.is_empty());
    format!("{hash}{}", if is_changed { "+" } else { "" })
}

/// The real machine, for information.
pub(super) fn machine() -> String {
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    format!("{cores} cores, {}", std::env::consts::OS)
}

fn git(args: &[&str]) -> Option<String> {
    let output = Command::new("git").args(args).output().ok()?;
    let text = String::from_utf8(output.stdout).ok()?;
    output.status.success().then(|| text.trim().to_owned())
}
