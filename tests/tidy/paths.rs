//! The paths of a Rust file that lead through its crate: `crate::a::b`, `super::c`, in `use` and in code.

/// What a file says: the paths in it, each from the crate's root on.
///
/// `home` is the file's own module path. What an inline module `tests` says is left out: a test may use whatever it needs.
/// A path ends with the name of what it leads to, whatever `as` calls that.
pub fn paths(text: &str, home: &[&str]) -> Vec<Vec<String>> {
    let tokens = tokens(text);
    let mut found = Vec::new();
    let (mut inline, mut depth) = (Vec::<(usize, &str)>::new(), 0_usize);
    for (at, token) in tokens.iter().enumerate() {
        match *token {
            "{" => {
                depth += 1;
                if 1 < at && tokens[at - 2] == "mod" {
                    inline.push((depth, tokens[at - 1]));
                }
            }
            "}" => {
                inline.pop_if(|(opened, _)| *opened == depth);
                depth = depth.saturating_sub(1);
            }
            "crate" | "super" => {
                let goes_on = 1 < at && tokens[at - 1] == "::" && tokens[at - 2] == "super";
                let is_test = inline.iter().any(|(_, name)| *name == "tests");
                if goes_on || is_test {
                    continue;
                }
                let mut here: Vec<&str> = home.to_vec();
                here.extend(inline.iter().map(|(_, name)| *name));
                let mut at = at;
                if *token == "crate" {
                    here.clear();
                    at += 1;
                }
                while tokens.get(at) == Some(&"super") {
                    here.pop();
                    at += if tokens.get(at + 2) == Some(&"super") {
                        2
                    } else {
                        1
                    };
                }
                if tokens.get(at) == Some(&"::") {
                    let here = here.iter().map(|name| (*name).to_owned()).collect();
                    tree(&tokens, &mut (at + 1), here, &mut |path, _| {
                        found.push(path)
                    });
                }
            }
            _ => {}
        }
    }
    found
}

/// The names that a crate's root takes from its modules, as pairs of the name and the path that it stands for.
pub fn renamed(root: &str) -> Vec<(String, Vec<String>)> {
    let tokens = tokens(root);
    let mut found = Vec::new();
    for (at, token) in tokens.iter().enumerate() {
        if *token == "use" {
            let starts_at_root = tokens.get(at + 1) == Some(&"crate");
            let mut first = if starts_at_root { at + 3 } else { at + 1 };
            tree(&tokens, &mut first, Vec::new(), &mut |path, name| {
                found.push((name, path));
            });
        }
    }
    found
}

/// Follows a path, and every branch of it, from the token at `at`. Hands over each with the name that it gets.
fn tree(
    tokens: &[&str],
    at: &mut usize,
    mut path: Vec<String>,
    each: &mut impl FnMut(Vec<String>, String),
) {
    loop {
        match tokens.get(*at) {
            Some(&"{") => {
                *at += 1;
                while !matches!(tokens.get(*at), None | Some(&"}")) {
                    let before = *at;
                    tree(tokens, at, path.clone(), each);
                    // A comma, or something that no path has.
                    if tokens.get(*at) == Some(&",") || *at == before {
                        *at += 1;
                    }
                }
                *at += 1;
                return;
            }
            Some(&name) if name == "*" || is_name(name) => {
                path.push(name.to_owned());
                *at += 1;
            }
            // The `<` of a call with types, for one.
            _ => break,
        }
        if tokens.get(*at) != Some(&"::") {
            break;
        }
        *at += 1;
    }
    let mut name = path.last().cloned().unwrap_or_default();
    if let (Some(&"as"), Some(other)) = (tokens.get(*at), tokens.get(*at + 1)) {
        name = (*other).to_owned();
        *at += 2;
    }
    each(path, name);
}

fn is_name(token: &str) -> bool {
    token.starts_with(|c: char| c.is_alphabetic() || c == '_')
}

/// Names, `::`, and every other sign by itself; without comments, texts and characters.
fn tokens(text: &str) -> Vec<&str> {
    let mut found = Vec::new();
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let name = rest.find(|c: char| !c.is_alphanumeric() && c != '_');
        let name = &rest[..name.unwrap_or(rest.len())];
        let length = match first {
            _ if rest.starts_with("//") => rest.find('\n').unwrap_or(rest.len()),
            _ if rest.starts_with("/*") => comment(rest),
            _ if rest.starts_with("::") => 2,
            '"' => string(rest),
            '\'' => character(rest),
            _ if matches!(name, "r" | "br" | "cr") && raw(&rest[name.len()..]).is_some() => {
                name.len() + raw(&rest[name.len()..]).unwrap_or_default()
            }
            _ => name.len().max(first.len_utf8()),
        };
        let token = &rest[..length];
        let is_word = is_name(first.encode_utf8(&mut [0; 4])) && token == name;
        let is_sign = length == first.len_utf8() && !first.is_whitespace();
        if token == "::" || is_word || is_sign {
            found.push(token);
        }
        rest = &rest[length..];
    }
    found
}

/// The length of the block comment that `text` begins with. They nest.
fn comment(text: &str) -> usize {
    let (mut depth, mut at) = (0, 0);
    loop {
        let rest = &text[at..];
        if rest.starts_with("/*") {
            depth += 1;
            at += 2;
        } else if rest.starts_with("*/") {
            depth -= 1;
            at += 2;
        } else {
            at += rest.chars().next().map_or(0, char::len_utf8);
        }
        if depth == 0 || at == text.len() {
            return at;
        }
    }
}

/// The length of the text in double quotes that `text` begins with.
fn string(text: &str) -> usize {
    let mut is_escaped = false;
    for (at, c) in text.char_indices().skip(1) {
        match c {
            '"' if !is_escaped => return at + 1,
            '\\' => is_escaped = !is_escaped,
            _ => is_escaped = false,
        }
    }
    text.len()
}

/// The length of `#"…"#`, with as many signs as it has; `None` if `text` does not begin with one.
fn raw(text: &str) -> Option<usize> {
    let signs = text.find(|c| c != '#')?;
    let body = text[signs..].strip_prefix('"')?;
    let end = format!("\"{}", &text[..signs]);
    let length = body.find(&end).map_or(body.len(), |at| at + end.len());
    Some(signs + 1 + length)
}

/// The length of the character that `text` begins with; 1 if it is the quote of a lifetime.
fn character(text: &str) -> usize {
    let mut chars = text.char_indices().skip(1);
    match chars.next() {
        Some((_, '\\')) => {
            let end = text[3..].find('\'');
            end.map_or(text.len(), |at| 3 + at + 1)
        }
        Some(_) => match chars.next() {
            Some((at, '\'')) => at + 1,
            _ => 1,
        },
        None => 1,
    }
}

#[test]
fn a_path_is_found_wherever_it_stands() {
    let found = |text: &str| {
        let found = paths(text, &["room", "file"]);
        let found: Vec<String> = found.iter().map(|path| path.join("::")).collect();
        found.join(" ")
    };
    for (text, expect) in [
        ("use crate::a::B;", "a::B"),
        ("pub use crate::a::B as C;", "a::B"),
        (
            "use crate::{a, b::{self, C},\n    d::*};",
            "a b::self b::C d::*",
        ),
        ("let x = crate::a::f::<u8>(crate::B);", "a::f B"),
        ("pub(crate) fn f() {}", ""),
        ("pub(in crate::a) fn f() {}", "a"),
        ("use super::C;", "room::C"),
        ("use super::super::a::C;", "a::C"),
        (
            "mod inner { use super::super::C; use super::D; }",
            "room::C room::file::D",
        ),
        ("mod inner {}\nuse super::C;", "room::C"),
        ("mod tests { use crate::a; }\nuse crate::b;", "b"),
        (
            "// use crate::a;\n/* crate::b /* */ crate::c */ use crate::d;",
            "d",
        ),
        ("f(\"crate::a \\\" crate::b\"); crate::c();", "c"),
        (
            "f(r#\"crate::a \" crate::b\"#, 'x', '\\'', '\"'); crate::c();",
            "c",
        ),
        ("fn f<'a>(x: &'a crate::B<'a>) {}", "B"),
    ] {
        assert_eq!(found(text), expect, "{text}");
    }
}

#[test]
fn a_name_of_the_root_is_known_by_the_path_that_it_stands_for() {
    let root = "pub use a::{B, C as D};\nuse crate::e::F;\npub use g::all as h;\n";
    let found: Vec<String> = renamed(root)
        .into_iter()
        .map(|(name, path)| format!("{name}={}", path.join("::")))
        .collect();
    assert_eq!(found, ["B=a::B", "D=a::C", "F=e::F", "h=g::all"]);
}
