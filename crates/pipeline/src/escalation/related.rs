//! Which earlier escalated cases have something in common with this one.
//!
//! Of the last cases only the hashes of their traits are remembered: attackers choose user names, and a memory must not grow
//! with them.

use super::bag::sha256_hex;
use super::fields::Fields;
use super::observables::{Observable, SOURCES, Type};
use alert::AlertId;
use serde::{Deserialize, Serialize};
use std::collections::VecDeque;

/// How many escalated cases are remembered.
pub(super) const CASES_MAX: usize = 512;
/// How many traits of each are.
const TRAITS_MAX: usize = 32;
/// Two traits are taken for each other with a chance of 10^-15 for a memory full of them.
const DIGEST_DIGITS: usize = 16;
/// How many related cases a pack names.
const SHOWN_MAX: usize = 50;

/// Something that two cases can have in common.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub(super) struct Trait {
    what: &'static str,
    value: String,
}

/// A case that was escalated.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub(super) struct Remembered {
    id: String,
    /// Where its pack is, below the spool's directory.
    pack: String,
    /// The first 64 bits of each trait's SHA-256, in hexadecimal digits.
    traits: Vec<String>,
}

/// The last escalated cases, oldest first.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub(super) struct Recent(VecDeque<Remembered>);

/// A related case.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub(super) struct Relation {
    id: String,
    pack: String,
    shares: Vec<Trait>,
}

/// `related.json`.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub(super) struct Related {
    /// How many earlier cases this one was held against.
    compared: usize,
    /// Those with most in common first, and of equals the newest.
    pub(super) related: Vec<Relation>,
    /// How many more there are.
    left_off: usize,
}

/// What other cases may share with this alert: agent, source address, user, hash.
pub(super) fn traits_of(fields: Fields<'_>, observables: &[Observable]) -> Vec<Trait> {
    let agents = ["agent.name", "wazuh.agent.name"];
    let agent = agents.iter().find_map(|path| fields.first(path));
    let agent = agent.map(|name| Trait {
        what: "agent",
        value: name.to_lowercase(),
    });
    let others = observables.iter().filter_map(|one| {
        let what = match one.kind {
            Type::Ipv4 | Type::Ipv6 if one.found_in.iter().any(|path| SOURCES.contains(path)) => {
                "source address"
            }
            Type::User => "user",
            Type::Md5 | Type::Sha1 | Type::Sha256 => "hash",
            _ => return None,
        };
        let value = one.value.to_lowercase();
        Some(Trait { what, value })
    });
    agent.into_iter().chain(others).take(TRAITS_MAX).collect()
}

impl Trait {
    fn digest(&self) -> String {
        let mut digits = sha256_hex(format!("{}\0{}", self.what, self.value).as_bytes());
        digits.truncate(DIGEST_DIGITS);
        digits
    }
}

impl Recent {
    /// The remembered cases that share a trait with the case `id`.
    pub(super) fn related_to(&self, id: AlertId, traits: &[Trait]) -> Related {
        let id = id.to_string();
        let digests: Vec<String> = traits.iter().map(Trait::digest).collect();
        let others = self.0.iter().rev().filter(|case| case.id != id);
        let mut related: Vec<Relation> = others
            .clone()
            .map(|case| {
                let pairs = traits.iter().zip(&digests);
                let shared = pairs.filter(|(_, digest)| case.traits.contains(digest));
                Relation {
                    id: case.id.clone(),
                    pack: case.pack.clone(),
                    shares: shared.map(|(one, _)| one.clone()).collect(),
                }
            })
            .filter(|relation| !relation.shares.is_empty())
            .collect();
        // Stable, so that the newest of equals stays first.
        related.sort_by_key(|relation| std::cmp::Reverse(relation.shares.len()));
        let left_off = related.len().saturating_sub(SHOWN_MAX);
        related.truncate(SHOWN_MAX);
        Related {
            compared: others.count(),
            related,
            left_off,
        }
    }

    /// Remembers a case, as the newest, and forgets the oldest if there are too many.
    pub(super) fn remember(&mut self, id: AlertId, pack: &str, traits: &[Trait]) {
        let id = id.to_string();
        self.0.retain(|case| case.id != id);
        self.0.push_back(Remembered {
            id,
            pack: pack.to_owned(),
            traits: traits.iter().map(Trait::digest).collect(),
        });
        while CASES_MAX < self.0.len() {
            self.0.pop_front();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::observables::observables;
    use super::super::settings::Tlp;
    use super::*;
    use serde_json::{Value, json};

    fn traits(document: &Value) -> Vec<Trait> {
        let fields = Fields::of(document);
        traits_of(fields, &observables(fields, Tlp::Amber))
    }

    fn id(number: u32) -> AlertId {
        AlertId::of("i", &number.to_string())
    }

    #[test]
    fn cases_are_related_by_agent_source_user_and_hash_and_by_nothing_else() {
        let sha256 = "ab".repeat(32);
        let first = json!({"agent": {"name": "WEB-03", "ip": "10.0.0.3"}, "data": {
            "srcip": "198.51.100.7", "dstip": "10.0.0.3", "srcuser": "alice"}, "syscheck": {"sha256_after": sha256}});
        let mut recent = Recent::default();
        recent.remember(id(1), "escalations/a", &traits(&first));
        for (other, shares) in [
            (json!({"agent": {"name": "web-03"}}), vec!["agent"]),
            (
                json!({"data": {"srcip": "198.51.100.7"}}),
                vec!["source address"],
            ),
            (
                json!({"data": {"win": {"eventdata": {"targetUserName": "Alice"}}}}),
                vec!["user"],
            ),
            (json!({"syscheck": {"sha256_before": sha256}}), vec!["hash"]),
            (
                json!({"agent": {"name": "web-03"}, "data": {"dstuser": "alice"}}),
                vec!["agent", "user"],
            ),
            (json!({"data": {"dstip": "198.51.100.7"}}), vec![]),
            (
                json!({"data": {"srcip": "10.0.0.3", "srcuser": "web-03"}}),
                vec![],
            ),
        ] {
            let found = recent.related_to(id(2), &traits(&other));
            let shared = found.related.iter().flat_map(|case| &case.shares);
            let shared: Vec<_> = shared.map(|one| one.what).collect();
            assert_eq!(shared, shares, "{other}");
        }
        assert!(
            recent.related_to(id(1), &traits(&first)).related.is_empty(),
            "itself"
        );
    }

    #[test]
    fn the_memory_is_bounded_and_keeps_the_newest() {
        let document =
            json!({"agent": {"name": "a"}, "data": {"srcuser": vec!["x".repeat(100_000); 64]}});
        let (mut recent, traits) = (Recent::default(), traits(&document));
        for number in 0..2_000 {
            recent.remember(id(number), "escalations/undated/0", &traits);
            recent.remember(id(number), "escalations/undated/0", &traits);
        }
        let found = recent.related_to(id(9_999), &traits);
        assert_eq!(
            (found.compared, found.related.len()),
            (CASES_MAX, SHOWN_MAX)
        );
        assert_eq!(found.left_off, CASES_MAX - SHOWN_MAX);
        assert_eq!(found.related[0].id, id(1_999).to_string());
        let bytes = serde_json::to_vec(&recent).expect("a memory").len();
        assert!(bytes < 512 * 1_000, "{bytes} bytes");
    }
}
