//! From files, variables and flags to the value of every key, the later over the earlier.

use super::keys::{Layer, Values};
use super::origin::Source;
use super::problem::{ConfigError, Located};
use crate::machine::{Machine, PathError};
use miette::NamedSource;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Where the layers are.
pub(crate) struct Layers<'a> {
    /// The system's directory: `foundry.toml`, then `conf.d/*.toml` in byte order.
    pub(crate) system_dir: Option<&'a Path>,
    /// The file that was named.
    pub(crate) file: Option<&'a Path>,
    /// `FOUNDRY_SECTION__KEY` variables, in any order.
    pub(crate) variables: Vec<(String, String)>,
    /// `section.key=value` flags, in their order.
    pub(crate) flags: &'a [String],
}

/// No configuration is larger.
const FILE_BYTES_MAX: usize = 1 << 20;

impl Layers<'_> {
    /// Reads every layer. Also says which files were read.
    ///
    /// Errs with all that is wrong: of each layer the first problem, because what follows it may be its consequence.
    pub(crate) fn read(&self, machine: &Machine) -> Result<(Values, Vec<PathBuf>), ConfigError> {
        let (mut values, mut problems) = (Values::default(), Vec::new());
        let files = self.files(machine)?;
        for path in &files {
            let text = read_text(machine, path)?;
            let name = path.display().to_string();
            let text = Arc::new(NamedSource::new(name, text).with_language("toml"));
            let dir = path.parent().unwrap_or(Path::new("")).to_owned();
            match toml::from_str::<Layer>(text.inner()) {
                Ok(layer) => values.overlay(layer, &Source::File { text, dir }),
                Err(error) => {
                    let span = error.span().unwrap_or(0..0);
                    problems.push(Located {
                        place: Some((text, span)),
                        ..Located::of_parse(&error)
                    });
                }
            }
        }
        let mut variables = self.variables.clone();
        variables.sort();
        let variables = variables.into_iter().filter_map(|(name, value)| {
            let key = key_of_variable(&name)?;
            Some((key, value, Source::Variable(name)))
        });
        let flags = self.flags.iter().map(|flag| {
            let (key, value) = flag.split_once('=').unwrap_or((flag, ""));
            (
                key.trim().to_owned(),
                value.to_owned(),
                Source::Flag(flag.clone()),
            )
        });
        for (key, value, source) in variables.chain(flags) {
            match single(&key, &value) {
                Ok(layer) => values.overlay(layer, &source),
                Err(problem) => problems.push(named(problem, &source)),
            }
        }
        if problems.is_empty() {
            Ok((values, files))
        } else {
            Err(ConfigError::Invalid { problems })
        }
    }

    /// The files in the order in which they are laid over each other.
    fn files(&self, machine: &Machine) -> Result<Vec<PathBuf>, ConfigError> {
        let mut files = Vec::new();
        if let Some(dir) = self.system_dir {
            files = system_files(machine, dir)?;
        }
        files.extend(self.file.map(Path::to_owned));
        if files.is_empty() && self.variables.is_empty() && self.flags.is_empty() {
            let looked_for = self
                .system_dir
                .unwrap_or(Path::new(""))
                .join("foundry.toml");
            let looked_for = looked_for.display().to_string();
            return Err(ConfigError::Missing { looked_for });
        }
        Ok(files)
    }
}

/// The system's files: the one of its own, then the fragments.
fn system_files(machine: &Machine, dir: &Path) -> Result<Vec<PathBuf>, ConfigError> {
    let own = dir.join("foundry.toml");
    let fragments = dir.join("conf.d");
    let mut names = match machine.names(&fragments) {
        Ok(names) => names,
        Err(error) if error.is_vanished() => Vec::new(),
        Err(error) => return Err(unreadable(&fragments, &error)),
    };
    names.retain(|name| name.ends_with(".toml"));
    names.sort();
    let own = machine.has(&own).then_some(own);
    Ok(own
        .into_iter()
        .chain(names.into_iter().map(|name| fragments.join(name)))
        .collect())
}

/// The variables of this process that may name keys.
pub(crate) fn variables() -> Vec<(String, String)> {
    std::env::vars()
        .filter(|(name, _)| key_of_variable(name).is_some())
        .collect()
}

/// `queue.cap` for `FOUNDRY_QUEUE__CAP`. A name without two underscores is none of ours.
fn key_of_variable(name: &str) -> Option<String> {
    let (section, key) = name.strip_prefix("FOUNDRY_")?.split_once("__")?;
    Some(format!("{section}.{key}").to_lowercase())
}

/// The layer that sets one key: the value as TOML if it is TOML that fits, otherwise as a text without quotes.
fn single(key: &str, value: &str) -> Result<Layer, Located> {
    let is_name =
        |part: &str| !part.is_empty() && part.chars().all(|c| c.is_ascii_lowercase() || c == '_');
    let (section, key) = key.split_once('.').unwrap_or((key, ""));
    if !is_name(section) || !is_name(key) {
        return Err(Located {
            message: "not the form section.key=value".to_owned(),
            help: Some("`foundry config show` lists every key".to_owned()),
            place: None,
            label: None,
        });
    }
    let read = |value: &str| toml::from_str::<Layer>(&format!("{section}.{key} = {value}\n"));
    let is_toml = toml::from_str::<toml::Table>(&format!("a = {value}\n")).is_ok();
    let as_text = toml::Value::String(value.to_owned()).to_string();
    match (read(value), is_toml) {
        (Ok(layer), _) => Ok(layer),
        // A number where a text is wanted is that text; anything else is told as it was written.
        (Err(error), true) => read(&as_text).map_err(|_| Located::of_parse(&error)),
        (Err(_), false) => read(&as_text).map_err(|error| Located::of_parse(&error)),
    }
}

/// The problem of a layer that has no text to point into.
fn named(problem: Located, source: &Source) -> Located {
    let name = match source {
        Source::File { .. } => return problem,
        Source::Variable(name) => name.clone(),
        Source::Flag(flag) => format!("--set {flag}"),
    };
    let hint = problem
        .label
        .map(|label| format!("; {label}"))
        .unwrap_or_default();
    Located {
        message: format!("{name}: {}{hint}", problem.message),
        label: None,
        ..problem
    }
}

fn read_text(machine: &Machine, path: &Path) -> Result<String, ConfigError> {
    let bytes = machine
        .read(path, FILE_BYTES_MAX)
        .map_err(|error| unreadable(path, &error))?;
    String::from_utf8(bytes).map_err(|_| ConfigError::Unreadable {
        path: path.display().to_string(),
        reason: "it is not UTF-8".to_owned(),
    })
}

fn unreadable(path: &Path, error: &PathError) -> ConfigError {
    ConfigError::Unreadable {
        path: path.display().to_string(),
        reason: error.reason(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(variables: &[(&str, &str)], flags: &[&str]) -> Result<Values, String> {
        let machine = Machine::open().unwrap();
        let flags: Vec<String> = flags.iter().map(|flag| (*flag).to_owned()).collect();
        let layers = Layers {
            system_dir: None,
            file: None,
            variables: variables
                .iter()
                .map(|(a, b)| ((*a).to_owned(), (*b).to_owned()))
                .collect(),
            flags: &flags,
        };
        match layers.read(&machine) {
            Ok((values, _)) => Ok(values),
            Err(ConfigError::Invalid { problems }) => Err(problems[0].message.clone()),
            Err(other) => Err(other.to_string()),
        }
    }

    #[test]
    fn a_flag_wins_over_a_variable_and_text_needs_no_quotes() {
        let values = read(
            &[
                ("FOUNDRY_QUEUE__CAP", "300"),
                ("FOUNDRY_SERVE__EVERY", "5m"),
                ("FOUNDRY_LOG", "x"),
            ],
            &[
                "queue.cap=400",
                "indexer.url=https://indexer:9200",
                "indexer.index=7",
            ],
        )
        .unwrap();
        assert_eq!(values.queue.cap.value, 400);
        assert_eq!(values.queue.cap.origin.to_string(), "--set queue.cap=400");
        assert_eq!(
            values.serve.every.origin.to_string(),
            "environment FOUNDRY_SERVE__EVERY"
        );
        assert_eq!(
            values.indexer.url.value.as_deref(),
            Some("https://indexer:9200")
        );
        assert_eq!(values.indexer.index.value.as_deref(), Some("7"));
    }

    #[test]
    fn a_variable_that_names_no_key_is_refused_with_the_nearest() {
        let wrong = read(&[("FOUNDRY_QUEUE__CAPP", "3")], &[]).err().unwrap();
        assert_eq!(
            wrong,
            "FOUNDRY_QUEUE__CAPP: unknown key `capp`; did you mean `cap`?"
        );
        let wrong = read(&[], &["queue.cap=many"]).err().unwrap();
        assert!(
            wrong.starts_with("--set queue.cap=many: invalid type"),
            "{wrong}"
        );
        let wrong = read(&[], &["cap"]).err().unwrap();
        assert!(wrong.contains("section.key=value"), "{wrong}");
    }
}
