//! The deep form of an audit: are a case's bytes what they were when it was written?

use crate::cases::packs;
use crate::cases::staging::MANIFEST_FILE;
use crate::layout::{Context, PathBuffer, Spool, SpoolError};
use crate::ledger::hex;
use host::{Class, Dir, File};
use sha2::{Digest, Sha256};

/// What is wrong with a pack's bytes, if anything.
pub(super) fn flaw_of_pack(
    spool: &Spool<'_>,
    dir: &Dir<'_>,
    name: &[u8],
) -> Result<Option<String>, SpoolError> {
    Ok(match read(spool, dir, name)? {
        Found::Bytes(bytes) => packs::parse(&bytes).err(),
        Found::Gone => None,
        Found::Unreadable(why) => Some(why),
    })
}

/// What is wrong with a case directory's files, if anything: each is held against the manifest that stands beside it.
pub(super) fn flaw_of_directory(
    spool: &Spool<'_>,
    dir: &Dir<'_>,
    name: &[u8],
) -> Result<Option<String>, SpoolError> {
    let mut path = PathBuffer::default();
    let manifest = match read(spool, dir, path.join(&[name, MANIFEST_FILE.as_bytes()]))? {
        Found::Bytes(bytes) => bytes,
        Found::Gone => return Ok(Some("it has no manifest".to_owned())),
        Found::Unreadable(why) => return Ok(Some(why)),
    };
    for line in manifest.split(|byte| *byte == b'\n') {
        if line.is_empty() {
            continue;
        }
        let Some((digest, file)) = line.split_at_checked(64) else {
            return Ok(Some("its manifest cannot be read".to_owned()));
        };
        let file = file.trim_ascii_start();
        let flaw = match read(spool, dir, path.join(&[name, file]))? {
            Found::Bytes(bytes) if hex(&Sha256::digest(&bytes)).as_bytes() == digest => continue,
            Found::Bytes(_) => "does not have the bytes that its manifest says",
            Found::Gone => "is gone",
            Found::Unreadable(_) => "cannot be read",
        };
        let file = String::from_utf8_lossy(file);
        return Ok(Some(format!("{file} {flaw}")));
    }
    Ok(None)
}

enum Found {
    Bytes(Vec<u8>),
    Gone,
    Unreadable(String),
}

fn read(spool: &Spool<'_>, dir: &Dir<'_>, path: &[u8]) -> Result<Found, SpoolError> {
    let mut bytes = Vec::new();
    let read = File::open_read(spool.host, dir.at(path))
        .and_then(|file| file.read_to(0, &mut bytes, usize::MAX));
    match read {
        Ok(()) => Ok(Found::Bytes(bytes)),
        Err(error) if error.is_vanished() => Ok(Found::Gone),
        Err(error) if error.class() == Class::Poison => {
            Ok(Found::Unreadable(format!("cannot be read: {error}")))
        }
        Err(error) => Err(error).context("read", path),
    }
}
