//! How a cost grows with depth: which law fits, what it predicts, how far it may be trusted.
//!
//! The laws are fitted to logarithms, so an error is a factor. Sources: least squares and its t intervals (Draper and Smith,
//! 1998); AICc (Hurvich and Tsai, 1989). What remains after a fit is an error of the model and not noise: beyond a decade
//! past the data the intervals are too narrow. Label such figures, and never decide a gate on them.

use super::line::Line;
use super::{Interval, student_reach};

/// A law of growth with depth n.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Law {
    /// The same at every depth.
    Constant,
    /// Proportional to n.
    Linear,
    /// Proportional to n ln n.
    Linearithmic,
    /// Proportional to n².
    Quadratic,
    /// Proportional to n^b, with b fitted.
    Power,
}

impl Law {
    /// Every law, from the slowest growth to the fitted exponent.
    pub const ALL: [Law; 5] = [
        Law::Constant,
        Law::Linear,
        Law::Linearithmic,
        Law::Quadratic,
        Law::Power,
    ];

    /// The law as people write it.
    pub fn formula(self) -> &'static str {
        match self {
            Law::Constant => "constant",
            Law::Linear => "n",
            Law::Linearithmic => "n log n",
            Law::Quadratic => "n^2",
            Law::Power => "n^b",
        }
    }

    /// The logarithm of the law's shape at depth `n`, up to a constant. The fitted exponent has none.
    fn ln_shape(self, n: f64) -> f64 {
        match self {
            Law::Constant | Law::Power => 0.0,
            Law::Linear => n.ln(),
            // Below e the factor ln n would be less than one, and at one zero.
            Law::Linearithmic => n.ln() + n.ln().max(1.0).ln(),
            Law::Quadratic => 2.0 * n.ln(),
        }
    }
}

/// One law, fitted.
#[derive(Clone, Copy, Debug)]
pub struct Fit {
    /// Which law.
    pub law: Law,
    /// Corrected Akaike information: lower is better, and only differences mean anything. Infinite if the points are too few.
    pub aicc: f64,
    shape: Shape,
}

#[derive(Clone, Copy, Debug)]
enum Shape {
    /// A fixed shape times `exp(ln_factor)`.
    Fixed {
        ln_factor: f64,
        deviation: f64,
        points: f64,
    },
    Fitted(Line),
}

impl Fit {
    /// The fitted cost at `depth`, in the unit of the data.
    pub fn at(&self, depth: f64) -> f64 {
        match self.shape {
            Shape::Fixed { ln_factor, .. } => (ln_factor + self.law.ln_shape(depth)).exp(),
            Shape::Fitted(line) => line.at(depth.ln()).exp(),
        }
    }

    /// Where one new observation at `depth` is expected, if the law holds there.
    pub fn prediction(&self, depth: f64, level: f64) -> Interval {
        match self.shape {
            Shape::Fixed {
                deviation, points, ..
            } => {
                let reach =
                    student_reach(level, points - 1.0) * deviation * (1.0 + 1.0 / points).sqrt();
                let ln = self.at(depth).ln();
                Interval {
                    low: ln - reach,
                    high: ln + reach,
                }
                .map(f64::exp)
            }
            Shape::Fitted(line) => line.prediction(depth.ln(), level).map(f64::exp),
        }
    }
}

/// All laws, fitted to the same points.
#[derive(Clone, Debug)]
pub struct Growth {
    /// The fits, best first by AICc; of equals the simpler law comes first.
    pub fits: Vec<Fit>,
    /// Smallest and largest depth among the points.
    pub depths: (f64, f64),
    line: Line,
}

impl Growth {
    /// Fits every law to points of (depth, cost).
    ///
    /// Points whose depth or cost is not positive have no logarithm and are left out. `None` with fewer than three points
    /// or a single depth.
    pub fn fit(points: &[(f64, f64)]) -> Option<Self> {
        let points: Vec<(f64, f64)> = points
            .iter()
            .copied()
            .filter(|p| 0.0 < p.0 && 0.0 < p.1 && p.0.is_finite() && p.1.is_finite())
            .collect();
        let logs: Vec<(f64, f64)> = points.iter().map(|p| (p.0.ln(), p.1.ln())).collect();
        let line = Line::through(&logs)?;
        let mut fits: Vec<Fit> = Law::ALL
            .iter()
            .map(|&law| match law {
                Law::Power => fit_power(line, points.len()),
                fixed => fit_fixed(fixed, &points),
            })
            .collect();
        fits.sort_by(|a, b| a.aicc.total_cmp(&b.aicc));
        let depths = points
            .iter()
            .fold((f64::INFINITY, 0.0_f64), |(low, high), p| {
                (low.min(p.0), high.max(p.0))
            });
        Some(Growth { fits, depths, line })
    }

    /// The law that AICc prefers.
    pub fn best(&self) -> &Fit {
        self.fits.first().expect("every law is fitted")
    }

    /// The best law with another shape: what a reader should hold against [`Growth::best`].
    ///
    /// The fitted exponent is passed over, because it imitates every other law.
    pub fn rival(&self) -> &Fit {
        self.fits
            .iter()
            .skip(1)
            .find(|fit| fit.law != Law::Power)
            .expect("four laws have a fixed shape")
    }

    /// The fit of one law.
    pub fn law(&self, law: Law) -> &Fit {
        self.fits
            .iter()
            .find(|fit| fit.law == law)
            .expect("every law is fitted")
    }

    /// The exponent b of n^b.
    pub fn exponent(&self) -> f64 {
        self.line.slope
    }

    /// The t interval of the exponent.
    pub fn exponent_interval(&self, level: f64) -> Interval {
        self.line.slope_interval(level)
    }
}

/// The relative error at the deepest point of `law` fitted to the depths of at most a tenth of it: +0.1 is a tenth too much.
///
/// `None` if fewer than three points remain to fit, or the deepest has no positive cost.
pub fn back_test(points: &[(f64, f64)], law: Law) -> Option<f64> {
    let deepest = points
        .iter()
        .copied()
        .filter(|p| 0.0 < p.1)
        .max_by(|a, b| a.0.total_cmp(&b.0))?;
    let early: Vec<(f64, f64)> = points
        .iter()
        .copied()
        .filter(|p| p.0 <= deepest.0 / 10.0)
        .collect();
    let growth = Growth::fit(&early)?;
    Some(growth.law(law).at(deepest.0) / deepest.1 - 1.0)
}

/// The straight line through `points`: its height at zero and its slope, as in "so much, and so much for each file".
///
/// `None` with fewer than three points or a single depth.
pub fn straight(points: &[(f64, f64)]) -> Option<(f64, f64)> {
    let line = Line::through(points)?;
    Some((line.at(0.0), line.slope))
}

fn fit_fixed(law: Law, points: &[(f64, f64)]) -> Fit {
    let n = points.len() as f64;
    let offsets = points.iter().map(|p| p.1.ln() - law.ln_shape(p.0));
    let ln_factor = offsets.clone().sum::<f64>() / n;
    let residual: f64 = offsets.map(|o| (o - ln_factor).powi(2)).sum();
    Fit {
        law,
        aicc: aicc(residual, n, 2.0),
        shape: Shape::Fixed {
            ln_factor,
            deviation: (residual / (n - 1.0)).sqrt(),
            points: n,
        },
    }
}

fn fit_power(line: Line, points: usize) -> Fit {
    Fit {
        law: Law::Power,
        aicc: aicc(line.residual, points as f64, 3.0),
        shape: Shape::Fitted(line),
    }
}

/// AICc of a least-squares fit with `parameters`, the variance counted as one of them.
fn aicc(residual: f64, points: f64, parameters: f64) -> f64 {
    let left = points - parameters - 1.0;
    if left <= 0.0 {
        return f64::INFINITY;
    }
    // A virtual clock can be met exactly. Below a millionth a residual is rounding and prefers no law.
    let variance = (residual / points).max(1e-12);
    points * variance.ln() + 2.0 * parameters + 2.0 * parameters * (parameters + 1.0) / left
}

#[cfg(test)]
mod tests {
    use super::super::assert_near;
    use super::*;

    const POINTS: [(f64, f64); 7] = [
        (1e3, 8.9),
        (3e3, 26.0),
        (1e4, 88.1),
        (3e4, 259.0),
        (1e5, 880.0),
        (3e5, 2_610.0),
        (1e6, 8_790.0),
    ];

    /// statsmodels 0.15: `OLS(log y, [1, log x])`, `conf_int()` and `get_prediction(log 1e7).summary_frame(0.05)`.
    #[test]
    fn exponent_and_prediction_agree_with_statsmodels() {
        let growth = Growth::fit(&POINTS).unwrap();
        assert_near(growth.exponent(), 0.999_089_701_781, 1e-11);
        let slope = growth.exponent_interval(0.95);
        assert_near(slope.low, 0.994_247_228_584, 1e-9);
        assert_near(slope.high, 1.003_932_174_979, 1e-9);
        let power = growth.law(Law::Power);
        assert_near(power.at(1e7), 87_107.665_389_085_79, 1e-9);
        let band = power.prediction(1e7, 0.95);
        assert_near(band.low, 83_511.118_859_821_03, 1e-7);
        assert_near(band.high, 90_859.103_232_390_76, 1e-7);
    }

    /// numpy 2.4 and scipy 1.17: residuals of the fixed shapes, `m log(rss/m) + 2k + 2k(k+1)/(m-k-1)`, and `stats.t.ppf`.
    #[test]
    fn laws_are_ranked_by_aicc() {
        let growth = Growth::fit(&POINTS).unwrap();
        assert_near(growth.law(Law::Linear).aicc, -57.579_547_721_731_714, 1e-9);
        assert_near(growth.law(Law::Power).aicc, -50.899_050_640_370_035, 1e-9);
        assert_near(
            growth.law(Law::Linearithmic).aicc,
            -13.378_181_008_794_503,
            1e-9,
        );
        assert_near(growth.law(Law::Constant).aicc, 18.664_725_947_914_06, 1e-9);
        assert_near(
            growth.law(Law::Quadratic).aicc,
            18.690_213_852_828_023,
            1e-9,
        );
        assert_eq!(growth.best().law, Law::Linear);
        assert_eq!(growth.rival().law, Law::Linearithmic);
        assert_eq!(growth.depths, (1e3, 1e6));
        assert_near(growth.best().at(1e7), 87_567.115_756_137_27, 1e-9);
        let band = growth.best().prediction(1e7, 0.95);
        assert_near(band.low, 85_145.919_526_208_05, 1e-7);
        assert_near(band.high, 90_057.160_748_478_64, 1e-7);
    }

    /// numpy 2.4: the mean of `log y - log x` over the depths up to 1e5.
    #[test]
    fn back_test_predicts_the_last_decade() {
        let error = back_test(&POINTS, Law::Linear).unwrap();
        assert_near(error, -0.003_248_350_840_070_579_6, 1e-7);
        let wrong = back_test(&POINTS, Law::Quadratic).unwrap();
        assert!(5.0 < wrong, "n^2 is off by a factor, not {wrong}");
        assert_eq!(back_test(&POINTS[5..], Law::Linear), None);
    }

    #[test]
    fn a_flat_cost_is_constant_and_an_exact_one_does_not_blow_up() {
        let flat: Vec<(f64, f64)> = POINTS.iter().map(|p| (p.0, 4_096.0)).collect();
        let growth = Growth::fit(&flat).unwrap();
        assert_eq!(growth.best().law, Law::Constant);
        assert!(growth.exponent().abs() < 1e-12);
        assert_near(growth.best().at(1e8), 4_096.0, 1e-9);
    }

    #[test]
    fn a_straight_line_has_an_intercept() {
        let points = [(10.0, 25.0), (20.0, 45.0), (40.0, 85.0)];
        let (base, each) = straight(&points).unwrap();
        assert_near(base, 5.0, 1e-12);
        assert_near(each, 2.0, 1e-12);
    }

    #[test]
    fn too_little_data_fits_nothing() {
        assert!(Growth::fit(&POINTS[..2]).is_none());
        assert!(Growth::fit(&[(10.0, 1.0), (10.0, 2.0), (10.0, 3.0)]).is_none());
        assert!(Growth::fit(&[(10.0, 0.0), (100.0, 2.0), (1e3, 3.0)]).is_none());
    }
}
