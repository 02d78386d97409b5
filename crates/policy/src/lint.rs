//! What a person should look at in a policy, and the run of its own tests.

use crate::files::Files;
use crate::load::compile_files;
use crate::options::LoadOptions;
use crate::policy::Policy;
use crate::problem::Problem;
use crate::selftest::TestOutcome;
use jiff::Timestamp;
use jiff::tz::TimeZone;

/// All that is wrong with a policy, or likely to be.
#[derive(Clone, Default, Debug)]
pub struct Lint {
    /// What refuses the policy.
    pub errors: Vec<Problem>,
    /// What does not, but should be looked at.
    pub warnings: Vec<Problem>,
}

/// How the tests of a policy came out.
#[derive(Clone, Default, Debug)]
pub struct TestReport {
    /// How many tests were run. 0 if the policy cannot be compiled.
    pub run: usize,
    /// Those that failed; or what keeps the policy from being compiled.
    pub problems: Vec<Problem>,
}

/// Looks for everything that refuses the policy and, if it can be compiled, for what is likely to be a mistake: traps of
/// Sigma, lists that nobody uses, suppressions that have expired or soon will.
pub fn lint(files: &Files, options: LoadOptions, now: Timestamp) -> Lint {
    match compile_files(files, options) {
        Ok(policy) => {
            let outcomes = policy.run_tests();
            Lint {
                errors: outcomes.iter().filter_map(TestOutcome::problem).collect(),
                warnings: policy.warnings(now),
            }
        }
        Err(error) => Lint {
            errors: error.problems,
            warnings: Vec::new(),
        },
    }
}

/// Runs each signature's own tests, even where some fail.
pub fn test(files: &Files, options: LoadOptions) -> TestReport {
    match compile_files(files, options) {
        Ok(policy) => {
            let outcomes = policy.run_tests();
            TestReport {
                run: outcomes.len(),
                problems: outcomes.iter().filter_map(TestOutcome::problem).collect(),
            }
        }
        Err(error) => TestReport {
            run: 0,
            problems: error.problems,
        },
    }
}

impl Policy {
    /// What a person should look at, at this time: what loading found, then suppressions at or near their end.
    pub fn warnings(&self, now: Timestamp) -> Vec<Problem> {
        let mut warnings = self.warnings.clone();
        let today = now.to_zoned(TimeZone::UTC).date();
        let days_max = i32::from(self.config.expiry_warning_days);
        for signature in &self.signatures {
            let Some(suppression) = &signature.suppression else {
                continue;
            };
            let expires = suppression.expires;
            let left = today
                .until(expires)
                .map_or(i32::MAX, |span| span.get_days());
            let what = if suppression.is_expired(now) {
                format!("expired after {expires}: its alerts fall to review")
            } else if left <= days_max {
                format!("expires after {expires}")
            } else {
                continue;
            };
            let remedy = format!(
                "ask {} to renew it ({}) or to remove it",
                suppression.owner, suppression.ticket
            );
            warnings.push(Problem::new(&signature.file, None, what, remedy));
        }
        warnings
    }
}
