//! `policy.toml`: all that is not matching.

use crate::files::POLICY_TOML;
use crate::problem::Problem;
use crate::profile::Profile;
use alert::{Disposition, Severity};
use serde::Deserialize;
use std::collections::BTreeMap;

/// The format of `policy.toml` that this crate reads.
const SCHEMA: u32 = 1;

/// The settings of a policy.
#[derive(Debug)]
pub(crate) struct Config {
    pub(crate) profile: Profile,
    /// Strongest first.
    pub(crate) precedence: [Disposition; 4],
    pub(crate) levels: Levels,
    /// What a log source's `service` means, as patterns of the profile's service field.
    pub(crate) services: BTreeMap<String, Vec<String>>,
    pub(crate) expiry_warning_days: u16,
    pub(crate) sample_min: u64,
    /// The canonical name of each other name of an agent, the other name in lower case.
    pub(crate) agents: BTreeMap<String, String>,
}

/// What an alert of each severity is if no signature says more.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Levels {
    informational: Disposition,
    low: Disposition,
    medium: Disposition,
    high: Disposition,
    critical: Disposition,
}

impl Levels {
    pub(crate) fn of(&self, severity: Severity) -> Disposition {
        match severity {
            Severity::Informational => self.informational,
            Severity::Low => self.low,
            Severity::Medium => self.medium,
            Severity::High => self.high,
            Severity::Critical => self.critical,
        }
    }

    fn named(&self) -> [(&'static str, Disposition); 5] {
        [
            ("informational", self.informational),
            ("low", self.low),
            ("medium", self.medium),
            ("high", self.high),
            ("critical", self.critical),
        ]
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Raw {
    schema: u32,
    profile: Profile,
    precedence: Vec<Disposition>,
    levels: Levels,
    services: BTreeMap<String, Vec<String>>,
    thresholds: RawThresholds,
    #[serde(default)]
    aliases: BTreeMap<String, Vec<String>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawThresholds {
    expiry_warning_days: u16,
    sample_min: u64,
}

/// Reads `policy.toml`. `None` if anything is wrong with it, and then it is in `problems`.
pub(crate) fn read(text: &str, problems: &mut Vec<Problem>) -> Option<Config> {
    let raw: Raw = match toml::from_str(text) {
        Ok(raw) => raw,
        Err(error) => {
            let line = error.span().map(|span| line_at(text, span.start));
            let remedy = "correct it as the starter policy's policy.toml shows";
            problems.push(Problem::new(
                POLICY_TOML,
                line,
                one_line(error.message()),
                remedy,
            ));
            return None;
        }
    };
    let before = problems.len();
    let mut refuse = |key: &str, what: String, remedy: &str| {
        problems.push(Problem::new(
            POLICY_TOML,
            line_of_key(text, key),
            what,
            remedy,
        ));
    };
    if raw.schema != SCHEMA {
        refuse(
            "schema",
            format!("schema {} is not known", raw.schema),
            "write `schema = 1`",
        );
    }
    for (level, disposition) in raw.levels.named() {
        if disposition == Disposition::KnownFp {
            let what = "a level alone cannot make an alert a known false positive".to_owned();
            refuse(
                level,
                what,
                "write benign, review or escalated; or write a filter",
            );
        }
    }
    check_services(&raw.services, &mut refuse);
    let precedence = precedence(&raw.precedence).unwrap_or_else(|| {
        let what =
            "precedence must be a permutation of all four dispositions that begins with escalated";
        refuse(
            "precedence",
            what.to_owned(),
            "write `precedence = [\"escalated\", \"known_fp\", \"benign\", \"review\"]`",
        );
        [Disposition::Escalated; 4]
    });
    let agents = agents(&raw.aliases, &mut refuse);
    (problems.len() == before).then_some(Config {
        profile: raw.profile,
        precedence,
        levels: raw.levels,
        services: raw.services,
        expiry_warning_days: raw.thresholds.expiry_warning_days,
        sample_min: raw.thresholds.sample_min,
        agents,
    })
}

fn check_services(
    services: &BTreeMap<String, Vec<String>>,
    refuse: &mut impl FnMut(&str, String, &str),
) {
    // Only a star at the end is a pattern: anything else would be taken literally and match nothing.
    let is_pattern = |text: &String| {
        let stem = text.strip_suffix('*').unwrap_or(text);
        !stem.is_empty() && !stem.contains(['*', '?', '\\'])
    };
    for (name, patterns) in services {
        if patterns.is_empty() || !patterns.iter().all(is_pattern) {
            let what = format!("service {name} has no usable pattern");
            refuse(
                name,
                what,
                "list names, each with at most one `*`, at its end",
            );
        }
    }
}

/// The order, if it names each disposition once and puts what cannot be suppressed first.
fn precedence(order: &[Disposition]) -> Option<[Disposition; 4]> {
    let order: [Disposition; 4] = order.try_into().ok()?;
    let mut sorted = order;
    sorted.sort();
    let all = [
        Disposition::Benign,
        Disposition::KnownFp,
        Disposition::Review,
        Disposition::Escalated,
    ];
    (sorted == all && order[0] == Disposition::Escalated).then_some(order)
}

/// Turns the table around: from each other name to the canonical one. A name may stand for one agent only.
fn agents(
    aliases: &BTreeMap<String, Vec<String>>,
    refuse: &mut impl FnMut(&str, String, &str),
) -> BTreeMap<String, String> {
    let canonical: Vec<String> = aliases.keys().map(|name| name.to_lowercase()).collect();
    let mut agents = BTreeMap::new();
    for (name, others) in aliases {
        if others.is_empty() {
            refuse(
                name,
                format!("agent {name} has no other name"),
                "name one, or remove the line",
            );
        }
        for other in others {
            let key = other.to_lowercase();
            let is_chained = canonical.contains(&key);
            if is_chained || agents.insert(key, name.clone()).is_some() {
                let what = format!("{other} stands for more than one agent");
                refuse(
                    name,
                    what,
                    "let each name stand for one agent, and no alias for an alias",
                );
            }
        }
    }
    agents
}

fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn line_at(text: &str, offset: usize) -> usize {
    let before = text.as_bytes().iter().take(offset);
    1 + before.filter(|byte| **byte == b'\n').count()
}

/// The line that sets a key, or that opens a table of its name.
fn line_of_key(text: &str, key: &str) -> Option<usize> {
    let is_it = |line: &str| {
        let line = line.trim_start().trim_start_matches(['[', '"', '\'']);
        line.strip_prefix(key).is_some_and(|rest| {
            rest.trim_start_matches(['"', '\'', ' '])
                .starts_with(['=', ']'])
        })
    };
    text.lines().position(is_it).map(|index| index + 1)
}
