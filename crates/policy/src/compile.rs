//! From a checked signature file to one rule that says "this signature matched".
//!
//! A Sigma filter is written the other way round: its condition is what an alert must meet to be *kept*, and a matcher
//! joins it to every rule that it names. Here each filter becomes a rule of its own, `(rule in F.rules) and not
//! (F.condition)`. So a match tells which signature it was, and no matcher has to rewrite a condition.

use crate::check::{Context, Lists, list_named};
use crate::document::{Document, Findings};
use crate::files::Kind;
use rsigma_parser::{
    ConditionExpr, Detection, DetectionItem, Detections, FieldSpec, LogSource, Modifier,
    Quantifier, SigmaRule, SigmaString, SigmaValue, parse_sigma_yaml,
};
use yaml_serde::{Mapping, Value};

/// The name of the guard that asks for the alert's rule.
pub(crate) const GUARD_RULES: &str = "_rules";
/// The name of the guard that asks for the alert's service.
pub(crate) const GUARD_SERVICE: &str = "_service";

/// One signature as rules for the engine.
pub(crate) struct Compiled {
    /// With the guards.
    pub(crate) rule: SigmaRule,
    /// Without them: to see whether it matches an alert that has no fields at all.
    pub(crate) unguarded: SigmaRule,
}

/// Makes the rule. `None` if it cannot, and then `found` says why.
pub(crate) fn compile(
    document: &Document<'_>,
    (key, block): (&'static str, &Mapping),
    service: Option<&str>,
    context: Context<'_>,
    found: &mut Findings,
) -> Option<Compiled> {
    let mut detections = parse(document, key, found)?;
    for detection in detections.named.values_mut() {
        expand(detection, context.lists);
    }
    let condition = match condition(document.kind, &detections) {
        Ok(condition) => condition,
        Err((what, remedy)) => {
            document.refuse(found, &[key, "condition"], what, remedy);
            return None;
        }
    };
    warn_unused(document, key, &condition, &detections, found);
    detections.conditions = vec![condition.clone()];
    let unguarded = rule_of(detections.clone());
    let mut all = Vec::new();
    if document.kind == Kind::Filter
        && let Some(ids) = targets(document, block, context, found)?
    {
        let guard = one_of(context.config.profile.rule_id(), &ids);
        detections.named.insert(GUARD_RULES.to_owned(), guard);
        all.push(ConditionExpr::Identifier(GUARD_RULES.to_owned()));
    }
    if let Some(service) = service {
        let Some(patterns) = context.config.services.get(service) else {
            let known: Vec<&str> = context.config.services.keys().map(String::as_str).collect();
            let remedy = format!("policy.toml defines {}", known.join(", "));
            document.refuse(
                found,
                &["logsource", "service"],
                format!("unknown service `{service}`"),
                remedy,
            );
            return None;
        };
        detections.named.insert(
            GUARD_SERVICE.to_owned(),
            one_of(context.config.profile.service(), patterns),
        );
        all.push(ConditionExpr::Identifier(GUARD_SERVICE.to_owned()));
    }
    all.push(condition);
    detections.conditions = vec![ConditionExpr::And(all)];
    Some(Compiled {
        rule: rule_of(detections),
        unguarded,
    })
}

/// The block as the parser of Sigma sees it.
fn parse(document: &Document<'_>, key: &str, found: &mut Findings) -> Option<Detections> {
    const REMEDY: &str = "correct it as the Sigma specification says";
    let mut parsed = match parse_sigma_yaml(document.text) {
        Ok(parsed) => parsed,
        Err(error) => {
            document.refuse(found, &[key], error.to_string(), REMEDY);
            return None;
        }
    };
    for error in &parsed.errors {
        document.refuse(found, &[key], error.as_str(), REMEDY);
    }
    let detections = match document.kind {
        Kind::Filter => parsed.filters.pop().map(|filter| filter.detection),
        _ => parsed.rules.pop().map(|rule| rule.detection),
    };
    if detections.is_none() && parsed.errors.is_empty() {
        document.refuse(
            found,
            &[key],
            "this is not the kind of document that belongs here",
            REMEDY,
        );
    }
    detections.filter(|_| parsed.errors.is_empty())
}

/// The ids of the rules that a filter is for; `Some(None)` is every rule.
fn targets(
    document: &Document<'_>,
    block: &Mapping,
    context: Context<'_>,
    found: &mut Findings,
) -> Option<Option<Vec<String>>> {
    const AT: &[&str] = &["filter", "rules"];
    // A list that is missing, empty, or full of numbers would mean "any" to the parser.
    let names = match block.get("rules") {
        Some(Value::String(any)) if any == "any" => {
            let what = "this filter is for every rule of its service";
            document.warn(found, AT, what, "name the rules if they are known");
            return Some(None);
        }
        Some(Value::Sequence(names)) if !names.is_empty() => names,
        _ => {
            let remedy = "list the rules, such as `[wazuh_550]`, or write `any`";
            document.refuse(
                found,
                AT,
                "`rules` is missing, empty, or not a list",
                remedy,
            );
            return None;
        }
    };
    let mut ids = Vec::new();
    for name in names {
        match name
            .as_str()
            .ok_or("quote it")
            .and_then(|name| context.config.profile.rule_of(name))
        {
            Ok(id) => ids.push(id.to_owned()),
            Err(remedy) => {
                document.refuse(found, AT, format!("{name:?} does not name a rule"), remedy);
                return None;
            }
        }
    }
    Some(Some(ids))
}

/// What must hold for the signature to match, with every `of` written out.
fn condition(kind: Kind, detections: &Detections) -> Result<ConditionExpr, (String, &'static str)> {
    let [condition] = detections.conditions.as_slice() else {
        return Err((
            "there is more than one condition".to_owned(),
            "join them with `or`",
        ));
    };
    let positive = match (kind, condition) {
        (Kind::Filter, ConditionExpr::Not(positive)) => {
            if matches!(**positive, ConditionExpr::Not(_)) {
                return Err((
                    "two `not` in a row suppress all but what is selected".to_owned(),
                    "write one `not`",
                ));
            }
            positive
        }
        (Kind::Filter, _) => {
            return Err((
                "a filter's condition must be `not …`: as written it would keep only what it selects".to_owned(),
                "write `not selection`, or `not (…)` around the whole; `not a and not b` is `not (a or b)`",
            ));
        }
        _ => condition,
    };
    let mut names: Vec<&str> = detections.named.keys().map(String::as_str).collect();
    names.sort_unstable();
    let remedy = "name selections that are there; `1 of` and `all of` are the counts there are";
    written_out(positive, &names).map_err(|what| (what, remedy))
}

/// Replaces every `1 of x*` and `all of them` by the selections that it means, so that no guard is ever among them.
fn written_out(condition: &ConditionExpr, names: &[&str]) -> Result<ConditionExpr, String> {
    let each = |parts: &[ConditionExpr]| -> Result<Vec<ConditionExpr>, String> {
        parts.iter().map(|part| written_out(part, names)).collect()
    };
    Ok(match condition {
        ConditionExpr::And(parts) => ConditionExpr::And(each(parts)?),
        ConditionExpr::Or(parts) => ConditionExpr::Or(each(parts)?),
        ConditionExpr::Not(part) => ConditionExpr::Not(Box::new(written_out(part, names)?)),
        ConditionExpr::Identifier(name) if names.contains(&name.as_str()) => condition.clone(),
        ConditionExpr::Identifier(name) => return Err(format!("there is no selection `{name}`")),
        ConditionExpr::Selector {
            quantifier,
            pattern,
        } => {
            let meant: Vec<ConditionExpr> = names
                .iter()
                .filter(|name| pattern.matches_detection_name(name))
                .map(|name| ConditionExpr::Identifier((*name).to_owned()))
                .collect();
            // All of nothing would be true.
            if meant.is_empty() {
                return Err(format!("`{quantifier} of {pattern}` means no selection"));
            }
            match quantifier {
                Quantifier::Any | Quantifier::Count(1) => ConditionExpr::Or(meant),
                Quantifier::All => ConditionExpr::And(meant),
                Quantifier::Count(count) => return Err(format!("`{count} of` is not in Sigma")),
            }
        }
    })
}

fn warn_unused(
    document: &Document<'_>,
    key: &str,
    condition: &ConditionExpr,
    detections: &Detections,
    found: &mut Findings,
) {
    let mut names: Vec<&str> = detections.named.keys().map(String::as_str).collect();
    names.sort_unstable();
    for name in names {
        if !names_selection(condition, name) {
            let remedy = "use it, or remove it";
            document.warn(
                found,
                &[key, name],
                format!("the condition does not use `{name}`"),
                remedy,
            );
        }
    }
}

fn names_selection(condition: &ConditionExpr, wanted: &str) -> bool {
    match condition {
        ConditionExpr::And(parts) | ConditionExpr::Or(parts) => {
            parts.iter().any(|part| names_selection(part, wanted))
        }
        ConditionExpr::Not(part) => names_selection(part, wanted),
        ConditionExpr::Identifier(name) => name == wanted,
        ConditionExpr::Selector { .. } => false,
    }
}

/// Replaces placeholders by the values of their lists. That each list is there has been checked.
fn expand(detection: &mut Detection, lists: &Lists) {
    match detection {
        Detection::AllOf(items) => items.iter_mut().for_each(|item| expand_item(item, lists)),
        Detection::AnyOf(parts) | Detection::And(parts) => {
            parts.iter_mut().for_each(|part| expand(part, lists));
        }
        Detection::Keywords(_) | Detection::ArrayMatch { .. } | Detection::Conditional { .. } => {}
    }
}

fn expand_item(item: &mut DetectionItem, lists: &Lists) {
    if !item.field.has_modifier(Modifier::Expand) {
        return;
    }
    item.field
        .modifiers
        .retain(|modifier| *modifier != Modifier::Expand);
    let named = item.values.iter().filter_map(|value| match value {
        SigmaValue::String(text) => lists.get(list_named(&text.original)?),
        _ => None,
    });
    // A list holds values, not patterns: a `*` in it is a star.
    item.values = named
        .flatten()
        .map(|text| SigmaValue::from_raw_string(text))
        .collect();
}

/// A field that must be one of these values. A star at the end of a value is a wildcard.
fn one_of(field: &str, values: &[String]) -> Detection {
    let values = values
        .iter()
        .map(|value| SigmaValue::String(SigmaString::new(value)));
    Detection::AllOf(vec![DetectionItem {
        field: FieldSpec::new(Some(field.to_owned()), Vec::new()),
        values: values.collect(),
    }])
}

/// A rule of which the engine needs the detections alone.
fn rule_of(detection: Detections) -> SigmaRule {
    SigmaRule {
        title: String::new(),
        logsource: LogSource::default(),
        detection,
        sigma_version: None,
        id: None,
        name: None,
        related: Vec::new(),
        taxonomy: None,
        status: None,
        description: None,
        license: None,
        author: None,
        references: Vec::new(),
        date: None,
        modified: None,
        fields: Vec::new(),
        falsepositives: Vec::new(),
        level: None,
        tags: Vec::new(),
        scope: Vec::new(),
        custom_attributes: Default::default(),
    }
}
