//! The command line means what it says: flags win, mistakes are answered with 2, nothing panics.

use super::*;
use crate::scenario::Engine;

fn args(line: &str) -> Vec<OsString> {
    let words = std::iter::once("sim").chain(line.split_whitespace());
    words.map(OsString::from).collect()
}

#[track_caller]
fn campaign(line: &str) -> Campaign {
    let (cli, matches) = parse(args(line)).expect("right usage");
    let (_, below) = matches.subcommand().expect("a verb");
    let Verb::Gate(gate) = cli.verb else {
        panic!("not a gate: {line}");
    };
    gate.resolve(below, |_| true).expect("known scenarios")
}

#[test]
fn clap_finds_the_definition_sound() {
    Cli::command().debug_assert();
}

#[test]
fn a_flag_wins_over_the_scenario() {
    let asked = campaign(
        "gate --scenario incident --engine spool,legacy --depth 1M,10k --seeds 7 --seed 0x2a",
    );
    let [plan] = &asked.plans[..] else {
        panic!("one scenario: {asked:?}");
    };
    assert_eq!(plan.engines.value, [Engine::Legacy, Engine::Spool]);
    assert_eq!(plan.depths.value, [10_000, 1_000_000]);
    assert_eq!((plan.seeds.value, plan.seeds.origin), (7, Origin::Flag));
    assert_eq!((asked.seed.value, asked.seed.origin), (42, Origin::Flag));
    assert_eq!(plan.runs(), 28);
}

#[test]
fn without_flags_every_scenario_runs_as_it_is_written() {
    let whole = campaign("gate --seed 1");
    assert_eq!(whole.plans.len(), crate::scenario::list().len());
    let scales = whole
        .plans
        .iter()
        .find(|plan| plan.scenario.id == "scale-boundaries");
    let scales = scales.expect("it is built in");
    assert_eq!(scales.depths.value.len(), 8);
    assert_eq!(scales.depths.origin, Origin::Scenario);
    assert_eq!(whole.out.origin, Origin::Default);
}

#[test]
fn a_config_names_each_value_and_its_origin() {
    let asked = campaign("gate --scenario targeted-race --seed 42 --depth 3");
    let text = options::config_text(&asked);
    assert!(
        text.starts_with("seed     0x000000000000002a  (flag)\nprofile  pr  (default)\n"),
        "{text}"
    );
    assert!(text.contains("  depths   3  (flag)\n"), "{text}");
    assert!(
        text.contains("  engines  legacy hotfix  (scenario)\n"),
        "{text}"
    );
}

#[test]
fn wrong_usage_ends_with_2_and_help_with_0() {
    let exit = |line: &str| parse(args(line)).err().map(|error| exit_of(&error));
    for wrong in [
        "",
        "gat",
        "gate --engine postgres",
        "gate --depth many",
        "gate --seeds 0",
        "gate --seed 4f1d",
        "replay",
        "stress --workers 0",
    ] {
        assert_eq!(exit(wrong), Some(Exit::Usage), "sim {wrong}");
    }
    for answer in ["--help", "--version", "gate --help"] {
        assert_eq!(exit(answer), Some(Exit::Pass), "sim {answer}");
    }
}

#[test]
fn an_unknown_scenario_is_wrong_usage() {
    let (cli, matches) = parse(args("gate --scenario no-such --seed 1")).expect("right flags");
    let (Verb::Gate(gate), Some((_, below))) = (cli.verb, matches.subcommand()) else {
        panic!("a gate was asked for");
    };
    let error = gate.resolve(below, |_| true).expect_err("no such scenario");
    assert_eq!(error.exit(), Exit::Usage);
    assert_eq!(error.to_string(), "no scenario has the id `no-such`");
}

#[test]
fn every_scenario_is_shown_without_a_word_missing() {
    for builtin in crate::scenario::list() {
        let scenario = builtin.scenario().expect("it is built in");
        let text = show::text(&scenario);
        assert!(text.starts_with(&scenario.name()), "{text}");
        assert!(!text.contains('?'), "{text}");
        for unresolved in &scenario.unresolved {
            assert!(text.contains(&unresolved.note), "{text}");
        }
    }
}
