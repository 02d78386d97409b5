//! Values that an attacker may have written, as one line of Markdown in which nothing of them acts.
//!
//! A value stands in a code span whose fence is longer than every run of backticks in it: no markup, HTML or link begins in
//! a code span. Characters that move the cursor, hide, or turn the direction of writing are written out.

use std::fmt::Write;

/// What is longer is in `alert.json`.
const BYTES_MAX: usize = 1_024;

/// `value` as a code span without line ends.
pub(super) fn code(value: &str) -> String {
    let kept = &value[..value.floor_char_boundary(BYTES_MAX)];
    let mut text = String::with_capacity(kept.len() + 2);
    for character in kept.chars() {
        match character {
            '\n' => text.push_str("\\n"),
            '\r' => text.push_str("\\r"),
            '\t' => text.push_str("\\t"),
            _ if is_invisible(character) => {
                let number = u32::from(character);
                write!(text, "<U+{number:04X}>").expect("writing into memory cannot fail");
            }
            _ => text.push(character),
        }
    }
    let runs = text.split(|character| character != '`');
    let fence = "`".repeat(runs.map(str::len).max().unwrap_or(0) + 1);
    // A space at both ends is taken off again, and keeps a backtick of the value apart from the fence.
    let mut span = format!("{fence} {text} {fence}");
    if kept.len() < value.len() {
        write!(span, " (cut: {} bytes in all)", value.len()).expect("as above");
    }
    span
}

/// Whether a character has no shape of its own, or changes that of others: controls, format characters, separators.
fn is_invisible(character: char) -> bool {
    character.is_control()
        || matches!(u32::from(character),
            0x00AD | 0x034F | 0x0600..=0x0605 | 0x061C | 0x06DD | 0x070F | 0x0890..=0x0891 | 0x08E2
            | 0x115F..=0x1160 | 0x17B4..=0x17B5 | 0x180B..=0x180F | 0x200B..=0x200F | 0x2028..=0x202E
            | 0x2060..=0x206F | 0x3164 | 0xFE00..=0xFE0F | 0xFEFF | 0xFFA0 | 0xFFF0..=0xFFFB
            | 0x110BD | 0x110CD | 0x13430..=0x1343F | 0x1BCA0..=0x1BCA3 | 0x1D173..=0x1D17A
            | 0xE0000..=0xE0FFF)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(value: &str, expected: &str) {
        assert_eq!(code(value), expected);
    }

    #[test]
    fn a_value_stays_in_its_span() {
        check("/etc/passwd", "` /etc/passwd `");
        check("a`b", "`` a`b ``");
        check("```", "```` ``` ````");
        check("<script>alert(1)</script>", "` <script>alert(1)</script> `");
        check("", "`  `");
    }

    #[test]
    fn a_value_has_one_line_and_nothing_hides_in_it() {
        check("a\r\n# b\0", "` a\\r\\n# b<U+0000> `");
        check("gpj.\u{202E}exe", "` gpj.<U+202E>exe `");
        check(
            "a\u{200B}b\u{2028}c\u{1B}[2J\u{9B}",
            "` a<U+200B>b<U+2028>c<U+001B>[2J<U+009B> `",
        );
        check("z\u{E0041}", "` z<U+E0041> `");
        check("Grüße, 世界", "` Grüße, 世界 `");
    }

    #[test]
    fn a_value_without_end_is_cut_and_says_so() {
        let long = code(&"é".repeat(50_000));
        assert!(long.len() < 1_100, "{}", long.len());
        assert!(long.ends_with(" ` (cut: 100000 bytes in all)"), "{long}");
    }
}
