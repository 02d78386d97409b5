//! A line for each axis of scale in the gate's text.

use super::super::model::{AxisCost, AxisRow, Campaign};
use super::super::units::exact_count;
use super::{GridCell, Lines, Tone, push_grid};

/// The axes, in the contract's order.
pub(super) fn push(lines: &mut Lines<'_>, campaign: &Campaign) {
    if campaign.axes.is_empty() {
        return;
    }
    lines.detail("");
    lines.detail("  along the axes of scale: calls at both ends, and b of n^b (95 % CI)");
    let rows: Vec<Vec<GridCell>> = campaign.axes.iter().map(row).collect();
    push_grid(lines, &rows, 4);
}

fn row(axis: &AxisRow) -> Vec<GridCell> {
    let [first, last] = axis.range.map(exact_count);
    let has_grown = axis.costs.iter().any(AxisCost::has_grown);
    let is_unknown = axis.costs.iter().any(AxisCost::is_unknown);
    let is_judged = axis.costs.iter().any(|cost| cost.must_be_flat);
    let (word, tone) = match () {
        () if !is_judged => ("contrast", Tone::Faint),
        () if has_grown => ("GROWS", Tone::Bad),
        () if 0 < axis.failed => ("BROKEN", Tone::Bad),
        () if is_unknown => ("unknown", Tone::Doubt),
        () => ("flat", Tone::Good),
    };
    let costs: Vec<String> = axis.costs.iter().map(cost).collect();
    vec![
        GridCell::plain(axis.scenario.as_str()),
        GridCell::plain(axis.engine.as_str()),
        GridCell {
            words: word.to_owned(),
            tone,
        },
        GridCell::plain(format!("{first} … {last} {}", axis.unit)),
        GridCell::plain(format!(
            "{}/{} runs broken",
            exact_count(axis.failed),
            exact_count(axis.runs)
        )),
        GridCell::plain(costs.join(" · ")),
    ]
}

fn cost(cost: &AxisCost) -> String {
    let [first, last] = cost.ends.map(|calls| exact_count(calls.round() as u64));
    let fitted = match (cost.exponent, cost.interval) {
        (Some(exponent), Some(interval)) => {
            let [exponent, low, high] = [exponent, interval.low, interval.high].map(hundredths);
            format!("b {exponent} ({low} to {high})")
        }
        _ => "too few runs".to_owned(),
    };
    format!("{} {first} → {last}, {fitted}", cost.measure)
}

/// Two decimals, and no minus before zero.
fn hundredths(number: f64) -> String {
    let text = format!("{number:.2}");
    match text.as_str() {
        "-0.00" => "0.00".to_owned(),
        _ => text,
    }
}
