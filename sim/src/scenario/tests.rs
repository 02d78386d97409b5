//! Each shipped file reads; each mistake is shown where it stands.

use super::*;

/// The smallest scenario, line by line; mistakes are made by replacing or adding a line.
const SMALLEST: &str = "\
schema = 1
id = \"t\"
title = \"A test\"
[clock]
t0 = 05:00:00
run_for = \"1h\"
[queue]
initial = 10
[[consumer]]
id = \"w\"
";

/// Parses `SMALLEST` followed by `added` (so the first added line is line 11) and compares all problems.
#[track_caller]
fn check(added: &str, expected: &[(usize, usize, &str, &str)]) {
    check_text(&format!("{SMALLEST}{added}"), expected);
}

/// Compares (line, column, message, label) of all problems of `text`.
#[track_caller]
fn check_text(text: &str, expected: &[(usize, usize, &str, &str)]) {
    let problems = match Scenario::parse("t.toml", text) {
        Ok(_) => Vec::new(),
        Err(ScenarioError::Invalid { problems, .. }) => problems,
        Err(other) => panic!("not about the text: {other}"),
    };
    let found: Vec<(usize, usize, &str, &str)> = problems
        .iter()
        .map(|located| {
            let (line, column) = located.line_column();
            let Problem { message, label, .. } = &located.problem;
            (line, column, message.as_str(), label.as_str())
        })
        .collect();
    assert_eq!(found, expected, "\n{text}");
}

#[test]
fn every_shipped_scenario_reads_and_is_named_as_its_file() {
    for builtin in list() {
        let scenario = builtin
            .scenario()
            .unwrap_or_else(|error| panic!("{}: {:?}", builtin.id, miette::Report::new(error)));
        assert_eq!(scenario.id, builtin.id);
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
    assert_eq!(incident.expect.canary[&Engine::Hotfix], ["L3", "S19"]);
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
fn a_misspelt_key_is_shown_with_the_key_that_was_meant() {
    check(
        "[[cap]]\nid = \"c\"\nevry = \"30s\"",
        &[(13, 1, "unknown key `evry`", "did you mean `every`?")],
    );
    check(
        "[[archivr]]\nid = \"a\"",
        &[(11, 3, "unknown key `archivr`", "did you mean `archiver`?")],
    );
    check(
        "[expect]\ncanary = { lagacy = [\"S8\"] }",
        &[(12, 12, "unknown key `lagacy`", "did you mean `legacy`?")],
    );
    check(
        "[sweep]\ndepth = { from = 1, too = 2, per_decade = 1 }",
        &[(12, 21, "unknown key `too`", "did you mean `to`?")],
    );
}

#[test]
fn a_misspelt_value_is_shown_with_the_value_that_was_meant() {
    check(
        "[machine]\nsharing = \"windos\"",
        &[(12, 11, "unknown value `windos`", "did you mean `windows`?")],
    );
    check(
        "engine = \"hotfx\"",
        &[(11, 10, "unknown value `hotfx`", "did you mean `hotfix`?")],
    );
    check(
        "[[fault]]\ncall = \"renam\"\nerrno = \"bussy\"\nnth = 1",
        &[
            (
                12,
                8,
                "`renam` is not a call of the host",
                "did you mean `rename`?",
            ),
            (
                13,
                9,
                "`bussy` is not an error that can be injected",
                "did you mean `busy`?",
            ),
        ],
    );
}

#[test]
fn a_missing_key_is_shown_at_its_table() {
    check("[[cap]]\nid = \"c\"", &[(11, 1, "missing key `every`", "")]);
}

#[test]
fn a_quantity_without_a_unit_is_refused_where_it_stands() {
    check(
        "[cost]\nstat = \"8.74\"",
        &[(
            12,
            8,
            "`8.74` is not a duration: write a number with its unit, such as \"8.74ms\" or \"14h\" (ns, us, ms, s, m, h, d)",
            "",
        )],
    );
    check(
        "[[archiver]]\nid = \"a\"\nrate = \"0/min\"",
        &[(
            13,
            8,
            "`0/min` is not a rate: write a number above 0 per unit, such as \"340/min\", or \"max\" (s, min, h, day)",
            "",
        )],
    );
    check(
        "drain = 340",
        &[(11, 9, "invalid type: integer `340`, expected a string", "")],
    );
}

#[test]
fn all_problems_of_meaning_are_shown_at_once_in_order() {
    check(
        "start = 05:10:00\nstop = 05:05:00\nbatch = 0\n\
         [[antivirus]]\nid = \"w\"\nshare = 1.5\nhold = { p50 = \"2s\", p99 = \"1s\" }\n\
         [[clock_step]]\nat = 04:59:00\nby = \"0s\"",
        &[
            (
                12,
                8,
                "it stops before it starts",
                "must be later than `start`",
            ),
            (13, 9, "the batch is zero", "must be at least 1"),
            (15, 6, "the id `w` is used twice", "the second use"),
            (16, 9, "a share lies between 0 and 1", "this is 1.5"),
            (17, 8, "p99 is less than p50", "99 of 100 are at most p99"),
            (
                19,
                6,
                "this clock time is before the scenario starts",
                "earlier than `clock.t0`",
            ),
            (20, 6, "the clock does not move", ""),
        ],
    );
}

#[test]
fn an_expectation_must_be_one_that_can_be_met() {
    check(
        "[expect]\ncanary = { legacy = [\"S8\"] }\nalways = [\"S99\", \"L1\"]\n\
         eventually = [\"S2\"]\nsometimes = [\"claim-race-los\"]",
        &[
            (
                12,
                21,
                "no consumer runs the engine `legacy`",
                "this expectation can never be met",
            ),
            (
                13,
                11,
                "`S99` is not a predicate of the contract",
                "did you mean `S19`?",
            ),
            (
                13,
                18,
                "this is a liveness predicate, not for `always`",
                "belongs to `eventually`",
            ),
            (
                14,
                15,
                "this is a safety predicate, not for `eventually`",
                "belongs to `always`",
            ),
            (
                15,
                14,
                "`claim-race-los` is not a goal",
                "did you mean `claim-race-lost`?",
            ),
        ],
    );
}

#[test]
fn a_campaign_must_be_one_that_can_run() {
    check(
        "[sweep]\ndepth = [100, 10]\nseeds = 0\nengines = [\"spool\", \"spool\"]",
        &[
            (12, 15, "depths ascend, from 1", "not above 100"),
            (13, 9, "the number of seeds is zero", "must be at least 1"),
            (14, 11, "name one engine or more, each once", ""),
        ],
    );
    check(
        "engine = \"hotfix\"\n[sweep]\nengines = [\"spool\"]",
        &[(
            13,
            11,
            "these engines never run",
            "every [[consumer]] names its own",
        )],
    );
}

#[test]
fn a_crash_happens_for_exactly_one_reason() {
    check(
        "[[crash]]\ntimes = 3",
        &[(
            11,
            1,
            "nothing says when this happens",
            "write one of `probability`, `every`, `call` with `nth`, `after`",
        )],
    );
    check(
        "[[power_loss]]\nprobability = 0.1\nevery = \"1m\"",
        &[(
            11,
            1,
            "more than one key says when this happens",
            "write one of `probability`, `every`, `after`",
        )],
    );
    check(
        "[[crash]]\ncall = \"rename\"",
        &[(12, 8, "which call of this kind?", "add `nth = 1`")],
    );
}

#[test]
fn actors_that_make_no_sense_are_refused() {
    check(
        "at = [05:10:00, 05:10:00]\nevery = \"1m\"\nstages = [\"triage\", \"cap\"]\n\
         [[producer]]\nid = \"p\"\n[[operator]]\nid = \"Bob\"",
        &[
            (
                11,
                6,
                "runs have a rhythm or fixed times",
                "`every` is there too",
            ),
            (
                11,
                17,
                "the times are out of order",
                "not later than the one before",
            ),
            (
                13,
                10,
                "these are not the stages of a run",
                "one of them, or [\"cap\", \"triage\"]",
            ),
            (
                15,
                6,
                "this producer never ends",
                "has neither `total` nor `rate`",
            ),
            (
                17,
                6,
                "this operator does nothing",
                "give `rm`, `copy_back` or `edit` a count",
            ),
            (17, 6, "`Bob` is not an id", "small letters, digits and `-`"),
        ],
    );
}

#[test]
fn another_schema_and_an_empty_world_are_refused() {
    check_text(
        "schema = 2\nid = \"t\"\ntitle = \"\"\nclock = { t0 = \"5s\", run_for = \"0s\" }\nqueue = { initial = 1, bucket = 9, cap = { limit = 8 } }",
        &[
            (
                1,
                10,
                "schema 2 is not known",
                "this program reads schema 1",
            ),
            (
                2,
                6,
                "nobody works on the queue",
                "this scenario has no [[consumer]]",
            ),
            (3, 9, "the title is empty", "one sentence"),
            (
                4,
                16,
                "`t0` is a clock time",
                "write 05:29:07, without quotes",
            ),
            (4, 32, "the run is zero", "must take some time"),
            (5, 33, "a bucket is larger than the cap", "the cap is 8"),
        ],
    );
}

#[test]
fn a_text_that_is_no_toml_is_shown_where_it_breaks() {
    check_text(
        "schema = 1\nid = \n",
        &[(
            2,
            6,
            "string values must be quoted, expected literal string",
            "",
        )],
    );
}

#[test]
fn an_unknown_id_and_a_missing_file_say_what_to_do() {
    let unknown = Scenario::find("incidnt").expect_err("no such id");
    assert_eq!(unknown.to_string(), "no scenario has the id `incidnt`");
    let help = miette::Diagnostic::help(&unknown)
        .expect("a hint")
        .to_string();
    assert_eq!(help, "did you mean `incident`?");
    let missing = Scenario::find("no/such.toml").expect_err("no such file");
    assert!(
        missing
            .to_string()
            .starts_with("cannot read the scenario file no/such.toml: "),
        "{missing}"
    );
}
