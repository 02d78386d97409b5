//! The hostile documents, each with its end.

use super::{MINUTE, T0};
use serde_json::Value;

/// Where a document ends.
#[derive(Clone, Copy, Debug)]
pub(super) enum End {
    /// A case on the shelf of this hour.
    Shelf(&'static str),
    /// A case on the shelves of those without a usable time.
    Undated,
    /// In quarantine, and the reason says this.
    Aside(&'static str),
}
use End::{Aside, Shelf, Undated};

/// One document: its `_id`, the time that the indexer sorts it by, its bytes, and its end.
pub(super) struct Row {
    pub(super) id: String,
    pub(super) at: i64,
    pub(super) source: Vec<u8>,
    pub(super) end: End,
}

pub(super) fn row(id: impl Into<String>, at: i64, source: impl Into<Vec<u8>>, end: End) -> Row {
    let (id, source) = (id.into(), source.into());
    Row {
        id,
        at,
        source,
        end,
    }
}

/// Documents whose own time is odd: name, the indexer's time, the text, and the shelf.
fn times() -> Vec<Row> {
    // The last hour of summer time in central Europe in 2025, and the first one of it in 2026.
    let (twice, skipped) = (1_761_438_600_000, 1_774_747_800_000);
    let rows = [
        (
            "last of a day",
            T0 - 1,
            "2026-03-25T23:59:59.999Z",
            Shelf("2026/03/25/23"),
        ),
        (
            "first of a day",
            T0,
            "2026-03-26T00:00:00.000Z",
            Shelf("2026/03/26/00"),
        ),
        (
            "summer",
            twice,
            "2025-10-26T02:30:00.000+0200",
            Shelf("2025/10/26/00"),
        ),
        (
            "winter",
            twice + 60 * MINUTE,
            "2025-10-26T02:30:00.000+0100",
            Shelf("2025/10/26/01"),
        ),
        (
            "one spelling",
            skipped,
            "2026-03-29T03:30:00.000+0200",
            Shelf("2026/03/29/01"),
        ),
        (
            "another spelling",
            skipped,
            "2026-03-29T02:30:00.000+0100",
            Shelf("2026/03/29/01"),
        ),
        (
            "before 1970",
            -1,
            "1969-12-31T23:59:59.999+0000",
            Shelf("1969/12/31/23"),
        ),
        (
            "a wrong century",
            T0 + 1,
            "2099-12-31T23:59:59.999Z",
            Shelf("2099/12/31/23"),
        ),
        (
            "a leap second",
            T0 + 2,
            "2016-12-31T23:59:60Z",
            Shelf("2016/12/31/23"),
        ),
        (
            "year 0",
            T0 + 3,
            "0000-01-01T00:00:00Z",
            Shelf("0000/01/01/00"),
        ),
        ("year -1", T0 + 4, "-000001-12-31T23:59:59Z", Undated),
        (
            "no calendar has it",
            T0 + 5,
            "+999999-01-01T00:00:00Z",
            Undated,
        ),
        ("a path", T0 + 6, "../../../../../../tmp/x", Undated),
        (
            "a path after a time",
            T0 + 7,
            "2026-03-26T00:00:00Z/../../x",
            Undated,
        ),
        ("nothing", T0 + 8, "", Undated),
    ];
    let rows = rows.into_iter().map(|(id, at, text, end)| {
        row(
            id,
            at,
            format!(r#"{{"timestamp":"{text}","rule":{{"level":15}}}}"#),
            end,
        )
    });
    rows.collect()
}

/// Documents whose fields have other types than they should, or are missing.
fn types() -> Vec<Row> {
    const HOUR: End = Shelf("2026/03/26/03");
    let with = |rest: &str| format!(r#"{{"timestamp":"2026-03-26T03:04:05.678+0000",{rest}}}"#);
    let rows = [
        ("{}".to_owned(), Undated),
        (
            r#"{"timestamp":null,"rule":{"level":15}}"#.to_owned(),
            Undated,
        ),
        (r#"{"timestamp":1774483200000}"#.to_owned(), Undated),
        (
            r#"{"timestamp":["2026-03-26T03:04:05Z"]}"#.to_owned(),
            Undated,
        ),
        (r#"{"timestamp":{"a":{}}}"#.to_owned(), Undated),
        ("null".to_owned(), Undated),
        ("[]".to_owned(), Undated),
        ("7".to_owned(), Aside("not a JSON object")),
        (r#""a text""#.to_owned(), Aside("not a JSON object")),
        (
            with(r#""agent":7,"rule":{"level":"15","id":550,"groups":"syscheck"}"#),
            HOUR,
        ),
        (
            with(r#""agent":{"id":1,"name":null},"rule":null,"id":1e400"#),
            HOUR,
        ),
        (
            with(r#""agent":[[]],"rule":[],"data":"x","syscheck":3,"manager":true"#),
            HOUR,
        ),
        (
            with(r#""rule":{"level":-1e300,"groups":{"syscheck":1}},"location":{}"#),
            HOUR,
        ),
        (
            with(r#""full_log":"\ud800","data":{"srcip":"a","srcip":"b"}"#),
            HOUR,
        ),
        (
            with(r#""timestamp":"2026-03-26T03:04:05Z""#),
            Aside("duplicate field"),
        ),
        (
            format!(
                r#"{{"timestamp":{}{}}}"#,
                "[".repeat(9_999),
                "]".repeat(9_999)
            ),
            Aside("recursion limit"),
        ),
        (
            with(&format!(
                r#""data":{}{}"#,
                "[".repeat(99_999),
                "]".repeat(99_999)
            )),
            HOUR,
        ),
        // Sixteen times what an alert may have.
        (
            with(&format!(r#""full_log":"{}""#, "x".repeat(17 << 20))),
            Aside("larger than 1048576 bytes"),
        ),
    ];
    let rows = (100..).zip(rows);
    let rows = rows.map(|(at, (source, end))| row(format!("type {at}"), T0 + at, source, end));
    rows.collect()
}

/// Documents whose `_id` and names are made to leave a directory, or to break a line.
fn names() -> Vec<Row> {
    let long = "\u{E9}".repeat(256);
    let names = [
        "../../../../etc/cron.d/x",
        "..",
        ".",
        "/etc/passwd",
        "a/b/c",
        "a\0b",
        "line\r\nbreak",
        "\u{1B}[2J\u{7}",
        "\u{202E}fdp.exe",
        "\"}],\"x\":[{\"",
        "%2e%2e%2f",
        "..\\..\\x",
        " ",
        "",
        "-rf",
        "x.reason",
        "CON",
        "{{case.policy}}$(reboot)`id`",
        "\u{FEFF}\u{2028}",
        &long,
    ];
    let rows = (200..).zip(names).map(|(at, name)| {
        let text = Value::from(name).to_string();
        let source = format!(
            r#"{{"timestamp":"2026-03-26T03:04:05.678+0000","agent":{{"id":{text},"name":{text},"ip":{text}}},"id":{text},"location":{text},"rule":{{"id":{text},"level":15,"groups":[{text}]}},"manager":{{"name":{text}}},"full_log":{text}}}"#
        );
        row(name, T0 + at, source, Shelf("2026/03/26/03"))
    });
    let mut rows: Vec<Row> = rows.collect();
    // No UTF-8: an overlong slash, half a character, a surrogate, and what is never a part of it.
    let mut bad = br#"{"timestamp":"2026-03-26T03:04:05.678+0000","full_log":""#.to_vec();
    bad.extend_from_slice(b"\xC0\xAF \xE2\x82 \xED\xA0\x80 \xFF\"}");
    rows.push(row("no text", T0 + 300, bad, Shelf("2026/03/26/03")));
    rows
}

/// All of them.
pub(super) fn rows() -> Vec<Row> {
    [times(), types(), names()].into_iter().flatten().collect()
}
