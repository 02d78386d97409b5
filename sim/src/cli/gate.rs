//! `sim gate`: the verdict of a campaign.

use super::options::CampaignArgs;
use super::terminal::{Format, Terminal};
use super::{CliError, Exit, campaign};
use crate::campaign::cells;
use crate::campaign::folder::Kind;
use crate::report::text;
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
    let options = args
        .campaign
        .resolve(matches, |scenario| !scenario.expect.is_empty())?;
    let cells = cells::of_gate(&campaign::requests(&options));
    campaign::check_depths(&cells)?;
    if let Some(exit) = campaign::answer(&options, &cells, terminal) {
        return Ok(exit);
    }
    let done = campaign::run(&options, &cells, Kind::Gate, "pr", terminal)?;
    let page = done.folder.join("report.html").display().to_string();
    match terminal.format {
        Format::Text => {
            let options = campaign::text_options(terminal, Some(&page));
            terminal.result(&text::gate(&done.campaign, options));
        }
        Format::Json => campaign::print_json(terminal, &done.campaign, &done.folder),
    }
    Ok(done.campaign.verdict().into())
}
