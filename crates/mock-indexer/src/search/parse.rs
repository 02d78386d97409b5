//! Reads the body of a search.

use super::{Filter, Histogram, Search, Sort, Total, dates, query, sort};
use crate::failure::{Failure, argument};
use serde_json::{Map, Value, json};

/// The most hits that one page may reach to: `index.max_result_window`, which Wazuh leaves as it is.
const WINDOW_MAX: u64 = 10_000;

/// Reads a search; an empty body is one for everything.
pub(crate) fn parse(body: &[u8]) -> Result<Search, Failure> {
    let mut search = Search {
        pit: None,
        from: 0,
        size: 10,
        filter: Filter::ALL,
        sort: Sort::Unsorted,
        after: None,
        total: Total::UpTo(10_000),
        with_source: true,
        with_seq_no: false,
        histograms: Vec::new(),
        refused: None,
    };
    let fields = object(body)?;
    for (key, value) in &fields {
        read_field(&mut search, key, value, body)?;
    }
    sort::read(&mut search, fields.get("sort"), fields.get("search_after"))?;
    let reach = search.from.saturating_add(search.size);
    if WINDOW_MAX < reach {
        search.refused = Some(argument(format!(
            "Result window is too large, from + size must be less than or equal to: [{WINDOW_MAX}] but was [{reach}]. \
             See the scroll api for a more efficient way to request large data sets. This limit can be set by changing \
             the [index.max_result_window] index level setting."
        )));
    }
    Ok(search)
}

/// The body as an object.
pub(crate) fn object(body: &[u8]) -> Result<Map<String, Value>, Failure> {
    if body.trim_ascii().is_empty() {
        return Ok(Map::new());
    }
    match serde_json::from_slice(body) {
        Ok(Value::Object(fields)) => Ok(fields),
        Ok(_) => Err(Failure::plain(
            400,
            "parsing_exception",
            "Expected [START_OBJECT]",
        )),
        Err(error) => {
            let kind = "json_parse_exception";
            let cause = json!({"type": "stream_read_exception", "reason": error.to_string()});
            let root = json!({"type": kind, "reason": error.to_string()});
            let mut full = root.clone();
            full["caused_by"] = cause;
            Err(Failure::caused(400, full, root))
        }
    }
}

fn read_field(search: &mut Search, key: &str, value: &Value, body: &[u8]) -> Result<(), Failure> {
    match key {
        "size" => search.size = number(key, value)?,
        "from" => search.from = number(key, value)?,
        "query" => match query::read(value)? {
            Ok(filter) => search.filter = filter,
            Err(cause) => search.refused = Some(cause),
        },
        "pit" => search.pit = Some(pit(value)?),
        "track_total_hits" => search.total = total(value)?,
        "_source" => match value {
            Value::Bool(with) => search.with_source = *with,
            _ => return Err(Failure::not_modelled("a filter of the source's fields")),
        },
        "seq_no_primary_term" => search.with_seq_no = value == &Value::Bool(true),
        "aggs" | "aggregations" => search.histograms = histograms(value)?,
        // Read together, once all fields are known.
        "sort" | "search_after" => {}
        // Without effect here: nothing takes long, and nothing has a score.
        "timeout" | "version" | "track_scores" | "explain" | "profile" => {}
        _ => return Err(unknown_key(key, value, body)),
    }
    Ok(())
}

fn number(key: &str, value: &Value) -> Result<u64, Failure> {
    let wrong = || {
        let reason = format!("[{key}] parameter cannot be negative or no number, found [{value}]");
        Failure::plain(400, "illegal_argument_exception", reason)
    };
    value.as_u64().ok_or_else(wrong)
}

fn total(value: &Value) -> Result<Total, Failure> {
    match value {
        Value::Bool(true) => Ok(Total::Exact),
        Value::Bool(false) => Ok(Total::Not),
        _ => Ok(Total::UpTo(number("track_total_hits", value)?)),
    }
}

fn pit(value: &Value) -> Result<(String, Option<i64>), Failure> {
    let Some(id) = value["id"].as_str() else {
        return Err(Failure::plain(
            400,
            "parsing_exception",
            "point in time id is not provided",
        ));
    };
    let keep_alive = match value["keep_alive"].as_str() {
        Some(text) => Some(dates::duration(text)?),
        None => None,
    };
    Ok((id.to_owned(), keep_alive))
}

fn histograms(value: &Value) -> Result<Vec<Histogram>, Failure> {
    let mut histograms = Vec::new();
    for (name, wanted) in value.as_object().into_iter().flatten() {
        let Some(histogram) = wanted.get("date_histogram") else {
            return Err(Failure::not_modelled(
                "an aggregation other than date_histogram",
            ));
        };
        if !sort::is_time(histogram["field"].as_str().unwrap_or_default()) {
            return Err(Failure::not_modelled(
                "a histogram of another field than the time",
            ));
        }
        let Some(interval) = histogram["fixed_interval"].as_str() else {
            return Err(Failure::not_modelled("a histogram without fixed_interval"));
        };
        let interval_ms = dates::duration(interval)?;
        if interval_ms < 1 {
            return Err(Failure::plain(
                400,
                "illegal_argument_exception",
                "zero interval",
            ));
        }
        histograms.push(Histogram {
            name: name.clone(),
            interval_ms,
            count_min: histogram["min_doc_count"].as_u64().unwrap_or(0),
        });
    }
    Ok(histograms)
}

/// A field that a search does not have. The product says where it stands.
fn unknown_key(key: &str, value: &Value, body: &[u8]) -> Failure {
    let kind = match value {
        Value::Null => "VALUE_NULL",
        Value::Bool(_) => "VALUE_BOOLEAN",
        Value::Number(_) => "VALUE_NUMBER",
        Value::String(_) => "VALUE_STRING",
        Value::Array(_) => "START_ARRAY",
        Value::Object(_) => "START_OBJECT",
    };
    let text = String::from_utf8_lossy(body);
    let quoted = format!("\"{key}\"");
    let after_key = text.find(&quoted).map_or(0, |at| at + quoted.len());
    let skipped = text[after_key..].find(|c: char| c != ':' && !c.is_whitespace());
    let at = after_key + skipped.unwrap_or(0);
    let line = text[..at].matches('\n').count() + 1;
    let column = at - text[..at].rfind('\n').map_or(0, |newline| newline + 1) + 1;
    Failure::of(
        400,
        json!({
            "type": "parsing_exception", "reason": format!("Unknown key for a {kind} in [{key}]."),
            "line": line, "col": column,
        }),
    )
}
