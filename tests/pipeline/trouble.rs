//! What other programs do to cases, packs and the ledger: one case's trouble is never another's.

use crate::bags::validate;
use crate::disk::Disk;
use pipeline::{FailureKind, Stage};
use std::fs;
use std::path::PathBuf;

fn alerts(count: usize) -> Vec<Vec<u8>> {
    let alert = |number: usize| {
        serde_json::json!({"timestamp": "2026-04-01T05:29:07.000+0000", "id": number.to_string(),
            "agent": {"name": format!("host-{}", number % 2)}})
    };
    (0..count)
        .map(|number| alert(number).to_string().into_bytes())
        .collect()
}

fn place(number: usize) -> String {
    format!("2026/04/01/{}", Disk::id(number))
}

fn case(disk: &Disk, number: usize) -> PathBuf {
    let shelf = disk.root().join("cases/2026/04/01/05");
    shelf.join(Disk::id(number).to_string())
}

#[track_caller]
fn assert_packed(disk: &Disk, numbers: &[usize], alerts: &[Vec<u8>]) {
    let packs = disk.packs();
    assert_eq!(packs.len(), numbers.len(), "{:?}", packs.keys());
    for number in numbers {
        let id = Disk::id(*number).to_string();
        validate(&packs[&place(*number)], &id, &alerts[*number]).unwrap();
    }
}

#[test]
fn a_case_whose_alert_was_removed_is_counted_until_it_is_back_and_keeps_no_other_waiting() {
    let (disk, alerts) = (Disk::new(), alerts(3));
    disk.escalate(0, &alerts);
    let (alert, away) = (case(&disk, 1).join("alert.json"), disk.root().join("away"));
    fs::rename(&alert, &away).unwrap();
    assert_eq!(disk.pass_well(), (3, 2, 1));
    assert_packed(&disk, &[0, 2], &alerts);
    assert_eq!(disk.pass_well(), (1, 0, 1), "it is still owed");
    fs::rename(&away, &alert).unwrap();
    assert_eq!(disk.pass_well(), (1, 1, 0));
    assert_packed(&disk, &[0, 1, 2], &alerts);
    assert_eq!(disk.pass_well(), (0, 0, 0));
}

#[test]
fn a_day_that_is_a_file_keeps_its_cases_waiting_and_no_other() {
    let (disk, alerts) = (Disk::new(), alerts(2));
    let undated = vec![b"{}".to_vec()];
    disk.escalate(0, &alerts);
    disk.escalate(2, &undated);
    fs::create_dir_all(disk.root().join("escalations/2026/04")).unwrap();
    let file = disk.root().join("escalations/2026/04/01");
    fs::write(&file, "in the way").unwrap();
    assert_eq!(disk.pass_well(), (3, 1, 2));
    fs::remove_file(&file).unwrap();
    assert_eq!(disk.pass_well(), (2, 2, 0));
    assert_eq!(disk.packs().len(), 3);
}

#[test]
fn what_stands_in_a_packs_place_is_never_touched() {
    let (disk, alerts) = (Disk::new(), alerts(2));
    disk.escalate(0, &alerts);
    let taken = disk.root().join("escalations").join(place(0));
    fs::create_dir_all(&taken).unwrap();
    fs::write(taken.join("mine.txt"), "a person's").unwrap();
    assert_eq!(disk.pass_well(), (2, 1, 0));
    assert_eq!(fs::read_dir(&taken).unwrap().count(), 1);
    assert_eq!(fs::read(taken.join("mine.txt")).unwrap(), b"a person's");
}

#[test]
fn what_lies_aside_is_removed_before_a_pack_is_made() {
    let (disk, alerts) = (Disk::new(), alerts(1));
    disk.escalate(0, &alerts);
    let half = disk
        .root()
        .join("escalations/.aside")
        .join(Disk::id(0).to_string());
    fs::create_dir_all(half.join("data/deeper")).unwrap();
    fs::write(half.join("data/deeper/x"), "half").unwrap();
    std::os::unix::fs::symlink(disk.root(), half.join("link")).unwrap();
    assert_eq!(disk.pass_well(), (1, 1, 0));
    assert_packed(&disk, &[0], &alerts);
    assert!(
        disk.root().join("cases").is_dir(),
        "a link is removed and not followed"
    );
}

#[test]
fn a_ledger_that_was_cut_is_read_anew_and_no_case_has_a_second_pack() {
    let (disk, alerts) = (Disk::new(), alerts(4));
    disk.escalate(0, &alerts[..2]);
    assert_eq!(disk.pass_well(), (2, 2, 0));
    let before = disk.packs();
    let ledger = disk.root().join("ledger");
    let segments = fs::read_dir(&ledger)
        .unwrap()
        .map(|entry| entry.unwrap().path());
    // The last line of every segment is torn off, as a power loss can do it.
    for segment in segments {
        let bytes = fs::read(&segment).unwrap();
        let end = bytes[..bytes.len() - 1]
            .iter()
            .rposition(|byte| *byte == b'\n');
        fs::write(&segment, &bytes[..end.map_or(0, |end| end + 1)]).unwrap();
    }
    disk.escalate(2, &alerts[2..]);
    let (_, given, errors) = disk.pass_well();
    assert_eq!((given, errors), (2, 0));
    assert_packed(&disk, &[0, 1, 2, 3], &alerts);
    let after = disk.packs();
    assert!(before.iter().all(|(place, pack)| after[place] == *pack));
}

#[test]
fn a_ledger_that_was_edited_fails_the_stage_after_what_can_be_read_is_packed() {
    let (disk, alerts) = (Disk::new(), alerts(2));
    disk.escalate(0, &alerts[..1]);
    assert_eq!(disk.pass_well(), (1, 1, 0));
    disk.escalate(1, &alerts[1..]);
    let ledger = disk.root().join("ledger");
    let segments = fs::read_dir(&ledger)
        .unwrap()
        .map(|entry| entry.unwrap().path());
    let mut segments: Vec<_> = segments.collect();
    segments.sort();
    let last = segments.last().unwrap();
    let text = fs::read_to_string(last).unwrap();
    // In what was recorded since the last pass: what was read before is for the audit to find.
    let last_line = text.trim_end().rfind('\n').unwrap();
    let at = text[..last_line].rfind("\"kind\"").unwrap();
    let broken = format!("{}\"kinD\"{}", &text[..at], &text[at + 6..]);
    fs::write(last, broken).unwrap();
    let report = disk.pass();
    let stage = report.stage(Stage::Escalation).unwrap();
    let kind = stage.failure.as_ref().map(|failure| failure.kind);
    assert_eq!(kind, Some(FailureKind::Data), "{report:?}");
    assert!(disk.packs().contains_key(&place(0)));
    fs::write(last, text).unwrap();
    disk.pass_well();
    assert_packed(&disk, &[0, 1], &alerts);
}

#[test]
fn damaged_notes_are_begun_anew() {
    let (disk, alerts) = (Disk::new(), alerts(2));
    disk.escalate(0, &alerts);
    assert_eq!(disk.pass_well(), (2, 2, 0));
    for bad in ["", "{", "[]", r#"{"position":5}"#, "\0"] {
        fs::write(disk.root().join("state/escalation.json"), bad).unwrap();
        assert_eq!(disk.pass_well(), (2, 0, 0), "{bad:?}");
    }
    assert_packed(&disk, &[0, 1], &alerts);
}

#[test]
fn a_case_that_was_changed_after_it_was_made_is_packed_and_its_outcome_says_so() {
    let (disk, mut alerts) = (Disk::new(), alerts(3));
    disk.escalate(0, &alerts);
    alerts[1] = b"{\"changed\":true}".to_vec();
    fs::write(case(&disk, 1).join("alert.json"), &alerts[1]).unwrap();
    fs::remove_file(case(&disk, 2).join("manifest-sha256.txt")).unwrap();
    assert_eq!(disk.pass_well(), (3, 3, 0));
    assert_packed(&disk, &[0, 1, 2], &alerts);
    let packs = disk.packs();
    let matches = [0, 1, 2].map(|number| {
        let outcome = &packs[&place(number)]["data/outcome.json"];
        let outcome: serde_json::Value = serde_json::from_slice(outcome).unwrap();
        outcome["case_matches_manifest"].clone()
    });
    assert_eq!(
        matches,
        [true.into(), false.into(), serde_json::Value::Null]
    );
}

#[test]
fn a_pack_names_the_earlier_cases_of_its_agent_over_passes() {
    let (disk, alerts) = (Disk::new(), alerts(5));
    disk.escalate(0, &alerts[..3]);
    assert_eq!(disk.pass_well(), (3, 3, 0));
    disk.escalate(3, &alerts[3..]);
    assert_eq!(disk.pass_well(), (2, 2, 0));
    let packs = disk.packs();
    let related = |number: usize| -> Vec<String> {
        let bytes = &packs[&place(number)]["data/related.json"];
        let related: serde_json::Value = serde_json::from_slice(bytes).unwrap();
        let cases = related["related"].as_array().unwrap().iter();
        cases
            .map(|case| case["pack"].as_str().unwrap().to_owned())
            .collect()
    };
    let pack = |number: usize| format!("escalations/{}", place(number));
    assert_eq!(related(0), Vec::<String>::new());
    assert_eq!(related(3), [pack(1)]);
    assert_eq!(related(4), [pack(2), pack(0)]);
}
