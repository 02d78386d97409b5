//! The report as one page that needs no network and runs no script.
//!
//! The page is a template over `block`s; charts are inline SVG with presentation attributes; details fold without code; the
//! campaign itself lies in the page as inert JSON. A section without data says so in one line. Nothing here decides anything:
//! a caller that gets an error prints a warning and keeps its verdict.

mod block;
mod chance;
mod cost;
mod incident;
mod matrix;
mod method;
mod opening;
mod pairs;
mod window;

use super::analysis;
use super::model::Campaign;
use askama::Template;
use block::{Block, Section};

/// The largest page that is written, in bytes.
pub const PAGE_BYTES_MAX: usize = 5 * 1024 * 1024;

/// Why a page could not be made.
#[derive(Debug, thiserror::Error)]
pub enum HtmlError {
    /// The template failed, which formatting into memory should never do.
    #[error("cannot render the report")]
    Render(#[from] askama::Error),
    /// The campaign cannot be written as JSON.
    #[error("cannot embed the campaign in the report")]
    Embed(#[source] serde_json::Error),
    /// The page would be too large to be opened or uploaded. The campaign holds more cells or events than a page can show.
    #[error("cannot render the report: {bytes} bytes are more than {PAGE_BYTES_MAX}")]
    TooLarge {
        /// How large it would be.
        bytes: usize,
    },
}

#[derive(Template)]
#[template(path = "report.html")]
struct Page {
    opening: opening::Opening,
    sections: Vec<Section>,
    csv: String,
    json: String,
}

/// Renders the page. The same campaign gives the same bytes.
pub fn render(campaign: &Campaign) -> Result<String, HtmlError> {
    let charted = analysis::charted(campaign);
    let one = analysis::of_one_variant(&charted);
    let crashed = analysis::of_one_variant_or_crashed(&charted);
    let (engines, all) = (analysis::engines(&one), analysis::engines(campaign));
    let sections = vec![
        matrix::section(campaign, &all),
        pairs::section(campaign),
        window::section(campaign, &engines),
        chance::section(&analysis::engines(&crashed)),
        cost::vanish_section(campaign, &engines),
        cost::work_section(&engines),
        cost::memory_section(&engines),
        incident::overlay_section(campaign),
        incident::race_section(campaign),
        window::far_section(&engines),
        method::section(campaign, &all),
    ];
    let page = Page {
        opening: opening::Opening::of(campaign),
        sections,
        csv: method::csv_link(campaign),
        json: inert_json(campaign)?,
    };
    let text = page.render()?;
    if PAGE_BYTES_MAX < text.len() {
        return Err(HtmlError::TooLarge { bytes: text.len() });
    }
    Ok(text)
}

/// The campaign as JSON that cannot end the element it stands in.
fn inert_json(campaign: &Campaign) -> Result<String, HtmlError> {
    let json = serde_json::to_string(campaign).map_err(HtmlError::Embed)?;
    Ok(json.replace('<', "\\u003c").replace('>', "\\u003e"))
}

#[cfg(test)]
mod tests;
