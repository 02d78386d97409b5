//! A signature file as YAML: its keys, and what each must hold. Nothing is guessed and nothing is passed over.

use crate::files::Kind;
use crate::place::line_of;
use crate::problem::Problem;
use crate::profile::{is_uuid, severity_named};
use alert::{Disposition, Severity};
use jiff::civil::Date;
use serde::Deserialize;
use yaml_serde::{Mapping, Value};

/// What loading finds: problems refuse the policy, warnings do not.
#[derive(Default, Debug)]
pub(crate) struct Findings {
    pub(crate) problems: Vec<Problem>,
    pub(crate) warnings: Vec<Problem>,
}

/// The keys of the Sigma specification that stand in both kinds of files.
const SIGMA_KEYS: &[&str] = &[
    "author",
    "date",
    "description",
    "falsepositives",
    "fields",
    "id",
    "level",
    "license",
    "logsource",
    "modified",
    "name",
    "references",
    "related",
    "scope",
    "status",
    "tags",
    "taxonomy",
    "title",
];
const RULE_KEYS: &[&str] = &["detection", "disposition", "tests"];
const FILTER_KEYS: &[&str] = &[
    "disposition",
    "expires",
    "filter",
    "max_level",
    "owner",
    "tests",
    "ticket",
];

/// One signature file, read as one YAML mapping.
pub(crate) struct Document<'a> {
    pub(crate) file: &'a str,
    pub(crate) text: &'a str,
    pub(crate) kind: Kind,
    root: Mapping,
}

/// The alerts of a `tests` key, each with the line of its list.
pub(crate) struct Samples {
    pub(crate) is_match: bool,
    pub(crate) line: Option<usize>,
    pub(crate) alerts: Vec<serde_json::Value>,
}

impl<'a> Document<'a> {
    /// Reads the file as exactly one mapping with no key that is not known.
    pub(crate) fn read(
        file: &'a str,
        text: &'a str,
        kind: Kind,
        found: &mut Findings,
    ) -> Option<Self> {
        let root = match yaml_serde::from_str::<Mapping>(text) {
            Ok(root) => root,
            Err(error) => {
                let line = error.location().map(|at| at.line());
                let remedy = "write one YAML mapping a file, each key once";
                found
                    .problems
                    .push(Problem::new(file, line, error.to_string(), remedy));
                return None;
            }
        };
        let document = Document {
            file,
            text,
            kind,
            root,
        };
        let own = if kind == Kind::Filter {
            FILTER_KEYS
        } else {
            RULE_KEYS
        };
        for key in document.root.keys() {
            let Some(key) = key.as_str() else {
                document.refuse(found, &[], "a key is not a text", "quote it");
                continue;
            };
            if !SIGMA_KEYS.contains(&key) && !own.contains(&key) {
                let remedy = format!("remove it; beside Sigma's own there are {}", own.join(", "));
                document.refuse(found, &[key], format!("unknown key `{key}`"), remedy);
            }
        }
        Some(document)
    }

    /// Notes a problem at the line of a key.
    pub(crate) fn refuse(
        &self,
        found: &mut Findings,
        path: &[&str],
        what: impl Into<String>,
        remedy: impl Into<String>,
    ) {
        let line = line_of(self.text, path);
        found
            .problems
            .push(Problem::new(self.file, line, what, remedy));
    }

    /// Notes a warning at the line of a key.
    pub(crate) fn warn(
        &self,
        found: &mut Findings,
        path: &[&str],
        what: impl Into<String>,
        remedy: impl Into<String>,
    ) {
        let line = line_of(self.text, path);
        found
            .warnings
            .push(Problem::new(self.file, line, what, remedy));
    }

    /// The block that says what matches: `filter` or `detection`.
    pub(crate) fn block(&self, found: &mut Findings) -> Option<(&'static str, &Mapping)> {
        let key = if self.kind == Kind::Filter {
            "filter"
        } else {
            "detection"
        };
        match self.root.get(key) {
            Some(Value::Mapping(block)) => Some((key, block)),
            _ => {
                let remedy = "write selections and a condition under it";
                self.refuse(found, &[key], format!("`{key}` is not a mapping"), remedy);
                None
            }
        }
    }

    /// A text that must be there and must say something.
    pub(crate) fn text_of(&self, key: &str, remedy: &str, found: &mut Findings) -> Option<String> {
        match self.root.get(key).and_then(Value::as_str).map(str::trim) {
            Some(text) if !text.is_empty() => Some(text.to_owned()),
            _ => {
                self.refuse(
                    found,
                    &[key],
                    format!("`{key}` is missing or not a text"),
                    remedy,
                );
                None
            }
        }
    }

    /// The UUID.
    pub(crate) fn id(&self, found: &mut Findings) -> Option<String> {
        const REMEDY: &str = "write a UUID in lower case, as `uuidgen` prints";
        let id = self.text_of("id", REMEDY, found)?;
        if !is_uuid(&id) {
            self.refuse(found, &["id"], format!("`{id}` is not a UUID"), REMEDY);
            return None;
        }
        Some(id)
    }

    /// Refuses a signature that says of itself that it is not to be used.
    pub(crate) fn check_status(&self, found: &mut Findings) {
        let Some(status) = self.root.get("status") else {
            return;
        };
        if !matches!(status.as_str(), Some("stable" | "test" | "experimental")) {
            let remedy =
                "write stable, test or experimental; delete the file if it is not to be used";
            self.refuse(found, &["status"], "this status cannot be in force", remedy);
        }
    }

    /// What an alert that matches is. Only a filter may lower an alert: only it has an owner and an end.
    pub(crate) fn disposition(&self, found: &mut Findings) -> Option<Disposition> {
        let remedy = match self.kind {
            Kind::Filter => "write known_fp or benign; what raises an alert belongs in rules/",
            _ => "write review or escalated; what lowers an alert belongs in filters/",
        };
        let word = self.text_of("disposition", remedy, found)?;
        match (self.kind, word.as_str()) {
            (Kind::Filter, "known_fp") => Some(Disposition::KnownFp),
            (Kind::Filter, "benign") => Some(Disposition::Benign),
            (Kind::Rule, "review") => Some(Disposition::Review),
            (Kind::Rule, "escalated") => Some(Disposition::Escalated),
            _ => {
                let what = format!("disposition `{word}` has no place here");
                self.refuse(found, &["disposition"], what, remedy);
                None
            }
        }
    }

    /// The last day of a suppression.
    pub(crate) fn expires(&self, found: &mut Findings) -> Option<Date> {
        const REMEDY: &str = "write the last day on which it applies, as YYYY-MM-DD";
        let text = self.text_of("expires", REMEDY, found)?;
        let date = text.parse::<Date>().ok().filter(|_| text.len() == 10);
        if date.is_none() {
            self.refuse(
                found,
                &["expires"],
                format!("`{text}` is not a date"),
                REMEDY,
            );
        }
        date
    }

    /// The gravest alert that a suppression applies to.
    pub(crate) fn max_level(&self, found: &mut Findings) -> Option<Severity> {
        const REMEDY: &str = "write informational, low, medium, high or critical";
        let word = self.text_of("max_level", REMEDY, found)?;
        let severity = severity_named(&word);
        if severity.is_none() {
            self.refuse(
                found,
                &["max_level"],
                format!("`{word}` is not a level"),
                REMEDY,
            );
        }
        severity
    }

    /// `service` of the log source; `None` too where a rule is for every service.
    pub(crate) fn service(&self, found: &mut Findings) -> Option<String> {
        const REMEDY: &str = "write `product: wazuh` and a `service` that policy.toml defines";
        let Some(Value::Mapping(source)) = self.root.get("logsource") else {
            self.refuse(found, &["logsource"], "`logsource` is missing", REMEDY);
            return None;
        };
        for (key, value) in source {
            let key = key.as_str().unwrap_or("?");
            let is_known = matches!(key, "product" | "service" | "definition");
            if !is_known || value.as_str().is_none() {
                let what = format!("log source key `{key}` is not known, or not a text");
                self.refuse(found, &["logsource", key], what, REMEDY);
            }
        }
        if source.get("product").and_then(Value::as_str) != Some("wazuh") {
            self.refuse(found, &["logsource"], "the product is not wazuh", REMEDY);
        }
        let service = source.get("service").and_then(Value::as_str);
        // A missing service is a wildcard. A suppression must say what it is for.
        if service.is_none() && self.kind == Kind::Filter {
            self.refuse(
                found,
                &["logsource"],
                "a filter without `service` is for all of them",
                REMEDY,
            );
        }
        service.map(str::to_owned)
    }

    /// The alerts that must match, and those that must not: at least one each.
    pub(crate) fn samples(&self, found: &mut Findings) -> Vec<Samples> {
        #[derive(Deserialize)]
        #[serde(deny_unknown_fields)]
        struct Tests {
            r#match: Vec<serde_json::Value>,
            no_match: Vec<serde_json::Value>,
        }
        const REMEDY: &str =
            "write `tests:` with `match:` and `no_match:`, each a list of at least one alert";
        let value = self.root.get("tests").cloned().unwrap_or(Value::Null);
        let tests: Tests = match yaml_serde::from_value(value) {
            Ok(tests) => tests,
            Err(error) => {
                let what = format!("`tests` is missing or incomplete: {error}");
                self.refuse(found, &["tests"], what, REMEDY);
                return Vec::new();
            }
        };
        let mut samples = Vec::new();
        for (key, is_match, alerts) in [
            ("match", true, tests.r#match),
            ("no_match", false, tests.no_match),
        ] {
            if alerts.is_empty() || !alerts.iter().all(serde_json::Value::is_object) {
                let what = format!("`tests.{key}` is not a list of alerts");
                self.refuse(found, &["tests", key], what, REMEDY);
            }
            let line = line_of(self.text, &["tests", key]);
            samples.push(Samples {
                is_match,
                line,
                alerts,
            });
        }
        samples
    }
}
