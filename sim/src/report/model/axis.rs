//! What was measured along an axis of scale.

use crate::stats::Interval;
use serde::{Deserialize, Serialize};

/// The greatest exponent of a cost that is called flat: over five decades it does not double.
pub const FLAT_EXPONENT_MAX: f64 = 0.05;

/// One queue along one axis.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AxisRow {
    /// Id of the scenario.
    pub scenario: String,
    /// The axis.
    pub axis: String,
    /// What its points count.
    pub unit: String,
    /// The queue.
    pub engine: String,
    /// The first point and the last.
    pub range: [u64; 2],
    /// Runs at all points.
    pub runs: u64,
    /// Of those, the runs that broke a predicate.
    pub failed: u64,
    /// The costs that are held against it.
    pub costs: Vec<AxisCost>,
}

/// How one cost grows along an axis.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AxisCost {
    /// Which cost.
    pub measure: String,
    /// Its median at the first point and at the last, in calls.
    pub ends: [f64; 2],
    /// The exponent b of n^b, fitted to every run; `None` with too few runs.
    pub exponent: Option<f64>,
    /// Its t interval of 95 %.
    pub interval: Option<Interval>,
    /// Whether it must be flat. The old queues' are shown for contrast.
    pub must_be_flat: bool,
}

impl AxisCost {
    /// Whether it grows, although it must be flat.
    pub fn has_grown(&self) -> bool {
        let grows = |interval: Interval| FLAT_EXPONENT_MAX < interval.low;
        self.must_be_flat && self.interval.is_some_and(grows)
    }

    /// Whether the runs cannot tell if it is flat, although it must be.
    pub fn is_unknown(&self) -> bool {
        let is_shown = |interval: Interval| interval.high <= FLAT_EXPONENT_MAX;
        self.must_be_flat && !self.has_grown() && !self.interval.is_some_and(is_shown)
    }
}
