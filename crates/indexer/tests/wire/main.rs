//! The real transport against real sockets: plain HTTP answers, TLS that must be refused, and connections that break.

#![expect(
    clippy::disallowed_methods,
    reason = "a server needs a thread, and a stall must be measured by the real clock"
)]
#![expect(clippy::unwrap_used, reason = "a test ends at the first surprise")]

mod answers;
mod sockets;
mod tls;

use indexer::{Class, Https, HttpsOptions, Patience, Request, Transport, TransportError};
use std::time::Duration;

pub(crate) const REQUEST: Request<'static> = Request {
    path: "/wazuh-alerts-4.x-*/_search?allow_partial_search_results=false",
    authorization: Some("Basic cmVhZGVyOm9uZQ=="),
    body: "{}",
    patience: Patience::ENDLESS,
};

/// A small limit of bytes, and limits of time that a busy machine keeps.
pub(crate) fn options(url: String) -> HttpsOptions {
    let mut options = HttpsOptions::new(url);
    options.body_bytes_max = 1_000;
    options
}

/// Limits of time that a test can wait for.
pub(crate) fn impatient(url: String) -> HttpsOptions {
    let mut options = options(url);
    options.read_timeout = Duration::from_millis(300);
    options.total_timeout = Duration::from_millis(900);
    options
}

/// Sends one request to `options`' server. Says the status and the body.
pub(crate) fn send(options: HttpsOptions) -> Result<(u16, String), TransportError> {
    let https = Https::new(options).unwrap();
    let mut body = b"what was there before".to_vec();
    let answered = https.send(&REQUEST, &mut body)?;
    Ok((answered.status, String::from_utf8(body).unwrap()))
}

#[track_caller]
pub(crate) fn assert_class(result: Result<(u16, String), TransportError>, expected: Class) {
    let error = result.unwrap_err();
    assert_eq!(error.class, expected, "{error}");
}
