//! The daily indices.

use super::{DAY_MS, Key};
use crate::alert_body::Form;
use crate::zone::civil;
use std::collections::BTreeMap;
use std::ops::Range;

/// A daily index: a range of the sorted keys.
#[derive(Clone, Debug)]
pub(crate) struct Day {
    /// Its number, counted from 1970.
    pub(super) number: i64,
    /// The index's name.
    pub(crate) index: String,
    /// The places of its documents among the keys.
    pub(crate) places: Range<usize>,
    /// When it was created.
    pub(crate) created_at_ms: i64,
}

/// The index of an alert. In Wazuh 4, Filebeat chooses it by the UTC day of the alert's own time. In Wazuh 5 it is what is behind
/// a data stream, with a number that grows at each rollover: here, each day.
pub(crate) fn index_name(form: Form, ts_ms: i64) -> String {
    if form == Form::Finding {
        return format!("wazuh-findings-v5-security-{:06}", ts_ms.div_euclid(DAY_MS));
    }
    let day = civil(ts_ms);
    let (year, month, day) = (day.year(), day.month(), day.day());
    format!("wazuh-alerts-4.x-{year:04}.{month:02}.{day:02}")
}

/// Cuts sorted keys into days. `created` says when the index of each day was created.
pub(super) fn cut(form: Form, keys: &[Key], created: &BTreeMap<i64, i64>) -> Vec<Day> {
    let mut days = Vec::new();
    let mut start = 0;
    for (day, created_at_ms) in created {
        let end = start + keys[start..].partition_point(|key| key.ts_ms < (day + 1) * DAY_MS);
        days.push(Day {
            number: *day,
            index: index_name(form, day * DAY_MS),
            places: start..end,
            created_at_ms: *created_at_ms,
        });
        start = end;
    }
    days
}
