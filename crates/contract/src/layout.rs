//! A layout: which directories of a program's files are which place.

use crate::Place;

/// Maps directories to places, so that the contract fits any program that keeps its queue in files.
///
/// A rule's pattern is a path of names; `*` stands for one name, and a last `**` for any number of them, none included. The
/// first rule that fits wins. A file's place is that of its directory.
#[derive(Clone, Debug, Default)]
pub struct Layout {
    rules: Vec<(Vec<String>, Place)>,
}

impl Layout {
    /// The layout with the given rules, in order.
    pub fn new<'a>(rules: impl IntoIterator<Item = (&'a str, Place)>) -> Self {
        let split = |pattern: &str| pattern.split('/').map(str::to_owned).collect();
        Layout {
            rules: rules
                .into_iter()
                .map(|(pattern, place)| (split(pattern), place))
                .collect(),
        }
    }

    /// The place of files directly in the directory `path` (names joined by `/`, no leading `/`).
    pub fn place_of(&self, path: &str) -> Option<Place> {
        let names: Vec<&str> = path.split('/').filter(|name| !name.is_empty()).collect();
        self.rules
            .iter()
            .find(|(pattern, _)| fits(pattern, &names))
            .map(|(_, place)| *place)
    }
}

fn fits(pattern: &[String], names: &[&str]) -> bool {
    match (pattern.split_first(), names.split_first()) {
        (None, None) => true,
        (Some((first, [])), _) if first == "**" => true,
        (Some((first, pattern)), Some((name, names))) => {
            (first == "*" || first == name) && fits(pattern, names)
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn directories_fit_patterns() {
        let layout = Layout::new([
            ("s/pending/*", Place::Pending),
            ("s/claimed/*/**", Place::Claimed),
            ("s/cases/**", Place::Cased),
        ]);
        let place = |path| layout.place_of(path);
        assert_eq!(place("s/pending/b"), Some(Place::Pending));
        assert_eq!(place("s/pending"), None);
        assert_eq!(place("s/pending/b/c"), None);
        assert_eq!(place("s/claimed"), None);
        assert_eq!(place("s/claimed/w"), Some(Place::Claimed));
        assert_eq!(place("s/claimed/w/cases/x"), Some(Place::Claimed));
        assert_eq!(place("s/cases"), Some(Place::Cased));
        assert_eq!(place("elsewhere"), None);
    }
}
