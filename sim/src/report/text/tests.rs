//! Invariants of what a gate prints.

use super::super::demo;
use super::{TextOptions, gate};

const PLAIN: TextOptions<'static> = TextOptions {
    colour: false,
    ascii: false,
    quiet: false,
    report: Some("r-0193/report.html"),
};

#[test]
fn the_last_two_lines_keep_their_shape() {
    let text = gate(&demo::campaign(), PLAIN);
    let last: Vec<&str> = text.lines().rev().take(2).collect();
    assert_eq!(last[1], "sim gate: 168 passed, 0 failed, 0 skipped");
    assert_eq!(
        last[0],
        "PASS (exit 0)  412.6 s of 600 s wall  report: r-0193/report.html"
    );
}

#[test]
fn a_failure_has_its_rate_its_interval_and_a_line_to_paste() {
    let text = gate(
        &demo::failing(),
        TextOptions {
            quiet: true,
            ..PLAIN
        },
    );
    let want = "FAIL F-3a91c2  S3 one-case · spool · depth 100,000 · 3/400 runs = 0.75 % (95 % CI 0.26-2.18 %)";
    assert!(text.starts_with(want), "{text}");
    assert!(
        text.contains("\n  replay:  sim replay target/sim-runs/r-0193/F-3a91c2.tape\n"),
        "{text}"
    );
    assert!(text.contains("\nFAIL (exit 1)  1 new finding"), "{text}");
    assert_eq!(
        text.lines().count(),
        4,
        "quiet keeps the essential lines:\n{text}"
    );
}

#[test]
fn the_matrix_lines_up_and_marks_a_failing_cell() {
    let text = gate(&demo::failing(), PLAIN);
    let head = text
        .lines()
        .find(|line| line.contains("predicate  "))
        .unwrap();
    let row = text
        .lines()
        .find(|line| line.contains("S3 one-case  "))
        .unwrap();
    assert!(row.contains("✗ 3/400"), "{row}");
    let end = |line: &str, word: &str| {
        line.split(word).next().unwrap().chars().count() + word.chars().count()
    };
    assert_eq!(end(head, "100k"), end(row, "✗ 3/400"), "\n{head}\n{row}");
}

#[test]
fn ascii_is_ascii_and_colour_adds_nothing_but_colour() {
    let campaign = demo::failing();
    let ascii = gate(
        &campaign,
        TextOptions {
            ascii: true,
            ..PLAIN
        },
    );
    assert!(ascii.is_ascii(), "{ascii}");
    let marks = |text: &str| text.matches('?').count();
    let plain = gate(&campaign, PLAIN);
    assert_eq!(
        marks(&ascii),
        marks(&plain),
        "a sign has no ascii form:\n{ascii}"
    );
    assert!(ascii.contains("X 3/400"), "{ascii}");
    let coloured = gate(
        &campaign,
        TextOptions {
            colour: true,
            ..PLAIN
        },
    );
    assert_ne!(coloured, gate(&campaign, PLAIN));
    assert_eq!(without_colour(&coloured), gate(&campaign, PLAIN));
}

#[test]
fn a_green_run_that_proves_nothing_says_why() {
    let mut campaign = demo::campaign();
    campaign.sometimes[0].runs_seen = 0;
    let text = gate(
        &campaign,
        TextOptions {
            quiet: true,
            ..PLAIN
        },
    );
    assert!(text.contains("INCONCLUSIVE (exit 3)"), "{text}");
    assert!(text.contains("never happened in"), "{text}");
}

fn without_colour(text: &str) -> String {
    let mut plain = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('\u{1b}') {
        plain.push_str(before);
        rest = after.split_once('m').unwrap().1;
    }
    plain.push_str(rest);
    plain
}

#[test]
fn runs_before_and_after_the_fix_stand_side_by_side_with_ours() {
    let text = gate(&demo::campaign(), PLAIN);
    let row = text
        .lines()
        .find(|line| line.starts_with("  queue "))
        .unwrap();
    let words = [
        "growing",
        "✓ growing: 35,340 → 41,200",
        "✗ draining: 35,340 → 12,000",
        "→ 12",
    ];
    assert!(words.iter().all(|words| row.contains(words)), "{row}");
}

#[test]
fn pairs_that_never_met_are_counted_and_named() {
    let mut campaign = demo::campaign();
    let text = gate(&campaign, PLAIN);
    let line = "  swarm     swarm  3 dangers, 3 pairs: each on together in 7 of 400 runs or more, 0 never; 1 never struck in one run\n";
    assert!(text.contains(line), "{text}");
    assert!(!text.contains("never on together"), "{text}");
    campaign.swarms[0].together[2][0] = 0;
    let text = gate(&campaign, PLAIN);
    assert!(
        text.contains("never on together: crash × archiver\n"),
        "{text}"
    );
}
