//! "Not found" where it is no news: the name was to go anyway, or the directory was empty and is removed.

use host::{Class, Dir, Names};

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

/// `None` where the name is gone, or somebody holds it, or it alone cannot be used; the error where the machine fails.
pub(crate) fn unless_away<T>(result: host::Result<T>) -> host::Result<Option<T>> {
    match result {
        Ok(value) => Ok(Some(value)),
        Err(error) if matches!(error.class(), Class::Resource | Class::Fault) => Err(error),
        Err(_) => Ok(None),
    }
}
