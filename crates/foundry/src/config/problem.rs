//! What is wrong with a configuration, and where it stands.

use super::origin::Origin;
use miette::{Diagnostic, LabeledSpan, NamedSource, SourceCode};
use std::fmt;
use std::ops::Range;
use std::sync::Arc;

/// One thing that is wrong, shown at the text that says it if there is one.
#[derive(Clone, Debug, thiserror::Error)]
#[error("{message}")]
pub(crate) struct Located {
    /// What is wrong, as a fragment.
    pub(crate) message: String,
    /// What to do about it.
    pub(crate) help: Option<String>,
    /// The text and the place in it.
    pub(crate) place: Option<(Arc<NamedSource<String>>, Range<usize>)>,
    /// What stands under the marker.
    pub(crate) label: Option<String>,
}

impl Located {
    /// A value that cannot work, at the place where it was given.
    pub(super) fn at(origin: &Origin, message: String, help: &str) -> Self {
        let (message, place) = match origin {
            Origin::File(text, span) => (message, Some((Arc::clone(text), span.clone()))),
            other => (format!("{message} ({other})"), None),
        };
        Located {
            message,
            help: Some(help.to_owned()),
            place,
            label: None,
        }
    }

    /// The problem that a failed parse reports, with a suggestion where a word was misspelt.
    pub(super) fn of_parse(error: &toml::de::Error) -> Self {
        let text = error.message();
        // serde writes: unknown field `evry`, expected one of `id`, `every`
        let words: Vec<&str> = text.split('`').skip(1).step_by(2).collect();
        let misspelt = ["unknown field", "unknown variant"]
            .iter()
            .any(|it| text.starts_with(it));
        let (mut label, mut help) = (None, None);
        if misspelt && let Some((word, known)) = words.split_first() {
            label = nearest(word, known).map(|near| format!("did you mean `{near}`?"));
            help = Some(format!("known here: {}", known.join(", ")));
        }
        let message = match words.first() {
            Some(word) if text.starts_with("unknown field") => format!("unknown key `{word}`"),
            Some(word) if text.starts_with("unknown variant") => format!("unknown value `{word}`"),
            _ => text.to_owned(),
        };
        Located {
            message,
            help,
            place: None,
            label,
        }
    }
}

/// The known word that `word` most likely was meant to be, if one is near enough.
pub(super) fn nearest<'a>(word: &str, known: &[&'a str]) -> Option<&'a str> {
    let far = |candidate: &str| strsim::damerau_levenshtein(word, candidate);
    let near = known
        .iter()
        .map(|candidate| (far(candidate), *candidate))
        .min();
    near.filter(|(far, _)| *far <= 1 + word.chars().count() / 4)
        .map(|(_, candidate)| candidate)
}

impl Diagnostic for Located {
    fn help<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        let help = self.help.as_ref()?;
        Some(Box::new(help))
    }

    fn source_code(&self) -> Option<&dyn SourceCode> {
        let (text, _) = self.place.as_ref()?;
        Some(text.as_ref())
    }

    fn labels(&self) -> Option<Box<dyn Iterator<Item = LabeledSpan> + '_>> {
        let (_, span) = self.place.as_ref()?;
        let label = LabeledSpan::new(self.label.clone(), span.start, span.len());
        Some(Box::new(std::iter::once(label)))
    }
}

/// Why there is no configuration.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ConfigError {
    /// Nobody wrote one.
    #[error("there is no configuration")]
    Missing {
        /// The file that would be read without `--config`.
        looked_for: String,
    },
    /// A file of it cannot be read.
    #[error("cannot read the configuration {path}: {reason}")]
    Unreadable {
        /// The file.
        path: String,
        /// What the machine says.
        reason: String,
    },
    /// It is read, and wrong in one or more places.
    #[error("the configuration has {} problem{}", problems.len(), if problems.len() == 1 { "" } else { "s" })]
    Invalid {
        /// All that is wrong.
        problems: Vec<Located>,
    },
}

impl Diagnostic for ConfigError {
    fn help<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        match self {
            ConfigError::Missing { looked_for } => Some(Box::new(format!(
                "`foundry init DIR` writes one; then give --config DIR/foundry.toml, or put it at {looked_for}"
            ))),
            ConfigError::Unreadable { .. } | ConfigError::Invalid { .. } => None,
        }
    }

    fn related<'a>(&'a self) -> Option<Box<dyn Iterator<Item = &'a dyn Diagnostic> + 'a>> {
        match self {
            ConfigError::Invalid { problems } => Some(Box::new(
                problems.iter().map(|problem| problem as &dyn Diagnostic),
            )),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_word_is_the_one_a_person_meant() {
        assert_eq!(nearest("evry", &["every", "listen"]), Some("every"));
        assert_eq!(nearest("indxeer", &["indexer", "home"]), Some("indexer"));
        assert_eq!(nearest("banana", &["every", "listen"]), None);
    }
}
