//! `sim gate`: the verdict of a campaign.

use super::options::{Campaign, CampaignArgs, config_json, config_text};
use super::terminal::{Format, Terminal};
use super::{CliError, Exit};
use clap::{ArgMatches, Args};

/// Proves the contract at every asserted depth, or shows the run that breaks it
#[derive(Args, Debug)]
pub(super) struct GateArgs {
    #[command(flatten)]
    pub(super) campaign: CampaignArgs,
}

pub(super) fn run(
    args: GateArgs,
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
    Err(CliError::NotWired { verb: "gate" })
}
