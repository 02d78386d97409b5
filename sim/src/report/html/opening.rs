//! What stands before the first section: the verdict, what could make it meaningless, the findings, the environment.

use super::super::model::{Campaign, Finding, FindingStatus, RowVerdict, TroubleKind};
use super::super::units::{depth, exact_count, percent, percent_number};
use super::super::verdict::Verdict;
use crate::stats::proportion::wilson;

/// The head of the page.
pub(super) struct Opening {
    pub(super) title: String,
    pub(super) word: &'static str,
    pub(super) glyph: &'static str,
    pub(super) class: &'static str,
    pub(super) sentence: String,
    pub(super) warnings: Vec<String>,
    pub(super) findings: Vec<FindingView>,
    pub(super) environment: Vec<(&'static str, String)>,
}

/// A finding as the page shows it.
pub(super) struct FindingView {
    pub(super) fingerprint: String,
    pub(super) status: &'static str,
    pub(super) place: String,
    pub(super) rate: String,
    pub(super) story: String,
    pub(super) commands: Vec<String>,
}

impl Opening {
    /// The head of `campaign`'s page.
    pub(super) fn of(campaign: &Campaign) -> Self {
        let verdict = campaign.verdict();
        let (glyph, class) = match verdict {
            Verdict::Pass => ("✓", "ok"),
            Verdict::Inconclusive | Verdict::Interrupted | Verdict::NothingRan => ("?", "doubt"),
            _ => ("✗", "bad"),
        };
        Opening {
            title: format!("Scale boundaries of {}", campaign.environment.scenario),
            word: verdict.word(),
            glyph,
            class,
            sentence: sentence(campaign),
            warnings: warnings(campaign),
            findings: campaign.findings.iter().map(finding).collect(),
            environment: environment(campaign),
        }
    }
}

fn sentence(campaign: &Campaign) -> String {
    let tally = campaign.tally();
    let runs: u64 = campaign.cells.iter().map(|cell| cell.runs).sum();
    let schedules: u64 = campaign
        .cells
        .iter()
        .map(|cell| cell.distinct_schedules)
        .sum();
    format!(
        "{} passed, {} failed, {} skipped: one predicate at one depth each. {} runs of distinct seeds, {} distinct schedules.",
        exact_count(tally.passed),
        exact_count(tally.failed),
        exact_count(tally.skipped),
        exact_count(runs),
        exact_count(schedules)
    )
}

fn warnings(campaign: &Campaign) -> Vec<String> {
    let mut warnings = campaign.doubts();
    let told = |kind| kind == TroubleKind::Incomplete;
    let others = campaign
        .troubles
        .iter()
        .filter(|trouble| !told(trouble.kind));
    warnings.extend(others.map(|trouble| trouble.note.clone()));
    if let Some(repeats) = campaign.repeats
        && repeats.ok < repeats.of
    {
        let differing = repeats.of - repeats.ok;
        warnings.push(format!(
            "{differing} of {} repeated runs gave another hash",
            repeats.of
        ));
    }
    let broken = campaign
        .cells
        .iter()
        .filter(|cell| cell.conservation.is_some_and(|sum| !sum.is_balanced()));
    warnings.extend(broken.map(|cell| {
        format!(
            "the conservation sum of {} at {} does not balance",
            cell.engine,
            depth(cell.depth)
        )
    }));
    let misses = campaign
        .incident
        .iter()
        .filter(|row| row.verdict == RowVerdict::Miss);
    warnings.extend(misses.map(|row| {
        format!(
            "the simulation misses the account: {}: {} against {}",
            row.figure, row.simulated, row.account
        )
    }));
    let unresolved = campaign.unresolved.iter();
    warnings.extend(unresolved.map(|fact| format!("unresolved ({}): {}", fact.id, fact.note)));
    warnings
}

fn finding(finding: &Finding) -> FindingView {
    let interval = wilson(
        finding.failed.min(finding.runs),
        finding.runs,
        super::analysis::LEVEL,
    );
    let rate = match finding.runs {
        0 => "not run".to_owned(),
        runs => percent(finding.failed as f64 / runs as f64),
    };
    FindingView {
        fingerprint: finding.fingerprint.clone(),
        status: match finding.status {
            FindingStatus::New => "new",
            FindingStatus::Ongoing => "ongoing",
            FindingStatus::Rare => "rare",
            FindingStatus::Resolved => "resolved",
        },
        place: format!(
            "{} {} · {} · depth {}",
            finding.predicate,
            finding.name,
            finding.engine,
            depth(finding.depth)
        ),
        rate: format!(
            "{}/{} runs = {rate} (95 % Wilson {}–{} %)",
            exact_count(finding.failed),
            exact_count(finding.runs),
            percent_number(interval.low),
            percent_number(interval.high)
        ),
        story: match &finding.shrunk {
            Some(shrunk) => format!("{} {shrunk}", finding.story),
            None => finding.story.clone(),
        },
        commands: std::iter::once(finding.replay.clone())
            .chain(finding.seed_command.clone())
            .collect(),
    }
}

fn environment(campaign: &Campaign) -> Vec<(&'static str, String)> {
    let environment = &campaign.environment;
    let rows = [
        ("version", &environment.version),
        ("commit", &environment.commit),
        ("scenario", &environment.scenario),
        ("cost model", &environment.cost_model),
        ("profile", &environment.profile),
        ("seed", &environment.seed),
        ("shard", &environment.shard),
    ];
    let created = environment
        .created
        .clone()
        .map(|created| ("created", created));
    let wall = campaign.wall.as_ref().map(|wall| {
        let budget = wall
            .budget_seconds
            .map(|budget| format!(" of {budget:.0} s"));
        let budget = budget.unwrap_or_default();
        (
            "wall time",
            format!(
                "{:.1} s{budget} on {} (decides nothing)",
                wall.seconds, wall.machine
            ),
        )
    });
    rows.into_iter()
        .map(|(name, value)| (name, value.clone()))
        .chain(created)
        .chain(wall)
        .filter(|(_, value)| !value.is_empty())
        .collect()
}
