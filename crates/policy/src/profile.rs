//! Where the alerts of a Wazuh version keep what every policy asks for.

use alert::Severity;
use serde::Deserialize;

/// The product version whose field names a policy uses.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Profile {
    /// Alerts of Wazuh 4: `rule.id` is a number, `rule.level` is 0 to 16.
    Wazuh4,
    /// Findings of Wazuh 5: `wazuh.rule.id` is a UUID, `wazuh.rule.level` is a word.
    Wazuh5,
}

/// Fields of Wazuh 4's index template, and those that its own sample alerts carry. `.*` opens all that is below.
const WAZUH4_FIELDS: &[&str] = &[
    "@timestamp",
    "@version",
    "GeoLocation.*",
    "agent.id",
    "agent.ip",
    "agent.labels.*",
    "agent.name",
    "cluster.name",
    "cluster.node",
    "command",
    // Every decoder adds its own fields here, so no list of them is complete.
    "data.*",
    "decoder.accumulate",
    "decoder.fts",
    "decoder.ftscomment",
    "decoder.name",
    "decoder.parent",
    "full_log",
    "host",
    "id",
    "input.type",
    "location",
    "manager.name",
    "message",
    "offset",
    "predecoder.hostname",
    "predecoder.program_name",
    "predecoder.timestamp",
    "previous_log",
    "previous_output",
    "program_name",
    "rule.cis",
    "rule.cve",
    "rule.description",
    "rule.firedtimes",
    "rule.frequency",
    "rule.gdpr",
    "rule.gpg13",
    "rule.groups",
    "rule.hipaa",
    "rule.id",
    "rule.info",
    "rule.level",
    "rule.mail",
    "rule.mitre.id",
    "rule.mitre.tactic",
    "rule.mitre.technique",
    "rule.nist_800_53",
    "rule.pci_dss",
    "rule.tsc",
    "syscheck.arch",
    "syscheck.attrs_after",
    "syscheck.attrs_before",
    "syscheck.audit.*",
    "syscheck.changed_attributes",
    "syscheck.diff",
    "syscheck.event",
    "syscheck.gid_after",
    "syscheck.gid_before",
    "syscheck.gname_after",
    "syscheck.gname_before",
    "syscheck.hard_links",
    "syscheck.inode_after",
    "syscheck.inode_before",
    "syscheck.md5_after",
    "syscheck.md5_before",
    "syscheck.mode",
    "syscheck.mtime_after",
    "syscheck.mtime_before",
    "syscheck.path",
    "syscheck.perm_after",
    "syscheck.perm_before",
    "syscheck.sha1_after",
    "syscheck.sha1_before",
    "syscheck.sha256_after",
    "syscheck.sha256_before",
    "syscheck.size_after",
    "syscheck.size_before",
    "syscheck.symbolic_path",
    "syscheck.tags",
    "syscheck.uid_after",
    "syscheck.uid_before",
    "syscheck.uname_after",
    "syscheck.uname_before",
    "syscheck.value_name",
    "syscheck.value_type",
    "timestamp",
    "title",
    "type",
];

/// The field sets of the Elastic Common Schema that Wazuh 5's own schema is built on, and its own root.
const WAZUH5_FIELDS: &[&str] = &[
    "@timestamp",
    "agent.*",
    "client.*",
    "cloud.*",
    "container.*",
    "destination.*",
    "device.*",
    "dll.*",
    "dns.*",
    "email.*",
    "error.*",
    "event.*",
    "file.*",
    "group.*",
    "host.*",
    "http.*",
    "interface.*",
    "log.*",
    "message",
    "network.*",
    "observer.*",
    "orchestrator.*",
    "organization.*",
    "package.*",
    "policy.*",
    "process.*",
    "registry.*",
    "related.*",
    "rule.*",
    "server.*",
    "service.*",
    "source.*",
    "tags",
    "threat.*",
    "tls.*",
    "url.*",
    "user.*",
    "user_agent.*",
    "vulnerability.*",
    "wazuh.*",
];

impl Profile {
    /// The field that says which rule raised an alert.
    pub fn rule_id(self) -> &'static str {
        match self {
            Profile::Wazuh4 => "rule.id",
            Profile::Wazuh5 => "wazuh.rule.id",
        }
    }

    /// The field that says how grave an alert is.
    pub fn level(self) -> &'static str {
        match self {
            Profile::Wazuh4 => "rule.level",
            Profile::Wazuh5 => "wazuh.rule.level",
        }
    }

    /// The field that names the machine an alert is about.
    pub fn agent(self) -> &'static str {
        match self {
            Profile::Wazuh4 => "agent.name",
            Profile::Wazuh5 => "wazuh.agent.name",
        }
    }

    /// The field that a log source's `service` is read from.
    pub fn service(self) -> &'static str {
        match self {
            Profile::Wazuh4 => "rule.groups",
            Profile::Wazuh5 => "wazuh.integration.name",
        }
    }

    /// Whether an alert of this profile can have a field of that name.
    pub(crate) fn knows(self, field: &str) -> bool {
        self.fields()
            .iter()
            .any(|known| match known.strip_suffix('*') {
                Some(prefix) => field.starts_with(prefix) && prefix.len() < field.len(),
                None => *known == field,
            })
    }

    /// The known field that is nearest to a mistyped one, if one is near.
    pub(crate) fn nearest(self, field: &str) -> Option<&'static str> {
        let known = self.fields().iter().filter(|known| !known.ends_with('*'));
        known
            .map(|known| (edits(field, known), *known))
            .filter(|(edits, _)| *edits <= 2)
            .min()
            .map(|(_, known)| known)
    }

    fn fields(self) -> &'static [&'static str] {
        match self {
            Profile::Wazuh4 => WAZUH4_FIELDS,
            Profile::Wazuh5 => WAZUH5_FIELDS,
        }
    }

    /// The id that `filter.rules` means by `name`; the error is the remedy.
    pub(crate) fn rule_of(self, name: &str) -> Result<&str, &'static str> {
        match self {
            Profile::Wazuh4 => name
                .strip_prefix("wazuh_")
                .filter(|id| !id.is_empty() && id.bytes().all(|b| b.is_ascii_digit()))
                .ok_or("write `wazuh_` and the rule's number, such as `wazuh_550`"),
            Profile::Wazuh5 if is_uuid(name) => Ok(name),
            Profile::Wazuh5 => Err("write the rule's UUID"),
        }
    }

    /// How grave a level is, in this profile's way of writing it. `None` if it cannot be read.
    pub(crate) fn severity(self, level: &str) -> Option<Severity> {
        match self {
            Profile::Wazuh4 => level
                .parse::<u64>()
                .ok()
                .map(|level| Severity::of_level(u8::try_from(level).unwrap_or(u8::MAX))),
            Profile::Wazuh5 => severity_named(level),
        }
    }
}

/// The severity that a word means, in whatever case.
pub(crate) fn severity_named(word: &str) -> Option<Severity> {
    match word.to_ascii_lowercase().as_str() {
        "informational" => Some(Severity::Informational),
        "low" => Some(Severity::Low),
        "medium" => Some(Severity::Medium),
        "high" => Some(Severity::High),
        "critical" => Some(Severity::Critical),
        _ => None,
    }
}

/// The word for a severity.
pub(crate) fn word_of(severity: Severity) -> &'static str {
    match severity {
        Severity::Informational => "informational",
        Severity::Low => "low",
        Severity::Medium => "medium",
        Severity::High => "high",
        Severity::Critical => "critical",
    }
}

/// Whether the text has the form of a UUID in lower case.
pub(crate) fn is_uuid(text: &str) -> bool {
    let is_hex = |b: u8| b.is_ascii_digit() || (b'a'..=b'f').contains(&b);
    text.len() == 36
        && text.bytes().enumerate().all(|(at, b)| match at {
            8 | 13 | 18 | 23 => b == b'-',
            _ => is_hex(b),
        })
}

/// How many bytes must be inserted, removed or replaced to make one text the other (Levenshtein).
fn edits(a: &str, b: &str) -> usize {
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.bytes().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, y) in b.bytes().enumerate() {
            let replaced = diagonal + usize::from(x != y);
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
    fn a_mistyped_field_is_unknown_and_its_neighbour_is_named() {
        assert!(Profile::Wazuh4.knows("syscheck.path"));
        assert!(Profile::Wazuh4.knows("data.win.eventdata.image"));
        assert!(!Profile::Wazuh4.knows("data."));
        assert!(!Profile::Wazuh4.knows("syscheck.paht"));
        assert_eq!(
            Profile::Wazuh4.nearest("syscheck.paht"),
            Some("syscheck.path")
        );
        assert_eq!(Profile::Wazuh4.nearest("CommandLine"), None);
        assert!(Profile::Wazuh5.knows("source.ip"));
        assert!(!Profile::Wazuh5.knows("syscheck.path"));
    }

    #[test]
    fn rules_are_named_by_number_or_by_uuid() {
        assert_eq!(Profile::Wazuh4.rule_of("wazuh_550"), Ok("550"));
        for bad in ["550", "wazuh_", "wazuh_5x", "Wazuh_550"] {
            assert!(Profile::Wazuh4.rule_of(bad).is_err(), "{bad}");
        }
        let uuid = "1f2e3d4c-0000-4000-8000-00000000000a";
        assert_eq!(Profile::Wazuh5.rule_of(uuid), Ok(uuid));
        assert!(Profile::Wazuh5.rule_of("wazuh_550").is_err());
    }

    #[test]
    fn a_level_that_cannot_be_read_has_no_severity() {
        assert_eq!(Profile::Wazuh4.severity("7"), Some(Severity::Medium));
        assert_eq!(Profile::Wazuh4.severity("999"), Some(Severity::Critical));
        for bad in ["", "-1", "7.5", "high"] {
            assert_eq!(Profile::Wazuh4.severity(bad), None, "{bad}");
        }
        assert_eq!(Profile::Wazuh5.severity("High"), Some(Severity::High));
        assert_eq!(Profile::Wazuh5.severity("7"), None);
    }
}
