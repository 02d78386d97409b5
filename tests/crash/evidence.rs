//! Chain, manifest, bytes: what the ledger says of a case is what stands there, whoever wrote the record.

use crate::life::SPOOL;
use crate::verdict::{files, records};
use sha2::{Digest, Sha256};
use sim::kernel::Fs;
use std::collections::BTreeSet;

/// Where the bytes of a pack begin that its digest covers.
const PACK_DIGESTED_AT: usize = 77;

/// The bytes of a file below `cases/`.
fn bytes(fs: &Fs, path: &str) -> Result<Vec<u8>, String> {
    let ino = fs.at(format!("{SPOOL}/cases/{path}").as_bytes());
    ino.map(|ino| fs.bytes(ino).to_vec())
        .ok_or_else(|| format!("{path} is gone"))
}

fn sum(bytes: &[u8]) -> String {
    Sha256::digest(bytes)
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect()
}

/// Every digest in the ledger is that of what stands, and no case that stands is without one.
pub(crate) fn fits(fs: &Fs) -> Result<(), String> {
    let mut proven = BTreeSet::new();
    for record in records(fs) {
        for case in record.new_cases() {
            let Some(digest) = case.digest else { continue };
            let id = case.entry.id();
            let is_pack = case.shelf.starts_with("packed/");
            let found = match is_pack {
                true => sum(&bytes(fs, case.shelf)?[PACK_DIGESTED_AT..]),
                false => sum(&bytes(
                    fs,
                    &format!("{}/{id}/manifest-sha256.txt", case.shelf),
                )?),
            };
            if found != digest {
                return Err(format!(
                    "{id} in {} has another digest than recorded",
                    case.shelf
                ));
            }
            proven.insert(id.to_string());
        }
    }
    for (path, ino) in files(fs) {
        let Some(case) = path
            .strip_suffix("/alert.json")
            .filter(|path| path.starts_with("/cases/"))
        else {
            continue;
        };
        let id = case.rsplit('/').next().unwrap_or_default();
        if !proven.contains(id) {
            return Err(format!("{path} has no digest in the ledger"));
        }
        let manifest = bytes(
            fs,
            &format!("{}/manifest-sha256.txt", &case["/cases/".len()..]),
        )?;
        let line = format!("{}  alert.json", sum(&fs.bytes(ino)));
        if !String::from_utf8_lossy(&manifest).contains(&line) {
            return Err(format!("{path} is not what its manifest says"));
        }
    }
    Ok(())
}
