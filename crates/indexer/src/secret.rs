//! Where user and password come from.

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use host::{At, DirId, File, Host, HostError};

/// A file that holds `user:password` in one line, in a directory that only this program can read.
///
/// It is read at the first request, and again when the indexer refuses what it held, so that a rotation needs no restart.
pub struct SecretFile<'h> {
    host: &'h dyn Host,
    dir: DirId,
    name: String,
}

/// Why a credential file cannot be used. Never shows what the file holds.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum SecretError {
    /// It cannot be read.
    #[error("{name}")]
    Unreadable {
        /// The file.
        name: String,
        /// The failed call.
        source: HostError,
    },
    /// It does not hold `user:password`.
    #[error("{name} does not hold one line of the form user:password")]
    BadForm {
        /// The file.
        name: String,
    },
}

/// The value of an `Authorization` header. Has no `Debug`, so that no log shows it.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Authorization(String);

impl Authorization {
    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}

/// More than any user and password have.
const SECRET_BYTES_MAX: usize = 4096;

impl<'h> SecretFile<'h> {
    /// The file `name` in `dir`. Nothing is read yet.
    pub fn new(host: &'h dyn Host, dir: DirId, name: impl Into<String>) -> Self {
        SecretFile {
            host,
            dir,
            name: name.into(),
        }
    }

    pub(crate) fn read(&self) -> Result<Authorization, SecretError> {
        let mut bytes = Vec::new();
        File::open_read(self.host, At::new(self.dir, &self.name))
            .and_then(|file| file.read_to(0, &mut bytes, SECRET_BYTES_MAX + 1))
            .map_err(|source| SecretError::Unreadable {
                name: self.name.clone(),
                source,
            })?;
        authorization(&bytes).ok_or_else(|| SecretError::BadForm {
            name: self.name.clone(),
        })
    }
}

/// The header's value for a file's bytes. Editors end a line with `\n` or `\r\n`; neither is part of a password.
fn authorization(bytes: &[u8]) -> Option<Authorization> {
    if SECRET_BYTES_MAX < bytes.len() {
        return None;
    }
    let text = std::str::from_utf8(bytes).ok()?;
    let line = text.strip_suffix('\n').unwrap_or(text);
    let line = line.strip_suffix('\r').unwrap_or(line);
    let (user, _) = line.split_once(':')?;
    if user.is_empty() || line.chars().any(char::is_control) {
        return None;
    }
    Some(Authorization(format!(
        "Basic {}",
        BASE64_STANDARD.encode(line)
    )))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(bytes: &[u8], expected: Option<&str>) {
        let found = authorization(bytes);
        assert_eq!(found.as_ref().map(Authorization::as_str), expected);
    }

    #[test]
    fn a_line_becomes_a_header_whatever_ends_it() {
        let header = Some("Basic cmVhZGVyOnM6M2NyZXQ=");
        check(b"reader:s:3cret", header);
        check(b"reader:s:3cret\n", header);
        check(b"reader:s:3cret\r\n", header);
    }

    #[test]
    fn what_is_no_user_and_password_is_refused() {
        check(b"", None);
        check(b"reader", None);
        check(b":password", None);
        check(b"reader:two\nlines\n", None);
        check(b"\xff:x", None);
        check(&[b':'; SECRET_BYTES_MAX + 1], None);
    }
}
