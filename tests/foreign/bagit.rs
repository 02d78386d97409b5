//! The packs of stage 5, validated by the library that archives use.

use crate::python::{Python, say};
use host::{At, Dir, File};
use os::OsHost;
use pipeline::{Pipeline, Settings, Stage};
use policy::{LoadOptions, Policy, starter};
use spool::{Spool, SpoolOptions};
use std::path::{Path, PathBuf};

const REQUIREMENTS: &str = "bagit==1.9.0\n";

const SCRIPT: &str = "
import sys, bagit
for path in sys.argv[1:]:
    try:
        bag = bagit.Bag(path)
        bag.validate()
        print('valid', bag.info['External-Identifier'], bag.info['Payload-Oxum'])
    except bagit.BagError as error:
        print('invalid', type(error).__name__)
";

/// Alerts that the starter policy escalates, one of them hostile.
fn alerts() -> Vec<String> {
    let shadow = serde_json::json!({
        "timestamp": "2026-04-01T05:29:07.000+0000", "full_log": "File '/etc/shadow' modified",
        "rule": {"id": "550", "level": 7, "groups": ["ossec", "syscheck"], "description": "Integrity checksum changed."},
        "agent": {"id": "003", "name": "web-03", "ip": "10.0.0.3"},
        "syscheck": {"path": "/etc/shadow", "event": "modified", "sha256_after": "ab".repeat(32),
            "mtime_after": "2026-04-01T05:29:01", "uname_after": "root", "changed_attributes": ["sha256"]},
    });
    let text = "a\nb\r\0 ../../x \u{202E}`` <b>[x](y)".repeat(2_000);
    let hostile = serde_json::json!({
        "timestamp": text, "rule": {"id": "1", "level": 15, "groups": ["web"], "description": text},
        "agent": {"name": text}, "full_log": text, "data": {"srcip": text, "url": text, "srcuser": text},
    });
    let bare = serde_json::json!({"rule": {"level": 16}});
    [shadow, hostile, bare]
        .map(|alert| alert.to_string())
        .to_vec()
}

/// Makes the packs of all alerts below `dir` and returns their directories.
fn make_packs(dir: &Path) -> Vec<PathBuf> {
    let host = OsHost::new(dir).unwrap();
    let at = At::new(host::Host::root(&host), "s");
    let spool = Spool::init(&host, at, SpoolOptions::default()).unwrap();
    let inbox = Dir::open(&host, spool.root().at("inbox")).unwrap();
    for (number, alert) in alerts().iter().enumerate() {
        let file = File::create_new(&host, inbox.at(&format!("{number}.json"))).unwrap();
        file.append(alert.as_bytes()).unwrap();
    }
    let policy = Policy::load(&starter(), LoadOptions::default()).unwrap();
    let mut pipeline = Pipeline::open(&spool, &policy, None, Settings::default()).unwrap();
    let report = pipeline.pass("run", &mut |job| vec![job.drain("w1")]);
    let counts = report.stage(Stage::Escalation).unwrap().counts;
    assert_eq!((counts.given, counts.errors), (3, 0), "{report:?}");
    let mut packs = Vec::new();
    find_packs(&dir.join("s/escalations"), &mut packs);
    packs
}

fn find_packs(dir: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        if path.join("bagit.txt").is_file() {
            found.push(path);
        } else if path.is_dir() {
            find_packs(&path, found);
        }
    }
}

#[test]
fn bagit_validates_every_pack_and_refuses_one_that_was_changed() {
    let Some(python) = Python::with("bagit", REQUIREMENTS) else {
        return;
    };
    let dir = tempfile::tempdir().unwrap();
    let packs = make_packs(dir.path());
    assert_eq!(packs.len(), 3);
    let said = python.run(SCRIPT, &packs);
    let lines: Vec<&str> = said.lines().collect();
    assert_eq!(lines.len(), 3, "{said}");
    for (line, pack) in lines.iter().zip(&packs) {
        let id = pack.file_name().unwrap().to_str().unwrap();
        assert!(line.starts_with(&format!("valid {id} ")), "{line}");
    }
    // The same library notices one byte, a file that is missing, and one that is there besides.
    let alert = packs[0].join("data/alert.json");
    let mut bytes = std::fs::read(&alert).unwrap();
    bytes[0] ^= 1;
    std::fs::write(alert, bytes).unwrap();
    std::fs::remove_file(packs[1].join("data/runbook.md")).unwrap();
    std::fs::write(packs[2].join("data/more.txt"), "more").unwrap();
    let said = python.run(SCRIPT, &packs);
    assert_eq!(said, "invalid BagValidationError\n".repeat(3));
    say("bagit: 3 packs valid, 3 changed ones refused: checked");
}
