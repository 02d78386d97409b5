//! Each shipped file reads, and means what it should.

use super::*;

#[test]
fn every_shipped_scenario_reads_and_is_named_as_its_file() {
    for builtin in list() {
        let scenario = builtin
            .scenario()
            .unwrap_or_else(|error| panic!("{}: {:?}", builtin.id, miette::Report::new(error)));
        assert_eq!(scenario.id, builtin.id);
        // A scenario that is only measured asserts nothing at all.
        if scenario.expect.is_empty() {
            assert!(!scenario.sweep.archiver_paces.is_empty(), "{}", builtin.id);
            continue;
        }
        assert!(!scenario.expect.always.is_empty(), "{}", builtin.id);
        assert!(
            !scenario.expect.sometimes.is_empty(),
            "{}: vacuous",
            builtin.id
        );
    }
}

#[test]
fn every_scenario_file_of_the_repository_is_built_in() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../scenarios");
    let mut on_disk: Vec<String> = folder
        .read_dir()
        .expect("the folder is part of the repository")
        .filter_map(|entry| {
            let path = entry.expect("a readable folder").path();
            let is_scenario = path.extension().is_some_and(|e| e == "toml");
            is_scenario.then(|| path.file_stem().expect("a name").display().to_string())
        })
        .collect();
    on_disk.sort();
    let mut built_in: Vec<&str> = list().iter().map(|builtin| builtin.id).collect();
    built_in.sort_unstable();
    assert_eq!(on_disk, built_in);
}

#[test]
fn every_shipped_scenario_says_first_what_goes_wrong() {
    for builtin in list() {
        let first = builtin.text.lines().next().unwrap_or_default();
        assert!(first.starts_with("# "), "{}: {first}", builtin.id);
        assert!(first.ends_with('.'), "{}: {first}", builtin.id);
        assert!(builtin.sentence().starts_with(&first[2..]));
    }
}

#[test]
fn the_incident_means_what_the_account_says() {
    let incident = builtin("incident").expect("it is shipped");
    let hour = 3_600 * units::SECOND_NS;
    assert_eq!(
        incident.clock.t0_ms, 1_775_021_340_000,
        "2026-04-01T05:29:00Z"
    );
    assert_eq!(incident.engines(), [Engine::Legacy, Engine::Hotfix]);
    assert_eq!(incident.costs.stat_ns, Some(8_740_000));
    let after = &incident.consumers[2];
    assert_eq!(after.drain, Pace::EveryNs(176_470_588));
    assert_eq!(after.active.start_ns, 6 * hour + 25 * 60 * units::SECOND_NS);
    let before = &incident.consumers[0];
    assert_eq!(
        before.runs,
        Runs::AtNs(vec![1_600_000_000, 8_097_600_000_000])
    );
    assert_eq!(incident.unresolved.len(), 7);
    assert_eq!(incident.expect.canary[&Engine::Legacy], ["S8", "L2", "L3"]);
}

#[test]
fn the_hash_covers_the_meaning_and_not_the_comments() {
    let of = |text: &str| Scenario::parse("t.toml", text).expect("it reads").hash();
    let commented = SMALLEST.replace("[queue]", "# a comment\n[queue] # and one more");
    let same_length = SMALLEST.replace("\"1h\"", "\"60m\"");
    let longer = SMALLEST.replace("\"1h\"", "\"61m\"");
    assert_eq!(of(SMALLEST), of(&commented));
    assert_eq!(of(SMALLEST), of(&same_length));
    assert_ne!(of(SMALLEST), of(&longer));
}

#[test]
fn a_scenario_reads_back_from_a_tape() {
    for builtin in list() {
        let scenario = builtin.scenario().expect("it is shipped");
        let json = serde_json::to_string(&scenario).expect("plain data");
        let back: Scenario = serde_json::from_str(&json).expect("what was just written");
        assert_eq!(back, scenario);
    }
}

#[test]
fn the_smallest_scenario_takes_its_defaults() {
    let smallest = Scenario::parse("t.toml", SMALLEST).expect("it reads");
    assert_eq!(smallest.queue.cap, 2_000);
    assert_eq!(smallest.queue.bucket, 250);
    assert_eq!(smallest.sweep.engines, [Engine::Spool]);
    assert_eq!(smallest.sweep.depths, [10]);
    assert_eq!(smallest.consumers[0].stages, [Stage::Cap, Stage::Triage]);
}

#[test]
fn depths_by_decade_include_both_ends() {
    let text =
        format!("{SMALLEST}[sweep]\ndepth = {{ from = 1_000, to = 100_000, per_decade = 2 }}");
    let scenario = Scenario::parse("t.toml", &text).expect("it reads");
    assert_eq!(
        scenario.sweep.depths,
        [1_000, 3_162, 10_000, 31_623, 100_000]
    );
}

#[test]
fn a_scenario_that_does_not_use_a_key_says_nothing_of_it_in_a_tape() {
    let smallest = Scenario::parse("t.toml", SMALLEST).expect("it reads");
    let json = serde_json::to_string(&smallest).expect("plain data");
    for key in [
        "writers",
        "health",
        "again",
        "age_ns",
        "indexed_ns",
        "swarm",
    ] {
        assert!(!json.contains(key), "{key} in {json}");
    }
    assert_eq!(smallest.hash(), SMALLEST_HASH);
}

/// The smallest scenario's hash since there are scenarios: keys that are added later must not change it.
const SMALLEST_HASH: &str = "33d35f";
