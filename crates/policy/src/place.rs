//! On which line of a YAML file a key stands.

/// The line, from 1, of the last key of `path` that can be found, each searched for below the one before it.
///
/// Signature files are block YAML with one key a line. In any other style this finds the nearest parent, or nothing.
pub(crate) fn line_of(text: &str, path: &[&str]) -> Option<usize> {
    let mut lines = text.lines().enumerate();
    let mut found = None;
    let mut indent_min = 0;
    'keys: for key in path {
        for (index, line) in lines.by_ref() {
            let (indent, rest) = key_part(line);
            if rest.is_empty() || rest.starts_with('#') {
                continue;
            }
            // Below the parent's block there is nothing of it left.
            if indent < indent_min {
                break 'keys;
            }
            let is_level = found.is_some() || indent == 0;
            if is_level && is_key(rest, key) {
                found = Some(index + 1);
                indent_min = indent + 1;
                continue 'keys;
            }
        }
        break;
    }
    found
}

/// How far a line's key is indented, dashes of lists included, and the line from there.
fn key_part(line: &str) -> (usize, &str) {
    let rest = line.trim_start_matches([' ', '-']);
    (line.len() - rest.len(), rest)
}

fn is_key(rest: &str, key: &str) -> bool {
    let rest = rest.trim_start_matches(['\'', '"']);
    rest.strip_prefix(key)
        .map(|rest| rest.trim_start_matches(['\'', '"']))
        .is_some_and(|rest| rest.starts_with(':'))
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "title: x\nfilter:\n  rules: [wazuh_550]\n  selection:\n    - user.name: a\n    \
                        - 'user.name|re': b\n  condition: not selection\nuser.name: c\n";

    #[track_caller]
    fn check(path: &[&str], expected: Option<usize>) {
        assert_eq!(line_of(TEXT, path), expected, "{path:?}");
    }

    #[test]
    fn a_key_is_searched_for_below_its_parent() {
        check(&["filter"], Some(2));
        check(&["filter", "condition"], Some(7));
        check(&["filter", "selection", "user.name"], Some(5));
        check(&["filter", "selection", "user.name|re"], Some(6));
        check(&["user.name"], Some(8));
    }

    #[test]
    fn what_is_missing_is_placed_at_its_parent() {
        check(&["filter", "selection", "nothing"], Some(4));
        check(&["title", "user.name"], Some(1));
        check(&["owner"], None);
    }
}
