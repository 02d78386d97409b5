//! Two engines on the same seeds: did a change alter the outcome, or do the totals differ by luck?
//!
//! Source: McNemar (1947), in its exact form: a sign test on the seeds where the engines disagree.

use statrs::distribution::{Binomial, DiscreteCDF};

/// The two-sided p-value that both engines fail equally often, from the seeds where only one of them failed.
///
/// Seeds where both failed or neither did carry no information. Without any disagreement the answer is 1.
pub fn mcnemar(only_first: u64, only_second: u64) -> f64 {
    let disagreements = only_first + only_second;
    if disagreements == 0 {
        return 1.0;
    }
    let fair = Binomial::new(0.5, disagreements).expect("one half is a probability");
    (2.0 * fair.cdf(only_first.min(only_second))).min(1.0)
}

#[cfg(test)]
mod tests {
    use super::super::assert_near;
    use super::*;

    /// statsmodels 0.15: `mcnemar([[10, b], [c, 30]], exact=True).pvalue`.
    #[test]
    fn mcnemar_agrees_with_statsmodels() {
        assert_near(mcnemar(9, 2), 0.065_429_687_5, 1e-12);
        assert_near(mcnemar(0, 12), 0.000_488_281_25, 1e-12);
        assert_eq!(mcnemar(5, 5), 1.0);
        assert_eq!(mcnemar(0, 0), 1.0);
    }
}
