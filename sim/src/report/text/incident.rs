//! The account of the incident beside the simulation, in the gate's text.

use super::super::model::{Campaign, Figure, RowVerdict};
use super::{GridCell, Lines, Tone, push_grid};

/// The table of runs before the fix, after it, and of ours.
pub(super) fn push_comparison(lines: &mut Lines<'_>, campaign: &Campaign) {
    if campaign.before_and_after.is_empty() {
        return;
    }
    lines.detail("");
    lines.detail("  runs of seven stages, the account against the simulation (virtual time)");
    let head = ["", "before", "legacy", "after", "hotfix", "spool"];
    let mut rows = vec![head.into_iter().map(GridCell::plain).collect()];
    for row in &campaign.before_and_after {
        let plain = |words: &String| GridCell::plain(words.as_str());
        rows.push(vec![
            plain(&row.what),
            plain(&row.before),
            judged(&row.legacy),
            plain(&row.after),
            judged(&row.hotfix),
            plain(&row.spool),
        ]);
    }
    push_grid(lines, &rows, 6);
}

fn judged(figure: &Figure) -> GridCell {
    let (sign, tone) = match figure.verdict {
        RowVerdict::Pass => ("✓", Tone::Good),
        RowVerdict::Miss => ("✗", Tone::Doubt),
        RowVerdict::Unresolved | RowVerdict::Info => ("·", Tone::Faint),
    };
    GridCell {
        words: format!("{sign} {}", figure.words),
        tone,
    }
}

/// The table of figures, and how many contradictions of the account stand in the report.
pub(super) fn push(lines: &mut Lines<'_>, campaign: &Campaign) {
    if campaign.incident.is_empty() {
        return;
    }
    lines.detail("");
    lines.detail("  the account against the simulation (virtual time)");
    let head = ["figure", "account", "simulated", "tolerance", ""];
    let mut rows = vec![head.into_iter().map(GridCell::plain).collect()];
    for row in &campaign.incident {
        let (word, tone) = match row.verdict {
            RowVerdict::Pass => ("✓ pass", Tone::Good),
            RowVerdict::Miss => ("✗ miss", Tone::Doubt),
            RowVerdict::Unresolved => ("? unresolved", Tone::Doubt),
            RowVerdict::Info => ("info", Tone::Faint),
        };
        let words = [&row.figure, &row.account, &row.simulated, &row.tolerance];
        let cells = words
            .into_iter()
            .map(|words| GridCell::plain(words.as_str()));
        rows.push(
            cells
                .chain([GridCell {
                    words: word.to_owned(),
                    tone,
                }])
                .collect(),
        );
    }
    push_grid(lines, &rows, 5);
    if !campaign.unresolved.is_empty() {
        let ids: Vec<&str> = campaign
            .unresolved
            .iter()
            .map(|one| one.id.as_str())
            .collect();
        lines.detail(&format!("  unresolved in the account: {}", ids.join(", ")));
    }
}
