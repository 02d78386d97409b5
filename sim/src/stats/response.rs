//! How the chance of a failure grows with depth.
//!
//! With removals at random and a window proportional to depth, P = 1 − exp(−n/n0): the complementary log-log of P is a line
//! in ln n, with slope 1. A slope of b says that the expected number of events grows as n^b. Source: generalised linear
//! models by iteratively reweighted least squares, McCullagh and Nelder (1989), sections 2.5 and 4.3; D-values with the delta
//! method on ln n. A boundary found by bisection would hide that the risk spans 2.7 decades between 1 % and 99 %.

use super::{Interval, normal_reach};

/// Failures at one depth.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Dose {
    /// Files in the queue.
    pub depth: u64,
    /// Runs that failed.
    pub failed: u64,
    /// Runs, each of a distinct seed.
    pub runs: u64,
}

/// A fitted curve of P(failure) against depth.
#[derive(Clone, Copy, Debug)]
pub struct Response {
    /// The constant of the linear predictor.
    pub intercept: f64,
    /// Growth exponent of the expected number of events.
    pub slope: f64,
    covariance: Covariance,
}

#[derive(Clone, Copy, Debug)]
struct Covariance {
    intercept: f64,
    slope: f64,
    both: f64,
}

/// Fitting converges in about six steps; one that needs more has no maximum.
const STEPS_MAX: usize = 60;

impl Response {
    /// Fits the curve.
    ///
    /// `None` when the data cannot fix one: fewer than two depths, no overlap between the depths with failures and those
    /// without (the slope would be infinite), or no convergence.
    pub fn fit(doses: &[Dose]) -> Option<Self> {
        let doses: Vec<Dose> = doses
            .iter()
            .copied()
            .filter(|dose| 0 < dose.depth && 0 < dose.runs)
            .collect();
        if !overlaps(&doses) {
            return None;
        }
        // Start from a line of slope one through the overall rate: the physics of a linear window.
        let mut beta = start(&doses)?;
        let mut deviance = deviance(&doses, beta);
        for _ in 0..STEPS_MAX {
            let (next, covariance) = weighted_step(&doses, beta)?;
            let (next, reached) = halve_until_better(&doses, beta, next, deviance)?;
            let moved = (next.0 - beta.0).abs().max((next.1 - beta.1).abs());
            beta = next;
            deviance = reached;
            if moved < 1e-10 {
                return Some(Response {
                    intercept: beta.0,
                    slope: beta.1,
                    covariance,
                });
            }
        }
        None
    }

    /// The fitted chance at `depth`.
    pub fn at(&self, depth: f64) -> f64 {
        chance(self.intercept + self.slope * depth.ln())
    }

    /// The interval of the fitted chance at `depth`, from a normal interval of the linear predictor.
    pub fn band(&self, depth: f64, level: f64) -> Interval {
        let x = depth.ln();
        let centre = self.intercept + self.slope * x;
        let reach = normal_reach(level) * self.deviation(x);
        Interval {
            low: centre - reach,
            high: centre + reach,
        }
        .map(chance)
    }

    /// The normal interval of the slope.
    pub fn slope_interval(&self, level: f64) -> Interval {
        let reach = normal_reach(level) * self.covariance.slope.sqrt();
        Interval {
            low: self.slope - reach,
            high: self.slope + reach,
        }
    }

    /// The depth at which the chance is `rate`, with its interval: D01, D10 and D50 for 0.01, 0.1 and 0.5.
    ///
    /// `None` if the chance does not clearly grow with depth, for then no depth can be told apart from any other. Panics
    /// unless `0 < rate < 1`.
    pub fn depth_at(&self, rate: f64, level: f64) -> Option<(f64, Interval)> {
        assert!(0.0 < rate, "rate {rate} has no depth");
        assert!(rate < 1.0, "rate {rate} has no depth");
        if self.slope_interval(level).low <= 0.0 {
            return None;
        }
        let target = (-(-rate).ln_1p()).ln();
        let x = (target - self.intercept) / self.slope;
        let reach = normal_reach(level) * self.deviation(x) / self.slope;
        let interval = Interval {
            low: x - reach,
            high: x + reach,
        }
        .map(f64::exp);
        Some((x.exp(), interval))
    }

    /// The standard error of the linear predictor at `x`.
    fn deviation(&self, x: f64) -> f64 {
        let c = &self.covariance;
        (c.intercept + 2.0 * x * c.both + x * x * c.slope)
            .max(0.0)
            .sqrt()
    }
}

/// `1 − exp(−exp(eta))`, exact near zero.
fn chance(eta: f64) -> f64 {
    -(-eta.exp()).exp_m1()
}

/// Whether the maximum exists: depths with failures and depths with successes must overlap, in both directions.
fn overlaps(doses: &[Dose]) -> bool {
    let failing = doses.iter().filter(|d| 0 < d.failed).map(|d| d.depth);
    let passing = doses.iter().filter(|d| d.failed < d.runs).map(|d| d.depth);
    let ends = |depths: &mut dyn Iterator<Item = u64>| {
        depths.fold(None, |ends: Option<(u64, u64)>, depth| {
            Some(ends.map_or((depth, depth), |(low, high)| {
                (low.min(depth), high.max(depth))
            }))
        })
    };
    match (
        ends(&mut failing.into_iter()),
        ends(&mut passing.into_iter()),
    ) {
        (Some(fail), Some(pass)) => fail.0 < pass.1 && pass.0 < fail.1,
        _ => false,
    }
}

fn start(doses: &[Dose]) -> Option<(f64, f64)> {
    let runs: u64 = doses.iter().map(|d| d.runs).sum();
    let failed: u64 = doses.iter().map(|d| d.failed).sum();
    let rate = (failed as f64 + 0.5) / (runs as f64 + 1.0);
    let centre = doses.iter().map(|d| (d.depth as f64).ln()).sum::<f64>() / doses.len() as f64;
    let eta = (-(-rate).ln_1p()).ln();
    eta.is_finite().then_some((eta - centre, 1.0))
}

/// One step of iteratively reweighted least squares, and the covariance that its weights give.
fn weighted_step(doses: &[Dose], beta: (f64, f64)) -> Option<((f64, f64), Covariance)> {
    let (mut w, mut wx, mut wxx, mut wz, mut wxz) = (0.0, 0.0, 0.0, 0.0, 0.0);
    for dose in doses {
        let x = (dose.depth as f64).ln();
        // Beyond these limits the chance is 0 or 1 in double precision, and so is its weight.
        let eta = (beta.0 + beta.1 * x).clamp(-30.0, 3.5);
        let p = chance(eta);
        let rise = (eta - eta.exp()).exp();
        let weight = dose.runs as f64 * rise * rise / (p * (1.0 - p));
        let z = eta + (dose.failed as f64 / dose.runs as f64 - p) / rise;
        w += weight;
        wx += weight * x;
        wxx += weight * x * x;
        wz += weight * z;
        wxz += weight * x * z;
    }
    let determinant = w * wxx - wx * wx;
    if !determinant.is_normal() || determinant <= 0.0 {
        return None;
    }
    let next = (
        (wxx * wz - wx * wxz) / determinant,
        (w * wxz - wx * wz) / determinant,
    );
    let covariance = Covariance {
        intercept: wxx / determinant,
        slope: w / determinant,
        both: -wx / determinant,
    };
    Some((next, covariance))
}

/// Shortens a step that overshot the maximum. Answers the point and its deviance.
fn halve_until_better(
    doses: &[Dose],
    from: (f64, f64),
    mut to: (f64, f64),
    before: f64,
) -> Option<((f64, f64), f64)> {
    for _ in 0..40 {
        let after = deviance(doses, to);
        // Near the maximum only rounding is left, and it may go either way.
        if after <= before + 1e-9 * (1.0 + before.abs()) {
            return Some((to, after));
        }
        to = (f64::midpoint(from.0, to.0), f64::midpoint(from.1, to.1));
    }
    None
}

/// Twice the negative log-likelihood, up to a constant.
fn deviance(doses: &[Dose], beta: (f64, f64)) -> f64 {
    let ln_likelihood: f64 = doses
        .iter()
        .map(|dose| {
            let mu = (beta.0 + beta.1 * (dose.depth as f64).ln()).exp();
            let passed = (dose.runs - dose.failed) as f64;
            // ln(1 − p) is −mu exactly. Zero counts add nothing, even where the logarithm is infinite.
            let fail = match dose.failed {
                0 => 0.0,
                failed => failed as f64 * (-(-mu).exp_m1()).ln(),
            };
            fail - if 0.0 < passed { passed * mu } else { 0.0 }
        })
        .sum();
    -2.0 * ln_likelihood
}

#[cfg(test)]
mod tests {
    use super::super::assert_near;
    use super::*;

    fn doses(counts: &[(u64, u64)]) -> Vec<Dose> {
        counts
            .iter()
            .map(|&(depth, failed)| Dose {
                depth,
                failed,
                runs: 400,
            })
            .collect()
    }

    fn sweep() -> Vec<Dose> {
        doses(&[
            (100, 3),
            (1_000, 27),
            (3_000, 76),
            (10_000, 203),
            (30_000, 352),
            (100_000, 400),
        ])
    }

    /// statsmodels 0.15: `GLM([k, n-k], [1, log depth], Binomial(CLogLog())).fit(tol=1e-14)`, `params` and `cov_params()`.
    #[test]
    fn fit_agrees_with_statsmodels() {
        let fit = Response::fit(&sweep()).unwrap();
        assert_near(fit.intercept, -9.632_488_791_897, 1e-9);
        assert_near(fit.slope, 1.008_365_166_032, 1e-9);
        assert_near(fit.covariance.intercept, 0.139_183_328_082, 1e-6);
        assert_near(fit.covariance.both, -0.014_528_151_918, 1e-6);
        assert_near(fit.covariance.slope, 0.001_536_207_088, 1e-6);
    }

    /// The delta method by hand, from the parameters of the same fit.
    #[test]
    fn depths_of_a_chance() {
        let fit = Response::fit(&sweep()).unwrap();
        let check = |rate: f64, depth: f64, low: f64, high: f64| {
            let (got, interval) = fit.depth_at(rate, 0.95).unwrap();
            assert_near(got, depth, 1e-8);
            assert_near(interval.low, low, 1e-6);
            assert_near(interval.high, high, 1e-6);
            assert_near(fit.at(got), rate, 1e-9);
        };
        check(
            0.01,
            147.023_498_954_834_74,
            103.599_401_512_284_71,
            208.648_978_980_428_75,
        );
        check(
            0.10,
            1_511.535_164_912_918,
            1_259.607_118_287_738_8,
            1_813.850_145_494_258_6,
        );
        check(
            0.50,
            9_789.909_209_805_246,
            8_994.895_927_579_07,
            10_655.189_688_431_363,
        );
        assert!(fit.band(1e4, 0.95).contains(0.5075));
        assert!(fit.band(1e4, 0.95).low < fit.at(1e4));
    }

    #[test]
    fn separated_data_have_no_fit() {
        for counts in [
            &[(100, 0), (1_000, 0), (10_000, 400)][..],
            &[(100, 0), (1_000, 200), (10_000, 400)],
            &[(100, 0), (1_000, 0), (10_000, 0)],
            &[(100, 400), (1_000, 400)],
            &[(100, 400), (1_000, 0)],
            &[(1_000, 200)],
            &[],
        ] {
            assert!(Response::fit(&doses(counts)).is_none(), "{counts:?}");
        }
    }

    #[test]
    fn a_flat_chance_has_a_slope_and_no_boundary() {
        let fit = Response::fit(&doses(&[(100, 40), (1_000, 41), (10_000, 40)])).unwrap();
        assert!(fit.slope.abs() < 0.05, "{}", fit.slope);
        assert!(fit.depth_at(0.5, 0.95).is_none());
    }

    #[test]
    fn a_hard_start_still_converges() {
        let fit = Response::fit(&doses(&[(10, 1), (1_000_000, 399), (2_000_000, 399)])).unwrap();
        assert!(0.0 < fit.slope, "{}", fit.slope);
        assert!(fit.slope < 1.0, "{}", fit.slope);
    }
}
