//! The units are what systemd understands, where there is a systemd to ask.

use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

#[test]
fn systemd_finds_nothing_wrong_with_the_units() {
    let units = Path::new(env!("CARGO_MANIFEST_DIR")).join("../etc/systemd");
    let dir = tempfile::tempdir().unwrap();
    let mut copies = Vec::new();
    for entry in fs::read_dir(units).unwrap() {
        let path = entry.unwrap().path();
        let text = fs::read_to_string(&path).unwrap();
        // Where no package has put it, the program is the one under test.
        let text = text.replace("/usr/bin/foundry", env!("CARGO_BIN_EXE_foundry-under-test"));
        let copy = dir.path().join(path.file_name().unwrap());
        fs::write(&copy, text).unwrap();
        copies.push(copy);
    }
    assert_eq!(copies.len(), 4);
    let mut command = Command::new("systemd-analyze");
    command
        .args(["verify", "--man=no"])
        .args(&copies)
        .env("SYSTEMD_LOG_LEVEL", "warning");
    let output = match command.output() {
        Ok(output) => output,
        Err(error) => {
            eprintln!("SKIPPED: systemd-analyze cannot be run here: {error}");
            return;
        }
    };
    let told = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "{told}");
}

#[test]
fn the_codes_that_the_units_name_are_those_of_the_program() {
    let units = Path::new(env!("CARGO_MANIFEST_DIR")).join("../etc/systemd");
    let known = foundry::Exit::ALL.map(|exit| exit.code().to_string());
    let mut named = 0;
    for name in ["foundry.service", "foundry-run.service"] {
        let text = fs::read_to_string(units.join(name)).unwrap();
        for line in text.lines().filter(|line| line.contains("ExitStatus=")) {
            for code in line.split_once('=').unwrap().1.split_whitespace() {
                assert!(known.contains(&code.to_owned()), "{name}: {line}");
                named += 1;
            }
        }
    }
    assert_eq!(named, 5);
}

/// The seconds of a limit in a unit.
fn seconds(unit: &str, key: &str) -> u64 {
    let units = Path::new(env!("CARGO_MANIFEST_DIR")).join("../etc/systemd");
    let text = fs::read_to_string(units.join(unit)).unwrap();
    let value = text
        .lines()
        .find_map(|line| line.strip_prefix(key)?.strip_prefix('='));
    let value = value.unwrap_or_else(|| panic!("{unit} has no {key}"));
    let (number, unit) = value.split_at(value.find(|c: char| !c.is_ascii_digit()).unwrap());
    let number: u64 = number.parse().unwrap();
    match unit {
        "s" => number,
        "min" => 60 * number,
        _ => panic!("{key}={value}"),
    }
}

#[test]
fn a_unit_waits_longer_for_the_end_than_the_program_needs() {
    let needed = foundry::STOP_MAX.as_secs();
    assert!(needed < 15, "the service ends within 15 s of SIGTERM");
    for unit in ["foundry.service", "foundry-run.service"] {
        let allowed = seconds(unit, "TimeoutStopSec");
        assert!(2 * needed <= allowed, "{unit}: {needed} s of {allowed} s");
    }
    // A pass of a timer: all that its keys allow by default, and the stages that have no key.
    let pass = Duration::from_secs(600 + 20);
    assert!(2 * pass.as_secs() <= seconds("foundry-run.service", "TimeoutStartSec"));
}
