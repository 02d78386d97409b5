//! The seam to the network: one request, one answer.

use crate::patience::Patience;
use host::Millis;
use std::time::UNIX_EPOCH;

/// One request: a search, which is a `POST` of JSON.
#[derive(Clone, Copy)]
pub struct Request<'a> {
    /// Path and query, beginning with `/`, already escaped.
    pub path: &'a str,
    /// The `Authorization` header's value. Not shown by `Debug`.
    pub authorization: Option<&'a str>,
    /// JSON.
    pub body: &'a str,
    /// How long the answer may take, as one attempt of several.
    pub patience: Patience<'a>,
}

impl std::fmt::Debug for Request<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Request")
            .field("path", &self.path)
            .field("body", &self.body)
            .finish_non_exhaustive()
    }
}

/// What came with the body of an answer.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Answered {
    /// The HTTP status.
    pub status: u16,
    /// What the indexer's clock showed, to the second; `None` if it did not say, or nothing that is a time.
    pub date: Option<Millis>,
}

impl Answered {
    /// An answer with this status and this `Date` header.
    pub fn new(status: u16, date: Option<&str>) -> Self {
        let date = date.and_then(|date| httpdate::parse_http_date(date).ok());
        let since = date.and_then(|date| date.duration_since(UNIX_EPOCH).ok());
        let ms = since.and_then(|since| i64::try_from(since.as_millis()).ok());
        Answered {
            status,
            date: ms.map(Millis),
        }
    }
}

/// Sends requests to one indexer.
pub trait Transport {
    /// Sends `request` once, replaces what `answer` held by the answer's body, and returns the answer's status
    /// and date.
    ///
    /// Every status is a success here, also a redirect: an implementation follows none, because credentials must not
    /// travel to another host. It neither retries nor reads the secret. On an error `answer` may hold anything.
    ///
    /// Returns within [`Patience::attempt`] of the request, whatever the other side does or leaves undone; what is not there
    /// by then is a [`Class::Timeout`].
    fn send(&self, request: &Request<'_>, answer: &mut Vec<u8>)
    -> Result<Answered, TransportError>;

    /// Whether whoever answers has proved to be the indexer. One that has not is told of in every heartbeat.
    fn is_verified(&self) -> bool {
        true
    }
}

/// What kind of failure kept a whole answer from coming.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Class {
    /// No connection: refused, no route, no such host.
    Unreachable,
    /// The server's certificate does not prove who it is, or no cipher is shared. Repeating does not help.
    Tls,
    /// A limit of time was reached, in any phase.
    Timeout,
    /// The connection ended before the answer did.
    Interrupted,
    /// The body is larger than the transport accepts. A smaller page may fit.
    TooLarge,
    /// What came is not HTTP, or in a form that was not asked for.
    Protocol,
}

/// A request without a whole answer.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("{message}")]
pub struct TransportError {
    /// What to decide on.
    pub class: Class,
    /// For a person.
    pub message: String,
}

impl TransportError {
    /// A failure of this class.
    pub fn new(class: Class, message: impl Into<String>) -> Self {
        TransportError {
            class,
            message: message.into(),
        }
    }
}
