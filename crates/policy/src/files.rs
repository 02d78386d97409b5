//! The files of a policy, as bytes: whoever has a disk reads them, so that this crate needs none.

use crate::problem::Problem;
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;

/// The file that every policy has.
pub const POLICY_TOML: &str = "policy.toml";

/// The files of one policy directory by their path in it, such as `filters/mf_backup_jobs.yml`.
#[derive(Clone, Default, Debug)]
pub struct Files {
    by_path: BTreeMap<String, Vec<u8>>,
}

/// What the place of a file says it is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Kind {
    /// `policy.toml`.
    Config,
    /// `filters/mf_*.yml`: a suppression.
    Filter,
    /// `rules/*.yml`: what must be looked at.
    Rule,
    /// `lists/*.txt`: values for `|expand`.
    List,
    /// Documentation and hidden files.
    Ignored,
}

impl Files {
    /// No files yet.
    pub fn new() -> Self {
        Files::default()
    }

    /// Adds a file, replacing one of the same path. Directories are joined by `/`.
    pub fn insert(&mut self, path: impl Into<String>, bytes: impl Into<Vec<u8>>) {
        self.by_path.insert(path.into(), bytes.into());
    }

    /// Removes a file, and says whether it was there.
    pub fn remove(&mut self, path: &str) -> bool {
        self.by_path.remove(path).is_some()
    }

    /// The bytes of a file.
    pub fn get(&self, path: &str) -> Option<&[u8]> {
        self.by_path.get(path).map(Vec::as_slice)
    }

    /// Every path with its bytes, in byte order of the paths.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &[u8])> {
        self.by_path
            .iter()
            .map(|(path, bytes)| (path.as_str(), bytes.as_slice()))
    }

    /// The SHA-256 of all that can change a verdict: every path and every byte but those of ignored files.
    ///
    /// 64 lower-case hexadecimal digits. The order in which files were added does not matter.
    pub fn sha256(&self) -> String {
        let mut hash = Sha256::new();
        for (path, bytes) in self.iter() {
            if kind(path) == Ok(Kind::Ignored) {
                continue;
            }
            // The lengths keep a path and its bytes apart.
            hash.update((path.len() as u64).to_le_bytes());
            hash.update(path.as_bytes());
            hash.update((bytes.len() as u64).to_le_bytes());
            hash.update(bytes);
        }
        hash.finalize().iter().map(|b| format!("{b:02x}")).collect()
    }

    /// The files of a kind as text. What is not UTF-8 becomes a problem.
    pub(crate) fn texts(&self, wanted: Kind, problems: &mut Vec<Problem>) -> Vec<(&str, &str)> {
        let mut texts = Vec::new();
        for (path, bytes) in self.iter() {
            if kind(path) != Ok(wanted) {
                continue;
            }
            match std::str::from_utf8(bytes) {
                Ok(text) => texts.push((path, text)),
                Err(error) => {
                    let good = &bytes[..error.valid_up_to()];
                    let line = 1 + good.iter().filter(|b| **b == b'\n').count();
                    problems.push(Problem::new(path, line, "not UTF-8", "save it as UTF-8"));
                }
            }
        }
        texts
    }

    /// Every file that has no place in a policy. Each could be a rule that somebody believes to be active.
    pub(crate) fn misplaced(&self) -> Vec<Problem> {
        self.by_path
            .keys()
            .filter_map(|path| {
                let remedy = kind(path).err()?;
                Some(Problem::new(
                    path,
                    None,
                    "this file has no place in a policy",
                    remedy,
                ))
            })
            .collect()
    }
}

/// What a file is by its path; the error is the remedy for a path that means nothing.
fn kind(path: &str) -> Result<Kind, &'static str> {
    let name = path.rsplit('/').next().unwrap_or(path);
    if path == POLICY_TOML {
        return Ok(Kind::Config);
    }
    if name.starts_with('.') || name.ends_with(".md") {
        return Ok(Kind::Ignored);
    }
    match path.split_once('/') {
        Some(("filters", _)) if is_stem(name, ".yml") && name.starts_with("mf_") => {
            Ok(Kind::Filter)
        }
        Some(("filters", _)) => Err(
            "name it `filters/mf_*.yml`, with 10 to 70 characters of a-z, 0-9 and _ before `.yml`",
        ),
        Some(("rules", _)) if is_stem(name, ".yml") => Ok(Kind::Rule),
        Some(("rules", _)) => {
            Err("name it `rules/*.yml`, with 10 to 70 characters of a-z, 0-9 and _ before `.yml`")
        }
        Some(("lists", rest)) if rest == name && is_list(name) => Ok(Kind::List),
        Some(("lists", _)) => Err("name it `lists/*.txt`, with a-z, 0-9 and _ before `.txt`"),
        _ => Err("remove it, or move it to filters/, rules/ or lists/"),
    }
}

/// Whether a file name is `suffix` behind a name that the Sigma specification allows.
fn is_stem(name: &str, suffix: &str) -> bool {
    let Some(stem) = name.strip_suffix(suffix) else {
        return false;
    };
    (10..=70).contains(&stem.len()) && is_word(stem)
}

fn is_list(name: &str) -> bool {
    name.strip_suffix(".txt")
        .is_some_and(|stem| !stem.is_empty() && is_word(stem))
}

fn is_word(text: &str) -> bool {
    text.bytes()
        .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_')
}

/// The name that a file's signature or list goes by: the file's own, without folders and extension.
pub(crate) fn stem(path: &str) -> &str {
    let name = path.rsplit('/').next().unwrap_or(path);
    name.split_once('.').map_or(name, |(stem, _)| stem)
}
