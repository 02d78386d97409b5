//! Axes: from values to places, and where to put the ticks.

use super::super::units;

/// An axis of a chart.
#[derive(Clone, Debug)]
pub(in super::super) struct Axis {
    label: String,
    logarithmic: bool,
    low: f64,
    high: f64,
    ticks: Vec<f64>,
    words: fn(f64) -> String,
}

impl Axis {
    /// A logarithmic axis over the positive ones of `values`, widened to a round figure of a decade.
    pub(in super::super) fn log(
        label: &str,
        values: impl Iterator<Item = f64>,
        words: fn(f64) -> String,
    ) -> Self {
        let (low, high) = ends(values.filter(|v| 0.0 < *v)).unwrap_or((1.0, 10.0));
        let (low, high) = (round_down(low * 0.999), round_up(high * 1.001));
        let mut ticks = decades(low, high, &[1.0]);
        if ticks.len() < 3 {
            ticks = decades(low, high, &[1.0, 2.0, 5.0]);
        }
        let ticks = thinned(ticks);
        Axis {
            label: label.to_owned(),
            logarithmic: true,
            low,
            high,
            ticks,
            words,
        }
    }

    /// An axis like [`Axis::log`] whose ticks are those of `rungs` that it shows: for units that are no powers of ten.
    pub(in super::super) fn log_with_rungs(
        label: &str,
        values: impl Iterator<Item = f64>,
        words: fn(f64) -> String,
        rungs: &[f64],
    ) -> Self {
        let mut axis = Axis::log(label, values, words);
        let shown: Vec<f64> = rungs
            .iter()
            .copied()
            .filter(|rung| axis.shows(*rung))
            .collect();
        // Between two rungs the axis keeps its decimal ticks, for one tick alone says nothing of the scale.
        if 1 < shown.len() {
            axis.ticks = thinned(shown);
        }
        axis
    }

    /// A logarithmic axis of virtual nanoseconds, with ticks in the units that people use.
    pub(in super::super) fn log_time(label: &str, values: impl Iterator<Item = f64>) -> Self {
        // Ten hours would stand too near to a day.
        const RUNGS: [f64; 14] = [
            1e3,
            1e4,
            1e5,
            1e6,
            1e7,
            1e8,
            1e9,
            1e10,
            60e9,
            600e9,
            3_600e9,
            86_400e9,
            864_000e9,
            8_640_000e9,
        ];
        Axis::log_with_rungs(label, values, time_tick, &RUNGS)
    }

    /// A logarithmic axis of bytes, with ticks at powers of four.
    pub(in super::super) fn log_bytes(label: &str, values: impl Iterator<Item = f64>) -> Self {
        let rungs: Vec<f64> = (0..24).map(|power| 4_f64.powi(power)).collect();
        Axis::log_with_rungs(label, values, units::bytes, &rungs)
    }

    /// A linear axis from zero to at least the largest of `values`.
    pub(in super::super) fn from_zero(
        label: &str,
        values: impl Iterator<Item = f64>,
        words: fn(f64) -> String,
    ) -> Self {
        let top = ends(values).map_or(1.0, |(_, high)| high);
        let top = if 0.0 < top { top } else { 1.0 };
        let step = nice_step(top / 4.0);
        let count = (top / step - 1e-9).ceil().max(1.0);
        let ticks = (0..=count as u32).map(|i| f64::from(i) * step).collect();
        Axis {
            label: label.to_owned(),
            logarithmic: false,
            low: 0.0,
            high: count * step,
            ticks,
            words,
        }
    }

    /// An axis of minutes since midnight, with ticks on whole hours.
    pub(in super::super) fn clock(
        label: &str,
        values: impl Iterator<Item = f64>,
        words: fn(f64) -> String,
    ) -> Self {
        let (low, high) = ends(values).unwrap_or((0.0, 60.0));
        let step = [60.0, 120.0, 240.0, 360.0, 720.0, 1_440.0]
            .into_iter()
            .find(|step| (high - low) / step <= 10.0)
            .unwrap_or(2_880.0);
        let (low, high) = ((low / 60.0).floor() * 60.0, (high / 60.0).ceil() * 60.0);
        let first = (low / step).ceil() as u32;
        let last = (high / step).floor() as u32;
        let ticks = (first..=last).map(|i| f64::from(i) * step).collect();
        Axis {
            label: label.to_owned(),
            logarithmic: false,
            low,
            high: high.max(low + 60.0),
            ticks,
            words,
        }
    }

    /// What the axis shows.
    pub(super) fn label(&self) -> &str {
        &self.label
    }

    /// The ticks: value and words.
    pub(super) fn ticks(&self) -> impl Iterator<Item = (f64, String)> {
        self.ticks.iter().map(|&tick| (tick, (self.words)(tick)))
    }

    /// Where `value` lies, from 0 at the low end to 1 at the high end. Values outside are clamped to just outside.
    pub(super) fn place(&self, value: f64) -> f64 {
        let place = if !self.logarithmic {
            (value - self.low) / (self.high - self.low)
        } else if 0.0 < value {
            (value / self.low).ln() / (self.high / self.low).ln()
        } else {
            -0.02
        };
        place.clamp(-0.02, 1.02)
    }

    /// Whether `value` can be shown.
    pub(super) fn shows(&self, value: f64) -> bool {
        self.low * (1.0 - 1e-9) <= value && value <= self.high * (1.0 + 1e-9)
    }

    /// The largest value.
    pub(in super::super) fn high(&self) -> f64 {
        self.high
    }

    /// The smallest value.
    pub(in super::super) fn low(&self) -> f64 {
        self.low
    }
}

fn ends(values: impl Iterator<Item = f64>) -> Option<(f64, f64)> {
    values
        .filter(|v| v.is_finite())
        .fold(None, |ends, v| match ends {
            None => Some((v, v)),
            Some((low, high)) => Some((low.min(v), high.max(v))),
        })
}

/// The largest of 1, 2, 5 times a power of ten that is not above `value`.
fn round_down(value: f64) -> f64 {
    let power = 10_f64.powf(value.log10().floor());
    let lead = [5.0, 2.0, 1.0]
        .into_iter()
        .find(|lead| lead * power <= value);
    lead.unwrap_or(1.0) * power
}

/// The smallest of 1, 2, 5, 10 times a power of ten that is not below `value`.
fn round_up(value: f64) -> f64 {
    let power = 10_f64.powf(value.log10().floor());
    let lead = [1.0, 2.0, 5.0]
        .into_iter()
        .find(|lead| value <= lead * power);
    lead.unwrap_or(10.0) * power
}

/// The smallest of 1, 2, 2.5, 5, 10 times a power of ten that is not below `rough`.
fn nice_step(rough: f64) -> f64 {
    let power = 10_f64.powf(rough.log10().floor());
    let lead = [1.0, 2.0, 2.5, 5.0]
        .into_iter()
        .find(|lead| rough <= lead * power * (1.0 + 1e-9));
    lead.unwrap_or(10.0) * power
}

/// A round time in its own unit: `1 min` and not `60 s`.
fn time_tick(nanos: f64) -> String {
    const UNITS: [(f64, &str); 6] = [
        (86_400e9, "d"),
        (3_600e9, "h"),
        (60e9, "min"),
        (1e9, "s"),
        (1e6, "ms"),
        (1e3, "µs"),
    ];
    let unit = UNITS
        .into_iter()
        .find(|(unit, _)| unit * (1.0 - 1e-9) <= nanos);
    let (unit, name) = unit.unwrap_or((1.0, "ns"));
    format!("{} {name}", units::plain(nanos / unit))
}

/// Every second tick while there are more than ten.
fn thinned(mut ticks: Vec<f64>) -> Vec<f64> {
    while 10 < ticks.len() {
        ticks = ticks.into_iter().step_by(2).collect();
    }
    ticks
}

fn decades(low: f64, high: f64, leads: &[f64]) -> Vec<f64> {
    let first = low.log10().floor() as i32;
    let last = high.log10().ceil() as i32;
    (first..=last)
        .flat_map(|power| leads.iter().map(move |lead| lead * 10_f64.powi(power)))
        .filter(|tick| low * (1.0 - 1e-9) <= *tick && *tick <= high * (1.0 + 1e-9))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(axis: &Axis) -> Vec<String> {
        axis.ticks().map(|(_, words)| words).collect()
    }

    #[test]
    fn ticks_are_round_and_few() {
        let depth = |v: f64| units::depth(v as u64);
        let axis = Axis::log("", [100.0, 1e8].into_iter(), depth);
        assert_eq!(
            words(&axis),
            ["100", "1k", "10k", "100k", "1M", "10M", "100M"]
        );
        let narrow = Axis::log("", [12.0, 40.0].into_iter(), units::plain);
        assert_eq!(words(&narrow), ["10", "20", "50"]);
        let share = Axis::from_zero("", [0.0, 1.0].into_iter(), units::percent_tick);
        let time = Axis::log_time("", [3e10, 5e12].into_iter());
        assert_eq!(words(&time), ["1 min", "10 min", "1 h"]);
        let heap = Axis::log_bytes("", [2e6, 2e8].into_iter());
        assert_eq!(
            words(&heap),
            ["1 MiB", "4 MiB", "16 MiB", "64 MiB", "256 MiB"]
        );
        assert_eq!(words(&share), ["0 %", "25 %", "50 %", "75 %", "100 %"]);
        let clock = Axis::clock("", [329.0, 850.0].into_iter(), units::clock);
        assert_eq!(words(&clock).first().unwrap(), "05:00");
        assert!(words(&clock).len() <= 11, "{:?}", words(&clock));
    }

    #[test]
    fn places_run_from_zero_to_one_and_never_far_outside() {
        let axis = Axis::log("", [10.0, 1000.0].into_iter(), units::plain);
        assert!((axis.place(axis.low())).abs() < 1e-12);
        assert!((axis.place(axis.high()) - 1.0).abs() < 1e-12);
        assert_eq!(axis.place(0.0), -0.02);
        assert_eq!(axis.place(f64::MAX), 1.02);
        assert!(axis.shows(100.0));
        assert!(!axis.shows(1e9));
    }

    #[test]
    fn no_values_still_make_an_axis() {
        let axis = Axis::log("", std::iter::empty(), units::plain);
        assert!(axis.low() < axis.high());
        assert!(Axis::from_zero("", std::iter::empty(), units::plain).high() > 0.0);
    }
}
