//! The traps of Sigma: what a reader takes to mean one thing, and a matcher another.
//!
//! What would make a suppression too wide, or a signature dead, is a problem. What is only likely to be a mistake is a
//! warning.

use crate::config::Config;
use crate::document::{Document, Findings};
use crate::files::Kind;
use crate::options::{LoadOptions, UnknownFields};
use rsigma_parser::{FieldSpec, Modifier, SigmaString, parse_field_spec};
use std::collections::BTreeMap;
use yaml_serde::{Mapping, Value};

/// The values of each file in `lists/`, by its name without extension.
pub(crate) type Lists = BTreeMap<String, Vec<String>>;

/// What a signature file is checked against.
#[derive(Clone, Copy)]
pub(crate) struct Context<'a> {
    pub(crate) config: &'a Config,
    pub(crate) lists: &'a Lists,
    pub(crate) options: LoadOptions,
}

/// Text modifiers: with one of these, a value is a part and not the whole.
const PARTS: &[Modifier] = &[Modifier::Contains, Modifier::StartsWith, Modifier::EndsWith];

/// The walk over one signature's selections.
struct Walk<'a, 'f> {
    document: &'a Document<'a>,
    context: Context<'a>,
    found: &'f mut Findings,
    /// The keys that lead to the selection being looked at.
    path: Vec<&'a str>,
}

/// Checks every selection of a `filter` or `detection` block.
pub(crate) fn check(
    document: &Document<'_>,
    (key, block): (&'static str, &Mapping),
    context: Context<'_>,
    found: &mut Findings,
) {
    for (name, selection) in block {
        let Some(name) = name.as_str() else {
            document.refuse(
                found,
                &[key],
                "a selection's name is not a text",
                "quote it",
            );
            continue;
        };
        match name {
            "condition" => continue,
            "rules" if document.kind == Kind::Filter => continue,
            "timeframe" => {
                let remedy = "remove it: each alert is judged by itself";
                document.refuse(
                    found,
                    &[key, name],
                    "`timeframe` has no meaning here",
                    remedy,
                );
                continue;
            }
            _ => {}
        }
        if name.starts_with('_') {
            let remedy = "begin the name with a letter";
            document.refuse(
                found,
                &[key, name],
                format!("the name `{name}` is reserved"),
                remedy,
            );
        }
        let path = vec![key, name];
        Walk {
            document,
            context,
            found,
            path,
        }
        .selection(selection);
    }
}

impl<'a> Walk<'a, '_> {
    fn refuse(&mut self, what: impl Into<String>, remedy: impl Into<String>) {
        self.document.refuse(self.found, &self.path, what, remedy);
    }

    fn warn(&mut self, what: impl Into<String>, remedy: impl Into<String>) {
        self.document.warn(self.found, &self.path, what, remedy);
    }

    fn selection(&mut self, selection: &'a Value) {
        match selection {
            Value::Mapping(fields) if !fields.is_empty() => self.fields(fields),
            Value::Sequence(parts) if !parts.is_empty() => {
                for part in parts {
                    match part {
                        Value::Mapping(fields) if !fields.is_empty() => self.fields(fields),
                        _ => self.keyword(part),
                    }
                }
            }
            Value::String(_) | Value::Number(_) => self.keyword(selection),
            _ => self.refuse(
                "this selection is empty",
                "name at least one field; an empty one matches everything",
            ),
        }
    }

    fn keyword(&mut self, value: &Value) {
        const WHAT: &str = "a value without a field matches anywhere in the alert";
        const REMEDY: &str = "name the field";
        if self.document.kind == Kind::Filter
            || !matches!(value, Value::String(text) if !text.is_empty())
        {
            self.refuse(WHAT, REMEDY);
        } else {
            self.warn(WHAT, REMEDY);
        }
    }

    fn fields(&mut self, fields: &'a Mapping) {
        for (key, value) in fields {
            let Some(key) = key.as_str() else {
                self.refuse("a field's name is not a text", "quote it");
                continue;
            };
            self.path.push(key);
            self.field(key, value);
            self.path.pop();
        }
    }

    fn field(&mut self, key: &str, value: &Value) {
        let spec = match parse_field_spec(key) {
            Ok(spec) => spec,
            Err(error) => return self.refuse(error.to_string(), "use the modifiers of Sigma 2"),
        };
        match &spec.name {
            Some(name) => self.known(name),
            None => return self.keyword(value),
        }
        if spec.has_modifier(Modifier::Neq) {
            let what = "`neq` does not match an alert that lacks the field";
            self.warn(what, "if it should, write `not` in the condition instead");
        }
        match value {
            Value::Sequence(values) if values.is_empty() => {
                self.refuse(
                    format!("`{key}` has no value"),
                    "write one, or remove the field",
                );
            }
            Value::Sequence(values) => values.iter().for_each(|value| self.value(&spec, value)),
            value => self.value(&spec, value),
        }
    }

    fn known(&mut self, field: &str) {
        let profile = self.context.config.profile;
        if self.context.options.unknown_fields == UnknownFields::Allow || profile.knows(field) {
            return;
        }
        let remedy = match profile.nearest(field) {
            Some(near) => format!("did you mean `{near}`?"),
            None => "use the field names of the alerts, or allow unknown fields".to_owned(),
        };
        self.refuse(
            format!("no alert of this profile has the field `{field}`"),
            remedy,
        );
    }

    fn value(&mut self, spec: &FieldSpec, value: &Value) {
        match value {
            Value::String(text) => self.text(spec, text),
            Value::Number(_) | Value::Bool(_) => {}
            Value::Null => {
                let what = "an empty value matches an alert that lacks the field";
                self.warn(what, "write `|exists: false` if that is meant");
            }
            _ => self.refuse("a value is a list or a mapping", "write plain values only"),
        }
    }

    fn text(&mut self, spec: &FieldSpec, text: &str) {
        let has = |modifier| spec.has_modifier(modifier);
        if has(Modifier::Expand) {
            return self.placeholder(text);
        }
        if has(Modifier::FieldRef) {
            return self.known(text);
        }
        let is_part = PARTS.iter().any(|part| has(*part));
        if text.is_empty() && (is_part || has(Modifier::Re)) {
            return self.refuse(
                "an empty text is part of every text",
                "write what to look for",
            );
        }
        if has(Modifier::Re) || has(Modifier::Cidr) {
            return;
        }
        if has_literal_wildcard(text) {
            let what =
                format!("in `{text}` the backslash makes a literal of the wildcard behind it");
            self.warn(
                what,
                "for a path, write two backslashes before `*`, or use `|startswith`",
            );
        }
        if !is_part && SigmaString::new(text).contains_wildcards() {
            let what = format!("`*` and `?` in `{text}` are wildcards");
            self.warn(
                what,
                "say so with `|contains`, `|startswith` or `|endswith`, or put a backslash before",
            );
        }
        let config = self.context.config;
        if spec.name.as_deref() == Some(config.profile.agent())
            && let Some(name) = config.agents.get(&text.to_lowercase())
        {
            let what = format!("`{text}` is an alias: a signature sees the agent as `{name}`");
            self.refuse(what, format!("write `{name}`"));
        }
    }

    fn placeholder(&mut self, text: &str) {
        let known = list_named(text).is_some_and(|name| self.context.lists.contains_key(name));
        if !known {
            let what = format!("there is no list for `{text}`");
            self.refuse(
                what,
                "write `%name%` and put the values into lists/name.txt",
            );
        }
    }
}

/// The list that a placeholder such as `%scanners%` names.
pub(crate) fn list_named(text: &str) -> Option<&str> {
    text.strip_prefix('%')?.strip_suffix('%')
}

/// Whether an odd number of backslashes stands before a `*` or `?`: then it is no wildcard.
fn has_literal_wildcard(text: &str) -> bool {
    let mut is_escaped = false;
    for c in text.chars() {
        match c {
            '*' | '?' if is_escaped => return true,
            '\\' => is_escaped = !is_escaped,
            _ => is_escaped = false,
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_odd_number_of_backslashes_makes_a_literal() {
        assert!(has_literal_wildcard(r"C:\Temp\*"));
        assert!(!has_literal_wildcard(r"C:\Temp\\*"));
        assert!(!has_literal_wildcard(r"C:\Temp*"));
        assert!(has_literal_wildcard(r"a\\\?"));
    }
}
