//! The vocabulary of SignalFoundry: what an alert is, how it is identified, and how it is judged.
//!
//! No I/O, and nothing of the project is imported here.

mod alert;
mod content;
mod id;

pub use alert::{Alert, BadAlert, Hour, PAYLOAD_BYTES_MAX};
pub use id::AlertId;

use serde::{Deserialize, Serialize};

/// How triage judges an alert. The four that the incident's ledger counts.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Disposition {
    /// True, and harmless.
    Benign,
    /// A known false positive: a signature says so.
    KnownFp,
    /// Undecided: a person looks at it. The answer whenever nothing else applies.
    Review,
    /// A person must look at it now.
    Escalated,
}

impl Disposition {
    /// Every disposition, in the order in which reports show them.
    pub const ALL: [Disposition; 4] = [
        Disposition::Benign,
        Disposition::KnownFp,
        Disposition::Review,
        Disposition::Escalated,
    ];

    /// One letter for lists of many: `b`, `k`, `r`, `e`.
    pub fn letter(self) -> char {
        match self {
            Disposition::Benign => 'b',
            Disposition::KnownFp => 'k',
            Disposition::Review => 'r',
            Disposition::Escalated => 'e',
        }
    }

    /// The disposition of a letter that [`Disposition::letter`] gave.
    pub fn from_letter(letter: char) -> Option<Self> {
        Self::ALL.into_iter().find(|one| one.letter() == letter)
    }

    /// The word that files and metrics know it by: `benign`, `known_fp`, `review`, `escalated`.
    pub fn word(self) -> &'static str {
        match self {
            Disposition::Benign => "benign",
            Disposition::KnownFp => "known_fp",
            Disposition::Review => "review",
            Disposition::Escalated => "escalated",
        }
    }
}

/// How grave an alert is. Wazuh's levels map onto these as in its own move from version 4 to 5.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// Levels 0 to 3.
    Informational,
    /// Levels 4 to 6.
    Low,
    /// Levels 7 to 9.
    Medium,
    /// Levels 10 to 13.
    High,
    /// Levels 14 to 16.
    Critical,
}

impl Severity {
    /// The severity of a Wazuh 4 rule level (0 to 16; larger counts as 16).
    pub fn of_level(level: u8) -> Self {
        match level {
            0..=3 => Severity::Informational,
            4..=6 => Severity::Low,
            7..=9 => Severity::Medium,
            10..=13 => Severity::High,
            14.. => Severity::Critical,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn letters_and_words_tell_dispositions_apart() {
        for one in Disposition::ALL {
            assert_eq!(Disposition::from_letter(one.letter()), Some(one));
            let json = serde_json::to_string(&one).expect("a word");
            assert_eq!(json, format!("\"{}\"", one.word()));
        }
        assert_eq!(Disposition::from_letter('x'), None);
    }

    #[test]
    fn levels_map_as_wazuh_maps_them() {
        let of = Severity::of_level;
        assert_eq!(
            [of(3), of(4), of(7), of(10), of(14), of(200)],
            [
                Severity::Informational,
                Severity::Low,
                Severity::Medium,
                Severity::High,
                Severity::Critical,
                Severity::Critical
            ]
        );
    }
}
