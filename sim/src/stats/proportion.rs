//! k failures in n runs.
//!
//! Sources: Wilson, "Probable inference" (1927); Clopper and Pearson, "The use of confidence or fiducial limits" (1934);
//! Hanley and Lippman-Hand, "If nothing goes wrong, is everything all right?" (1983), for zero failures.

use super::{Interval, check_level, normal_reach};
use statrs::distribution::{Beta, ContinuousCDF};

/// Wilson's score interval for the rate behind `failed` of `runs`: for display.
///
/// Gates decide on [`exact`]. Without runs the interval is all of 0 to 1. Panics if more failed than ran.
pub fn wilson(failed: u64, runs: u64, level: f64) -> Interval {
    check_counts(failed, runs);
    if runs == 0 {
        return Interval {
            low: 0.0,
            high: 1.0,
        };
    }
    let (n, rate) = (runs as f64, failed as f64 / runs as f64);
    let z = normal_reach(level);
    let shrink = 1.0 + z * z / n;
    let centre = (rate + z * z / (2.0 * n)) / shrink;
    let reach = z / shrink * (rate * (1.0 - rate) / n + z * z / (4.0 * n * n)).sqrt();
    // Rounding must not turn "none of n" into a positive lower end, nor "all of n" into less than one.
    Interval {
        low: if failed == 0 { 0.0 } else { centre - reach },
        high: if failed == runs { 1.0 } else { centre + reach },
    }
}

/// Clopper's and Pearson's exact interval: it covers the true rate at least as often as `level` says.
///
/// Without runs the interval is all of 0 to 1. Panics if more failed than ran.
pub fn exact(failed: u64, runs: u64, level: f64) -> Interval {
    check_counts(failed, runs);
    check_level(level);
    let tail = (1.0 - level) / 2.0;
    Interval {
        low: beta_quantile(failed, runs - failed + 1, tail),
        high: beta_quantile(failed + 1, runs - failed, 1.0 - tail),
    }
}

/// The exact one-sided upper bound for the rate behind `failed` of `runs`.
///
/// Panics if more failed than ran.
pub fn upper_bound(failed: u64, runs: u64, level: f64) -> f64 {
    check_counts(failed, runs);
    check_level(level);
    if failed == 0 {
        return upper_bound_of_none(runs, level);
    }
    beta_quantile(failed + 1, runs - failed, level)
}

/// The one-sided upper bound for the rate when none of `runs` failed: `1 − (1 − level)^(1/runs)`, near `3/runs` at 95 %.
pub fn upper_bound_of_none(runs: u64, level: f64) -> f64 {
    check_level(level);
    if runs == 0 {
        return 1.0;
    }
    -((-level).ln_1p() / runs as f64).exp_m1()
}

/// The bound of [`upper_bound_of_none`] that holds for `cells` clean cells of `runs` runs all at once (Bonferroni).
///
/// Panics if there are no cells.
pub fn upper_bound_of_none_at_once(runs: u64, cells: u64, level: f64) -> f64 {
    check_level(level);
    assert!(0 < cells, "a bound over no cells");
    upper_bound_of_none(runs, 1.0 - (1.0 - level) / cells as f64)
}

/// How many runs see a failure of `rate` at least once with probability `level`.
///
/// Panics unless `0 < rate < 1`.
pub fn runs_to_see(rate: f64, level: f64) -> u64 {
    check_level(level);
    assert!(0.0 < rate, "a failure of rate {rate} is never seen");
    assert!(rate < 1.0, "a failure of rate {rate} needs no plan");
    ((-level).ln_1p() / (-rate).ln_1p()).ceil() as u64
}

/// The quantile of Beta(`a`, `b`), with the limits that the distribution has when a parameter is zero.
fn beta_quantile(a: u64, b: u64, at: f64) -> f64 {
    if a == 0 {
        return 0.0;
    }
    if b == 0 {
        return 1.0;
    }
    // One side has a closed form, which is exact where the general inversion only converges.
    if a == 1 {
        return -((-at).ln_1p() / b as f64).exp_m1();
    }
    if b == 1 {
        return (at.ln() / a as f64).exp();
    }
    Beta::new(a as f64, b as f64)
        .expect("both parameters are positive")
        .inverse_cdf(at)
}

fn check_counts(failed: u64, runs: u64) {
    assert!(failed <= runs, "{failed} of {runs} runs failed");
}

#[cfg(test)]
mod tests {
    use super::super::assert_near;
    use super::*;

    /// statsmodels 0.15: `proportion_confint(k, n, alpha, method="wilson")`.
    #[test]
    fn wilson_agrees_with_statsmodels() {
        let check = |k, n, level, low: f64, high: f64| {
            let got = wilson(k, n, level);
            assert_near(got.low, low, 1e-12);
            assert_near(got.high, high, 1e-12);
        };
        check(0, 200, 0.95, 0.0, 0.018_845_326_377_266_58);
        check(
            3,
            200,
            0.95,
            0.005_114_237_793_258_307,
            0.043_165_728_792_690_275,
        );
        check(
            203,
            400,
            0.99,
            0.443_516_481_484_270_8,
            0.571_238_769_602_521_7,
        );
        check(400, 400, 0.95, 0.990_487_705_665_703_4, 1.0);
        check(
            1_056,
            35_162,
            0.95,
            0.028_299_158_793_411_43,
            0.031_868_360_908_864_156,
        );
    }

    /// statsmodels 0.15: `proportion_confint(k, n, 0.05, method="beta")`.
    #[test]
    fn exact_agrees_with_statsmodels() {
        let check = |k, n, low: f64, high: f64| {
            let got = exact(k, n, 0.95);
            assert_near(got.low, low, 1e-9);
            assert_near(got.high, high, 1e-9);
        };
        check(0, 200, 0.0, 0.018_275_340_355_136_248);
        check(3, 200, 0.003_104_107_621_553_509, 0.043_208_281_917_712_61);
        check(203, 400, 0.457_357_490_301_731_56, 0.557_530_758_263_671_7);
        check(400, 400, 0.990_820_195_416_334_7, 1.0);
        check(
            1_056,
            35_162,
            0.028_273_144_994_701_01,
            0.031_869_878_704_472_69,
        );
    }

    /// `1 - 0.05**(1/n)` and `ceil(log(0.05)/log(1-p))`, as the design page lists them.
    #[test]
    fn bounds_of_clean_cells_and_the_plan() {
        assert_near(upper_bound_of_none(200, 0.95), 0.014_867_0, 1e-5);
        assert_near(upper_bound_of_none(400, 0.95), 0.007_461_3, 1e-4);
        assert_near(upper_bound_of_none_at_once(400, 24, 0.95), 0.015_315, 1e-4);
        assert_near(upper_bound(3, 200, 0.975), 0.043_208_281_917_712_61, 1e-9);
        assert_eq!(upper_bound(0, 400, 0.95), upper_bound_of_none(400, 0.95));
        assert_eq!(upper_bound_of_none(0, 0.95), 1.0);
        let plan = [0.01, 0.001, 0.0001].map(|rate| runs_to_see(rate, 0.95));
        assert_eq!(plan, [299, 2_995, 29_956]);
    }

    #[test]
    fn no_runs_say_nothing() {
        let all = Interval {
            low: 0.0,
            high: 1.0,
        };
        assert_eq!(wilson(0, 0, 0.95), all);
        assert_eq!(exact(0, 0, 0.95), all);
    }
}
