//! What a campaign leaves on the real disk: a folder with its results, reports and tapes.
#![expect(
    clippy::disallowed_methods,
    reason = "reports are for people and lie on the real disk"
)]

use super::execute::Executed;
use super::findings::Recorded;
use crate::report::model::Campaign;
use crate::report::{html, json, text};
use std::path::{Path, PathBuf};
use std::{fs, io};

/// Why results could not be written.
#[derive(Debug, thiserror::Error)]
#[error("cannot write {path}: {cause}")]
pub struct FolderError {
    /// The file or folder.
    pub path: PathBuf,
    /// What the machine says. Part of the message, so not its source as well.
    pub cause: io::Error,
}

/// Makes the folder of a run: named after commit and seed, with a number that no earlier run has.
pub fn make(out: &Path, commit: &str, seed: u64) -> Result<PathBuf, FolderError> {
    fs::create_dir_all(out).map_err(|cause| failed(out, cause))?;
    for number in 1_u32.. {
        let commit = commit.trim_end_matches('+');
        let path = out.join(format!("r-{commit}-{:06x}-{number:03}", seed >> 40));
        match fs::create_dir(&path) {
            Ok(()) => return Ok(path),
            Err(cause) if cause.kind() == io::ErrorKind::AlreadyExists => {}
            Err(cause) => return Err(failed(&path, cause)),
        }
    }
    unreachable!("a folder does not hold four billion runs");
}

/// Writes a tape for each cause that was recorded.
pub fn write_tapes(
    folder: &Path,
    executed: &Executed,
    recorded: &[Recorded],
    commit: &str,
) -> Result<(), FolderError> {
    for one in recorded {
        write(
            &folder.join(one.file()),
            &one.tape(executed, commit).to_text(),
        )?;
    }
    Ok(())
}

/// Writes `result.json`, from which everything else can be made again.
pub fn write_result(path: &Path, campaign: &Campaign) -> Result<(), FolderError> {
    let text =
        json::write(campaign).map_err(|error| failed(path, io::Error::other(error.to_string())))?;
    write(path, &text)
}

/// Renders a campaign's reports beside each other, as `stem.html` and `stem.md`. Gives what could not be rendered or
/// written, one sentence each: a report decides nothing.
pub fn render(folder: &Path, stem: &str, kind: Kind, campaign: &Campaign) -> Vec<String> {
    let mut warnings = Vec::new();
    if let Err(error) = fs::create_dir_all(folder) {
        warnings.push(failed(folder, error).to_string());
        return warnings;
    }
    match html::render(campaign) {
        Ok(page) => warnings.extend(
            write(&folder.join(format!("{stem}.html")), &page)
                .err()
                .map(|e| e.to_string()),
        ),
        Err(error) => warnings.push(error.to_string()),
    }
    let summary = folder.join(format!("{stem}.md"));
    warnings.extend(
        write(&summary, &markdown(kind, campaign))
            .err()
            .map(|e| e.to_string()),
    );
    warnings
}

/// What a campaign was made for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Kind {
    /// A verdict.
    Gate,
    /// Figures against depth.
    Sweep,
}

/// The campaign as Markdown: its environment, and the text in a block that keeps its columns.
fn markdown(kind: Kind, campaign: &Campaign) -> String {
    let options = text::TextOptions {
        colour: false,
        ascii: false,
        quiet: false,
        report: None,
    };
    let (title, body) = match kind {
        Kind::Gate => ("Gate", text::gate(campaign, options)),
        Kind::Sweep => ("Scale boundary", text::sweep(campaign, options)),
    };
    let environment = &campaign.environment;
    let mut page = format!("# {title}: {}\n\n", campaign.verdict().word());
    for (name, value) in [
        ("command", &environment.command),
        ("commit", &environment.commit),
        ("seed", &environment.seed),
        ("scenario", &environment.scenario),
        ("cost model", &environment.cost_model),
        ("stopping rule", &campaign.stopping_rule),
    ] {
        page += &format!("- {name}: `{value}`\n");
    }
    page += &format!("\n```text\n{body}```\n");
    page
}

/// Reads a `result.json` again.
pub fn read_result(path: &Path) -> Result<Campaign, String> {
    let text = fs::read_to_string(path)
        .map_err(|cause| format!("cannot read {}: {cause}", path.display()))?;
    json::read(&text).map_err(|error| {
        let cause = std::error::Error::source(&error).map(|cause| format!(": {cause}"));
        format!("{}: {error}{}", path.display(), cause.unwrap_or_default())
    })
}

/// Reads a tape.
pub fn read_tape(path: &Path) -> Result<crate::tape::Tape, crate::tape::TapeError> {
    let text = fs::read_to_string(path).map_err(|cause| crate::tape::TapeError::Open {
        path: path.to_owned(),
        cause,
    })?;
    crate::tape::Tape::parse(&text)
}

/// Writes a file.
pub fn write(path: &Path, text: &str) -> Result<(), FolderError> {
    fs::write(path, text).map_err(|cause| failed(path, cause))
}

fn failed(path: &Path, cause: io::Error) -> FolderError {
    FolderError {
        path: path.to_owned(),
        cause,
    }
}
