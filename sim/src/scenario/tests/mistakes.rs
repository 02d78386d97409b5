//! Each mistake is shown where it stands, in words that say what to write instead.

use super::*;

/// Parses `SMALLEST` followed by `added` (so the first added line is line 11) and compares all problems.
#[track_caller]
pub(super) fn check(added: &str, expected: &[(usize, usize, &str, &str)]) {
    check_text(&format!("{SMALLEST}{added}"), expected);
}

/// Compares (line, column, message, label) of all problems of `text`.
#[track_caller]
pub(super) fn check_text(text: &str, expected: &[(usize, usize, &str, &str)]) {
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
                "\"cap\", \"triage\", both, or all of poll, cap, triage, escalation, reconcile",
            ),
            (
                15,
                6,
                "this producer never ends",
                "has no `total`, no `share_of_initial` and no `rate`",
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
            (
                5,
                33,
                "a bucket is larger than an eighth of the cap",
                "the cap is 8",
            ),
        ],
    );
}

#[test]
fn a_misfortune_of_the_indexer_ends_after_it_begins() {
    check(
        "[[indexer.fault]]\nkind = \"rejected\"\nfrom = \"5s\"\nuntil = \"5s\"",
        &[(
            14,
            9,
            "it ends before it begins",
            "must be later than `from`",
        )],
    );
    check(
        "[[indexer.fault]]\nkind = \"rejectd\"\nfrom = \"1s\"\nuntil = \"5s\"",
        &[(12, 8, "unknown value `rejectd`", "did you mean `rejected`?")],
    );
    check(
        "[indexer]\nanser = \"4ms\"",
        &[(12, 1, "unknown key `anser`", "did you mean `answer`?")],
    );
    check(
        "[indexer]\naudit = \"0s\"",
        &[(12, 9, "the rhythm is zero", "must take some time")],
    );
}

#[test]
fn a_rotation_is_noticed_after_it_happened_and_before_the_next() {
    check(
        "[[indexer.rotation]]\nat = \"1h\"\nnoticed = \"1h\"",
        &[(
            13,
            11,
            "it is noticed before it happens",
            "must be later than `at`",
        )],
    );
    check(
        "[[indexer.rotation]]\nat = \"1m\"\nnoticed = \"9m\"\n[[indexer.rotation]]\nat = \"9m\"\nnoticed = \"10m\"",
        &[(
            15,
            6,
            "the password changes before the last change was noticed",
            "must be later than `noticed` of the rotation before",
        )],
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

#[test]
fn a_writer_that_the_inbox_does_not_wait_for_or_that_nobody_clears_up_after_is_refused() {
    let writer = "[[writer]]\nid = \"s\"\ntotal = 4\n";
    check(
        &format!("{writer}pause = \"1m\""),
        &[(
            14,
            9,
            "the inbox does not wait so long for a writer",
            "must be less than a minute",
        )],
    );
    check(
        &format!("{writer}pause = \"5s\"\ndotted = 3\nabandoned = 2"),
        &[(
            13,
            9,
            "more files have a kind than there are",
            "5 are named below",
        )],
    );
    check(
        &format!("{writer}pause = \"5s\"\nnever_taken = 2"),
        &[(
            15,
            15,
            "nobody ever renames these files",
            "add `cleared`, or the run never ends",
        )],
    );
    check(
        &format!("{writer}pause = \"5s\"\nnever_taken = 2\ncleared = \"9m\""),
        &[],
    );
    check(
        &format!("{writer}pause = \"5s\"\ndoted = 3"),
        &[(15, 1, "unknown key `doted`", "did you mean `dotted`?")],
    );
}

#[test]
fn an_alert_that_is_there_again_is_so_in_a_known_way_and_at_some_time() {
    check(
        "[[indexer.again]]\nkind = \"reindexd\"\nat = \"5s\"",
        &[(
            12,
            8,
            "unknown value `reindexd`",
            "did you mean `reindexed`?",
        )],
    );
    check(
        "[[indexer.again]]\nkind = \"sent-again\"\nat = \"5s\"\nshare = 1.5",
        &[(14, 9, "a share lies between 0 and 1", "this is 1.5")],
    );
}

#[test]
fn health_is_held_to_some_time_and_some_passes() {
    check(
        "[health]\nsilence_max = \"0s\"\ncalm_passes = 0",
        &[
            (12, 15, "the silence is zero", "must take some time"),
            (13, 15, "the number of passes is zero", "must be at least 1"),
        ],
    );
    check(
        "[[producer]]\nid = \"p\"\ntotal = 1\nage = \"0s\"",
        &[(14, 7, "the age is zero", "must take some time")],
    );
}

#[test]
fn a_count_needs_a_time_after_which_nothing_goes_wrong() {
    let text = SMALLEST.replace("[clock]", "[clock]\nends = \"counted\"");
    let line = text
        .lines()
        .position(|line| line.starts_with("ends"))
        .unwrap()
        + 1;
    check_text(
        &text,
        &[(
            line,
            8,
            "nobody says when the count is to be made",
            "it is made once faults have stopped",
        )],
    );
}

#[test]
fn a_danger_of_the_disk_that_cannot_be_is_shown_where_it_stands() {
    check(
        "[[fault]]\ncall = \"rename\"\nerrno = \"stale\"\nnth = 1\npartial = true",
        &[(
            15,
            11,
            "`rename` does all that it is to do, or nothing",
            "only an append can write a part and fail",
        )],
    );
    check(
        "[[read_only]]\npart = \"cass\"\nfrom = \"2m\"\nuntil = \"1m\"",
        &[
            (
                12,
                8,
                "`cass` is not a part of the home",
                "did you mean `cases`?",
            ),
            (
                14,
                9,
                "it ends before it begins",
                "must be later than `from`",
            ),
        ],
    );
    check(
        "[[short_read]]\nprobability = 1.5",
        &[(12, 15, "a share lies between 0 and 1", "this is 1.5")],
    );
    check(
        "[[restore]]\nbackup = \"9m\"\nat = \"9m\"",
        &[(
            13,
            6,
            "it is put back before it was taken",
            "must be later than `backup`",
        )],
    );
}

#[test]
fn what_cannot_become_of_an_index_is_shown_where_it_stands() {
    check(
        "[[indexer.index]]\nkind = \"closed\"\nat = \"1m\"",
        &[(
            12,
            8,
            "nobody opens the closed indices again",
            "add `until`",
        )],
    );
    check(
        "[[indexer.index]]\nkind = \"deleted\"\nat = \"2m\"\nuntil = \"1m\"",
        &[
            (14, 9, "this is for good", "only what is closed ends"),
            (14, 9, "it ends before it begins", "must be later than `at`"),
        ],
    );
    check(
        "[[indexer.index]]\nkind = \"renammed\"\nat = \"2m\"",
        &[(12, 8, "unknown value `renammed`", "did you mean `renamed`?")],
    );
}
