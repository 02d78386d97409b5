//! `runbook.md`: what a person does first with a case of this kind, with the case's facts filled in.
//!
//! A template is Markdown with blanks, `{{name}}`: the name of a fact of the case, or the path of a field of the alert;
//! `{{a|b}}` is the first that there is. A line whose blanks are all empty is left out. Nothing in a value is a blank.

mod escape;

use super::evidence::Evidence;
use super::settings::EscalationSettings;
use escape::code;

/// What an alert is about, as far as the first steps differ.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Service {
    /// A file or a registry key changed.
    Fim,
    /// A host looks unlike it should.
    Rootcheck,
    /// Windows told of a process.
    Sysmon,
    /// Somebody logged in, or tried to.
    Auth,
    /// Anything else.
    Other,
}

const HEAD: &str = include_str!("head.md");
const TAIL: &str = include_str!("tail.md");

impl Service {
    /// The service of an alert, by its rule's groups, or by the name that Wazuh 5 gives its integration.
    pub(super) fn of(evidence: &Evidence) -> Self {
        let fields = evidence.fields();
        let mut groups = fields.values("rule.groups");
        groups.extend(fields.values("wazuh.integration.name"));
        let mut found = groups.iter().map(|group| Service::of_group(group));
        found
            .find(|one| *one != Service::Other)
            .unwrap_or(Service::Other)
    }

    fn of_group(group: &str) -> Self {
        match group {
            "rootcheck" => Service::Rootcheck,
            "sshd" | "sudo" | "su" | "pam" | "invalid_login" => Service::Auth,
            _ if group.starts_with("syscheck") || group == "fim" => Service::Fim,
            _ if group.starts_with("sysmon") => Service::Sysmon,
            _ if group.starts_with("authentication_") => Service::Auth,
            _ if group.starts_with("win_authentication") => Service::Auth,
            _ => Service::Other,
        }
    }

    /// The word that `outcome.json` uses.
    pub(super) fn word(self) -> &'static str {
        match self {
            Service::Fim => "fim",
            Service::Rootcheck => "rootcheck",
            Service::Sysmon => "sysmon",
            Service::Auth => "auth",
            Service::Other => "other",
        }
    }

    fn template(self) -> &'static str {
        match self {
            Service::Fim => include_str!("fim.md"),
            Service::Rootcheck => include_str!("rootcheck.md"),
            Service::Sysmon => include_str!("sysmon.md"),
            Service::Auth => include_str!("auth.md"),
            Service::Other => include_str!("other.md"),
        }
    }
}

/// The runbook of a case.
pub(super) fn runbook(
    evidence: &Evidence,
    service: Service,
    settings: EscalationSettings,
) -> String {
    let mut text = String::new();
    for template in [HEAD, service.template(), TAIL] {
        for line in template.lines() {
            if let Some(line) = fill(line, &|name| fact(evidence, settings, name)) {
                text.push_str(&line);
                text.push('\n');
            }
        }
    }
    text
}

/// The value of a blank, as Markdown.
fn fact(evidence: &Evidence, settings: EscalationSettings, name: &str) -> Option<String> {
    let judgement = &evidence.judgement;
    let signature = judgement.signature.as_ref();
    let shown = match name {
        "case.id" => evidence.entry.id().to_string(),
        "case.shelf" => code(&evidence.shelf),
        "case.tlp" => settings.tlp.word().to_owned(),
        "case.pap" => settings.pap.word().to_owned(),
        "case.severity" => evidence.severity_word()?.to_owned(),
        "case.signature" => code(&signature?.title),
        "case.reasons" if judgement.reasons.is_empty() => return None,
        "case.reasons" => code(&judgement.reasons.join("; ")),
        "case.policy" => code(judgement.policy_sha256.as_deref()?),
        path => {
            let values = evidence.fields().values(path);
            if values.iter().all(|value| value.trim().is_empty()) {
                return None;
            }
            code(&values.join(", "))
        }
    };
    Some(shown)
}

/// A line with its blanks filled in; `None` if it has blanks and all of them are empty.
fn fill(line: &str, value: &dyn Fn(&str) -> Option<String>) -> Option<String> {
    let mut filled = String::new();
    let (mut blanks, mut found) = (0, 0);
    let mut rest = line;
    while let Some((before, after)) = rest.split_once("{{") {
        let (names, after) = after.split_once("}}").expect("a template's blank ends");
        filled.push_str(before);
        blanks += 1;
        match names.split('|').find_map(value) {
            Some(value) => {
                found += 1;
                filled.push_str(&value);
            }
            None => filled.push('–'),
        }
        rest = after;
    }
    filled.push_str(rest);
    (blanks == 0 || 0 < found).then_some(filled)
}

#[cfg(test)]
mod tests;
