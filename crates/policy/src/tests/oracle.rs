//! The differential oracle: a plain matcher that shares no code with the engine, asked about the same signatures.
//!
//! It knows a part of Sigma only, but that part as the specification states it: letter case does not count, a list is "one
//! of them", a number is its digits, an array matches if a member does, and nothing matches a missing field.

use super::FILTER;
use crate::document_tree::Node;
use crate::event::AlertEvent;
use crate::load::compile_files;
use crate::{Files, LoadOptions, POLICY_TOML, Policy, starter};
use proptest::prelude::*;
use proptest::sample::select;
use serde_json::{Map, Value, json};

const FIELDS: [&str; 3] = ["data.x", "data.deep.y", "syscheck.path"];
const SERVICES: [(&str, &str); 2] = [("syscheck", "syscheck"), ("sysmon", "sysmon_event1")];
const WORDS: [&str; 8] = ["a", "b", "ab", "Ba", "aBa", "1", "12", "c"];

#[derive(Clone, Copy, Debug)]
enum Op {
    Is,
    Contains,
    StartsWith,
    EndsWith,
    ContainsAll,
    Exists,
}

#[derive(Clone, Debug)]
struct Item {
    field: &'static str,
    op: Op,
    words: Vec<&'static str>,
}

/// How the condition joins the selections, behind its `not`.
#[derive(Clone, Copy, Debug)]
enum Join {
    OneOfThem,
    AllOfThem,
    OneOfPattern,
    AllOfPattern,
    FirstWithoutLast,
}

#[derive(Clone, Debug)]
struct Plain {
    /// The rules by number; none means any.
    rules: Vec<u8>,
    service: usize,
    selections: Vec<Vec<Item>>,
    join: Join,
}

impl Plain {
    fn yaml(&self, number: usize) -> String {
        let rules: Vec<String> = self.rules.iter().map(|id| format!("wazuh_{id}")).collect();
        let rules = if rules.is_empty() {
            "any".to_owned()
        } else {
            format!("[{}]", rules.join(", "))
        };
        let mut text = FILTER
            .replace("000000000001", &format!("{number:012}"))
            .replace(
                "service: syscheck",
                &format!("service: {}", SERVICES[self.service].0),
            );
        let (head, rest) = text.split_once("  rules:").unwrap();
        let (_, tail) = rest.split_once("disposition:").unwrap();
        let mut block = format!("  rules: {rules}\n");
        for (at, items) in self.selections.iter().enumerate() {
            block += &format!("  selection_{at}:\n");
            for item in items {
                let (modifier, words) = match item.op {
                    Op::Is => ("", format!("{:?}", item.words)),
                    Op::Contains => ("|contains", format!("{:?}", item.words)),
                    Op::StartsWith => ("|startswith", format!("{:?}", item.words)),
                    Op::EndsWith => ("|endswith", format!("{:?}", item.words)),
                    Op::ContainsAll => ("|contains|all", format!("{:?}", item.words)),
                    Op::Exists => ("|exists", "true".to_owned()),
                };
                block += &format!("    {}{modifier}: {words}\n", item.field);
            }
        }
        let last = self.selections.len() - 1;
        let condition = match self.join {
            Join::OneOfThem => "1 of them".to_owned(),
            Join::AllOfThem => "all of them".to_owned(),
            Join::OneOfPattern => "1 of selection_*".to_owned(),
            Join::AllOfPattern => "all of sel*".to_owned(),
            Join::FirstWithoutLast if last == 0 => "selection_0".to_owned(),
            Join::FirstWithoutLast => format!("(selection_0 and not selection_{last})"),
        };
        block += &format!("  condition: not {condition}\n");
        text = format!("{head}{block}disposition:{tail}");
        text
    }

    fn matches(&self, alert: &Value) -> bool {
        let id = texts(&alert["rule"]["id"]);
        let groups = texts(&alert["rule"]["groups"]);
        let is_rule =
            self.rules.is_empty() || self.rules.iter().any(|r| id.contains(&r.to_string()));
        let is_service = groups.iter().any(|g| g == SERVICES[self.service].1);
        let holds = |items: &Vec<Item>| items.iter().all(|item| item.matches(alert));
        let (first, last) = (
            &self.selections[0],
            &self.selections[self.selections.len() - 1],
        );
        is_rule
            && is_service
            && match self.join {
                Join::OneOfThem | Join::OneOfPattern => self.selections.iter().any(holds),
                Join::AllOfThem | Join::AllOfPattern => self.selections.iter().all(holds),
                Join::FirstWithoutLast => {
                    holds(first) && (self.selections.len() == 1 || !holds(last))
                }
            }
    }
}

impl Item {
    fn matches(&self, alert: &Value) -> bool {
        let value = self.field.split('.').fold(alert, |value, key| &value[key]);
        let found = texts(value);
        let one = |holds: fn(&str, &str) -> bool| {
            let any = |word: &str| found.iter().any(|text| holds(text, &word.to_lowercase()));
            self.words.iter().any(|word| any(word))
        };
        match self.op {
            Op::Is => one(|text, word| text == word),
            Op::Contains => one(|text, word| text.contains(word)),
            Op::StartsWith => one(|text, word| text.starts_with(word)),
            Op::EndsWith => one(|text, word| text.ends_with(word)),
            // `all` joins the values by "and", each as if it stood alone: two members of an array may share the work.
            Op::ContainsAll => self.words.iter().all(|word| {
                let word = word.to_lowercase();
                found.iter().any(|text| text.contains(&word))
            }),
            Op::Exists => !value.is_null(),
        }
    }
}

/// The texts that a value holds, in lower case.
fn texts(value: &Value) -> Vec<String> {
    match value {
        Value::String(text) => vec![text.to_lowercase()],
        Value::Number(number) => vec![number.to_string()],
        Value::Array(members) => members.iter().flat_map(texts).collect(),
        _ => Vec::new(),
    }
}

fn words() -> impl Strategy<Value = Vec<&'static str>> {
    prop::collection::vec(select(&WORDS[..]), 1..3)
}

fn item() -> impl Strategy<Value = Item> {
    let ops = [
        Op::Is,
        Op::Contains,
        Op::StartsWith,
        Op::EndsWith,
        Op::ContainsAll,
        Op::Exists,
    ];
    let parts = (select(&FIELDS[..]), select(ops.to_vec()), words());
    parts.prop_map(|(field, op, mut words)| {
        // The engine refuses `all` of a single value.
        if let (Op::ContainsAll, [only]) = (op, words.as_slice()) {
            words = vec!["a", only];
        }
        Item { field, op, words }
    })
}

/// Items of one selection, each of another field: YAML has each key once.
fn selection() -> impl Strategy<Value = Vec<Item>> {
    prop::collection::vec(item(), 1..3).prop_map(|mut items| {
        items.sort_by_key(|item| item.field);
        items.dedup_by_key(|item| item.field);
        items
    })
}

fn plain() -> impl Strategy<Value = Plain> {
    let joins = [
        Join::OneOfThem,
        Join::AllOfThem,
        Join::OneOfPattern,
        Join::AllOfPattern,
        Join::FirstWithoutLast,
    ];
    let rules = prop::collection::vec(1..4_u8, 0..3);
    let selections = prop::collection::vec(selection(), 1..4);
    (rules, 0..SERVICES.len(), selections, select(joins.to_vec())).prop_map(
        |(rules, service, selections, join)| Plain {
            rules,
            service,
            selections,
            join,
        },
    )
}

fn value() -> impl Strategy<Value = Option<Value>> {
    prop_oneof![
        2 => Just(None),
        4 => select(&WORDS[..]).prop_map(|word| Some(json!(word))),
        1 => (1..13_u8).prop_map(|number| Some(json!(number))),
        2 => words().prop_map(|words| Some(json!(words))),
        1 => Just(Some(json!([]))),
    ]
}

fn alert() -> impl Strategy<Value = Value> {
    let id = prop_oneof![
        (1..5_u8).prop_map(|id| json!(id)),
        (1..5_u8).prop_map(|id| json!(id.to_string())),
        Just(json!(["1", "2"])),
        Just(Value::Null),
    ];
    let groups = prop::collection::vec(select(vec!["syscheck", "sysmon_event1", "ossec"]), 0..3);
    (id, groups, value(), value(), value()).prop_map(|(id, groups, x, y, path)| {
        let mut deep = Map::new();
        deep.extend(y.map(|y| ("y".to_owned(), y)));
        let mut data = Map::new();
        data.extend(x.map(|x| ("x".to_owned(), x)));
        data.insert("deep".to_owned(), Value::Object(deep));
        let mut syscheck = Map::new();
        syscheck.extend(path.map(|path| ("path".to_owned(), path)));
        json!({"rule": {"id": id, "groups": groups}, "data": data, "syscheck": syscheck})
    })
}

fn compiled(signatures: &[Plain]) -> Policy {
    let mut files = Files::new();
    files.insert(POLICY_TOML, starter().get(POLICY_TOML).unwrap());
    for (number, plain) in signatures.iter().enumerate() {
        files.insert(
            format!("filters/mf_signature_{number:03}.yml"),
            plain.yaml(number),
        );
    }
    compile_files(&files, LoadOptions::default()).unwrap_or_else(|error| panic!("{error}"))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_engine_and_the_plain_matcher_agree(
        signatures in prop::collection::vec(plain(), 1..12),
        alerts in prop::collection::vec(alert(), 1..12),
    ) {
        let policy = compiled(&signatures);
        for alert in &alerts {
            let document = Node::of(alert);
            let event = AlertEvent::of(&document, &policy.config).unwrap();
            let engine = policy.engine.matches(&event);
            let plain: Vec<usize> = (0..signatures.len()).filter(|n| signatures[*n].matches(alert)).collect();
            prop_assert_eq!(engine, plain, "{}", alert);
        }
    }
}

#[test]
fn the_generated_signatures_do_match() {
    use proptest::strategy::ValueTree;
    use proptest::test_runner::TestRunner;
    let mut runner = TestRunner::deterministic();
    let mut hits = 0;
    for _ in 0..300 {
        let plain = plain().new_tree(&mut runner).unwrap().current();
        let alert = alert().new_tree(&mut runner).unwrap().current();
        hits += usize::from(plain.matches(&alert));
    }
    assert!(
        10 < hits,
        "{hits} of 300 match: the comparison above would compare nothing"
    );
}
