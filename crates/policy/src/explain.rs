//! Why an alert got its verdict: which signatures were considered, and where each of them stopped matching.

use crate::compile::{GUARD_RULES, GUARD_SERVICE};
use crate::document_tree::Node;
use crate::event::AlertEvent;
use crate::policy::Policy;
use crate::signature::Signature;
use crate::verdict::Verdict;
use jiff::Timestamp;
use rsigma_eval::{ConditionTrace, DetectionTrace, ItemTrace, MatchReason, RuleExplanation};
use serde_json::Value;

/// A verdict with its reasons laid open.
#[derive(Clone, Debug)]
pub struct Explanation<'p> {
    /// The verdict.
    pub verdict: Verdict<'p>,
    /// The signatures for this alert's rule and service, in the policy's order.
    pub considered: Vec<Considered<'p>>,
    /// How many signatures are for other rules or services.
    pub others: usize,
}

/// One signature, held against the alert.
#[derive(Clone, Debug)]
pub struct Considered<'p> {
    /// The signature.
    pub signature: &'p Signature,
    /// Whether it matches.
    pub is_matched: bool,
    /// The condition as a tree, one node a line, indented by depth; `+` holds and `-` does not.
    pub trace: Vec<String>,
}

impl Policy {
    /// Judges an alert and says what each signature for its rule and service made of it.
    pub fn explain(&self, alert: &Value, now: Timestamp) -> Explanation<'_> {
        let verdict = self.judge(alert, now);
        let mut considered = Vec::new();
        let mut others = 0;
        if let Some(event) = AlertEvent::of(&Node::of(alert), &self.config) {
            for (signature, explained) in self.signatures.iter().zip(self.engine.explain(&event)) {
                match trace(&explained) {
                    Some(trace) => considered.push(Considered {
                        signature,
                        is_matched: explained.matched,
                        trace,
                    }),
                    None => others += 1,
                }
            }
        } else {
            others = self.signatures.len();
        }
        Explanation {
            verdict,
            considered,
            others,
        }
    }
}

/// The lines of what the author wrote; `None` if a guard says that the signature is for other alerts.
fn trace(explained: &RuleExplanation) -> Option<Vec<String>> {
    let mut lines = Vec::new();
    for condition in &explained.conditions {
        // Compiling puts every condition below one `and`, behind the guards.
        let ConditionTrace::And { children, .. } = condition else {
            continue;
        };
        for child in children {
            match child {
                ConditionTrace::Selection { name, matched, .. }
                    if name == GUARD_RULES || name == GUARD_SERVICE =>
                {
                    if !matched {
                        return None;
                    }
                }
                child => node(child, 0, &mut lines),
            }
        }
    }
    Some(lines)
}

fn line(depth: usize, holds: bool, text: &str) -> String {
    let sign = if holds { '+' } else { '-' };
    format!("{:indent$}{sign} {text}", "", indent = 2 * depth)
}

fn node(condition: &ConditionTrace, depth: usize, lines: &mut Vec<String>) {
    let holds = condition.matched();
    match condition {
        ConditionTrace::Selection {
            name, detection, ..
        } => {
            lines.push(line(depth, holds, name));
            selection(detection, depth + 1, lines);
        }
        ConditionTrace::And { children, .. } => {
            lines.push(line(depth, holds, "all of"));
            children
                .iter()
                .for_each(|child| node(child, depth + 1, lines));
        }
        ConditionTrace::Or { children, .. } => {
            lines.push(line(depth, holds, "one of"));
            children
                .iter()
                .for_each(|child| node(child, depth + 1, lines));
        }
        ConditionTrace::Not { child, .. } => {
            lines.push(line(depth, holds, "not"));
            node(child, depth + 1, lines);
        }
        ConditionTrace::Quantified { .. } => {
            unreachable!("compiling writes every `of` out")
        }
    }
}

fn selection(detection: &DetectionTrace, depth: usize, lines: &mut Vec<String>) {
    match detection {
        DetectionTrace::AllOf { items, .. } => {
            lines.extend(
                items
                    .iter()
                    .map(|item| line(depth, item.matched, &leaf(item))),
            );
        }
        DetectionTrace::AnyOf { branches, matched } | DetectionTrace::And { branches, matched } => {
            let is_any = matches!(detection, DetectionTrace::AnyOf { .. });
            lines.push(line(
                depth,
                *matched,
                if is_any { "one of" } else { "all of" },
            ));
            branches
                .iter()
                .for_each(|branch| selection(branch, depth + 1, lines));
        }
        DetectionTrace::Keywords { item, .. } => {
            lines.push(line(depth, item.matched, &leaf(item)));
        }
        DetectionTrace::ArrayMatch { .. }
        | DetectionTrace::Conditional { .. }
        | DetectionTrace::Other { .. } => unreachable!("checking refuses array blocks"),
    }
}

/// One field: what it holds, what was asked, and why that did not do.
fn leaf(item: &ItemTrace) -> String {
    let field = item.field.as_deref().unwrap_or("any text");
    let actual = match &item.actual {
        Some(actual) => actual.to_string(),
        None => "nothing".to_owned(),
    };
    let asked = item.pattern.as_deref().unwrap_or("another kind of value");
    let why = match item.reason {
        MatchReason::Matched => return format!("{field} is {actual}, as asked: {asked}"),
        MatchReason::FieldAbsent => return format!("{field} is not in the alert; asked: {asked}"),
        MatchReason::CaseMismatch => "only the letter case differs",
        MatchReason::ValueMismatch | MatchReason::Existence | MatchReason::NoKeywordMatch => {
            "differs"
        }
    };
    format!("{field} is {actual}, {why}; asked: {asked}")
}

impl std::fmt::Display for Explanation<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let disposition =
            serde_json::to_value(self.verdict.disposition).map_err(|_| std::fmt::Error)?;
        writeln!(f, "verdict: {}", disposition.as_str().unwrap_or_default())?;
        for reason in &self.verdict.reasons {
            writeln!(f, "  because {reason}")?;
        }
        for considered in &self.considered {
            let says = if considered.is_matched {
                "matches"
            } else {
                "does not match"
            };
            writeln!(
                f,
                "{} {says} ({})",
                considered.signature.name, considered.signature.file
            )?;
            for line in &considered.trace {
                writeln!(f, "  {line}")?;
            }
        }
        writeln!(
            f,
            "{} signatures are for other rules or services",
            self.others
        )
    }
}
