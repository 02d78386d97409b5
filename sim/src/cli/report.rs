//! `sim report`: the reports of a campaign that has run, from its `result.json`.

use super::terminal::Terminal;
use super::{CliError, Exit, campaign};
use crate::campaign::folder::{self, Kind};
use clap::Args;
use std::path::PathBuf;

/// Renders the reports of a campaign that has run. Reads result.json and nothing else
#[derive(Args, Debug)]
pub(super) struct ReportArgs {
    /// A result.json, or the folder of the run that wrote it
    #[arg(value_name = "RESULT")]
    from: PathBuf,
    /// The folder for the reports
    #[arg(long, value_name = "DIR", default_value = "reports")]
    out: PathBuf,
}

/// What to render: every value is known.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Report {
    /// The `result.json`.
    pub from: PathBuf,
    /// The folder for the reports.
    pub out: PathBuf,
}

impl ReportArgs {
    fn resolve(self) -> Report {
        let is_file = self.from.extension().is_some_and(|ending| ending == "json");
        Report {
            from: match is_file {
                true => self.from,
                false => self.from.join("result.json"),
            },
            out: self.out,
        }
    }
}

/// The reports' name, whatever the campaign was called.
pub(super) const STEM: &str = "scale-boundary";

pub(super) fn run(args: ReportArgs, terminal: &Terminal) -> Result<Exit, CliError> {
    let report = args.resolve();
    let campaign = folder::read_result(&report.from).map_err(CliError::Result)?;
    let warnings = folder::render(&report.out, STEM, Kind::Sweep, &campaign);
    campaign::warn(terminal, &warnings);
    folder::write_result(&report.out.join(format!("{STEM}.json")), &campaign)?;
    let page = report.out.join(format!("{STEM}.html"));
    terminal.result(&format!("report: {}\n", page.display()));
    Ok(Exit::Pass)
}
