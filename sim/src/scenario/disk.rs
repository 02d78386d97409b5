//! A disk that does less than it is asked: reads that give a part, and parts of the home that nobody may change for a while.

use super::checks::Checks;
use super::fault::Role;
use super::names::errno_name;
use super::units::{Share, When};
use host::Errno;
use serde::{Deserialize, Serialize};
use toml::Spanned;

/// Reads give fewer bytes than were asked for, though there are more: as many as chance will have it, and at least one.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct ShortRead {
    /// Whose reads.
    pub process: Role,
    /// The share of them.
    pub probability: f64,
}

/// Nothing below a part of the home can be changed for a while: somebody took the right away, or its filesystem was mounted
/// read-only.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct ReadOnly {
    /// The part: a path below the home, or nothing for all of it.
    pub part: String,
    /// From here, in nanoseconds after t0.
    pub from_ns: u64,
    /// Until here, in nanoseconds after t0. Ends when faults stop, if that is earlier.
    pub until_ns: u64,
    /// How calls fail: `read-only` as on a filesystem that is so, where no file can be opened for writing either; `access` as
    /// in directories without the right to write, whose files can be written to all the same.
    #[serde(with = "errno_name")]
    pub errno: Errno,
}

/// The parts of a home that a scenario can name: what `spool` makes, from the outside in.
pub(crate) const PARTS: [(&str, &str); 10] = [
    ("home", "all of it"),
    ("tmp", ""),
    ("inbox", ""),
    ("pending", ""),
    ("claimed", ""),
    ("overflow", ""),
    ("quarantine", ""),
    ("state", ""),
    ("ledger", ""),
    ("cases", ""),
];

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawShortRead {
    #[serde(default)]
    process: Role,
    probability: Spanned<Share>,
}

impl RawShortRead {
    pub(super) fn resolve(self, checks: &mut Checks) -> ShortRead {
        ShortRead {
            process: self.process,
            probability: checks.share(self.probability),
        }
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawReadOnly {
    part: Spanned<String>,
    from: Spanned<When>,
    until: Spanned<When>,
    #[serde(default)]
    errno: Refusal,
}

/// The two ways to refuse a change.
#[derive(Deserialize, Default)]
#[serde(rename_all = "kebab-case")]
enum Refusal {
    #[default]
    ReadOnly,
    Access,
}

impl RawReadOnly {
    pub(super) fn resolve(self, checks: &mut Checks) -> ReadOnly {
        let part = checks.known(self.part, &PARTS, "a part of the home");
        let until = self.until.span();
        let (from_ns, until_ns) = (checks.when(self.from), checks.when(self.until));
        checks.ends_later(
            from_ns..until_ns,
            until,
            ["it ends before it begins", "must be later than `from`"],
        );
        ReadOnly {
            part: if part == "home" { String::new() } else { part },
            from_ns,
            until_ns,
            errno: match self.errno {
                Refusal::ReadOnly => Errno::ReadOnly,
                Refusal::Access => Errno::Access,
            },
        }
    }
}
