//! Medians, quantiles and bootstrap intervals.
//!
//! Sources: quantiles by linear interpolation, type 7 of Hyndman and Fan (1996), the default of R and numpy; the percentile
//! bootstrap of Efron (1979).

use super::{Interval, check_level};
use serde::{Deserialize, Serialize};

/// What a sample looks like, in the sample's own unit.
#[derive(Clone, Copy, PartialEq, Debug, Serialize, Deserialize)]
pub struct Summary {
    /// How many values there were.
    pub count: u64,
    /// Their mean.
    pub mean: f64,
    /// The value that one in twenty is below.
    pub p05: f64,
    /// The middle value.
    pub median: f64,
    /// The value that one in twenty is above.
    pub p95: f64,
    /// The largest value.
    pub max: f64,
}

impl Summary {
    /// The summary of `values`, or `None` if there are none. Panics on NaN.
    pub fn of(values: &[f64]) -> Option<Self> {
        let sorted = sorted(values);
        Some(Summary {
            count: sorted.len() as u64,
            mean: sorted.iter().sum::<f64>() / sorted.len() as f64,
            p05: quantile_of_sorted(&sorted, 0.05)?,
            median: quantile_of_sorted(&sorted, 0.5)?,
            p95: quantile_of_sorted(&sorted, 0.95)?,
            max: *sorted.last()?,
        })
    }
}

/// The middle value, or the mean of the two middle ones. `None` of nothing; panics on NaN.
pub fn median(values: &[f64]) -> Option<f64> {
    quantile(values, 0.5)
}

/// The value that the share `at` of the sample is below. `None` of nothing; panics on NaN or if `at` is not within 0 to 1.
pub fn quantile(values: &[f64], at: f64) -> Option<f64> {
    quantile_of_sorted(&sorted(values), at)
}

/// The percentile bootstrap interval of `statistic`, from `rounds` samples drawn with replacement.
///
/// `draw` gives uniformly distributed words; the same words give the same interval. Draw over seeds and not over files:
/// files that vanish together are one event. `None` if `values` or `rounds` are empty, or if a resample has no statistic.
pub fn bootstrap(
    values: &[f64],
    statistic: impl Fn(&[f64]) -> Option<f64>,
    rounds: usize,
    level: f64,
    draw: &mut dyn FnMut() -> u64,
) -> Option<Interval> {
    check_level(level);
    if values.is_empty() {
        return None;
    }
    let mut resample = vec![0.0; values.len()];
    let mut found = Vec::with_capacity(rounds);
    for _ in 0..rounds {
        for slot in &mut resample {
            *slot = values[below(values.len(), draw())];
        }
        found.push(statistic(&resample)?);
    }
    found.sort_by(f64::total_cmp);
    let tail = (1.0 - level) / 2.0;
    Some(Interval {
        low: quantile_of_sorted(&found, tail)?,
        high: quantile_of_sorted(&found, 1.0 - tail)?,
    })
}

/// Maps a uniform word to an index below `len` by its high bits: the bias is below `len / 2^64`.
fn below(len: usize, word: u64) -> usize {
    ((u128::from(word) * len as u128) >> 64) as usize
}

fn sorted(values: &[f64]) -> Vec<f64> {
    assert!(values.iter().all(|v| !v.is_nan()), "a sample holds NaN");
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    sorted
}

fn quantile_of_sorted(sorted: &[f64], at: f64) -> Option<f64> {
    assert!((0.0..=1.0).contains(&at), "quantile {at}");
    let place = at * sorted.len().checked_sub(1)? as f64;
    let (low, high) = (
        sorted[place.floor() as usize],
        sorted[place.ceil() as usize],
    );
    Some(low + (high - low) * place.fract())
}

#[cfg(test)]
mod tests {
    use super::super::assert_near;
    use super::*;

    /// A word stream for tests (SplitMix64, Steele et al. 2014).
    fn words(mut state: u64) -> impl FnMut() -> u64 {
        move || {
            state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
            let mut z = state;
            z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
            z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
            z ^ (z >> 31)
        }
    }

    /// numpy 2.4: `np.quantile([3, 1, 4, 1, 5, 9, 2, 6], [.05, .5, .95])`.
    #[test]
    fn quantiles_agree_with_numpy() {
        let summary = Summary::of(&[3.0, 1.0, 4.0, 1.0, 5.0, 9.0, 2.0, 6.0]).unwrap();
        assert_near(summary.p05, 1.0, 1e-12);
        assert_near(summary.median, 3.5, 1e-12);
        assert_near(summary.p95, 7.95, 1e-12);
        assert_near(summary.mean, 3.875, 1e-12);
        assert_eq!((summary.max, summary.count), (9.0, 8));
        assert_eq!(median(&[]), None);
        assert_eq!(Summary::of(&[]), None);
    }

    /// The bootstrap interval of a mean is near the normal one: mean 49.5, standard error 2.8866 for 0, 1, …, 99.
    #[test]
    fn bootstrap_of_a_mean_is_near_the_normal_interval_and_repeats() {
        let values: Vec<f64> = (0..100).map(f64::from).collect();
        let mean = |v: &[f64]| Some(v.iter().sum::<f64>() / v.len() as f64);
        let run = |seed| bootstrap(&values, mean, 4_000, 0.95, &mut words(seed)).unwrap();
        let got = run(7);
        assert!((got.low - 43.84).abs() < 0.4, "{got:?}");
        assert!((got.high - 55.16).abs() < 0.4, "{got:?}");
        assert_eq!(got, run(7));
        assert_ne!(got, run(8));
    }
}
