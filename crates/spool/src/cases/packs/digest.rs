//! What a pack says of its bytes, and what they are.

use super::format::{DIGEST_AFTER, DIGEST_BEFORE, DIGESTED_AT};
use host::File;
use sha2::{Digest, Sha256};

/// A pack's digest, twice.
pub(crate) struct PackDigest {
    /// What its first line says, in digits; `None` if it does not begin as a pack does.
    pub(crate) said: Option<String>,
    /// That of the bytes which the first line's digest covers: all that follow it and its comma.
    pub(crate) sum: [u8; 32],
    /// Bytes of the file.
    pub(crate) bytes: u64,
}

/// Reads a pack from one end to the other, through one buffer.
pub(crate) fn read_digest(file: &File<'_>) -> host::Result<PackDigest> {
    const CHUNK: usize = 64 * 1024;
    let mut head = Vec::new();
    file.read_to(0, &mut head, DIGESTED_AT)?;
    let (mut hash, mut offset, mut chunk) = (Sha256::new(), head.len() as u64, Vec::new());
    loop {
        chunk.clear();
        let count = file.read(offset, &mut chunk, CHUNK)?;
        if count == 0 {
            break;
        }
        hash.update(&chunk);
        offset += count as u64;
    }
    // With the bytes before and after it compared as well, the digest covers every byte of the file but its own.
    let said = head
        .strip_prefix(DIGEST_BEFORE)
        .and_then(|rest| rest.strip_suffix(DIGEST_AFTER))
        .and_then(|digits| String::from_utf8(digits.to_vec()).ok());
    Ok(PackDigest {
        said,
        sum: hash.finalize().into(),
        bytes: offset,
    })
}
