//! The fields of an alert by their dotted paths, whatever its producer made of them.

use serde_json::Value;
use std::borrow::Cow;

/// No field that is asked for has more values in an honest alert, and others shall not fill a pack.
const VALUES_MAX: usize = 64;

/// An alert that can be asked for its fields.
#[derive(Clone, Copy)]
pub(super) struct Fields<'a>(&'a Value);

impl<'a> Fields<'a> {
    /// The fields of a document. An indexer's hit carries it below `_source`.
    pub(super) fn of(document: &'a Value) -> Self {
        match document.get("_source") {
            Some(source) if source.is_object() => Fields(source),
            _ => Fields(document),
        }
    }

    /// The texts, numbers and truth values at `path`, in the document's order, at most 64 of them. Lists are opened.
    pub(super) fn values(self, path: &str) -> Vec<Cow<'a, str>> {
        let mut found = Vec::new();
        collect(self.0, Some(path), &mut found);
        found
    }

    /// The first of [`Fields::values`].
    pub(super) fn first(self, path: &str) -> Option<Cow<'a, str>> {
        self.values(path).into_iter().next()
    }
}

fn collect<'a>(value: &'a Value, path: Option<&str>, found: &mut Vec<Cow<'a, str>>) {
    if VALUES_MAX <= found.len() {
        return;
    }
    match (value, path) {
        (Value::Array(members), _) => {
            for member in members {
                collect(member, path, found);
            }
        }
        (Value::Object(object), Some(path)) => {
            // Some producers write `"agent.name": …` instead of an object in an object.
            if let Some(value) = object.get(path) {
                collect(value, None, found);
            } else if let Some((key, below)) = path.split_once('.')
                && let Some(value) = object.get(key)
            {
                collect(value, Some(below), found);
            }
        }
        (Value::String(text), None) => found.push(Cow::Borrowed(text)),
        (Value::Number(number), None) => found.push(Cow::Owned(number.to_string())),
        (Value::Bool(truth), None) => found.push(Cow::Owned(truth.to_string())),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[track_caller]
    fn check(document: &Value, path: &str, expected: &[&str]) {
        assert_eq!(Fields::of(document).values(path), expected, "{path}");
    }

    #[test]
    fn a_field_is_found_however_it_is_nested() {
        let hit = json!({"_source": {
            "agent": {"name": "web-03"}, "rule.level": 12, "rule": {"groups": ["a", ["b"]]},
            "list": [{"ip": "192.0.2.1"}, {"ip": "192.0.2.2"}, 5], "flag": true, "none": null,
        }});
        check(&hit, "agent.name", &["web-03"]);
        check(&hit, "rule.level", &["12"]);
        check(&hit, "rule.groups", &["a", "b"]);
        check(&hit, "list.ip", &["192.0.2.1", "192.0.2.2"]);
        check(&hit, "flag", &["true"]);
        for absent in ["none", "agent", "agent.name.x", "", ".", "rule."] {
            check(&hit, absent, &[]);
        }
        check(&json!([1, 2]), "agent.name", &[]);
    }

    #[test]
    fn a_list_without_end_is_cut() {
        let values: Vec<u32> = (0..10_000).collect();
        let document = json!({ "data": { "srcip": values } });
        assert_eq!(Fields::of(&document).values("data.srcip").len(), VALUES_MAX);
    }
}
