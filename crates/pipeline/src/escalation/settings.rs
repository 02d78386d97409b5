//! How a pack says that it may be passed on and acted upon.

use serde::{Deserialize, Serialize};

/// To whom a pack may be shown: the Traffic Light Protocol 2.0.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Tlp {
    /// Everybody.
    Clear,
    /// The community.
    Green,
    /// Those of the organization and its clients who must know.
    #[default]
    Amber,
    /// Those of the organization who must know.
    #[serde(rename = "amber+strict")]
    AmberStrict,
    /// Those who were there.
    Red,
}

/// What may be done with a pack: the Permissible Actions Protocol.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Pap {
    /// Anything that is lawful.
    Clear,
    /// Actions that reach the other side without showing who acts, such as blocking.
    Green,
    /// Looking up with third parties that do not touch the other side.
    #[default]
    Amber,
    /// Nothing that can be seen from outside.
    Red,
}

/// What stage 5 writes on every pack.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct EscalationSettings {
    /// To whom it may be shown. Amber if nothing is said.
    pub tlp: Tlp,
    /// What may be done with it. Amber if nothing is said.
    pub pap: Pap,
}

impl Tlp {
    /// The word that files use: `clear`, `green`, `amber`, `amber+strict`, `red`.
    pub fn word(self) -> &'static str {
        match self {
            Tlp::Clear => "clear",
            Tlp::Green => "green",
            Tlp::Amber => "amber",
            Tlp::AmberStrict => "amber+strict",
            Tlp::Red => "red",
        }
    }
}

impl Pap {
    /// The word that files use: `clear`, `green`, `amber`, `red`.
    pub fn word(self) -> &'static str {
        match self {
            Pap::Clear => "clear",
            Pap::Green => "green",
            Pap::Amber => "amber",
            Pap::Red => "red",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_setting_reads_as_the_word_that_it_is_written_as() {
        for tlp in [
            Tlp::Clear,
            Tlp::Green,
            Tlp::Amber,
            Tlp::AmberStrict,
            Tlp::Red,
        ] {
            let json = serde_json::to_string(&tlp).expect("a word");
            assert_eq!(json, format!("\"{}\"", tlp.word()));
            assert_eq!(serde_json::from_str::<Tlp>(&json).ok(), Some(tlp));
        }
        for pap in [Pap::Clear, Pap::Green, Pap::Amber, Pap::Red] {
            let json = serde_json::to_string(&pap).expect("a word");
            assert_eq!(json, format!("\"{}\"", pap.word()));
        }
    }

    #[test]
    fn what_is_not_said_is_amber_and_what_is_not_known_is_refused() {
        let settings: EscalationSettings = serde_json::from_str("{}").expect("defaults");
        assert_eq!((settings.tlp, settings.pap), (Tlp::Amber, Pap::Amber));
        for bad in [
            r#"{"tlp":"pink"}"#,
            r#"{"tpl":"red"}"#,
            r#"{"pap":"AMBER"}"#,
        ] {
            assert!(
                serde_json::from_str::<EscalationSettings>(bad).is_err(),
                "{bad}"
            );
        }
    }
}
