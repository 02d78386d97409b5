//! The error answers, in the forms that the product gives them.

use crate::exchange::Response;
use serde_json::{Value, json};

/// Why a request has no result.
#[derive(Clone, PartialEq, Debug)]
pub(crate) struct Failure {
    pub(crate) status: u16,
    /// What `error` holds, without `root_cause`.
    error: Value,
    /// What `root_cause` holds.
    root: Value,
}

impl Failure {
    /// The error `kind` that has no cause but itself.
    pub(crate) fn plain(status: u16, kind: &str, reason: impl Into<String>) -> Self {
        Failure::of(status, json!({"type": kind, "reason": reason.into()}))
    }

    /// The error `error`, an object with at least `type` and `reason`, that has no cause but itself.
    pub(crate) fn of(status: u16, error: Value) -> Self {
        Failure {
            status,
            root: error.clone(),
            error,
        }
    }

    /// The error `error`, whose root is `root`.
    pub(crate) fn caused(status: u16, error: Value, root: Value) -> Self {
        Failure {
            status,
            error,
            root,
        }
    }

    /// A search that failed on every shard for the same `cause`.
    pub(crate) fn on_all_shards(status: u16, index: &str, cause: Value) -> Self {
        let mut error = json!({
            "type": "search_phase_execution_exception", "reason": "all shards failed",
            "phase": "query", "grouped": true,
            "failed_shards": [{"shard": 0, "index": index, "node": NODE, "reason": cause}],
        });
        if is_argument(&cause) {
            error["caused_by"] = json!({
                "type": cause["type"], "reason": cause["reason"], "caused_by": cause,
            });
        } else {
            error["caused_by"] = cause.clone();
        }
        let mut root = cause;
        if let Some(root) = root.as_object_mut() {
            root.remove("caused_by");
        }
        Failure {
            status,
            error,
            root,
        }
    }

    /// A search for which not all shards were there, and that refuses to answer with the rest.
    pub(crate) fn partial(status: u16, failures: Vec<Value>, unavailable: u64) -> Self {
        let mut reason = "Partial shards failure".to_owned();
        if 0 < unavailable {
            reason.push_str(&format!(" ({unavailable} shards unavailable)"));
        }
        let error = json!({
            "type": "search_phase_execution_exception", "reason": reason,
            "phase": "query", "grouped": true, "failed_shards": failures,
        });
        Failure {
            status,
            root: Value::Null,
            error,
        }
    }

    /// An index that there is not.
    pub(crate) fn no_such_index(name: &str) -> Self {
        let error = json!({
            "type": "index_not_found_exception", "reason": format!("no such index [{name}]"),
            "resource.type": "index_or_alias", "resource.id": name,
            "index": name, "index_uuid": "_na_",
        });
        Failure::of(404, error)
    }

    /// An index that is closed, and was asked by its name.
    pub(crate) fn index_closed(name: &str) -> Self {
        let error = json!({
            "type": "index_closed_exception", "reason": "closed",
            "index": name, "index_uuid": "mockmockmockmockmockmo",
        });
        Failure::of(400, error)
    }

    /// A search whose context was gone on every shard before its hits were fetched.
    pub(crate) fn no_context() -> Self {
        let reason = "No search context found for id [17]";
        let cause = json!({"type": "search_context_missing_exception", "reason": reason});
        Failure::on_all_shards(404, "_na_", cause)
    }

    /// A request that its own checks refuse.
    pub(crate) fn invalid(reason: &str) -> Self {
        let reason = format!("Validation Failed: 1: {reason};");
        Failure::plain(400, "action_request_validation_exception", reason)
    }

    /// A request for what the product knows and this mock does not.
    pub(crate) fn not_modelled(what: &str) -> Self {
        let reason = format!("the mock does not model {what}");
        Failure::plain(400, "illegal_argument_exception", reason)
    }

    /// The answer.
    pub(crate) fn response(self) -> Response {
        let mut error = self.error;
        error["root_cause"] = match self.root {
            Value::Null => json!([]),
            root => json!([root]),
        };
        let body = json!({"error": error, "status": self.status});
        Response::json(self.status, body.to_string().into_bytes())
    }
}

/// The name of the one node.
pub(crate) const NODE: &str = "mock-node-1";

/// Arguments that a shard refuses are reported one level deeper.
fn is_argument(cause: &Value) -> bool {
    cause["type"] == "illegal_argument_exception"
}

/// The cause of an argument that every shard refuses.
pub(crate) fn argument(reason: impl Into<String>) -> Value {
    json!({"type": "illegal_argument_exception", "reason": reason.into()})
}
