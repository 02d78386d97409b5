//! Quantities with units, as a person writes them: `"8.74ms"`, `"340/min"`, `05:29:07`.
//!
//! A number without a unit is refused, because a bare `30` has been read as seconds and as milliseconds. All arithmetic is
//! on integers, so that a scenario means the same on every machine.

use serde::de::value::MapAccessDeserializer;
use serde::de::{Error, MapAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize};
use std::fmt;
use toml::value::Datetime;

/// Nanoseconds in a second.
pub const SECOND_NS: u64 = 1_000_000_000;
const MINUTE_NS: u64 = 60 * SECOND_NS;
const HOUR_NS: u64 = 60 * MINUTE_NS;
const DAY_NS: u64 = 24 * HOUR_NS;

const DURATION_UNITS: [(&str, u64); 8] = [
    ("ns", 1),
    ("us", 1_000),
    ("µs", 1_000),
    ("ms", 1_000_000),
    ("s", SECOND_NS),
    ("m", MINUTE_NS),
    ("h", HOUR_NS),
    ("d", DAY_NS),
];

const RATE_UNITS: [(&str, u64); 4] = [
    ("s", SECOND_NS),
    ("min", MINUTE_NS),
    ("h", HOUR_NS),
    ("day", DAY_NS),
];

/// A length of time in nanoseconds. Written `"8.74ms"`, `"14h"`, `"1h30m"`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Default)]
pub struct Nanos(pub u64);

/// How often something happens. Written `"340/min"`, `"0.8/min"` or `"max"`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Pace {
    /// As fast as the simulated machine allows.
    Max,
    /// Once in so many nanoseconds, on average.
    EveryNs(u64),
}

/// A point in time as written: a clock time of the scenario's day, or a length of time after its start.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum When {
    /// Nanoseconds since midnight.
    Clock(u64),
    /// Nanoseconds after the scenario's `t0`.
    After(u64),
}

/// A change of the wall clock in milliseconds. Written `"-2h"`, `"90s"`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Step(pub(super) i64);

/// A date without a time, as days cannot be written in TOML strings without ambiguity.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Day {
    pub(super) year: u16,
    pub(super) month: u8,
    pub(super) day: u8,
}

/// A part of a whole. Written `0.02` or `"2%"`.
#[derive(Clone, Copy, PartialEq, PartialOrd, Debug)]
pub(super) struct Share(pub(super) f64);

/// A decimal number, exact: `digits / 10^places`.
struct Decimal {
    digits: u128,
    places: u32,
}

impl Decimal {
    /// Splits a leading number off `text`; `None` if there is none or it is too long to be exact.
    fn take(text: &str) -> Option<(Decimal, &str)> {
        let end = text
            .find(|c: char| !c.is_ascii_digit() && c != '.' && c != '_')
            .unwrap_or(text.len());
        let (number, rest) = text.split_at(end);
        let number = number.replace('_', "");
        let (whole, fraction) = number.split_once('.').unwrap_or((&number, ""));
        if whole.is_empty() || 18 < whole.len() + fraction.len() {
            return None;
        }
        let digits = format!("{whole}{fraction}").parse().ok()?;
        let places = u32::try_from(fraction.len()).ok()?;
        Some((Decimal { digits, places }, rest))
    }

    /// The number times `unit`, rounded down.
    fn times(&self, unit: u64) -> Option<u64> {
        u64::try_from(self.digits * u128::from(unit) / 10_u128.pow(self.places)).ok()
    }

    /// `unit` divided by the number, rounded to the nearest; `None` for zero.
    fn divide(&self, unit: u64) -> Option<u64> {
        let scaled = u128::from(unit) * 10_u128.pow(self.places);
        let half = self.digits / 2;
        u64::try_from((scaled + half).checked_div(self.digits)?).ok()
    }
}

/// Reads a duration: one or more numbers, each with its unit.
pub fn duration(text: &str) -> Result<u64, String> {
    let bad = || {
        format!(
            "`{text}` is not a duration: write a number with its unit, such as \"8.74ms\" or \"14h\" (ns, us, ms, s, m, h, d)"
        )
    };
    let mut rest = text.trim();
    let mut total: u64 = 0;
    if rest.is_empty() {
        return Err(bad());
    }
    while !rest.is_empty() {
        let (number, after) = Decimal::take(rest).ok_or_else(bad)?;
        let end = after
            .find(|c: char| c.is_ascii_digit())
            .unwrap_or(after.len());
        let (unit, tail) = after.split_at(end);
        let unit_ns = unit_of(&DURATION_UNITS, unit.trim()).ok_or_else(bad)?;
        let part = number.times(unit_ns).ok_or_else(bad)?;
        total = total.checked_add(part).ok_or_else(bad)?;
        rest = tail;
    }
    Ok(total)
}

/// Reads a rate as the mean time between two events. `"0/min"` is refused: leave the key out instead.
pub fn pace(text: &str) -> Result<Pace, String> {
    if text == "max" {
        return Ok(Pace::Max);
    }
    let bad = || {
        format!(
            "`{text}` is not a rate: write a number above 0 per unit, such as \"340/min\", or \"max\" (s, min, h, day)"
        )
    };
    let (number, rest) = Decimal::take(text.trim()).ok_or_else(bad)?;
    let unit = rest.trim().strip_prefix('/').ok_or_else(bad)?;
    let unit_ns = unit_of(&RATE_UNITS, unit.trim()).ok_or_else(bad)?;
    let interval = number.divide(unit_ns).ok_or_else(bad)?;
    if interval == 0 {
        return Err(format!(
            "`{text}` is more than one in a nanosecond: write \"max\""
        ));
    }
    Ok(Pace::EveryNs(interval))
}

fn unit_of(units: &[(&str, u64)], unit: &str) -> Option<u64> {
    units
        .iter()
        .find(|(name, _)| *name == unit)
        .map(|(_, ns)| *ns)
}

fn clock_ns(time: toml::value::Time) -> u64 {
    u64::from(time.hour) * HOUR_NS
        + u64::from(time.minute) * MINUTE_NS
        + u64::from(time.second.unwrap_or(0)) * SECOND_NS
        + u64::from(time.nanosecond.unwrap_or(0))
}

/// Writes a duration the way a person would: three digits of the largest fitting unit.
pub fn show_ns(ns: u64) -> String {
    let (unit, size) = match ns {
        0..1_000 => return format!("{ns} ns"),
        1_000..1_000_000 => ("us", 1_000),
        1_000_000..SECOND_NS => ("ms", 1_000_000),
        SECOND_NS..MINUTE_NS => ("s", SECOND_NS),
        MINUTE_NS..HOUR_NS => ("min", MINUTE_NS),
        _ => ("h", HOUR_NS),
    };
    let hundredths = (u128::from(ns) * 100 + u128::from(size) / 2) / u128::from(size);
    let (whole, part) = (hundredths / 100, hundredths % 100);
    match part {
        0 => format!("{whole} {unit}"),
        p if p % 10 == 0 => format!("{whole}.{} {unit}", p / 10),
        p => format!("{whole}.{p:02} {unit}"),
    }
}

/// Deserialises from a string through a reading function, so that the error stands at the value.
macro_rules! from_text {
    ($type:ty, $read:expr) => {
        impl<'de> Deserialize<'de> for $type {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = String::deserialize(deserializer)?;
                $read(&text).map_err(D::Error::custom)
            }
        }
    };
}

from_text!(Nanos, |text| duration(text).map(Nanos));
from_text!(Step, |text: &str| {
    let (sign, length) = match text.strip_prefix('-') {
        Some(rest) => (-1, rest),
        None => (1, text.strip_prefix('+').unwrap_or(text)),
    };
    let millis = duration(length)? / 1_000_000;
    // A u64 of nanoseconds is less than 2^45 milliseconds.
    Ok::<Step, String>(Step(sign * i64::try_from(millis).unwrap_or(i64::MAX)))
});

/// [`Pace`] as written in a file; the plain type keeps serde's own form for tapes.
#[derive(Clone, Copy, Debug)]
pub(super) struct WrittenPace(pub(super) Pace);

from_text!(WrittenPace, |text| pace(text).map(WrittenPace));

impl<'de> Deserialize<'de> for Day {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        match Datetime::deserialize(deserializer)? {
            Datetime {
                date: Some(date),
                time: None,
                offset: None,
            } => Ok(Day {
                year: date.year,
                month: date.month,
                day: date.day,
            }),
            other => Err(D::Error::custom(format!(
                "`{other}` is not a date: write 2026-04-01, without quotes"
            ))),
        }
    }
}

impl<'de> Deserialize<'de> for When {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct WhenVisitor;
        impl<'de> Visitor<'de> for WhenVisitor {
            type Value = When;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(
                    "a clock time such as 05:29:07, or a length of time after t0 such as \"10s\"",
                )
            }
            fn visit_str<E: Error>(self, text: &str) -> Result<When, E> {
                duration(text).map(When::After).map_err(E::custom)
            }
            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<When, A::Error> {
                match Datetime::deserialize(MapAccessDeserializer::new(map))? {
                    Datetime {
                        date: None,
                        time: Some(time),
                        offset: None,
                    } => Ok(When::Clock(clock_ns(time))),
                    other => Err(A::Error::custom(format!(
                        "`{other}` is not a clock time: write 05:29:07, without quotes"
                    ))),
                }
            }
        }
        deserializer.deserialize_any(WhenVisitor)
    }
}

impl<'de> Deserialize<'de> for Share {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct ShareVisitor;
        impl Visitor<'_> for ShareVisitor {
            type Value = Share;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a share such as 0.02 or \"2%\"")
            }
            fn visit_f64<E: Error>(self, value: f64) -> Result<Share, E> {
                Ok(Share(value))
            }
            fn visit_i64<E: Error>(self, value: i64) -> Result<Share, E> {
                // Only 0 and 1 can be right, and both are exact.
                i32::try_from(value)
                    .map(|small| Share(f64::from(small)))
                    .map_err(|_| E::custom("a share lies between 0 and 1"))
            }
            fn visit_str<E: Error>(self, text: &str) -> Result<Share, E> {
                text.strip_suffix('%')
                    .and_then(|number| number.trim().parse::<f64>().ok())
                    .map(|percent| Share(percent / 100.0))
                    .ok_or_else(|| {
                        E::custom(format!("`{text}` is not a share: write 0.02 or \"2%\""))
                    })
            }
        }
        deserializer.deserialize_any(ShareVisitor)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_exact() {
        assert_eq!(duration("8.74ms"), Ok(8_740_000));
        assert_eq!(duration("8.7us"), Ok(8_700));
        assert_eq!(duration("8.7µs"), Ok(8_700));
        assert_eq!(duration("307.3s"), Ok(307_300_000_000));
        assert_eq!(duration("1h30m"), Ok(5_400_000_000_000));
        assert_eq!(duration("1_000 ns"), Ok(1_000));
        assert_eq!(duration("6d"), Ok(6 * DAY_NS));
    }

    #[test]
    fn a_number_without_a_unit_is_no_duration() {
        for bad in [
            "",
            "30",
            "ms",
            "5 parsecs",
            "-3s",
            "1.2.3s",
            "99999999999999d",
            "3min",
        ] {
            assert!(duration(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn rates_become_the_time_between_two_events() {
        assert_eq!(pace("340/min"), Ok(Pace::EveryNs(176_470_588)));
        assert_eq!(pace("0.8/min"), Ok(Pace::EveryNs(75 * SECOND_NS)));
        assert_eq!(pace("4_024/min"), Ok(Pace::EveryNs(14_910_537)));
        assert_eq!(pace("max"), Ok(Pace::Max));
        for bad in [
            "",
            "340",
            "0/min",
            "/min",
            "3/fortnight",
            "9e9/s",
            "9999999999/s",
        ] {
            assert!(pace(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn times_are_shown_with_three_digits() {
        assert_eq!(show_ns(17), "17 ns");
        assert_eq!(show_ns(8_700), "8.7 us");
        assert_eq!(show_ns(8_740_000), "8.74 ms");
        assert_eq!(show_ns(5 * SECOND_NS), "5 s");
        assert_eq!(show_ns(14 * HOUR_NS), "14 h");
    }
}
