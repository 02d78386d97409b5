//! Are the bytes of a case what they were? The ledger's digest is held against the manifest, and the manifest against the
//! files; the digest of a pack against all that the pack is.
//!
//! Files are read through one buffer: somebody may have appended gigabytes to one.

use super::{Damage, DamageKind};
use crate::cases::packs;
use crate::cases::staging::{ALERT_FILE, CASE_FILE, MANIFEST_FILE};
use crate::layout::{Context, PathBuffer, Spool, SpoolError, read_or_gone};
use crate::ledger::hex;
use host::{Class, Dir, File, Names};
use sha2::{Digest, Sha256};

/// A SHA-256.
pub(super) type Sum = [u8; 32];

/// Reads 64 hexadecimal digits.
pub(super) fn parse_sum(digits: &str) -> Option<Sum> {
    let digits = digits.as_bytes();
    let mut sum = [0; 32];
    if digits.len() != 2 * sum.len() {
        return None;
    }
    for (byte, pair) in sum.iter_mut().zip(digits.chunks_exact(2)) {
        let pair = std::str::from_utf8(pair).ok()?;
        *byte = u8::from_str_radix(pair, 16).ok()?;
    }
    Some(sum)
}

/// What is wrong with one file.
pub(super) struct Flaw {
    /// Its name in the case's directory; empty for a pack, which is a file itself.
    pub(super) file: &'static str,
    pub(super) kind: DamageKind,
    pub(super) what: String,
}

impl Flaw {
    /// It as the damage of the case, or pack, at `path`.
    pub(super) fn at(self, path: &str) -> Damage {
        Damage {
            path: path.to_owned(),
            file: self.file.to_owned(),
            kind: self.kind,
            what: self.what,
        }
    }
}

/// What looking at a case, or at a pack, came to.
#[derive(Default)]
pub(super) struct Proof {
    /// None if its bytes are what they were.
    pub(super) flaws: Vec<Flaw>,
    /// Bytes that were read.
    pub(super) bytes: u64,
}

impl Proof {
    fn add(&mut self, file: &'static str, kind: DamageKind, what: impl Into<String>) {
        let what = what.into();
        self.flaws.push(Flaw { file, kind, what });
    }
}

/// Holds the case directory `name` in `dir` against `recorded`, the digests that the ledger says of it. If there are none,
/// its files are held against the manifest that stands beside them alone.
pub(super) fn prove_directory(
    spool: &Spool<'_>,
    dir: &Dir<'_>,
    name: &[u8],
    recorded: &[Sum],
) -> Result<Proof, SpoolError> {
    let mut proof = Proof::default();
    let mut path = PathBuffer::default();
    let mut manifest = Vec::new();
    let at = path.join(&[name, MANIFEST_FILE.as_bytes()]);
    match read(spool, dir, at, Some(&mut manifest))? {
        Found::Sum(sum, len) => {
            proof.bytes += len;
            if !recorded.is_empty() && !recorded.contains(&sum) {
                let what = "is not the one that the ledger says";
                proof.add(MANIFEST_FILE, DamageKind::Changed, what);
            }
        }
        Found::Gone => proof.add(MANIFEST_FILE, DamageKind::Missing, "is gone"),
        Found::Unreadable(why) => proof.add(MANIFEST_FILE, DamageKind::Unreadable, why),
        // Somebody has it just now: there is another time.
        Found::Held => return Ok(proof),
    }
    for file in [ALERT_FILE, CASE_FILE] {
        let at = path.join(&[name, file.as_bytes()]);
        match read(spool, dir, at, None)? {
            Found::Sum(sum, len) => {
                proof.bytes += len;
                match said_of(&manifest, file) {
                    Some(said) if said == hex(&sum).as_bytes() => {}
                    Some(_) => {
                        let what = "does not have the bytes that its manifest says";
                        proof.add(file, DamageKind::Changed, what);
                    }
                    // A manifest that is gone was told.
                    None if manifest.is_empty() => {}
                    None => {
                        let what = format!("does not say what {file} is");
                        proof.add(MANIFEST_FILE, DamageKind::Changed, what);
                    }
                }
            }
            Found::Gone => proof.add(file, DamageKind::Missing, "is gone"),
            Found::Unreadable(why) => proof.add(file, DamageKind::Unreadable, why),
            Found::Held => {}
        }
    }
    Ok(proof)
}

/// The digits that a manifest has for a file.
fn said_of<'a>(manifest: &'a [u8], file: &str) -> Option<&'a [u8]> {
    manifest.split(|byte| *byte == b'\n').find_map(|line| {
        let (digits, name) = line.split_at_checked(64)?;
        (name.trim_ascii_start() == file.as_bytes()).then_some(digits)
    })
}

/// Adds to `added` the names in a case's directory that the pipeline did not write.
pub(super) fn list_added(
    spool: &Spool<'_>,
    dir: &Dir<'_>,
    name: &[u8],
    added: &mut Vec<Vec<u8>>,
) -> Result<(), SpoolError> {
    let case = match Dir::open(spool.host, dir.at(name)) {
        Ok(case) => case,
        Err(error) if error.is_vanished() => return Ok(()),
        Err(error) => return Err(error).context("open", name),
    };
    let ours = [ALERT_FILE, CASE_FILE, MANIFEST_FILE];
    let mut names = Names::default();
    while read_or_gone(&case, &mut names).context("list", name)? {
        let others = names.iter().map(|found| found.name);
        let others = others.filter(|name| !ours.iter().any(|file| file.as_bytes() == *name));
        added.extend(others.map(<[u8]>::to_vec));
    }
    Ok(())
}

/// Holds the pack at `path` below `dir` against its own digest, and that against `recorded`. `None` if there is no such file.
pub(super) fn prove_pack(
    spool: &Spool<'_>,
    dir: &Dir<'_>,
    path: &[u8],
    recorded: &[Sum],
) -> Result<Option<Proof>, SpoolError> {
    let mut proof = Proof::default();
    let read = File::open_read(spool.host, dir.at(path)).and_then(|file| packs::read_digest(&file));
    match read {
        Ok(found) => {
            proof.bytes = found.bytes;
            let said = found.said.as_deref().and_then(parse_sum);
            if said != Some(found.sum) {
                let what = "its bytes are not what they were when it was written";
                proof.add("", DamageKind::Changed, what);
            } else if !recorded.is_empty() && !recorded.contains(&found.sum) {
                let what = "it is not the one that the ledger says";
                proof.add("", DamageKind::Changed, what);
            }
        }
        Err(error) if error.is_vanished() => return Ok(None),
        Err(error) => match error.class() {
            Class::Poison => {
                let what = format!("cannot be read: {error}");
                proof.add("", DamageKind::Unreadable, what);
            }
            Class::Contended => {}
            _ => return Err(error).context("read", path),
        },
    }
    Ok(Some(proof))
}

enum Found {
    /// The digest of its bytes, and how many they are.
    Sum(Sum, u64),
    Gone,
    Unreadable(String),
    Held,
}

/// A manifest has two lines of some eighty bytes: what is longer is none.
const KEPT_BYTES_MAX: usize = 64 * 1024;

/// Reads a file for its digest, and keeps its beginning in `kept`.
fn read(
    spool: &Spool<'_>,
    dir: &Dir<'_>,
    path: &[u8],
    mut kept: Option<&mut Vec<u8>>,
) -> Result<Found, SpoolError> {
    let (mut hash, mut offset, mut chunk) = (Sha256::new(), 0, Vec::new());
    let read = File::open_read(spool.host, dir.at(path)).and_then(|file| {
        loop {
            chunk.clear();
            let count = file.read(offset, &mut chunk, KEPT_BYTES_MAX)?;
            if count == 0 {
                return Ok(());
            }
            hash.update(&chunk);
            offset += count as u64;
            if let Some(kept) = kept.as_mut().filter(|kept| kept.len() < KEPT_BYTES_MAX) {
                kept.extend_from_slice(&chunk);
            }
        }
    });
    match read {
        Ok(()) => Ok(Found::Sum(hash.finalize().into(), offset)),
        Err(error) if error.is_vanished() => Ok(Found::Gone),
        Err(error) => match error.class() {
            Class::Poison => Ok(Found::Unreadable(format!("cannot be read: {error}"))),
            Class::Contended => Ok(Found::Held),
            _ => Err(error).context("read", path),
        },
    }
}
