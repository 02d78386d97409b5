//! What a person gives to be read: a file, or stdin.

use crate::error::FoundryError;
use crate::machine::{Machine, PathError};
use std::io::{self, Read};
use std::path::Path;

/// The bytes of `path`, or of stdin for `-`. Errs if they are more than `max`.
pub(crate) fn read(machine: &Machine, path: &Path, max: usize) -> Result<Vec<u8>, FoundryError> {
    let failed = |source| FoundryError::Read {
        path: path.to_owned(),
        source,
    };
    if path != Path::new("-") {
        return machine.read(path, max).map_err(failed);
    }
    let mut bytes = Vec::new();
    let mut limited = io::stdin().lock().take(max as u64 + 1);
    limited
        .read_to_end(&mut bytes)
        .map_err(|error| failed(PathError::of_io(&error)))?;
    if max < bytes.len() {
        return Err(failed(PathError::TooLarge { max }));
    }
    Ok(bytes)
}
