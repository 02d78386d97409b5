//! Where a value came from.

use super::units::Shown;
use miette::NamedSource;
use std::fmt;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use toml::Spanned;

/// A layer of the configuration, by what it was read from.
#[derive(Clone)]
pub(crate) enum Source {
    /// A file: its name, its text, and the directory that its relative paths start from.
    File {
        text: Arc<NamedSource<String>>,
        dir: PathBuf,
    },
    /// A variable of the environment.
    Variable(String),
    /// A flag, as it was given.
    Flag(String),
}

/// Where one value came from.
#[derive(Clone)]
pub(crate) enum Origin {
    /// Nobody said.
    Default,
    /// A file, and the place of the value in it.
    File(Arc<NamedSource<String>>, Range<usize>),
    /// A variable of the environment.
    Variable(String),
    /// A flag.
    Flag(String),
}

impl Origin {
    /// Whether anybody said.
    pub(crate) fn is_default(&self) -> bool {
        matches!(self, Origin::Default)
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Origin::Default => f.write_str("default"),
            Origin::File(text, span) => {
                let before = text.inner().get(..span.start).unwrap_or_default();
                write!(f, "{}:{}", text.name(), 1 + before.matches('\n').count())
            }
            Origin::Variable(name) => write!(f, "environment {name}"),
            Origin::Flag(flag) => write!(f, "--set {flag}"),
        }
    }
}

/// A value and where it came from.
#[derive(Clone)]
pub(crate) struct Sourced<T> {
    pub(crate) value: T,
    pub(crate) origin: Origin,
}

impl<T: Shown> Sourced<T> {
    pub(super) fn default_of(value: T) -> Self {
        Sourced {
            value,
            origin: Origin::Default,
        }
    }

    /// Replaces the value if there is another.
    pub(super) fn take(&mut self, found: Option<Spanned<T>>, source: &Source) {
        let Some(found) = found else { return };
        let span = found.span();
        let value = found.into_inner();
        *self = match source {
            Source::File { text, dir } => Sourced {
                value: value.below(dir),
                origin: Origin::File(Arc::clone(text), span),
            },
            Source::Variable(name) => Sourced {
                value: value.below(Path::new("")),
                origin: Origin::Variable(name.clone()),
            },
            Source::Flag(flag) => Sourced {
                value: value.below(Path::new("")),
                origin: Origin::Flag(flag.clone()),
            },
        };
    }
}
