//! The matcher: rules in, numbers of the rules that match an alert out. The only file that evaluates Sigma.

use crate::event::AlertEvent;
use rsigma_eval::{CompiledRule, Engine as Sigma, RuleExplanation, compile_rule, explain_rule};
use rsigma_parser::SigmaRule;

/// Every signature's rule, in the order of the signatures.
pub(crate) struct Engine {
    sigma: Sigma,
}

impl Engine {
    /// An engine for rules that [`compile`] made, in the order in which they are numbered.
    pub(crate) fn new(rules: Vec<CompiledRule>) -> Self {
        let mut sigma = Sigma::new();
        let numbered = rules.into_iter().enumerate().map(|(number, mut rule)| {
            rule.id = Some(number.to_string());
            rule
        });
        sigma.extend_compiled_rules(numbered);
        Engine { sigma }
    }

    /// The numbers of the rules that match, in ascending order: what the library returns has no order.
    pub(crate) fn matches(&self, event: &AlertEvent<'_>) -> Vec<usize> {
        let results = self.sigma.evaluate(event);
        let mut numbers: Vec<usize> = results
            .iter()
            .filter_map(|result| result.header.rule_id.as_deref()?.parse().ok())
            .collect();
        numbers.sort_unstable();
        numbers
    }

    /// Why each rule does or does not match, in their order.
    pub(crate) fn explain(&self, event: &AlertEvent<'_>) -> impl Iterator<Item = RuleExplanation> {
        self.sigma
            .rules()
            .iter()
            .map(|rule| explain_rule(rule, event))
    }
}

/// Makes a rule ready. The error is the library's own text.
pub(crate) fn compile(rule: &SigmaRule) -> Result<CompiledRule, String> {
    compile_rule(rule).map_err(|error| error.to_string())
}

/// Whether a single rule matches.
pub(crate) fn matches_one(rule: &CompiledRule, event: &AlertEvent<'_>) -> bool {
    rsigma_eval::evaluate_rule(rule, event).is_some()
}
