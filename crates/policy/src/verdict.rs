//! What triage says of one alert, and why.

use crate::profile::word_of;
use crate::signature::Signature;
use alert::{Disposition, Severity};

/// The judgement of one alert.
#[derive(Clone, Debug)]
pub struct Verdict<'p> {
    /// What the alert is.
    pub disposition: Disposition,
    /// The signature that decided; `None` if the alert's level did.
    pub signature: Option<&'p Signature>,
    /// Why: first what decided, then what else was found. Never empty.
    pub reasons: Vec<Reason<'p>>,
    /// How grave the alert is by its own level; `None` if that cannot be read.
    pub severity: Option<Severity>,
    /// The rule that raised the alert.
    pub rule_id: Option<String>,
    /// The agent's canonical name.
    pub agent: Option<String>,
}

/// One reason of a verdict.
#[derive(Clone, PartialEq, Debug)]
pub enum Reason<'p> {
    /// The signature matched and decided, or says the same as the one that did.
    Matched(&'p Signature),
    /// The level's default decided.
    Level(Severity),
    /// The alert has no level that can be read.
    LevelUnreadable,
    /// The signature matched, but its last day is over: a person looks at what it used to suppress.
    Expired(&'p Signature),
    /// The signature matched, but the alert is graver than it may suppress.
    AboveMaxLevel(&'p Signature),
    /// The signature matched, but one of a stronger disposition decided.
    Overruled(&'p Signature),
    /// The bytes cannot be read as an alert.
    Unreadable(String),
}

impl PartialEq for Signature {
    /// Names are unique in a policy.
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name
    }
}

impl Verdict<'_> {
    /// Whether a suppression matched and was overruled by something that may not be suppressed.
    pub(crate) fn is_conflict(&self) -> bool {
        self.reasons.iter().any(|reason| {
            matches!(reason, Reason::Overruled(signature) if signature.suppression.is_some())
        })
    }

    /// The verdict on bytes that are no alert: a person looks at them.
    pub(crate) fn unreadable(why: String) -> Self {
        Verdict {
            disposition: Disposition::Review,
            signature: None,
            reasons: vec![Reason::Unreadable(why)],
            severity: None,
            rule_id: None,
            agent: None,
        }
    }
}

impl std::fmt::Display for Reason<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Reason::Matched(signature) => {
                write!(f, "{} matched: {}", signature.name, signature.title)?;
                match &signature.suppression {
                    Some(s) => write!(
                        f,
                        " (owner {}, ticket {}, until {})",
                        s.owner, s.ticket, s.expires
                    ),
                    None => Ok(()),
                }
            }
            Reason::Level(severity) => write!(f, "the default of level {}", word_of(*severity)),
            Reason::LevelUnreadable => f.write_str("the alert has no level that can be read"),
            Reason::Expired(signature) => {
                write!(f, "{} matched but has expired", signature.name)?;
                match &signature.suppression {
                    Some(s) => write!(f, " after {}: ask {}", s.expires, s.owner),
                    None => Ok(()),
                }
            }
            Reason::AboveMaxLevel(signature) => {
                write!(
                    f,
                    "{} matched but may not suppress an alert of this level",
                    signature.name
                )
            }
            Reason::Overruled(signature) => {
                write!(f, "{} matched too, and was overruled", signature.name)
            }
            Reason::Unreadable(why) => write!(f, "not readable as an alert: {why}"),
        }
    }
}
