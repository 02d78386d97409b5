//! A straight line by least squares.
//!
//! Source: the textbook formulas, as in Draper and Smith, "Applied Regression Analysis" (1998), chapter 1.

use super::{Interval, student_reach};

/// A line through points, with what its error bars need.
#[derive(Clone, Copy, Debug)]
pub(super) struct Line {
    /// The slope.
    pub(super) slope: f64,
    /// Sum of the squared residuals.
    pub(super) residual: f64,
    points: f64,
    centre: (f64, f64),
    spread: f64,
}

impl Line {
    /// The line through `points`, or `None` with fewer than three points or a single abscissa.
    pub(super) fn through(points: &[(f64, f64)]) -> Option<Self> {
        let n = points.len() as f64;
        if n < 3.0 {
            return None;
        }
        let centre = (
            points.iter().map(|p| p.0).sum::<f64>() / n,
            points.iter().map(|p| p.1).sum::<f64>() / n,
        );
        let spread: f64 = points.iter().map(|p| (p.0 - centre.0).powi(2)).sum();
        if spread <= f64::EPSILON * n * centre.0.powi(2) {
            return None;
        }
        let both: f64 = points
            .iter()
            .map(|p| (p.0 - centre.0) * (p.1 - centre.1))
            .sum();
        let slope = both / spread;
        let at = |x: f64| centre.1 + slope * (x - centre.0);
        let residual = points.iter().map(|p| (p.1 - at(p.0)).powi(2)).sum();
        Some(Line {
            slope,
            residual,
            points: n,
            centre,
            spread,
        })
    }

    /// The line's height at `x`.
    pub(super) fn at(&self, x: f64) -> f64 {
        self.centre.1 + self.slope * (x - self.centre.0)
    }

    /// The t interval of the slope.
    pub(super) fn slope_interval(&self, level: f64) -> Interval {
        let reach = self.reach(level) / self.spread.sqrt();
        Interval {
            low: self.slope - reach,
            high: self.slope + reach,
        }
    }

    /// Where one new observation at `x` is expected.
    pub(super) fn prediction(&self, x: f64, level: f64) -> Interval {
        let leverage = 1.0 + 1.0 / self.points + (x - self.centre.0).powi(2) / self.spread;
        let reach = self.reach(level) * leverage.sqrt();
        Interval {
            low: self.at(x) - reach,
            high: self.at(x) + reach,
        }
    }

    fn reach(&self, level: f64) -> f64 {
        let freedom = self.points - 2.0;
        student_reach(level, freedom) * (self.residual / freedom).sqrt()
    }
}
