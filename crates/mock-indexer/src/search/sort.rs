//! Reads the order of a search, and the hit that it goes on from.

use super::{After, Search, Sort, dates};
use crate::failure::{Failure, argument};
use serde_json::{Value, json};

/// Whether a field is the alert's time. Both hold the same instant.
pub(super) fn is_time(field: &str) -> bool {
    field == "timestamp" || field == "@timestamp"
}

/// Reads `sort` and `search_after` into `search`.
pub(super) fn read(
    search: &mut Search,
    sort: Option<&Value>,
    after: Option<&Value>,
) -> Result<(), Failure> {
    let mut keys = Vec::new();
    match sort {
        None => {}
        Some(Value::Array(list)) => list.iter().for_each(|key| read_key(key, &mut keys)),
        Some(key) => read_key(key, &mut keys),
    }
    for (field, _) in &keys {
        if field == "_shard_doc" && search.pit.is_none() {
            let reason = "_shard_doc is only supported with point-in-time (PIT). Add a PIT or remove _shard_doc.";
            return Err(Failure::invalid(reason));
        }
        if ["_doc", "_score", "_seq_no", "id", "manager.name"].contains(&field.as_str()) {
            return Err(Failure::not_modelled(&format!("sorting by [{field}]")));
        }
        if !is_time(field) && field != "_id" {
            // With a point in time, `_shard_doc` too: it has a mapping from OpenSearch 3.3 on only.
            search.refused = Some(json!({
                "type": "query_shard_exception",
                "reason": format!("No mapping found for [{field}] in order to sort on"),
                "index_uuid": "_na_",
            }));
            return Ok(());
        }
    }
    search.sort = match keys.as_slice() {
        [] => Sort::Unsorted,
        [(time, is_descending)] if is_time(time) => Sort::Time {
            by_id: false,
            is_descending: *is_descending,
        },
        [(time, is_descending), (id, same)]
            if is_time(time) && id == "_id" && is_descending == same =>
        {
            Sort::Time {
                by_id: true,
                is_descending: *is_descending,
            }
        }
        _ => {
            let what = "an order other than by time, or by time and then _id the same way";
            return Err(Failure::not_modelled(what));
        }
    };
    match after {
        Some(after) => read_after(search, after, keys.len()),
        None => Ok(()),
    }
}

/// A key is a field's name, or an object of names with `asc`, `desc`, or an object that has an `order`.
fn read_key(key: &Value, keys: &mut Vec<(String, bool)>) {
    if let Some(field) = key.as_str() {
        keys.push((field.to_owned(), false));
    }
    for (field, how) in key.as_object().into_iter().flatten() {
        let order = how.as_str().or_else(|| how["order"].as_str());
        keys.push((field.clone(), order == Some("desc")));
    }
}

fn read_after(search: &mut Search, after: &Value, keys: usize) -> Result<(), Failure> {
    let values = after.as_array().map_or(&[][..], Vec::as_slice);
    if keys == 0 {
        search.refused = Some(argument("Sort must contain at least one field."));
        return Ok(());
    }
    if values.len() != keys {
        let reason = format!(
            "search_after has {} value(s) but sort has {keys}.",
            values.len()
        );
        search.refused = Some(argument(reason));
        return Ok(());
    }
    if 0 < search.from {
        let reason = "`from` parameter must be set to 0 when `search_after` is used.";
        search.refused = Some(argument(reason));
        return Ok(());
    }
    match dates::instant(&values[0])? {
        Ok(ts_ms) => {
            let id = values.get(1).and_then(Value::as_str).map(str::to_owned);
            search.after = Some(After { ts_ms, id });
        }
        Err(cause) => search.refused = Some(cause),
    }
    Ok(())
}
