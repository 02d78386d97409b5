//! `sim sweep`: figures against depth, for the report.

use super::options::CampaignArgs;
use super::report::STEM;
use super::terminal::{Format, Terminal};
use super::{CliError, Exit, campaign};
use crate::campaign::cells;
use crate::campaign::folder::{self, Kind};
use crate::report::text;
use crate::scenario::Scenario;
use clap::{ArgMatches, Args};
use std::path::PathBuf;

/// Measures the chance of a crash, the window and the cost against depth
#[derive(Args, Debug)]
pub(super) struct SweepArgs {
    #[command(flatten)]
    campaign: CampaignArgs,
    /// The folder for scale-boundary.json, .md and .html
    #[arg(long, value_name = "DIR", default_value = "reports")]
    reports: PathBuf,
}

/// A sweep is about figures: those against depth, and those that the account gives too.
fn is_measured(scenario: &Scenario) -> bool {
    1 < scenario.sweep.depths.len() || !scenario.observed.is_empty()
}

pub(super) fn run(
    args: SweepArgs,
    matches: &ArgMatches,
    terminal: &Terminal,
) -> Result<Exit, CliError> {
    let reports = args.reports;
    let options = args.campaign.resolve(matches, is_measured)?;
    let cells = cells::of_sweep(&campaign::requests(&options));
    campaign::check_depths(&cells)?;
    if let Some(exit) = campaign::answer(&options, &cells, terminal) {
        return Ok(exit);
    }
    let done = campaign::run(&options, &cells, Kind::Sweep, terminal)?;
    campaign::warn(
        terminal,
        &folder::render(&reports, STEM, Kind::Sweep, &done.campaign),
    );
    folder::write_result(&reports.join(format!("{STEM}.json")), &done.campaign)?;
    match terminal.format {
        Format::Text => {
            let options = campaign::text_options(terminal, None);
            terminal.result(&text::sweep(&done.campaign, options));
            let page = reports.join(format!("{STEM}.html"));
            terminal.result(&format!("report: {}\n", page.display()));
        }
        Format::Json => campaign::print_json(terminal, &done.campaign, &done.folder),
    }
    Ok(done.campaign.verdict().into())
}
