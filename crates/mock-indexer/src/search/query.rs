//! Reads the query of a search: what a poller asks, and no more.

use super::{Filter, dates, sort::is_time};
use crate::failure::Failure;
use serde_json::{Value, json};
use std::collections::BTreeSet;

/// Reads a query; the inner error is the cause by which every shard refuses it.
pub(super) fn read(query: &Value) -> Result<Result<Filter, Value>, Failure> {
    let mut filter = Filter::ALL;
    Ok(narrow(&mut filter, query)?.map(|()| filter))
}

/// What narrowing a filter comes to.
type Narrowed = Result<Result<(), Value>, Failure>;

fn narrow(filter: &mut Filter, query: &Value) -> Narrowed {
    let mut clauses = query.as_object().into_iter().flatten();
    let (Some((kind, what)), None) = (clauses.next(), clauses.next()) else {
        let reason = "query malformed, empty clause found";
        return Err(Failure::plain(400, "illegal_argument_exception", reason));
    };
    match kind.as_str() {
        "match_all" => Ok(Ok(())),
        "bool" => all_of(filter, what),
        "range" => range(filter, what),
        "ids" => {
            keep(filter, &what["values"]);
            Ok(Ok(()))
        }
        "term" | "terms" => match what.get("_id") {
            Some(id) => {
                keep(filter, id.get("value").unwrap_or(id));
                Ok(Ok(()))
            }
            None => Err(Failure::not_modelled("a term of another field than _id")),
        },
        "match" | "match_phrase" | "query_string" | "exists" | "prefix" | "wildcard" => {
            Err(Failure::not_modelled(&format!("the query [{kind}]")))
        }
        _ => {
            let reason = format!("unknown query [{kind}]");
            Err(Failure::of(
                400,
                json!({"type": "parsing_exception", "reason": reason}),
            ))
        }
    }
}

fn all_of(filter: &mut Filter, what: &Value) -> Narrowed {
    for (kind, clauses) in what.as_object().into_iter().flatten() {
        if kind != "filter" && kind != "must" {
            return Err(Failure::not_modelled(&format!("[{kind}] in a bool query")));
        }
        let clauses = match clauses {
            Value::Array(clauses) => clauses.as_slice(),
            clause => std::slice::from_ref(clause),
        };
        for clause in clauses {
            if let Err(cause) = narrow(filter, clause)? {
                return Ok(Err(cause));
            }
        }
    }
    Ok(Ok(()))
}

fn range(filter: &mut Filter, what: &Value) -> Narrowed {
    for (field, bounds) in what.as_object().into_iter().flatten() {
        if !is_time(field) {
            return Err(Failure::not_modelled(
                "a range of another field than the time",
            ));
        }
        for (bound, value) in bounds.as_object().into_iter().flatten() {
            if bound == "format" {
                continue;
            }
            let at = match dates::instant(value)? {
                Ok(at) => at,
                Err(cause) => return Ok(Err(cause)),
            };
            let times = &mut filter.times;
            match bound.as_str() {
                "gte" => times.start = times.start.max(at),
                "gt" => times.start = times.start.max(at.saturating_add(1)),
                "lt" => times.end = times.end.min(at),
                "lte" => times.end = times.end.min(at.saturating_add(1)),
                _ => {
                    let reason = format!("[range] query does not support [{bound}]");
                    return Err(Failure::plain(400, "parsing_exception", reason));
                }
            }
        }
    }
    Ok(Ok(()))
}

/// Keeps the documents of these ids only.
fn keep(filter: &mut Filter, ids: &Value) {
    let ids = match ids {
        Value::Array(ids) => ids.as_slice(),
        id => std::slice::from_ref(id),
    };
    let ids: BTreeSet<String> = ids
        .iter()
        .filter_map(|id| id.as_str().map(str::to_owned))
        .collect();
    filter.ids = Some(match filter.ids.take() {
        Some(before) => before.intersection(&ids).cloned().collect(),
        None => ids,
    });
}
