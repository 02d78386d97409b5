//! Honest numbers: what a campaign may claim from the runs that it made.
//!
//! Every function is pure. A level is an argument and never a default, an answer that the data cannot give is `None`,
//! and each module names the source of its formulas.
//!
//! - [`proportion`]: k failures in n runs; intervals, bounds, and how many runs a claim needs.
//! - [`response`]: how the chance of a failure grows with depth, and the depth of a given chance.
//! - [`growth`]: how a cost grows with depth; which law fits, what it predicts, and how far it may be trusted.
//! - [`paired`]: two engines on the same seeds.
//! - [`sample`]: medians, quantiles and bootstrap intervals.

pub mod growth;
mod line;
pub mod paired;
pub mod proportion;
pub mod response;
pub mod sample;

use serde::{Deserialize, Serialize};
use statrs::distribution::{ContinuousCDF, Normal, StudentsT};

/// A lower and an upper end, of an interval whose level its maker names.
#[derive(Clone, Copy, PartialEq, Debug, Serialize, Deserialize)]
pub struct Interval {
    /// The lower end.
    pub low: f64,
    /// The upper end.
    pub high: f64,
}

impl Interval {
    /// Whether `value` lies within the interval, its ends included.
    pub fn contains(&self, value: f64) -> bool {
        self.low <= value && value <= self.high
    }

    /// Both ends through a growing function, as when a scale is left.
    fn map(self, grow: impl Fn(f64) -> f64) -> Self {
        Interval {
            low: grow(self.low),
            high: grow(self.high),
        }
    }
}

/// The quantile of the standard normal distribution that a two-sided interval of `level` reaches.
///
/// Panics unless `0 < level < 1`.
fn normal_reach(level: f64) -> f64 {
    check_level(level);
    Normal::standard().inverse_cdf(f64::midpoint(1.0, level))
}

/// The quantile of Student's t with `freedom` degrees of freedom that a two-sided interval of `level` reaches.
///
/// Panics unless `0 < level < 1` and `0 < freedom`.
fn student_reach(level: f64, freedom: f64) -> f64 {
    check_level(level);
    assert!(0.0 < freedom, "{freedom} degrees of freedom");
    StudentsT::new(0.0, 1.0, freedom)
        .expect("the scale is one and the degrees of freedom are positive")
        .inverse_cdf(f64::midpoint(1.0, level))
}

fn check_level(level: f64) {
    assert!(0.0 < level, "level {level} of an interval");
    assert!(level < 1.0, "level {level} of an interval");
}

#[cfg(test)]
fn assert_near(got: f64, want: f64, relative: f64) {
    let error = (got - want).abs();
    assert!(
        error <= relative * want.abs().max(1e-300),
        "{got} instead of {want}: off by {error:e}"
    );
}
