//! Every time that an alert and its case tell, in one order.

use super::fields::Fields;
use jiff::civil::DateTime;
use jiff::fmt::strtime;
use jiff::tz::Offset;
use jiff::{SignedDuration, Timestamp};
use serde::Serialize;

/// One line of `timeline.ndjson`.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize)]
pub(super) struct Event {
    /// When, in UTC; absent if the field cannot be read as a time. Such events stand last.
    time: Option<Timestamp>,
    /// What happened.
    event: &'static str,
    /// The field, or the file of the case, that tells it.
    source: &'static str,
    /// What the field holds.
    #[serde(skip_serializing_if = "String::is_empty")]
    text: String,
    /// What the field does not say, and was taken from elsewhere.
    #[serde(skip_serializing_if = "Option::is_none")]
    assumed: Option<&'static str>,
}

/// The fields of Wazuh 4, then of Wazuh 5, that hold a time.
#[rustfmt::skip]
const FIELDS: &[(&str, &str)] = &[
    ("predecoder.timestamp", "the log line was written"),
    ("data.timestamp", "the event happened"),
    ("data.aws.eventTime", "the event happened"),
    ("data.office365.CreationTime", "the event happened"),
    ("data.win.system.systemTime", "Windows wrote the event"),
    ("data.win.eventdata.utcTime", "Sysmon saw the event"),
    ("data.win.eventdata.creationUtcTime", "the file was made, as its name says now"),
    ("data.win.eventdata.previousCreationUtcTime", "the file was made, as its name said before"),
    ("syscheck.mtime_before", "the file was changed, before the change that is told of"),
    ("syscheck.mtime_after", "the file was changed"),
    ("timestamp", "the manager took up the event"),
    ("event.created", "the event was read first"),
    ("event.start", "the event began"),
    ("event.end", "the event ended"),
    ("event.ingested", "the event was stored"),
    ("file.created", "the file was made"),
    ("file.mtime", "the file was changed"),
    ("file.ctime", "the file's owner, mode or content was changed"),
    ("process.start", "the process was started"),
    ("@timestamp", "the indexer filed the alert under this time"),
];

/// What the case tells besides the alert's own fields.
pub(super) struct CaseTimes {
    /// When the queue published the alert.
    pub(super) published: Timestamp,
    /// When the policy judged it.
    pub(super) judged: Option<Timestamp>,
    /// When the pack was made.
    pub(super) escalated: Timestamp,
}

/// All times, earliest first; those that cannot be read last.
pub(super) fn timeline(fields: Fields<'_>, times: &CaseTimes) -> Vec<Event> {
    let of_case = |time, event, source| Event {
        time: Some(time),
        event,
        source,
        text: String::new(),
        assumed: None,
    };
    let mut events = vec![
        of_case(times.published, "the queue took the alert", "entry"),
        of_case(times.escalated, "the pack was made", "pack"),
    ];
    let judged = times.judged;
    events.extend(judged.map(|at| of_case(at, "the policy escalated it", "judgement.judged_at")));
    let near = fields.first("timestamp").or(fields.first("@timestamp"));
    let near = near.and_then(|text| with_offset(&text));
    for (path, event) in FIELDS {
        for text in fields.values(path) {
            let (time, assumed) = match read(&text, near) {
                Some((time, assumed)) => (Some(time), assumed),
                None => (None, None),
            };
            events.push(Event {
                time,
                event,
                source: path,
                text: text.chars().take(TEXT_CHARS_MAX).collect(),
                assumed,
            });
        }
    }
    events.sort_by_key(|event| (event.time.is_none(), event.time));
    events
}

/// No time has more; what has is no time.
const TEXT_CHARS_MAX: usize = 64;

/// The time in a text, and what was assumed to read it. `near` is the alert's own time.
fn read(
    text: &str,
    near: Option<(Timestamp, Offset)>,
) -> Option<(Timestamp, Option<&'static str>)> {
    if TEXT_CHARS_MAX < text.len() {
        return None;
    }
    if let Some((time, _)) = with_offset(text) {
        return Some((time, None));
    }
    if let Ok(civil) = text.parse::<DateTime>() {
        let time = Offset::UTC.to_timestamp(civil).ok()?;
        return Some((time, Some("the zone, UTC")));
    }
    let (near, offset) = near?;
    let year = offset.to_datetime(near).year();
    // A line of December that is read in January is of last year.
    [year, year - 1].into_iter().find_map(|year| {
        let time = in_year(text, year, offset)?;
        let is_past = time <= near.checked_add(SignedDuration::from_hours(24)).ok()?;
        is_past.then_some((time, Some("year and zone, those of the alert's timestamp")))
    })
}

/// The time in RFC 3339, or in Wazuh 4's form with an offset that has no colon.
fn with_offset(text: &str) -> Option<(Timestamp, Offset)> {
    let parsed = ["%Y-%m-%dT%H:%M:%S%.f%:z", "%Y-%m-%dT%H:%M:%S%.f%z"]
        .iter()
        .find_map(|form| strtime::parse(form, text).ok());
    if let Some(parsed) = parsed {
        return Some((parsed.to_timestamp().ok()?, parsed.offset()?));
    }
    Some((text.parse().ok()?, Offset::UTC))
}

/// A syslog time, such as `Nov  2 04:11:09`, of that year.
fn in_year(text: &str, year: i16, offset: Offset) -> Option<Timestamp> {
    let words: Vec<&str> = text.split_ascii_whitespace().collect();
    let [month, day, clock] = words.as_slice() else {
        return None;
    };
    let text = format!("{year} {month} {day} {clock}");
    let parsed = strtime::parse("%Y %b %d %H:%M:%S", text).ok()?;
    offset.to_timestamp(parsed.to_datetime().ok()?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[track_caller]
    fn check(text: &str, expected: Option<(&str, bool)>) {
        let near = with_offset("2026-01-01T00:10:00.000+0200");
        let found = read(text, near);
        let shown = found.map(|(time, assumed)| (time.to_string(), assumed.is_some()));
        let expected = expected.map(|(time, assumed)| (time.to_owned(), assumed));
        assert_eq!(shown, expected, "{text}");
    }

    #[test]
    fn a_time_is_read_in_every_form_that_alerts_have() {
        check(
            "2026-03-15T22:51:54.380-0700",
            Some(("2026-03-16T05:51:54.38Z", false)),
        );
        check(
            "2026-03-15T22:51:54-07:00",
            Some(("2026-03-16T05:51:54Z", false)),
        );
        check(
            "2026-03-15T22:51:54.1234567Z",
            Some(("2026-03-15T22:51:54.1234567Z", false)),
        );
        check(
            "2026-03-15 22:51:54.123",
            Some(("2026-03-15T22:51:54.123Z", true)),
        );
        check("2026-03-15T22:51:54", Some(("2026-03-15T22:51:54Z", true)));
        check("Dec  2 04:11:09", Some(("2025-12-02T02:11:09Z", true)));
        check("Dec 31 23:59:59", Some(("2025-12-31T21:59:59Z", true)));
        check("Jan 1 00:09:00", Some(("2025-12-31T22:09:00Z", true)));
    }

    #[test]
    fn what_is_no_time_is_none() {
        for bad in [
            "",
            "yesterday",
            "Feb 30 00:00:00",
            "17",
            "9999999999999",
            "2026-13-01T00:00:00",
        ] {
            check(bad, None);
        }
        check(&"2026-03-15T22:51:54".repeat(9), None);
    }

    #[test]
    fn events_stand_in_order_and_what_cannot_be_read_stands_last() {
        let document = json!({
            "timestamp": "2026-04-01T05:29:07.000+0000", "@timestamp": "2026-04-01T05:29:07.000Z",
            "predecoder": {"timestamp": "Apr  1 05:29:06"},
            "syscheck": {"mtime_before": "2026-03-01T00:00:00", "mtime_after": "soon"},
        });
        let at = |text: &str| text.parse::<Timestamp>().expect("a time");
        let times = CaseTimes {
            published: at("2026-04-01T05:30:00Z"),
            judged: Some(at("2026-04-01T05:31:00Z")),
            escalated: at("2026-04-01T05:32:00Z"),
        };
        let events = timeline(Fields::of(&document), &times);
        let sources: Vec<_> = events.iter().map(|event| event.source).collect();
        assert_eq!(
            sources,
            [
                "syscheck.mtime_before",
                "predecoder.timestamp",
                "timestamp",
                "@timestamp",
                "entry",
                "judgement.judged_at",
                "pack",
                "syscheck.mtime_after",
            ]
        );
        let last = events.last().expect("eight events");
        assert_eq!((last.time, last.text.as_str()), (None, "soon"));
    }
}
