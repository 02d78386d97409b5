//! An alert's bytes, and the little that the queue must read of them.

use jiff::fmt::strtime::parse;
use jiff::tz::Offset;
use jiff::{Timestamp, civil};
use serde::Deserialize;
use std::borrow::Cow;

/// The most bytes that an alert may have. The largest in a real fleet had 17,372.
pub const PAYLOAD_BYTES_MAX: usize = 1024 * 1024;

/// An alert that can be judged: its bytes are one JSON object of a bearable size.
#[derive(Clone, Copy, Debug)]
pub struct Alert<'a> {
    /// The bytes as they came.
    pub bytes: &'a [u8],
    /// The hour of the alert's own time, the first of `timestamp` and `@timestamp` that can be read; `None` if neither can.
    pub hour: Option<Hour>,
}

/// An hour of the UTC calendar: what cases are sharded by.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
#[allow(missing_docs, reason = "the parts of a date are known to everybody")]
pub struct Hour {
    pub year: i16,
    pub month: i8,
    pub day: i8,
    pub hour: i8,
}

impl Hour {
    /// The hour of a time in milliseconds since 1970; `None` beyond the years that the calendar has.
    pub fn of_millis(millis: i64) -> Option<Hour> {
        Timestamp::from_millisecond(millis).ok().map(Hour::of)
    }

    /// Its first millisecond since 1970; `None` beyond the years that the calendar has.
    pub fn first_ms(self) -> Option<i64> {
        let first =
            civil::DateTime::new(self.year, self.month, self.day, self.hour, 0, 0, 0).ok()?;
        let first = Offset::UTC.to_timestamp(first).ok()?;
        Some(first.as_millisecond())
    }

    fn of(instant: Timestamp) -> Hour {
        let utc = Offset::UTC.to_datetime(instant);
        Hour {
            year: utc.year(),
            month: utc.month(),
            day: utc.day(),
            hour: utc.hour(),
        }
    }
}

/// Why bytes are not an alert. Each ends in quarantine, with this text beside it.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum BadAlert {
    /// The file has no bytes: its writer died, or the disk lost them.
    #[error("the file is empty")]
    Empty,
    /// The file is larger than [`PAYLOAD_BYTES_MAX`].
    #[error("the file is larger than {PAYLOAD_BYTES_MAX} bytes")]
    Oversized,
    /// The bytes are not one JSON object.
    #[error("not a JSON object: {0}")]
    NotJson(String),
}

/// The fields that place an alert in time. An indexer's hit carries them below `_source`.
#[derive(Deserialize)]
struct Document<'a> {
    #[serde(borrow, rename = "_source")]
    source: Option<Source<'a>>,
    #[serde(borrow, default)]
    timestamp: Field<'a>,
    #[serde(borrow, default, rename = "@timestamp")]
    ecs_timestamp: Field<'a>,
}

#[derive(Deserialize)]
struct Source<'a> {
    #[serde(borrow, default)]
    timestamp: Field<'a>,
    #[serde(borrow, default, rename = "@timestamp")]
    ecs_timestamp: Field<'a>,
}

/// A field of which only a string is of use: another type counts as absent, because producers vary.
#[derive(Deserialize, Default)]
#[serde(untagged)]
enum Field<'a> {
    Text(#[serde(borrow)] Cow<'a, str>),
    #[default]
    Absent,
    Other(serde::de::IgnoredAny),
}

impl<'a> Alert<'a> {
    /// Reads what the queue needs of an alert's bytes.
    ///
    /// Errs if they are not one JSON object of at most [`PAYLOAD_BYTES_MAX`] bytes. A missing or unreadable timestamp is
    /// no error: producers disagree about it.
    pub fn parse(bytes: &'a [u8]) -> Result<Self, BadAlert> {
        if bytes.is_empty() {
            return Err(BadAlert::Empty);
        }
        if PAYLOAD_BYTES_MAX < bytes.len() {
            return Err(BadAlert::Oversized);
        }
        // Serde would take an array for the fields in order.
        if bytes.trim_ascii_start().first() != Some(&b'{') {
            return Err(BadAlert::NotJson("it does not start with `{`".to_owned()));
        }
        let document: Document<'_> =
            serde_json::from_slice(bytes).map_err(|error| BadAlert::NotJson(error.to_string()))?;
        // Wazuh 4 writes both, and its own first; Wazuh 5 has `@timestamp` alone.
        let fields = match document.source {
            Some(source) => [source.timestamp, source.ecs_timestamp],
            None => [document.timestamp, document.ecs_timestamp],
        };
        let hour = fields.iter().find_map(|field| match field {
            Field::Text(text) => hour_of(text),
            Field::Absent | Field::Other(_) => None,
        });
        Ok(Alert { bytes, hour })
    }
}

/// The UTC hour of a timestamp in RFC 3339, or in Wazuh 4's form with an offset that has no colon. A year before 0 has no
/// four digits to be filed under, and counts as none.
fn hour_of(text: &str) -> Option<Hour> {
    let instant = text.parse::<Timestamp>().ok().or_else(|| {
        let broken_down = parse("%Y-%m-%dT%H:%M:%S%.f%z", text).ok()?;
        broken_down.to_timestamp().ok()
    })?;
    Some(Hour::of(instant)).filter(|hour| 0 <= hour.year)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check_hour(timestamp: &str, expected: Option<(i16, i8, i8, i8)>) {
        let json = format!(r#"{{"_source":{{"timestamp":{timestamp}}}}}"#);
        let alert = Alert::parse(json.as_bytes()).expect("one JSON object");
        let hour = alert.hour.map(|h| (h.year, h.month, h.day, h.hour));
        assert_eq!(hour, expected, "{timestamp}");
    }

    #[test]
    fn the_hour_is_that_of_the_instant_in_utc() {
        check_hour(r#""2026-03-15T22:51:54.380-0700""#, Some((2026, 3, 16, 5)));
        check_hour(r#""2026-04-01T05:29:07.000+0000""#, Some((2026, 4, 1, 5)));
        check_hour(r#""2026-04-01T05:29:07Z""#, Some((2026, 4, 1, 5)));
        check_hour(r#""2026-04-01T05:29:07.123456Z""#, Some((2026, 4, 1, 5)));
        check_hour(r#""2026-04-01T00:10:00-0800""#, Some((2026, 4, 1, 8)));
    }

    #[test]
    fn an_hour_begins_with_its_first_millisecond() {
        let hour = Hour::of_millis(1_775_021_347_123).expect("the calendar has it");
        assert_eq!(hour.first_ms(), Some(1_775_019_600_000));
        assert_eq!(Hour::of_millis(1_775_019_600_000), Some(hour));
        assert_ne!(Hour::of_millis(1_775_019_599_999), Some(hour));
    }

    #[test]
    fn a_timestamp_of_no_use_is_no_error() {
        check_hour("17", None);
        check_hour("null", None);
        check_hour(r#""yesterday""#, None);
        check_hour(r#""0000-01-01T00:00:00Z""#, Some((0, 1, 1, 0)));
        check_hour(r#""-000001-12-31T23:59:59Z""#, None);
        assert_eq!(Alert::parse(b"{}").expect("one JSON object").hour, None);
    }

    #[test]
    fn the_time_of_a_finding_of_wazuh_5_is_its_only_one() {
        for json in [
            r#"{"_source":{"@timestamp":"2026-04-01T05:29:07Z"}}"#,
            r#"{"@timestamp":"2026-04-01T05:29:07Z"}"#,
            r#"{"timestamp":"yesterday","@timestamp":"2026-04-01T05:29:07Z"}"#,
        ] {
            let hour = Alert::parse(json.as_bytes()).unwrap().hour.unwrap();
            assert_eq!((hour.month, hour.day, hour.hour), (4, 1, 5), "{json}");
        }
    }

    #[test]
    fn a_bare_document_is_placed_by_its_own_timestamp() {
        let alert = Alert::parse(br#"{"timestamp":"2026-04-01T05:29:07Z","id":"1.2"}"#);
        assert_eq!(
            alert.expect("one JSON object").hour.map(|h| h.hour),
            Some(5)
        );
    }

    #[test]
    fn bytes_that_are_no_alert_say_why() {
        assert_eq!(Alert::parse(b"").err(), Some(BadAlert::Empty));
        assert_eq!(
            Alert::parse(&vec![b' '; PAYLOAD_BYTES_MAX + 1]).err(),
            Some(BadAlert::Oversized)
        );
        for bad in [&b"{"[..], b"[1]", b"\0\0\0\0", b"{}x", b"\xff\xfe", b"[]"] {
            assert!(
                matches!(Alert::parse(bad), Err(BadAlert::NotJson(_))),
                "{bad:?}"
            );
        }
    }
}
