//! How the figures came about, and the data to check them with.

use super::super::analysis::{Engine, LEVEL};
use super::super::model::{Campaign, Cell, Conservation};
use super::super::units::{depth, exact_count, percent};
use super::block::{Block, Section, Table};
use crate::stats::paired::mcnemar;
use crate::stats::proportion::runs_to_see;

/// The section of the method.
pub(super) fn section(campaign: &Campaign, engines: &[Engine<'_>]) -> Section {
    let mut blocks = vec![Block::Command(campaign.environment.command.clone())];
    if !campaign.stopping_rule.is_empty() {
        blocks.push(Block::Prose(format!(
            "Stopping rule: {}",
            campaign.stopping_rule
        )));
    }
    blocks.push(Block::List(formulas()));
    blocks.push(Block::Prose(plan()));
    if let Some(table) = comparisons(campaign) {
        blocks.push(Block::Table(table));
    }
    match conservation(engines) {
        Some(table) => blocks.push(Block::Table(table)),
        None => blocks.push(Block::Empty(
            "No conservation sums were recorded.".to_owned(),
        )),
    }
    Section {
        id: "method",
        title: "Method",
        blocks,
    }
}

fn formulas() -> Vec<String> {
    [
        "n counts distinct seeds; distinct schedules are distinct trace hashes. Running a seed again adds nothing.",
        "All times are virtual unless they are called wall time. Wall time decides nothing.",
        "Clean cells: the upper bound is 1 − 0.05^(1/n), near 3/n. Displayed intervals are Wilson's; decisions use \
         Clopper's and Pearson's.",
        "Chance of a crash: a binomial model with complementary log-log link on ln depth, by iteratively reweighted least \
         squares; boundaries by the delta method on ln depth.",
        "Growth: least squares on logarithms; the laws constant, n, n log n, n² and n^b compared by AICc; back-test by \
         fitting the depths of at most a tenth of the deepest.",
    ]
    .map(str::to_owned)
    .to_vec()
}

fn plan() -> String {
    let plan = [0.01, 0.001, 0.0001].map(|rate| {
        format!(
            "{} for a failure of {} a run",
            exact_count(runs_to_see(rate, LEVEL)),
            percent(rate)
        )
    });
    format!(
        "Runs that see a failure at least once with 95 %: {}.",
        plan.join(", ")
    )
}

fn comparisons(campaign: &Campaign) -> Option<Table> {
    if campaign.comparisons.is_empty() {
        return None;
    }
    let rows = campaign.comparisons.iter().map(|pair| {
        vec![
            format!("{} against {}", pair.first, pair.second),
            pair.predicate.clone(),
            depth(pair.depth),
            exact_count(pair.only_first),
            exact_count(pair.only_second),
            format!("{:.2e}", mcnemar(pair.only_first, pair.only_second)),
        ]
    });
    let head = [
        "engines",
        "predicate",
        "depth",
        "only first fails",
        "only second fails",
        "p",
    ];
    let caption = "Engines on the same seeds (McNemar's exact test, two-sided).";
    Some(Table {
        figures: false,
        ..Table::plain(caption, &head, rows.collect())
    })
}

fn conservation(engines: &[Engine<'_>]) -> Option<Table> {
    let cells = engines.iter().flat_map(|engine| &engine.cells);
    let rows: Vec<Vec<String>> = cells
        .filter_map(|cell| Some(conservation_row(cell, &cell.conservation?)))
        .collect();
    let head = [
        "engine",
        "depth",
        "fetched",
        "duplicates",
        "staged",
        "pending",
        "claimed",
        "cased",
        "overflow",
        "archived",
        "quarantined",
        "vanished",
        "balance",
    ];
    let caption =
        "Conservation (S2): fetched − duplicates = the sum of the places, over all runs of a cell.";
    (!rows.is_empty()).then(|| Table {
        fold: Some("Conservation sums".to_owned()),
        figures: true,
        ..Table::plain(caption, &head, rows)
    })
}

fn conservation_row(cell: &Cell, sum: &Conservation) -> Vec<String> {
    let counts = [
        sum.fetched,
        sum.duplicates,
        sum.staged,
        sum.pending,
        sum.claimed,
        sum.cased,
        sum.overflow,
        sum.archived,
        sum.quarantined,
        sum.vanished,
    ];
    let balance = if sum.is_balanced() {
        "✓ balanced"
    } else {
        "✗ broken"
    };
    [cell.engine.clone(), depth(cell.depth)]
        .into_iter()
        .chain(counts.map(exact_count))
        .chain([balance.to_owned()])
        .collect()
}

/// The cells as a table for other programs, as the address of a link that needs no network.
pub(super) fn csv_link(campaign: &Campaign) -> String {
    let mut csv = String::from(
        "engine,depth,runs,distinct_schedules,crashed,window_nanos_median,vanished_per_scan_median,calls_per_file,\
         virtual_nanos_per_file,heap_bytes_peak,handles_peak\n",
    );
    for cell in &campaign.cells {
        let window = cell.window_nanos.map(|summary| summary.median);
        let vanished = cell.vanished_per_scan.map(|summary| summary.median);
        let fields = [
            cell.engine.replace([',', '"', '\n'], " "),
            cell.depth.to_string(),
            cell.runs.to_string(),
            cell.distinct_schedules.to_string(),
            cell.crashed.to_string(),
            optional(window),
            optional(vanished),
            optional(cell.calls_per_file),
            optional(cell.virtual_nanos_per_file),
            optional(cell.heap_bytes_peak),
            optional(cell.handles_peak),
        ];
        csv.push_str(&fields.join(","));
        csv.push('\n');
    }
    format!("data:text/csv;charset=utf-8,{}", percent_encode(&csv))
}

fn optional(value: Option<impl ToString>) -> String {
    value.map_or_else(String::new, |value| value.to_string())
}

fn percent_encode(text: &str) -> String {
    let mut encoded = String::with_capacity(text.len() * 2);
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-_.,".contains(&byte) {
            encoded.push(char::from(byte));
        } else {
            encoded.push_str(&format!("%{byte:02X}"));
        }
    }
    encoded
}
