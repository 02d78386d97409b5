//! What is wrong with a policy, where, and what to do about it.

/// One thing that is wrong: file, line, and the remedy.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Problem {
    /// The file's path in the policy directory.
    pub file: String,
    /// The line, from 1; `None` where the whole file is meant.
    pub line: Option<usize>,
    /// What is wrong.
    pub what: String,
    /// What to do about it.
    pub remedy: String,
}

impl Problem {
    pub(crate) fn new(
        file: &str,
        line: impl Into<Option<usize>>,
        what: impl Into<String>,
        remedy: impl Into<String>,
    ) -> Self {
        Problem {
            file: file.to_owned(),
            line: line.into(),
            what: what.into(),
            remedy: remedy.into(),
        }
    }
}

impl std::fmt::Display for Problem {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.file)?;
        if let Some(line) = self.line {
            write!(f, ":{line}")?;
        }
        write!(f, ": {}; {}", self.what, self.remedy)
    }
}

/// A policy that must not be used. It lists everything that is wrong with it, not only the first thing.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("cannot use the policy{}", listed(problems))]
pub struct PolicyError {
    /// What is wrong, by file and line. Never empty.
    pub problems: Vec<Problem>,
}

impl PolicyError {
    /// `Ok` if nothing is wrong.
    pub(crate) fn check(mut problems: Vec<Problem>) -> Result<(), PolicyError> {
        if problems.is_empty() {
            return Ok(());
        }
        problems.sort();
        problems.dedup();
        Err(PolicyError { problems })
    }
}

fn listed(problems: &[Problem]) -> String {
    problems.iter().map(|p| format!("\n  {p}")).collect()
}
