//! The policy that one begins with, as it stands in `policies/starter/`.

use crate::files::Files;

/// Lists files of the folder with their bytes.
macro_rules! from_folder {
    ($($path:literal),* $(,)?) => {
        &[$(($path, include_bytes!(concat!("../../../policies/starter/", $path)))),*]
    };
}

/// Every file of the folder.
const STARTER: &[(&str, &[u8])] = from_folder!["policy.toml",];

/// A policy for file integrity, rootcheck, Sysmon and authentication alerts of Wazuh 4.
pub fn starter() -> Files {
    let mut files = Files::new();
    for (path, bytes) in STARTER {
        files.insert(*path, *bytes);
    }
    files
}
