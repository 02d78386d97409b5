//! The name of a cause: the same for other seeds, depths and files.

use crate::scenario::Engine;
use sha2::{Digest, Sha256};

/// `F-` and six digits that stand for a predicate, an engine and what was seen, whatever numbers stood in it.
pub fn fingerprint(predicate: &str, engine: Engine, what: &str) -> String {
    let text = format!("{predicate}|{engine}|{}", without_numbers(what));
    let digest = Sha256::digest(text.as_bytes());
    let digits: String = digest[..3]
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect();
    format!("F-{digits}")
}

/// The text with each number as `#`: ids, counts and steps differ from seed to seed.
fn without_numbers(text: &str) -> String {
    let mut normal = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '0'..='9' if normal.ends_with('#') => {}
            '0'..='9' => normal.push('#'),
            c => normal.push(c),
        }
    }
    normal
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_do_not_matter_and_everything_else_does() {
        let of = |predicate, engine, what| fingerprint(predicate, engine, what);
        let one = of(
            "S3",
            Engine::Spool,
            "a second case was made for alert 17 by actor 3",
        );
        let same = of(
            "S3",
            Engine::Spool,
            "a second case was made for alert 2041 by actor 12",
        );
        assert_eq!(one, same);
        assert_ne!(
            one,
            of(
                "S4",
                Engine::Spool,
                "a second case was made for alert 17 by actor 3"
            )
        );
        assert_ne!(
            one,
            of(
                "S3",
                Engine::Hotfix,
                "a second case was made for alert 17 by actor 3"
            )
        );
        assert_ne!(
            one,
            of(
                "S3",
                Engine::Spool,
                "a third case was made for alert 17 by actor 3"
            )
        );
        assert_eq!(one.len(), "F-3a91c2".len());
    }
}
