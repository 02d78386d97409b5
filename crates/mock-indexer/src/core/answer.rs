//! Which request is answered by what.

use super::{Asked, Core};
use crate::exchange::Response;
use crate::failure::Failure;
use crate::fault::wrong_method;
use serde_json::json;

/// The parameters that any request of a poller may have. Most change nothing here.
const PARAMETERS: &[&str] = &[
    "allow_no_indices",
    "allow_partial_pit_creation",
    "allow_partial_search_results",
    "error_trace",
    "expand_wildcards",
    "filter_path",
    "human",
    "ignore_unavailable",
    "keep_alive",
    "preference",
    "pretty",
    "request_cache",
    "typed_keys",
];

impl Core {
    pub(super) fn route(&mut self, asked: &Asked<'_>) -> Result<Response, Failure> {
        let request = asked.request;
        for (name, _) in request.parameters() {
            if !PARAMETERS.contains(&name.as_str()) {
                let path = request.path;
                let reason = format!("request [{path}] contains unrecognized parameter: [{name}]");
                return Err(Failure::plain(400, "illegal_argument_exception", reason));
            }
        }
        let segments = request.segments();
        let segments: Vec<&str> = segments.iter().map(String::as_str).collect();
        let method = request.method;
        let reads = ["GET", "POST"].contains(&method);
        match segments.as_slice() {
            [] if ["GET", "HEAD"].contains(&method) => Ok(Self::about()),
            ["_search"] if reads => self.search(asked, None),
            [indices, "_search"] if reads => self.search(asked, Some(indices)),
            [indices, "_count"] if reads => self.count(asked, indices),
            [index, "_doc", id] if ["GET", "HEAD"].contains(&method) => {
                self.document(asked, index, id)
            }
            ["_search", "point_in_time"] if method == "DELETE" => self.close_pits(asked),
            ["_search", "point_in_time", "_all"] if method == "DELETE" => self.close_all_pits(),
            [indices, "_search", "point_in_time"] if method == "POST" => {
                self.open_pit(asked, indices)
            }
            ["_search"] | [_, "_search" | "_count"] => {
                Ok(wrong_method(method, request.path, "GET, POST"))
            }
            ["_search", "point_in_time"] => Ok(wrong_method(method, request.path, "DELETE")),
            [_, "_search", "point_in_time"] => Ok(wrong_method(method, request.path, "POST")),
            _ => {
                let path = request.path;
                let error = format!("no handler found for uri [{path}] and method [{method}]");
                let body = json!({"error": error, "status": 400});
                Ok(Response::json(400, body.to_string().into_bytes()))
            }
        }
    }

    /// Wazuh sets `compatibility.override_main_response_version`, so the version says nothing.
    fn about() -> Response {
        let body = json!({
            "name": "mock-node-1", "cluster_name": "wazuh-cluster", "cluster_uuid": "mockmockmockmockmockmo",
            "version": {
                "number": "7.10.2", "build_type": "deb", "build_hash": "mock", "build_snapshot": false,
                "build_date": "2026-01-01T00:00:00Z", "lucene_version": "9.12.3",
                "minimum_wire_compatibility_version": "7.10.0",
                "minimum_index_compatibility_version": "7.0.0",
            },
            "tagline": "The OpenSearch Project: https://opensearch.org/",
        });
        Response::json(200, body.to_string().into_bytes())
    }
}

impl Asked<'_> {
    /// The value of a parameter that is true or false; `default` if it is missing.
    pub(super) fn flag(&self, name: &str, default: bool) -> bool {
        match self.parameter(name).as_deref() {
            None => default,
            Some(value) => value != "false",
        }
    }

    pub(super) fn parameter(&self, name: &str) -> Option<String> {
        let mut parameters = self.request.parameters().into_iter();
        let found = parameters.find(|(known, _)| known == name);
        found.map(|(_, value)| value)
    }
}
