//! The account of the incident beside the simulation, in the gate's text.

use super::super::model::{Campaign, RowVerdict};
use super::{GridCell, Lines, Tone, push_grid};

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
