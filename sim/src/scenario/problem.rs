//! What is wrong with a scenario file, and where in it.

use miette::{Diagnostic, LabeledSpan, NamedSource, SourceCode};
use std::fmt;
use std::ops::Range;
use std::path::PathBuf;
use std::sync::Arc;

/// One thing that is wrong, with the place in the file that shows it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Problem {
    /// What is wrong, as a fragment.
    pub message: String,
    /// Where, in bytes of the file.
    pub span: Range<usize>,
    /// What stands at the place: the text under the marker.
    pub label: String,
    /// What to write instead.
    pub help: Option<String>,
}

/// Why there is no scenario.
#[derive(Debug, thiserror::Error)]
pub enum ScenarioError {
    /// The file cannot be read: it is missing, a directory, or not UTF-8.
    #[error("cannot read the scenario file {path}: {cause}")]
    Read {
        /// The file.
        path: PathBuf,
        /// What the machine says. Part of the message, so not its source as well.
        cause: std::io::Error,
    },
    /// No shipped scenario has this id.
    #[error("no scenario has the id `{id}`")]
    Unknown {
        /// What was asked for.
        id: String,
        /// The nearest id, or all of them.
        help: String,
    },
    /// The file is read, and wrong in one or more places.
    #[error("{}", Count(problems.len(), file))]
    Invalid {
        /// The file's name, as the user knows it.
        file: String,
        /// All that is wrong, in the order of the file.
        problems: Vec<Located>,
    },
}

struct Count<'a>(usize, &'a str);

impl fmt::Display for Count<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            1 => write!(f, "1 problem in {}", self.1),
            n => write!(f, "{n} problems in {}", self.1),
        }
    }
}

/// A [`Problem`] together with the text it points into.
#[derive(Clone, Debug, thiserror::Error)]
#[error("{}", problem.message)]
pub struct Located {
    /// What is wrong.
    pub problem: Problem,
    source_code: Arc<NamedSource<String>>,
}

impl Located {
    /// Line and column, both from 1; columns count characters.
    pub fn line_column(&self) -> (usize, usize) {
        let text = self.source_code.inner();
        // A span always comes from this text; `get` only guards against an end inside a character.
        let before = text.get(..self.problem.span.start).unwrap_or(text);
        let line_start = before.rfind('\n').map_or(0, |at| at + 1);
        let line = before.matches('\n').count() + 1;
        (line, before[line_start..].chars().count() + 1)
    }
}

impl Diagnostic for Located {
    fn help<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        let help = self.problem.help.as_ref()?;
        Some(Box::new(help))
    }

    fn source_code(&self) -> Option<&dyn SourceCode> {
        Some(self.source_code.as_ref())
    }

    fn labels(&self) -> Option<Box<dyn Iterator<Item = LabeledSpan> + '_>> {
        let Problem { span, label, .. } = &self.problem;
        let label = LabeledSpan::new(
            (!label.is_empty()).then(|| label.clone()),
            span.start,
            span.len(),
        );
        Some(Box::new(std::iter::once(label)))
    }
}

impl Diagnostic for ScenarioError {
    fn help<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        match self {
            ScenarioError::Unknown { help, .. } => Some(Box::new(help)),
            ScenarioError::Read { .. } => Some(Box::new(
                "`sim scenario list` names the scenarios that are built in",
            )),
            ScenarioError::Invalid { .. } => None,
        }
    }

    fn related<'a>(&'a self) -> Option<Box<dyn Iterator<Item = &'a dyn Diagnostic> + 'a>> {
        match self {
            ScenarioError::Invalid { problems, .. } => Some(Box::new(
                problems.iter().map(|problem| problem as &dyn Diagnostic),
            )),
            ScenarioError::Read { .. } | ScenarioError::Unknown { .. } => None,
        }
    }
}

/// Joins problems to the text of the file they were found in.
pub(super) fn invalid(file: &str, text: &str, mut problems: Vec<Problem>) -> ScenarioError {
    problems.sort_by_key(|problem| problem.span.start);
    let source_code = Arc::new(NamedSource::new(file, text.to_owned()).with_language("toml"));
    ScenarioError::Invalid {
        file: file.to_owned(),
        problems: problems
            .into_iter()
            .map(|problem| Located {
                problem,
                source_code: Arc::clone(&source_code),
            })
            .collect(),
    }
}

/// The problem that a failed parse reports, with a suggestion where a word was misspelt.
pub(super) fn of_parse_error(error: &toml::de::Error, text: &str) -> Problem {
    let message = error.message().to_owned();
    let span = error.span().unwrap_or(0..text.len().min(1));
    // serde writes: unknown field `evry`, expected one of `id`, `every`
    let words: Vec<&str> = message.split('`').skip(1).step_by(2).collect();
    let misspelt = message.starts_with("unknown field") || message.starts_with("unknown variant");
    let (mut label, mut help) = (String::new(), None);
    if misspelt && let Some((word, known)) = words.split_first() {
        label = match nearest(word, known.iter().copied()) {
            Some(near) => format!("did you mean `{near}`?"),
            None => "not known here".to_owned(),
        };
        help = Some(format!("known here: {}", known.join(", ")));
    }
    let message = match words.split_first() {
        Some((word, _)) if message.starts_with("unknown field") => format!("unknown key `{word}`"),
        Some((word, _)) if message.starts_with("unknown variant") => {
            format!("unknown value `{word}`")
        }
        _ => message.replace("missing field", "missing key"),
    };
    Problem {
        message,
        span,
        label,
        help,
    }
}

/// The known word that `word` most likely was meant to be, if one is near enough.
pub fn nearest<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let limit = 1 + word.chars().count() / 4;
    known
        .into_iter()
        .map(|candidate| (distance(word, candidate), candidate))
        .filter(|(far, _)| *far <= limit)
        .min()
        .map(|(_, candidate)| candidate)
}

/// Levenshtein's distance: how many characters to insert, drop or replace.
fn distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, from) in a.chars().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, to) in b.iter().enumerate() {
            let replaced = diagonal + usize::from(from != *to);
            diagonal = row[j + 1];
            row[j + 1] = replaced.min(row[j] + 1).min(diagonal + 1);
        }
    }
    row[b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_word_is_the_one_a_person_meant() {
        assert_eq!(nearest("evry", ["id", "every"]), Some("every"));
        assert_eq!(nearest("archivr", ["archiver", "cap"]), Some("archiver"));
        assert_eq!(nearest("S99", ["S9", "S19"]), Some("S19"));
        assert_eq!(nearest("banana", ["id", "every"]), None);
    }

    #[test]
    fn the_distance_counts_single_edits() {
        assert_eq!(distance("kitten", "sitting"), 3);
        assert_eq!(distance("", "abc"), 3);
        assert_eq!(distance("same", "same"), 0);
    }
}
