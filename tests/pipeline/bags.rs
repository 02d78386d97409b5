//! What a valid pack is, by RFC 8493 and by nothing of the pipeline's own code.

use sha2::{Digest, Sha256};
use std::collections::{BTreeMap, BTreeSet};

/// The files of a directory tree by their paths below its top, joined by `/`.
pub(crate) type Files = BTreeMap<String, Vec<u8>>;

/// What every pack holds.
const PAYLOAD: [&str; 7] = [
    "data/alert.json",
    "data/case.json",
    "data/observables.json",
    "data/outcome.json",
    "data/related.json",
    "data/runbook.md",
    "data/timeline.ndjson",
];
const TAGS: [&str; 3] = ["bag-info.txt", "bagit.txt", "manifest-sha256.txt"];
const LAST: &str = "tagmanifest-sha256.txt";

/// The packs below `escalations/`, each by its path there. Errs on a file that is in none.
pub(crate) fn packs(spool: &Files) -> Result<BTreeMap<String, Files>, String> {
    let mut packs: BTreeMap<String, Files> = BTreeMap::new();
    for (path, bytes) in spool {
        let Some(below) = path.strip_prefix("escalations/") else {
            continue;
        };
        let parts: Vec<&str> = below.split('/').collect();
        let depth = match parts.as_slice() {
            ["undated", _, _, ..] => 2,
            [".aside", ..] => return Err(format!("{path} was left aside")),
            [_, _, _, _, _, ..] => 4,
            _ => return Err(format!("{path} is in no pack")),
        };
        let (pack, file) = (parts[..depth].join("/"), parts[depth..].join("/"));
        packs.entry(pack).or_default().insert(file, bytes.clone());
    }
    Ok(packs)
}

/// Whether a pack is a whole and valid bag of this alert. Errs with what is wrong.
pub(crate) fn validate(pack: &Files, id: &str, alert: &[u8]) -> Result<(), String> {
    let names: BTreeSet<&str> = pack.keys().map(String::as_str).collect();
    let expected: BTreeSet<&str> = PAYLOAD
        .iter()
        .chain(&TAGS)
        .chain([&LAST])
        .copied()
        .collect();
    if names != expected {
        return Err(format!("it has the files {names:?}"));
    }
    check_manifest(pack, "manifest-sha256.txt", &PAYLOAD)?;
    check_manifest(pack, LAST, &TAGS)?;
    let declared = "BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n";
    if pack["bagit.txt"] != declared.as_bytes() {
        return Err("bagit.txt declares something else".to_owned());
    }
    let info = text(pack, "bag-info.txt")?;
    let sum: usize = PAYLOAD.iter().map(|name| pack[*name].len()).sum();
    for line in [
        format!("Payload-Oxum: {sum}.7"),
        format!("External-Identifier: {id}"),
    ] {
        if !info.lines().any(|found| found == line) {
            return Err(format!("bag-info.txt lacks {line}: {info}"));
        }
    }
    if pack["data/alert.json"] != alert {
        return Err("the alert has other bytes than were published".to_owned());
    }
    for name in PAYLOAD
        .iter()
        .filter(|name| name.ends_with(".json"))
        .skip(1)
    {
        json(&pack[*name]).map_err(|error| format!("{name}: {error}"))?;
    }
    let lines = text(pack, "data/timeline.ndjson")?;
    for line in lines.lines() {
        json(line.as_bytes()).map_err(|error| format!("timeline: {error}"))?;
    }
    text(pack, "data/runbook.md").map(drop)
}

fn json(bytes: &[u8]) -> Result<serde_json::Value, serde_json::Error> {
    serde_json::from_slice(bytes)
}

fn text<'a>(pack: &'a Files, name: &str) -> Result<&'a str, String> {
    std::str::from_utf8(&pack[name]).map_err(|error| format!("{name}: {error}"))
}

/// A manifest lists exactly these files, each with its hash.
fn check_manifest(pack: &Files, manifest: &str, names: &[&str]) -> Result<(), String> {
    let lines: BTreeSet<&str> = text(pack, manifest)?.lines().collect();
    let expected = names.iter().map(|name| {
        let digest = Sha256::digest(&pack[*name]);
        let hex: String = digest.iter().map(|byte| format!("{byte:02x}")).collect();
        format!("{hex}  {name}")
    });
    let expected: BTreeSet<String> = expected.collect();
    match lines
        .iter()
        .copied()
        .eq(expected.iter().map(String::as_str))
    {
        true => Ok(()),
        false => Err(format!(
            "{manifest} has {lines:?}, and should have {expected:?}"
        )),
    }
}
