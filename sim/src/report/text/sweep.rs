//! What a sweep prints: a table over depth for each engine, and what the fits say.

use super::super::analysis::{Engine, FAR_DEPTHS, LEVEL, engines};
use super::super::model::{Campaign, Cell};
use super::super::units::{
    bytes, change, depth, exact_count, fitted_depth, nanos, percent, percent_number, plain,
};
use super::{GridCell, Lines, TextOptions, push_grid};
use crate::stats::growth::Growth;
use crate::stats::proportion::wilson;

/// The campaign as a sweep prints it: for each engine a table and what it says about the boundary. Times are virtual.
pub fn sweep(campaign: &Campaign, options: TextOptions<'_>) -> String {
    let mut lines = Lines::new(options);
    for engine in engines(campaign) {
        lines.push(&format!("{}  (virtual time)", engine.name));
        push_table(&mut lines, &engine);
        push_boundary(&mut lines, &engine);
        if let Some(growth) = &engine.window {
            push_window(&mut lines, &engine, growth);
        }
        if let Some((base, each)) = engine.heap {
            lines.push(&format!(
                "  memory    {} and {} B for each file",
                bytes(base.max(0.0)),
                plain(each)
            ));
        }
    }
    lines.finish()
}

fn push_table(lines: &mut Lines<'_>, engine: &Engine<'_>) {
    let head = [
        "depth",
        "runs",
        "crash",
        "P(crash)",
        "95 % Wilson",
        "window",
        "vanished/scan",
        "calls/file",
        "peak heap",
    ];
    let head = head.map(GridCell::plain).into_iter().collect();
    let rows = engine.cells.iter().map(|cell| table_row(cell));
    let rows: Vec<_> = std::iter::once(head).chain(rows).collect();
    push_grid(lines, &rows, 0);
}

fn table_row(cell: &Cell) -> Vec<GridCell> {
    let crashed = cell.crashed.min(cell.runs);
    let interval = wilson(crashed, cell.runs, LEVEL);
    let or_dash = |words: Option<String>| words.unwrap_or_else(|| "–".to_owned());
    [
        depth(cell.depth),
        exact_count(cell.runs),
        exact_count(cell.crashed),
        percent(crashed as f64 / cell.runs.max(1) as f64),
        format!(
            "[{}, {}]",
            percent_number(interval.low),
            percent_number(interval.high)
        ),
        or_dash(cell.window_nanos.map(|window| nanos(window.median))),
        or_dash(
            cell.vanished_per_scan
                .map(|vanished| plain(vanished.median)),
        ),
        or_dash(cell.calls_per_file.map(plain)),
        or_dash(cell.heap_bytes_peak.map(|peak| bytes(peak as f64))),
    ]
    .map(GridCell::plain)
    .into_iter()
    .collect()
}

fn push_boundary(lines: &mut Lines<'_>, engine: &Engine<'_>) {
    let Some(fit) = &engine.response else {
        let crashed: u64 = engine.cells.iter().map(|cell| cell.crashed).sum();
        let words = if crashed == 0 {
            "no crash at any depth"
        } else {
            "crashes and clean runs do not overlap in depth"
        };
        lines.push(&format!("  boundary  not fitted: {words}"));
        return;
    };
    let at = |rate: f64| fit.depth_at(rate, LEVEL);
    let name =
        |mark: Option<(f64, _)>| mark.map_or("none".to_owned(), |(depth, _)| fitted_depth(depth));
    let half = at(0.5).map_or("D50 none".to_owned(), |(depth, interval)| {
        let (low, high) = (fitted_depth(interval.low), fitted_depth(interval.high));
        format!("D50 {} [{low}, {high}]", fitted_depth(depth))
    });
    let slope = fit.slope_interval(LEVEL);
    lines.push(&format!(
        "  boundary  D01 {} · D10 {} · {half} files; cloglog slope {:.2} [{:.2}, {:.2}]",
        name(at(0.01)),
        name(at(0.1)),
        fit.slope,
        slope.low,
        slope.high
    ));
}

fn push_window(lines: &mut Lines<'_>, engine: &Engine<'_>, growth: &Growth) {
    let (best, rival) = (growth.best(), growth.rival());
    let back_test = engine.window_back_test().map_or("none".to_owned(), change);
    let apart = rival.aicc - best.aicc;
    let preferred = match apart.is_finite() {
        true => format!("preferred over {} by AICc {apart:+.1}", rival.law.formula()),
        false => "too few depths to prefer a law".to_owned(),
    };
    let (law, exponent) = (best.law.formula(), growth.exponent());
    lines.push(&format!(
        "  window    {law} (exponent {exponent:.2}) {preferred}; back-test {back_test}"
    ));
    for far in FAR_DEPTHS {
        let at = far as f64;
        lines.push(&format!(
            "            {}: {} if {law}, {} if {}; extrapolated x{}, not for decisions",
            depth(far),
            nanos(best.at(at)),
            nanos(rival.at(at)),
            rival.law.formula(),
            plain(at / growth.depths.1)
        ));
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::demo;
    use super::*;

    #[test]
    fn a_sweep_names_boundary_window_and_extrapolation() {
        let options = TextOptions {
            colour: false,
            ascii: true,
            quiet: false,
            report: None,
        };
        let text = sweep(&demo::campaign(), options);
        assert!(text.is_ascii(), "{text}");
        for want in [
            "D50 9,",
            "slope 1.0",
            "n (exponent 1.00) preferred over n log n",
            "x100, not for decisions",
        ] {
            assert!(text.contains(want), "no '{want}' in\n{text}");
        }
        let spool = text.split("spool  (virtual time)").nth(1).unwrap();
        assert!(spool.contains("no crash at any depth"), "{spool}");
        assert!(spool.contains("constant (exponent"), "{spool}");
    }
}
