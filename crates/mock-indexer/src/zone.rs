//! How an instant is written: UTC for the index, local time with an offset for the manager.

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::Offset;
use std::io::{self, Write};

/// The manager's offset from UTC, with at most one change of it: the night when summer time ends.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Zone {
    /// Minutes east of UTC before the change.
    pub minutes: i32,
    /// When the offset changes, in milliseconds since 1970; `i64::MAX` for never.
    pub changes_at_ms: i64,
    /// Minutes east of UTC from the change on.
    pub minutes_after: i32,
}

impl Zone {
    /// No offset, ever.
    pub const UTC: Zone = Zone {
        minutes: 0,
        changes_at_ms: i64::MAX,
        minutes_after: 0,
    };

    /// Appends local time with an offset that has no colon: `2026-03-15T22:51:54.380-0700`.
    pub(crate) fn write_local(&self, ms: i64, out: &mut Vec<u8>) -> io::Result<()> {
        let minutes = if ms < self.changes_at_ms {
            self.minutes
        } else {
            self.minutes_after
        };
        write_civil(ms + i64::from(minutes) * 60_000, out)?;
        let sign = if minutes < 0 { '-' } else { '+' };
        let minutes = minutes.abs();
        write!(out, "{sign}{:02}{:02}", minutes / 60, minutes % 60)
    }

    /// Appends UTC: `2026-03-16T05:51:54.380Z`.
    pub(crate) fn write_utc(&self, ms: i64, out: &mut Vec<u8>) -> io::Result<()> {
        write_civil(ms, out)?;
        out.push(b'Z');
        Ok(())
    }
}

fn write_civil(ms: i64, out: &mut Vec<u8>) -> io::Result<()> {
    let at = civil(ms);
    write!(
        out,
        "{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:03}",
        at.year(),
        at.month(),
        at.day(),
        at.hour(),
        at.minute(),
        at.second(),
        at.millisecond()
    )
}

/// The UTC calendar's date and time of an instant; the calendar's end for one beyond it.
pub(crate) fn civil(ms: i64) -> DateTime {
    let instant = Timestamp::from_millisecond(ms).unwrap_or(Timestamp::MAX);
    Offset::UTC.to_datetime(instant)
}

/// The instant that a date in a query means: epoch milliseconds as digits, or RFC 3339, or with an offset without a colon.
pub(crate) fn parse_instant(text: &str) -> Option<i64> {
    if let Ok(ms) = text.parse::<i64>() {
        return Some(ms);
    }
    let instant = text.parse::<Timestamp>().ok().or_else(|| {
        let parsed = jiff::fmt::strtime::parse("%Y-%m-%dT%H:%M:%S%.f%z", text).ok()?;
        parsed.to_timestamp().ok()
    })?;
    Some(instant.as_millisecond())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn local(zone: Zone, ms: i64) -> String {
        let mut out = Vec::new();
        zone.write_local(ms, &mut out).unwrap();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn a_recorded_pair_of_local_and_universal_time_is_reproduced() {
        let pacific = Zone {
            minutes: -420,
            ..Zone::UTC
        };
        assert_eq!(
            local(pacific, 1_773_640_314_380),
            "2026-03-15T22:51:54.380-0700"
        );
        let mut out = Vec::new();
        pacific.write_utc(1_773_640_314_380, &mut out).unwrap();
        assert_eq!(out, b"2026-03-16T05:51:54.380Z");
    }

    #[test]
    fn the_repeated_hour_is_told_apart_by_its_offset_alone() {
        // Central Europe, 2025-10-26 01:00 UTC: 03:00 becomes 02:00.
        let europe = Zone {
            minutes: 120,
            changes_at_ms: 1_761_440_400_000,
            minutes_after: 60,
        };
        let before = local(europe, 1_761_440_400_000 - 1_800_000);
        let after = local(europe, 1_761_440_400_000 + 1_800_000);
        assert_eq!(before, "2025-10-26T02:30:00.000+0200");
        assert_eq!(after, "2025-10-26T02:30:00.000+0100");
        assert_eq!(parse_instant(&before), Some(1_761_438_600_000));
        assert_eq!(parse_instant(&after), Some(1_761_442_200_000));
    }

    #[test]
    fn dates_of_queries_are_instants_or_nothing() {
        assert_eq!(parse_instant("1773640314380"), Some(1_773_640_314_380));
        assert_eq!(
            parse_instant("2026-03-16T05:51:54.380Z"),
            Some(1_773_640_314_380)
        );
        assert_eq!(parse_instant("yesterday"), None);
    }
}
