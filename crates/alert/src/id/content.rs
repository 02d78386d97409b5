//! Which texts have one content, and which do not.

use crate::AlertId;
use proptest::prelude::*;

fn id(json: &str) -> AlertId {
    AlertId::of_content(json.as_bytes()).unwrap_or_else(|| panic!("no content: {json}"))
}

#[track_caller]
fn check_same(texts: &[&str]) {
    for text in texts {
        assert_eq!(id(texts[0]), id(text), "{} and {text}", texts[0]);
    }
}

#[track_caller]
fn check_apart(texts: &[&str]) {
    for (at, one) in texts.iter().enumerate() {
        for other in &texts[at + 1..] {
            assert_ne!(id(one), id(other), "{one} and {other}");
        }
    }
}

#[test]
fn space_order_and_escapes_mean_nothing() {
    check_same(&[
        r#"{"a":1,"b":{"c":[true,"x/y"],"d":null}}"#,
        "\n{ \"b\" : {\t\"d\":null , \"c\" : [ true ,\r\"x\\/y\" ] }, \"a\" : 1 }\n",
        r#"{"\u0061":1,"\u0062":{"c":[true,"\u0078\u002Fy"],"d":null}}"#,
    ]);
    check_same(&[r#"{"a":"😀é\n"}"#, r#"{"a":"\uD83D\uDE00\u00e9\u000a"}"#]);
}

#[test]
fn a_hit_has_the_content_of_its_source() {
    check_same(&[
        r#"{"timestamp":"t","id":"1.2"}"#,
        r#"{"_index":"i","_id":"a","_score":null,"_source":{"timestamp":"t","id":"1.2"},"sort":[5,"a"]}"#,
        r#"{"_source":{"id":"1.2","timestamp":"t"},"_id":"b","_index":"i-reindexed"}"#,
    ]);
}

#[test]
fn whatever_stands_beside_a_source_and_is_no_envelope_belongs_to_the_content() {
    check_apart(&[
        r#"{"a":1}"#,
        r#"{"_source":{"a":1},"x":1}"#,
        r#"{"_source":{"a":1},"x":2}"#,
        r#"{"_source":{"a":1},"_source":{"a":1}}"#,
        r#"{"_source":{"a":1},"_id":"a","_id":"b"}"#,
        r#"{"_source":"a","_id":"a"}"#,
        r#"{"_source":"a","_id":"b"}"#,
        r#"{"x":{"_source":{"a":1}}}"#,
    ]);
}

#[test]
fn numbers_are_their_text() {
    check_apart(&[
        r#"{"a":1.1}"#,
        r#"{"a":1.10}"#,
        r#"{"a":9007199254740992}"#,
        r#"{"a":9007199254740993}"#,
        r#"{"a":18446744073709551616}"#,
        r#"{"a":18446744073709551617}"#,
        r#"{"a":1e400}"#,
        r#"{"a":1e401}"#,
        r#"{"a":0}"#,
        r#"{"a":-0}"#,
        r#"{"a":"0"}"#,
    ]);
}

#[test]
fn types_and_neighbours_do_not_run_together() {
    check_apart(&[
        r"{}",
        r#"{"a":null}"#,
        r#"{"a":"null"}"#,
        r#"{"a":true}"#,
        r#"{"a":[]}"#,
        r#"{"a":{}}"#,
        r#"{"a":[[]]}"#,
        r#"{"a":["b","c"]}"#,
        r#"{"a":["bc"]}"#,
        r#"{"a":["c","b"]}"#,
        r#"{"a":["b"],"c":[]}"#,
        r#"{"a":{"b":"c"}}"#,
        r#"{"a":{"b":1},"c":2}"#,
        r#"{"a":{"b":1,"c":2}}"#,
        r#"{"a":"b\",\"c"}"#,
        r#"{"a":[12]}"#,
        r#"{"a":[1,2]}"#,
        r#"{"a":[[1],2]}"#,
        r#"{"a":[[1,2]]}"#,
        r#"{"a":["b\"\u0000\u0000\u0000\u0000c"]}"#,
    ]);
}

#[test]
fn members_with_one_key_are_all_kept_in_their_order() {
    check_apart(&[
        r#"{"a":1}"#,
        r#"{"a":1,"a":1}"#,
        r#"{"a":1,"a":2}"#,
        r#"{"a":2,"a":1}"#,
    ]);
    check_same(&[r#"{"a":1,"b":0,"a":2}"#, r#"{"b":0,"\u0061":1,"a":2}"#]);
}

#[test]
fn halves_of_a_surrogate_pair_are_told_apart() {
    check_apart(&[
        r#"{"a":"\ud83d"}"#,
        r#"{"a":"\ud83e"}"#,
        r#"{"a":"\ude00"}"#,
        r#"{"a":"\ude00\ud83d"}"#,
        r#"{"a":"\ud83d\ude00"}"#,
        r#"{"a":"\ud83d\ud83d\ude00"}"#,
        r#"{"a":"\ud83dx"}"#,
        r#"{"a":"\ud83d\n"}"#,
        r#"{"a":"\ufffd"}"#,
    ]);
}

#[test]
fn what_is_no_object_has_no_content() {
    for text in [
        "",
        " ",
        "1",
        "[]",
        "[{}]",
        "\"a\"",
        "null",
        "{",
        "{}{}",
        "{} x",
        "{\"a\"}",
        "{\"a\":}",
        "{\"a\":1,}",
        "{,}",
        "{a:1}",
        "{\"a\":01}",
        "{\"a\":1.}",
        "{\"a\":.5}",
        "{\"a\":+1}",
        "{\"a\":-}",
        "{\"a\":1e}",
        "{\"a\":[1,]}",
        "{\"a\":nul}",
        "{\"a\":\"\\x\"}",
        "{\"a\":\"\\u12g4\"}",
        "{\"a\":\"\\u12",
        "{\"a\":\"\n\"}",
        "{\"a\":\"",
        "{\"a\":\"\\",
        "\u{feff}{}",
    ] {
        assert_eq!(AlertId::of_content(text.as_bytes()), None, "{text}");
    }
    assert_eq!(AlertId::of_content(b"{\"a\":\"\xed\xa0\xbd\"}"), None);
}

#[test]
fn nesting_has_a_limit_and_no_depth_overflows_the_stack() {
    // The outermost object is one level.
    let nested = |depth: usize, open: &str, close: &str| {
        let levels = (depth - 1) / close.len();
        format!("{{\"a\":{}1{}}}", open.repeat(levels), close.repeat(levels))
    };
    for (open, close) in [("{\"a\":", "}"), ("[", "]"), ("[{\"a\":", "}]")] {
        let text = nested(127, open, close);
        assert!(AlertId::of_content(text.as_bytes()).is_some(), "{open}");
        for depth in [131, 100_000] {
            let text = nested(depth, open, close);
            assert_eq!(AlertId::of_content(text.as_bytes()), None, "{open}");
        }
    }
}

/// A JSON value whose numbers are texts and whose members may repeat.
#[derive(Clone, PartialEq, Debug)]
enum Tree {
    Word(&'static str),
    Number(String),
    Text(String),
    List(Vec<Tree>),
    Object(Vec<(String, Tree)>),
}

fn number() -> impl Strategy<Value = String> {
    prop_oneof![
        any::<i64>().prop_map(|n| n.to_string()),
        any::<u128>().prop_map(|n| n.to_string()),
        (any::<i32>(), any::<u32>()).prop_map(|(a, b)| format!("{a}.{b}")),
        (any::<i8>(), any::<i8>()).prop_map(|(a, b)| format!("{a}e{b}")),
    ]
}

fn key() -> impl Strategy<Value = String> {
    prop_oneof!["[a-c]{0,2}", any::<String>()]
}

fn tree() -> impl Strategy<Value = Tree> {
    let leaf = prop_oneof![
        prop::sample::select(vec!["true", "false", "null"]).prop_map(Tree::Word),
        number().prop_map(Tree::Number),
        key().prop_map(Tree::Text),
    ];
    leaf.prop_recursive(5, 48, 6, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..6).prop_map(Tree::List),
            prop::collection::vec((key(), inner), 0..6).prop_map(Tree::Object),
        ]
    })
}

fn object() -> impl Strategy<Value = Tree> {
    prop::collection::vec((key(), tree()), 1..6).prop_map(Tree::Object)
}

impl Tree {
    /// Equal for trees that say the same.
    fn in_order(self) -> Tree {
        match self {
            Tree::List(all) => Tree::List(all.into_iter().map(Tree::in_order).collect()),
            Tree::Object(all) => {
                let mut all: Vec<_> = all.into_iter().map(|(k, v)| (k, v.in_order())).collect();
                all.sort_by(|a, b| a.0.cmp(&b.0));
                Tree::Object(all)
            }
            leaf => leaf,
        }
    }

    /// Writes the tree in one of its many ways, as `choices` say.
    fn write(&self, choices: &mut Choices<'_>, to: &mut String) {
        choices.space(to);
        match self {
            Tree::Word(word) => to.push_str(word),
            Tree::Number(number) => to.push_str(number),
            Tree::Text(text) => choices.text(text, to),
            Tree::List(all) => {
                to.push('[');
                for (at, value) in all.iter().enumerate() {
                    to.push_str(if at == 0 { "" } else { "," });
                    value.write(choices, to);
                }
                to.push(']');
            }
            Tree::Object(all) => {
                to.push('{');
                for (at, (key, value)) in choices.order(all).iter().enumerate() {
                    to.push_str(if at == 0 { "" } else { "," });
                    choices.space(to);
                    choices.text(key, to);
                    choices.space(to);
                    to.push(':');
                    value.write(choices, to);
                }
                choices.space(to);
                to.push('}');
            }
        }
        choices.space(to);
    }

    /// Changes the leaf or key that `at` counts down to.
    fn change(&mut self, at: &mut u32) {
        let is_here = |at: &mut u32| {
            *at = at.wrapping_sub(1);
            *at == u32::MAX
        };
        match self {
            Tree::Word(_) | Tree::Text(_) | Tree::Number(_) if !is_here(at) => {}
            Tree::Word(word) => *word = if *word == "null" { "true" } else { "null" },
            Tree::Number(number) => number.push('1'),
            Tree::Text(text) => text.push('x'),
            Tree::List(all) if all.is_empty() && is_here(at) => all.push(Tree::Word("null")),
            Tree::List(all) => all.iter_mut().for_each(|value| value.change(at)),
            Tree::Object(all) => {
                for (key, value) in all {
                    if is_here(at) {
                        key.push('x');
                    }
                    value.change(at);
                }
            }
        }
    }
}

/// Bytes that are used up one choice after the other, and then again from the start.
struct Choices<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl Choices<'_> {
    fn next(&mut self, ways: usize) -> usize {
        self.at += 1;
        usize::from(self.bytes[self.at % self.bytes.len()]) % ways
    }

    fn space(&mut self, to: &mut String) {
        to.push_str(["", "", " ", "\n\t"][self.next(4)]);
    }

    fn text(&mut self, text: &str, to: &mut String) {
        to.push('"');
        for char in text.chars() {
            let is_escaped = char < ' ' || char == '"' || char == '\\' || self.next(3) == 0;
            if is_escaped {
                for unit in char.encode_utf16(&mut [0; 2]) {
                    to.push_str(&format!("\\u{unit:04x}"));
                }
            } else {
                to.push(char);
            }
        }
        to.push('"');
    }

    /// Members in another order, those with one key in theirs.
    fn order<'t>(&mut self, all: &'t [(String, Tree)]) -> Vec<&'t (String, Tree)> {
        let mut ordered: Vec<&(String, Tree)> = Vec::new();
        for member in all {
            let first = ordered.iter().rposition(|one| one.0 == member.0);
            let first = first.map_or(0, |at| at + 1);
            let at = first + self.next(ordered.len() + 1 - first);
            ordered.insert(at, member);
        }
        ordered
    }
}

fn written(tree: &Tree, bytes: &[u8]) -> String {
    let mut text = String::new();
    tree.write(&mut Choices { bytes, at: 0 }, &mut text);
    text
}

proptest! {
    #[test]
    fn however_it_is_written_content_keeps_its_id(
        tree in object(),
        one in prop::collection::vec(any::<u8>(), 1..64),
        other in prop::collection::vec(any::<u8>(), 1..64),
    ) {
        let (one, other) = (written(&tree, &one), written(&tree, &other));
        prop_assert_eq!(id(&one), id(&other), "{} and {}", one, other);
        let hit = format!(r#"{{"_index":"i","_id":"d","_source":{one},"sort":[1]}}"#);
        prop_assert_eq!(id(&one), id(&hit), "{}", hit);
    }

    #[test]
    fn whatever_is_changed_changes_the_id(
        tree in object(),
        at in 0_u32..60,
        bytes in prop::collection::vec(any::<u8>(), 1..64),
    ) {
        let mut changed = tree.clone();
        changed.change(&mut { at });
        let is_same = tree.clone().in_order() == changed.clone().in_order();
        let (one, other) = (written(&tree, &bytes), written(&changed, &bytes));
        prop_assert_eq!(id(&one) == id(&other), is_same, "{} and {}", one, other);
    }

    #[test]
    fn no_bytes_are_a_panic(bytes in prop::collection::vec(any::<u8>(), 0..64), text in "[{}\\[\\]\",:0-9a-u\\\\ -]{0,40}") {
        AlertId::of_alert(&bytes);
        AlertId::of_alert(text.as_bytes());
        if AlertId::of_content(text.as_bytes()).is_some() {
            let read: Result<serde::de::IgnoredAny, _> = serde_json::from_str(&text);
            prop_assert!(read.is_ok(), "{}", text);
        }
    }
}
