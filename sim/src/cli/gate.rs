//! `sim gate`: the verdict of a campaign.

use super::options::{Campaign, CampaignArgs};
use super::terminal::{Format, Terminal};
use super::{CliError, Exit, campaign};
use crate::campaign::folder::Kind;
use crate::campaign::{Profile, cells};
use crate::report::text;
use crate::scenario::Scenario;
use clap::{ArgMatches, Args};

/// Proves the contract at every asserted depth, or shows the run that breaks it
#[derive(Args, Debug)]
pub(super) struct GateArgs {
    #[command(flatten)]
    pub(super) campaign: CampaignArgs,
    /// How many seeds each cell gets, and what the campaign must have met
    #[arg(
        long,
        value_enum,
        env = "SIM_PROFILE",
        hide_env = true,
        default_value_t
    )]
    profile: Profile,
}

impl GateArgs {
    /// Looks up what the flags leave open, as [`CampaignArgs::resolve`] does.
    pub(super) fn resolve(
        self,
        matches: &ArgMatches,
        is_wanted: fn(&Scenario) -> bool,
    ) -> Result<Campaign, CliError> {
        let mut options = self.campaign.resolve(matches, is_wanted)?;
        options.give(self.profile, matches);
        Ok(options)
    }
}

pub(super) fn run(
    args: GateArgs,
    matches: &ArgMatches,
    terminal: &Terminal,
) -> Result<Exit, CliError> {
    let options = args.resolve(matches, |scenario| !scenario.expect.is_empty())?;
    let profile = options.profile.value;
    let cells = cells::of_gate(&campaign::requests(&options), profile);
    campaign::check_depths(&cells)?;
    if let Some(exit) = campaign::answer(&options, &cells, terminal) {
        return Ok(exit);
    }
    let done = campaign::run(&options, &cells, Kind::Gate, terminal)?;
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
