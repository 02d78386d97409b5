//! From a directory to a policy, and from what is wrong with it to the lines that say so.

use crate::config::Located;
use crate::error::FoundryError;
use crate::machine::{Machine, PathError};
use miette::NamedSource;
use policy::{Files, LoadOptions, Policy, Problem};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// No file of a policy is larger.
const FILE_BYTES_MAX: usize = 4 << 20;
/// No policy has more files: this is somebody's home directory, then.
const FILES_MAX: usize = 20_000;
/// `filters/team/topic/x.yml` is deep enough.
const DEPTH_MAX: usize = 8;

/// Reads every regular file below `dir`.
///
/// Errs if one cannot be read: a policy without it could judge otherwise.
pub(crate) fn read(machine: &Machine, dir: &Path) -> Result<Files, (PathBuf, PathError)> {
    let mut files = Files::new();
    let mut left = FILES_MAX;
    read_below(machine, dir, "", &mut files, &mut left)?;
    Ok(files)
}

fn read_below(
    machine: &Machine,
    top: &Path,
    below: &str,
    files: &mut Files,
    left: &mut usize,
) -> Result<(), (PathBuf, PathError)> {
    let here = top.join(below);
    let too_much = || (here.clone(), PathError::TooLarge { max: FILES_MAX });
    if DEPTH_MAX < below.split('/').count() {
        return Err(too_much());
    }
    let (names, dirs) = machine
        .entries(&here)
        .map_err(|error| (here.clone(), error))?;
    for name in names {
        *left = left.checked_sub(1).ok_or_else(too_much)?;
        let path = here.join(&name);
        let bytes = machine
            .read(&path, FILE_BYTES_MAX)
            .map_err(|error| (path, error))?;
        files.insert(format!("{below}{name}"), bytes);
    }
    for name in dirs.iter().filter(|name| !name.starts_with('.')) {
        read_below(machine, top, &format!("{below}{name}/"), files, left)?;
    }
    Ok(())
}

/// The policy in force. Errs with everything that is wrong with it.
pub(crate) fn load(machine: &Machine, dir: &Path) -> Result<Policy, FoundryError> {
    let files = read(machine, dir).map_err(|(path, source)| FoundryError::Named {
        key: "policy.dir",
        path,
        source,
    })?;
    Policy::load(&files, LoadOptions::default()).map_err(|error| FoundryError::Policy {
        dir: dir.to_owned(),
        problems: located(dir, &files, &error.problems),
    })
}

/// Problems with the lines that they are about.
pub(crate) fn located(dir: &Path, files: &Files, problems: &[Problem]) -> Vec<Located> {
    problems
        .iter()
        .map(|problem| one(dir, files, problem))
        .collect()
}

fn one(dir: &Path, files: &Files, problem: &Problem) -> Located {
    let name = dir.join(&problem.file).display().to_string();
    let text = files
        .get(&problem.file)
        .and_then(|bytes| std::str::from_utf8(bytes).ok());
    let place = match (text, problem.line) {
        (Some(text), Some(line)) => line_span(text, line).map(|span| {
            (
                Arc::new(NamedSource::new(&name, text.to_owned()).with_language("yaml")),
                span,
            )
        }),
        _ => None,
    };
    let message = match (&place, problem.line) {
        (Some(_), _) => problem.what.clone(),
        (None, Some(line)) => format!("{name}:{line}: {}", problem.what),
        (None, None) => format!("{name}: {}", problem.what),
    };
    Located {
        message,
        help: Some(problem.remedy.clone()),
        place,
        label: None,
    }
}

/// The bytes of a line without its indentation; the line's number is from 1.
fn line_span(text: &str, line: usize) -> Option<std::ops::Range<usize>> {
    let start: usize = text
        .split_inclusive('\n')
        .take(line.checked_sub(1)?)
        .map(str::len)
        .sum();
    let of_line = text.get(start..)?.lines().next()?;
    let indent = of_line.len() - of_line.trim_start().len();
    Some(start + indent..start + of_line.trim_end().len().max(indent))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_found_by_its_number() {
        let text = "a: 1\n  b: 2\n\nc";
        let at = |line| line_span(text, line).map(|span| &text[span]);
        assert_eq!(
            [1, 2, 3, 4].map(at),
            [Some("a: 1"), Some("b: 2"), Some(""), Some("c")]
        );
        assert_eq!(at(0), None);
        assert_eq!(at(5), None);
    }
}
