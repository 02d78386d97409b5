//! What the indexer answers: a page of hits that is complete, or the reason why it is not.

use crate::error::AnswerError;
use alert::AlertId;
use host::Millis;
use serde::Deserialize;
use serde_json::Value;
use serde_json::value::RawValue;
use std::borrow::Cow;
use std::cell::OnceCell;

/// One alert, as the indexer delivers it.
#[derive(Clone, Debug)]
pub struct Hit<'a> {
    /// The index that holds it.
    pub index: Cow<'a, str>,
    /// Its id in that index.
    pub id: Cow<'a, str>,
    /// The document's identity, which follows from both. What is counted, here and by the indexer, is documents.
    pub document: AlertId,
    /// Its time, of the profile's time field.
    pub time: Millis,
    /// The hit's JSON byte for byte: `_index`, `_id`, and the document below `_source`. Bytes that are no UTF-8 came as
    /// U+FFFD.
    pub raw: &'a [u8],
    /// Worked out when it is first asked for: near now each document is read again and again, and mostly nobody asks.
    alert: OnceCell<AlertId>,
}

impl Hit<'_> {
    /// The alert's identity, which follows from what the document says: an index that is re-indexed and a batch that is
    /// sent again give one alert as several documents.
    pub fn alert(&self) -> AlertId {
        *self.alert.get_or_init(|| AlertId::of_alert(self.raw))
    }

    /// Hands the alert over under its document's identity, which was its own at one time.
    pub(crate) fn know_by_document(&mut self) {
        self.alert = OnceCell::from(self.document);
    }
}

/// A complete answer to a search.
#[derive(Debug)]
pub(crate) struct Page<'a> {
    /// How many shards the pattern has.
    pub(crate) shards: u64,
    /// How many alerts match, on all pages together.
    pub(crate) total: u64,
    pub(crate) hits: Vec<Hit<'a>>,
    /// The sort key, as JSON, after which the next page is to begin. It is the last hit's only if all have the same one: documents
    /// of two indices may have the same time and id, and a page may end between them, so the last key is asked for once more.
    pub(crate) after: Option<&'a str>,
    /// Alerts for each bucket of time, by its start, if that was asked.
    pub(crate) buckets: Vec<(Millis, u64)>,
}

#[derive(Deserialize)]
struct Body<'a> {
    timed_out: bool,
    #[serde(default)]
    terminated_early: Option<bool>,
    #[serde(rename = "_shards")]
    shards: Shards,
    #[serde(borrow)]
    hits: Hits<'a>,
    #[serde(default)]
    aggregations: Option<Aggregations>,
}

#[derive(Deserialize)]
struct Shards {
    total: u64,
    successful: u64,
    failed: u64,
}

#[derive(Deserialize)]
struct Hits<'a> {
    total: Total,
    #[serde(borrow)]
    hits: Vec<&'a RawValue>,
}

#[derive(Deserialize)]
struct Total {
    value: u64,
    relation: String,
}

#[derive(Deserialize)]
struct Envelope<'a> {
    #[serde(borrow, rename = "_index")]
    index: Cow<'a, str>,
    #[serde(borrow, rename = "_id")]
    id: Cow<'a, str>,
    #[serde(borrow)]
    sort: &'a RawValue,
}

#[derive(Deserialize)]
struct Aggregations {
    times: Times,
}

#[derive(Deserialize)]
struct Times {
    buckets: Vec<Bucket>,
}

#[derive(Deserialize)]
struct Bucket {
    key: i64,
    doc_count: u64,
}

/// The page in an answer of this status and body.
///
/// Errs unless the status is 200 and every shard answered in time: an answer that lacks shards looks just like a good one.
pub(crate) fn parse(status: u16, body: &[u8]) -> Result<Page<'_>, AnswerError> {
    if status != 200 {
        return Err(refusal(status, body));
    }
    let malformed = |error: serde_json::Error| AnswerError::Malformed {
        reason: format!("{error}; it begins with {:?}", excerpt(body)),
    };
    let parsed: Body<'_> = serde_json::from_slice(body).map_err(malformed)?;
    check(&parsed)?;
    let mut page = Page {
        shards: parsed.shards.total,
        total: parsed.hits.total.value,
        hits: Vec::with_capacity(parsed.hits.hits.len()),
        after: None,
        buckets: Vec::new(),
    };
    let mut last = None;
    for raw in parsed.hits.hits {
        let envelope: Envelope<'_> = serde_json::from_str(raw.get()).map_err(malformed)?;
        let time = first_number(envelope.sort.get()).ok_or_else(|| AnswerError::Malformed {
            reason: format!(
                "a sort key does not begin with milliseconds: {}",
                envelope.sort
            ),
        })?;
        let key = envelope.sort.get();
        if last != Some(key) {
            page.after = last.or(Some(key));
            last = Some(key);
        }
        page.hits.push(Hit {
            document: AlertId::of(&envelope.index, &envelope.id),
            index: envelope.index,
            id: envelope.id,
            time: Millis(time),
            raw: raw.get().as_bytes(),
            alert: OnceCell::new(),
        });
    }
    if let Some(aggregations) = parsed.aggregations {
        let buckets = aggregations.times.buckets.into_iter();
        page.buckets = buckets.map(|b| (Millis(b.key), b.doc_count)).collect();
    }
    Ok(page)
}

/// Errs if a good status hides an incomplete answer.
fn check(body: &Body<'_>) -> Result<(), AnswerError> {
    // A server may say this of every answer with aggregations, because it needs no hits for them; whoever asks for those
    // compares their sum with a count.
    let is_cut = body.terminated_early == Some(true) && body.aggregations.is_none();
    if body.timed_out || is_cut {
        return Err(AnswerError::TimedOut);
    }
    let Shards {
        total,
        successful,
        failed,
    } = body.shards;
    if total == 0 {
        return Err(AnswerError::NoIndex);
    }
    // A shard without any copy is not counted as failed.
    if failed != 0 || successful != total {
        return Err(AnswerError::ShardsMissing {
            total,
            successful,
            failed,
        });
    }
    if body.hits.total.relation != "eq" {
        return Err(AnswerError::Malformed {
            reason: "the total is a lower bound although the exact one was asked for".to_owned(),
        });
    }
    Ok(())
}

/// The integer that a JSON array begins with.
fn first_number(array: &str) -> Option<i64> {
    let inner = array.trim_start().strip_prefix('[')?.trim_start();
    let end = inner.find([',', ']'])?;
    inner[..end].trim_end().parse().ok()
}

/// The one error of status 404 that says that an index is gone.
const NO_INDEX: &str = "index_not_found_exception";

/// What an answer of another status means. Bodies have several forms; each gives at least its beginning.
fn refusal(status: u16, body: &[u8]) -> AnswerError {
    let reason = reason(body);
    match status {
        401 => AnswerError::Unauthorized { reason },
        403 => AnswerError::Forbidden { reason },
        404 if reason.starts_with(NO_INDEX) => AnswerError::Missing { reason },
        // A context of the search that was lost on its way, or a proxy whose indexer is away: of the index it says nothing.
        404 => AnswerError::Unavailable { status, reason },
        429 => AnswerError::Overloaded { reason },
        300..=399 => AnswerError::Redirected { status },
        500..=599 => AnswerError::Unavailable { status, reason },
        _ => AnswerError::Refused { status, reason },
    }
}

fn reason(body: &[u8]) -> String {
    let Ok(json) = serde_json::from_slice::<Value>(body) else {
        return excerpt(body);
    };
    let error = json.get("error").unwrap_or(&json);
    let text = |name| error.get(name).and_then(Value::as_str);
    match (text("type"), text("reason")) {
        (Some(kind), Some(reason)) => excerpt(format!("{kind}: {reason}").as_bytes()),
        (Some(kind), None) => excerpt(kind.as_bytes()),
        _ => match error.as_str() {
            Some(text) => excerpt(text.as_bytes()),
            None => excerpt(body),
        },
    }
}

/// The beginning of a text that somebody else wrote, fit for a log.
fn excerpt(text: &[u8]) -> String {
    const CHARS_MAX: usize = 200;
    let text = &text[..text.len().min(4 * CHARS_MAX)];
    let text = String::from_utf8_lossy(text);
    let printable = |c: char| if c.is_control() { ' ' } else { c };
    let shown: String = text.trim().chars().take(CHARS_MAX).map(printable).collect();
    if shown.is_empty() {
        "(no text)".to_owned()
    } else {
        shown
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &str = r#"{"took":7,"timed_out":false,"_shards":{"total":9,"successful":9,"skipped":6,"failed":0},
        "hits":{"total":{"value":2,"relation":"eq"},"max_score":null,"hits":[
        {"_index":"i","_id":"a","_score":null,"_source":{ "x" : 1.50, "x":2},"sort":[5,"a"]},
        {"_index":"i","_id":"\u0062","_source":{},"sort":[ 6 , "b"]}]}}"#;

    #[track_caller]
    fn check_bad(status: u16, body: &str, expected: &str) {
        let error = parse(status, body.as_bytes()).expect_err("no good answer");
        let shown = error.to_string();
        assert!(shown.contains(expected), "{shown}");
    }

    #[test]
    fn a_good_page_keeps_every_byte_of_its_hits() {
        let page = parse(200, GOOD.as_bytes()).expect("a good page");
        assert_eq!((page.shards, page.total), (9, 2));
        let raw = std::str::from_utf8(page.hits[0].raw).expect("text");
        assert!(raw.starts_with(r#"{"_index""#) && raw.contains(r#"{ "x" : 1.50, "x":2}"#));
        assert_eq!(page.hits[1].id, "b");
        assert_eq!(page.hits[1].document, AlertId::of("i", "b"));
        assert_eq!(page.hits[1].alert(), AlertId::of_alert(b"{}"));
        let times: Vec<i64> = page.hits.iter().map(|hit| hit.time.0).collect();
        assert_eq!(times, [5, 6]);
        assert_eq!(page.after, Some(r#"[5,"a"]"#));
    }

    #[test]
    fn status_200_may_hide_an_incomplete_answer() {
        let with = |from: &str, to: &str| {
            assert!(GOOD.contains(from), "{from}");
            GOOD.replace(from, to)
        };
        let late = with(r#""timed_out":false"#, r#""timed_out":true"#);
        check_bad(200, &late, "timed out");
        let cut = with(r#""took":7"#, r#""terminated_early":true"#);
        check_bad(200, &cut, "timed out or was cut");
        let failed = with(r#""failed":0"#, r#""failed":1"#);
        check_bad(200, &failed, "9 of 9 answered, 1 failed");
        let missing = with(r#""successful":9"#, r#""successful":8"#);
        check_bad(200, &missing, "8 of 9 answered, 0 failed");
        let empty = with(r#""total":9,"successful":9"#, r#""total":0,"successful":0"#);
        check_bad(200, &empty, "matches no index");
        let bound = with(r#""eq""#, r#""gte""#);
        check_bad(200, &bound, "lower bound");
    }

    #[test]
    fn what_is_no_search_result_is_malformed() {
        check_bad(
            200,
            "<html>proxy\u{7}</html>",
            "begins with \"<html>proxy </html>\"",
        );
        check_bad(200, "", "(no text)");
        check_bad(200, &GOOD[..GOOD.len() - 9], "EOF");
        check_bad(
            200,
            &GOOD.replace("\"took\":7", "\"timed_out\":false"),
            "duplicate field",
        );
        check_bad(
            200,
            &GOOD.replace("[5,\"a\"]", "[null,\"a\"]"),
            "milliseconds",
        );
        check_bad(
            200,
            &GOOD.replace("\"_id\":\"a\",", ""),
            "missing field `_id`",
        );
        check_bad(200, r#"{"error":"none","status":200}"#, "missing field");
    }

    #[test]
    fn every_refusal_names_its_reason_whatever_form_its_body_has() {
        check_bad(401, "Unauthorized", "(401): Unauthorized");
        check_bad(401, "Authentication finally failed", "finally failed");
        check_bad(
            403,
            r#"{"error":{"root_cause":[],"type":"security_exception","reason":"no permissions for [indices:data/read/search]"},"status":403}"#,
            "security_exception: no permissions for [indices:data/read/search]",
        );
        check_bad(
            404,
            r#"{"error":{"type":"index_not_found_exception"}}"#,
            "does not have what was asked for (404): index_not_found",
        );
        check_bad(
            404,
            r#"{"error":{"type":"search_phase_execution_exception","reason":"all shards failed","root_cause":[{"type":"search_context_missing_exception"}]}}"#,
            "not available (404): search_phase_execution_exception: all shards failed",
        );
        check_bad(404, "default backend - 404", "not available (404)");
        check_bad(
            405,
            r#"{"error":"Incorrect HTTP method","status":405}"#,
            "(405): Incorrect",
        );
        check_bad(
            429,
            r#"{"error":{"type":"circuit_breaking_exception","reason":"x"}}"#,
            "429",
        );
        check_bad(
            503,
            "OpenSearch Security not initialized.",
            "(503): OpenSearch Security",
        );
        check_bad(500, r#"{"error":17}"#, r#"(500): {"error":17}"#);
        check_bad(302, "", "redirect (302)");
        check_bad(400, "\n\u{1b}[31m", "(400): ");
    }
}
