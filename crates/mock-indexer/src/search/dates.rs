//! Dates and durations in a search.

use crate::failure::Failure;
use crate::zone::parse_instant;
use serde_json::{Value, json};

/// The instant that a date means; the cause by which every shard refuses it if it means none.
pub(super) fn instant(value: &Value) -> Result<Result<i64, Value>, Failure> {
    if let Some(ms) = value.as_i64() {
        return Ok(Ok(ms));
    }
    let text = match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    if text.starts_with("now") || text.contains("||") {
        return Err(Failure::not_modelled("dates relative to now"));
    }
    Ok(parse_instant(&text).ok_or_else(|| bad_date(&text)))
}

fn bad_date(text: &str) -> Value {
    let format = "date_optional_time||epoch_millis";
    let reason = format!("failed to parse date field [{text}] with format [{format}]");
    let parser = json!({
        "type": "date_time_parse_exception", "reason": "Failed to parse with all enclosed parsers",
    });
    let argument =
        json!({"type": "illegal_argument_exception", "reason": reason, "caused_by": parser});
    json!({
        "type": "parse_exception", "reason": format!("{reason}: [{reason}]"), "caused_by": argument,
    })
}

/// The milliseconds of a duration such as `30s` or `1m`.
pub(crate) fn duration(text: &str) -> Result<i64, Failure> {
    let digits = text.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    let unit_ms = match &text[digits.len()..] {
        "ms" => 1,
        "s" => 1_000,
        "m" => 60_000,
        "h" => 3_600_000,
        "d" => 86_400_000,
        _ => 0,
    };
    let count = digits.parse::<u32>().unwrap_or(0);
    if unit_ms == 0 || count == 0 {
        let reason = format!("failed to parse [{text}] as a time value");
        return Err(Failure::plain(400, "illegal_argument_exception", reason));
    }
    Ok(i64::from(count) * unit_ms)
}
