//! A document as it is judged: the tree of its JSON, whose texts stay where they are.
//!
//! A library's own tree copies every key and every text, and sorts the keys: half of the cost of judging an alert, of which
//! signatures read a dozen fields. This one borrows them from the alert's bytes.

use rsigma_eval::EventValue;
use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Number, Value};
use std::borrow::Cow;
use std::fmt;

/// A JSON value. Of a key that an object has twice, the last one counts, as in the library's own tree.
#[derive(Debug)]
pub(crate) enum Node<'a> {
    Null,
    Bool(bool),
    Number(Number),
    Text(Cow<'a, str>),
    Array(Vec<Node<'a>>),
    Object(Vec<(Cow<'a, str>, Node<'a>)>),
}

impl<'a> Node<'a> {
    /// The same tree as a library's.
    pub(crate) fn of(value: &'a Value) -> Self {
        match value {
            Value::Null => Node::Null,
            Value::Bool(truth) => Node::Bool(*truth),
            Value::Number(number) => Node::Number(number.clone()),
            Value::String(text) => Node::Text(Cow::Borrowed(text)),
            Value::Array(items) => Node::Array(items.iter().map(Node::of).collect()),
            Value::Object(map) => {
                let members = map.iter();
                let members =
                    members.map(|(key, value)| (Cow::Borrowed(key.as_str()), Node::of(value)));
                Node::Object(members.collect())
            }
        }
    }

    /// The member of an object; `None` if it has none of that name, or this is no object.
    pub(crate) fn get(&self, key: &str) -> Option<&Node<'a>> {
        let Node::Object(members) = self else {
            return None;
        };
        let mut from_last = members.iter().rev();
        let found = from_last.find(|(name, _)| name == key);
        found.map(|(_, value)| value)
    }

    /// The members of an object, those of a repeated key too.
    pub(crate) fn members(&self) -> Option<&[(Cow<'a, str>, Node<'a>)]> {
        match self {
            Node::Object(members) => Some(members),
            _ => None,
        }
    }

    /// What a matcher sees of it.
    pub(crate) fn event_value(&self) -> EventValue<'_> {
        match self {
            Node::Null => EventValue::Null,
            Node::Bool(truth) => EventValue::Bool(*truth),
            Node::Number(number) => match number.as_i64() {
                Some(integer) => EventValue::Int(integer),
                None => EventValue::Float(number.as_f64().unwrap_or(f64::NAN)),
            },
            Node::Text(text) => EventValue::Str(Cow::Borrowed(text)),
            Node::Array(items) => EventValue::Array(items.iter().map(Node::event_value).collect()),
            Node::Object(members) => {
                let members = members.iter().map(|(key, value)| (key.as_ref(), value));
                // In the order of the library's tree, each key once.
                let sorted: std::collections::BTreeMap<&str, &Node<'_>> = members.collect();
                let sorted = sorted.into_iter();
                EventValue::Map(
                    sorted
                        .map(|(key, value)| (Cow::Borrowed(key), value.event_value()))
                        .collect(),
                )
            }
        }
    }

    /// The library's own tree.
    pub(crate) fn value(&self) -> Value {
        match self {
            Node::Null => Value::Null,
            Node::Bool(truth) => Value::Bool(*truth),
            Node::Number(number) => Value::Number(number.clone()),
            Node::Text(text) => Value::String(text.clone().into_owned()),
            Node::Array(items) => Value::Array(items.iter().map(Node::value).collect()),
            Node::Object(members) => {
                let members = members.iter();
                let owned = members.map(|(key, value)| (key.clone().into_owned(), value.value()));
                Value::Object(owned.collect::<Map<_, _>>())
            }
        }
    }
}

impl<'de> Deserialize<'de> for Node<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(NodeVisitor)
    }
}

/// A key, borrowed unless it is escaped.
struct Key<'a>(Cow<'a, str>);

impl<'de> Deserialize<'de> for Key<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_str(KeyVisitor)
    }
}

struct KeyVisitor;

impl<'de> Visitor<'de> for KeyVisitor {
    type Value = Key<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a key")
    }

    fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Self::Value, E> {
        Ok(Key(Cow::Borrowed(text)))
    }

    fn visit_str<E>(self, text: &str) -> Result<Self::Value, E> {
        Ok(Key(Cow::Owned(text.to_owned())))
    }
}

struct NodeVisitor;

impl<'de> Visitor<'de> for NodeVisitor {
    type Value = Node<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("any valid JSON value")
    }

    fn visit_unit<E>(self) -> Result<Self::Value, E> {
        Ok(Node::Null)
    }

    fn visit_bool<E>(self, truth: bool) -> Result<Self::Value, E> {
        Ok(Node::Bool(truth))
    }

    fn visit_i64<E>(self, number: i64) -> Result<Self::Value, E> {
        Ok(Node::Number(number.into()))
    }

    fn visit_u64<E>(self, number: u64) -> Result<Self::Value, E> {
        Ok(Node::Number(number.into()))
    }

    fn visit_f64<E>(self, number: f64) -> Result<Self::Value, E> {
        Ok(Number::from_f64(number).map_or(Node::Null, Node::Number))
    }

    fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Self::Value, E> {
        Ok(Node::Text(Cow::Borrowed(text)))
    }

    fn visit_str<E>(self, text: &str) -> Result<Self::Value, E> {
        Ok(Node::Text(Cow::Owned(text.to_owned())))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Self::Value, A::Error> {
        let mut array = Vec::new();
        while let Some(item) = items.next_element()? {
            array.push(item);
        }
        Ok(Node::Array(array))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Self::Value, A::Error> {
        // Most objects of an alert have that many members.
        let mut object = Vec::with_capacity(8);
        while let Some((Key(key), value)) = members.next_entry()? {
            object.push((key, value));
        }
        Ok(Node::Object(object))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(json: &str) {
        let value: Value = serde_json::from_str(json).unwrap();
        let node: Node<'_> = serde_json::from_str(json).unwrap();
        assert_eq!(node.value(), value, "{json}");
        assert_eq!(Node::of(&value).value(), value, "{json}");
        assert_eq!(node.event_value(), EventValue::from(&value), "{json}");
    }

    #[test]
    fn a_document_is_seen_as_the_librarys_own_tree_is() {
        check(r#"{"a":{"b":[1,-2,3.5,1e3,18446744073709551615,null,true,"x"]},"c":""}"#);
        check(r#"{"z":1,"a":2,"m":{"y":[],"b":{}}}"#);
        check(r#""a\n\u00e9\"" "#);
        check("[[[]]]");
        check("-0");
    }

    #[test]
    fn of_a_key_that_comes_twice_the_last_one_counts() {
        check(r#"{"a":1,"b":{"c":1,"c":{"d":2}},"a":{"x":[1]}}"#);
        let node: Node<'_> = serde_json::from_str(r#"{"a":1,"\u0061":2}"#).unwrap();
        let found = node.get("a").map(Node::event_value);
        assert_eq!(found, Some(EventValue::Int(2)));
        assert!(node.get("b").is_none() && Node::Null.get("a").is_none());
    }

    #[test]
    fn what_the_library_refuses_is_refused() {
        let deep = format!("{}{}", "[".repeat(200), "]".repeat(200));
        for bad in [
            "",
            "{",
            "{\"a\":1",
            "1 2",
            "1e999",
            "\"\\ud800\"",
            deep.as_str(),
        ] {
            let theirs = serde_json::from_str::<Value>(bad).unwrap_err();
            let ours = serde_json::from_str::<Node<'_>>(bad).unwrap_err();
            assert_eq!(ours.to_string(), theirs.to_string(), "{bad}");
        }
    }
}
