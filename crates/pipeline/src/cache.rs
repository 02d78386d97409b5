//! Files below `state/` that only spare work: each is one JSON value, replaced as a whole, and a stage does without it.

use crate::failure::Failure;
use host::Dir;
use serde::Serialize;
use serde::de::DeserializeOwned;

/// The value in `file`; `None` if there is none, or none that can be read: then it is told what happens `instead`.
///
/// Errs if the file cannot be read.
pub(crate) fn load<T: DeserializeOwned>(
    dir: &Dir<'_>,
    file: &str,
    bytes_max: usize,
    instead: &str,
) -> Result<Option<T>, Failure> {
    let read = dir.read_file(file, bytes_max);
    let bytes = read.map_err(|error| Failure::of_host("read", file, &error))?;
    let Some(bytes) = bytes else { return Ok(None) };
    match serde_json::from_slice(&bytes) {
        Ok(value) => Ok(Some(value)),
        Err(error) => {
            tracing::warn!(%error, "state/{file} is damaged: {instead}");
            Ok(None)
        }
    }
}

/// Replaces the value in `file`; durable when it returns.
pub(crate) fn save(dir: &Dir<'_>, file: &str, value: &impl Serialize) -> Result<(), Failure> {
    let bytes = serde_json::to_vec(value).expect("its keys are strings");
    dir.replace(file, &bytes)
        .map_err(|error| Failure::of_host("write", file, &error))
}
