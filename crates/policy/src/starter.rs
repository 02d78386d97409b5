//! The policy that one begins with, as it stands in `policies/starter/`.

use crate::files::Files;

/// Lists files of the folder with their bytes.
macro_rules! from_folder {
    ($($path:literal),* $(,)?) => {
        &[$(($path, include_bytes!(concat!("../../../policies/starter/", $path)))),*]
    };
}

/// Every file of the folder.
const STARTER: &[(&str, &[u8])] = from_folder![
    "README.md",
    "filters/mf_auth_service_sessions.yml",
    "filters/mf_auth_vulnerability_scanners.yml",
    "filters/mf_fim_package_caches.yml",
    "filters/mf_fim_rotated_logs.yml",
    "filters/mf_fim_windows_metadata.yml",
    "filters/mf_rootcheck_docker_layers.yml",
    "filters/mf_rootcheck_trojan_by_shell_text.yml",
    "filters/mf_sysmon_defender_reads_lsass.yml",
    "filters/mf_sysmon_updaters_spawn.yml",
    "lists/own_networks.txt",
    "lists/package_caches.txt",
    "lists/service_accounts.txt",
    "lists/vulnerability_scanners.txt",
    "policy.toml",
    "rules/auth_brute_force.yml",
    "rules/auth_root_login_by_password.yml",
    "rules/auth_success_after_failures.yml",
    "rules/fim_credential_stores_changed.yml",
    "rules/fim_start_files_changed.yml",
    "rules/rootcheck_rootkit_by_name.yml",
    "rules/sysmon_credential_dump.yml",
    "rules/sysmon_defence_switched_off.yml",
    "rules/sysmon_office_starts_interpreter.yml",
];

/// A policy for file integrity, rootcheck, Sysmon and authentication alerts of Wazuh 4.
pub fn starter() -> Files {
    let mut files = Files::new();
    for (path, bytes) in STARTER {
        files.insert(*path, *bytes);
    }
    files
}
