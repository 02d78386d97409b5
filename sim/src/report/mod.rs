//! Reports: what people, pipelines and other programs read about a campaign.
//!
//! Every report is a pure function of one [`model::Campaign`], so a report can be made again from `result.json` at any time.
//! Nothing here prints, reads a clock or decides: a rendering error is a warning of the caller, and never a verdict.
//!
//! - [`model`]: the data. Whoever runs a campaign fills it.
//! - [`verdict`]: pass, fail or inconclusive, and the exit code.
//! - [`json`]: `result.json`, written and read.
//! - [`text`]: the terminal's matrix and closing lines; the sweep's table.
//! - [`html`]: one page with charts, without network and without scripts.

mod analysis;
mod chart;
#[cfg(test)]
mod demo;
pub mod html;
pub mod json;
pub mod model;
mod swimlane;
pub mod text;
pub(crate) mod units;
pub mod verdict;
