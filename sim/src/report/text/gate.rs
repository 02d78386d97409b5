//! What a gate prints: header, canaries, matrix, findings, and two closing lines.

use super::super::analysis::{Engine, LEVEL, charted, depths_of, engines};
use super::super::model::{Campaign, Canary, Cell, Checked, Expect, Finding, FindingStatus};
use super::super::units::{depth, exact_count, percent, percent_number};
use super::super::verdict::Verdict;
use super::{GridCell, Lines, TextOptions, Tone, axes, incident, push_grid, swarm};
use crate::stats::proportion::{upper_bound_of_none, upper_bound_of_none_at_once, wilson};

/// The campaign as a gate prints it. Ends with a newline.
pub fn gate(campaign: &Campaign, options: TextOptions<'_>) -> String {
    let mut lines = Lines::new(options);
    push_head(&mut lines, campaign);
    push_matrix(&mut lines, campaign);
    push_other_scenarios(&mut lines, campaign);
    axes::push(&mut lines, campaign);
    incident::push_comparison(&mut lines, campaign);
    incident::push(&mut lines, campaign);
    push_seen(&mut lines, campaign);
    swarm::push(&mut lines, campaign);
    for finding in &campaign.findings {
        push_finding(&mut lines, finding);
    }
    push_bounds(&mut lines, campaign);
    push_closing(&mut lines, campaign);
    lines.finish()
}

fn push_head(lines: &mut Lines<'_>, campaign: &Campaign) {
    let environment = &campaign.environment;
    lines.detail(&format!(
        "sim {}  profile {}  scenario {}  commit {}  seed {}  shard {}",
        environment.version,
        environment.profile,
        environment.scenario,
        environment.commit,
        environment.seed,
        environment.shard
    ));
    if let Some(corpus) = campaign.corpus {
        lines.detail(&format!(
            "  corpus    {} tapes, {} ok",
            corpus.of, corpus.ok
        ));
    }
    push_canaries(lines, campaign);
    let runs: u64 = campaign.cells.iter().map(|cell| cell.runs).sum();
    let schedules: u64 = campaign
        .cells
        .iter()
        .map(|cell| cell.distinct_schedules)
        .sum();
    lines.detail(&format!(
        "  explore   {} cells, {} runs, {} distinct schedules",
        campaign.cells.len(),
        exact_count(runs),
        exact_count(schedules)
    ));
}

/// A line for each scenario and canary: in how many runs each predicate caught it.
fn push_canaries(lines: &mut Lines<'_>, campaign: &Campaign) {
    let mut rest = &campaign.canaries[..];
    while let Some(first) = rest.first() {
        let is_same = |c: &&Canary| c.scenario == first.scenario && c.engine == first.engine;
        let count = rest.iter().take_while(is_same).count();
        let (here, later) = rest.split_at(count);
        rest = later;
        let words = here.iter().map(|canary| {
            let count = format!(
                "{}/{}",
                exact_count(canary.killed),
                exact_count(canary.runs)
            );
            let may = if canary.must_fail { "" } else { " (may)" };
            format!("{} {count}{may}", canary.predicate)
        });
        let words: Vec<String> = words.collect();
        let is_alive = here
            .iter()
            .any(|canary| canary.must_fail && canary.killed == 0);
        let (said, tone) = match is_alive {
            true => ("SURVIVED", Tone::Bad),
            false => ("caught", Tone::Plain),
        };
        let scenario = match first.scenario.as_str() {
            "" => String::new(),
            scenario => format!("  {scenario}"),
        };
        let line = format!(
            "  canary    {}{scenario}  {said}: {}",
            first.engine,
            words.join(" · ")
        );
        let line = lines.paint(&line, tone);
        lines.detail(&line);
    }
}

/// A line for each engine and depth of the scenarios that are not in the matrix. Points of an axis stand in its own line, as long as
/// nothing failed there.
fn push_other_scenarios(lines: &mut Lines<'_>, campaign: &Campaign) {
    let charted = charted(campaign);
    let shown = charted.cells.first().map_or("", |cell| &cell.scenario);
    let is_on_axis = |cell: &&Cell| {
        let mut axes = campaign.axes.iter();
        axes.any(|row| {
            row.scenario == cell.scenario && row.engine == cell.engine && row.failed == 0
        })
    };
    let cells = campaign.cells.iter();
    let cells = cells.filter(|cell| cell.scenario != shown && !is_on_axis(cell));
    let rows: Vec<Vec<GridCell>> = cells.map(other_row).collect();
    push_grid(lines, &rows, 3);
}

fn other_row(one: &Cell) -> Vec<GridCell> {
    let is_clean = |c: &&Checked| c.expect == Expect::Always && c.failed == 0;
    let clean = one.predicates.iter().filter(is_clean).count();
    let marked = one
        .predicates
        .iter()
        .filter(|c| 0 < c.failed || c.expect == Expect::MustFail);
    let mut tone = Tone::Plain;
    let mut words: Vec<String> = Vec::new();
    for checked in marked {
        let one = cell(checked);
        words.push(format!("{} {}", checked.id, one.words));
        if checked.expect == Expect::Always {
            tone = Tone::Bad;
        }
    }
    if 0 < clean {
        words.push(format!("{clean} predicates 0/{}", exact_count(one.runs)));
    }
    vec![
        GridCell::plain(format!("{} {}", one.scenario, one.variant).trim_end()),
        GridCell::plain(one.engine.as_str()),
        GridCell {
            words: words.join(" · "),
            tone,
        },
        GridCell::plain(format!("{} files", depth(one.depth))),
    ]
}

fn push_matrix(lines: &mut Lines<'_>, campaign: &Campaign) {
    let campaign = &charted(campaign);
    let all = engines(campaign);
    let depths = depths_of(&all);
    if depths.is_empty() {
        return;
    }
    let head = ["", "predicate"].into_iter().map(GridCell::plain);
    let mut rows = vec![
        head.chain(depths.iter().map(|&d| GridCell::plain(depth(d))))
            .collect(),
    ];
    for engine in all {
        rows.extend(engine_rows(&engine, &depths));
    }
    push_grid(lines, &rows, 2);
}

/// A row for each predicate that failed somewhere, and one for all that never did.
fn engine_rows(engine: &Engine<'_>, depths: &[u64]) -> Vec<Vec<GridCell>> {
    let mut ids: Vec<(&str, &str)> = Vec::new();
    for checked in engine.cells.iter().flat_map(|cell| &cell.predicates) {
        if !ids.iter().any(|(id, _)| *id == checked.id) {
            ids.push((&checked.id, &checked.name));
        }
    }
    let fails = |id: &str| {
        let mut all = engine.cells.iter().flat_map(|cell| &cell.predicates);
        all.any(|checked| checked.id == id && 0 < checked.failed)
    };
    let (failing, clean): (Vec<_>, Vec<_>) = ids.into_iter().partition(|(id, _)| fails(id));
    let mut rows: Vec<Vec<GridCell>> = Vec::new();
    for (id, name) in &failing {
        rows.push(row(engine, depths, format!("{id} {name}"), |checked| {
            checked.id == *id
        }));
    }
    let label = match (clean.as_slice(), failing.is_empty()) {
        ([], _) => None,
        ([(id, name)], _) => Some(format!("{id} {name}")),
        (many, true) => Some(format!("all {} predicates", many.len())),
        (many, false) => Some(format!("{} other predicates", many.len())),
    };
    if let Some(label) = label {
        let wanted = |checked: &Checked| clean.iter().any(|(id, _)| *id == checked.id);
        rows.push(row(engine, depths, label, wanted));
    }
    for (at, row) in rows.iter_mut().enumerate() {
        let name = if at == 0 { engine.name.as_str() } else { "" };
        row.insert(0, GridCell::plain(name));
    }
    rows
}

fn row(
    engine: &Engine<'_>,
    depths: &[u64],
    label: String,
    wanted: impl Fn(&Checked) -> bool,
) -> Vec<GridCell> {
    let cells = depths.iter().map(|&depth| {
        let here = engine.cells.iter().filter(|cell| cell.depth == depth);
        // Of several clean predicates the one with the fewest runs is the weakest statement.
        let weakest = here
            .flat_map(|cell| &cell.predicates)
            .filter(|checked| wanted(checked))
            .min_by_key(|checked| checked.of);
        weakest.map_or_else(
            || GridCell {
                words: "–".to_owned(),
                tone: Tone::Faint,
            },
            cell,
        )
    });
    std::iter::once(GridCell::plain(label))
        .chain(cells)
        .collect()
}

fn cell(checked: &Checked) -> GridCell {
    let count = format!(
        "{}/{}",
        exact_count(checked.failed),
        exact_count(checked.of)
    );
    let (mark, tone) = match (checked.expect, checked.failed) {
        _ if checked.of == 0 => ("", Tone::Doubt),
        (Expect::Always, 0) => ("", Tone::Plain),
        (Expect::Always, _) => ("✗ ", Tone::Bad),
        (Expect::MustFail, 0) => ("○ ", Tone::Faint),
        (Expect::MustFail, _) => ("◆ ", Tone::Good),
        (Expect::Observed, _) => ("", Tone::Faint),
    };
    GridCell {
        words: format!("{mark}{count}"),
        tone,
    }
}

fn push_seen(lines: &mut Lines<'_>, campaign: &Campaign) {
    let is_marked = |c: &Checked| c.expect == Expect::MustFail;
    if campaign
        .cells
        .iter()
        .flat_map(|cell| &cell.predicates)
        .any(is_marked)
    {
        lines.detail("  ◆ a canary, caught as it must be   ○ a canary, not caught at this depth");
    }
    for goal in campaign.sometimes.iter().filter(|goal| 0 < goal.runs_seen) {
        lines.detail(&format!(
            "  seen      {}  {} runs",
            goal.goal,
            exact_count(goal.runs_seen)
        ));
    }
    if let Some(repeats) = campaign.repeats {
        let same = if repeats.ok == repeats.of {
            "identical hashes"
        } else {
            "HASHES DIFFER"
        };
        lines.detail(&format!(
            "  repeat    {} of {} runs again in a fresh process: {same}",
            exact_count(repeats.ok),
            exact_count(repeats.of)
        ));
    }
}

fn push_finding(lines: &mut Lines<'_>, finding: &Finding) {
    let failed = finding.failed.min(finding.runs);
    let interval = wilson(failed, finding.runs, LEVEL);
    let (word, tone) = match finding.status {
        FindingStatus::New => ("FAIL", Tone::Bad),
        FindingStatus::Ongoing => ("FAIL (ongoing)", Tone::Bad),
        FindingStatus::Rare => ("RARE", Tone::Doubt),
        FindingStatus::Resolved => ("RESOLVED", Tone::Good),
    };
    lines.detail("");
    lines.push(&format!(
        "{} {}  {} {} · {} · depth {} · {}/{} runs = {} (95 % CI {}-{} %)",
        lines.paint(word, tone),
        finding.fingerprint,
        finding.predicate,
        finding.name,
        finding.engine,
        exact_count(finding.depth),
        exact_count(finding.failed),
        exact_count(finding.runs),
        percent(failed as f64 / finding.runs.max(1) as f64),
        percent_number(interval.low),
        percent_number(interval.high)
    ));
    lines.detail(&format!("    {}", finding.story));
    if let Some(shrunk) = &finding.shrunk {
        lines.detail(&format!("    {shrunk}"));
    }
    lines.push(&format!("  replay:  {}", finding.replay));
    if let Some(seed) = &finding.seed_command {
        lines.detail(&format!("  seed:    {seed}"));
    }
}

fn push_bounds(lines: &mut Lines<'_>, campaign: &Campaign) {
    let clean: Vec<u64> = campaign
        .cells
        .iter()
        .flat_map(|cell| &cell.predicates)
        .filter(|c| c.expect == Expect::Always && c.failed == 0 && 0 < c.of)
        .map(|c| c.of)
        .collect();
    if let Some(&runs) = clean.iter().min() {
        lines.detail("");
        lines.detail(&format!(
            "  Clean cells: ≤ {} per run each (one-sided 95 %, 0/{}), given this scenario's faults; all {} at once ≤ {}.",
            percent(upper_bound_of_none(runs, LEVEL)),
            exact_count(runs),
            exact_count(clean.len() as u64),
            percent(upper_bound_of_none_at_once(runs, clean.len() as u64, LEVEL))
        ));
    }
}

fn push_closing(lines: &mut Lines<'_>, campaign: &Campaign) {
    let (tally, verdict) = (campaign.tally(), campaign.verdict());
    for doubt in campaign.doubts() {
        let line = lines.paint(&format!("  doubt:   {doubt}"), Tone::Doubt);
        lines.push(&line);
    }
    for trouble in &campaign.troubles {
        lines.push(&format!("  trouble: {}", trouble.note));
    }
    lines.push(&format!(
        "sim gate: {} passed, {} failed, {} skipped",
        tally.passed, tally.failed, tally.skipped
    ));
    let tone = match verdict {
        Verdict::Pass => Tone::Good,
        Verdict::Inconclusive | Verdict::Interrupted | Verdict::NothingRan => Tone::Doubt,
        _ => Tone::Bad,
    };
    let word = format!("{} (exit {})", verdict.word(), verdict.exit_code());
    let new = |finding: &&Finding| finding.status == FindingStatus::New;
    let mut last = lines.paint(&word, tone);
    match campaign.findings.iter().filter(new).count() {
        0 => {}
        1 => last.push_str("  1 new finding"),
        many => last.push_str(&format!("  {many} new findings")),
    }
    if let Some(wall) = &campaign.wall {
        let budget = wall
            .budget_seconds
            .map(|budget| format!(" of {budget:.0} s"));
        last.push_str(&format!(
            "  {:.1} s{} wall",
            wall.seconds,
            budget.unwrap_or_default()
        ));
    }
    if let Some(report) = lines.options.report {
        last.push_str(&format!("  report: {report}"));
    }
    lines.push(&last);
}
