//! The tests that each signature brings along.

use crate::config::Config;
use crate::document::Samples;
use crate::document_tree::Node;
use crate::engine::Engine;
use crate::event::AlertEvent;
use crate::problem::Problem;
use crate::signature::{Signature, Suppression};
use serde_json::Value;

/// One alert that a signature must match, or must not.
#[derive(Debug)]
pub(crate) struct SelfTest {
    is_match: bool,
    /// Its place in its list, from 1.
    number: usize,
    line: Option<usize>,
    alert: Value,
}

/// How one of a signature's own tests came out.
#[derive(Clone, Debug)]
pub(crate) struct TestOutcome<'p> {
    /// Whose test it is.
    pub(crate) signature: &'p Signature,
    /// Whether the alert must match.
    pub(crate) must_match: bool,
    /// The alert's place in the list `match` or `no_match`, from 1.
    pub(crate) number: usize,
    /// The line of that list.
    pub(crate) line: Option<usize>,
    /// Whether it came out as it must.
    pub(crate) has_passed: bool,
}

impl SelfTest {
    pub(crate) fn of(samples: Vec<Samples>) -> Vec<SelfTest> {
        let mut tests = Vec::new();
        for Samples {
            is_match,
            line,
            alerts,
        } in samples
        {
            for (index, alert) in alerts.into_iter().enumerate() {
                tests.push(SelfTest {
                    is_match,
                    number: index + 1,
                    line,
                    alert,
                });
            }
        }
        tests
    }
}

impl TestOutcome<'_> {
    /// The failure as a problem of the policy; `None` if the test has passed.
    pub(crate) fn problem(&self) -> Option<Problem> {
        if self.has_passed {
            return None;
        }
        let (list, what, other) = if self.must_match {
            ("match", "is not matched", "no_match")
        } else {
            ("no_match", "is matched", "match")
        };
        Some(Problem::new(
            &self.signature.file,
            self.line,
            format!("alert {} of `tests.{list}` {what}", self.number),
            format!("correct the signature, or the alert, or move it to `{other}`"),
        ))
    }
}

/// Runs every signature's own tests, in the order of the signatures. `tests` and the rules of `engine` have the same order.
///
/// A test asks the signature alone: rule, service, selections, and for a suppression its `max_level`. Neither the time nor
/// any other signature matters.
pub(crate) fn run<'p>(
    signatures: &'p [Signature],
    tests: &[Vec<SelfTest>],
    config: &Config,
    engine: &Engine,
) -> Vec<TestOutcome<'p>> {
    let mut outcomes = Vec::new();
    for (at, (signature, tests)) in signatures.iter().zip(tests).enumerate() {
        for test in tests {
            let is_matched = AlertEvent::of(&Node::of(&test.alert), config).is_some_and(|event| {
                let covers = |s: &Suppression| s.covers(event.severity());
                signature.suppression.as_ref().is_none_or(covers)
                    && engine.matches(&event).contains(&at)
            });
            outcomes.push(TestOutcome {
                signature,
                must_match: test.is_match,
                number: test.number,
                line: test.line,
                has_passed: is_matched == test.is_match,
            });
        }
    }
    outcomes
}
