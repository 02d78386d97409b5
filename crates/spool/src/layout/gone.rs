//! "Not found" where it is no news: the name was to go anyway, or the directory was empty and is removed.

use host::{Dir, Names};

/// Reads the next chunk of names. A directory that was removed after it was opened was empty then: it has none.
pub(crate) fn read_or_gone(dir: &Dir<'_>, names: &mut Names) -> host::Result<bool> {
    match dir.read(names) {
        Err(error) if error.is_vanished() => Ok(false),
        other => other,
    }
}

/// "Not found" where the name was to go anyway.
pub(crate) fn ignore_vanished(result: host::Result<()>) -> host::Result<()> {
    match result {
        Err(error) if error.is_vanished() => Ok(()),
        other => other,
    }
}
