//! What goes wrong above HTTP: answers that a healthy indexer would not give, and when it gives them.

use crate::exchange::Response;
use crate::failure::{Failure, NODE};
use serde_json::json;
use std::ops::Range;

/// A fault and when it strikes. The first of a list that strikes a request is the one that it meets.
#[derive(Clone, Debug)]
pub struct Misfortune {
    /// What goes wrong.
    pub fault: Fault,
    /// For which requests.
    pub when: When,
}

/// Which requests a fault strikes.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum When {
    /// Those of these numbers; the first request that the indexer is asked has the number 0.
    Requests(Range<u64>),
    /// Those in this range of milliseconds since 1970.
    During(Range<i64>),
}

/// One thing that goes wrong with an answer. One of a search alone leaves other requests as they are.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Fault {
    /// 503 in text: the security plugin is not up yet.
    SecurityNotInitialized,
    /// A proxy redirects to this URL.
    Redirect(String),
    /// A proxy answers a page of HTML with status 200.
    Html,
    /// 403: the account has lost its right to read.
    Forbidden,
    /// 429: the parent breaker has tripped.
    BreakerTripped,
    /// 429: the queue of searches is full.
    Rejected,
    /// 500: search backpressure cancelled the task.
    Cancelled,
    /// 503 in JSON: all shards failed.
    AllShardsFailed,
    /// 503 in JSON: the cluster has no manager.
    ClusterBlocked,
    /// 405 with an `error` that is a string.
    ErrorAsString,
    /// A search reaches its timeout: it says so, and gives half of its hits.
    TimedOut,
    /// A search ends early: it says so, and gives half of its hits.
    TerminatedEarly,
    /// This shard of every index answers a search with an error.
    ShardFails(u8),
    /// No node has this shard of any index: it counts in `total`, but neither as successful nor as failed.
    ShardUnassigned(u8),
    /// The fetch phase loses a search's first hit, and says nothing.
    FetchHole,
    /// The total of a search is a lower bound, and says so, though the exact one was asked for.
    LowerBound,
    /// A search that wants hits finds its context gone on every shard: 404.
    ContextMissing,
    /// The hits of a page come in the opposite of the order that was asked for.
    OutOfOrder,
    /// The body ends in its middle, with a length that fits.
    TruncatedJson,
    /// The body's keys `timed_out` and `hits` come twice, the second time empty.
    DuplicateKeys,
    /// The body is empty.
    EmptyBody,
    /// The body is gzip that inflates to 160 times its size, 166 MB, whether the request accepts that or not.
    GzipBomb,
}

impl When {
    pub(crate) fn strikes(&self, number: u64, now_ms: i64) -> bool {
        match self {
            When::Requests(numbers) => numbers.contains(&number),
            When::During(times) => times.contains(&now_ms),
        }
    }
}

impl Fault {
    /// The answer of whoever stands before the indexer's accounts.
    pub(crate) fn before_accounts(&self) -> Option<Response> {
        match self {
            Fault::SecurityNotInitialized => {
                Some(Response::text(503, "OpenSearch Security not initialized."))
            }
            Fault::Redirect(url) => {
                let mut response = Response::text(302, "");
                response.headers.push(("location", url.clone()));
                Some(response)
            }
            Fault::Html => {
                let html = "<html><body><h1>Please sign in</h1></body></html>";
                let mut response = Response::text(200, html);
                response.headers = vec![("content-type", "text/html".to_owned())];
                Some(response)
            }
            _ => None,
        }
    }

    /// The error that the indexer answers with, instead of looking at the request.
    pub(crate) fn instead(&self, method: &str, path: &str, account: &str) -> Option<Response> {
        let failure = match self {
            Fault::Forbidden => forbidden(account),
            Fault::BreakerTripped => breaker(2_100_000_000, 2_040_109_465),
            Fault::Rejected => {
                let reason = "rejected execution of search task on the queue of capacity 1000";
                Failure::plain(429, "rejected_execution_exception", reason)
            }
            Fault::Cancelled => {
                let reason = "The task is cancelled due to search backpressure";
                Failure::plain(500, "task_cancelled_exception", reason)
            }
            Fault::AllShardsFailed => {
                let reason = "no shard is available";
                let cause =
                    json!({"type": "no_shard_available_action_exception", "reason": reason});
                Failure::on_all_shards(503, path.trim_matches('/'), cause)
            }
            Fault::ClusterBlocked => {
                let reason = "blocked by: [SERVICE_UNAVAILABLE/2/no cluster-manager];";
                Failure::plain(503, "cluster_block_exception", reason)
            }
            Fault::ErrorAsString => return Some(wrong_method(method, path, "GET, POST")),
            _ => return None,
        };
        Some(failure.response())
    }

    /// Damages the finished answer.
    pub(crate) fn after(&self, response: &mut Response) {
        let body = &mut response.body;
        match self {
            Fault::TruncatedJson => body.truncate(body.len() / 2),
            Fault::EmptyBody => body.clear(),
            Fault::DuplicateKeys if body.last() == Some(&b'}') => {
                body.pop();
                let again = b",\"timed_out\":false,\"hits\":{\"total\":{\"value\":0,\"relation\":\"eq\"},\"hits\":[]}}";
                body.extend_from_slice(again);
            }
            Fault::GzipBomb => {
                *body = gzip_bomb();
                response
                    .headers
                    .push(("content-encoding", "gzip".to_owned()));
            }
            _ => {}
        }
    }
}

/// 405 in the one form that the product's own error schema does not fit: `error` is a string.
pub(crate) fn wrong_method(method: &str, path: &str, allowed: &str) -> Response {
    let error = format!(
        "Incorrect HTTP method for uri [{path}] and method [{method}], allowed: [{allowed}]"
    );
    let body = json!({"error": error, "status": 405});
    let mut response = Response::json(405, body.to_string().into_bytes());
    response.headers.push(("allow", allowed.to_owned()));
    response
}

/// An account that may not read.
pub(crate) fn forbidden(account: &str) -> Failure {
    let reason = format!(
        "no permissions for [indices:data/read/search] and User [name={account}, backend_roles=[], requestedTenant=null]"
    );
    Failure::plain(403, "security_exception", reason)
}

/// A request for more bytes than the node's breaker lets through.
pub(crate) fn breaker(wanted: u64, limit: u64) -> Failure {
    let reason = format!(
        "[parent] Data too large, data for [<http_request>] would be [{wanted}b] on {NODE}, which is larger than the limit of [{limit}b]"
    );
    Failure::of(
        429,
        json!({
            "type": "circuit_breaking_exception", "reason": reason,
            "bytes_wanted": wanted, "bytes_limit": limit, "durability": "TRANSIENT",
        }),
    )
}

/// 1 MiB of gzip that inflates to 166 MB of zeros, without the checksum at its end: whoever gets there has lost.
fn gzip_bomb() -> Vec<u8> {
    const BYTES: usize = 1_048_576;
    let mut bytes = vec![0x1F, 0x8B, 8, 0, 0, 0, 0, 0, 0, 255];
    // A last block with fixed codes (RFC 1951, 3.2.6): the literal 0, then copies of 258 bytes from one byte back.
    let mut bits: Vec<bool> = vec![true, true, false];
    bits.extend([false, false, true, true, false, false, false, false]);
    let copy = [
        true, true, false, false, false, true, false, true, // length 258
        false, false, false, false, false, // distance 1
    ];
    let mut copies = copy.iter().cycle();
    while bytes.len() < BYTES {
        while bits.len() < 8 {
            bits.extend(copies.next());
        }
        let byte = (0..8).fold(0, |byte, at| byte | u8::from(bits[at]) << at);
        bits.drain(..8);
        bytes.push(byte);
    }
    bytes
}
