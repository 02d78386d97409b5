//! All cases, in the order in which they are run.

use crate::fixture::Case;
use crate::{directories, errors, files, handles, links, locks, names, renames, scans, windows};

/// Every sentence that a host must keep.
pub fn suite() -> Vec<Case> {
    let mut cases = Vec::new();
    for noun in [
        files::cases,
        links::cases,
        names::cases,
        directories::cases,
        renames::cases,
        scans::cases,
        windows::cases,
        handles::cases,
        locks::cases,
        errors::cases,
    ] {
        cases.extend(noun());
    }
    cases
}
