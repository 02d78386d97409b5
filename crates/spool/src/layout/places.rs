//! The spool as the contract sees it: which of its directories are which place.

use contract::{Layout, Place};

/// The layout of a spool whose directory is `root` (names joined by `/`; empty for the top).
pub fn layout(root: &str) -> Layout {
    let prefix = if root.is_empty() {
        String::new()
    } else {
        format!("{root}/")
    };
    let rules = [
        ("tmp/*", Place::Staged),
        ("inbox", Place::Pending),
        ("pending/*", Place::Pending),
        // Buckets and cases in a worker's hands.
        ("claimed/*/**", Place::Claimed),
        ("overflow/*", Place::Overflow),
        ("quarantine", Place::Quarantined),
        ("cases/**", Place::Cased),
    ];
    let rules = rules.map(|(pattern, place)| (format!("{prefix}{pattern}"), place));
    Layout::new(
        rules
            .iter()
            .map(|(pattern, place)| (pattern.as_str(), *place)),
    )
}
