//! `sim sweep`: figures against depth, for the report.

use super::options::{Campaign, CampaignArgs, config_json, config_text};
use super::terminal::{Format, Terminal};
use super::{CliError, Exit};
use clap::{ArgMatches, Args};

/// Measures the chance of a crash, the window and the cost against depth
#[derive(Args, Debug)]
pub(super) struct SweepArgs {
    #[command(flatten)]
    campaign: CampaignArgs,
}

pub(super) fn run(
    args: SweepArgs,
    matches: &ArgMatches,
    terminal: &Terminal,
) -> Result<Exit, CliError> {
    let campaign: Campaign = args.campaign.resolve(matches)?;
    if campaign.print_config {
        match terminal.format {
            Format::Text => terminal.result(&config_text(&campaign)),
            Format::Json => terminal.json(&config_json(&campaign)),
        }
        return Ok(Exit::Pass);
    }
    Err(CliError::NotWired { verb: "sweep" })
}
