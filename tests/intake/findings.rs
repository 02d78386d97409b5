//! Findings of Wazuh 5: another index, one time, levels that are words, and a policy of its own profile.

use crate::intake::take_in;
use host::Millis;
use mock_indexer::{Core, Form, Options, Population, Recipe};
use os::OsHost;
use policy::{Files, LoadOptions, POLICY_TOML, Policy};
use std::cell::RefCell;
use std::rc::Rc;
use std::sync::Arc;
use tests::InProcess;

const T0: i64 = 1_774_483_200_000;
const DAY: i64 = 86_400_000;

/// The mock's findings of files are medium and those of logons low; the filter knows one owner's files.
const FILTER: &str = "\
title: The deployment service changes settings
id: 00000000-0000-4000-8000-000000000005
logsource:
  product: wazuh
  service: syscheck
filter:
  rules: [3f6b1d8e-41f0-4c35-9a6e-7d5a0b1c2e90]
  selection:
    file.owner: svc-deploy
  condition: not selection
disposition: known_fp
owner: ops
ticket: OPS-5
expires: 2099-12-31
max_level: medium
tests:
  match:
    - {wazuh: {rule: {id: 3f6b1d8e-41f0-4c35-9a6e-7d5a0b1c2e90, level: medium}, integration: {name: fim}}, file: {owner: svc-deploy}}
  no_match:
    - {wazuh: {rule: {id: 3f6b1d8e-41f0-4c35-9a6e-7d5a0b1c2e90, level: medium}, integration: {name: fim}}, file: {owner: alice}}
";

fn policy() -> Policy {
    let settings = policy::starter();
    let settings = std::str::from_utf8(settings.get(POLICY_TOML).unwrap()).unwrap();
    let settings = settings
        .replacen("profile = \"wazuh4\"", "profile = \"wazuh5\"", 1)
        .replacen("syscheck = [\"syscheck\"]", "syscheck = [\"fim\"]", 1);
    let mut files = Files::new();
    files.insert(POLICY_TOML, settings);
    files.insert("filters/mf_deployments.yml", FILTER);
    Policy::load(&files, LoadOptions::default()).unwrap()
}

#[test]
fn every_finding_of_wazuh_5_becomes_one_case_on_the_shelf_of_its_own_hour() {
    let population = Arc::new(Population::new(Recipe {
        form: Form::Finding,
        ..Recipe::steady(5, 2_000, T0..T0 + DAY)
    }));
    let dir = tempfile::tempdir().unwrap();
    std::fs::write(dir.path().join("secret"), "poller:secret\n").unwrap();
    let host = OsHost::new(dir.path()).unwrap();
    let options = Options::healthy("poller", "secret");
    let core = Core::new(Arc::clone(&population), options);
    let transport = InProcess {
        host: &host,
        core: Rc::new(RefCell::new(core)),
    };
    let taken = take_in(&host, &transport, &policy(), Millis(T0), Millis(T0), 1);
    taken.assert_all_once(&population);
    let told = |disposition: &str| taken.heartbeat.dispositions[disposition];
    assert!(0 < told("known_fp"), "{:?}", taken.heartbeat.dispositions);
    assert!(0 < told("review"), "{:?}", taken.heartbeat.dispositions);
    assert!(0 < told("benign"), "{:?}", taken.heartbeat.dispositions);
    // A day and the hours of it; nothing is undated.
    let shelves = std::fs::read_dir(dir.path().join("spool/cases")).unwrap();
    let shelves: Vec<_> = shelves.map(|one| one.unwrap().file_name()).collect();
    assert_eq!(shelves, ["2026"]);
}
