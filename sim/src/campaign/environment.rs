//! What a campaign runs on: the commit of the program, and the machine as words.

/// The commit that this program was built from, in hexadecimal; empty if the build knew none.
const COMMIT: &str = env!("SIM_COMMIT");
/// `+` if it was built from files that differ from that commit.
const CHANGED: &str = env!("SIM_CHANGED");

/// The commit that this program was built from, seven digits, with a `+` if files differed from it. `unknown` where the
/// build knew none. It does not depend on where the program is started.
pub fn commit() -> String {
    match COMMIT.get(..7) {
        Some(short) => format!("{short}{CHANGED}"),
        None => "unknown".to_owned(),
    }
}

/// The first 16 digits of that commit, as a seed; `None` where the build knew none.
pub fn seed_of_commit() -> Option<u64> {
    u64::from_str_radix(COMMIT.get(..16)?, 16).ok()
}

/// The real machine, for information.
pub(super) fn machine() -> String {
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    format!("{cores} cores, {}", std::env::consts::OS)
}
