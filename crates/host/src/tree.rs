//! Removing what stands below a directory.

use crate::{Class, Dir, Kind, Names, Result};

/// Removes everything in `dir`, and what is below that, at most `levels` directories deep. False if somebody holds some of it.
///
/// Not yet durable. Cut short, it leaves what it has not come to; to run it again is right. What appears meanwhile may stay.
pub fn clear(dir: &Dir<'_>, levels: u32) -> Result<bool> {
    let (mut names, mut is_clear) = (Names::default(), true);
    dir.rewind()?;
    loop {
        match dir.read(&mut names) {
            Ok(true) => {}
            Ok(false) => return Ok(is_clear),
            // Removed meanwhile: then it was empty.
            Err(error) if error.is_vanished() => return Ok(is_clear),
            Err(error) => return Err(error),
        }
        for entry in names.iter() {
            is_clear &= remove_all(dir, entry.name, entry.kind, levels)?;
        }
    }
}

/// Removes the name `name` of `dir`, of which a listing said `kind`, and what is below it. False if somebody holds some of it.
/// A name that is gone is fine.
///
/// Otherwise as [`clear`].
pub fn remove_all(dir: &Dir<'_>, name: &[u8], kind: Kind, levels: u32) -> Result<bool> {
    let host = dir.host();
    let removed = match kind_of(dir, name, kind) {
        Ok(Kind::Dir) if 0 < levels => match Dir::open(host, dir.at(name)) {
            Ok(below) if !clear(&below, levels - 1)? => return Ok(false),
            // Some systems remove no directory that is open.
            Ok(below) => {
                drop(below);
                host.rmdir(dir.at(name))
            }
            Err(error) => Err(error),
        },
        Ok(_) => host.unlink(dir.at(name)),
        Err(error) => Err(error),
    };
    is_free(removed)
}

/// Removes the directory `path` below `dir` and those above it, as far as they are empty.
pub fn remove_empty(dir: &Dir<'_>, path: &str) -> Result<()> {
    let ends = path.rmatch_indices('/').map(|(at, _)| at);
    for end in std::iter::once(path.len()).chain(ends) {
        if !is_free(dir.host().rmdir(dir.at(&path[..end])))? {
            return Ok(());
        }
    }
    Ok(())
}

fn kind_of(dir: &Dir<'_>, name: &[u8], kind: Kind) -> Result<Kind> {
    match kind {
        Kind::Unknown => Ok(dir.host().stat(dir.at(name))?.kind),
        known => Ok(known),
    }
}

fn is_free(removed: Result<()>) -> Result<bool> {
    match removed {
        Ok(()) => Ok(true),
        Err(error) if error.is_vanished() => Ok(true),
        Err(error) if error.class() == Class::Contended => Ok(false),
        Err(error) => Err(error),
    }
}
